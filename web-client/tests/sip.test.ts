// What the SIP layer makes of the server's words; the rest of it is tested in a browser (tests/browser).
// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { refused } from '../src/model/status';
import { hostOf, realmOf } from '../src/sip/domain';
import { reasonOf } from '../src/sip/reason';

function response(status_code: number, reason_phrase: string, warning?: string) {
  return { status_code, reason_phrase, getHeader: (name: string) => (name === 'Warning' ? warning : undefined) };
}

test.each([
  [response(404, 'Not Found', '399 127.0.0.1:8080 "There is no such account"'), 'There is no such account'],
  [response(480, 'Temporarily Unavailable', String.raw`399 host "Say \"friend\""`), 'Say "friend"'],
  [response(403, 'Forbidden', 'nonsense'), 'Forbidden'],
  [response(500, '', undefined), 'status 500'],
])('a refusal is told in the words of its Warning, or else of its phrase', (refusal, expected) => {
  expect(reasonOf(refusal)).toBe(expected);
});

test('a refused password is a sentence, and so is what the server says otherwise', () => {
  expect(refused(401, 'Unauthorized').sentence).toBe('The address or the password is wrong.');
  expect(refused(403, 'The account is locked').sentence).toBe('The account is locked.');
  expect(refused(403, 'This server does not relay to x.y').sentence).toBe('This server has no accounts of x.y.');
});

test.each([
  ['SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm="example.test", nonce="x"\r\n\r\n', 'example.test'],
  ['SIP/2.0 401 Unauthorized\r\nwww-authenticate: Digest nonce="x", realm="example.test"\r\n\r\n', 'example.test'],
  ['SIP/2.0 401 Unauthorized\r\n\r\n', null],
  ['SIP/2.0 403 Forbidden\r\nWWW-Authenticate: Digest realm="example.test"\r\n\r\n', null],
])('the domain is the realm of a challenge', (text, expected) => {
  expect(realmOf(text)).toBe(expected);
});

test('localhost is one of the addresses of the server', () => {
  expect(hostOf('localhost')).toBe('127.0.0.1');
  expect(hostOf('chat.example.test')).toBe('chat.example.test');
});
