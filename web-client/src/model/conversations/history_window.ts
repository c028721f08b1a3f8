// The part of one conversation's history that the page has: from some message on up to now, without a gap. It grows
// backwards page by page, and follows what changes at its end. SPDX-License-Identifier: MIT
import { batch, signal, type ReadonlySignal } from '@preact/signals';
import { PortError, type Api, type MessagePage, type Problem, type StoredMessage } from '../ports';
import { compareIds, idBefore, NO_ID } from './ids';

const PAGE = 50;
/** A page may be full of receipts: that many messages to be seen are wanted, in so many pages at most. */
const WANTED = 20;
const PAGES_AT_ONCE = 6;

/** What came meanwhile; where there is more than that, the end alone is read and the rest again when it is wanted. */
const CATCH_UP_PAGE = 100;
const CATCH_UP_PAGES = 4;
/** So many rows at the end are read again: one that was committed late has a smaller number than its neighbours. */
const OVERLAP = 20;

/** How a search goes back to its hit. */
const FAR_PAGE = 500;

export interface Merged {
  shown: number; // messages to be seen that are new
  hasDelivered: boolean; // one that was kept has reached a device
}

export interface Rows {
  merge(rows: readonly StoredMessage[]): Merged;
  /** Forgets all rows. */
  clear(): void;
  /** Numbers of the messages that were kept, as far as it is known, the oldest first. */
  kept(): readonly string[];
}

export class HistoryWindow {
  private readonly loading = signal(0);
  private readonly start = signal(false);
  private readonly loadProblem = signal<Problem | null>(null);
  private oldest = NO_ID;
  private ending: string[] = []; // numbers of the last rows, in their order
  private hasBegun = false;
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly api: Pick<Api, 'messages'>, private readonly peer: string, private readonly rows: Rows,
  ) {}

  get isLoaded(): boolean {
    return this.hasBegun;
  }
  get isLoading(): ReadonlySignal<number> {
    return this.loading;
  }
  get reachesStart(): ReadonlySignal<boolean> {
    return this.start;
  }
  get problem(): ReadonlySignal<Problem | null> {
    return this.loadProblem;
  }

  /** There is no history but what is seen by this page. */
  beWhole(): void {
    this.hasBegun = true;
    this.start.value = true;
  }

  /** The end of the history, where it is not there yet. */
  load(): Promise<void> {
    return this.shown(() => this.oneByOne(async () => {
      if (!this.hasBegun) await this.readEnd();
    }));
  }

  loadOlder(): Promise<void> {
    return this.shown(() => this.oneByOne(async () => {
      if (!this.hasBegun) await this.readEnd();
      else await this.readOlder(WANTED);
    }));
  }

  loadUntil(id: string): Promise<void> {
    return this.shown(() => this.oneByOne(async () => {
      if (!this.hasBegun) await this.readEnd();
      while (!this.start.peek() && compareIds(id, this.oldest) < 0) await this.readPage(FAR_PAGE);
    }));
  }

  /** What is new at the end, or has changed there. */
  catchUp(): Promise<void> {
    return this.oneByOne(async () => {
      if (!this.hasBegun) return;
      const kept = this.rows.kept();
      let hasDelivered = await this.readNew();
      const newest = kept.at(-1);
      if (!hasDelivered && newest !== undefined && compareIds(newest, this.overlap()) <= 0)
        hasDelivered = this.take(await this.ask({ after: idBefore(newest), limit: 1 })).hasDelivered;
      if (hasDelivered) await this.readKept();
    });
  }

  // ---- reading

  /** One after the other, so that each knows where the window begins and ends. */
  private oneByOne(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }

  private async shown(work: () => Promise<void>): Promise<void> {
    this.loading.value += 1;
    try {
      await work();
      this.loadProblem.value = null;
    } catch (error) {
      this.loadProblem.value = error instanceof PortError ? error.problem : { kind: 'other', detail: String(error) };
      throw error;
    } finally {
      this.loading.value -= 1;
    }
  }

  private ask(range: { before?: string; after?: string; limit: number }): Promise<MessagePage> {
    return this.api.messages(this.peer, range);
  }

  private take({ messages }: MessagePage): Merged {
    const merged = this.rows.merge(messages);
    const known = new Set(this.ending);
    const ids = messages.map(({ id }) => id).filter((id) => !known.has(id) && this.belongsToEnd(id));
    if (ids.length > 0) this.ending = [...this.ending, ...ids].sort(compareIds).slice(-OVERLAP);
    return merged;
  }

  private belongsToEnd(id: string): boolean {
    return this.ending.length < OVERLAP || compareIds(id, this.ending[0]!) > 0;
  }

  private async readEnd(): Promise<void> {
    const page = await this.ask({ limit: PAGE });
    const { shown } = batch(() => {
      this.oldest = page.messages[0]?.id ?? NO_ID;
      this.start.value = !page.hasMore;
      this.hasBegun = true;
      return this.take(page);
    });
    if (shown < WANTED) await this.readOlder(WANTED - shown);
  }

  private async readOlder(wanted: number): Promise<void> {
    let shown = 0;
    for (let pages = 0; pages < PAGES_AT_ONCE && shown < wanted && !this.start.peek(); pages += 1)
      shown += (await this.readPage(PAGE)).shown;
  }

  private async readPage(limit: number): Promise<Merged> {
    const page = await this.ask({ before: this.oldest, limit });
    return batch(() => {
      this.oldest = page.messages[0]?.id ?? this.oldest;
      this.start.value = !page.hasMore || page.messages.length === 0;
      return this.take(page);
    });
  }

  /** From where on rows are asked for to get all that is new. */
  private overlap(): string {
    const first = this.ending[0];
    return first === undefined ? NO_ID : idBefore(first);
  }

  private async readNew(): Promise<boolean> {
    let hasDelivered = false;
    let after = this.overlap();
    for (let pages = 0; pages < CATCH_UP_PAGES; pages += 1) {
      const page = await this.ask({ after, limit: CATCH_UP_PAGE });
      hasDelivered = this.take(page).hasDelivered || hasDelivered;
      const last = page.messages.at(-1);
      if (!page.hasMore || !last) return hasDelivered;
      after = last.id;
    }
    await this.beginAgain();
    return false;
  }

  /** Between what is there and now lies more than anybody wants to read: the window begins again at its end. */
  private async beginAgain(): Promise<void> {
    const page = await this.ask({ limit: PAGE });
    batch(() => {
      this.rows.clear();
      this.ending = [];
      this.oldest = page.messages[0]?.id ?? NO_ID;
      this.start.value = !page.hasMore;
      this.take(page);
    });
  }

  /** One was delivered, and so, as a rule, were all that waited with it. */
  private async readKept(): Promise<void> {
    const kept = this.rows.kept();
    const [first, last] = [kept[0], kept.at(-1)];
    if (first === undefined || last === undefined || compareIds(first, this.overlap()) > 0) return;
    let after = idBefore(first);
    for (let pages = 0; pages < CATCH_UP_PAGES; pages += 1) {
      const page = await this.ask({ after, limit: CATCH_UP_PAGE });
      this.take(page);
      after = page.messages.at(-1)?.id ?? last;
      if (!page.hasMore || compareIds(after, last) >= 0) return;
    }
  }
}
