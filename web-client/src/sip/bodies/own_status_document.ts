// The document of what a person has chosen for all devices (docs/web-client.md, "One's own status"; RFC 4827).
// SPDX-License-Identifier: MIT
import type { Activity, ChosenStatus, StatusKind } from '../../model/ports';
import { readActivity } from './activities';
import { writePerson, writePresence } from './pidf_write';
import { CIPID, DATA_MODEL, HELIOGRAPH, PIDF } from './spaces';
import { childOf, readXml, textOf, xml } from './xml';

const MOST_NOTE = 500;
const MOST_URI = 2000;

/** What no page of ours has chosen is shown as what is nearest. */
const KINDS: Record<Activity, StatusKind> = {
  available: 'available',
  busy: 'busy',
  away: 'away',
  'do-not-disturb': 'do-not-disturb',
  'on-the-phone': 'busy',
  other: 'available',
};

/** Null: it is no presence document. */
export function readOwnStatus(text: string): ChosenStatus | null {
  const root = readXml(text, PIDF, 'presence');
  if (!root) return null;
  const person = childOf(root, DATA_MODEL, 'person');
  return {
    kind: childOf(root, HELIOGRAPH, 'invisible') ? 'invisible' : person ? KINDS[readActivity(person)] : 'available',
    note: textOf(childOf(person, DATA_MODEL, 'note'), MOST_NOTE),
    icon: textOf(childOf(person, CIPID, 'icon'), MOST_URI),
  };
}

/** `entity`: "sip:alice@example.org"; `since`: when it was chosen. */
export function writeOwnStatus(entity: string, status: ChosenStatus, since = new Date()): string {
  const activity: Activity = status.kind === 'invisible' ? 'available' : status.kind;
  const person = writePerson({ activity, note: status.note, icon: status.icon }, 'chosen', since);
  const content = status.kind === 'invisible' ? [person, xml`<h:invisible/>`] : [person];
  return writePresence(entity, content, [xml` xmlns:h="${HELIOGRAPH}"`]);
}
