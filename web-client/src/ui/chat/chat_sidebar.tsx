// Beside the open conversation: all of them, or what a search over all has found, or whom to write to.
// SPDX-License-Identifier: MIT
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../../model/views';
import { IconButton } from '../common/button';
import { SearchField } from '../common/search_field';
import { t } from '../texts';
import { showHit } from './chat_state';
import { ConversationList } from './conversation_list';
import { NewConversation } from './new_conversation';
import { SearchResults } from './search_results';

export function ChatSidebar({ account }: { account: Account }) {
  const words = useSignal('');
  const [isNew, setNew] = useState(false);
  const tools = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  useLayoutEffect(() => {
    if (isNew || !wantsFocus.current) return;
    wantsFocus.current = false;
    tools.current?.querySelector<HTMLElement>(':scope > .button')?.focus();
  }, [isNew]);
  const endNew = (): void => {
    wantsFocus.current = true; // until an opened conversation takes it
    setNew(false);
  };
  if (isNew) return <div class="chat-sidebar"><NewConversation account={account} onClose={endNew} /></div>;
  return (
    <div class="chat-sidebar">
      <div class="tools" ref={tools}>
        {account.site.keepsHistory && <SearchField words={words} label={t('chat.search')} />}
        <IconButton icon="edit" label={t('chat.new')} onClick={() => setNew(true)} />
      </div>
      {words.value.trim() === ''
        ? <ConversationList account={account} />
        : <SearchResults account={account} words={words.value} within={null} onPick={(hit) => showHit(account, hit)} />}
    </div>
  );
}
