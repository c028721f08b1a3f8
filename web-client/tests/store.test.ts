// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Conversations } from '../src/model/conversations';
import { ConversationStore, type Shelf } from '../src/model/store';

const bob = { user: 'bob', domain: 'example.test' };
const NAME = 'heliograph.conversations.0.alice@example.test';

/** localStorage with room for so many characters. */
function createShelf(room = Infinity): Shelf & { items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (name) => items.get(name) ?? null,
    removeItem: (name) => void items.delete(name),
    setItem(name, value) {
      if (value.length > room) throw new DOMException('no room', 'QuotaExceededError');
      items.set(name, value);
    },
  };
}

function createStore(shelf: Shelf, account = 'alice@example.test', device = 0): ConversationStore {
  return new ConversationStore(() => shelf, account, device);
}

function receive(conversations: Conversations, text: string, from = bob): void {
  conversations.receive({ from, text, at: new Date('2026-01-02T03:04:05Z'), identity: `${from.user} ${text}` }, false);
}

function save(store: ConversationStore, conversations: Conversations): boolean {
  return store.save(conversations.list(), conversations.knownIdentities());
}

function reload(store: ConversationStore): Conversations {
  const conversations = new Conversations();
  conversations.restore(store.load());
  return conversations;
}

test('what was kept is there again: order, times, fates, what is unread', () => {
  const store = createStore(createShelf());
  const before = new Conversations();
  before.settle(before.add({ user: 'carol', domain: 'example.test' }, 'hi'), 'failed', 'Busy.');
  receive(before, '<b>hello</b>');
  expect(save(store, before)).toBe(true);
  const after = reload(store);
  expect(after.list().map((one) => [one.address.user, one.unread])).toEqual([['bob', 1], ['carol', 0]]);
  expect(after.list()[0]?.messages[0]).toMatchObject({ text: '<b>hello</b>', at: new Date('2026-01-02T03:04:05Z') });
  expect(after.list()[1]?.messages[0]).toMatchObject({ direction: 'sent', fate: 'failed', reason: 'Busy.' });
});

test('a message that comes again after a reload is known', () => {
  const store = createStore(createShelf());
  const before = new Conversations();
  receive(before, 'hello');
  save(store, before);
  const after = reload(store);
  receive(after, 'hello');
  receive(after, 'next');
  expect(after.list()[0]?.messages.map(({ text, id }) => [text, id])).toEqual([['hello', 1], ['next', 2]]);
});

test.each(['waiting', 'sending'] as const)('what was %s when the page closed has no known fate', (fate) => {
  const store = createStore(createShelf());
  const before = new Conversations();
  before.settle(before.add(bob, 'hello'), fate);
  save(store, before);
  expect(reload(store).list()[0]?.messages[0]).toMatchObject({ fate: 'unknown' });
});

test('of each conversation the last 500 messages are kept, of the conversations the last 100', () => {
  const store = createStore(createShelf());
  const before = new Conversations();
  for (let number = 0; number < 105; number += 1) receive(before, 'x', { user: `user${number}`, domain: 'example.test' });
  for (let number = 0; number < 505; number += 1) receive(before, `${number}`);
  save(store, before);
  const [first, ...others] = reload(store).list();
  expect(others).toHaveLength(99);
  expect(others.at(-1)?.address.user).toBe('user6');
  expect(first?.messages).toHaveLength(500);
  expect(first?.messages[0]?.text).toBe('5');
  expect(first?.unread).toBe(500);
});

test('where there is little room, the newest messages stay', () => {
  const store = createStore(createShelf(20_000));
  const before = new Conversations();
  for (let number = 0; number < 400; number += 1) before.add(bob, `${number} ${'x'.repeat(100)}`);
  expect(save(store, before)).toBe(true);
  const kept = reload(store).list()[0]!.messages;
  expect(kept.length).toBeGreaterThan(10);
  expect(kept.length).toBeLessThan(200);
  expect(kept.at(-1)?.text).toMatch(/^399 /);
});

test('where there is no room at all, or nothing is allowed, the page goes on', () => {
  const conversations = new Conversations();
  conversations.add(bob, 'hello');
  const full = createStore(createShelf(0));
  expect(save(full, conversations)).toBe(false);
  expect(save(full, conversations)).toBe(false);
  const forbidden = new ConversationStore(() => {
    throw new DOMException('not allowed', 'SecurityError');
  }, 'alice@example.test', 0);
  expect(save(forbidden, conversations)).toBe(false);
  expect(reload(forbidden).list()).toEqual([]);
  forbidden.forget();
});

test.each([
  'no JSON {', 'null', '7', '[]', '{}', '{"version":1}', '{"version":1,"conversations":{}}',
  '{"version":2,"conversations":[{"address":{"user":"b","domain":"d"},"unread":0,"messages":[]}]}',
  '{"version":1,"conversations":[null,{"address":7},{"address":{"user":"b"},"messages":[]}]}',
  '{"version":1,"conversations":[{"address":{"user":"b","domain":"d"},"messages":[null,{"text":7},' +
    '{"direction":"received","text":"x","at":"never"},{"direction":"sent","text":"x","at":"2026-01-01","fate":"odd"}]}]}',
])('%s is read as nothing', (text) => {
  const shelf = createShelf();
  shelf.setItem(NAME, text);
  expect(reload(createStore(shelf)).list()).toEqual([]);
});

test('what is whole is kept beside what is broken', () => {
  const shelf = createShelf();
  shelf.setItem(NAME, '{"version":1,"identities":[1,"a"],"conversations":[{"address":{"user":"b","domain":"d"},"unread":9,' +
    '"messages":[7,{"direction":"received","text":"x","at":"2026-01-01T00:00:00Z"}]}]}');
  const after = reload(createStore(shelf));
  expect(after.list()).toMatchObject([{ unread: 1, messages: [{ text: 'x' }] }]);
  expect(after.knownIdentities()).toEqual(['a']);
});

test('each account and each page has its own; forgetting is for all pages of one account', () => {
  const shelf = createShelf();
  const conversations = new Conversations();
  conversations.add(bob, 'hello');
  const stores = [createStore(shelf), createStore(shelf, undefined, 11), createStore(shelf, '1.alice@example.test')];
  for (const store of stores) save(store, conversations);
  shelf.setItem('heliograph.device.0.alice@example.test', 'a UUID');
  expect(shelf.items.size).toBe(4);
  stores[0]!.forget();
  expect([...shelf.items.keys()]).toEqual([
    'heliograph.conversations.0.1.alice@example.test', 'heliograph.device.0.alice@example.test']);
});
