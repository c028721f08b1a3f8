// Times as people of the language write them, with 12 or 24 hours as their region has them.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { locale, t } from './index';

const TICK_MS = 20_000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** The time by which "5 minutes ago" and "today" are drawn. It stands still while nobody looks. */
export const now = signal(new Date());

setInterval(() => {
  if (document.visibilityState === 'visible') now.value = new Date();
}, TICK_MS);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') now.value = new Date();
});

const made = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than using it a thousand times. */
function format(options: Intl.DateTimeFormatOptions, at: Date): string {
  const name = `${locale.value} ${Object.entries(options).join()}`;
  let found = made.get(name);
  if (!found) made.set(name, (found = new Intl.DateTimeFormat(locale.value, options)));
  return found.format(at);
}

/** Whole days between the dates, by the calendar: 1 is yesterday. */
function daysAgo(at: Date): number {
  const midnight = (date: Date): number => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (midnight(now.value) - midnight(at)) / (DAY_S * 1000);
}

/** "14:05" */
export function clockTime(at: Date): string {
  return format({ timeStyle: 'short' }, at);
}

/** "Today", "Yesterday", "Monday", "3 May", "3 May 2024": the shortest that cannot be mistaken. */
export function dayName(at: Date): string {
  const days = daysAgo(at);
  if (days === 0) return t('time.today');
  if (days === 1) return t('time.yesterday');
  if (days > 1 && days < 7) return format({ weekday: 'long' }, at);
  const isThisYear = at.getFullYear() === now.value.getFullYear();
  return format({ day: 'numeric', month: 'short', ...(isThisYear ? {} : { year: 'numeric' }) }, at);
}

/** For lists: the time of today, else the day. */
export function shortTime(at: Date): string {
  return daysAgo(at) === 0 ? clockTime(at) : dayName(at);
}

/** "Friday, 3 May 2024 at 14:05" */
export function longTime(at: Date): string {
  return format({ dateStyle: 'full', timeStyle: 'short' }, at);
}

/** "5 minutes ago" */
export function relativeTime(at: Date): string {
  const seconds = Math.round((now.value.getTime() - at.getTime()) / 1000);
  if (seconds < MINUTE_S) return t('time.now'); // clocks differ: the future too
  const ago = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' });
  if (seconds < HOUR_S) return ago.format(-Math.floor(seconds / MINUTE_S), 'minute');
  if (seconds < DAY_S) return ago.format(-Math.floor(seconds / HOUR_S), 'hour');
  return ago.format(-Math.max(1, daysAgo(at)), 'day');
}
