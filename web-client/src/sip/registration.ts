// REGISTER (RFC 3261 §10.2) with outbound (RFC 5626): who we are, over which connection we are reached, as which
// device. SPDX-License-Identifier: MIT
import type { Agent, Answer } from './agent';
import { randomToken } from './agent';
import { BackOff, refreshAt, secondsOf } from './lease';
import { retryAfterMs } from './problem';

const EXPIRES_S = 600;
const RETRY_FIRST_MS = 2_000;
const RETRY_MOST_MS = 60_000;

/** These say that this person cannot be here at all; whatever else is refused may be granted later. */
const REFUSED = new Set([401, 403, 404]);

export interface RegistrationListener {
  onRegistered(): void;
  onUnable(answer: Answer): void; // it is tried again
  onRefused(answer: Answer): void; // it is not
}

export class Registration {
  private readonly callId = randomToken();
  private readonly contact: string;
  private cseq = 0;
  private expiresS = EXPIRES_S;
  private dueAt = Infinity;
  private isAsking = false;
  private readonly retry = new BackOff(RETRY_FIRST_MS, RETRY_MOST_MS);

  /** `uri` is the address-of-record, `instance` a UUID. */
  constructor(
    private readonly agent: Agent, private readonly uri: string, instance: string,
    private readonly listener: RegistrationListener,
  ) {
    // RFC 5626 §4.1, §4.2: the same instance and reg-id move the binding to this connection
    this.contact = `${agent.contact};reg-id=1;+sip.instance="<urn:uuid:${instance}>"`;
  }

  /** Over a new connection, or because somebody has reason to think that we are not registered any more. */
  register(): void {
    if (this.isAsking) return;
    this.isAsking = true;
    this.dueAt = Infinity;
    this.ask(this.expiresS, (answer) => {
      this.isAsking = false;
      if (answer) this.answered(answer);
    });
  }

  tick(now: number): void {
    if (now >= this.dueAt) this.register();
  }

  disconnected(): void {
    this.dueAt = Infinity;
  }

  /** `onGone` is called when the server has forgotten us, or says that it cannot. */
  end(onGone: () => void): void {
    this.dueAt = Infinity;
    this.ask(0, onGone);
  }

  private ask(expiresS: number, onAnswer: (answer: Answer | null) => void): void {
    this.agent.request({
      method: 'REGISTER',
      target: this.uri.replace(/^(sips?:).*@/, '$1'), // RFC 3261 §10.2: the domain
      to: this.uri,
      callId: this.callId,
      cseq: () => (this.cseq += 1),
      headers: [`Contact: ${this.contact};expires=${expiresS}`, `Expires: ${expiresS}`],
    }, onAnswer);
  }

  private answered(answer: Answer): void {
    if (answer.status < 300) {
      this.retry.reset();
      this.dueAt = refreshAt(this.grantedS(answer));
      this.listener.onRegistered();
    } else if (answer.status === 423 && secondsOf(answer.header('Min-Expires'), 0) > this.expiresS) {
      this.expiresS = secondsOf(answer.header('Min-Expires'), 0); // §10.2.8
      this.register();
    } else if (REFUSED.has(answer.status)) {
      this.listener.onRefused(answer);
    } else {
      this.dueAt = Date.now() + (retryAfterMs(answer) ?? this.retry.next());
      this.listener.onUnable(answer);
    }
  }

  /** RFC 3261 §10.2.4: what our Contact was granted; the answer has those of our other devices as well. */
  private grantedS(answer: Answer): number {
    const ours = answer.contacts.find((contact) => contact.includes(this.agent.contact)) ?? '';
    return secondsOf(/;\s*expires\s*=\s*(\d+)/i.exec(ours)?.[1] ?? answer.header('Expires'), this.expiresS);
  }
}
