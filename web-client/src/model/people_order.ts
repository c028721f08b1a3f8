// How the list of people is sorted, grouped and searched. SPDX-License-Identifier: MIT
import type { BuddyGroup } from './ports';
import type { PeopleGroup, Person } from './views';

/** The group that the server makes for people who were put into none; the page has a word for it. */
export const FIRST_GROUP = 'buddies';

export interface Standing {
  readonly person: Person;
  readonly isThere: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function compareNames(a: Person, b: Person): number {
  return collator.compare(a.name, b.name) || (a.uri < b.uri ? -1 : 1);
}

/**
 * Each group with its people, those there first. `sorted` is by name. Groups that are as they were in `previous` are
 * the same objects, so that who draws them sees that nothing has changed.
 */
export function groupPeople(
  groups: readonly BuddyGroup[], sorted: readonly Standing[], previous: readonly PeopleGroup[],
): readonly PeopleGroup[] {
  const made = new Map(['', ...groups.map(({ name }) => name)].map((name) => [name, [[], []] as [Person[], Person[]]]));
  for (const { person, isThere } of sorted) {
    const known = person.groups.filter((name) => made.has(name));
    for (const name of known.length > 0 ? known : ['']) made.get(name)![isThere ? 0 : 1].push(person);
  }
  const displayNames = new Map(groups.map(({ name, displayName }) => [name, displayName]));
  const all = [...made].map(([name, [there, others]]): PeopleGroup =>
    ({ name, displayName: titleOf(name, displayNames.get(name) ?? ''), people: [...there, ...others] }));
  const shown = all.filter(({ name, people }) => name !== '' || people.length > 0);
  const before = new Map(previous.map((group) => [group.name, group]));
  return shown.map((group) => unlessChanged(before.get(group.name), group));
}

function titleOf(name: string, displayName: string): string {
  return displayName || (name === FIRST_GROUP ? '' : name);
}

function unlessChanged(before: PeopleGroup | undefined, now: PeopleGroup): PeopleGroup {
  const isSame = before !== undefined && before.displayName === now.displayName
    && before.people.length === now.people.length && before.people.every((person, at) => person === now.people[at]);
  return isSame ? before : now;
}

// ---- searching

const MARKS = /\p{M}/gu;

/** Without case and diacritics: "Böb" is found by "bob". */
export function plain(text: string): string {
  return text.normalize('NFD').replace(MARKS, '').toLowerCase().replaceAll('ß', 'ss');
}

const plainTexts = new WeakMap<Person, string>();

function plainText(person: Person): string {
  let text = plainTexts.get(person);
  if (text === undefined) {
    const address = person.address ? `${person.address.user}@${person.address.domain}` : person.uri;
    text = plain(`${person.name}\n${person.note}\n${address}`);
    plainTexts.set(person, text);
  }
  return text;
}

/** Whoever has all words in name, note or address. Groups without such people stay, empty. */
export function searchPeople(groups: readonly PeopleGroup[], search: string): readonly PeopleGroup[] {
  const words = plain(search).split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return groups;
  const isFound = (person: Person): boolean => words.every((word) => plainText(person).includes(word));
  return groups.map((group) => ({ ...group, people: group.people.filter(isFound) }));
}
