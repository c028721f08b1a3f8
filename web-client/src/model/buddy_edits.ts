// Edits of the buddy list as functions of the list: what is shown at once, until the server has done the same.
// SPDX-License-Identifier: MIT
import { keyOfUri } from './person_uri';
import { FIRST_GROUP } from './people_order';
import type { Buddy, BuddyGroup, BuddyList } from './ports';

export type BuddyEdit = (list: BuddyList) => BuddyList;

export function findBuddy(list: BuddyList, uri: string): Buddy | null {
  const key = keyOfUri(uri);
  return list.buddies.find((buddy) => keyOfUri(buddy.uri) === key) ?? null;
}

/** Groups that a person is put into and that are not there yet are made, as the server does. */
function withGroups(list: BuddyList, names: readonly string[]): BuddyList {
  const missing = names.filter((name) => !list.groups.some((group) => group.name === name));
  return { ...list, groups: [...list.groups, ...missing.map((name) => ({ name, displayName: '' }))] };
}

export function added(buddy: Buddy): BuddyEdit {
  return (list) => {
    const rest = withGroups(list, buddy.groups);
    return findBuddy(list, buddy.uri) ? list : { ...rest, buddies: [...rest.buddies, buddy] };
  };
}

export function changed(uri: string, change: { name?: string; groups?: readonly string[] }): BuddyEdit {
  const key = keyOfUri(uri);
  return (list) => {
    const rest = withGroups(list, change.groups ?? []);
    return { ...rest, buddies: rest.buddies.map((one) => (keyOfUri(one.uri) === key ? { ...one, ...change } : one)) };
  };
}

export function removed(uri: string): BuddyEdit {
  const key = keyOfUri(uri);
  return (list) => ({ ...list, buddies: list.buddies.filter((one) => keyOfUri(one.uri) !== key) });
}

export function groupAdded(group: BuddyGroup): BuddyEdit {
  return (list) => (list.groups.some(({ name }) => name === group.name)
    ? list : { ...list, groups: [...list.groups, group] });
}

export function groupRenamed(name: string, displayName: string): BuddyEdit {
  return (list) =>
    ({ ...list, groups: list.groups.map((group) => (group.name === name ? { ...group, displayName } : group)) });
}

/** The group and those that stand in it. */
function isWithin(name: string, group: string): boolean {
  return name === group || name.startsWith(`${group}/`);
}

export function groupRemoved(group: string): BuddyEdit {
  return (list) => ({
    groups: list.groups.filter(({ name }) => !isWithin(name, group)),
    buddies: list.buddies.map((one) => ({ ...one, groups: one.groups.filter((name) => !isWithin(name, group)) })),
  });
}

/** Who would go with the group, as he is in no other. */
export function lonePeople(list: BuddyList, group: string): readonly Buddy[] {
  return list.buddies.filter(({ groups }) => groups.length > 0 && groups.every((name) => isWithin(name, group)));
}

/** Where such people go: the first group that stays; '' where there is none. */
export function refuge(list: BuddyList, group: string): string {
  const stays = list.groups.find(({ name }) => !isWithin(name, group));
  return stays?.name ?? (group === FIRST_GROUP ? '' : FIRST_GROUP);
}

/** A name that no group has: by it XCAP finds the list, where '/' would be a list within a list. */
export function nameForGroup(list: BuddyList, displayName: string): string {
  const plain = displayName.replaceAll('/', '-');
  const isTaken = (name: string): boolean => list.groups.some((group) => group.name === name);
  let name = plain;
  for (let number = 2; isTaken(name); number += 1) name = `${plain} ${number}`;
  return name;
}
