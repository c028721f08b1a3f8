// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { addressLabel, addressText, addressToUri, parseAddress } from '../src/model/address';

const DOMAIN = 'example.test';

test.each([
  ['alice', 'alice@example.test'],
  ['  alice ', 'alice@example.test'],
  ['alice@Other.Test', 'alice@other.test'],
  ['sip:alice@other.test', 'alice@other.test'],
  ['SIPS:alice@other.test', 'alice@other.test'],
  ['sip:alice@other.test;transport=ws?subject=x', 'alice@other.test'],
  ['Alice "A" <sip:alice@other.test>', 'alice@other.test'],
  ['alice@127.0.0.1:5062', 'alice@127.0.0.1:5062'],
  ['alice@[2001:DB8::1]', 'alice@[2001:db8::1]'],
  ['+49-30-1', '+49-30-1@example.test'],
  ['sip:b%C3%B6b@other.test', 'böb@other.test'],
  ['a@b@other.test', null],
  ['', null],
  ['@other.test', null],
  ['alice smith', null],
  ['alice@', null],
  ['alice@two words', null],
  ['alice@-dash', null],
  ['alice:secret@other.test', null],
  ['alice%zz', null],
  ['ali\ud83dce', null],
  ['<img src=x>', null],
])('%j is read as %j', (typed, expected) => {
  const address = parseAddress(typed, DOMAIN);
  expect(address && addressText(address)).toBe(expected);
});

test('a user name is escaped in the URI as far as it must be (RFC 3261 §25.1)', () => {
  expect(addressToUri({ user: 'a&b=c+d$e,f;g?h/i', domain: DOMAIN })).toBe('sip:a&b=c+d$e,f;g?h/i@example.test');
  expect(addressToUri({ user: 'böb smith%', domain: DOMAIN })).toBe('sip:b%C3%B6b%20smith%25@example.test');
});

test('people of our own domain are called by their user name', () => {
  expect(addressLabel({ user: 'bob', domain: DOMAIN }, DOMAIN)).toBe('bob');
  expect(addressLabel({ user: 'bob', domain: 'other.test' }, DOMAIN)).toBe('bob@other.test');
});
