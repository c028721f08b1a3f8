// Pages of one account, side by side. SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { claimDevice, forgetDevices } from '../src/sip/device';

/** What is posted reaches all others a moment later, in its order. */
class FakeChannel {
  static open = new Set<FakeChannel>();
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly name: string) {
    FakeChannel.open.add(this);
  }
  postMessage(data: unknown): void {
    const others = [...FakeChannel.open].filter((one) => one !== this && one.name === this.name);
    for (const other of others) setTimeout(() => FakeChannel.open.has(other) && other.onmessage?.({ data }), 1);
  }
  close(): void {
    FakeChannel.open.delete(this);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('BroadcastChannel', FakeChannel);
  FakeChannel.open.clear();
  localStorage.clear();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function claim(account = 'alice@example.test') {
  const claimed = claimDevice(account);
  await vi.advanceTimersByTimeAsync(200);
  return claimed;
}

test('each page takes the lowest number that no open page has, and is the device that it was', async () => {
  const [first, second, third] = [await claim(), await claim(), await claim()];
  expect([first.number, second.number, third.number]).toEqual([0, 1, 2]);
  expect([...third.others].sort()).toEqual([0, 1]);
  expect(new Set([first.instance, second.instance, third.instance]).size).toBe(3);
  second.release();
  const again = await claim();
  expect(again).toMatchObject({ number: 1, instance: second.instance });
});

test('pages of other accounts are other devices', async () => {
  const alice = await claim();
  const bob = await claim('bob@example.test');
  expect(bob.number).toBe(0);
  expect(bob.others.size).toBe(0);
  expect(bob.instance).not.toBe(alice.instance);
});

test('pages that begin at once, or one after the other, choose different numbers', async () => {
  for (let round = 0; round < 20; round += 1) {
    FakeChannel.open.clear();
    const begun: ReturnType<typeof claimDevice>[] = [];
    for (let page = 0; page < 6; page += 1) {
      begun.push(claimDevice('alice@example.test'));
      await vi.advanceTimersByTimeAsync((round % 4) * 40);
    }
    await vi.advanceTimersByTimeAsync(500);
    const numbers = (await Promise.all(begun)).map(({ number }) => number);
    expect(new Set(numbers).size).toBe(6);
    expect(Math.max(...numbers)).toBeLessThan(6);
  }
});

test('a computer that is forgotten is another device the next time', async () => {
  const before = await claim();
  before.release();
  forgetDevices('alice@example.test');
  expect((await claim()).instance).not.toBe(before.instance);
});

test('a browser that keeps nothing, or has no channels, is a device all the same', async () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  vi.stubGlobal('localStorage', undefined);
  expect(await claim()).toMatchObject({ number: 0, instance: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});
