// The browser's time. SPDX-License-Identifier: MIT
import type { Clock } from '../model/ports_browser';

export const clock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
