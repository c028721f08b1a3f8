// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { MailboxModel } from '../src/model/mailbox';
import type { MailboxState } from '../src/model/ports';
import { FakeLink } from './fake_ports';

function state(fresh: number, account = ''): MailboxState {
  const counts = [{ kind: 'voice', fresh, old: 1 }, { kind: 'fax', fresh: 0, old: 0 }] as const;
  return { isWaiting: fresh > 0, account, counts };
}

test('what is told is known; after a cut it may be old', () => {
  const link = new FakeLink();
  const mailbox = new MailboxModel(link, 'example.org', '');
  expect([mailbox.state.value, mailbox.isLive.value, mailbox.number.value]).toEqual([null, false, '']);
  link.mailbox.tell(state(2, 'sip:*97@example.org'));
  expect([mailbox.state.value, mailbox.isLive.value, mailbox.number.value]).toEqual(
    [state(2, 'sip:*97@example.org'), true, '*97']);
  link.cut();
  expect([mailbox.state.value?.isWaiting, mailbox.isLive.value]).toEqual([true, false]);
  mailbox.end();
  expect(link.mailbox.isEnded).toBe(true);
});

test.each([
  ['tel:+49-30-123;phone-context=x', '+49-30-123'], ['TEL:123', '123'], ['sip:*97@Example.org;user=phone', '*97'],
  ['<sip:vm%2B1@example.org>', 'vm+1'], ['sip:voicemail@pbx.test:5070', 'voicemail@pbx.test:5070'],
  ['http://evil.test/', ''], ['javascript:alert(1)', ''], ['', ''],
])('the account %s is called as %j', (account, number) => {
  const link = new FakeLink();
  const mailbox = new MailboxModel(link, 'example.org', '');
  link.mailbox.tell(state(1, account));
  expect(mailbox.number.value).toBe(number);
});

test.each([['https://vm.example.org/', 'https://vm.example.org/'], ['javascript:alert(1)', ''], ['', '']])(
  'the voicemail system %j is linked as %j', (url, shown) => {
    expect(new MailboxModel(new FakeLink(), 'example.org', url).url).toBe(shown);
  });

test('told of is what comes, also over a cut, and not what was there', () => {
  const link = new FakeLink();
  const arrived: number[] = [];
  new MailboxModel(link, 'example.org', '').onArrival((fresh) => arrived.push(fresh));
  link.mailbox.tell(state(2));
  link.mailbox.tell(state(3));
  link.mailbox.tell(state(1));
  link.cut();
  link.mailbox.tell(state(4));
  expect(arrived).toEqual([3, 4]);
});
