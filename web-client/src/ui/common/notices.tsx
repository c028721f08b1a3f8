// What is said without being asked: to screen readers alone, as a line that goes away by itself, or, where something
// went wrong that has no place of its own, as one that stays until it was read.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import { problemText, t } from '../texts';
import { IconButton } from './button';

const SHOWN_MS = 5000;

interface Notice {
  sentence: string;
  detail: string;
  isBad: boolean;
}

const heard = signal('');
const seen = signal<Notice | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

const dismiss = (): void => {
  seen.value = null;
};

function show(notice: Notice): void {
  seen.value = notice;
  clearTimeout(timer);
  if (!notice.isBad) timer = setTimeout(dismiss, SHOWN_MS);
}

/** Tells screen readers, once they have said what they are saying. The same sentence twice is said twice. */
export function announce(sentence: string): void {
  heard.value = heard.value === sentence ? `${sentence}\u00a0` : sentence;
}

/** Shows it for a moment and tells it to screen readers: for what was done. */
export function notice(sentence: string): void {
  announce(sentence);
  show({ sentence, detail: '', isBad: false });
}

/** For what went wrong where nothing on the page stands for it, as after a choice in a menu. */
export function complain(problem: Problem | string): void {
  const told = typeof problem === 'string' ? { sentence: problem, detail: '' } : problemText(problem);
  show({ ...told, isBad: true });
}

/** Lives as long as the page: screen readers tell only what changes in a region that they know. */
export function LiveRegion() {
  return <p class="unseen" role="status" aria-live="polite">{heard}</p>;
}

/** Over everything, dialogs too. */
export function Notices() {
  const ref = useRef<HTMLDivElement>(null);
  const shown = seen.value;
  useLayoutEffect(() => {
    ref.current?.hidePopover?.(); // what is shown last lies on top, also of a dialog that was opened since
    if (shown) ref.current?.showPopover?.();
  }, [shown]);
  return (
    <div class="notices" popover="manual" ref={ref} role={shown?.isBad ? 'alert' : undefined}>
      {shown && (
        <p class={shown.isBad ? 'notice bad' : 'notice'}>
          <span>{shown.sentence} {shown.detail !== '' && <bdi lang="en">{shown.detail}</bdi>}</span>
          {shown.isBad && <IconButton isSmall icon="close" label={t('common.close')} onClick={dismiss} />}
        </p>
      )}
    </div>
  );
}
