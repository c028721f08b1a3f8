// One request to the server that the page came from, and what its refusals are in the words of the model.
// SPDX-License-Identifier: MIT
import { PortError, type Problem, type ProblemKind } from '../model/ports';
import { createDigestFetch, type Credentials, type Fetch } from './digest';

/** A request that is not answered for so long never will be: the connection is gone. */
const LONGEST_MS = 30_000;

const KINDS: Readonly<Record<number, ProblemKind>> = {
  401: 'session-ended',
  403: 'forbidden',
  404: 'no-such-user',
  408: 'busy',
  412: 'changed',
  413: 'limit',
  429: 'busy',
  502: 'busy',
  503: 'busy',
  504: 'busy',
};

export interface Answer {
  body: string;
  etag: string; // '' for none
}

export interface Outgoing {
  method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  path: string;
  json?: unknown;
  body?: BodyInit;
  headers?: Readonly<Record<string, string>>;
}

/** All of what it throws is a PortError. */
export type Ask = (outgoing: Outgoing) => Promise<Answer>;

/** RFC 3986 §2.3: all but "unreserved" is escaped, so that the browser leaves the path as it is. */
export function segment(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${segment(String(value))}`]);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** The browser's fetch, without the browser's own credentials, questions and cache. */
export const plainFetch: Fetch = async (path, init) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), LONGEST_MS);
  try {
    const response = await fetch(path, {
      ...init, credentials: 'omit', cache: 'no-store', redirect: 'error', signal: controller.signal,
    });
    const hasBody = response.status !== 204 && response.status !== 304;
    const body = await response.arrayBuffer(); // within the time
    return new Response(hasBody ? body : null, { status: response.status, headers: response.headers });
  } finally {
    clearTimeout(timer);
  }
};

async function ask(through: Fetch, { method, path, json, body, headers }: Outgoing): Promise<Answer> {
  const init: RequestInit = { method, headers: { Accept: 'application/json, */*;q=0.5', ...headers } };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { ...init.headers, 'Content-Type': 'application/json' };
  } else if (body !== undefined) init.body = body;
  let response: Response;
  let text: string;
  try {
    response = await through(path, init);
    text = await response.text();
  } catch {
    throw new PortError({ kind: 'no-connection', detail: '' });
  }
  if (!response.ok) throw new PortError(problemOf(response.status, text));
  return { body: text, etag: response.headers.get('ETag') ?? '' };
}

/** The API says in JSON what is wrong; a proxy before it may say anything. */
function problemOf(status: number, body: string): Problem {
  const kind = KINDS[status] ?? 'other';
  try {
    const { error } = JSON.parse(body) as { error: unknown };
    if (typeof error === 'string') return { kind, detail: error };
  } catch {
    // what stands there is not for people
  }
  return { kind, detail: '' };
}

/** Without credentials. */
export function createPlainAsk(through: Fetch = plainFetch): Ask {
  return (outgoing) => ask(through, outgoing);
}

export function createAsk(credentials: Credentials, through: Fetch = plainFetch): Ask {
  const digest = createDigestFetch(credentials, through);
  return (outgoing) => ask(digest, outgoing);
}

/** Of an answer's JSON. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new PortError({ kind: 'other', detail: "The server's answer is not understood: it is no JSON" });
  }
}
