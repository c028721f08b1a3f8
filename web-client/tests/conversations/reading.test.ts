// What comes in, what of it is unread, and what others are told of that. SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writeCpim, type CpimMessage } from '../../src/sip/bodies/cpim';
import { readImdn, writeImdn } from '../../src/sip/bodies/imdn';
import { readIsComposing, writeIsComposing } from '../../src/sip/bodies/is_composing';
import { PortError } from '../../src/model/ports';
import {
  alice, bob, carol, endAll, FakeHistory, firstUnread, openPage, openWith, pass, shownTexts, stateOf, type World,
} from './fakes';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
});
afterEach(() => {
  endAll();
  vi.useRealTimers();
});

const BOTH: CpimMessage['wants'] = ['positive-delivery', 'display'];

function cpim(body: string, more: Partial<CpimMessage> = {}): { contentType: string; body: string } {
  return {
    contentType: 'message/cpim',
    body: writeCpim({
      from: 'sip:bob@example.test', to: 'sip:alice@example.test', at: null, messageId: '', wants: [],
      contentType: 'text/plain', isNotification: false, body, ...more,
    }),
  };
}

function receiptsOf(world: World): string[] {
  return world.link.sentOf('message/imdn+xml').map(({ body }) => {
    const receipt = readImdn(body)!;
    return `${receipt.status} ${receipt.of}`;
  });
}

// ---- bodies

test.each([
  [{ contentType: 'text/plain', body: 'hi' }, 'hi'],
  [{ contentType: 'text/plain;charset=UTF-8', body: 'grüße' }, 'grüße'],
  [cpim('wrapped'), 'wrapped'],
])('a text is shown, plain or in CPIM', async (message, text) => {
  const world = await openPage();
  expect(world.link.arrive({ callId: 'a', ...message })).toBe(true);
  expect(shownTexts(await openWith(world))).toEqual([text]);
});

test.each([
  { contentType: 'image/png', body: '…' },
  { contentType: 'message/cpim', body: 'no CPIM' },
  { contentType: 'message/imdn+xml', body: '<no' },
  cpim('<b>', { contentType: 'text/html' }),
])('what nothing can be made of is left to the sender to know of (%#)', async (message) => {
  const world = await openPage();
  expect(world.link.arrive({ callId: 'a', ...message })).toBe(false);
  expect(world.conversations.list.value).toEqual([]);
});

test.each([
  ['bare', (body: string) => ({ contentType: 'message/imdn+xml', body })],
  ['in CPIM', (body: string) => cpim(body, { contentType: 'message/imdn+xml', isNotification: true })],
])('a receipt, %s, changes the state of what it is about', async (_how, wrap) => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'kept' };
  conversation.send('hello');
  await pass();
  const of = /imdn\.Message-ID: (\S+)/.exec(world.link.sent[0]!.body)![1]!;
  const told = (status: 'delivered' | 'displayed' | 'failed', callId: string): boolean =>
    world.link.arrive({ callId, ...wrap(writeImdn({ of, at: null, recipient: '', status })) });
  expect(told('failed', 'a')).toBe(true);
  expect(stateOf(conversation, 'hello')).toBe('kept');
  expect(told('displayed', 'b')).toBe(true);
  expect(stateOf(conversation, 'hello')).toBe('displayed');
  expect(told('delivered', 'c')).toBe(true);
  expect(stateOf(conversation, 'hello')).toBe('displayed');
  expect(world.link.sent).toHaveLength(1);
});

// ---- unread

test('what comes while nobody looks is unread; what comes while somebody does is not', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.arrive({ callId: 'a', body: 'seen' });
  expect(conversation.unread.value).toBe(0);
  world.conversations.isSeen.value = false;
  world.link.arrive({ callId: 'b', body: 'not seen' });
  world.link.arrive({ callId: 'c', body: 'neither' });
  world.link.arrive({ callId: 'd', body: 'elsewhere', from: carol });
  expect(conversation.unread.value).toBe(2);
  expect(world.conversations.unread.value).toBe(3);
  expect(firstUnread(conversation)).toBe('not seen');
  world.conversations.isSeen.value = true;
  expect(world.conversations.unread.value).toBe(1);
  expect(firstUnread(conversation)).toBe('not seen');
});

test('the mark moves to what was seen, several at once, and only forward', async () => {
  const history = new FakeHistory();
  history.fill(3);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world, bob, false);
  await pass(1_000);
  expect(history.readIds.size).toBe(0);
  world.conversations.isSeen.value = true;
  expect(conversation.unread.value).toBe(0);
  await pass(1_000);
  expect(history.readIds.get('bob@example.test')).toBe('103');
  for (const callId of ['x', 'y', 'z']) {
    world.link.arrive({ callId, body: callId });
    history.add({ callId, text: callId });
  }
  world.link.tell(500, 510, { 'bob@example.test': 510 });
  await pass(2_000);
  expect(history.asked.filter((one) => one.startsWith('read')))
    .toEqual(['read bob@example.test 103', 'read bob@example.test 106']);
  expect(world.conversations.unread.value).toBe(0);
});

test('who has read before is not told again because the mark comes late', async () => {
  const history = new FakeHistory();
  for (const text of ['old', 'older']) history.add({ text, messageId: text, wants: ['display'] });
  history.readAll();
  history.add({ text: 'new', messageId: 'new', wants: ['display'] });
  const late = new Promise<void>((resolve) => setTimeout(resolve, 5_000));
  const { conversations, conversation } = history.api;
  Object.assign(history.api, {
    conversations: () => late.then(conversations), conversation: (peer: string) => late.then(() => conversation(peer)),
  });
  const world = await openPage({ history });
  await openWith(world);
  await pass(4_000);
  expect(receiptsOf(world)).toEqual([]);
  await pass(2_000);
  expect(receiptsOf(world)).toEqual(['displayed new']);
  expect(history.readIds.get('bob@example.test')).toBe('103');
});

test('a mark that could not be told is told later, the newest one', async () => {
  const history = new FakeHistory();
  history.fill(3);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await openWith(world);
  history.fails = new PortError({ kind: 'no-connection', detail: '' });
  await pass(5_000);
  history.fails = null;
  history.add({ text: 'four' });
  world.link.tell(500, 510, { 'bob@example.test': 510 });
  await pass(10_000);
  expect(history.readIds.get('bob@example.test')).toBe('104');
});

test('what is read or answered on another device is not unread here any more', async () => {
  const history = new FakeHistory();
  history.fill(3);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await pass();
  expect(world.conversations.unread.value).toBe(3);
  history.readIds.set('bob@example.test', '102');
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  expect(world.conversations.unread.value).toBe(1);
  history.add({ direction: 'sent', text: 'answer' });
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  expect(world.conversations.unread.value).toBe(0);
});

test('what is counted here and by the server is counted once', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await pass();
  history.add({ callId: 'x', text: 'two' });
  world.link.tell(500, 501, { 'bob@example.test': 501 }); // before the MESSAGE
  await pass();
  expect(world.conversations.unread.value).toBe(2);
  world.link.arrive({ callId: 'x', body: 'two' });
  expect(world.conversations.unread.value).toBe(2);
  history.add({ callId: 'y', text: 'three' });
  world.link.arrive({ callId: 'y', body: 'three' }); // and after it
  expect(world.conversations.unread.value).toBe(3);
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  expect(world.conversations.unread.value).toBe(3);
});

test('a count that went wrong is put right without another word of the server', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  history.add({ callId: 'x', text: 'one' });
  history.add({ callId: 'y', text: 'two' });
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  world.link.arrive({ callId: 'x', body: 'one' });
  await pass(5_000);
  expect(world.conversations.unread.value).toBe(2);
});

test.each([
  [3, 10, 'new 1'],
  [60, 10, 'new 1'], // more than a page
  [3, 0, 'new 1'],
])('"new messages" stands above the first of %d', async (fresh, old, expected) => {
  const history = new FakeHistory();
  for (let number = 1; number <= old; number += 1) history.add({ text: `old ${number}` });
  if (old > 0) history.readAll();
  for (let number = 1; number <= fresh; number += 1) history.add({ text: `new ${number}` });
  const world = await openPage({ history });
  const conversation = await openWith(world);
  expect(firstUnread(conversation)).toBe(expected);
  await pass(2_000);
  expect(firstUnread(conversation)).toBe(expected); // although it is read by now
  conversation.send('answer');
  expect(conversation.firstUnreadKey.value).toBe('');
});

test('opened again, there is nothing new any more', async () => {
  const history = new FakeHistory();
  history.fill(2);
  const world = await openPage({ history });
  await openWith(world);
  await openWith(world, carol);
  const conversation = await openWith(world);
  expect(conversation.firstUnreadKey.value).toBe('');
  expect(conversation.unread.value).toBe(0);
});

// ---- receipts

test('what comes while the person reads further up is read when the end is in sight again', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  conversation.isAtEnd.value = false;
  world.link.arrive({ callId: 'a', ...cpim('hello', { messageId: 'm1', wants: BOTH }) });
  history.add({ callId: 'a', text: 'hello', messageId: 'm1', wants: ['delivery', 'display'] });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass(2_000);
  expect(receiptsOf(world)).toEqual(['delivered m1']);
  expect(conversation.unread.value).toBe(1);
  conversation.isAtEnd.value = true;
  await pass(2_000);
  expect(receiptsOf(world)).toEqual(['delivered m1', 'displayed m1']);
  expect(conversation.unread.value).toBe(0);
});

test('one who asks is told that a message has reached us, once, and that it was seen', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const asked = { callId: 'a', ...cpim('hello', { messageId: 'm1', wants: BOTH }) };
  world.link.arrive(asked);
  world.link.arrive(asked);
  history.add({ callId: 'a', text: 'hello', messageId: 'm1', wants: ['delivery', 'display'] });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass(2_000);
  expect(receiptsOf(world)).toEqual(['delivered m1']);
  await openWith(world);
  await pass(2_000);
  expect(receiptsOf(world)).toEqual(['delivered m1', 'displayed m1']);
  const receipt = world.link.sentOf('message/imdn+xml')[0]!.message;
  expect(receipt).toMatchObject({
    to: bob, contentType: 'message/cpim', headers: [expect.stringMatching(/^Expires: \d+$/)] });
  expect(receipt.body).toContain('Content-Disposition: notification');
  expect(receipt.body).not.toContain('Disposition-Notification');
});

test('who does not ask is told nothing; who wants not to tell does not', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await openWith(world);
  world.tellsRead.value = false;
  world.link.arrive({ callId: 'a', body: 'plain' });
  world.link.arrive({ callId: 'b', ...cpim('in CPIM', { messageId: 'm1' }) });
  world.link.arrive({ callId: 'c', ...cpim('asks', { messageId: 'm2', wants: ['display'] }) });
  world.link.arrive({ callId: 'd', ...cpim('without a name', { wants: BOTH }) });
  history.add({ callId: 'c', messageId: 'm2', wants: ['display'] });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass(5_000);
  expect(receiptsOf(world)).toEqual([]);
});

test('messages that were read after a reload are told of, those read before are not', async () => {
  const history = new FakeHistory();
  history.add({ messageId: 'm1', wants: ['display'] });
  history.readAll();
  history.add({ messageId: 'm2', wants: ['delivery', 'display'] });
  history.add({ messageId: 'm3', wants: ['delivery'] });
  const first = await openPage({ history });
  await openWith(first);
  await pass(2_000);
  expect(receiptsOf(first)).toEqual(['displayed m2']);
  first.conversations.end();
  const second = await openPage({ history });
  await openWith(second);
  await pass(2_000);
  expect(receiptsOf(second)).toEqual([]);
});

test('receipts wait for a connection, and are repeated under their names after a cut', async () => {
  const world = await openPage();
  world.link.outcome = null;
  world.link.arrive({ callId: 'a', ...cpim('one', { messageId: 'm1', wants: ['positive-delivery'] }) });
  world.link.arrive({ callId: 'b', ...cpim('two', { messageId: 'm2', wants: ['positive-delivery'] }) });
  await pass();
  world.link.goOffline();
  await pass(5_000);
  expect(world.link.sent).toHaveLength(1);
  world.link.outcome = { kind: 'refused', problem: { kind: 'not-taken', detail: '' } };
  world.link.goOnline();
  await pass(5_000);
  expect(receiptsOf(world)).toEqual(['delivered m1', 'delivered m1', 'delivered m2']);
  expect(world.link.sent[1]).toEqual(world.link.sent[0]);
});

test('without a history a message that is seen is told of at once', async () => {
  const world = await openPage({ keepsHistory: false });
  world.link.arrive({ callId: 'a', ...cpim('one', { messageId: 'm1', wants: ['display'] }) });
  await openWith(world);
  world.link.arrive({ callId: 'b', ...cpim('two', { messageId: 'm2', wants: ['display'] }) });
  await pass(1_000);
  expect(receiptsOf(world)).toEqual(['displayed m1', 'displayed m2']);
});

test('nobody gets receipts from himself', async () => {
  const world = await openPage();
  world.link.arrive({ from: alice, callId: 'a', ...cpim('note', { messageId: 'm1', wants: BOTH }) });
  await openWith(world, alice);
  await pass(2_000);
  expect(world.link.sent).toEqual([]);
});

// ---- typing

function typing(world: World): boolean[] {
  return world.link.sentOf('application/im-iscomposing+xml').map(({ body }) => readIsComposing(body)!.isActive);
}

test('the other one hears that somebody types, seldom, and that he stopped', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  conversation.draft.value = 'h';
  for (let second = 0; second < 100; second += 1) {
    conversation.typed();
    await pass(1_000);
  }
  expect(typing(world)).toEqual([true, true]);
  expect(world.link.sent[0]).toMatchObject({
    to: bob, contentType: 'application/im-iscomposing+xml', headers: ['Expires: 0'] });
  await pass(20_000);
  expect(typing(world)).toEqual([true, true, false]);
  conversation.typed();
  conversation.draft.value = '';
  conversation.typed();
  await pass();
  expect(typing(world)).toEqual([true, true, false, true, false]);
});

test('a message ends the typing by itself, leaving the conversation says so', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  conversation.draft.value = 'hello';
  conversation.typed();
  conversation.send('hello');
  await pass(60_000);
  expect(typing(world)).toEqual([true]);
  conversation.draft.value = 'more';
  conversation.typed();
  world.conversations.close();
  await pass(60_000);
  expect(typing(world)).toEqual([true, true, false]);
});

test('who does not take it, oneself, and a server that is away are not told', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  conversation.draft.value = 'h';
  world.link.outcome = { kind: 'refused', problem: { kind: 'not-taken', detail: '' } };
  conversation.typed();
  await pass(120_000);
  conversation.typed();
  await pass(120_000);
  expect(typing(world)).toEqual([true]);
  const toOneself = await openWith(world, alice);
  toOneself.draft.value = 'h';
  toOneself.typed();
  const toCarol = await openWith(world, carol);
  toCarol.draft.value = 'h';
  world.link.goOffline();
  toCarol.typed();
  await pass(1_000);
  expect(typing(world)).toEqual([true]);
});

test('the other one types until he says otherwise, writes, or is silent for too long', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  const hear = (isActive: boolean, callId: string): boolean => world.link.arrive({
    callId, contentType: 'application/im-iscomposing+xml', body: writeIsComposing({ isActive, refreshS: 60 }),
  });
  expect(hear(true, 'a')).toBe(true);
  expect(conversation.isTyping.value).toBe(true);
  hear(false, 'b');
  expect(conversation.isTyping.value).toBe(false);
  hear(true, 'c');
  world.link.arrive({ callId: 'd', body: 'written' });
  expect(conversation.isTyping.value).toBe(false);
  hear(true, 'e');
  await pass(50_000);
  hear(true, 'f');
  await pass(50_000);
  expect(conversation.isTyping.value).toBe(true);
  await pass(20_000);
  expect(conversation.isTyping.value).toBe(false);
  const broken = { from: carol, callId: 'g', contentType: 'application/im-iscomposing+xml', body: 'no XML' };
  expect(world.link.arrive(broken)).toBe(false);
});

// ---- arrivals

test('what arrives unread is told of, what is seen or was sent before the page was there is not', async () => {
  const history = new FakeHistory();
  history.add({ callId: 'owed', text: 'owed', at: new Date(Date.UTC(2026, 0, 1, 23, 59)) });
  const world = await openPage({ history });
  world.link.arrive({ callId: 'owed', body: 'owed', at: new Date(Date.UTC(2026, 0, 1, 23, 59)) });
  world.link.arrive({ callId: 'a', body: 'new' });
  await pass(1_000);
  await openWith(world);
  world.link.arrive({ callId: 'b', body: 'seen' });
  world.link.arrive({ callId: 'c', body: 'elsewhere', from: carol });
  await pass(1_000);
  expect(world.arrived).toEqual(['new', 'elsewhere']);
});

test('what the history told first is news all the same, once', async () => {
  const history = new FakeHistory();
  history.add({ text: 'old' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await pass();
  const fresh = { callId: 'x', at: new Date(Date.UTC(2026, 0, 2, 1)) };
  history.add({ ...fresh, text: 'fresh' });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  world.link.arrive({ ...fresh, body: 'fresh' });
  world.link.arrive({ ...fresh, body: 'fresh' });
  await pass(2_000);
  expect(world.arrived).toEqual(['fresh']);
  expect(world.conversations.unread.value).toBe(2);
});

test('a clock that is behind hides no news for long', async () => {
  const history = new FakeHistory();
  history.add({ text: 'old', at: new Date(Date.UTC(2026, 0, 2, 1)) });
  const world = await openPage({ history });
  await pass(120_000);
  world.link.arrive({ callId: 'x', body: 'fresh' });
  await pass(2_000);
  expect(world.arrived).toEqual(['fresh']);
});

test('what comes before the history is known is judged when it is', async () => {
  const history = new FakeHistory();
  history.fails = new PortError({ kind: 'no-connection', detail: '' });
  const world = await openPage({ history });
  world.link.arrive({ callId: 'a', body: 'new' });
  await pass(1_000);
  expect(world.arrived).toEqual(['new']);
});
