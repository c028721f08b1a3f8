// A SIP server that is a WebSocket: takes what JsSIP writes, and answers as the test wants. SPDX-License-Identifier: MIT
import { expect } from 'vitest';

export interface Received {
  method: string;
  uri: string;
  header(name: string): string;
  body: string;
  text: string;
  reply(status: number, lines?: readonly string[]): void;
}

type Handler = (request: Received) => void;

function headersOf(text: string): (name: string) => string {
  return (name) => new RegExp(`^${name}: (.*)\r$`, 'im').exec(text)?.[1] ?? '';
}

export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  /** What the server does with a request; the default takes all, with a challenge first. */
  static handler: Handler = () => undefined;
  static isReachable = true;
  binaryType = '';
  readyState = 0;
  isSilent = false; // it is open, and nothing comes of it
  readonly received: Received[] = [];
  readonly answers: string[] = []; // of the page, to our requests
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(readonly url: string, readonly protocol: string) {
    FakeSocket.all.push(this);
    setTimeout(() => (FakeSocket.isReachable ? this.open() : this.closeWith(1006)), 10);
  }

  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  static reset(): void {
    FakeSocket.all = [];
    FakeSocket.isReachable = true;
    FakeSocket.handler = challengeFirst;
  }

  open(): void {
    if (this.isSilent || this.readyState !== 0) return;
    this.readyState = 1;
    this.onopen?.();
  }

  close(): void {
    this.readyState = 3;
  }

  closeWith(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  give(text: string): void {
    if (!this.isSilent && this.readyState === 1) this.onmessage?.({ data: text });
  }

  send(text: string): void {
    if (text.startsWith('SIP/2.0')) {
      this.answers.push(text);
      return;
    }
    const header = headersOf(text);
    const [, method, uri] = /^(\S+) (\S+) SIP/.exec(text)!;
    const request: Received = {
      method: method!, uri: uri!, header, text, body: text.slice(text.indexOf('\r\n\r\n') + 4),
      reply: (status, lines = []) => this.give([
        `SIP/2.0 ${status} phrase`, ...['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${header(name)}`),
        `To: ${header('To')}${/;tag=/.test(header('To')) ? '' : ';tag=server'}`, ...lines, 'Content-Length: 0', '', '',
      ].join('\r\n')),
    };
    this.received.push(request);
    setTimeout(() => FakeSocket.handler(request), 1);
  }

  /** The page's requests so far, as "METHOD" or "METHOD!" where it bears credentials. */
  get methods(): string[] {
    return this.received.map(({ method, header }) => method + (header('Authorization') ? '!' : ''));
  }

  of(method: string): Received {
    const found = this.received.filter((request) => request.method === method).at(-1);
    expect(found, `a ${method}`).toBeDefined();
    return found!;
  }
}

export function challenge(nonce: string, isStale = false): string {
  return `WWW-Authenticate: Digest realm="example.test", nonce="${nonce}", algorithm=MD5, qop="auth"${isStale ? ', stale=true' : ''}`;
}

/** As the real one: who bears no credentials is challenged, whoever does is taken. */
export function challengeFirst(request: Received): void {
  if (request.method === 'OPTIONS') return request.reply(200);
  if (!request.header('Authorization')) return request.reply(401, [challenge('first')]);
  const expires = request.header('Expires') || '0';
  if (request.method === 'REGISTER')
    return request.reply(200, [`Contact: ${request.header('Contact')}`, `Expires: ${expires}`]);
  if (request.method === 'PUBLISH') return request.reply(200, ['SIP-ETag: tag', `Expires: ${expires}`]);
  return request.reply(200, ['Contact: <sip:server;transport=ws>', `Expires: ${expires}`]);
}
