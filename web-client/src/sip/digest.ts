// Who we are, in every request (RFC 3261 §22, RFC 7616). JsSIP waits for a challenge each time; here the last one
// serves as long as it is good, so a request is sent once.
// SPDX-License-Identifier: MIT
import DigestAuthentication, { type Challenge } from 'jssip/lib/DigestAuthentication.js';
import type { IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';

/** Below the server's own default (authentication.nonce_s); less where it turns out to be. */
const NONCE_MS = 240_000;

export class Credentials {
  private readonly login: { username: string; password: string };
  private challenge: Challenge | null = null;
  private digest: DigestAuthentication | null = null; // counts the uses of the challenge's nonce
  private givenAt = 0;
  private nonceMs = NONCE_MS;

  constructor(username: string, password: string) {
    this.login = { username, password };
  }

  /** There is a challenge that the server will most likely accept an answer to. */
  isReady(): boolean {
    return this.challenge !== null && Date.now() - this.givenAt < this.nonceMs;
  }

  /** Adds the credentials; false: there is no challenge that we can answer. */
  authorize(request: OutgoingRequest): boolean {
    if (!this.challenge || !this.digest?.authenticate(request, this.challenge)) return false;
    request.setHeader('authorization', this.digest.toString());
    return true;
  }

  /** From a 401; false: there is no challenge in it. Whether it says that only the nonce was too old: `isStale`. */
  take(response: IncomingResponse): { isStale: boolean } | null {
    const challenge = response.parseHeader('www-authenticate') as Challenge | undefined;
    if (!challenge) return null;
    const isStale = challenge.stale === true;
    const age = Date.now() - this.givenAt;
    if (isStale && this.challenge && age < this.nonceMs) this.nonceMs = age * 0.8;
    this.challenge = challenge;
    this.digest = new DigestAuthentication(this.login);
    this.givenAt = Date.now();
    return { isStale };
  }
}
