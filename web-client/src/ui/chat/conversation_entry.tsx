// One line of the list of conversations: who, what was said last and when, what is unread.
// SPDX-License-Identifier: MIT
import { addressText } from '../../model/address';
import type { Account, Conversation, Message } from '../../model/views';
import { Avatar } from '../common/avatar';
import { Badge } from '../common/badge';
import { RelativeTime } from '../common/relative_time';
import { stateText } from '../people/person_words';
import { t } from '../texts';
import { previewOf } from './plain';
import { SentMark } from './sent_mark';
import { nameOf } from './who';

function messagePreview(message: Message): string {
  if (message.isUnreadable) return t('chat.unreadable.short');
  return previewOf(message.text);
}

function Preview({ conversation, isCurrent }: { conversation: Conversation; isCurrent: boolean }) {
  const draft = isCurrent ? '' : conversation.draft.value.trim();
  const last = conversation.last.value;
  if (conversation.isTyping.value) return <span class="preview cut live">{t('chat.typing')}</span>;
  if (draft) {
    return <span class="preview cut"><span class="live">{t('chat.draft')}</span> <bdi>{previewOf(draft)}</bdi></span>;
  }
  if (!last) return <span class="preview cut" />;
  return (
    <span class="preview cut">
      {last.state && <><SentMark state={last.state} /><span>{t('chat.you')}</span> </>}
      <bdi>{messagePreview(last)}</bdi>
    </span>
  );
}

interface EntryProps {
  account: Account;
  conversation: Conversation;
  isCurrent: boolean;
  isTabStop: boolean;
  onOpen(): void;
  onFocus(): void;
}

export function ConversationEntry({ account, conversation, isCurrent, isTabStop, onOpen, onFocus }: EntryProps) {
  const { address } = conversation;
  const person = account.people.person(address).value;
  const name = nameOf(account, address);
  const at = conversation.last.value?.at;
  const unread = conversation.unread.value;
  return (
    <button type="button" class="entry" data-unread={unread > 0} aria-current={isCurrent || undefined}
      tabIndex={isTabStop ? 0 : -1} onClick={onOpen} onFocus={onFocus}>
      <Avatar name={name} address={addressText(address)} icon={person?.icon} state={person?.state} />
      <span class="name cut"><bdi>{name}</bdi></span>
      {person && <span class="unseen">{stateText(person)}</span>}
      {at && <span class="when"><RelativeTime at={at} form="short" /></span>}
      <Preview conversation={conversation} isCurrent={isCurrent} />
      <Badge count={unread} />
      {unread > 0 && <span class="unseen">{t('chat.unread', { count: unread })}</span>}
    </button>
  );
}
