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
function saysOpen(tuple: Element): boolean {
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

/** Since when the person does what he does (RFC 4480 §3.1), or has said it. */
function sinceOfPerson(person: Element | null): Date | null {
  const activities = childOf(person, RPID, 'activities');
  return (activities && dateOf(attributeOf(activities, 'from'))) ??
    dateOf(textOf(childOf(person, DATA_MODEL, 'timestamp')));
}

/** Since when the device that has spoken last says what it says. */
function sinceOfDevices(tuples: readonly Element[]): Date | null {
  const moments = tuples.flatMap((tuple) => dateOf(textOf(childOf(tuple, PIDF, 'timestamp'))) ?? []);
  return moments.reduce<Date | null>((newest, date) => (newest && newest >= date ? newest : date), null);
}

/** Null: it is no presence document. */
export function readPidf(text: string): Presence | null {
  const root = readXml(text, PIDF, 'presence');
  if (!root) return null;
  const tuples = childrenOf(root, PIDF, 'tuple');
  const open = tuples.filter(saysOpen);
  const person = newestPerson(root);
  const inputs = open.map(userInputOf);
  const isOpen = open.length > 0;
  const telling = isOpen ? open : tuples;
  const activity = readActivity(person ?? root);
  return {
    isOpen,
    activity,
    note: noteOf(root, person, telling),
    icon: textOf(allOf(root, CIPID, 'icon')[0], MOST_URI),
    displayName: textOf(allOf(root, CIPID, 'display-name')[0], MOST_NAME),
    // A person who does nothing that he says is there, or is not, since his devices say so.
    since: (isOpen && activity !== 'available' ? sinceOfPerson(person) : null) ?? sinceOfDevices(telling),
    idleDevices: inputs.filter((input) => input === 'idle').length,
    activeDevices: inputs.filter((input) => input === 'active').length,
  };
}
