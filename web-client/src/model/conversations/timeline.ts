// The messages of one conversation in their order: those that the server has numbered by number, and behind them, in
// the order in which they came, those that it has not, or whose number is not known yet.
// SPDX-License-Identifier: MIT
import type { MessageNames, Problem } from '../ports';
import type { Message, SentState } from '../views';
import { compareIds, nameText, type Direction } from './ids';

export interface Content {
  at: Date;
  text: string;
  isUnreadable: boolean;
  contentType: string;
}

export interface Entry extends Content {
  readonly key: string;
  readonly direction: Direction;
  readonly order: number; // of arrival
  names: MessageNames;
  id: string; // '' while it has none
  messageId: string; // IMDN; '' for none
  wantsDisplayed: boolean; // its sender asks to be told when it was seen
  state: SentState | null;
  problem: Problem | null;
  view: Message;
}

export type Place = Pick<Entry, 'id' | 'order'>;

export function comparePlaces(a: Place, b: Place): number {
  if (a.id && b.id) return compareIds(a.id, b.id);
  return a.id ? -1 : b.id ? 1 : a.order - b.order;
}

function viewOf(entry: Omit<Entry, 'view'>): Message {
  const { key, id, direction, at, text, isUnreadable, contentType, state, problem } = entry;
  return { key, id, direction, at, text, isUnreadable, contentType, state, problem };
}

export type NewEntry = Omit<Entry, 'view' | 'order'>;
type Change = Partial<Omit<Entry, 'key' | 'direction' | 'order' | 'view'>>;

export class Timeline {
  private readonly entries: Entry[] = [];
  private readonly keys = new Map<string, Entry>();
  private readonly names = new Map<string, Entry>();
  private readonly messageIds = new Map<string, Entry>(); // of those sent
  private lastOrder = 0;

  constructor(private readonly compare: (a: Place, b: Place) => number = comparePlaces) {}

  get size(): number {
    return this.entries.length;
  }

  last(): Entry | null {
    return this.entries.at(-1) ?? null;
  }

  /** The oldest first. */
  all(): readonly Entry[] {
    return this.entries;
  }

  views(): readonly Message[] {
    return this.entries.map(({ view }) => view);
  }

  byKey(key: string): Entry | null {
    return this.keys.get(key) ?? null;
  }

  byNames(direction: Direction, names: MessageNames): Entry | null {
    return this.names.get(nameText(direction, names)) ?? null;
  }

  bySentMessageId(messageId: string): Entry | null {
    return this.messageIds.get(messageId) ?? null;
  }

  byId(id: string): Entry | null {
    const entry = this.entries[this.placeOf({ id, order: 0 })];
    return entry?.id === id ? entry : null;
  }

  add(fresh: NewEntry): Entry {
    this.lastOrder += 1;
    const bare = { ...fresh, order: this.lastOrder };
    const entry: Entry = { ...bare, view: viewOf(bare) };
    this.entries.splice(this.placeOf(entry), 0, entry);
    this.keys.set(entry.key, entry);
    this.index(entry);
    return entry;
  }

  /** It moves where it got its number. */
  change(entry: Entry, change: Change): void {
    const moves = change.id !== undefined && change.id !== entry.id;
    if (moves) this.entries.splice(this.placeOf(entry), 1);
    this.unindex(entry);
    Object.assign(entry, change);
    this.index(entry);
    entry.view = viewOf(entry);
    if (moves) this.entries.splice(this.placeOf(entry), 0, entry);
  }

  remove(entry: Entry): void {
    if (this.keys.get(entry.key) !== entry) return;
    this.entries.splice(this.placeOf(entry), 1);
    this.keys.delete(entry.key);
    this.unindex(entry);
  }

  /** Leaves those for which `keeps` is true. */
  retain(keeps: (entry: Entry) => boolean): void {
    const left = this.entries.filter(keeps);
    this.entries.length = 0;
    for (const index of [this.keys, this.names, this.messageIds]) index.clear();
    for (const entry of left) {
      this.entries.push(entry);
      this.keys.set(entry.key, entry);
      this.index(entry);
    }
  }

  /** Where it stands, or belongs. */
  private placeOf(place: Place): number {
    let [low, high] = [0, this.entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.entries[middle]!, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private index(entry: Entry): void {
    this.names.set(nameText(entry.direction, entry.names), entry);
    if (entry.direction === 'sent' && entry.messageId) this.messageIds.set(entry.messageId, entry);
  }

  private unindex(entry: Entry): void {
    this.names.delete(nameText(entry.direction, entry.names));
    if (this.messageIds.get(entry.messageId) === entry) this.messageIds.delete(entry.messageId);
  }
}
