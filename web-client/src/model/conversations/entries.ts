// Rows of the history and messages that come live, in one timeline: what has the same direction, Call-ID and CSeq is
// the same message. Receipts show nowhere but in the state of what they are about.
// SPDX-License-Identifier: MIT
import type { IncomingMessage, StoredMessage, UnsentMessage } from '../ports';
import type { Message, SentState } from '../views';
import { isTypingType, type Body } from './content';
import type { Merged, Rows } from './history_window';
import { compareIds, nameText, NO_ID } from './ids';
import { Timeline, type Entry, type NewEntry } from './timeline';

/** How far a message has come; it never goes back. */
const PROGRESS: Record<SentState, number> = { failed: 0, waiting: 1, sending: 2, kept: 3, delivered: 4, displayed: 5 };

function further(a: SentState, b: SentState | undefined): SentState {
  return b !== undefined && PROGRESS[b] > PROGRESS[a] ? b : a;
}

const LIVE_REMEMBERED = 500;

export type TextBody = Extract<Body, { kind: 'text' }>;

/** What it takes to show a row; null: nothing of it is shown. */
function entryOfRow(row: StoredMessage): NewEntry | null {
  if (row.kind === 'receipt' || (row.kind === 'other' && isTypingType(row.contentType))) return null;
  const { direction, id, at, text, contentType, callId, cseq, messageId } = row;
  return {
    key: nameText(direction, row), direction, names: { callId, cseq }, id, at, text, contentType, messageId,
    isUnreadable: row.kind === 'other',
    wantsDisplayed: direction === 'received' && messageId !== '' && row.wants.includes('display'),
    state: direction === 'sent' ? row.state : null,
    problem: null,
  };
}

/** A row that is shown by itself, as a search finds it. */
export function messageOfRow(row: StoredMessage): Message | null {
  const entry = entryOfRow(row);
  if (!entry) return null;
  const { key, id, direction, at, text, isUnreadable, contentType, state, problem } = entry;
  return { key, id, direction, at, text, isUnreadable, contentType, state, problem };
}

export class Entries implements Rows {
  readonly timeline: Timeline;
  /** By Message-ID, what the other one told: it may come before the message that it is about. */
  private readonly receipts = new Map<string, 'delivered' | 'displayed'>();
  private readonly live = new Set<string>(); // names of what came live: it may come again

  /** `onStored`: the server's history has one of those sent by this page. `onChange`: something is to be seen. */
  constructor(
    private readonly onStored: (entry: Entry) => void, private readonly onChange: () => void, timeline = new Timeline(),
  ) {
    this.timeline = timeline;
  }

  // ---- the history

  merge(rows: readonly StoredMessage[]): Merged {
    let shown = 0;
    let hasDelivered = false;
    for (const row of rows) if (row.kind === 'receipt') this.takeReceipt(row);
    for (const row of rows) {
      const fresh = entryOfRow(row);
      const known = fresh && this.timeline.byNames(row.direction, row);
      if (known) hasDelivered = this.mergeKnown(known, fresh) || hasDelivered;
      else if (fresh) {
        this.timeline.add({ ...fresh, state: this.stateOf(fresh) });
        shown += 1;
      }
    }
    this.onChange();
    return { shown, hasDelivered };
  }

  clear(): void {
    this.timeline.retain((entry) => entry.id === '');
    this.onChange();
  }

  kept(): readonly string[] {
    return this.timeline.all().filter(({ id, state }) => id !== '' && state === 'kept').map(({ id }) => id);
  }

  /** What came live and has no number yet, as far as it is older; a time on the wire has no fractions of a second. */
  dropReceived(olderThan: number): void {
    const isOld = ({ id, direction, at }: Entry): boolean =>
      id === '' && direction === 'received' && at.getTime() + 1000 <= olderThan;
    if (!this.timeline.all().some(isOld)) return;
    this.timeline.retain((entry) => !isOld(entry));
    this.onChange();
  }

  private mergeKnown(known: Entry, fresh: NewEntry): boolean {
    const { id, at, text, isUnreadable, contentType, messageId, wantsDisplayed } = fresh;
    const state = this.stateOf(fresh, known.state ?? undefined);
    const isDelivered = known.state === 'kept' && state !== null && PROGRESS[state] > PROGRESS.kept;
    if (id === known.id && state === known.state) return false;
    this.timeline.change(known, {
      id, at, text, isUnreadable, contentType, messageId, wantsDisplayed, state, problem: null,
    });
    if (known.direction === 'sent') this.onStored(known);
    return isDelivered;
  }

  private stateOf({ state, messageId }: NewEntry, known?: SentState): SentState | null {
    return state && further(further(state, known), this.receipts.get(messageId));
  }

  // ---- what comes live

  /** False: it came before. */
  isFirst(incoming: IncomingMessage): boolean {
    const name = nameText('received', incoming);
    if (this.live.has(name)) return false;
    this.live.add(name);
    if (this.live.size > LIVE_REMEMBERED) this.live.delete(this.live.keys().next().value!);
    return true;
  }

  receive({ callId, cseq, at, contentType }: IncomingMessage, body: TextBody): Entry {
    const name = nameText('received', { callId, cseq });
    const entry = this.timeline.add({
      key: name, direction: 'received', names: { callId, cseq }, id: '', at,
      text: body.text, contentType, isUnreadable: false, messageId: body.messageId,
      wantsDisplayed: body.wantsDisplayed, state: null, problem: null,
    });
    this.onChange();
    return entry;
  }

  /** Something that was sent, or seen, at the other end. */
  receipt(messageId: string, status: 'delivered' | 'displayed'): void {
    if (this.receipts.get(messageId) !== 'displayed') this.receipts.set(messageId, status);
    const entry = this.timeline.bySentMessageId(messageId);
    if (!entry?.state) return;
    const state = further(entry.state, status);
    if (state === entry.state) return;
    this.timeline.change(entry, { state, problem: null });
    this.onChange();
  }

  private takeReceipt({ direction, receipt }: StoredMessage): void {
    if (direction === 'received' && receipt && receipt.status !== 'failed') this.receipt(receipt.of, receipt.status);
  }

  // ---- what is sent from here

  write(message: UnsentMessage, state: SentState): void {
    const { key, callId, cseq, text, messageId, problem } = message;
    this.timeline.add({
      key, direction: 'sent', names: { callId, cseq }, id: '', at: new Date(message.at), text,
      contentType: 'text/plain', isUnreadable: false, messageId, wantsDisplayed: false, state, problem,
    });
    this.onChange();
  }

  /** What became of it. */
  show({ key, callId, cseq, messageId }: UnsentMessage, state: SentState, problem: UnsentMessage['problem']): void {
    const entry = this.timeline.byKey(key);
    if (!entry?.state) return;
    const names = { callId, cseq };
    // The history may have said more already than the answer does.
    const told = PROGRESS[entry.state] >= PROGRESS.kept
      ? { state: further(entry.state, state) }
      : { names, messageId, problem, state: this.stateOf({ ...entry, state, messageId }) };
    this.timeline.change(entry, told);
    this.onChange();
  }

  remove(key: string): void {
    const entry = this.timeline.byKey(key);
    if (entry) this.timeline.remove(entry);
    this.onChange();
  }

  // ---- reading

  /** The last texts that were received since one was sent, the newest first, so many at most. */
  receivedAtEnd(most: number): readonly Entry[] {
    const found: Entry[] = [];
    const all = this.timeline.all();
    for (let index = all.length - 1; index >= 0 && found.length < most; index -= 1) {
      const entry = all[index]!;
      if (entry.direction === 'sent' && entry.id !== '') break;
      if (entry.direction === 'received' && !entry.isUnreadable) found.push(entry);
    }
    return found;
  }

  /** The number of the last message received; NO_ID where none is known. */
  lastReceivedId(): string {
    const all = this.timeline.all();
    for (let index = all.length - 1; index >= 0; index -= 1)
      if (all[index]!.direction === 'received' && all[index]!.id !== '') return all[index]!.id;
    return NO_ID;
  }

  /** Of those numbered, the received ones behind `from` up to `to`. */
  receivedBetween(from: string, to: string): readonly Entry[] {
    return this.timeline.all().filter(({ id, direction }) =>
      direction === 'received' && id !== '' && compareIds(id, from) > 0 && compareIds(id, to) <= 0);
  }
}
