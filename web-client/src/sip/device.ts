// Which device we are (+sip.instance, RFC 5626 §4.1). The server owes messages to devices, so a page that returns
// must be the one it was. Pages open side by side are different devices, or one would take the other's messages:
// each takes the lowest number that no open page has. They ask each other, which works without HTTPS too.
//
//   who      I begin: who is there?
//   begins   the answer of one that has not chosen yet; of those the lowest lot chooses the lowest number
//   mine     the answer of one that has, and what each says when it has chosen
// SPDX-License-Identifier: MIT

const ANSWER_WAIT_MS = 150;
const MOST_PAGES = 32;

type Said = { account: string } & (
  | { kind: 'who' | 'begins'; lot: number }
  | { kind: 'mine'; lot: number; number: number });

export interface Device {
  instance: string; // a UUID
  number: number; // among the pages open side by side
  others: ReadonlySet<number>; // of the pages that are open beside it
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

function nameOf(account: string, number: number): string {
  return `heliograph.device.${number}.${account}`;
}

function rememberedUuid(account: string, number: number): string {
  const name = nameOf(account, number);
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

/** This computer is none of the account's devices any more. */
export function forgetDevices(account: string): void {
  try {
    for (let number = 0; number <= MOST_PAGES; number += 1) localStorage.removeItem(nameOf(account, number));
  } catch {
    // nothing was kept
  }
}

/** The one at `rank` among the numbers that are free. */
function freeNumber(taken: ReadonlySet<number>, rank: number): number {
  const free = Array.from({ length: MOST_PAGES }, (_, number) => number).filter((number) => !taken.has(number));
  return free[rank] ?? MOST_PAGES;
}

export async function claimDevice(account: string): Promise<Device> {
  if (typeof BroadcastChannel === 'undefined')
    return { instance: rememberedUuid(account, 0), number: 0, others: new Set(), release: () => undefined };
  const channel = new BroadcastChannel('heliograph.devices');
  const taken = new Set<number>();
  const beginning = new Set<number>(); // lots
  const lot = Math.random();
  let mine = -1;
  const say = (said: Said): void => channel.postMessage(said);
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.account !== account) return;
    if (data.kind === 'mine') {
      taken.add(data.number);
      beginning.delete(data.lot);
    } else if (mine < 0) beginning.add(data.lot);
    if (data.kind === 'who')
      say(mine < 0 ? { kind: 'begins', account, lot } : { kind: 'mine', account, lot, number: mine });
  };
  say({ kind: 'who', account, lot });
  await new Promise((resolve) => setTimeout(resolve, ANSWER_WAIT_MS));
  mine = freeNumber(taken, [...beginning].filter((other) => other < lot).length);
  say({ kind: 'mine', account, lot, number: mine });
  const release = (): void => channel.close();
  return { instance: rememberedUuid(account, mine), number: mine, others: new Set(taken), release };
}
