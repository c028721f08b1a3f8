// Whether anybody is at this browser: touched means any of its pages. SPDX-License-Identifier: MIT
import { effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Clock, Tabs } from './ports_browser';

/** So often other pages are told at most: far below a minute, the shortest idle time. */
const TELL_EVERY_MS = 5_000;
const MINUTE_MS = 60_000;

export class Idle {
  private readonly idle: Signal<boolean> = signal(false);
  private touchedAt: number;
  private toldAt = -Infinity;
  private callOff: (() => void) | null = null;
  private readonly endEffect: () => void;

  /** To open a page is to touch it. `afterMinutes` 0: never idle. */
  constructor(
    private readonly clock: Clock, private readonly tabs: Tabs, private readonly afterMinutes: ReadonlySignal<number>,
  ) {
    this.touchedAt = clock.now();
    tabs.onActivity((at) => this.touch(at));
    this.endEffect = effect(() => this.look(this.afterMinutes.value));
    this.active();
  }

  get isIdle(): ReadonlySignal<boolean> {
    return this.idle;
  }

  active(): void {
    const now = this.clock.now();
    if (!this.idle.peek() && Math.abs(now - this.toldAt) < TELL_EVERY_MS) {
      this.touchedAt = now;
      return;
    }
    this.toldAt = now;
    this.tabs.tellActivity(now);
    this.touch(now);
  }

  end(): void {
    this.endEffect();
    this.callOff?.();
  }

  /** A clock that was set back must not leave a time behind that never passes. */
  private touch(at: number): void {
    this.touchedAt = Math.min(Math.max(this.touchedAt, at), this.clock.now());
    this.look(this.afterMinutes.peek());
  }

  private look(minutes: number): void {
    this.callOff?.();
    this.callOff = null;
    const left = this.touchedAt + minutes * MINUTE_MS - this.clock.now();
    this.idle.value = minutes > 0 && left <= 0;
    if (minutes > 0 && left > 0) this.callOff = this.clock.after(left, () => this.look(this.afterMinutes.peek()));
  }
}
