// A time in words that stays true while it is looked at; the whole of it while the pointer rests on it.
// SPDX-License-Identifier: MIT
import { longTime, relativeTime, shortTime } from '../texts/times';

/** relative: "5 minutes ago"; short: "14:05", "Yesterday", "3 May". */
export function RelativeTime({ at, form = 'relative' }: { at: Date; form?: 'relative' | 'short' }) {
  return (
    <time dateTime={at.toISOString()} title={longTime(at)}>
      {form === 'short' ? shortTime(at) : relativeTime(at)}
    </time>
  );
}
