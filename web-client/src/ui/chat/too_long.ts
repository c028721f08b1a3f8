// Whether a text still fits into a message, told while it is written. The model has the last word.
// SPDX-License-Identifier: MIT

/** CPIM's headers around the text (RFC 3862), with long names in them. */
const HEADERS_BYTES = 1024;
const MOST_BYTES_OF_A_UNIT = 3; // of a UTF-16 code unit, in UTF-8

/** How much shorter it has to be, in percent of its length; 0: it fits. */
export function percentTooLong(text: string, messageBytes: number): number {
  const room = Math.max(1, messageBytes - HEADERS_BYTES);
  if (text.length * MOST_BYTES_OF_A_UNIT <= room) return 0;
  const bytes = new TextEncoder().encode(text).length;
  return bytes <= room ? 0 : Math.ceil((1 - room / bytes) * 100);
}
