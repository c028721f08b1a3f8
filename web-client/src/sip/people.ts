// The people of a list (RFC 4662): what NOTIFYs of one subscription add up to. SPDX-License-Identifier: MIT
import type { PeopleUpdate, Presence, WatchedPerson } from '../model/ports';
import { readContentType } from './bodies/content_type';
import { readMultipart, type Multipart, type Part } from './bodies/multipart';
import { PIDF_TYPE, readPidf } from './bodies/pidf';
import { RLMI_TYPE, readRlmi, type RlmiInstance, type RlmiList } from './bodies/rlmi';
import { Versions } from './versions';

const UNKNOWN = { state: 'unknown', reason: '', presence: null } as const;

function readParts(contentType: string, body: string): Multipart | null {
  // A list in which no state is told needs no parts.
  if (readContentType(contentType).type === RLMI_TYPE) return { root: { contentType, body }, parts: new Map() };
  return readMultipart(contentType, body);
}

function presenceOf(part: Part | undefined): Presence | null {
  return part && readContentType(part.contentType).type === PIDF_TYPE ? readPidf(part.body) : null;
}

/** RFC 4662 §5.5: what one instance says of an entry. */
function personOf(
  uri: string, instance: RlmiInstance, parts: Multipart['parts'], before: WatchedPerson | undefined,
): WatchedPerson {
  if (instance.state === 'pending') return { uri, ...UNKNOWN, state: 'pending' };
  if (instance.state === 'terminated')
    return { uri, ...UNKNOWN, state: instance.reason === 'rejected' ? 'rejected' : 'unknown', reason: instance.reason };
  const part = instance.contentId ? parts.get(instance.contentId) : undefined;
  const told = part ? presenceOf(part) : (before?.presence ?? null);
  return { uri, state: told ? 'active' : 'unknown', reason: '', presence: told };
}

/** Of several the one that tells most; lists of ours have one for each entry. */
function bestInstance(instances: readonly RlmiInstance[]): RlmiInstance | undefined {
  const inState = (wanted: string): RlmiInstance | undefined => instances.find(({ state }) => state === wanted);
  return inState('active') ?? inState('pending') ?? instances[0];
}

export class PeopleState {
  private known = new Map<string, WatchedPerson>();
  private readonly versions = new Versions();

  constructor(private readonly onUpdate: (update: PeopleUpdate) => void) {}

  /** False: something is missing. */
  take(contentType: string, body: string): boolean {
    const read = readParts(contentType, body);
    const list = read && readRlmi(read.root.body);
    if (!read || !list) return true; // it would not be another one if it were asked for again
    const order = this.versions.take(list.isFull, list.version);
    if (order === 'next') this.apply(list, read.parts);
    return order !== 'gap';
  }

  private apply(list: RlmiList, parts: Multipart['parts']): void {
    const people = list.resources.map(({ uri, instances }) => {
      const before = this.known.get(uri);
      const instance = bestInstance(instances);
      // Full state names everybody; the states that do not fit into it follow at once: until then it is the old one.
      return instance ? personOf(uri, instance, parts, before) : (before ?? { uri, ...UNKNOWN });
    });
    if (list.isFull) this.known = new Map();
    for (const person of people) this.known.set(person.uri, person);
    this.onUpdate({ isFull: list.isFull, people });
  }
}
