// Who one speaks with: name, state and note, or that he is writing; and what can be done beside writing.
// SPDX-License-Identifier: MIT
import { addressText } from '../../model/address';
import type { Account, Conversation, Person } from '../../model/views';
import { Avatar } from '../common/avatar';
import { IconButton } from '../common/button';
import { copyText } from '../common/copy';
import { Icon } from '../common/icon';
import { Menu, type MenuItem } from '../common/menu';
import { showAddPerson } from '../parts';
import { stateText } from '../people/person_words';
import { t } from '../texts';
import { previewOf } from './plain';

function Standing({ person, conversation }: { person: Person | null; conversation: Conversation }) {
  if (conversation.isTyping.value) return <p class="standing cut live" role="status">{t('chat.typing')}</p>;
  if (!person) return <p class="standing cut"><bdi>{addressText(conversation.address)}</bdi></p>;
  const note = previewOf(person.note);
  return (
    <p class="standing cut" title={note || undefined}>
      {stateText(person)}{note && <> · <bdi>{note}</bdi></>}
    </p>
  );
}

interface HeaderProps {
  account: Account;
  conversation: Conversation;
  name: string;
  onSearch(): void;
}

export function ThreadHeader({ account, conversation, name, onSearch }: HeaderProps) {
  const { address } = conversation;
  const person = account.people.person(address).value;
  const add = (): void => showAddPerson(account, addressText(address));
  const items = (): MenuItem[] => [
    ...(account.site.keepsHistory ? [{ label: t('chat.search.here'), icon: 'search' as const, act: onSearch }] : []),
    { label: t('common.copyAddress'), icon: 'copy', act: () => void copyText(addressText(address)) },
    ...(person ? [] : [{ label: t('chat.addPerson'), icon: 'person-add' as const, act: add }]),
  ];
  return (
    <header class="thread-header">
      <IconButton class="back" icon="back" label={t('chat.back')} onClick={() => account.conversations.close()} />
      <Avatar name={name} address={addressText(address)} icon={person?.icon} state={person?.state} />
      <div class="who">
        <h2 class="cut" title={addressText(address)}><bdi>{name}</bdi></h2>
        <Standing person={person} conversation={conversation} />
      </div>
      <Menu class="button quiet only-icon" label={t('chat.more')} items={items}><Icon name="more" /></Menu>
    </header>
  );
}
