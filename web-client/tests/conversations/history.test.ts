// What is read of the server's history, when, and how live messages and rows become one.
// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PortError } from '../../src/model/ports';
import { alice, bob, carol, endAll, FakeHistory, openPage, openWith, pass, shownTexts } from './fakes';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 2) });
});
afterEach(() => {
  endAll();
  vi.useRealTimers();
});

const noConnection = new PortError({ kind: 'no-connection', detail: '' });

function asked(history: FakeHistory, what: string): string[] {
  return history.asked.filter((one) => one.startsWith(what));
}

test('the list tells who was spoken with, what was said last, and what is unread', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  history.add({ text: 'two' });
  history.add({ peer: 'carol@example.test', direction: 'sent', text: 'three' });
  const { conversations } = await openPage({ history });
  expect(conversations.isLoaded.value).toBe(true);
  expect(conversations.list.value.map(({ address, unread, last }) => [address.user, unread.value, last.value?.text]))
    .toEqual([['carol', 0, 'three'], ['bob', 2, 'two']]);
  expect(conversations.unread.value).toBe(2);
  expect(asked(history, 'messages')).toEqual([]);
});

test('a list that cannot be read is tried again, and at once when there is a connection', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  history.fails = noConnection;
  const { conversations, link } = await openPage({ history });
  expect(conversations.loadProblem.value).toEqual({ kind: 'no-connection', detail: '' });
  expect(conversations.isLoaded.value).toBe(false);
  await pass(10_000);
  const attempts = history.asked.length;
  expect(attempts).toBeGreaterThan(2);
  expect(attempts).toBeLessThan(7);
  history.fails = null;
  link.goOffline();
  link.goOnline();
  await pass();
  expect(conversations.loadProblem.value).toBeNull();
  expect(conversations.list.value).toHaveLength(1);
});

test('the end of a conversation is read when it is opened, and further back page by page', async () => {
  const history = new FakeHistory();
  history.fill(120);
  history.readAll();
  const world = await openPage({ history });
  const conversation = await openWith(world);
  expect(shownTexts(conversation)).toEqual(Array.from({ length: 50 }, (_, index) => `old ${index + 71}`));
  expect(conversation.reachesStart.value).toBe(false);
  await Promise.all([conversation.loadOlder(), conversation.loadOlder()]);
  expect(shownTexts(conversation)).toHaveLength(100);
  await conversation.loadOlder();
  expect(shownTexts(conversation)).toEqual(Array.from({ length: 120 }, (_, index) => `old ${index + 1}`));
  expect(conversation.reachesStart.value).toBe(true);
  await conversation.loadOlder();
  expect(asked(history, 'messages')).toHaveLength(3);
});

test('pages full of receipts are read over', async () => {
  const history = new FakeHistory();
  history.fill(30);
  history.fill(130, { kind: 'receipt', receipt: { of: 'x', status: 'delivered' } });
  const conversation = await openWith(await openPage({ history }));
  expect(shownTexts(conversation)).toHaveLength(30);
});

test('a page that cannot be read is told, and read when it is asked for again', async () => {
  const history = new FakeHistory();
  history.fill(80);
  history.readAll();
  const conversation = await openWith(await openPage({ history }));
  history.fails = noConnection;
  await conversation.loadOlder();
  expect(conversation.loadProblem.value?.kind).toBe('no-connection');
  expect(conversation.isLoading.value).toBe(false);
  history.fails = null;
  await conversation.loadOlder();
  expect(conversation.loadProblem.value).toBeNull();
  expect(shownTexts(conversation)).toHaveLength(80);
});

test('a conversation that cannot be read when it is opened comes by itself', async () => {
  const history = new FakeHistory();
  history.fill(3);
  const world = await openPage({ history });
  history.fails = noConnection;
  const conversation = await openWith(world);
  expect(conversation.loadProblem.value?.kind).toBe('no-connection');
  history.fails = null;
  await pass(5_000);
  expect(shownTexts(conversation)).toHaveLength(3);
});

test('a message live and its row are one message, at the place of the row', async () => {
  const history = new FakeHistory();
  history.add({ text: 'before' });
  const world = await openPage({ history });
  world.link.tell(100, 101);
  const conversation = await openWith(world);
  world.link.arrive({ callId: 'second', body: 'second' });
  world.link.arrive({ callId: 'third', body: 'third' });
  expect(shownTexts(conversation)).toEqual(['before', 'second', 'third']);
  const keys = conversation.messages.value.map(({ key }) => key);
  history.add({ direction: 'sent', text: 'from my phone' });
  history.add({ callId: 'second', text: 'second' });
  history.add({ callId: 'third', text: 'third' });
  world.link.tell(101, 110, { 'bob@example.test': 110 });
  await pass();
  expect(shownTexts(conversation)).toEqual(['before', 'from my phone', 'second', 'third']);
  expect(conversation.messages.value.map(({ key }) => key)).toEqual([keys[0], expect.anything(), keys[1], keys[2]]);
  expect(conversation.messages.value.every(({ id }) => id !== '')).toBe(true);
});

test('the same message twice is shown once, live or stored', async () => {
  const history = new FakeHistory();
  history.add({ callId: 'known', text: 'known' });
  const world = await openPage({ history });
  const conversation = await openWith(world);
  for (const callId of ['known', 'fresh', 'fresh']) expect(world.link.arrive({ callId, body: callId })).toBe(true);
  expect(shownTexts(conversation)).toEqual(['known', 'fresh']);
});

test('what came live before the conversation is opened stands where the history has it', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history });
  world.link.arrive({ callId: 'early', body: 'early', at: new Date(Date.UTC(2026, 0, 1)) });
  history.add({ callId: 'early', text: 'early', at: new Date(Date.UTC(2026, 0, 1)) });
  history.fill(60);
  world.link.arrive({ callId: 'late', body: 'late' });
  expect(world.conversations.list.value[0]?.last.value?.text).toBe('late');
  const conversation = await openWith(world);
  expect(shownTexts(conversation)).toEqual([...Array.from({ length: 50 }, (_, index) => `old ${index + 11}`), 'late']);
  await conversation.loadOlder();
  expect(shownTexts(conversation).slice(0, 2)).toEqual(['early', 'old 1']);
});

test('after the first word of the server only what has changed is asked for', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  history.add({ peer: 'carol@example.test', text: 'two' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await pass();
  expect(asked(history, 'list')).toHaveLength(2); // what the first one did not see
  history.add({ peer: 'carol@example.test', direction: 'sent', text: 'three' });
  history.add({ peer: 'dave@example.test', text: 'four' });
  world.link.tell(500, 510, { 'carol@example.test': 505, 'dave@example.test': 510, 'bob@example.test': 499 });
  await pass();
  expect(asked(history, 'list')).toHaveLength(2);
  expect(asked(history, 'conversation')).toEqual(['conversation carol@example.test', 'conversation dave@example.test']);
  expect(world.conversations.list.value.map(({ last }) => last.value?.text)).toEqual(['four', 'three', 'one']);
  world.link.tell(505, 510, { 'dave@example.test': 510 });
  await pass();
  expect(asked(history, 'conversation')).toHaveLength(2);
});

test.each([
  ['more has changed than the server remembers', 600, 610],
  ['the numbers went back', 10, 20],
])('%s: the list and the ends of what is loaded are read again', async (_why, since, until) => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  history.add({ text: 'two' });
  history.add({ peer: 'carol@example.test', text: 'three' });
  world.link.tell(since, until);
  await pass();
  expect(shownTexts(conversation)).toEqual(['one', 'two']);
  expect(world.conversations.list.value.map(({ last }) => last.value?.text)).toEqual(['three', 'two']);
});

test('a conversation of which nothing is kept any more leaves the list', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  history.rows.length = 0;
  world.link.tell(500, 500);
  await pass();
  expect(world.conversations.list.value).toEqual([]);
  expect(world.conversations.unread.value).toBe(0);
});

test('of what somebody looks at, only messages are asked for', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  await pass(2_000);
  const before = history.asked.length;
  history.add({ direction: 'sent', text: 'two' });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  expect(history.asked.slice(before)).toEqual([expect.stringMatching(/^messages/)]);
  expect(conversation.last.value?.text).toBe('two');
});

test('a change that could not be read is read later, however often it fails', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  history.fails = noConnection;
  history.add({ text: 'two' });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass(20_000);
  history.add({ text: 'three' });
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass(5_000);
  expect(shownTexts(conversation)).toEqual(['one']);
  history.fails = null;
  await pass(60_000);
  expect(shownTexts(conversation)).toEqual(['one', 'two', 'three']);
});

test('a burst of changes of one conversation costs one request at a time', async () => {
  const history = new FakeHistory();
  history.add({ text: 'one' });
  const world = await openPage({ history });
  world.link.tell(500, 500);
  await pass();
  for (let at = 501; at <= 540; at += 1) world.link.tell(500, at, { 'bob@example.test': at });
  await pass();
  expect(asked(history, 'conversation')).toHaveLength(2);
});

test('a row that was committed late, with a smaller number than its neighbours, is not missed', async () => {
  const history = new FakeHistory();
  history.fill(30);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  history.add({ id: '140', text: 'newest' });
  world.link.tell(500, 501, { 'bob@example.test': 501 });
  await pass();
  history.add({ id: '139', text: 'late' });
  world.link.tell(500, 502, { 'bob@example.test': 502 });
  await pass();
  expect(shownTexts(conversation).slice(-3)).toEqual(['old 30', 'late', 'newest']);
});

test('after a long absence the window begins again at its end, without a gap', async () => {
  const history = new FakeHistory();
  history.fill(60);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  await conversation.loadOlder();
  history.fill(700, { text: 'meanwhile' });
  world.link.tell(900, 900);
  await pass();
  expect(shownTexts(conversation)).toEqual(Array(50).fill('meanwhile'));
  expect(conversation.reachesStart.value).toBe(false);
  for (let pages = 0; pages < 20; pages += 1) await conversation.loadOlder();
  expect(shownTexts(conversation)).toHaveLength(760);
  expect(shownTexts(conversation)[0]).toBe('old 1');
});

test('what is of moderate length since is read to its end', async () => {
  const history = new FakeHistory();
  history.fill(10);
  const world = await openPage({ history });
  world.link.tell(500, 500);
  const conversation = await openWith(world);
  history.fill(250);
  world.link.tell(900, 900);
  await pass();
  expect(shownTexts(conversation)).toHaveLength(260);
});

test('10,000 messages: each page is read, merged and shown once', async () => {
  const history = new FakeHistory();
  history.fill(10_000);
  history.readAll();
  const conversation = await openWith(await openPage({ history }));
  let published = 0;
  const stop = conversation.messages.subscribe(() => (published += 1));
  while (!conversation.reachesStart.value) await conversation.loadOlder();
  stop();
  expect(shownTexts(conversation)).toEqual(history.rows.map(({ text }) => text));
  expect(asked(history, 'messages')).toHaveLength(200);
  expect(published).toBeLessThanOrEqual(200);
});

test('a search hit far back is loaded with all that lies between', async () => {
  const history = new FakeHistory();
  history.fill(900);
  const world = await openPage({ history });
  const found = await world.conversations.search('old 17', null);
  if ('kind' in found) throw new Error(found.kind);
  const hit = found.hits.find(({ message }) => message.text === 'old 17')!;
  expect(hit.address).toEqual(bob);
  const conversation = await openWith(world, hit.address);
  const key = await conversation.loadUntil(hit.message.id);
  const messages = conversation.messages.value;
  expect(messages.find((message) => message.key === key)?.text).toBe('old 17');
  expect(messages.map(({ text }) => text)).toEqual(history.rows.slice(-messages.length).map(({ text }) => text));
  expect(await conversation.loadUntil('5')).toBe('');
});

test('a search within a conversation asks for it alone; one that fails says why', async () => {
  const history = new FakeHistory();
  history.add({ text: 'lamp' });
  history.add({ peer: 'carol@example.test', text: 'lamp' });
  const world = await openPage({ history });
  const conversation = await openWith(world, carol);
  expect(await world.conversations.search(' lamp ', conversation))
    .toMatchObject({ hits: [{ address: carol }], hasMore: false });
  expect(await world.conversations.search('  ', null)).toEqual({ hits: [], hasMore: false });
  history.fails = noConnection;
  expect(await world.conversations.search('lamp', null)).toEqual({ kind: 'no-connection', detail: '' });
});

test('rows that are no text are shown as unreadable, those of typing not at all', async () => {
  const history = new FakeHistory();
  history.add({ kind: 'other', contentType: 'image/png' });
  history.add({ kind: 'other', contentType: 'application/im-iscomposing+xml' });
  const conversation = await openWith(await openPage({ history }));
  expect(conversation.messages.value).toMatchObject([{ isUnreadable: true, contentType: 'image/png', text: '' }]);
});

test('where the server keeps no history, there is what the page has seen', async () => {
  const history = new FakeHistory();
  const world = await openPage({ history, keepsHistory: false });
  expect(world.conversations.isLoaded.value).toBe(true);
  world.link.arrive({ callId: 'a', body: 'one' });
  world.link.arrive({ callId: 'b', body: 'two' });
  expect(world.conversations.unread.value).toBe(2);
  const conversation = await openWith(world);
  conversation.send('three');
  await pass(5_000);
  expect(shownTexts(conversation)).toEqual(['one', 'two', 'three']);
  expect(conversation.reachesStart.value).toBe(true);
  expect(history.asked).toEqual([]);
});

test('who is no address is not talked to; a new conversation is there while it is open', async () => {
  const { conversations } = await openPage();
  expect(conversations.open('b o b')).toEqual({ kind: 'no-address', detail: '' });
  expect(conversations.open('bob')).toBeNull();
  expect(conversations.current.value?.address).toEqual(bob);
  expect(conversations.list.value).toHaveLength(1);
  conversations.open(alice);
  expect(conversations.list.value.map(({ address }) => address.user)).toEqual(['alice']);
  conversations.close();
  expect(conversations.current.value).toBeNull();
  expect(conversations.list.value).toEqual([]);
});
