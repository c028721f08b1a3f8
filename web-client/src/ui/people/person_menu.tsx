// What can be done with a person of the list: in the list itself, and in the conversation with him.
// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import { addressText, addressToUri } from '../../model/address';
import type { Account, Person } from '../../model/views';
import { copyText } from '../common/copy';
import { confirmed } from '../common/dialogs';
import { Icon } from '../common/icon';
import { Menu, type MenuItem } from '../common/menu';
import { complain, notice } from '../common/notices';
import { showPersonGroups, showRenamePerson } from '../parts';
import { t } from '../texts';

async function remove({ people }: Account, { uri, name }: Person): Promise<void> {
  const isSure = await confirmed({
    title: t('people.removeTitle', { name }), text: t('people.removeText'), yes: t('common.remove'), isDanger: true,
  });
  if (!isSure) return;
  const problem = await people.remove(uri);
  if (problem) complain(problem);
  else notice(t('people.removed', { name }));
}

/** Decided without having been asked; to be taken back in the list of decisions. */
async function block({ people }: Account, { uri, name }: Person): Promise<void> {
  const problem = await people.decide(uri, 'block');
  if (problem) complain(problem);
  else notice(t('people.blocked', { name }));
}

/** What leads to a telephone, and nothing else: the list is a document that other programs write, too. */
export function callLink({ address, uri }: Person): string {
  if (address) return addressToUri(address);
  return /^(tel|sips?):/i.test(uri) ? uri : '';
}

export function personItems(account: Account, person: Person): readonly MenuItem[] {
  const { address, uri } = person;
  const call = callLink(person);
  return [
    ...(address ? [{
      label: t('people.write'), icon: 'chats' as const, act: () => void account.conversations.open(address),
    }] : []),
    ...(call ? [{ label: t('people.call'), icon: 'call' as const, href: call }] : []),
    { label: t('common.copyAddress'), icon: 'copy', act: () => void copyText(address ? addressText(address) : uri) },
    'line',
    { label: t('people.rename'), icon: 'edit', act: () => showRenamePerson(account, person) },
    { label: t('people.groups'), icon: 'people', act: () => showPersonGroups(account, person) },
    ...(address ? [{ label: t('people.block'), icon: 'eye-off' as const, act: () => void block(account, person) }] : []),
    { label: t('people.remove'), icon: 'trash', isDanger: true, act: () => void remove(account, person) },
  ];
}

interface PersonMenuProps {
  account: Account;
  person: Person;
  class?: string;
  tabIndex?: number;
  children?: ComponentChildren;
}

export function PersonMenu({ account, person, children, class: more = '', ...rest }: PersonMenuProps) {
  return (
    <Menu {...rest} class={`button quiet only-icon ${more}`} label={t('people.menu', { name: person.name })}
      items={() => personItems(account, person)}>
      {children ?? <Icon name="more" />}
    </Menu>
  );
}
