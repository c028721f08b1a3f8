// Rows of the list of people. SPDX-License-Identifier: MIT
import type { Account, Person } from '../../model/views';
import { addressText } from '../../model/address';
import { Avatar } from '../common/avatar';
import { confirmed } from '../common/dialogs';
import { Icon } from '../common/icon';
import { Menu, type MenuItem } from '../common/menu';
import { complain } from '../common/notices';
import { RelativeTime } from '../common/relative_time';
import { showGroupName } from '../parts';
import { t } from '../texts';
import { callLink, PersonMenu } from './person_menu';
import { groupName, stateText } from './person_words';
import type { Row } from './people_rows';

/** Where a row stands among all, of which only some are drawn. */
export interface Place {
  index: number;
  count: number;
  start: number; // px from the top
  isActive: boolean; // the one that the Tab key reaches
  onFocus(): void;
}

function placed({ index, count, start, onFocus }: Place) {
  return {
    'data-index': index,
    'aria-setsize': count,
    'aria-posinset': index + 1,
    onFocusIn: onFocus,
    style: { transform: `translateY(${start}px)` },
  };
}

function openMenu(event: MouseEvent): void {
  event.preventDefault();
  (event.currentTarget as HTMLElement).querySelector<HTMLElement>('[aria-haspopup]')?.click();
}

async function removeGroup({ people }: Account, name: string, displayName: string): Promise<void> {
  const isSure = await confirmed({
    title: t('people.removeGroupTitle', { name: displayName }), text: t('people.removeGroupText'),
    yes: t('common.remove'), isDanger: true,
  });
  const problem = isSure ? await people.removeGroup(name) : null;
  if (problem) complain(problem);
}

function groupItems(account: Account, name: string, displayName: string): readonly MenuItem[] {
  return [
    { label: t('people.renameGroup'), icon: 'edit', act: () => showGroupName(account, { name, displayName }) },
    {
      label: t('people.removeGroup'), icon: 'trash', isDanger: true,
      act: () => void removeGroup(account, name, displayName),
    },
  ];
}

export function GroupRow({ account, row, place, onFold }: {
  account: Account; row: Extract<Row, { kind: 'group' }>; place: Place; onFold(isFolded: boolean): void;
}) {
  const { group, isFolded } = row;
  const { name, people } = group;
  const there = people.filter(({ state }) => state !== 'offline' && state !== 'unknown').length;
  const shown = groupName(group);
  const tabIndex = place.isActive ? 0 : -1;
  return (
    <li class="people-row group" {...placed(place)} onContextMenu={name === '' ? undefined : openMenu}>
      <h3>
        <button type="button" class="row-main" tabIndex={tabIndex} aria-expanded={!isFolded}
          onClick={() => onFold(!isFolded)}>
          <Icon name="chevron" />
          <bdi class="cut">{shown}</bdi>
          <span class="count" aria-hidden="true">{there}/{people.length}</span>
          <span class="unseen">{t('people.thereOf', { there, count: people.length })}</span>
        </button>
      </h3>
      {name !== '' && (
        <Menu class="button quiet only-icon small row-menu" tabIndex={-1} items={groupItems(account, name, shown)}
          label={t('people.groupMenu', { name: shown })}><Icon name="more" /></Menu>
      )}
    </li>
  );
}

function PersonBody({ person }: { person: Person }) {
  const { name, note, since, address, uri, state, icon } = person;
  const isSinceShown = since !== null && person.watch === 'active' && state !== 'unknown';
  return (
    <>
      <Avatar name={name} address={address ? addressText(address) : uri} icon={icon} state={state} />
      <span class="who">
        <bdi class="cut name">{name}</bdi>
        <span class="cut soft small">
          <span class="state">{stateText(person)}</span>
          {note !== '' && state !== 'unknown' && <> · <bdi>{note}</bdi></>}
        </span>
      </span>
      {isSinceShown && (
        <span class="soft since">
          <span class="unseen">{t('people.since')} </span><RelativeTime at={since} form="short" />
        </span>
      )}
    </>
  );
}

export function PersonRow({ account, person, place }: { account: Account; person: Person; place: Place }) {
  const { address } = person;
  const text = address ? addressText(address) : person.uri;
  const call = callLink(person);
  const shared = { class: 'row-main', tabIndex: place.isActive ? 0 : -1, title: `${person.name}\n${text}` };
  const current = account.conversations.current.value;
  const isOpen = current !== null && addressText(current.address) === text;
  return (
    <li class="people-row person" data-state={person.state} {...placed(place)} onContextMenu={openMenu}>
      {address
        ? <button type="button" {...shared} aria-current={isOpen || undefined}
            onClick={() => account.conversations.open(address)}><PersonBody person={person} /></button>
        : <a {...shared} {...(call ? { href: call } : {})}><PersonBody person={person} /></a>}
      <PersonMenu account={account} person={person} class="small row-menu" tabIndex={-1} />
    </li>
  );
}
