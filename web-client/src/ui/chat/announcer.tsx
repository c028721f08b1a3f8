// Says each message that comes in, once, to those who do not see the page. Beside all views: what a narrow screen hides
// is not said.
// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import { effect } from '@preact/signals';
import type { Account, Conversation, Message } from '../../model/views';
import { t } from '../texts';
import { previewOf } from './plain';
import { nameOf } from './who';

const MOST_LINES = 6; // a screen reader has long begun with what is older

/** What is known of a conversation: its last messages, whatever becomes of them. */
class Newcomers {
  private readonly known = new Set<string>();

  constructor(messages: readonly Message[], last: Message | null) {
    for (const { key } of messages) this.known.add(key);
    if (last) this.known.add(last.key);
  }

  /** Received ones behind all that is known. Where none of that is there any more, there was a gap: the last alone. */
  find(messages: readonly Message[]): readonly Message[] {
    let index = messages.length;
    while (index > 0 && !this.known.has(messages[index - 1]!.key)) index--;
    const isFirst = this.known.size === 0 && messages.length > 1;
    const behind = index > 0 ? messages.slice(index) : isFirst ? [] : messages.slice(-1);
    for (const { key } of messages.slice(index)) this.known.add(key);
    return behind.filter(({ direction }) => direction === 'received');
  }
}

/** Watches one conversation. What it has already is not new, unless it has come while one was here. */
function watch(conversation: Conversation, isNew: boolean, tell: (message: Message) => void): () => void {
  const last = conversation.last.peek();
  if (isNew && conversation.unread.peek() > 0 && last?.direction === 'received') tell(last);
  const newcomers = new Newcomers(conversation.messages.peek(), last);
  return effect(() => newcomers.find(conversation.messages.value).forEach(tell));
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
