// MESSAGE (RFC 3428), out and in. What the connection cut off is sent again with the same Call-ID and CSeq, by which
// the server knows it: so nothing is lost and nothing arrives twice.
// SPDX-License-Identifier: MIT
import type { UA } from 'jssip';
import { addressText, addressToUri, parseAddress, type Address } from '../model/address';
import type { Conversations, Sent } from '../model/conversations';
import { endSentence } from '../model/status';
import { reasonOf, type Refusal } from './reason';

/** Typing notifications and receipts (RFC 3994, 5438): taken, but there is nothing to show for them yet. */
const TAKEN_SILENTLY = new Set(['application/im-iscomposing+xml', 'message/imdn+xml']);

/** The fields of JsSIP's requests that its types leave out. */
interface Request {
  method: string;
  call_id: string;
  cseq: number;
  body: string | undefined;
  from: { uri: { user: string; host: string; port: number | undefined } };
  getHeader(name: string): string | undefined;
  setHeader(name: string, value: string): void;
}

interface NewMessage {
  originator: string;
  request: Request;
  message: { reject(options: { status_code: number; extraHeaders: string[] }): void };
}

interface Outgoing {
  to: Address;
  message: Sent;
  cuts: number; // how often the connection closed while it was on its way
}

/** A message on which the connection closed so often is taken for the reason, and not sent by itself any more. */
const MOST_CUTS = 2;
const CONNECTION_CLOSED = 'Connection Error'; // JsSIP's word for it

export class Messages {
  private readonly agent: UA;
  private readonly conversations: Conversations;
  private readonly onDeadConnection: () => void;
  private readonly isSeen: () => boolean;
  private readonly unanswered = new Map<number, Outgoing>(); // by the message's id, in the order of sending
  private readonly names = new WeakMap<Sent, { callId: string; cseq: number }>(); // of what was sent, not answered
  private sendingNow: Outgoing | null = null;

  /** `isSeen` tells whether the person looks at the page; `onDeadConnection`: a request was never answered. */
  constructor(agent: UA, conversations: Conversations, isSeen: () => boolean, onDeadConnection: () => void) {
    this.agent = agent;
    this.conversations = conversations;
    this.isSeen = isSeen;
    this.onDeadConnection = onDeadConnection;
    agent.on('newMessage', (event: unknown) => this.onNewMessage(event as NewMessage));
    agent.on('registered', () => this.sendWaiting());
  }

  send(to: Address, text: string): void {
    this.enqueue(to, this.conversations.add(to, text));
  }

  /** Once more: as a new message if the server refused it, and under its names if what became of it is not known. */
  sendAgain(to: Address, message: Sent): void {
    if (message.fate !== 'failed' && message.fate !== 'unknown') return;
    this.conversations.settle(message, 'waiting');
    this.enqueue(to, message);
  }

  private enqueue(to: Address, message: Sent): void {
    this.unanswered.set(message.id, { to, message, cuts: 0 });
    this.sendWaiting();
  }

  /** What a connection closed on goes out alone, one after the other: so it is known which of them it is. */
  private sendWaiting(): void {
    if (!this.agent.isRegistered()) return;
    const suspect = [...this.unanswered.values()].find(({ cuts }) => cuts > 0);
    for (const outgoing of suspect ? [suspect] : [...this.unanswered.values()])
      if (outgoing.message.fate === 'waiting') this.sendOne(outgoing);
  }

  private sendOne(outgoing: Outgoing): void {
    this.conversations.settle(outgoing.message, 'sending');
    this.sendingNow = outgoing;
    try {
      this.agent.sendMessage(addressToUri(outgoing.to), outgoing.message.text, {
        contentType: 'text/plain;charset=UTF-8',
        eventHandlers: {
          succeeded: ({ response }: { response: Refusal }) => this.settle(outgoing, response),
          failed: ({ response, cause }: { response: Refusal | null; cause?: string }) =>
            response ? this.settle(outgoing, response) : this.cutOff(outgoing, cause ?? ''),
        } as object,
      });
    } catch {
      this.unanswered.delete(outgoing.message.id);
      this.conversations.settle(outgoing.message, 'failed', 'No message can be sent to this address.');
    }
    this.sendingNow = null;
  }

  private settle(outgoing: Outgoing, response: Refusal): void {
    this.unanswered.delete(outgoing.message.id);
    this.names.delete(outgoing.message);
    const status = response.status_code;
    if (status >= 300) this.conversations.settle(outgoing.message, 'failed', endSentence(reasonOf(response)));
    // RFC 3428 §7: 202 means that it is not with the receiver yet
    else this.conversations.settle(outgoing.message, status === 202 ? 'kept' : 'delivered');
    if (outgoing.cuts > 0) this.sendWaiting();
  }

  /** The connection ended, or there was no answer: whether the server has it is not known. */
  private cutOff(outgoing: Outgoing, cause: string): void {
    if (cause === CONNECTION_CLOSED) outgoing.cuts += 1;
    if (outgoing.cuts >= MOST_CUTS) {
      this.unanswered.delete(outgoing.message.id);
      this.conversations.settle(outgoing.message, 'failed', 'the server closed the connection.');
    } else this.conversations.settle(outgoing.message, 'waiting');
    if (cause === 'Request Timeout') this.onDeadConnection();
  }

  private onNewMessage({ originator, request, message }: NewMessage): void {
    if (originator === 'local') this.name(request);
    else this.receive(request, message);
  }

  /** JsSIP shows us the request before it goes out: a repeated one gets the names it had. */
  private name(request: Request): void {
    const outgoing = this.sendingNow;
    if (!outgoing) return;
    const names = this.names.get(outgoing.message);
    if (names) {
      request.call_id = names.callId;
      request.cseq = names.cseq;
      request.setHeader('call-id', request.call_id);
      request.setHeader('cseq', `${request.cseq} ${request.method}`);
    } else this.names.set(outgoing.message, { callId: request.call_id, cseq: request.cseq });
  }

  private receive(request: Request, message: NewMessage['message']): void {
    const type = (request.getHeader('Content-Type') ?? 'text/plain').split(';')[0]!.trim().toLowerCase();
    if (TAKEN_SILENTLY.has(type)) return;
    if (type !== 'text/plain' || request.getHeader('Content-Encoding')) {
      // RFC 3261 §21.4.13: what we could not show is refused, so that the sender knows
      message.reject({ status_code: 415, extraHeaders: ['Accept: text/plain', 'Accept-Encoding: identity'] });
      return;
    }
    const { user, host, port } = request.from.uri;
    const from = parseAddress(`${encodeURIComponent(user ?? '')}@${host}${port ? `:${port}` : ''}`, '');
    if (!from) return;
    const identity = `${addressText(from)} ${request.call_id} ${request.cseq}`;
    this.conversations.receive(
      { from, text: request.body ?? '', at: sentAt(request.getHeader('Date')), identity }, this.isSeen());
  }
}

/** RFC 3261 §20.17: a message that waited for us says when it was sent. */
export function sentAt(header: string | undefined, now = new Date()): Date {
  const date = new Date(header ?? NaN);
  return Number.isNaN(date.getTime()) || date > now ? now : date;
}
