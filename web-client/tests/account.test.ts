// How an account begins and ends; what its models do is tested with each of them. SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { createMemoryKeep } from '../src/keep/keep';
import { AccountModel } from '../src/model/account';
import type { Ending } from '../src/model/login';
import type { Api, Link, MessageNames, SendOutcome } from '../src/model/ports';
import { SettingsModel } from '../src/model/settings';
import { FakeApi, FakeBrowser, FakeClock, FakeLink, FakeNotifier, FakeStorage, settle } from './fake_ports';
import { FakeHistory } from './conversations/fakes';

const site = { domain: 'example.test', product: '', messageBytes: 60_000, voicemailUrl: '', keepsHistory: true };

class WholeLink extends FakeLink {
  readonly done: string[];
  constructor(done: string[]) {
    super();
    this.done = done;
    Object.assign(this as unknown as Link, {
      start: () => void done.push('start'),
      end: async () => void done.push('link.end'),
      renew: () => void done.push('renew'),
      name: (): MessageNames => ({ callId: 'c', cseq: 1 }),
      send: async (): Promise<SendOutcome> => ({ kind: 'cut-off' }),
      onMessage: () => undefined,
    });
  }
}

async function begin(change: Partial<Api> = {}) {
  const done: string[] = [];
  const endings: Ending[] = [];
  const link = new WholeLink(done);
  const clock = new FakeClock();
  const keep = createMemoryKeep();
  const notifier = new FakeNotifier();
  const api = {
    ...new FakeApi().port, ...new FakeHistory().api,
    sessions: async () => [], endSession: async (id: string) => void done.push(`endSession ${id}`), ...change,
  } as Api;
  const account = new AccountModel({
    self: { user: 'alice', domain: 'example.test' }, site, sessionId: '7', link: link as unknown as Link, api, keep,
    clock, tabs: new FakeBrowser().open(), notifier, settings: new SettingsModel(new FakeStorage().shelf()),
    words: () => ({ title: '', body: '' }), onLook: () => undefined, onEnd: (ending) => endings.push(ending),
  });
  await settle();
  return { account, link, clock, keep, notifier, done, endings };
}

async function write({ account }: Awaited<ReturnType<typeof begin>>): Promise<void> {
  account.conversations.open('bob');
  account.conversations.current.value?.send('hello');
  await settle();
}

test('an account connects when everybody listens', async () => {
  const { done, account, link } = await begin();
  expect(done).toEqual(['start']);
  expect([link.people, link.oneself, link.watchers, link.mailbox, link.documents, link.conversations]
    .every(({ onUpdate }) => onUpdate !== null)).toBe(true);
  account.tryNow();
  expect(done).toEqual(['start', 'renew']);
});

test('logging out leaves the server while the session is good, then ends it; what was not sent stays', async () => {
  const world = await begin();
  await write(world);
  await world.account.logOut(false);
  expect(world.done).toEqual(['start', 'link.end', 'endSession 7']);
  expect(world.endings).toEqual([{ problem: null, forget: false }]);
  expect(await world.keep.unsent()).toHaveLength(1);
  expect(world.notifier.isEnded).toBe(true);
});

test('who wants to be forgotten leaves nothing', async () => {
  const world = await begin();
  await write(world);
  await world.account.logOut(true);
  expect(await world.keep.unsent()).toEqual([]);
  expect(world.endings).toEqual([{ problem: null, forget: true }]);
});

test('a server that is away does not keep anybody from logging out', async () => {
  const world = await begin({ endSession: () => new Promise(() => undefined) });
  const out = world.account.logOut(false);
  await world.clock.pass(4_000);
  await out;
  expect(world.endings).toHaveLength(1);
});

test('a session that the server does not take ends the account, once, and nothing is lost', async () => {
  const world = await begin();
  await write(world);
  world.link.status.value = { kind: 'refused', problem: { kind: 'session-ended', detail: 'gone' } };
  await settle();
  world.account.wasEnded({ kind: 'session-ended', detail: '' });
  await world.account.logOut(true);
  expect(world.endings).toEqual([{ problem: { kind: 'session-ended', detail: 'gone' }, forget: false }]);
  expect(world.done).toEqual(['start', 'link.end']);
  expect(await world.keep.unsent()).toHaveLength(1);
});

test("another device's session is ended on the server; one's own is left by logging out", async () => {
  const { account, done, endings } = await begin();
  await account.endSession('5');
  expect(done).toEqual(['start', 'endSession 5']);
  await account.endSession('7');
  expect(done.slice(2)).toEqual(['link.end', 'endSession 7']);
  expect(endings).toHaveLength(1);
});
