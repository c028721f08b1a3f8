// SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { BrowserNotifier } from '../src/browser/notifier';

class FakeNotification {
  static permission = 'default';
  static answer = 'granted';
  static shown: FakeNotification[] = [];
  static requestPermission(): Promise<string> {
    FakeNotification.permission = FakeNotification.answer;
    return Promise.resolve(FakeNotification.permission);
  }
  onclick: (() => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly title: string, readonly options: { tag: string; body: string; icon: string }) {
    FakeNotification.shown = [...FakeNotification.shown.filter((one) => one.options.tag !== options.tag), this];
  }
  close(): void {
    FakeNotification.shown = FakeNotification.shown.filter((one) => one !== this);
    this.onclose?.();
  }
}

class FakeAudio {
  static notes: number[] = [];
  currentTime = 0;
  destination = {};
  resume = (): Promise<void> => Promise.resolve();
  close = (): Promise<void> => Promise.resolve();
  createGain(): unknown {
    const gain = { setValueAtTime: () => 0, linearRampToValueAtTime: () => 0, exponentialRampToValueAtTime: () => 0 };
    return { gain, connect: (next: unknown) => next };
  }
  createOscillator(): unknown {
    const frequency = { set value(hertz: number) {
      FakeAudio.notes.push(hertz);
    } };
    return { frequency, connect: (next: unknown) => next, start: () => 0, stop: () => 0 };
  }
}

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('Notification', FakeNotification);
  document.head.innerHTML = '<link rel="icon" href="/favicon.svg">';
});
afterEach(() => {
  vi.unstubAllGlobals();
  Object.assign(FakeNotification, { permission: 'default', answer: 'granted', shown: [] });
});

test('permission is asked for when it is wished, and followed', async () => {
  const notifier = new BrowserNotifier();
  expect(notifier.permission.value).toBe('default');
  FakeNotification.answer = 'denied';
  await notifier.ask();
  expect(notifier.permission.value).toBe('denied');
  FakeNotification.permission = 'granted';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(notifier.permission.value).toBe('granted');
  notifier.end();
});

test.each(['plain HTTP', 'none'])('unsupported: %s', async (why) => {
  if (why === 'none') vi.stubGlobal('Notification', undefined);
  else vi.stubGlobal('isSecureContext', false);
  const notifier = new BrowserNotifier();
  await notifier.ask();
  expect(notifier.permission.value).toBe('unsupported');
});

test('a notification is shown, clicked and closed', () => {
  const notifier = new BrowserNotifier();
  const focus = vi.spyOn(window, 'focus').mockImplementation(() => undefined);
  let clicks = 0;
  const notice = { tag: 'a', title: 'Bob', body: 'hello', icon: '' };
  notifier.show(notice, () => {
    clicks += 1;
  });
  notifier.show({ ...notice, tag: 'b', icon: '/api/v1/icons/ab' }, () => undefined);
  expect(FakeNotification.shown.map(({ title, options }) => [title, options.body, options.icon])).toEqual(
    [['Bob', 'hello', '/favicon.svg'], ['Bob', 'hello', '/api/v1/icons/ab']]);
  FakeNotification.shown[0]!.onclick!();
  expect([clicks, focus.mock.calls.length, FakeNotification.shown.length]).toEqual([1, 1, 1]);
  notifier.close('a');
  notifier.end();
  expect(FakeNotification.shown).toEqual([]);
});

test('a browser that allows them to service workers only has none', () => {
  vi.stubGlobal('Notification', class {
    static permission = 'granted';
    constructor() {
      throw new TypeError('Illegal constructor');
    }
  });
  const notifier = new BrowserNotifier();
  notifier.show({ tag: 'a', title: 'Bob', body: '', icon: '' }, () => undefined);
  expect(notifier.permission.value).toBe('unsupported');
});

test('title and picture say how many', () => {
  const notifier = new BrowserNotifier();
  const picture = (): string => document.querySelector('link')!.getAttribute('href')!;
  notifier.badge(3);
  expect([document.title, picture()]).toEqual(['(3) Heliograph', '/favicon-unread.svg']);
  notifier.badge(100);
  expect(document.title).toBe('(99+) Heliograph');
  notifier.end();
  expect([document.title, picture()]).toEqual(['Heliograph', '/favicon.svg']);
});

test('the sound is two notes, and a browser without sound stays silent', async () => {
  const notifier = new BrowserNotifier();
  notifier.beep();
  vi.stubGlobal('AudioContext', FakeAudio);
  notifier.beep();
  await Promise.resolve();
  expect(FakeAudio.notes).toEqual([660, 990]);
  notifier.end();
});
