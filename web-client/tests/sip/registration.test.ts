// REGISTER, again and again. SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BackOff, refreshAt, secondsOf } from '../../src/sip/lease';
import { Registration } from '../../src/sip/registration';
import { FakeAgent } from './fake_agent';

let agent: FakeAgent;
let heard: string[];
let registration: Registration;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [agent, heard] = [new FakeAgent(), []];
  registration = new Registration(agent, 'sip:alice@example.test:5070', 'a-uuid', {
    onRegistered: () => heard.push('registered'),
    onUnable: ({ status }) => heard.push(`unable ${status}`),
    onRefused: ({ status }) => heard.push(`refused ${status}`),
  });
});
afterEach(() => void vi.useRealTimers());

function pass(ms: number): void {
  vi.advanceTimersByTime(ms);
  registration.tick(Date.now());
}

test('it names its device and flow (RFC 5626 §4.1, §4.2), at the domain (RFC 3261 §10.2)', () => {
  registration.register();
  expect(agent.last).toMatchObject({
    method: 'REGISTER', target: 'sip:example.test:5070', to: 'sip:alice@example.test:5070', number: 1,
    headers: [`Contact: ${agent.contact};reg-id=1;+sip.instance="<urn:uuid:a-uuid>";expires=600`, 'Expires: 600'],
  });
  registration.register();
  expect(agent.count).toBe(1);
});

test('it is refreshed after what its own Contact was granted, with the same Call-ID and the next number', () => {
  registration.register();
  const first = agent.answer(200, { Contact: `${agent.contact};+sip.instance="x";expires=200`, Expires: '3600' });
  pass(99_000);
  expect(agent.count).toBe(1);
  pass(31_000);
  expect(agent.last).toMatchObject({ callId: first.callId, number: 2 });
  agent.answer(200, { Expires: '600' });
  expect(heard).toEqual(['registered', 'registered']);
});

test('an interval that is too brief is made longer (§10.2.8)', () => {
  registration.register();
  agent.answer(423, { 'Min-Expires': '3600' });
  expect(agent.headerOf('Expires')).toBe('3600');
  agent.answer(423, { 'Min-Expires': '3600' });
  expect(heard).toEqual(['unable 423']);
});

test.each([401, 403, 404])('%i is for good', (status) => {
  registration.register();
  agent.answer(status);
  pass(3_600_000);
  expect([heard, agent.count]).toEqual([[`refused ${status}`], 1]);
});

test('a registrar that is not able is asked again when it says so, or later and later', () => {
  registration.register();
  agent.answer(503, { 'Retry-After': '30' });
  pass(29_000);
  expect(agent.count).toBe(1);
  pass(1_000);
  agent.answer(500);
  pass(3_000);
  agent.answer(500);
  pass(2_500);
  expect(agent.asked).toHaveLength(0);
  pass(3_000);
  expect(agent.asked).toHaveLength(1);
});

test('without a connection nothing is due, and a cut one is asked again over the next', () => {
  registration.register();
  agent.cut();
  registration.disconnected();
  pass(3_600_000);
  expect(agent.asked).toHaveLength(0);
  registration.register();
  expect(agent.last.number).toBe(2);
});

test('it leaves with Expires 0, and says when that is done', () => {
  registration.register();
  agent.answer(200);
  let isGone = false;
  registration.end(() => (isGone = true));
  expect(agent.headerOf('Contact')).toMatch(/;expires=0$/);
  agent.answer(200);
  expect(isGone).toBe(true);
});

test('leases are refreshed in their second half, with time to spare for pages that are hidden', () => {
  for (let times = 0; times < 100; times += 1) {
    expect(refreshAt(600, 0)).toBeGreaterThanOrEqual(300_000);
    expect(refreshAt(600, 0)).toBeLessThanOrEqual(530_000);
    expect(refreshAt(60, 0)).toBe(30_000);
  }
});

test('waits double up to their limit, and begin anew', () => {
  const backOff = new BackOff(1_000, 10_000);
  const waits = Array.from({ length: 8 }, () => backOff.next());
  expect(waits[0]).toBeGreaterThanOrEqual(750);
  expect(waits[0]).toBeLessThanOrEqual(1_250);
  expect(waits[7]).toBeGreaterThanOrEqual(7_500);
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  backOff.reset();
  expect(backOff.next()).toBeLessThanOrEqual(1_250);
});

test.each([['60', 60], [' 60;x=y', 60], ['', 7], ['-1', 7], ['soon', 7]])('"%s" is %i seconds', (header, seconds) => {
  expect(secondsOf(header, 7)).toBe(seconds);
});
