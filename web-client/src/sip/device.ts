// Which device we are (+sip.instance, RFC 5626 §4.1). The server owes messages to devices, so a page that returns
// must be the one it was. Pages open side by side are different devices, or one would take the other's messages:
// each takes the lowest number that no open page has. They ask each other, which works without HTTPS too.
// SPDX-License-Identifier: MIT

const ANSWER_WAIT_MS = 150;
const MOST_PAGES = 32;

interface Question {
  kind: 'who' | 'mine';
  account: string;
  number: number;
}

export interface Device {
  instance: string; // a UUID
  number: number; // among the pages open side by side
  release(): void;
}

function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // RFC 9562 §5.4: version 4, variant 10
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function rememberedUuid(account: string, number: number): string {
  const name = `heliograph.device.${number}.${account}`;
  try {
    const known = localStorage.getItem(name);
    if (known) return known;
    const fresh = newUuid();
    localStorage.setItem(name, fresh);
    return fresh;
  } catch {
    return newUuid(); // a browser that keeps nothing is a new device each time
  }
}

function lowestFree(taken: Set<number>): number {
  for (let number = 0; number < MOST_PAGES; number += 1) if (!taken.has(number)) return number;
  return MOST_PAGES;
}

export async function claimDevice(account: string): Promise<Device> {
  const channel = new BroadcastChannel('heliograph.devices');
  const taken = new Set<number>();
  let mine = -1;
  channel.onmessage = ({ data }: MessageEvent<Question>) => {
    if (data.account !== account) return;
    if (data.kind === 'mine') taken.add(data.number);
    else if (mine >= 0) channel.postMessage({ kind: 'mine', account, number: mine } satisfies Question);
  };
  channel.postMessage({ kind: 'who', account, number: -1 } satisfies Question);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_WAIT_MS));
  mine = lowestFree(taken);
  return { instance: rememberedUuid(account, mine), number: mine, release: () => channel.close() };
}
