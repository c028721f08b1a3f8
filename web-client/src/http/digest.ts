// Digest over HTTP (RFC 7616), so that the browser asks nobody for a password in a window of its own. MD5, the first
// of the server's challenges: there is nothing else without HTTPS.
//
// A nonce is used for as long as the server takes it, with a count that grows (§3.4). Requests go side by side; those
// that begin while no nonce is known wait for the first one's challenge. SPDX-License-Identifier: MIT
import { md5 } from './md5';

export interface Credentials {
  user: string;
  secret: string; // a password, or what a session has instead
}

interface Challenge {
  realm: string;
  nonce: string;
  opaque: string | null;
  isStale: boolean;
  count: number; // nc that was used last
}

export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Without credentials, with the challenge's nonce, and with another where that was too old meanwhile. */
const MOST_ATTEMPTS = 3;

/** A `fetch` that answers challenges; `path` is what stands in the request line. Throws what `plain` throws. */
export function createDigestFetch(credentials: Credentials, plain: Fetch): Fetch {
  let challenge: Challenge | null = null;
  let first: Promise<unknown> | null = null; // the request that goes without credentials, for all

  const attempt = (path: string, init: RequestInit, used: Challenge | null): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (used) headers.set('Authorization', authorization(used, credentials, init.method ?? 'GET', path));
    return plain(path, { ...init, headers });
  };

  const firstAttempt = (path: string, init: RequestInit): Promise<Response> => {
    const response = attempt(path, init, null);
    first = response.then(learn, () => undefined).finally(() => (first = null));
    return first.then(() => response);
  };

  const learn = (response: Response): void => {
    if (response.status === 401) challenge = challengeIn(response) ?? challenge;
  };

  return async (path, init) => {
    while (first) await first;
    let used: Challenge | null = challenge;
    let response = used ? await attempt(path, init, used) : await firstAttempt(path, init);
    for (let attempts = 1; response.status === 401 && attempts < MOST_ATTEMPTS; attempts += 1) {
      const told = challengeIn(response);
      // §3.3: a nonce that is refused and not stale is not at fault, the secret is.
      if (!told || (used && !told.isStale)) return response;
      if (!challenge || challenge === used) challenge = told; // else another request has learned one meanwhile
      used = challenge;
      response = await attempt(path, init, used);
    }
    return response;
  };
}

// ---- challenges

function challengeIn(response: Response): Challenge | null {
  return readChallenge(response.headers.get('WWW-Authenticate') ?? '');
}

const PART = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/gy;

/** The first challenge for digest by MD5, of all that the header holds (RFC 9110 §11.6.1). */
export function readChallenge(header: string): Challenge | null {
  let scheme = '';
  let parameters = new Map<string, string>();
  const challenges = [{ scheme, parameters }];
  for (const [, name, quoted, plain] of header.matchAll(PART)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value !== undefined) parameters.set(name!.toLowerCase(), value);
    else {
      scheme = name!.toLowerCase();
      parameters = new Map();
      challenges.push({ scheme, parameters });
    }
  }
  const ours = challenges.find((one) => one.scheme === 'digest' && isPossible(one.parameters));
  return ours ? challengeOf(ours.parameters) : null;
}

function isPossible(parameters: ReadonlyMap<string, string>): boolean {
  const qop = (parameters.get('qop') ?? '').split(',').map((one) => one.trim().toLowerCase());
  return (parameters.get('algorithm') ?? 'MD5').toUpperCase() === 'MD5' && qop.includes('auth') &&
    parameters.has('realm') && parameters.has('nonce');
}

function challengeOf(parameters: ReadonlyMap<string, string>): Challenge {
  return {
    realm: parameters.get('realm')!,
    nonce: parameters.get('nonce')!,
    opaque: parameters.get('opaque') ?? null,
    isStale: parameters.get('stale')?.toLowerCase() === 'true',
    count: 0,
  };
}

// ---- credentials

function randomText(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A header's characters are bytes: UTF-8 goes as such (RFC 7616 §4). */
function quoted(text: string): string {
  const bytes = new TextEncoder().encode(text.replace(/["\\]/g, '\\$&'));
  return `"${Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')}"`;
}

function authorization(challenge: Challenge, { user, secret }: Credentials, method: string, path: string): string {
  challenge.count += 1;
  const { realm, nonce, opaque } = challenge;
  const nc = challenge.count.toString(16).padStart(8, '0');
  const cnonce = randomText();
  const hash = md5(`${md5(`${user}:${realm}:${secret}`)}:${nonce}:${nc}:${cnonce}:auth:${md5(`${method}:${path}`)}`);
  const parts = [
    `username=${quoted(user)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`, `uri=${quoted(path)}`,
    `response="${hash}"`, 'algorithm=MD5', 'qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`,
  ];
  if (opaque !== null) parts.push(`opaque=${quoted(opaque)}`);
  return `Digest ${parts.join(', ')}`;
}
