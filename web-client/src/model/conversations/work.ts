// Things to be done that may fail: a few side by side, each one once however often it is asked for, and again after a
// failure, later and later. SPDX-License-Identifier: MIT

const SIDE_BY_SIDE = 3;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

export class Work {
  private readonly wanted = new Set<string>(); // in the order in which it was asked for
  private readonly running = new Set<string>();
  private readonly delayed = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly failures = new Map<string, number>(); // one after the other
  private isOver = false;

  constructor(private readonly run: (what: string) => Promise<void>) {}

  /** What is running does not know of what has just changed: it is done once more. */
  ask(what: string): void {
    if (this.isOver) return;
    clearTimeout(this.delayed.get(what));
    this.delayed.delete(what);
    this.wanted.add(what);
    this.next();
  }

  /** Unless it is done before. */
  askLater(what: string, ms: number): void {
    if (!this.isOver && !this.wanted.has(what) && !this.delayed.has(what))
      this.delayed.set(what, setTimeout(() => this.ask(what), ms));
  }

  /** What failed is tried at once: there is a connection again. */
  hurry(): void {
    this.failures.clear();
    for (const what of [...this.delayed.keys()]) this.ask(what);
  }

  end(): void {
    this.isOver = true;
    this.wanted.clear();
    for (const timer of this.delayed.values()) clearTimeout(timer);
    this.delayed.clear();
  }

  private next(): void {
    for (const what of this.wanted) {
      if (this.running.size >= SIDE_BY_SIDE) return;
      if (this.running.has(what)) continue;
      this.wanted.delete(what);
      void this.start(what);
    }
  }

  private async start(what: string): Promise<void> {
    this.running.add(what);
    const isDone = await this.run(what).then(() => true, () => false);
    this.running.delete(what);
    const failures = this.failures.get(what) ?? 0;
    if (isDone) this.failures.delete(what);
    else {
      this.failures.set(what, failures + 1);
      this.askLater(what, Math.min(FIRST_RETRY_MS * 2 ** failures, LAST_RETRY_MS));
    }
    this.next();
  }
}
