// Messages on their way out: in order, through cuts and reloads, none lost, none twice.
// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createMemoryKeep } from '../../src/keep/keep';
import { readCpim } from '../../src/sip/bodies/cpim';
import { alice, bob, endAll, FakeHistory, FakeLink, openPage, openWith, pass, shownTexts, stateOf } from './fakes';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
});
afterEach(() => {
  endAll();
  vi.useRealTimers();
});

test('a text goes out as CPIM that asks for receipts; the field is empty then', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  conversation.draft.value = 'grüße\nto you';
  expect(conversation.send('grüße\nto you')).toBeNull();
  expect(conversation.draft.value).toBe('');
  await pass();
  const [message] = world.link.sent;
  expect(message).toMatchObject({ to: bob, contentType: 'message/cpim', callId: 'call1' });
  expect(readCpim(message!.body)).toMatchObject({
    from: 'sip:alice@example.test', to: 'sip:bob@example.test', body: 'grüße\nto you', isNotification: false,
    messageId: expect.stringMatching(/^\w{16,}$/), wants: ['positive-delivery', 'display'],
  });
  expect(readCpim(message!.body)?.contentType).toMatch(/^text\/plain/);
});

test('half a character, which nothing on the wire can hold, does not keep a text from being sent', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  conversation.send('cut \ud83d off \ud83d\ude00');
  await pass();
  expect(shownTexts(conversation)).toEqual(['cut \ufffd off \ud83d\ude00']);
  expect(world.link.sent[0]!.body).toContain('cut \ufffd off \ud83d\ude00');
});

test('blank texts are not sent', async () => {
  const world = await openPage();
  expect((await openWith(world)).send(' \n ')).toBeNull();
  await pass();
  expect(world.link.sent).toEqual([]);
});

test.each(['delivered', 'kept'] as const)('what the server answers is shown: %s', async (kind) => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = null;
  conversation.send('hello');
  await pass();
  expect(stateOf(conversation, 'hello')).toBe('sending');
  expect(await world.keep.unsent()).toHaveLength(1);
  world.link.answer({ kind });
  await pass();
  expect(stateOf(conversation, 'hello')).toBe(kind);
  expect(await world.keep.unsent()).toEqual([]);
});

test('a text that does not fit into a message is not taken, and nothing is sent or lost', async () => {
  const world = await openPage({ messageBytes: 1000 });
  const conversation = await openWith(world);
  conversation.draft.value = 'ü'.repeat(400);
  expect(conversation.send('ü'.repeat(400))).toEqual({ kind: 'too-long', detail: '' });
  expect(conversation.draft.value).toHaveLength(400);
  expect(conversation.messages.value).toEqual([]);
  expect(conversation.send('ü'.repeat(200))).toBeNull();
  await pass();
  expect(new TextEncoder().encode(world.link.sent[0]!.body).length).toBeLessThanOrEqual(1000);
});

test('a message is kept before it goes out, and what is not kept yet holds up what is behind it', async () => {
  const keep = createMemoryKeep();
  const put = keep.putUnsent;
  let release: () => void = () => undefined;
  keep.putUnsent = (message) => message.text === 'one'
    ? new Promise((resolve) => (release = () => resolve(put(message)))) : put(message);
  const world = await openPage({ keep });
  const conversation = await openWith(world);
  conversation.send('one');
  conversation.send('two');
  await pass();
  expect(world.link.texts()).toEqual([]);
  release();
  await pass();
  expect(world.link.texts()).toEqual(['one', 'two']);
});

test('what is written without a connection waits, and goes out in order, once', async () => {
  const world = await openPage();
  world.link.goOffline();
  const conversation = await openWith(world);
  for (const text of ['one', 'two', 'three']) conversation.send(text);
  await pass(10_000);
  expect(conversation.messages.value.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
  expect(world.link.sent).toEqual([]);
  world.link.goOnline();
  await pass(10_000);
  expect(world.link.texts()).toEqual(['one', 'two', 'three']);
  expect(conversation.messages.value.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
});

test('what was cut off goes out again under the same names', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = null;
  conversation.send('cut off');
  await pass();
  world.link.goOffline();
  await pass();
  expect(stateOf(conversation, 'cut off')).toBe('waiting');
  world.link.goOnline();
  await pass();
  expect(world.link.sent).toHaveLength(2);
  expect(world.link.sent[1]).toEqual(world.link.sent[0]);
  world.link.answer({ kind: 'kept' });
  await pass(10_000);
  expect(world.link.sent).toHaveLength(2);
  expect(stateOf(conversation, 'cut off')).toBe('kept');
});

test('a cut of which the connection has not heard yet is no reason to hurry', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'cut-off' };
  conversation.send('hello');
  await pass(1_000);
  expect(world.link.sent).toHaveLength(1);
  world.link.outcome = { kind: 'delivered' };
  await pass(5_000);
  expect(stateOf(conversation, 'hello')).toBe('delivered');
});

test('after a reload the unsent are there, and are sent once, under their names', async () => {
  const first = await openPage();
  const before = await openWith(first);
  first.link.outcome = null;
  before.send('on its way');
  await pass();
  first.link.goOffline();
  before.send('waiting');
  await pass();
  first.conversations.end();
  const second = await openPage({ keep: first.keep });
  await pass();
  expect(second.conversations.list.value.map(({ address }) => address)).toEqual([bob]);
  const after = await openWith(second);
  expect(shownTexts(after)).toEqual(['on its way', 'waiting']);
  expect(second.link.texts()).toEqual(['on its way', 'waiting']);
  expect(second.link.sent[0]).toEqual(first.link.sent[0]);
  expect(await second.keep.unsent()).toEqual([]);
  second.conversations.end();
  const third = await openPage({ keep: first.keep });
  await pass(10_000);
  expect(third.link.sent).toEqual([]);
});

test('what the history has already is not sent again', async () => {
  const history = new FakeHistory();
  const first = await openPage({ history });
  first.link.goOffline();
  (await openWith(first)).send('taken');
  await pass();
  first.conversations.end();
  const { callId, cseq } = (await first.keep.unsent())[0]!;
  history.add({ direction: 'sent', text: 'taken', callId, cseq, state: 'kept' });
  const link = new FakeLink();
  link.goOffline();
  const second = await openPage({ history, keep: first.keep, link });
  const after = await openWith(second);
  expect(after.messages.value).toMatchObject([{ text: 'taken', state: 'kept', id: '101' }]);
  link.goOnline();
  await pass(10_000);
  expect(link.sent).toEqual([]);
  expect(await second.keep.unsent()).toEqual([]);
});

test('a refused message stays with its reason, also after a reload, and goes out again as a new one', async () => {
  const first = await openPage();
  first.link.outcome = { kind: 'refused', problem: { kind: 'mailbox-full', detail: 'The mailbox is full' } };
  const before = await openWith(first);
  before.send('hello');
  await pass();
  expect(before.messages.value).toMatchObject([{ state: 'failed', problem: { kind: 'mailbox-full' } }]);
  first.conversations.end();

  const link = new FakeLink();
  link.name(); // numbers of another page
  const second = await openPage({ keep: first.keep, link });
  const after = await openWith(second);
  await pass(60_000);
  expect(link.sent).toEqual([]);
  const [failed] = after.messages.value;
  expect(failed).toMatchObject({ text: 'hello', state: 'failed', problem: { kind: 'mailbox-full' } });
  after.sendAgain(failed!.key);
  await pass();
  expect(link.texts()).toEqual(['hello']);
  expect(link.sent[0]!.callId).not.toBe(first.link.sent[0]!.callId);
  expect(readCpim(link.sent[0]!.body)!.messageId).not.toBe(readCpim(first.link.sent[0]!.body)!.messageId);
  expect(after.messages.value).toMatchObject([{ key: failed!.key, state: 'delivered', problem: null }]);
  expect(await second.keep.unsent()).toEqual([]);
});

test('where the server may have taken it all the same, it goes out again under its names', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'refused', problem: { kind: 'busy', detail: '' } };
  conversation.send('hello');
  await pass();
  world.link.outcome = { kind: 'delivered' };
  conversation.sendAgain(conversation.messages.value[0]!.key);
  await pass();
  expect(world.link.sent[1]).toEqual(world.link.sent[0]);
});

test('a refused message can be thrown away, and so can one that waits; one on its way cannot', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'refused', problem: { kind: 'forbidden', detail: '' } };
  conversation.send('refused');
  await pass();
  world.link.outcome = null;
  conversation.send('on its way');
  await pass();
  for (const { key } of conversation.messages.value) conversation.discard(key);
  await pass();
  expect(shownTexts(conversation)).toEqual(['on its way']);
  world.link.goOffline();
  await pass();
  conversation.discard(conversation.messages.value[0]!.key);
  world.link.goOnline();
  await pass(10_000);
  expect(conversation.messages.value).toEqual([]);
  expect(world.link.texts()).toEqual(['refused', 'on its way']);
  expect(await world.keep.unsent()).toEqual([]);
});

test('a session that has ended refuses no message: it waits for the next login', async () => {
  const world = await openPage();
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'refused', problem: { kind: 'session-ended', detail: '' } };
  conversation.send('hello');
  await pass();
  expect(await world.keep.unsent()).toMatchObject([{ text: 'hello', isRefused: false }]);
});

test('the row of what was sent gives it its number; its state goes on, never back', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  world.link.outcome = { kind: 'kept' };
  conversation.send('hello');
  await pass();
  const { key } = conversation.messages.value[0]!;
  const { callId, cseq, body } = world.link.sent[0]!;
  const messageId = readCpim(body)!.messageId;
  const row = history.add({ direction: 'sent', text: 'hello', callId, cseq, state: 'kept', messageId });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  expect(conversation.messages.value).toMatchObject([{ key, id: row.id, state: 'kept' }]);
  history.change(row.id, { state: 'delivered' });
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  expect(stateOf(conversation, 'hello')).toBe('delivered');
  history.add({ kind: 'receipt', receipt: { of: messageId, status: 'displayed' } });
  world.link.tell(500, 503, { 'bob@example.test': 503 });
  await pass();
  expect(stateOf(conversation, 'hello')).toBe('displayed');
  history.add({ kind: 'receipt', receipt: { of: messageId, status: 'delivered' } });
  world.link.tell(500, 504, { 'bob@example.test': 504 });
  await pass();
  expect(stateOf(conversation, 'hello')).toBe('displayed');
});

test('what was kept far back is seen to be delivered when the receiver returns', async () => {
  const history = new FakeHistory();
  history.fill(5, { direction: 'sent', state: 'kept' });
  history.fill(40, { direction: 'sent', state: 'delivered' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  const states = (): (string | null)[] => conversation.messages.value.slice(0, 5).map(({ state }) => state);
  expect(states()).toEqual(Array(5).fill('kept'));
  for (const { id } of history.rows.slice(0, 5)) history.change(id, { state: 'delivered' });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  expect(states()).toEqual(Array(5).fill('delivered'));
});

test('what stays kept far back costs one row at each change', async () => {
  const history = new FakeHistory();
  history.fill(40, { direction: 'sent', state: 'kept' });
  history.fill(10, { direction: 'sent', state: 'delivered' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await openWith(world);
  history.fill(25);
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  const before = history.asked.length;
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  expect(history.asked.slice(before)).toEqual([
    expect.stringContaining('"limit":100'), expect.stringContaining('"limit":1}')]);
});

test('receipts that come before what they are about are not forgotten', async () => {
  const history = new FakeHistory();
  history.add({ direction: 'sent', text: 'first', messageId: 'm1', state: 'kept' });
  history.fill(60);
  history.readAll();
  history.add({ kind: 'receipt', receipt: { of: 'm1', status: 'displayed' } });
  const conversation = await openWith(await openPage({ history }));
  await conversation.loadOlder();
  expect(stateOf(conversation, 'first')).toBe('displayed');
});

test('a draft survives a reload, and is gone when it was sent', async () => {
  const first = await openPage();
  const before = await openWith(first);
  before.draft.value = 'h';
  before.draft.value = 'hello';
  await pass();
  expect((await first.keep.drafts()).get('bob@example.test')).toBe('h');
  await pass(1_000);
  before.draft.value = 'hello, ';
  first.conversations.end();
  const second = await openPage({ keep: first.keep });
  const after = await openWith(second);
  expect(after.draft.value).toBe('hello, ');
  after.send('hello, you');
  await pass(1_000);
  expect((await second.keep.drafts()).size).toBe(0);
});

test('what one writes to oneself is there once', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  const conversation = await openWith(world, alice);
  conversation.send('note');
  await pass();
  const { callId, cseq } = world.link.sent[0]!;
  expect(world.link.arrive({ from: alice, callId, cseq, body: 'note' })).toBe(true);
  history.add({ peer: 'alice@example.test', direction: 'sent', text: 'note', callId, cseq });
  history.add({ peer: 'alice@example.test', direction: 'sent', text: 'from my phone' });
  world.link.arrive({ from: alice, callId: 'phone', body: 'from my phone' });
  await pass(2_000);
  expect(conversation.messages.value).toMatchObject([
    { text: 'note', direction: 'sent', id: '101' }, { text: 'from my phone', direction: 'sent' }]);
  expect(world.conversations.unread.value).toBe(0);
});
