// The pages that one browser has open for one account, and what they say to each other over a BroadcastChannel.
//
//   activity    somebody touched a page
//   claim       several pages heard the same; of those that draw lots about now, the lowest acts
//   taken       the answer of one that has acted already, or drew a lower lot
//   who-looks   does somebody look at a page?      looking   the answer: at this one
//
// A page that is frozen or gone does not answer, so nothing has to be taken back. SPDX-License-Identifier: MIT
import type { Clock, Tabs } from '../model/ports_browser';

const ANSWER_MS = 150;
const TAKEN_MS = 10_000;
/** Below all lots. */
const DONE = -1;

type Said =
  | { kind: 'activity'; at: number }
  | { kind: 'claim'; key: string; lot: number }
  | { kind: 'taken'; key: string; lot: number }
  | { kind: 'who-looks' }
  | { kind: 'looking' };

export function isPageSeen(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}

export class BrowserTabs implements Tabs {
  private readonly channel: BroadcastChannel | null;
  private readonly claims = new Map<string, { lot: number; isLost: boolean }>();
  private readonly taken = new Set<string>();
  private readonly listeners: ((at: number) => void)[] = [];
  private readonly waiting = new Set<() => void>(); // to hear that another page is looked at

  constructor(account: string, private readonly clock: Clock, private readonly isSeenHere: () => boolean = isPageSeen) {
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(`heliograph.${account}`);
    if (this.channel) this.channel.onmessage = ({ data }: MessageEvent<Said>) => this.hear(data);
  }

  tellActivity(at: number): void {
    this.say({ kind: 'activity', at });
  }

  onActivity(listener: (at: number) => void): void {
    this.listeners.push(listener);
  }

  async claim(key: string): Promise<boolean> {
    if (!this.channel) return true;
    if (this.taken.has(key) || this.claims.has(key)) return false;
    const claim = { lot: Math.random(), isLost: false };
    this.claims.set(key, claim);
    this.say({ kind: 'claim', key, lot: claim.lot });
    await new Promise<void>((resolve) => this.clock.after(ANSWER_MS, resolve));
    this.claims.delete(key);
    if (claim.isLost) return false;
    this.taken.add(key);
    this.clock.after(TAKEN_MS, () => this.taken.delete(key));
    return true;
  }

  isSeen(): Promise<boolean> {
    if (this.isSeenHere()) return Promise.resolve(true);
    if (!this.channel) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onLooking = (): void => {
        callOff();
        this.waiting.delete(onLooking);
        resolve(true);
      };
      const callOff = this.clock.after(ANSWER_MS, () => {
        this.waiting.delete(onLooking);
        resolve(false);
      });
      this.waiting.add(onLooking);
      this.say({ kind: 'who-looks' });
    });
  }

  end(): void {
    this.channel?.close();
  }

  private say(said: Said): void {
    this.channel?.postMessage(said);
  }

  private hear(said: Said): void {
    if (said.kind === 'activity') for (const listener of this.listeners) listener(said.at);
    else if (said.kind === 'claim') this.hearClaim(said.key, said.lot);
    else if (said.kind === 'taken') this.lose(said.key, said.lot);
    else if (said.kind === 'who-looks' && this.isSeenHere()) this.say({ kind: 'looking' });
    else if (said.kind === 'looking') for (const onLooking of [...this.waiting]) onLooking();
  }

  /** Who claims has not heard a claim from before its own, so it is told. */
  private hearClaim(key: string, lot: number): void {
    const own = this.taken.has(key) ? DONE : (this.claims.get(key)?.lot ?? Infinity);
    if (own < lot) this.say({ kind: 'taken', key, lot: own });
    else this.lose(key, lot);
  }

  private lose(key: string, lot: number): void {
    const claim = this.claims.get(key);
    if (claim && lot < claim.lot) claim.isLost = true;
  }
}
