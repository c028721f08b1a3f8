// The browser's hints that the connection may be gone, or may be had again: the network is gone or back, the page is shown,
// the machine has slept. SPDX-License-Identifier: MIT

/** A pause between ticks that no timer of a page that is awake makes: those of hidden pages run once a minute. */
const SLEEP_MS = 90_000;

/** Calls `onWake` at each of them, until the function that it returns is called. */
export function listenForWakeups(onWake: () => void): () => void {
  const onShown = (): void => {
    if (document.visibilityState === 'visible') onWake();
  };
  window.addEventListener('online', onWake);
  window.addEventListener('offline', onWake);
  window.addEventListener('pageshow', onWake);
  document.addEventListener('visibilitychange', onShown);
  return () => {
    window.removeEventListener('online', onWake);
    window.removeEventListener('offline', onWake);
    window.removeEventListener('pageshow', onWake);
    document.removeEventListener('visibilitychange', onShown);
  };
}

/** Notices from one tick to the next that the clock has jumped. */
export class JumpDetector {
  private tickedAt = Date.now();

  /** 'slept': the machine has; 'set-back': so all moments that were computed are too late. */
  look(now: number): 'slept' | 'set-back' | null {
    const pause = now - this.tickedAt;
    this.tickedAt = now;
    return pause > SLEEP_MS ? 'slept' : pause < -SLEEP_MS ? 'set-back' : null;
  }
}
