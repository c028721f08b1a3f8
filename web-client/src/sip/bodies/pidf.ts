// Presence documents (RFC 3863) with persons (RFC 4479), what they do (RFC 4480) and their pictures (RFC 4482): all
// that one says of somebody, as one state.
// SPDX-License-Identifier: MIT
import type { Presence } from '../../model/ports';
import { readActivity } from './activities';
import { CIPID, DATA_MODEL, PIDF, RPID } from './spaces';
import { allOf, attributeOf, childOf, childrenOf, dateOf, readXml, textOf } from './xml';

export const PIDF_TYPE = 'application/pidf+xml';

const MOST_NOTE = 500;
const MOST_NAME = 100;
const MOST_URI = 2000;

/** RFC 3863 §4.1.4; some clients publish other words, which say nothing. */
function isOpen(tuple: Element): boolean {
  return textOf(childOf(childOf(tuple, PIDF, 'status'), PIDF, 'basic')).toLowerCase() === 'open';
}

/** 'active', 'idle' or '' (RFC 4480 §3.11); some put it into the status. */
function userInputOf(tuple: Element): string {
  return textOf(allOf(tuple, RPID, 'user-input')[0]);
}

/** One person is composed by the server; of several the one counts that was said last. */
function newestPerson(root: Element): Element | null {
  const moment = (person: Element): number =>
    dateOf(textOf(childOf(person, DATA_MODEL, 'timestamp')))?.getTime() ?? 0;
  return childrenOf(root, DATA_MODEL, 'person').reduce<Element | null>(
    (newest, person) => (newest && moment(newest) >= moment(person) ? newest : person), null);
}

function noteOf(root: Element, person: Element | null, tuples: readonly Element[]): string {
  const notes = [childOf(person, DATA_MODEL, 'note'), childOf(root, PIDF, 'note'),
    ...tuples.map((tuple) => childOf(tuple, PIDF, 'note'))];
  return notes.map((note) => textOf(note, MOST_NOTE)).find((text) => text !== '') ?? '';
}

/** Since when he does what he does, or else since when his newest device says so. */
function sinceOf(person: Element | null, tuples: readonly Element[]): Date | null {
  const activities = childOf(person, RPID, 'activities');
  const ofPerson = (activities && dateOf(attributeOf(activities, 'from'))) ??
    dateOf(textOf(childOf(person, DATA_MODEL, 'timestamp')));
  if (ofPerson) return ofPerson;
  const moments = tuples.flatMap((tuple) => dateOf(textOf(childOf(tuple, PIDF, 'timestamp'))) ?? []);
  return moments.reduce<Date | null>((newest, date) => (newest && newest >= date ? newest : date), null);
}

/** Null: it is no presence document. */
export function readPidf(text: string): Presence | null {
  const root = readXml(text, PIDF, 'presence');
  if (!root) return null;
  const tuples = childrenOf(root, PIDF, 'tuple');
  const open = tuples.filter(isOpen);
  const person = newestPerson(root);
  const inputs = open.map(userInputOf);
  return {
    isOpen: open.length > 0,
    activity: readActivity(person ?? root),
    note: noteOf(root, person, open.length > 0 ? open : tuples),
    icon: textOf(allOf(root, CIPID, 'icon')[0], MOST_URI),
    displayName: textOf(allOf(root, CIPID, 'display-name')[0], MOST_NAME),
    since: sinceOf(person, open.length > 0 ? open : tuples),
    idleDevices: inputs.filter((input) => input === 'idle').length,
    activeDevices: inputs.filter((input) => input === 'active').length,
  };
}
