// Who is in, how long, and why not any more. SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { KeptSessions } from '../src/model/kept_sessions';
import { LoginModel, type Ending, type LoginParts } from '../src/model/login';
import { PortError, type NewSession, type Problem, type ProblemKind, type Site } from '../src/model/ports';
import type { Account } from '../src/model/views';
import { deviceName } from '../src/browser/device_name';
import { FakeStorage, settle } from './fake_ports';

const site: Site = {
  domain: 'example.test', product: 'Heliograph 1', messageBytes: 60_000, voicemailUrl: '', keepsHistory: true,
};

function made(id: string, user = 'alice'): NewSession {
  return { id, secret: `secret-${id}`, user, domain: 'example.test', expiresAt: new Date() };
}

function problem(kind: ProblemKind): PortError {
  return new PortError({ kind, detail: 'A sentence' });
}

/** A tab of a browser; `shared` is the browser, `own` survives a reload of the tab. */
function openTab(shared = new FakeStorage(), own = new FakeStorage(), change: Partial<LoginParts> = {}) {
  const entered: { secret: string; end: (ending: Ending) => void }[] = [];
  const wishes: unknown[] = [];
  let ids = shared.items.size;
  const shelf = shared.shelf();
  const login = new LoginModel({
    shelf, sessions: new KeptSessions(shelf, own.shelf()), deviceName: 'Firefox, Linux',
    readSite: async () => site,
    createSession: async (wish) => {
      wishes.push(wish);
      return made(`${(ids += 1)}`, wish.user);
    },
    enter: async ({ user, domain, secret }, end) => {
      entered.push({ secret, end });
      return { self: { user, domain } } as Account;
    },
    ...change,
  });
  return { login, entered, wishes, shared, own, user: () => login.account.value?.self.user ?? null };
}

test.each([
  ['alice', { user: 'alice', address: 'alice' }],
  [' sip:alice@Example.test ', { user: 'alice', address: 'alice@example.test' }],
  ['alice@other.test', { user: 'alice', address: 'alice@other.test' }],
])('%s logs in', async (typed, expected) => {
  const tab = openTab();
  expect(await tab.login.logIn(typed, 'wonder', false)).toBeNull();
  expect(tab.wishes).toEqual([{ ...expected, password: 'wonder', name: 'Firefox, Linux', isStaying: false }]);
  expect(tab.user()).toBe('alice');
  expect(tab.login.rememberedAddress).toBe(typed.trim());
});

test.each(['a b', '', '@example.test', 'alice@'])('%j is no address, and nobody is asked', async (typed) => {
  const tab = openTab();
  expect(await tab.login.logIn(typed, 'wonder', false)).toEqual({ kind: 'no-address', detail: '' });
  expect(tab.wishes).toEqual([]);
});

test.each(['wrong-password', 'no-such-domain', 'busy'] as const)('why one is not let in is told: %s', async (kind) => {
  const tab = openTab(undefined, undefined, { createSession: () => Promise.reject(problem(kind)) });
  expect(await tab.login.logIn('alice', 'x', true)).toEqual({ kind, detail: 'A sentence' });
  expect(tab.login.isBusy.value).toBe(false);
  expect(tab.user()).toBeNull();
  expect([...tab.shared.items, ...tab.own.items]).toEqual([]);
});

test('a server that cannot be reached is told as that', async () => {
  const tab = openTab(undefined, undefined, { readSite: () => Promise.reject(problem('no-connection')) });
  expect((await tab.login.logIn('alice', 'x', false))?.kind).toBe('no-connection');
});

test('the password is kept nowhere', async () => {
  const tab = openTab();
  await tab.login.logIn('alice', 'wonderland', true);
  expect(JSON.stringify([...tab.shared.items, ...tab.own.items])).not.toContain('wonderland');
});

test('while one is let in, a second attempt does nothing', async () => {
  const tab = openTab();
  const first = tab.login.logIn('alice', 'x', false);
  expect(tab.login.isBusy.value).toBe(true);
  expect(await tab.login.logIn('alice', 'x', false)).toBeNull();
  await first;
  expect(tab.wishes).toHaveLength(1);
});

test('a session of the tab survives its reload, not the tab', async () => {
  const tab = openTab();
  await tab.login.logIn('alice', 'x', false);
  const reloaded = openTab(tab.shared, tab.own);
  await reloaded.login.resume();
  expect(reloaded.entered.map(({ secret }) => secret)).toEqual(tab.entered.map(({ secret }) => secret));
  const other = openTab(tab.shared);
  await other.login.resume();
  expect(other.user()).toBeNull();
  expect(JSON.stringify([...tab.shared.items])).not.toContain('secret');
});

test('one who stays is in again in each new tab; several people may, and a tab keeps its own', async () => {
  const first = openTab();
  await first.login.logIn('alice', 'x', true);
  const second = openTab(first.shared);
  await second.login.resume();
  expect(second.user()).toBe('alice');
  const third = openTab(first.shared);
  await third.login.logIn('bob', 'x', true);
  const [reloaded, fourth] = [openTab(first.shared, first.own), openTab(first.shared)];
  await reloaded.login.resume();
  await fourth.login.resume();
  expect([reloaded.user(), fourth.user()]).toEqual(['alice', 'bob']);
});

test('a page is there again without the server', async () => {
  const tab = openTab();
  await tab.login.logIn('alice', 'x', true);
  const reloaded = openTab(tab.shared, tab.own, { readSite: () => Promise.reject(problem('no-connection')) });
  await reloaded.login.resume();
  expect(reloaded.user()).toBe('alice');
});

test('who is logged in stays so while the page cannot be loaded whole, is told why, and is in when it can', async () => {
  vi.useFakeTimers();
  const tab = openTab();
  await tab.login.logIn('alice', 'x', true);
  const enter = vi.fn<LoginParts['enter']>(async () => ({ self: { user: 'alice', domain: 'x' } }) as Account);
  enter.mockRejectedValueOnce(problem('no-connection')).mockRejectedValueOnce(problem('no-connection'));
  const reloaded = openTab(tab.shared, tab.own, { enter });
  const resumed = reloaded.login.resume();
  await vi.advanceTimersByTimeAsync(2000);
  expect([reloaded.login.isBusy.value, reloaded.login.problem.value?.kind]).toEqual([true, 'no-connection']);
  await vi.advanceTimersByTimeAsync(1000);
  await resumed;
  expect([reloaded.login.isBusy.value, reloaded.login.problem.value, reloaded.user()]).toEqual([false, null, 'alice']);
  vi.useRealTimers();
});

test('what has changed about the site is known after the next reload', async () => {
  const tab = openTab();
  await tab.login.logIn('alice', 'x', true);
  const enter = vi.fn<LoginParts['enter']>(async () => ({}) as Account);
  const reloaded = openTab(tab.shared, tab.own, { enter, readSite: async () => ({ ...site, messageBytes: 7 }) });
  await reloaded.login.resume();
  await settle();
  await openTab(tab.shared, tab.own, { enter }).login.resume();
  expect(enter.mock.calls.map(([{ site: told }]) => told.messageBytes)).toEqual([60_000, 7]);
});

test.each([true, false])('logging out ends it for good (stays: %s)', async (stay) => {
  const tab = openTab();
  await tab.login.logIn('alice', 'x', stay);
  tab.entered[0]!.end({ problem: null, forget: false });
  expect(tab.user()).toBeNull();
  expect(tab.login.problem.value).toBeNull();
  expect(tab.login.rememberedAddress).toBe('alice');
  expect(JSON.stringify([...tab.shared.items, ...tab.own.items])).not.toContain('secret');
  const reloaded = openTab(tab.shared, tab.own);
  await reloaded.login.resume();
  expect(reloaded.user()).toBeNull();
});

test('why a session has ended is told until the next login', async () => {
  const ended: Problem = { kind: 'session-ended', detail: '' };
  const tab = openTab();
  await tab.login.logIn('alice', 'x', true);
  tab.entered[0]!.end({ problem: ended, forget: false });
  expect(tab.login.problem.value).toEqual(ended);
  await tab.login.logIn('alice', 'x', true);
  expect(tab.login.problem.value).toBeNull();
  expect(tab.user()).toBe('alice');
});

test('the end of an old session leaves the new one of another tab alone', async () => {
  const first = openTab();
  await first.login.logIn('alice', 'x', true);
  const second = openTab(first.shared);
  await second.login.logIn('alice', 'x', true);
  first.entered[0]!.end({ problem: { kind: 'session-ended', detail: '' }, forget: false });
  const third = openTab(first.shared);
  await third.login.resume();
  expect(third.entered.map(({ secret }) => secret)).toEqual(second.entered.map(({ secret }) => secret));
});

test('who is forgotten leaves nothing; somebody else\'s address stays', async () => {
  const tab = openTab();
  await tab.login.logIn('alice', 'x', true);
  tab.entered[0]!.end({ problem: null, forget: true });
  expect([...tab.shared.items, ...tab.own.items]).toEqual([]);
  await tab.login.logIn('alice', 'x', true);
  const other = openTab(tab.shared);
  await other.login.logIn('bob', 'x', false);
  tab.entered[1]!.end({ problem: null, forget: true });
  expect(tab.login.rememberedAddress).toBe('bob');
});

test.each([
  'no JSON {', '7', '"nobody"', '[]', '{"user":"alice"}',
  '{"user":"alice","domain":"d","id":"1","secret":7,"isStaying":true,"site":{}}',
])('what is no session of ours is none: %s', async (text) => {
  const [shared, own] = [new FakeStorage(), new FakeStorage()];
  own.items.set('heliograph.session', text);
  shared.items.set('heliograph.last', 'nobody');
  shared.items.set('heliograph.sessions', text);
  const tab = openTab(shared, own);
  await tab.login.resume();
  expect(tab.user()).toBeNull();
  expect(await tab.login.logIn('alice', 'x', true)).toBeNull();
});

test.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Firefox, Linux'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 ' +
    'Edg/126.0', 'Edge, Windows'],
  ['Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36',
    'Chrome, Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/17.5 ' +
    'Mobile Safari/604', 'Safari, iPhone'],
  ['curl/8', 'Browser'],
])('a browser has a name for people (%#)', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
