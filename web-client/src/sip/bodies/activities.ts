// What a person does (RFC 4480 §3.2), as the page knows it. docs/web-client.md: do not disturb is busy with an activity
// of our own beside it, so that who knows RFC 4480 alone shows busy.
// SPDX-License-Identifier: MIT
import type { Activity } from '../../model/ports';
import { RPID } from './spaces';
import { allOf, textOf, xml, type Xml } from './xml';

const DO_NOT_DISTURB = 'do-not-disturb';

/** The first of them that is said counts: what keeps somebody from answering comes before where he is. */
const MEANINGS: readonly (readonly [Activity, readonly string[]])[] = [
  ['on-the-phone', ['on-the-phone']],
  ['busy', ['busy', 'meeting', 'appointment', 'presentation', 'performance', 'steering']],
  ['away', ['away', 'permanent-absence', 'vacation', 'holiday', 'sleeping', 'breakfast', 'lunch', 'dinner', 'meal',
    'in-transit', 'travel']],
  ['other', ['other', 'playing', 'shopping', 'tv', 'worship', 'spectator', 'looking-for-work']],
];

/** Of the activities below `root`, wherever they stand; `working` and what nobody knows are no reason not to write. */
export function readActivity(root: Element): Activity {
  const said = allOf(root, RPID, 'activities').flatMap((activities) => Array.from(activities.children));
  if (said.some((activity) => activity.localName === 'other' && textOf(activity) === DO_NOT_DISTURB))
    return 'do-not-disturb';
  const names = new Set(said.map((activity) => activity.localName));
  return MEANINGS.find(([, words]) => words.some((word) => names.has(word)))?.[0] ?? 'available';
}

/** The `rpid:activities` of a person; nothing for who is available. */
export function writeActivity(activity: Activity): readonly Xml[] {
  const told: Partial<Record<Activity, Xml>> = {
    busy: xml`<rpid:busy/>`,
    away: xml`<rpid:away/>`,
    'on-the-phone': xml`<rpid:on-the-phone/>`,
    'do-not-disturb': xml`<rpid:busy/><rpid:other>${DO_NOT_DISTURB}</rpid:other>`,
    other: xml`<rpid:other/>`,
  };
  const activities = told[activity];
  return activities ? [xml`<rpid:activities>${activities}</rpid:activities>`] : [];
}
