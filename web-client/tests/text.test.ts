// What people write and read: how long a message may be, and when it was.
// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { MOST_BYTES, lengthProblem } from '../src/model/length';
import { shortTime } from '../src/ui/time';

test.each([
  ['', true],
  ['x'.repeat(MOST_BYTES), true],
  ['x'.repeat(MOST_BYTES + 1), false],
  ['ü'.repeat(MOST_BYTES / 2), true],
  ['ü'.repeat(MOST_BYTES / 2 + 1), false],
])('the length is counted in bytes (%#)', (text, isPossible) => {
  expect(lengthProblem(text) === '').toBe(isPossible);
});

test('a text that is too long is told by how much', () => {
  expect(lengthProblem('x'.repeat(2 * MOST_BYTES))).toContain('Shorten it by 50 %');
});

const now = new Date(2026, 6, 15, 12, 0);

test.each([
  [new Date(2026, 6, 15, 0, 1), false, false],
  [new Date(2026, 6, 14, 23, 59), true, false],
  [new Date(2025, 11, 31, 23, 59), true, true],
])('a time that is not of today has its date, and not of this year its year (%#)', (at, hasDate, hasYear) => {
  const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' }).format(at);
  const text = shortTime(at, now);
  expect(text.endsWith(clock)).toBe(true);
  expect(text !== clock).toBe(hasDate);
  expect(text.includes(`${at.getFullYear()}`)).toBe(hasYear);
});
