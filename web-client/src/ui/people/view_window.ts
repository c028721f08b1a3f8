// Which part of a long list is near enough to be drawn. SPDX-License-Identifier: MIT
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const STEP = 480; // px: not every row that passes the edge draws the list again
const AT_LEAST = 1200; // before the height is known

export interface ViewWindow {
  from: number; // px from the top of what scrolls
  until: number;
}

function windowOf({ scrollTop, clientHeight }: HTMLElement): ViewWindow {
  const from = Math.floor(scrollTop / STEP - 1) * STEP;
  return { from, until: from + Math.max(AT_LEAST, Math.ceil(clientHeight / STEP + 3) * STEP) };
}

export function useViewWindow(ref: RefObject<HTMLElement | null>): ViewWindow {
  const [shown, setShown] = useState<ViewWindow>({ from: 0, until: AT_LEAST });
  useLayoutEffect(() => {
    const scroller = ref.current!;
    const update = (): void => setShown((before) => {
      const now = windowOf(scroller);
      return now.from === before.from && now.until === before.until ? before : now;
    });
    update();
    const observer = globalThis.ResizeObserver && new ResizeObserver(update);
    observer?.observe(scroller);
    scroller.addEventListener('scroll', update, { passive: true });
    return () => {
      observer?.disconnect();
      scroller.removeEventListener('scroll', update);
    };
  }, []);
  return shown;
}
