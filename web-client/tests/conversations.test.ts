// SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { Conversations } from '../src/model/conversations';

const alice = { user: 'alice', domain: 'example.test' };
const bob = { user: 'bob', domain: 'example.test' };
const now = new Date('2026-01-02T03:04:05Z');

function arrival(text: string, from = bob) {
  return { from, text, at: now, identity: `${from.user} ${text}` };
}

test('a message from somebody new begins a conversation, unread', () => {
  const conversations = new Conversations();
  conversations.receive(arrival('hello'), true);
  expect(conversations.list().map((one) => [one.address.user, one.unread])).toEqual([['bob', 1]]);
  expect(conversations.current).toBeNull();
});

test('a message that comes again with the same identity is shown once', () => {
  const conversations = new Conversations();
  conversations.receive(arrival('hello'), true);
  expect(conversations.receive(arrival('hello'), true)).toBeNull();
  expect(conversations.list()[0]?.messages).toHaveLength(1);
});

test('the same words under another identity are another message', () => {
  const conversations = new Conversations();
  conversations.receive({ ...arrival('hello'), identity: 'one' }, true);
  conversations.receive({ ...arrival('hello'), identity: 'two' }, true);
  expect(conversations.list()[0]?.messages).toHaveLength(2);
});

test('the open conversation has nothing unread while the person looks', () => {
  const conversations = new Conversations();
  conversations.open(bob);
  conversations.receive(arrival('seen'), true);
  expect(conversations.unread).toBe(0);
  conversations.receive(arrival('not seen'), false);
  expect(conversations.unread).toBe(1);
  conversations.seen();
  expect(conversations.unread).toBe(0);
});

test('opening a conversation clears its unread count, and only that', () => {
  const conversations = new Conversations();
  conversations.receive(arrival('one'), true);
  conversations.receive(arrival('two', alice), true);
  conversations.open(bob);
  expect(conversations.unread).toBe(1);
});

test('who spoke last comes first, an empty new conversation before all', () => {
  const conversations = new Conversations();
  conversations.receive(arrival('one'), true);
  conversations.receive(arrival('two', alice), true);
  conversations.open({ user: 'carol', domain: 'example.test' });
  expect(conversations.list().map((one) => one.address.user)).toEqual(['carol', 'alice', 'bob']);
  conversations.add(bob, 'three');
  expect(conversations.list().map((one) => one.address.user)).toEqual(['carol', 'bob', 'alice']);
});

test('a sent message goes from waiting to what became of it', () => {
  const conversations = new Conversations();
  const message = conversations.add(bob, 'hello');
  expect(message.fate).toBe('waiting');
  conversations.settle(message, 'failed', 'There is no such account.');
  expect(message).toMatchObject({ fate: 'failed', reason: 'There is no such account.' });
  conversations.settle(message, 'delivered');
  expect(message).toMatchObject({ fate: 'delivered', reason: '' });
});

test('each change is told', () => {
  const conversations = new Conversations();
  const listener = vi.fn();
  conversations.subscribe(listener);
  conversations.open(bob);
  conversations.settle(conversations.add(bob, 'hello'), 'sending');
  conversations.receive(arrival('again'), true);
  conversations.receive(arrival('again'), true);
  expect(listener).toHaveBeenCalledTimes(4);
});
