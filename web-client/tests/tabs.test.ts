// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrowserTabs } from '../src/browser/tabs';
import { FakeClock, settle } from './fake_ports';

/** The channel of one origin: what one page says, the others hear at once. */
class FakeChannel {
  static open: FakeChannel[] = [];
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(readonly name: string) {
    FakeChannel.open.push(this);
  }
  postMessage(data: unknown): void {
    for (const other of [...FakeChannel.open])
      if (other !== this && other.name === this.name) other.onmessage?.({ data: structuredClone(data) });
  }
  close(): void {
    FakeChannel.open.splice(FakeChannel.open.indexOf(this), 1);
  }
}

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
  vi.stubGlobal('BroadcastChannel', FakeChannel);
});
afterEach(() => {
  vi.unstubAllGlobals();
  FakeChannel.open = [];
});

function open(isSeen = false, account = 'alice@example.org'): BrowserTabs {
  return new BrowserTabs(account, clock, () => isSeen);
}

test('a touch is heard by the other pages of the account', () => {
  const heard: string[] = [];
  const [one, two, other] = [open(), open(), open(false, 'bob@example.org')];
  one.onActivity((at) => heard.push(`one ${at}`));
  two.onActivity((at) => heard.push(`two ${at}`));
  other.onActivity((at) => heard.push(`other ${at}`));
  one.tellActivity(7);
  expect(heard).toEqual(['two 7']);
});

test('of pages that claim the same, one gets it, also when one is late', async () => {
  const pages = [open(), open(), open(), open()];
  const claims = pages.slice(0, 3).map((page) => page.claim('voicemail 3'));
  await clock.pass(200);
  expect((await Promise.all(claims)).filter((isMine) => isMine)).toEqual([true]);
  const late = pages[3]!.claim('voicemail 3');
  await clock.pass(200);
  expect(await late).toBe(false);
  const again = Promise.all(pages.map((page) => page.claim('voicemail 4')));
  await clock.pass(200);
  expect((await again).filter((isMine) => isMine)).toHaveLength(1);
});

test('what was long ago can be claimed again', async () => {
  const page = open();
  const first = page.claim('request bob');
  expect(await page.claim('request bob')).toBe(false);
  await clock.pass(200);
  expect(await first).toBe(true);
  expect(await page.claim('request bob')).toBe(false);
  await clock.pass(11_000);
  const later = page.claim('request bob');
  await clock.pass(200);
  expect(await later).toBe(true);
});

test('a person looks at this page, at another one, or at none', async () => {
  expect(await open(true).isSeen()).toBe(true);
  const page = open();
  expect(await page.isSeen()).toBe(true);
  FakeChannel.open = FakeChannel.open.slice(1); // closed without a word
  const asked = page.isSeen();
  await clock.pass(200);
  expect(await asked).toBe(false);
  open(true).end();
  const again = page.isSeen();
  await clock.pass(200);
  expect(await again).toBe(false);
});

test('a browser without channels is one page', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  const page = open();
  page.tellActivity(1);
  expect([await page.claim('x'), await page.isSeen()]).toEqual([true, false]);
  page.end();
  await settle();
});
