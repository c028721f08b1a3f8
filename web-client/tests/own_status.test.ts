// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import { Documents } from '../src/model/documents';
import { OwnStatusModel } from '../src/model/own_status';
import type { PublishedPresence } from '../src/model/ports';
import { FakeApi, FakeBrowser, FakeClock, FakeLink, presence, settle } from './fake_ports';

const STATUS = 'pidf-manipulation/users/sip:alice@example.org/status';
const MINUTE = 60_000;
const ACTIVE: PublishedPresence = { isOpen: true, isIdle: false, person: null };
const IDLE: PublishedPresence = { isOpen: true, isIdle: true, person: null };
const AWAY: PublishedPresence = { ...IDLE, person: { isOpen: true, activity: 'away', note: '', icon: '' } };

/** Alice's devices, and a server that composes what they publish and tells all of them. */
class Alice {
  readonly api = new FakeApi();
  readonly clock = new FakeClock();
  readonly minutes = signal(5);
  readonly pages: Page[] = [];

  async open(browser = new FakeBrowser()): Promise<Page> {
    const page = new Page(this, browser);
    this.pages.push(page);
    await settle();
    return page;
  }

  /** The NOTIFYs after whatever was published; those of other pages may still be under way. */
  notify(...pages: Page[]): void {
    const now = this.pages.map(({ link }) => link.published.at(-1) ?? null).filter((one) => one !== null);
    const open = now.filter(({ isOpen }) => isOpen);
    const person = now.find((one) => one.person)?.person;
    const told = presence({
      isOpen: open.length > 0, activity: person?.activity ?? 'available',
      activeDevices: open.filter(({ isIdle }) => !isIdle).length,
      idleDevices: open.filter(({ isIdle }) => isIdle).length,
    });
    for (const { link } of pages.length > 0 ? pages : this.pages) link.oneself.tell(told);
  }
}

class Page {
  readonly link = new FakeLink();
  readonly own: OwnStatusModel;

  constructor(alice: Alice, browser: FakeBrowser) {
    this.own = new OwnStatusModel({
      link: this.link, api: alice.api.port, documents: new Documents(this.link), clock: alice.clock,
      tabs: browser.open(), awayAfterMinutes: alice.minutes,
    });
  }

  get last(): PublishedPresence | null {
    return this.link.published.at(-1) ?? null;
  }
}

// ---- what was chosen

test('nothing is published before it is known whether one is invisible', async () => {
  const alice = new Alice();
  alice.api.status = { kind: 'invisible', note: 'hidden', icon: '' };
  const open = alice.api.gate();
  const { own, link } = await alice.open();
  expect(link.published).toEqual([]);
  open();
  await settle();
  expect(own.chosen.value).toEqual({ kind: 'invisible', note: 'hidden', icon: '' });
  expect(link.published).toEqual([{ isOpen: false, isIdle: false, person: null }]);
});

test('a server that cannot tell what was chosen does not keep a page from being there', async () => {
  const alice = new Alice();
  alice.api.fail('busy');
  alice.api.status = { kind: 'busy', note: '', icon: '' };
  const { own, link } = await alice.open();
  expect(link.published).toEqual([ACTIVE]);
  await alice.clock.pass(1_000);
  expect(own.chosen.value.kind).toBe('busy');
});

test('who has chosen nothing is available', async () => {
  const { own, last } = await new Alice().open();
  expect(own.chosen.value).toEqual({ kind: 'available', note: '', icon: '' });
  expect(last).toEqual(ACTIVE);
});

test('a choice is shown at once and written once', async () => {
  const alice = new Alice();
  const { own } = await alice.open();
  const choosing = own.choose('busy', ' in a meeting ');
  expect(own.chosen.value).toMatchObject({ kind: 'busy', note: 'in a meeting' });
  expect(await choosing).toBeNull();
  expect(alice.api.status).toEqual({ kind: 'busy', note: 'in a meeting', icon: '' });
});

test('what was changed somewhere else meanwhile is told and shown', async () => {
  const alice = new Alice();
  const { own } = await alice.open();
  alice.api.status = { kind: 'away', note: 'by the phone', icon: '' };
  alice.api.fail('changed');
  expect(await own.choose('busy', '')).toEqual({ kind: 'changed', detail: '' });
  await settle();
  expect(own.chosen.value).toEqual({ kind: 'away', note: 'by the phone', icon: '' });
});

test('choices in a row go out in a row, and the last one stays', async () => {
  const alice = new Alice();
  const { own } = await alice.open();
  const open = alice.api.gate();
  const choices = [own.choose('busy', ''), own.choose('do-not-disturb', ''), own.choose('available', 'back')];
  open();
  expect(await Promise.all(choices)).toEqual([null, null, null]);
  await settle();
  expect(own.chosen.value).toMatchObject({ kind: 'available', note: 'back' });
  expect(alice.api.calls.filter((call) => call.startsWith('choose'))).toHaveLength(3);
});

test('another page sees the choice when the document has changed', async () => {
  const alice = new Alice();
  const [one, two] = [await alice.open(), await alice.open()];
  await one.own.choose('do-not-disturb', 'no');
  expect(two.own.chosen.value.kind).toBe('available');
  two.link.documents.tell(new Map([[STATUS, '"2"']]));
  await settle();
  expect(two.own.chosen.value).toMatchObject({ kind: 'do-not-disturb', note: 'no' });
});

test('a picture is kept by its address, shown from our own server, and taken away with its address first', async () => {
  const alice = new Alice();
  const { own } = await alice.open();
  expect(await own.setIcon(new Blob())).toBeNull();
  expect(alice.api.status!.icon).toBe('http://127.0.0.1:8080/api/v1/icons/abc123');
  expect(own.chosen.value.icon).toBe('/api/v1/icons/abc123');
  expect(await own.choose('busy', '')).toBeNull();
  expect(alice.api.status!.icon).toBe('http://127.0.0.1:8080/api/v1/icons/abc123');
  expect(await own.removeIcon()).toBeNull();
  expect(alice.api.calls.slice(-3)).toEqual(['chooseStatus busy ', 'chosenStatus', 'removeIcon']);
  expect(alice.api.status!.icon).toBe('');
  alice.api.fail('limit');
  expect(await own.setIcon(new Blob())).toEqual({ kind: 'limit', detail: '' });
});

test('shown is what others see: nothing is known before the first NOTIFY and after a cut', async () => {
  const alice = new Alice();
  const { own, link } = await alice.open();
  expect(own.shown.value).toBeNull();
  link.oneself.tell(presence({ note: 'tea', icon: 'https://evil.test/x.png' }));
  expect(own.shown.value).toMatchObject({ isOpen: true, note: 'tea', icon: '' });
  await own.choose('invisible', '');
  expect(own.shown.value!.isOpen).toBe(false);
  link.cut();
  expect(own.shown.value).toBeNull();
});

// ---- away by oneself

test('who touches nothing is idle, and away once the server says that no device is active', async () => {
  const alice = new Alice();
  const page = await alice.open();
  alice.notify();
  await alice.clock.pass(5 * MINUTE);
  expect(page.last).toEqual(IDLE);
  expect(page.own.isAutomaticallyAway.value).toBe(false);
  alice.notify();
  expect(page.last).toEqual(AWAY);
  expect(page.own.isAutomaticallyAway.value).toBe(true);
  alice.notify();
  page.own.active();
  expect(page.last).toEqual(ACTIVE);
  alice.notify();
  expect(page.own.isAutomaticallyAway.value).toBe(false);
  expect(page.link.published).toHaveLength(4);
});

test('touching puts it off', async () => {
  const alice = new Alice();
  const page = await alice.open();
  for (let minute = 0; minute < 12; minute += 1) {
    await alice.clock.pass(MINUTE);
    page.own.active();
  }
  expect(page.last).toEqual(ACTIVE);
  await alice.clock.pass(5 * MINUTE - 1);
  expect(page.last).toEqual(ACTIVE);
  await alice.clock.pass(1);
  expect(page.last).toEqual(IDLE);
});

test('the time is of all pages of one browser, which are told every five seconds at most', async () => {
  const alice = new Alice();
  const browser = new FakeBrowser();
  const [one, two] = [await alice.open(browser), await alice.open(browser)];
  await alice.clock.pass(4 * MINUTE);
  for (let at = 0; at < 60; at += 1) {
    two.own.active();
    await alice.clock.pass(100);
  }
  expect(browser.tabs[1]!.told).toHaveLength(3); // its opening among them
  await alice.clock.pass(4 * MINUTE);
  expect([one.last, two.last]).toEqual([ACTIVE, ACTIVE]);
  await alice.clock.pass(MINUTE);
  expect([one.last, two.last]).toEqual([IDLE, IDLE]);
  one.own.active();
  expect([one.last, two.last]).toEqual([ACTIVE, ACTIVE]);
});

test('two devices that become idle together are away; the first touch of one takes it back on both', async () => {
  const alice = new Alice();
  const [one, two] = [await alice.open(), await alice.open()];
  alice.notify();
  await alice.clock.pass(5 * MINUTE);
  expect([one.last, two.last]).toEqual([IDLE, IDLE]);
  alice.notify();
  expect([one.last, two.last]).toEqual([AWAY, AWAY]);
  alice.notify();
  two.own.active();
  expect([one.last, two.last]).toEqual([AWAY, ACTIVE]);
  alice.notify();
  expect([one.last, two.last]).toEqual([IDLE, ACTIVE]);
  alice.notify();
  expect([one.own.isAutomaticallyAway.value, two.own.isAutomaticallyAway.value]).toEqual([false, false]);
});

test('who works at another device is not away, until that one is idle as well', async () => {
  const alice = new Alice();
  const [one, two] = [await alice.open(), await alice.open()];
  alice.notify();
  await alice.clock.pass(4 * MINUTE);
  two.own.active();
  await alice.clock.pass(MINUTE);
  alice.notify();
  expect([one.last, two.last]).toEqual([IDLE, ACTIVE]);
  await alice.clock.pass(4 * MINUTE);
  alice.notify();
  expect([one.last, two.last]).toEqual([AWAY, AWAY]);
});

test('one goes idle while the other is touched: whatever order it is told in, nobody is away', async () => {
  const alice = new Alice();
  const [one, two] = [await alice.open(), await alice.open()];
  alice.notify();
  await alice.clock.pass(5 * MINUTE);
  alice.notify(one); // says that both are idle
  two.own.active(); // before anything was told here
  expect([one.last, two.last]).toEqual([AWAY, ACTIVE]);
  alice.notify(two);
  alice.notify(one);
  alice.notify();
  expect([one.last, two.last]).toEqual([IDLE, ACTIVE]);
});

test.each(['busy', 'away', 'do-not-disturb', 'invisible'] as const)('who has chosen %s stays it', async (kind) => {
  const alice = new Alice();
  alice.api.status = { kind, note: '', icon: '' };
  const page = await alice.open();
  await alice.clock.pass(5 * MINUTE);
  alice.notify();
  expect(page.last).toEqual({ isOpen: kind !== 'invisible', isIdle: true, person: null });
});

test('a choice elsewhere takes away what a page has said by itself; note and picture go with it', async () => {
  const alice = new Alice();
  alice.api.status = { kind: 'available', note: 'tea', icon: 'https://x.test/api/v1/icons/ab' };
  const page = await alice.open();
  await alice.clock.pass(5 * MINUTE);
  alice.notify();
  expect(page.last!.person).toEqual({ ...AWAY.person, note: 'tea', icon: 'https://x.test/api/v1/icons/ab' });
  alice.api.status = { kind: 'busy', note: '', icon: '' };
  page.link.documents.tell(new Map([[STATUS, '"2"']]));
  await settle();
  expect(page.last).toEqual(IDLE);
});

test('a cut changes nothing that was said, and what is told after it decides', async () => {
  const alice = new Alice();
  const [one, two] = [await alice.open(), await alice.open()];
  await alice.clock.pass(5 * MINUTE);
  alice.notify();
  one.link.cut();
  const said = one.link.published.length;
  await alice.clock.pass(5 * MINUTE);
  expect(one.link.published).toHaveLength(said);
  two.own.active();
  alice.notify(two);
  expect(one.last).toEqual(AWAY); // nobody could tell it
  alice.notify(one);
  expect(one.last).toEqual(IDLE);
});

test('who touches a page that is cut off is active when it is back', async () => {
  const alice = new Alice();
  const page = await alice.open();
  await alice.clock.pass(5 * MINUTE);
  alice.notify();
  page.link.cut();
  page.own.active();
  expect(page.last).toEqual(ACTIVE);
});

test('a computer that slept was idle', async () => {
  const alice = new Alice();
  const page = await alice.open();
  alice.clock.sleep(60 * MINUTE);
  await alice.clock.pass(0);
  expect(page.last).toEqual(IDLE);
});

test('0 minutes is never; a shorter time holds at once', async () => {
  const alice = new Alice();
  alice.minutes.value = 0;
  const page = await alice.open();
  await alice.clock.pass(600 * MINUTE);
  expect(page.last).toEqual(ACTIVE);
  alice.minutes.value = 30;
  expect(page.last).toEqual(IDLE);
  page.own.active();
  await alice.clock.pass(3 * MINUTE);
  alice.minutes.value = 2;
  expect(page.last).toEqual(IDLE);
});

test('after the end nothing is published', async () => {
  const alice = new Alice();
  const page = await alice.open();
  page.own.end();
  await alice.clock.pass(10 * MINUTE);
  expect(page.link.published).toEqual([ACTIVE]);
});
