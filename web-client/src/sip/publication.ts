// PUBLISH (RFC 3903): one state of ours, which JsSIP cannot send. The newest one wins, and stays until it is
// taken back. SPDX-License-Identifier: MIT
import type { Agent, Answer } from './agent';
import { BackOff, refreshAt, secondsOf } from './lease';
import { retryAfterMs } from './problem';

const EXPIRES_S = 600;
const RETRY_FIRST_MS = 2_000;
const RETRY_MOST_MS = 600_000;
const REFUSED_WAIT_MS = 600_000;

export class Publication {
  private wanted: string | null = null; // the document
  private told: string | null = null; // what the server has of us, as far as we know
  private entityTag = '';
  private isConnected = false;
  private isAsking = false;
  private mustAsk = false; // the server may have forgotten it
  private dueAt = Infinity;
  private expiresS = EXPIRES_S;
  private readonly retry = new BackOff(RETRY_FIRST_MS, RETRY_MOST_MS);

  /** `event` is its package's name, `uri` the presentity. */
  constructor(
    private readonly agent: Agent, private readonly event: string, private readonly uri: string,
    private readonly contentType: string,
  ) {}

  /** Null takes it back. */
  publish(document: string | null): void {
    this.wanted = document;
    this.synchronise();
  }

  connected(): void {
    this.isConnected = this.mustAsk = true;
    this.isAsking = false;
    this.retry.reset();
    this.synchronise();
  }

  disconnected(): void {
    this.isConnected = false;
    this.dueAt = Infinity;
  }

  tick(now: number): void {
    if (now < this.dueAt) return;
    this.dueAt = Infinity;
    this.mustAsk = true;
    this.synchronise();
  }

  private synchronise(): void {
    if (!this.isConnected || this.isAsking) return;
    const isNews = this.wanted !== this.told;
    if (this.wanted === null) {
      if (this.entityTag) this.ask(null, 0); // §4.5
    } else if (isNews || this.mustAsk) {
      // §4.2, §4.4; what the server has already is only prolonged (§4.3)
      this.ask(isNews || !this.entityTag ? this.wanted : null, this.expiresS);
    }
  }

  private ask(document: string | null, expiresS: number): void {
    this.isAsking = true;
    this.mustAsk = false;
    this.agent.request({
      method: 'PUBLISH',
      target: this.uri,
      headers: [
        `Event: ${this.event}`,
        `Expires: ${expiresS}`,
        ...(this.entityTag ? [`SIP-If-Match: ${this.entityTag}`] : []),
        ...(document === null ? [] : [`Content-Type: ${this.contentType}`]),
      ],
      ...(document === null ? {} : { body: document }),
    }, (answer) => {
      this.isAsking = false;
      if (answer) this.answered(answer, document, expiresS);
    });
  }

  private answered(answer: Answer, document: string | null, expiresS: number): void {
    const leastS = secondsOf(answer.header('Min-Expires'), 0);
    if (answer.status < 300) this.accepted(answer, document, expiresS);
    else if (expiresS === 0 || (answer.status === 412 && this.entityTag)) this.forget(); // it is gone already
    else if (answer.status === 423 && leastS > this.expiresS) {
      this.expiresS = leastS; // §4.2
      this.mustAsk = true;
    } else return this.later(answer);
    this.synchronise();
  }

  private accepted(answer: Answer, document: string | null, expiresS: number): void {
    this.retry.reset();
    if (expiresS === 0) return this.forget();
    this.entityTag = answer.header('SIP-ETag').trim();
    if (document !== null) this.told = document;
    this.dueAt = refreshAt(secondsOf(answer.header('Expires'), expiresS));
  }

  private forget(): void {
    this.entityTag = '';
    this.told = null;
    this.dueAt = Infinity;
  }

  private later(answer: Answer): void {
    const isForNow = answer.status >= 500 || answer.status === 408;
    this.dueAt = Date.now() + (retryAfterMs(answer) ?? (isForNow ? this.retry.next() : REFUSED_WAIT_MS));
  }
}
