// One person of the list: what stands in the list and what was told of him, as it is shown.
// SPDX-License-Identifier: MIT
import { addressOfUri, labelOfUri, ownIcon } from './person_uri';
import type { Buddy, Presence, WatchedPerson } from './ports';
import type { Person, PersonState } from './views';

/** Ends of a watch after which he still shows himself to us: nobody could tell just now (RFC 6665 §4.1.3). */
const PASSING = new Set(['', 'deactivated', 'giveup', 'probation', 'timeout']);

/**
 * What is known after an update. Presence is told as a whole, so a note or picture that is not in it was taken away.
 * Where none is told, the last one stays, to be shown grey, if the watch is only interrupted; who rejects us, has not
 * decided or does not exist is not to be seen with what he once showed.
 */
export function afterUpdate(before: WatchedPerson | null, told: WatchedPerson): WatchedPerson {
  const isPassing = told.state === 'active' || (told.state === 'unknown' && PASSING.has(told.reason));
  return told.presence || !isPassing ? told : { ...told, presence: before?.presence ?? null };
}

/** What `presence` says, live or not. */
export function stateOf(watched: WatchedPerson | null): PersonState {
  const { state, presence } = watched ?? { state: 'unknown', presence: null };
  if (state !== 'active' || !presence) return 'unknown';
  return presence.isOpen ? activityState(presence) : 'offline';
}

function activityState({ activity }: Presence): PersonState {
  return activity === 'other' ? 'available' : activity; // he says what he does, not that he cannot be reached
}

/** He can be reached: such people come first. */
export function isThere(watched: WatchedPerson | null): boolean {
  const state = stateOf(watched);
  return state !== 'offline' && state !== 'unknown';
}

/** `previous` itself, where nothing that is shown has changed. */
export function makePerson(
  buddy: Buddy, watched: WatchedPerson | null, isLive: boolean, ownDomain: string, previous: Person | null,
): Person {
  const presence = watched?.presence ?? null;
  const person: Person = {
    uri: buddy.uri,
    address: addressOfUri(buddy.uri),
    name: buddy.name || presence?.displayName || labelOfUri(buddy.uri, ownDomain),
    givenName: buddy.name,
    groups: buddy.groups,
    state: isLive ? stateOf(watched) : 'unknown',
    watch: watched?.state ?? 'unknown',
    reason: watched?.reason ?? '',
    note: presence?.note ?? '',
    icon: ownIcon(presence?.icon ?? ''),
    since: presence?.since ?? null,
  };
  return previous && isSame(previous, person) ? previous : person;
}

function isSame(a: Person, b: Person): boolean {
  return a.uri === b.uri && a.name === b.name && a.givenName === b.givenName && a.state === b.state
    && a.watch === b.watch && a.reason === b.reason && a.note === b.note && a.icon === b.icon
    && a.since?.getTime() === b.since?.getTime() && a.groups.join('\n') === b.groups.join('\n');
}
