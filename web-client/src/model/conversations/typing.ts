// Who types (RFC 3994). SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';

/** So long an active state holds without another word; §3.2 wants at least 60. */
export const REFRESH_S = 90;
const TELL_AGAIN_MS = (REFRESH_S - 10) * 1000;
const IDLE_AFTER_MS = 15_000;
/** What is on its way when the time is up. */
const GRACE_MS = 5_000;

/** Tells the other one that somebody types here. */
export class TypingOut {
  private toldAt = -Infinity;
  private isActive = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (isActive: boolean) => void) {}

  typed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.idle(), IDLE_AFTER_MS);
    if (this.isActive && Date.now() - this.toldAt < TELL_AGAIN_MS) return;
    this.isActive = true;
    this.toldAt = Date.now();
    this.tell(true);
  }

  /** Stopped, without a message. */
  idle(): void {
    if (this.isActive) this.tell(false);
    this.sent();
  }

  /** §3.3: the message itself says that nothing is typed any more. */
  sent(): void {
    clearTimeout(this.timer);
    this.isActive = false;
  }
}

/** Whether the other one types. */
export class TypingIn {
  private readonly state = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  get isTyping(): ReadonlySignal<boolean> {
    return this.state;
  }

  heard(isActive: boolean, refreshS: number): void {
    clearTimeout(this.timer);
    this.state.value = isActive;
    if (isActive) this.timer = setTimeout(() => this.stop(), refreshS * 1000 + GRACE_MS);
  }

  /** A message came, or nothing for too long. */
  stop(): void {
    clearTimeout(this.timer);
    this.state.value = false;
  }
}
