// Says each message that comes in, once, to those who do not see the page.
// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import { effect } from '@preact/signals';
import type { Account, Conversation, Message } from '../../model/views';
import { t } from '../texts';
import { previewOf } from './plain';
import { nameOf } from './who';

const MOST_LINES = 6; // a screen reader has long begun with what is older

/** Received ones behind the message that was the newest before; none where that one is gone: it is history then. */
function newcomers(messages: readonly Message[], newestBefore: string): readonly Message[] {
  let index = messages.length - 1;
  while (index >= 0 && messages[index]!.key !== newestBefore) index--;
  const isFirst = newestBefore === '' && messages.length === 1;
  const behind = index >= 0 ? messages.slice(index + 1) : isFirst ? messages : [];
  return behind.filter(({ direction }) => direction === 'received');
}

/** Watches one conversation. What it has already is not new, unless it has come while one was here. */
function watch(conversation: Conversation, isNew: boolean, tell: (message: Message) => void): () => void {
  let newest: string | null = null;
  const begun = conversation.last.peek();
  if (isNew && conversation.unread.peek() > 0 && begun?.direction === 'received') tell(begun);
  return effect(() => {
    const messages = conversation.messages.value;
    const before = newest;
    newest = messages.at(-1)?.key ?? conversation.last.value?.key ?? '';
    if (before === null || before === newest) return;
    for (const message of newcomers(messages, before)) tell(message);
  });
}

interface Line {
  key: string;
  text: string;
}

export function Announcer({ account }: { account: Account }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const watched = useRef(new Map<Conversation, () => void>());
  const wasLoaded = useRef(false);
  const list = account.conversations.list.value;
  const isLoaded = account.conversations.isLoaded.value;
  useEffect(() => {
    const tell = (conversation: Conversation, message: Message): void => {
      const text = message.isUnreadable ? t('chat.unreadable.short') : previewOf(message.text);
      const told = t('chat.arrived', { name: nameOf(account, conversation.address), text });
      setLines((old) => [...old, { key: message.key, text: told }].slice(-MOST_LINES));
    };
    for (const conversation of list) {
      if (watched.current.has(conversation)) continue;
      const end = watch(conversation, wasLoaded.current, (message) => tell(conversation, message));
      watched.current.set(conversation, end);
    }
    wasLoaded.current = isLoaded;
  }, [list, isLoaded]);
  useEffect(() => () => watched.current.forEach((end) => end()), []);
  return (
    <div class="unseen" role="log" aria-live="polite" aria-relevant="additions" aria-label={t('chat.newMessages')}>
      {lines.map(({ key, text }) => <p key={key}>{text}</p>)}
    </div>
  );
}
