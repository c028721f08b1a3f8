// MESSAGE on its way out (RFC 3428). What a cut ate is the sender's to send again, with the same names, by which the
// server knows it; but not what the server closed the connection on.
// SPDX-License-Identifier: MIT
import { addressToUri } from '../model/address';
import type { MessageNames, OutgoingMessage, Problem, SendOutcome } from '../model/ports';
import { randomToken, type Agent, type Answer } from './agent';
import { problemOf } from './problem';

/** A message on which the connection ended so often in a row is taken for the reason. */
const MOST_CUTS = 2;

/** What the connection's end says of the message that it ended on. */
export type CutBlame = 'too-large' | 'maybe' | 'none';

interface Pending {
  message: OutgoingMessage;
  receiver: string; // a URI
  isSent: boolean;
  settle(outcome: SendOutcome): void;
}

const CLOSED: Problem = { kind: 'other', detail: 'The server closed the connection' };
const TOO_LARGE: Problem = { kind: 'too-long', detail: 'It is larger than the server takes' };

/** New names for a message. RFC 3261 §8.1.1.5: below 2^31, with room for attempts before and after. */
export function newNames(): MessageNames {
  return { callId: randomToken(), cseq: Math.floor(Math.random() * 10_000) + 100 };
}

export class Outbox {
  private pending: Pending[] = []; // in the order of sending
  private readonly cuts = new Map<string, number>(); // how often the connection ended on a Call-ID
  private isConnected = false;

  /** `agent` says what the server answers. */
  constructor(private readonly agent: Agent) {}

  connected(): void {
    this.isConnected = true;
  }

  /** What is on its way is cut off, and what waits for it as well. */
  disconnected(blame: CutBlame): void {
    this.isConnected = false;
    const cut = this.pending;
    this.pending = [];
    const isAlone = cut.filter(({ isSent }) => isSent).length === 1;
    for (const one of cut) one.settle(one.isSent ? this.cutOff(one, blame, isAlone) : { kind: 'cut-off' });
  }

  send(message: OutgoingMessage): Promise<SendOutcome> {
    if (!this.isConnected) return Promise.resolve({ kind: 'cut-off' });
    return new Promise((settle) => {
      this.pending.push({ message, receiver: addressToUri(message.to), isSent: false, settle });
      this.sendNext();
    });
  }

  private cutOff({ message }: Pending, blame: CutBlame, isAlone: boolean): SendOutcome {
    if (blame === 'none') return { kind: 'cut-off' };
    const cuts = (this.cuts.get(message.callId) ?? 0) + 1;
    const isKnown = blame === 'too-large' && isAlone;
    if (isKnown || cuts >= MOST_CUTS) {
      this.cuts.delete(message.callId);
      return { kind: 'refused', problem: blame === 'too-large' ? TOO_LARGE : CLOSED };
    }
    this.cuts.set(message.callId, cuts);
    return { kind: 'cut-off' };
  }

  /**
   * RFC 3428 §8: one at a time to each receiver, so they arrive in order. What a connection ended on goes out alone, so
   * that it is known which of them it is.
   */
  private sendNext(): void {
    const underway = this.pending.filter(({ isSent }) => isSent);
    const suspect = this.pending.find(({ message }) => this.cuts.has(message.callId));
    if (suspect) {
      if (underway.length === 0) this.sendOne(suspect);
      return;
    }
    const busy = new Set(underway.map(({ receiver }) => receiver));
    for (const one of this.pending) {
      if (busy.has(one.receiver)) continue;
      busy.add(one.receiver);
      this.sendOne(one);
    }
  }

  private sendOne(one: Pending): void {
    const { message, receiver } = one;
    let attempts = 0;
    one.isSent = true;
    this.agent.request({
      method: 'MESSAGE',
      target: receiver,
      callId: message.callId,
      // The attempt with credentials has the message's number, and what is only challenged the one before it (§22.2).
      cseq: (hasCredentials) => message.cseq + (hasCredentials ? attempts++ : -1),
      headers: [`Content-Type: ${message.contentType}`, ...(message.headers ?? [])],
      body: message.body,
    }, (answer) => {
      if (answer && this.pending.includes(one)) this.answered(one, answer);
    });
  }

  private answered(one: Pending, answer: Answer): void {
    this.pending = this.pending.filter((other) => other !== one);
    this.cuts.delete(one.message.callId);
    // RFC 3428 §7: 202 means that it is not with the receiver yet
    if (answer.status < 300) one.settle({ kind: answer.status === 202 ? 'kept' : 'delivered' });
    else one.settle({ kind: 'refused', problem: problemOf(answer) });
    this.sendNext();
  }
}
