// Up to where a conversation was read: what the server knows, and what it shall know.
// SPDX-License-Identifier: MIT
import { compareIds, laterId, NO_ID } from './ids';

const GATHER_MS = 300; // several messages that come at once are marked at once
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

export class ReadMark {
  private told = NO_ID; // as the server has it
  private wanted = NO_ID;
  private isLearned = false;
  private isTelling = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `onMoved`: the server has it, and what lies between was read here. */
  constructor(
    private readonly tell: (id: string) => Promise<void>, private readonly onMoved: (from: string, to: string) => void,
  ) {}

  /** Everything up to here was read. */
  get id(): string {
    return laterId(this.told, this.wanted);
  }

  /** The server has said where it is. */
  get isKnown(): boolean {
    return this.isLearned;
  }

  /** What the server says; another device may have read. */
  learn(id: string): void {
    this.told = laterId(this.told, id);
    if (this.isLearned) return;
    this.isLearned = true;
    this.later(0);
  }

  move(id: string): void {
    if (compareIds(id, this.id) <= 0) return;
    this.wanted = id;
    this.later(GATHER_MS);
  }

  /** What is wanted is told at once. */
  hurry(): void {
    this.failures = 0;
    this.later(0);
  }

  end(): void {
    clearTimeout(this.timer);
    this.wanted = NO_ID;
  }

  /** Not before it is known: else what was read long ago would be told of once more. */
  private later(ms: number): void {
    if (!this.isLearned || this.isTelling || compareIds(this.wanted, this.told) <= 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.tellNow(), ms);
  }

  private async tellNow(): Promise<void> {
    const [from, to] = [this.told, this.wanted];
    if (compareIds(to, from) <= 0) return;
    this.isTelling = true;
    const isTold = await this.tell(to).then(() => true, () => false);
    this.isTelling = false;
    if (isTold) {
      this.failures = 0;
      this.told = laterId(this.told, to);
      this.onMoved(from, to);
    } else this.failures += 1;
    this.later(isTold ? 0 : Math.min(FIRST_RETRY_MS * 2 ** (this.failures - 1), LAST_RETRY_MS));
  }
}
