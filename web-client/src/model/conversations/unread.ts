// How many texts of a conversation were not read, and where they begin. The server counts; what has just come is added
// until it has counted again. SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';
import type { StoredConversation } from '../ports';
import { compareIds } from './ids';
import type { Entry } from './timeline';

export const MOST_UNREAD = 100;

export class Unread {
  private readonly number = signal(0);
  private readonly first = signal('');
  private counted = 0; // by the server
  private since = 0; // that came live since
  private isWatched = false;
  private isDividerWanted = 0; // so many texts stand behind it, as soon as they are there

  get count(): ReadonlySignal<number> {
    return this.number;
  }
  get firstKey(): ReadonlySignal<string> {
    return this.first;
  }

  /** How many texts must be there to know where the unread ones begin. */
  get wanted(): number {
    return this.isDividerWanted;
  }

  /** The person looks at it, or away. */
  watch(isWatched: boolean): void {
    this.isWatched = isWatched;
    this.update();
  }

  /** It is opened: what is unread now is what "new messages" stands above. */
  open(): void {
    this.first.value = '';
    this.isDividerWanted = this.number.peek();
  }

  close(): void {
    this.first.value = '';
    this.isDividerWanted = 0;
  }

  /** `received`: texts at the end, the newest first. */
  place(received: readonly Entry[], isAll: boolean): void {
    if (this.isDividerWanted === 0 || (received.length < this.isDividerWanted && !isAll)) return;
    this.first.value = received[Math.min(this.isDividerWanted, received.length) - 1]?.key ?? '';
    this.isDividerWanted = 0;
  }

  /** `read`: all up to there was read here, whether the server knows it or not. */
  learn({ unread, readId, last }: StoredConversation, read: string): void {
    const isTold = compareIds(read, readId) <= 0;
    this.counted = !isTold && last && compareIds(last.id, read) <= 0 ? 0 : unread;
    this.since = 0;
    this.update();
  }

  /** One came live. True: it is unread. */
  arrived(key: string): boolean {
    if (this.isWatched) return false;
    if (this.number.peek() === 0) this.first.value = key;
    this.since += 1;
    this.update();
    return true;
  }

  /** Who writes has read. */
  answered(): void {
    this.close();
    this.counted = this.since = 0;
    this.update();
  }

  private update(): void {
    if (this.isWatched) this.counted = this.since = 0;
    this.number.value = Math.min(this.counted + this.since, MOST_UNREAD);
  }
}
