// How long a message may be. The server closes the connection at a SIP message of 65,535 bytes, and whoever receives
// it may set a lower limit, so a text stays well below.
// SPDX-License-Identifier: MIT

export const MOST_BYTES = 32_000;

/** Why this text is too long to be sent; empty: it is not. */
export function lengthProblem(text: string): string {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MOST_BYTES) return '';
  const percent = Math.ceil(((bytes - MOST_BYTES) / bytes) * 100);
  return `This message is too long to be sent. Shorten it by ${percent} %, or send it in parts.`;
}
