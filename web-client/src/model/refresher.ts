// Reads something of the server whenever it may have changed: one request at a time, however often it is asked for,
// and again after a failure. SPDX-License-Identifier: MIT
import { PortError, type Problem } from './ports';
import type { Clock } from './ports_browser';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** What something that was thrown says. */
export function problemOf(error: unknown): Problem {
  return error instanceof PortError ? error.problem : { kind: 'other', detail: '' };
}

export class Refresher<T> {
  private isReading = false;
  private isWanted = false;
  private holders = 0;
  private holds = 0; // so far
  private failures = 0;
  private callOff: (() => void) | null = null;
  private isOver = false;

  /** `onProblem`: it could not be read, and will be tried again. */
  constructor(
    private readonly read: () => Promise<T>,
    private readonly take: (value: T) => void,
    private readonly clock: Clock,
    private readonly onProblem: (problem: Problem) => void = () => undefined,
  ) {}

  ask(): void {
    this.isWanted = true;
    this.start();
  }

  /** What failed is tried at once: there is a connection again. */
  hurry(): void {
    this.failures = 0;
    if (this.callOff) this.start();
  }

  /** Until the release nothing is read, and what is on its way is thrown away: it may not know of an edit yet. */
  hold(): void {
    this.holders += 1;
    this.holds += 1;
    this.isWanted = true;
  }

  release(): void {
    this.holders -= 1;
    this.start();
  }

  end(): void {
    this.isOver = true;
    this.callOff?.();
  }

  private start(): void {
    if (this.isOver || this.isReading || this.holders > 0 || !this.isWanted) return;
    this.callOff?.();
    this.callOff = null;
    this.isReading = true;
    this.isWanted = false;
    const holds = this.holds;
    this.read().then((value) => this.succeed(value, holds), (error: unknown) => this.fail(error));
  }

  private succeed(value: T, holds: number): void {
    this.isReading = false;
    this.failures = 0;
    if (!this.isOver && holds === this.holds) this.take(value);
    this.start();
  }

  private fail(error: unknown): void {
    this.isReading = false;
    if (this.isOver) return;
    this.onProblem(problemOf(error));
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.failures, LAST_RETRY_MS);
    this.failures += 1;
    this.isWanted = true;
    this.callOff = this.clock.after(wait, () => this.start());
  }
}
