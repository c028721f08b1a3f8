// What somebody has begun to write, kept while it is written. SPDX-License-Identifier: MIT
import { effect, signal, type Signal } from '@preact/signals';

const GATHER_MS = 400;

export class Draft {
  readonly text: Signal<string>;
  private readonly endEffect: () => void;
  private kept: string;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(start: string, private readonly keep: (text: string) => void) {
    this.text = signal(start);
    this.kept = start;
    this.endEffect = effect(() => this.changed(this.text.value));
  }

  /** What was kept before, unless somebody writes already. */
  restore(text: string): void {
    if (this.text.peek() !== '') return;
    this.kept = text;
    this.text.value = text;
  }

  /** What is not kept yet, is. */
  pause(): void {
    if (this.timer !== undefined) this.write();
  }

  end(): void {
    this.endEffect();
    this.pause();
  }

  /** The first change at once, further ones when there was time for some. */
  private changed(text: string): void {
    if (text === this.kept || this.timer !== undefined) return;
    this.keepNow(text);
    this.timer = setTimeout(() => this.write(), GATHER_MS);
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.keepNow(this.text.peek());
  }

  private keepNow(text: string): void {
    if (text === this.kept) return;
    this.kept = text;
    this.keep(text);
  }
}
