// Subscriptions that take care of themselves. SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Subscription } from '../../src/sip/subscription';
import { FakeAgent } from './fake_agent';

const ACTIVE = { Event: 'presence', 'Subscription-State': 'active;expires=1800', 'Content-Type': 'text/x' };

let agent: FakeAgent;
let bodies: [string, boolean][];
let isComplete: boolean;
let ended: number;
let subscription: Subscription;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [agent, bodies, isComplete, ended] = [new FakeAgent(), [], true, 0];
  subscription = new Subscription(agent, {
    event: 'presence',
    target: 'sip:alice@example.test',
    accept: 'text/x',
    headers: ['Supported: eventlist'],
    onBody(contentType, body, isWhole) {
      expect(contentType).toBe('text/x');
      bodies.push([body, isWhole]);
      return isComplete;
    },
  }, () => (ended += 1));
});
afterEach(() => void vi.useRealTimers());

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  subscription.tick(Date.now());
}

function becomeLive(): void {
  subscription.connected();
  agent.answer(200, { Expires: '1800' });
  agent.notify(ACTIVE, 'state');
  bodies = [];
}

function state(text: string): Record<string, string> {
  return { ...ACTIVE, 'Subscription-State': text };
}

test('it asks when there is a connection, and is live with the first NOTIFY', () => {
  pass(60_000);
  expect(agent.count).toBe(0);
  subscription.connected();
  expect(agent.last).toMatchObject({ method: 'SUBSCRIBE', target: 'sip:alice@example.test', number: 1 });
  expect(agent.last.headers).toEqual([
    'Event: presence', 'Accept: text/x', 'Expires: 1800', `Contact: ${agent.contact}`, 'Supported: eventlist']);
  agent.answer(200, { Expires: '1800' });
  expect(subscription.isLive.value).toBe(false);
  expect(agent.notify(ACTIVE, 'state')).toBe(200);
  expect(subscription.isLive.value).toBe(true);
  agent.notify(ACTIVE, 'a change');
  expect(bodies).toEqual([['state', true], ['a change', false]]);
});

test('a NOTIFY without a body counts: one waits for a decision', () => {
  subscription.connected();
  agent.answer(202, { Expires: '1800' });
  expect(agent.notify(state('pending;expires=1800'))).toBe(200);
  expect(subscription.isLive.value).toBe(true);
  expect(bodies).toEqual([]);
});

test('it is refreshed within its dialog before it expires (RFC 6665 §4.1.2.2)', () => {
  subscription.connected();
  const first = agent.answer(200, { Expires: '1800' });
  agent.notify(ACTIVE, 'state', { contact: 'sip:elsewhere' });
  pass(899_000);
  expect(agent.count).toBe(1);
  pass(900_000 - 70_000);
  expect(agent.last).toMatchObject({
    callId: first.callId, fromTag: first.fromTag, toTag: 'remote', target: 'sip:elsewhere', to: 'sip:alice@example.test',
    routes: ['<sip:edge;lr>'], number: 2,
  });
  agent.answer(200, { Expires: '1800' });
  agent.notify(ACTIVE, 'again');
  expect(bodies.at(-1)).toEqual(['again', true]);
});

test('what a NOTIFY says of the time that is left holds, where it is less (RFC 6665 §4.1.3)', () => {
  becomeLive();
  agent.notify(state('active;expires=100'), 'state');
  pass(60_000);
  expect(agent.count).toBe(2);
});

test('a cut makes it old, a new connection is told of within the dialog', () => {
  subscription.connected();
  const first = agent.answer(200, { Expires: '1800' });
  agent.notify(ACTIVE, 'state');
  subscription.disconnected();
  expect(subscription.isLive.value).toBe(false);
  pass(3_600_000);
  expect(agent.count).toBe(1);
  subscription.connected();
  expect(agent.last).toMatchObject({ callId: first.callId, toTag: 'remote', number: 2 });
  agent.answer(200, { Expires: '1800' });
  expect(subscription.isLive.value).toBe(false);
  agent.notify(ACTIVE, 'state');
  expect(subscription.isLive.value).toBe(true);
});

test('a dialog that the server does not know any more is begun anew', () => {
  becomeLive();
  subscription.disconnected();
  subscription.connected();
  const refresh = agent.answer(481);
  expect(subscription.isLive.value).toBe(false);
  expect(agent.last.toTag).toBeUndefined();
  expect(agent.last.callId).not.toBe(refresh.callId);
  agent.answer(200, { Expires: '1800' });
  expect(agent.notify(ACTIVE, 'state')).toBe(200);
  expect(subscription.isLive.value).toBe(true);
});

test('an answer that a cut has overtaken does not count', () => {
  subscription.connected();
  const { reply } = agent.asked.pop()!;
  subscription.disconnected();
  subscription.connected();
  reply(null);
  expect(agent.asked).toHaveLength(1);
});

test('an interval that is too brief is made longer (RFC 6665 §4.1.2.1)', () => {
  subscription.connected();
  agent.answer(423, { 'Min-Expires': '7200' });
  expect(agent.headerOf('Expires')).toBe('7200');
  agent.answer(423, { 'Min-Expires': '7200' });
  expect(agent.asked).toHaveLength(0);
});

test('a server that is busy is asked again when it says so, or later and later', () => {
  subscription.connected();
  agent.answer(503, { 'Retry-After': '20' });
  pass(19_000);
  expect(agent.asked).toHaveLength(0);
  pass(1_000);
  agent.answer(500);
  pass(2_000);
  agent.answer(500);
  pass(1_000);
  expect(agent.asked).toHaveLength(0);
  pass(2_000);
  expect(agent.asked).toHaveLength(1);
});

test('a failure that says nothing of the dialog leaves it (RFC 5057 §5.1)', () => {
  becomeLive();
  pass(1_800_000);
  agent.answer(503, { 'Retry-After': '1' });
  expect(subscription.isLive.value).toBe(true);
  pass(1_000);
  expect(agent.last.toTag).toBe('remote');
});

test.each([403, 404, 406, 415, 489])('who is refused with %i comes back much later, or with the next connection', (status) => {
  subscription.connected();
  agent.answer(status);
  pass(500_000);
  expect(agent.asked).toHaveLength(0);
  subscription.disconnected();
  subscription.connected();
  agent.answer(status);
  pass(600_000);
  expect(agent.asked).toHaveLength(1);
});

test('a NOTIFY that does not come is asked for (RFC 6665 §4.1.2.4)', () => {
  subscription.connected();
  agent.answer(200, { Expires: '1800' });
  pass(31_000);
  expect(agent.asked).toHaveLength(0);
  pass(1_000);
  expect(agent.last.toTag).toBe('remote');
});

test('an answer without a Contact begins no dialog', () => {
  subscription.connected();
  const { reply } = agent.last;
  agent.asked.length = 0;
  reply({ status: 200, phrase: '', header: () => '', contacts: [], toTag: 'x', contact: '', routes: [] });
  expect(agent.openDialogs).toBe(0);
  pass(2_000);
  expect(agent.asked).toHaveLength(1);
});

test.each<[number, Record<string, string>, object]>([
  [489, { ...ACTIVE, Event: 'dialog' }, {}],
  [489, { ...ACTIVE, Event: 'presence;id=7' }, {}],
  [400, { Event: 'presence' }, {}],
  [405, ACTIVE, { method: 'MESSAGE' }],
  [500, ACTIVE, { cseq: 1 }],
])('what is no NOTIFY of ours is answered %i and changes nothing (%#)', (status, headers, more) => {
  becomeLive();
  expect(agent.notify(headers, 'x', more)).toBe(status);
  expect(bodies).toEqual([]);
  expect(subscription.isLive.value).toBe(true);
});

test.each([
  ['deactivated', 0],
  ['timeout', 0],
  ['probation;retry-after=30', 30_000],
  ['giveup;retry-after=600', 600_000],
  ['probation', 2_000],
  ['something-new', 2_000],
])('after an end for %s it asks again within %i ms (RFC 6665 §4.1.3)', (reason, wait) => {
  becomeLive();
  pass(20_000);
  expect(agent.notify(state(`terminated;reason=${reason}`), 'the last')).toBe(200);
  expect(subscription.isLive.value).toBe(false);
  expect(bodies).toEqual([['the last', false]]);
  if (wait > 2_000) pass(wait - 1_000);
  if (wait > 0) expect(agent.asked).toHaveLength(0);
  if (wait > 0) pass(2_000);
  expect(agent.last.toTag).toBeUndefined();
});

test('who is sent away at once, and again, waits longer', () => {
  becomeLive();
  agent.notify(state('terminated;reason=deactivated'));
  expect(agent.asked).toHaveLength(0);
  pass(1_300);
  expect(agent.asked).toHaveLength(1);
});

test.each(['rejected', 'noresource', 'invariant'])('after an end for %s the next connection asks again', (reason) => {
  becomeLive();
  pass(20_000);
  agent.notify(state(`terminated;reason=${reason}`));
  pass(3_600_000);
  expect(agent.asked).toHaveLength(0);
  subscription.disconnected();
  subscription.connected();
  expect(agent.asked).toHaveLength(1);
});

test('where something is missing, all of it is asked for, and not over and over', () => {
  becomeLive();
  isComplete = false;
  agent.notify(ACTIVE, 'with a gap');
  pass(1_300);
  agent.answer(200, { Expires: '1800' });
  agent.notify(ACTIVE, 'with a gap still');
  pass(1_300);
  expect(agent.asked).toHaveLength(0);
  pass(1_300);
  expect(agent.last.toTag).toBe('remote');
  agent.answer(200, { Expires: '1800' });
  isComplete = true;
  agent.notify(ACTIVE, 'all');
  expect(subscription.isLive.value).toBe(true);
  expect(bodies.at(-1)).toEqual(['all', true]);
});

test('the end is said within the dialog, and what comes then is told to nobody (RFC 6665 §4.1.2.3)', () => {
  becomeLive();
  subscription.end();
  expect([ended, subscription.isLive.value]).toEqual([1, false]);
  expect(agent.headerOf('Expires')).toBe('0');
  agent.answer(200, { Expires: '0' });
  expect(agent.notify(state('terminated;reason=timeout'), 'the last')).toBe(200);
  expect(bodies).toEqual([]);
  expect(agent.openDialogs).toBe(0);
  subscription.end();
  pass(3_600_000);
  expect([ended, agent.asked.length]).toEqual([1, 0]);
});

test('who ends before he was answered is taken out again', () => {
  subscription.connected();
  subscription.end();
  agent.answer(200, { Expires: '1800' });
  expect(agent.headerOf('Expires')).toBe('0');
  agent.answer(481);
  expect(agent.openDialogs).toBe(0);
});

test('who ends while there is no connection is silent', () => {
  becomeLive();
  subscription.disconnected();
  subscription.end();
  expect(agent.asked).toHaveLength(0);
  expect(agent.openDialogs).toBe(0);
});
