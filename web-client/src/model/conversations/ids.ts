// The server's numbers, which are larger than a number of JavaScript may be, and names of messages.
// SPDX-License-Identifier: MIT
import type { MessageNames } from '../ports';

export const NO_ID = '0';

/** Decimal texts without zeros before them, as numbers. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

export function laterId(a: string, b: string): string {
  return compareIds(a, b) >= 0 ? a : b;
}

/** What is asked for as `after` so that this one comes, too. */
export function idBefore(id: string): string {
  return (BigInt(id) - 1n).toString();
}

export type Direction = 'sent' | 'received';

/** What a message live and its stored row have in common. */
export function nameText(direction: Direction, { callId, cseq }: MessageNames): string {
  return `${direction} ${cseq} ${callId}`;
}

/** 96 random bits. */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
