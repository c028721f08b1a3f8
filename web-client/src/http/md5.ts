// MD5 (RFC 1321), for digest over HTTP. JsSIP has one, but not for all texts: it splits characters beyond U+FFFF into
// bytes that no server knows, so that a password with an emoji would be wrong; and it is not loaded yet when somebody
// logs in. crypto.subtle has no MD5, and nothing at all without HTTPS. SPDX-License-Identifier: MIT

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];
/** §3.4: the integer part of 2^32 times the sine of 1 to 64. */
const SINES = Array.from({ length: 64 }, (_, index) => Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32) | 0);

/** §3.1 and §3.2: a one bit, zeros, and the length in bits, up to a multiple of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const whole = new Uint8Array((((bytes.length + 8) >>> 6) + 1) * 64);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  const view = new DataView(whole.buffer);
  view.setUint32(whole.length - 8, bytes.length << 3, true);
  view.setUint32(whole.length - 4, bytes.length >>> 29, true);
  return view;
}

/** What a step mixes, and which word of the block it takes. */
function mixed(step: number, b: number, c: number, d: number): [number, number] {
  if (step < 16) return [(b & c) | (~b & d), step];
  if (step < 32) return [(d & b) | (~d & c), (5 * step + 1) & 15];
  if (step < 48) return [b ^ c ^ d, (3 * step + 5) & 15];
  return [c ^ (b | ~d), (7 * step) & 15];
}

/** The hash of the text's UTF-8, as 32 hexadecimal digits. */
export function md5(text: string): string {
  const view = padded(new TextEncoder().encode(text));
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let block = 0; block < view.byteLength; block += 64) {
    let [a, b, c, d] = state as unknown as [number, number, number, number];
    for (let step = 0; step < 64; step += 1) {
      const [mix, word] = mixed(step, b, c, d);
      const sum = (a + mix + SINES[step]! + view.getInt32(block + 4 * word, true)) | 0;
      const shift = SHIFTS[((step >> 4) << 2) | (step & 3)]!;
      [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
    }
    state.set([state[0]! + a, state[1]! + b, state[2]! + c, state[3]! + d]);
  }
  return Array.from(new Uint8Array(state.buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
