// What the model wants to know of the person before the page. SPDX-License-Identifier: MIT
import type { Account } from '../../model/views';

const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;
const PAUSE_MS = 1000; // a mouse moves a hundred times a second

/** Tells that somebody is there. The function that is returned ends it. */
export function watchActivity({ own }: Account): () => void {
  let told = 0;
  const onSign = ({ timeStamp }: Event): void => {
    if (timeStamp - told < PAUSE_MS) return;
    told = timeStamp;
    own.active();
  };
  for (const sign of SIGNS) addEventListener(sign, onSign, { passive: true, capture: true });
  return () => SIGNS.forEach((sign) => removeEventListener(sign, onSign, { capture: true }));
}

/** Tells whether the page is looked at: in sight, and in front. */
export function watchAttention({ conversations }: Account): () => void {
  const look = (): void => {
    conversations.isSeen.value = document.visibilityState === 'visible' && document.hasFocus();
  };
  const signs = [[document, 'visibilitychange'], [window, 'focus'], [window, 'blur']] as const;
  for (const [target, sign] of signs) target.addEventListener(sign, look);
  look();
  return () => {
    for (const [target, sign] of signs) target.removeEventListener(sign, look);
    conversations.isSeen.value = false;
  };
}
