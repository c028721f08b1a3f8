// SIP as the rest of this folder speaks it: requests that are answered once, dialogs that hear of NOTIFYs, MESSAGEs
// that arrive. JsSIP does the transactions, the parsing and the writing.
// SPDX-License-Identifier: MIT
import type { Socket } from 'jssip/lib/UA.js';
import UA from 'jssip/lib/UA.js';
import parser from 'jssip/lib/Parser.js';
import messages, { type IncomingRequest, type IncomingResponse, type OutgoingRequest } from 'jssip/lib/SIPMessage.js';
import transactions from 'jssip/lib/Transactions.js';
import URI from 'jssip/lib/URI.js';
import { Credentials } from './digest';

export interface SipRequest {
  method: 'REGISTER' | 'MESSAGE' | 'SUBSCRIBE' | 'PUBLISH' | 'OPTIONS';
  target: string; // the Request-URI
  to?: string; // To, where it is not the target
  headers?: readonly string[]; // whole lines
  body?: string;
  callId?: string;
  fromTag?: string;
  toTag?: string;
  routes?: readonly string[];
  /** The CSeq of each attempt: one that bears no credentials is challenged, and another one follows (§22.2). */
  cseq?: (hasCredentials: boolean) => number;
}

export interface Answer {
  status: number;
  phrase: string;
  header(name: string): string; // '' where it is missing
  contacts: readonly string[]; // each as it stands there
  toTag: string;
  contact: string; // the URI of the first one; '' where it is missing
  routes: readonly string[]; // RFC 3261 §12.1.2
}

/** Null: the connection ended first. Called once, within the same turn in which the answer came. */
export type OnAnswer = (answer: Answer | null) => void;

/** A request within a dialog. */
export interface DialogRequest {
  method: string;
  cseq: number;
  body: string;
  contact: string;
  header(name: string): string;
  reply(status: number): void;
}

export type OnDialogRequest = (request: DialogRequest) => void;

export interface ArrivedMessage {
  callId: string;
  cseq: number;
  from: { user: string; host: string; port: number | undefined }; // the user is escaped no more
  body: string;
  header(name: string): string;
  refuse(status: number, headers: readonly string[]): void; // else it is answered 200
}

/** What the rest of this folder uses; tests have one without a connection. */
export interface Agent {
  readonly contact: string; // "<sip:…;transport=ws>"
  request(request: SipRequest, onAnswer: OnAnswer): void;
  /** Gives the requests of a dialog to `onRequest`, until the function that it returns is called. */
  openDialog(callId: string, localTag: string, remoteTag: string, onRequest: OnDialogRequest): () => void;
}

const MOST_ATTEMPTS = 4;

/** RFC 3261 §17.1.2.2: what a request that was never answered is as good as. */
const TIMEOUT: Answer = {
  status: 408, phrase: 'no answer', header: () => '', contacts: [], toTag: '', contact: '', routes: [],
};

/** Letters and digits that nobody guesses or has used. */
export function randomToken(length = 20): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(length)), (byte) => (byte % 36).toString(36)).join('');
}

/** A listener that throws must not end what told it. */
function guarded(run: () => void): void {
  try {
    run();
  } catch (error) {
    console.error(error);
  }
}

function contactOf(message: IncomingResponse | IncomingRequest): string {
  const contact = message.parseHeader('contact') as { uri: URI } | undefined;
  return contact?.uri.toString() ?? '';
}

function answerOf(response: IncomingResponse): Answer {
  return {
    status: response.status_code,
    phrase: response.reason_phrase,
    header: (name) => response.getHeader(name) ?? '',
    contacts: response.getHeaders('contact'),
    toTag: response.to_tag ?? '',
    contact: contactOf(response),
    routes: response.getHeaders('record-route').reverse(),
  };
}

/** A request is refused by its own lines (RFC 3261 §8.2.6.2), which nobody could read. */
function refusalOf(text: string): string {
  const lines = text.slice(0, text.indexOf('\r\n\r\n')).split('\r\n');
  const copied = lines.filter((line) => /^(?:via|v|from|f|to|t|call-id|i|cseq)[ \t]*:/i.test(line));
  const tagged = copied.map((line) => (/^to?[ \t]*:/i.test(line) && !/;\s*tag=/i.test(line) ? `${line};tag=${randomToken(10)}` : line));
  return ['SIP/2.0 400 Not understood', ...tagged, 'Content-Length: 0', '', ''].join('\r\n');
}

export class JsSipAgent implements Agent {
  onConnected: () => void = () => undefined;
  onMessage: (message: ArrivedMessage) => void = () => undefined;
  /** A request other than REGISTER was refused for its credentials. */
  onUnauthorized: () => void = () => undefined;
  private readonly agent: UA;
  private readonly credentials: Credentials;
  private readonly waiting = new Set<{ since: number }>(); // for answers, the oldest first

  /** `uri` is the address-of-record. `onEnded` hears that the connection has ended, or that none could be made. */
  constructor(socket: Socket, uri: string, user: string, password: string, instance: string, onEnded: () => void) {
    this.credentials = new Credentials(user, password);
    this.agent = new UA({
      sockets: [socket],
      uri,
      instance_id: instance,
      register: false,
      session_timers: false,
      user_agent: 'Heliograph web client',
    });
    this.agent.transport._reconnect = onEnded; // when to connect again is not JsSIP's to say
    this.refuseUnread(socket);
    this.agent.on('connected', () => this.onConnected());
    this.agent.on('newMessage', ({ originator, request, message }) => {
      if (originator === 'remote') this.arrived(request, (status, headers) =>
        message.reject({ status_code: status, extraHeaders: headers }));
    });
  }

  get contact(): string {
    return this.agent.contact.toString();
  }

  get isConnected(): boolean {
    return this.agent.transport.isConnected();
  }

  /** When the oldest request was sent that is not answered; Infinity: all are. */
  get waitingSince(): number {
    for (const { since } of this.waiting) return since;
    return Infinity;
  }

  /** Nothing happens where there is a connection, or one is being made. */
  connect(): void {
    this.agent.transport.connect();
  }

  disconnect(): void {
    this.agent.transport.disconnect();
  }

  request(request: SipRequest, onAnswer: OnAnswer): void {
    const target = URI.parse(request.target);
    const to = URI.parse(request.to ?? request.target);
    if (!target || !to) return onAnswer({ ...TIMEOUT, status: 404, phrase: 'no address' });
    const first = Math.floor(Math.random() * 10_000) + 1;
    let attempts = 0;
    const cseq = request.cseq ?? ((): number => first + attempts);
    // The From tag of all attempts is the same (RFC 3261 §22.2).
    const fromTag = request.fromTag ?? randomToken(10);
    const callId = request.callId ?? randomToken();
    const attempt = (): void => {
      attempts += 1;
      const hasCredentials = request.method !== 'OPTIONS' && this.credentials.isReady();
      const outgoing = new messages.OutgoingRequest(request.method, target, this.agent, {
        to_uri: to, to_tag: request.toTag, from_tag: fromTag, call_id: callId, cseq: cseq(hasCredentials),
        route_set: request.routes,
      }, request.headers ?? [], request.body);
      const isAuthorized = hasCredentials && this.credentials.authorize(outgoing);
      this.transact(outgoing, (response) => {
        // A nonce that was not given for this very request may just be too old.
        if (response && this.isWorthAnother(response, !isAuthorized || attempts === 1, attempts)) attempt();
        else this.answer(request, response, onAnswer);
      });
    };
    attempt();
  }

  openDialog(callId: string, localTag: string, remoteTag: string, onRequest: OnDialogRequest): () => void {
    const dialog = {
      id: callId + localTag + remoteTag, // as JsSIP looks for it
      receiveRequest: (request: IncomingRequest) =>
        guarded(() =>
          onRequest({
            method: request.method,
            cseq: request.cseq,
            body: request.body ?? '',
            contact: contactOf(request),
            header: (name) => request.getHeader(name) ?? '',
            reply: (status) => request.reply(status),
          })),
    };
    this.agent.newDialog(dialog);
    return () => this.agent.destroyDialog(dialog);
  }

  /** JsSIP leaves a message unanswered whose headers it cannot read, so the server would send it again and again. */
  private refuseUnread(socket: Socket): void {
    const { transport } = this.agent;
    const hear = transport.ondata;
    transport.ondata = (heard) => {
      if (!heard.message.startsWith('MESSAGE ') || this.canRead(heard.message)) hear(heard);
      else socket.send(refusalOf(heard.message));
    };
  }

  private canRead(text: string): boolean {
    try {
      return parser.parseMessage(text, this.agent) !== undefined;
    } catch {
      return false; // an escape in an address that stands for no character
    }
  }

  private answer(request: SipRequest, response: IncomingResponse | 'timeout' | null, onAnswer: OnAnswer): void {
    const answer = response === 'timeout' ? TIMEOUT : response && answerOf(response);
    onAnswer(answer);
    if (answer?.status === 401 && request.method !== 'REGISTER') this.onUnauthorized();
  }

  private isWorthAnother(response: IncomingResponse | 'timeout', wasOldNonce: boolean, attempts: number): boolean {
    if (response === 'timeout' || response.status_code !== 401) return false;
    const taken = this.credentials.take(response);
    return taken !== null && attempts < MOST_ATTEMPTS && (wasOldNonce || taken.isStale);
  }

  private transact(
    request: OutgoingRequest, onResponse: (response: IncomingResponse | 'timeout' | null) => void,
  ): void {
    const waiting = { since: Date.now() };
    const answer = (response: IncomingResponse | 'timeout' | null): void => {
      if (this.waiting.delete(waiting)) guarded(() => onResponse(response));
    };
    this.waiting.add(waiting);
    new transactions.NonInviteClientTransaction(this.agent, this.agent.transport, request, {
      onRequestTimeout: () => answer('timeout'),
      onTransportError: () => answer(null),
      onReceiveResponse: (response) => {
        if (response.status_code >= 200) answer(response);
      },
    }).send();
  }

  private arrived(request: IncomingRequest, refuse: ArrivedMessage['refuse']): void {
    const { user, host, port } = request.from.uri;
    guarded(() =>
      this.onMessage({
        callId: request.call_id,
        cseq: request.cseq,
        from: { user: user ?? '', host, port },
        body: request.body ?? '',
        header: (name) => request.getHeader(name) ?? '',
        refuse,
      }));
  }
}
