// Why the server refused. SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { detailOf, problemOf, retryAfterMs } from '../../src/sip/problem';
import { answer } from './fake_agent';

test.each([
  ['399 127.0.0.1:8080 "There is no such account"', 'There is no such account'],
  [String.raw`399 host "Say \"friend\""`, 'Say "friend"'],
  ['nonsense', 'phrase'],
  ['', 'phrase'],
])('a refusal is told in the words of its Warning, or else of its phrase (%s)', (Warning, detail) => {
  expect(detailOf(answer(404, { Warning }))).toBe(detail);
  expect(detailOf({ ...answer(500), phrase: '' })).toBe('status 500');
});

test.each<[number, string, string]>([
  [401, '', 'forbidden'], [403, 'From is not the authenticated user x', 'forbidden'],
  [403, 'This server does not relay to x.test', 'no-such-domain'], [404, '', 'no-such-user'], [413, '', 'too-long'],
  [480, 'The mailbox of the receiver is full', 'mailbox-full'],
  [480, 'The receiver is not online, and this message is not kept', 'other'], [415, '', 'not-taken'],
  [488, '', 'not-taken'], [408, '', 'busy'], [500, '', 'busy'], [503, '', 'busy'], [606, '', 'not-taken'],
  [603, '', 'other'], [420, '', 'other'],
])('%i "%s" is %s', (status, sentence, kind) => {
  expect(problemOf(answer(status, sentence ? { Warning: `399 x "${sentence}"` } : {})).kind).toBe(kind);
});

test.each([['5', 5_000], ['18000;duration=3600', 18_000_000], ['', null], ['soon', null]])('Retry-After: %s', (header, ms) => {
  expect(retryAfterMs(answer(503, { 'Retry-After': header }))).toBe(ms);
});
