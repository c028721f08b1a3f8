// One publication, whatever happens to it (RFC 3903). SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Publication } from '../../src/sip/publication';
import { FakeAgent } from './fake_agent';

let agent: FakeAgent;
let publication: Publication;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  agent = new FakeAgent();
  publication = new Publication(agent, 'presence', 'sip:alice@example.test', 'text/x');
});
afterEach(() => void vi.useRealTimers());

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  publication.tick(Date.now());
}

function published(body: string, tag = 'one'): void {
  publication.connected();
  publication.publish(body);
  agent.answer(200, { 'SIP-ETag': tag, Expires: '600' });
}

test('it is told when there is a connection, and its changes under its entity-tag', () => {
  publication.publish('first');
  expect(agent.count).toBe(0);
  publication.connected();
  expect(agent.last).toMatchObject({ method: 'PUBLISH', target: 'sip:alice@example.test', body: 'first' });
  expect(agent.last.headers).toEqual(['Event: presence', 'Expires: 600', 'Content-Type: text/x']);
  agent.answer(200, { 'SIP-ETag': 'one', Expires: '600' });
  publication.publish('first');
  expect(agent.asked).toHaveLength(0);
  publication.publish('second');
  expect(agent.headerOf('SIP-If-Match')).toBe('one');
  expect(agent.last.body).toBe('second');
});

test('of what comes while one is on its way, the newest follows', () => {
  publication.connected();
  publication.publish('first');
  publication.publish('second');
  publication.publish('third');
  agent.answer(200, { 'SIP-ETag': 'one', Expires: '600' });
  expect(agent.last.body).toBe('third');
});

test('it is prolonged without its body before it expires (§4.3)', () => {
  published('first');
  pass(530_000);
  expect(agent.last.body).toBeUndefined();
  expect(agent.headerOf('SIP-If-Match')).toBe('one');
  agent.answer(200, { 'SIP-ETag': 'two', Expires: '600' });
  publication.publish('second');
  expect(agent.headerOf('SIP-If-Match')).toBe('two');
});

test('what the server has forgotten is told anew (§4.3)', () => {
  published('first');
  pass(530_000);
  agent.answer(412);
  expect(agent.headerOf('SIP-If-Match')).toBe('');
  expect(agent.last.body).toBe('first');
  agent.answer(412);
  expect(agent.asked).toHaveLength(0);
});

test('after a cut it is asked whether it stands', () => {
  published('first');
  publication.disconnected();
  pass(530_000);
  expect(agent.asked).toHaveLength(0);
  publication.connected();
  expect(agent.headerOf('SIP-If-Match')).toBe('one');
  expect(agent.last.body).toBeUndefined();
});

test('what a cut ate is told again', () => {
  published('first');
  publication.publish('second');
  agent.cut();
  publication.disconnected();
  publication.connected();
  expect(agent.last.body).toBe('second');
});

test('an interval that is too brief is made longer (§4.2)', () => {
  publication.connected();
  publication.publish('first');
  agent.answer(423, { 'Min-Expires': '3600' });
  expect(agent.headerOf('Expires')).toBe('3600');
  expect(agent.last.body).toBe('first');
});

test('it is taken back with Expires 0 (§4.5), and nothing is left to prolong', () => {
  published('first');
  publication.publish(null);
  expect(agent.headerOf('Expires')).toBe('0');
  expect(agent.headerOf('SIP-If-Match')).toBe('one');
  agent.answer(412);
  pass(3_600_000);
  expect(agent.asked).toHaveLength(0);
  publication.publish('second');
  expect(agent.last.body).toBe('second');
});

test('what was never told is not taken back', () => {
  publication.connected();
  publication.publish(null);
  expect(agent.count).toBe(0);
});

test.each([[503, { 'Retry-After': '30' }, 30_000], [500, {}, 3_000], [403, {}, 600_000]])(
  'who is refused with %i waits', (status, headers, wait) => {
    publication.connected();
    publication.publish('first');
    agent.answer(status, headers as Record<string, string>);
    pass(wait - 2_000);
    expect(agent.asked).toHaveLength(0);
    pass(2_000);
    expect(agent.last.body).toBe('first');
  });

test('an answer without an entity-tag is no reason to go on asking', () => {
  publication.connected();
  publication.publish('first');
  agent.answer(200, { Expires: '600' });
  expect(agent.asked).toHaveLength(0);
  pass(530_000);
  expect(agent.last.body).toBe('first');
});
