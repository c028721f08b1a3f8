// The list of people as rows one below the other: groups that can be folded, and who is in them.
// SPDX-License-Identifier: MIT
import { signal, type Signal } from '@preact/signals';
import { addressText } from '../../model/address';
import type { Account, PeopleGroup, Person } from '../../model/views';
import { personal, remember, rememberedList } from '../remembered';

export type Row =
  | { kind: 'group'; key: string; group: PeopleGroup; isFolded: boolean }
  | { kind: 'person'; key: string; person: Person };

/** A heading says nothing where there is only the one group that has no name of its own. */
export function makeRows(groups: readonly PeopleGroup[], folded: ReadonlySet<string>, isSearching: boolean): Row[] {
  const isNamed = groups.some(({ displayName }) => displayName !== '');
  const hasHeadings = isNamed || groups.filter((group) => group.people.length > 0).length > 1;
  return groups.flatMap((group) => {
    const isEmpty = group.people.length === 0;
    if (isEmpty && (isSearching || group.name === '')) return [];
    const isFolded = hasHeadings && !isSearching && folded.has(group.name);
    const people = group.people.map((person): Row => ({ kind: 'person', key: `${group.name}/${person.uri}`, person }));
    const heading: Row = { kind: 'group', key: `${group.name}/`, group, isFolded };
    return [...(hasHeadings ? [heading] : []), ...(isFolded ? [] : people)];
  });
}

export interface Folded {
  readonly names: Signal<ReadonlySet<string>>;
  set(name: string, isFolded: boolean): void;
}

/** Which groups this person has folded at this browser. */
export function foldedGroups({ self }: Account): Folded {
  const key = personal('folded', addressText(self));
  const names = signal<ReadonlySet<string>>(new Set(rememberedList(key)));
  return {
    names,
    set(name, isFolded) {
      const changed = new Set(names.value);
      if (isFolded) changed.add(name);
      else changed.delete(name);
      names.value = changed;
      remember(key, JSON.stringify([...changed]));
    },
  };
}
