// The order of messages, and what it costs. SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { compareIds, idBefore } from '../../src/model/conversations/ids';
import { comparePlaces, Timeline, type NewEntry } from '../../src/model/conversations/timeline';

function entry(name: string, id: string, direction: 'sent' | 'received' = 'received'): NewEntry {
  return {
    key: name, direction, names: { callId: name, cseq: 1 }, id, at: new Date(0), text: name, isUnreadable: false,
    contentType: 'text/plain', messageId: `m-${name}`, wantsDisplayed: false, state: null, problem: null,
  };
}

test('numbers of 64 bits are compared as numbers', () => {
  expect(['9', '10', '9007199254740993', '9007199254740992'].sort(compareIds))
    .toEqual(['9', '10', '9007199254740992', '9007199254740993']);
  expect(idBefore('9007199254740993')).toBe('9007199254740992');
});

test('numbered ones come in their order, the others behind them as they came', () => {
  const timeline = new Timeline();
  for (const [name, id] of [['c', '30'], ['x', ''], ['a', '9'], ['y', ''], ['b', '10']] as const)
    timeline.add(entry(name, id));
  expect(timeline.views().map(({ text }) => text)).toEqual(['a', 'b', 'c', 'x', 'y']);
  timeline.change(timeline.byKey('y')!, { id: '20' });
  expect(timeline.views().map(({ text }) => text)).toEqual(['a', 'b', 'y', 'c', 'x']);
  expect(timeline.byId('20')?.key).toBe('y');
  expect(timeline.byId('21')).toBeNull();
});

test('a message is found by its names and, if it was sent, by its Message-ID, also when these change', () => {
  const timeline = new Timeline();
  const sent = timeline.add(entry('a', '', 'sent'));
  timeline.add(entry('a2', ''));
  expect(timeline.byNames('sent', { callId: 'a', cseq: 1 })).toBe(sent);
  expect(timeline.byNames('received', { callId: 'a', cseq: 1 })).toBeNull();
  timeline.change(sent, { names: { callId: 'b', cseq: 7 }, messageId: 'm-b' });
  expect(timeline.byNames('sent', { callId: 'a', cseq: 1 })).toBeNull();
  expect(timeline.byNames('sent', { callId: 'b', cseq: 7 })).toBe(sent);
  expect(timeline.bySentMessageId('m-a')).toBeNull();
  expect(timeline.bySentMessageId('m-b')).toBe(sent);
  expect(timeline.bySentMessageId('m-a2')).toBeNull();
  timeline.remove(sent);
  expect(timeline.bySentMessageId('m-b')).toBeNull();
  expect(timeline.size).toBe(1);
});

test('what is not changed keeps its object, so that nothing is drawn again', () => {
  const timeline = new Timeline();
  timeline.add(entry('a', '1'));
  timeline.add(entry('b', '2'));
  const before = timeline.views();
  timeline.change(timeline.byKey('a')!, { text: 'A' });
  expect(timeline.views()[0]).not.toBe(before[0]);
  expect(timeline.views()[1]).toBe(before[1]);
});

test('10,000 messages that come in any order cost some comparisons each', () => {
  let comparisons = 0;
  const timeline = new Timeline((a, b) => {
    comparisons += 1;
    return comparePlaces(a, b);
  });
  const ids = Array.from({ length: 10_000 }, (_, index) => String(1 + ((index * 7919) % 10_000)));
  for (const id of ids) timeline.add(entry(`e${id}`, id));
  expect(comparisons).toBeLessThan(10_000 * 15);
  expect(timeline.views().map(({ id }) => Number(id))).toEqual(Array.from({ length: 10_000 }, (_, index) => index + 1));
});
