// Times of what the server grants for a while: registrations, subscriptions, publications. All are moments of the wall
// clock, since timers stand still while a machine sleeps.
// SPDX-License-Identifier: MIT

/** A browser may run the timers of hidden pages once a minute only. */
const MARGIN_S = 70;

/** When to ask for more time: in the second half of what was granted, not with everybody else. */
export function refreshAt(grantedS: number, now = Date.now()): number {
  const half = grantedS / 2;
  return now + (half > MARGIN_S ? half + Math.random() * (half - MARGIN_S) : half) * 1000;
}

/** A whole number of seconds from a header, or `otherwise`. */
export function secondsOf(header: string, otherwise: number): number {
  const seconds = /^\s*(\d{1,8})/.exec(header)?.[1];
  return seconds === undefined ? otherwise : Number(seconds);
}

/** Waits that double, with jitter, until something has succeeded. */
export class BackOff {
  private waitMs: number;

  constructor(private readonly firstMs: number, private readonly mostMs: number) {
    this.waitMs = firstMs;
  }

  next(): number {
    const wait = this.waitMs * (0.75 + Math.random() / 2);
    this.waitMs = Math.min(this.waitMs * 2, this.mostMs);
    return Math.min(wait, this.mostMs);
  }

  reset(): void {
    this.waitMs = this.firstMs;
  }
}
