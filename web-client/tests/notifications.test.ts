// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import { NotificationsModel, shorten, type Notice } from '../src/model/notifications';
import type { ChosenStatus, MailboxState } from '../src/model/ports';
import type { PresenceRequest } from '../src/model/views';
import { FakeBrowser, FakeClock, FakeNotifier, settle, type FakeTabs } from './fake_ports';
import { DOMAIN, FakeConversation, FakeConversations, FakePeople, FakeSettings, message, person } from './fakes';

class FakePeopleWhoAsk extends FakePeople {
  readonly listeners: ((request: PresenceRequest) => void)[] = [];
  onRequest(listener: (request: PresenceRequest) => void): void {
    this.listeners.push(listener);
  }
  ask(user: string): void {
    const request = { uri: `sip:${user}@${DOMAIN}`, address: { user, domain: DOMAIN }, name: user };
    this.requests.value = [...this.requests.value, request];
    for (const listener of this.listeners) listener(request);
  }
}

class FakeVoicemail {
  readonly state = signal<MailboxState | null>(null);
  readonly listeners: ((fresh: number) => void)[] = [];
  onArrival(listener: (fresh: number) => void): void {
    this.listeners.push(listener);
  }
  arrive(fresh: number): void {
    this.state.value = { isWaiting: fresh > 0, account: '', counts: [{ kind: 'voice', fresh, old: 0 }] };
    for (const listener of this.listeners) listener(fresh);
  }
}

function words(notice: Notice): { title: string; body: string } {
  if (notice.kind === 'message') return { title: notice.name, body: notice.text || 'no text' };
  return { title: notice.kind === 'request' ? `${notice.name}?` : `${notice.fresh} new`, body: '' };
}

class World {
  readonly bob = new FakeConversation('bob');
  readonly carol = new FakeConversation('carol');
  readonly conversations = new FakeConversations().with(this.bob, this.carol);
  readonly people = new FakePeopleWhoAsk();
  readonly voicemail = new FakeVoicemail();
  readonly chosen = signal<ChosenStatus>({ kind: 'available', note: '', icon: '' });
  readonly settings = new FakeSettings();
  readonly notifier = new FakeNotifier();
  readonly clock = new FakeClock();
  readonly browser = new FakeBrowser();
  readonly tabs: FakeTabs = this.browser.open();
  readonly looked: string[] = [];
  readonly model = this.make();

  constructor() {
    this.settings.notifications.value = true;
    this.conversations.isSeen.value = false;
  }

  make(): NotificationsModel {
    const { conversations, people, chosen, settings, notifier, clock } = this;
    return new NotificationsModel({
      conversations, people, chosen, settings, notifier, clock, words, mailbox: this.voicemail, ownDomain: DOMAIN,
      tabs: this.tabs, onLook: (kind) => this.looked.push(kind),
    });
  }

  async arrive(conversation: FakeConversation, text: string): Promise<void> {
    this.conversations.arrive(conversation, text);
    await settle();
  }

  get shown(): string[] {
    return [...this.notifier.shown.values()].map(({ title, body }) => `${title}: ${body}`);
  }
}

test('a message is told with its sender and its text, one notification for each conversation', async () => {
  const w = new World();
  w.people.all.value = [person('bob', { name: 'Bob B.', icon: '/api/v1/icons/ab' })];
  await w.arrive(w.bob, 'hello\n\n  there');
  await w.arrive(w.bob, 'and again');
  await w.arrive(w.carol, 'hi');
  expect(w.shown).toEqual(['Bob B.: and again', 'carol: hi']);
  expect(w.notifier.shown.get('message bob@example.org')!.icon).toBe('/api/v1/icons/ab');
});

test.each([
  ['short', 'short'], [' a\n\tb ', 'a b'], ['x'.repeat(141), `${'x'.repeat(139)}…`], ['😀'.repeat(140), '😀'.repeat(140)],
  ['😀'.repeat(100_000), `${'😀'.repeat(139)}…`],
])('%.20s is shortened', (text, short) => {
  expect(shorten(text)).toBe(short);
});

test('a message without a text that can be shown says so', async () => {
  const w = new World();
  w.bob.messages.value = [message('', { isUnreadable: true, contentType: 'image/png' })];
  w.bob.unread.value = 1;
  await w.arrive(w.bob, '');
  expect(w.shown).toEqual(['bob: no text']);
});

test('a click opens the conversation, and its notification goes', async () => {
  const w = new World();
  await w.arrive(w.bob, 'hello');
  w.notifier.shown.get('message bob@example.org')!.click();
  expect(w.conversations.current.value).toBe(w.bob);
});

test('what is read, here or somewhere else, is not told any more', async () => {
  const w = new World();
  await w.arrive(w.bob, 'hello');
  w.bob.unread.value = 0;
  expect(w.shown).toEqual([]);
  w.conversations.arrive(w.bob, 'once more');
  w.bob.unread.value = 0; // before it could be told
  await settle();
  expect(w.shown).toEqual([]);
  await w.arrive(w.bob, 'and again');
  expect(w.shown).toEqual(['bob: and again']);
});

test('who looks at any page of this browser gets the sound alone', async () => {
  const w = new World();
  const other = w.browser.open();
  other.isLookedAt = true;
  w.settings.sound.value = true;
  await w.arrive(w.bob, 'hello');
  expect([w.shown, w.notifier.beeps]).toEqual([[], 1]);
});

test('nothing while one does not want to be disturbed: no notification, no sound, no number', async () => {
  const w = new World();
  w.settings.sound.value = true;
  w.bob.unread.value = 2;
  expect(w.notifier.count).toBe(2);
  w.chosen.value = { kind: 'do-not-disturb', note: '', icon: '' };
  expect(w.notifier.count).toBe(0);
  await w.arrive(w.bob, 'hello');
  w.people.ask('dan');
  w.voicemail.arrive(1);
  await settle();
  expect([w.shown, w.notifier.beeps]).toEqual([[], 0]);
  w.chosen.value = { kind: 'available', note: '', icon: '' };
  expect([w.shown, w.notifier.count]).toEqual([[], 3]);
});

test.each([[false, 'granted'], [true, 'denied'], [true, 'default'], [true, 'unsupported']] as const)(
  'none where notifications are %s and %s', async (isOn, permission) => {
    const w = new World();
    w.settings.notifications.value = isOn;
    w.notifier.permission.value = permission;
    await w.arrive(w.bob, 'hello');
    expect(w.shown).toEqual([]);
  });

test('many messages at once make one sound; none where it is not wished', async () => {
  const w = new World();
  await w.arrive(w.bob, 'quiet');
  w.settings.sound.value = true;
  for (let number = 0; number < 20; number += 1) await w.arrive(w.bob, `${number}`);
  expect(w.notifier.beeps).toBe(1);
  await w.clock.pass(3_000);
  await w.arrive(w.bob, 'later');
  expect(w.notifier.beeps).toBe(2);
});

test('requests and voicemail are told by one page of the browser, and until they are settled', async () => {
  const w = new World();
  const second = w.make(); // another page, with the same screen
  w.people.ask('dan');
  w.voicemail.arrive(2);
  await settle();
  expect(w.shown.sort()).toEqual(['2 new: ', 'dan?: ']);
  w.people.requests.value = [];
  expect(w.shown).toEqual(['2 new: ']);
  w.voicemail.arrive(0);
  expect(w.shown).toEqual([]);
  expect([...w.browser.claimed]).toEqual(['request dan@example.org', 'voicemail 2', 'voicemail 0']);
  second.end();
});

test('who clicks on a notification of a request or of voicemail is shown it', async () => {
  const w = new World();
  w.people.ask('dan');
  w.voicemail.arrive(2);
  await settle();
  for (const { click } of [...w.notifier.shown.values()]) click();
  expect(w.looked.sort()).toEqual(['request', 'voicemail']);
});

test('after the end nothing is told', async () => {
  const w = new World();
  w.conversations.arrive(w.bob, 'hello');
  w.model.end();
  await settle();
  expect([w.shown, w.notifier.isEnded]).toEqual([[], true]);
});
