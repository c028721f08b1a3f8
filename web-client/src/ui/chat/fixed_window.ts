// Which rows of a long list are near enough to be drawn, where all rows have one height.
// SPDX-License-Identifier: MIT
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const MORE = 8; // beyond what is seen, on both sides
const AT_LEAST = 20;

export interface FixedWindow {
  from: number;
  until: number; // behind the last
}

function windowOf(scroller: HTMLElement, rowPx: number): FixedWindow {
  const first = Math.floor(scroller.scrollTop / rowPx);
  const count = Math.ceil(scroller.clientHeight / rowPx);
  // In steps, so that not every row that passes the edge draws the list again.
  const from = Math.max(0, Math.floor((first - MORE) / MORE) * MORE);
  return { from, until: from + Math.max(AT_LEAST, Math.ceil((count + 3 * MORE) / MORE) * MORE) };
}

export function useFixedWindow(ref: RefObject<HTMLElement | null>, rowPx: number): FixedWindow {
  const [shown, setShown] = useState<FixedWindow>({ from: 0, until: AT_LEAST });
  useLayoutEffect(() => {
    const scroller = ref.current;
    if (!scroller) return undefined;
    const update = (): void => setShown((old) => {
      const now = windowOf(scroller, rowPx);
      return old.from === now.from && old.until === now.until ? old : now;
    });
    update();
    const observer = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(update);
    observer?.observe(scroller);
    scroller.addEventListener('scroll', update, { passive: true });
    return () => {
      observer?.disconnect();
      scroller.removeEventListener('scroll', update);
    };
  }, [rowPx]);
  return shown;
}
