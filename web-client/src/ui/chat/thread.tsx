// One conversation: who it is with, what was said, and the field to write in. A chunk of its own.
// SPDX-License-Identifier: MIT
import { useRef, useState } from 'preact/hooks';
import type { Account, Conversation } from '../../model/views';
import { targetOf } from './chat_state';
import { Composer, type ComposerHandle } from './composer';
import { MessageList } from './message_list';
import { SearchPanel } from './search_panel';
import { ThreadHeader } from './thread_header';
import { nameOf } from './who';

/** Keyed by its conversation: another one begins anew. */
export function Thread({ account, conversation }: { account: Account; conversation: Conversation }) {
  const composer = useRef<ComposerHandle>(null);
  const [isSearching, setSearching] = useState(false);
  const [isSought] = useState(() => targetOf(account).peek() !== null); // a message of it gets the focus then
  const name = nameOf(account, conversation.address);
  const toComposer = (): void => composer.current?.focus();
  const endSearch = (): void => {
    setSearching(false);
    toComposer();
  };
  return (
    <div class="thread">
      <ThreadHeader account={account} conversation={conversation} name={name} onSearch={() => setSearching(true)} />
      {isSearching && <SearchPanel account={account} within={conversation} onClose={endSearch} />}
      <MessageList account={account} conversation={conversation} name={name} onLeave={toComposer} />
      <Composer account={account} conversation={conversation} name={name} startsHere={!isSought} handle={composer} />
    </div>
  );
}
