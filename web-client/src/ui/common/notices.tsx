// What is said without being asked: to screen readers alone, or as a line that goes away by itself.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';

const SHOWN_MS = 5000;

const heard = signal('');
const seen = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Tells screen readers, once they have said what they are saying. The same sentence twice is said twice. */
export function announce(sentence: string): void {
  heard.value = heard.value === sentence ? `${sentence}\u00a0` : sentence;
}

/** Shows it for a moment and tells it to screen readers: for what was done, never for what went wrong. */
export function notice(sentence: string): void {
  announce(sentence);
  seen.value = sentence;
  clearTimeout(timer);
  timer = setTimeout(() => (seen.value = ''), SHOWN_MS);
}

/** Lives as long as the page: screen readers tell only what changes in a region that they know. */
export function LiveRegion() {
  return <p class="unseen" role="status" aria-live="polite">{heard}</p>;
}

/** Over everything, dialogs too. */
export function Notices() {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (seen.value) ref.current?.showPopover?.();
  }, [seen.value]);
  if (!seen.value) return null;
  return <div class="notices" popover="manual" ref={ref} aria-hidden="true"><p class="notice">{seen}</p></div>;
}
