// Presence documents of our own: what this device publishes. SPDX-License-Identifier: MIT
import type { OwnPresence, PublishedPresence } from '../../model/ports';
import { writeActivity } from './activities';
import { CIPID, DATA_MODEL, PIDF, RPID } from './spaces';
import { documentOf, xml, type Xml } from './xml';

/**
 * A person says who he is and what he does, since when, not whether he can be reached: that is a tuple's (RFC 4479 §3).
 */
export function writePerson(person: Omit<OwnPresence, 'isOpen'>, id: string, since: Date): Xml {
  return xml`<dm:person id="${id}">${writeActivity(person.activity)}${
    person.icon ? [xml`<ci:icon>${person.icon}</ci:icon>`] : []}${
    person.note ? [xml`<dm:note>${person.note}</dm:note>`] : []}<dm:timestamp>${since.toISOString()}</dm:timestamp></dm:person>`;
}

/** `attributes` are further ones of the root; `entity` is the presentity's URI. */
export function writePresence(entity: string, content: readonly Xml[], attributes: readonly Xml[] = []): string {
  return documentOf(xml`<presence xmlns="${PIDF}" xmlns:dm="${DATA_MODEL}" xmlns:rpid="${RPID}" xmlns:ci="${CIPID}"${
    attributes} entity="${entity}">${content}</presence>`);
}

/** `since`: when it became what it is (RFC 3863 §4.1.7). */
export function writePidf(entity: string, published: PublishedPresence, since: Date): string {
  const tuple = xml`<tuple id="page"><status><basic>${published.isOpen ? 'open' : 'closed'}</basic></status>
<rpid:user-input>${published.isIdle ? 'idle' : 'active'}</rpid:user-input>
<timestamp>${since.toISOString()}</timestamp></tuple>`;
  return writePresence(entity, published.person ? [tuple, writePerson(published.person, 'page', since)] : [tuple]);
}
