// The buddy list as the server has it, with edits that are shown before it has them. Edits go out one after another:
// each changes a document as the one before it left it. SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { BuddyEdit } from './buddy_edits';
import type { Api, BuddyList, Problem } from './ports';
import type { Clock } from './ports_browser';
import { problemOf, Refresher } from './refresher';

export class BuddyStore {
  private readonly shown: Signal<BuddyList> = signal({ groups: [], buddies: [] });
  private readonly loaded = signal(false);
  private readonly reader: Refresher<BuddyList>;
  private told: BuddyList = { groups: [], buddies: [] };
  private edits: readonly BuddyEdit[] = []; // the server has not answered for them
  private queue: Promise<void> = Promise.resolve();

  constructor(api: Pick<Api, 'buddies'>, clock: Clock) {
    this.reader = new Refresher(() => api.buddies(), (list) => {
      this.told = list;
      this.loaded.value = true;
      this.show();
    }, clock);
  }

  get list(): ReadonlySignal<BuddyList> {
    return this.shown;
  }

  get isLoaded(): ReadonlySignal<boolean> {
    return this.loaded;
  }

  read(): void {
    this.reader.ask();
  }

  hurry(): void {
    this.reader.hurry();
  }

  end(): void {
    this.reader.end();
  }

  /**
   * `optimistic` is shown at once, and taken back where `request` fails. What the list then is, is read: an edit may
   * be refused because somebody else has changed it.
   */
  async edit(optimistic: BuddyEdit, request: () => Promise<void>): Promise<Problem | null> {
    this.edits = [...this.edits, optimistic];
    this.show();
    this.reader.hold();
    const done = this.queue.then(request);
    this.queue = done.catch(() => undefined);
    try {
      await done;
      this.told = optimistic(this.told);
      return null;
    } catch (error) {
      return problemOf(error);
    } finally {
      this.edits = this.edits.filter((edit) => edit !== optimistic);
      this.show();
      this.reader.release();
    }
  }

  private show(): void {
    this.shown.value = this.edits.reduce((list, edit) => edit(list), this.told);
  }
}
