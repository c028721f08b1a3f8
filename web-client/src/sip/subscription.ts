// An event subscription that takes care of itself (RFC 6665 §4.1).
//
//            connected                2xx               NOTIFY
//   (nothing) ───────► asking ───────────────► dialog ─────────► live
//       ▲                 │ refused: later        │ 481, terminated: asks again, now, later or not before the next
//       └─────────────────┴───────────────────────┘ connection, as its reason says
//
// The server keeps dialogs over cuts and restarts, and so do we: a new connection is told of by a refresh within the
// dialog. JsSIP's Subscriber is not used: it ends with its connection, does not obey 423, and keeps to itself what has
// no body.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { Watch } from '../model/ports';
import { randomToken, type Agent, type Answer, type DialogRequest } from './agent';
import { BackOff, refreshAt, secondsOf } from './lease';
import { retryAfterMs } from './problem';

export interface EventPackage {
  event: string;
  target: string; // a URI
  accept: string; // the value of the header
  headers?: readonly string[]; // further lines
  /** A body. `isWhole`: the first one after a SUBSCRIBE. False: something is missing, so all of it is asked for. */
  onBody(contentType: string, body: string, isWhole: boolean): boolean;
}

const EXPIRES_S = 1800;
const RETRY_FIRST_MS = 1_000;
const RETRY_MOST_MS = 600_000;
const NOTIFY_WAIT_MS = 32_000; // RFC 6665 §4.1.2.4, Timer N
/** For what is refused for good, as far as the server knows: somebody may change his mind. */
const REFUSED_WAIT_MS = 600_000;
/** Who is sent away and comes back at once does so only once within this time. */
const AT_ONCE_MS = 10_000;

/** RFC 5057 §5.1: these end a subscription's dialog; others leave it as it is until it expires. */
const ENDS_DIALOG = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);
/** These are about now, not about us. */
const MAY_CHANGE = new Set([408, 429, 480]);

interface Dialog {
  remoteTag: string;
  target: string;
  routes: readonly string[];
  remoteCseq: number;
  close(): void;
}

/** Subscription-State (RFC 6665 §8.2.3) */
interface State {
  word: string;
  reason: string;
  expiresS: number | null;
  retryAfterMs: number | null;
}

function readState(header: string): State | null {
  const [, word, rest] = /^\s*([^\s;]+)(.*)$/.exec(header) ?? [];
  if (word === undefined) return null;
  const parameter = (name: string): string => new RegExp(`;\\s*${name}\\s*=\\s*([^\\s;]+)`, 'i').exec(rest!)?.[1] ?? '';
  const seconds = (name: string): number | null => (/^\d{1,8}$/.test(parameter(name)) ? Number(parameter(name)) : null);
  const retryAfterS = seconds('retry-after');
  return {
    word: word.toLowerCase(),
    reason: parameter('reason').toLowerCase(),
    expiresS: seconds('expires'),
    retryAfterMs: retryAfterS === null ? null : retryAfterS * 1000,
  };
}

export class Subscription implements Watch {
  readonly isLive = signal(false);
  private callId = '';
  private localTag = '';
  private cseq = 0;
  private dialog: Dialog | null = null;
  private attempt = 0; // the number of the SUBSCRIBE whose answer counts
  private isAsking = false;
  private askedAt = 0;
  private isConnected = false;
  private isWhole = false; // the next body is all there is
  private hasEnded = false;
  private dueAt = Infinity; // for the next SUBSCRIBE, whatever for
  private refreshDueAt = Infinity;
  private expiresS = EXPIRES_S;
  private readonly retry = new BackOff(RETRY_FIRST_MS, RETRY_MOST_MS);

  /** `onEnded` is told of the end once. */
  constructor(
    private readonly agent: Agent, private readonly content: EventPackage, private readonly onEnded: () => void,
  ) {}

  /** There is a connection over which our requests are taken. */
  connected(): void {
    this.isConnected = true;
    this.retry.reset();
    this.ask();
  }

  disconnected(): void {
    this.isConnected = this.isLive.value = false;
    this.forgetAttempt();
    this.dueAt = Infinity;
  }

  tick(now: number): void {
    if (now >= this.dueAt) this.ask();
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.isLive.value = false;
    this.dueAt = Infinity;
    if (this.dialog && this.isConnected) this.ask();
    else this.closeDialog();
    this.onEnded();
  }

  // ---- SUBSCRIBE: a first one, one that refreshes, or the last one (§4.1.2.1 to §4.1.2.3)

  private ask(): void {
    if (!this.isConnected || (this.isAsking && !this.hasEnded)) return;
    this.forgetAttempt();
    const attempt = this.attempt;
    const isLast = this.hasEnded;
    this.isAsking = true;
    this.askedAt = Date.now();
    this.dueAt = Infinity;
    if (!this.dialog) this.beginDialog();
    this.agent.request({
      method: 'SUBSCRIBE',
      target: this.dialog?.target ?? this.content.target,
      to: this.content.target,
      callId: this.callId,
      fromTag: this.localTag,
      cseq: () => (this.cseq += 1),
      headers: this.headers(),
      ...(this.dialog ? { toTag: this.dialog.remoteTag, routes: this.dialog.routes } : {}),
    }, (answer) => {
      if (attempt !== this.attempt) return;
      this.isAsking = false;
      if (answer) this.answered(answer, isLast);
    });
  }

  private headers(): string[] {
    return [
      `Event: ${this.content.event}`,
      `Accept: ${this.content.accept}`,
      `Expires: ${this.hasEnded ? 0 : this.expiresS}`,
      `Contact: ${this.agent.contact}`,
      ...(this.content.headers ?? []),
    ];
  }

  /** What is on its way is answered to nobody. */
  private forgetAttempt(): void {
    this.attempt += 1;
    this.isAsking = false;
  }

  private answered(answer: Answer, isLast: boolean): void {
    const { status } = answer;
    const leastS = secondsOf(answer.header('Min-Expires'), 0);
    if (status < 300) this.accepted(answer, isLast);
    else if (this.hasEnded) this.closeDialog();
    else if (status === 423 && leastS > this.expiresS) {
      this.expiresS = leastS; // §4.1.2.1
      this.ask();
    } else if (this.dialog && ENDS_DIALOG.has(status)) {
      this.closeDialog();
      this.ask();
    } else if (status >= 500 || MAY_CHANGE.has(status)) this.askIn(retryAfterMs(answer) ?? this.retry.next());
    else this.askIn(REFUSED_WAIT_MS);
  }

  private accepted(answer: Answer, isLast: boolean): void {
    if (isLast) return; // a last NOTIFY follows
    if (!this.dialog) this.openDialog(answer);
    else if (answer.contact) this.dialog.target = answer.contact; // RFC 3261 §12.2.1.2
    if (!this.dialog) return this.askIn(this.retry.next());
    if (this.hasEnded) return this.ask();
    this.isWhole = true;
    this.refreshDueAt = refreshAt(secondsOf(answer.header('Expires'), this.expiresS));
    this.dueAt = this.isLive.value ? this.refreshDueAt : Math.min(this.refreshDueAt, Date.now() + NOTIFY_WAIT_MS);
  }

  private askIn(ms: number): void {
    this.dueAt = Date.now() + ms;
  }

  // ---- the dialog

  private beginDialog(): void {
    this.callId = randomToken();
    this.localTag = randomToken(10);
    this.cseq = 0;
  }

  private openDialog({ toTag, contact, routes }: Answer): void {
    if (!toTag || !contact) return;
    const close = this.agent.openDialog(this.callId, this.localTag, toTag, (request) => this.received(request));
    this.dialog = { remoteTag: toTag, target: contact, routes, remoteCseq: 0, close };
  }

  private closeDialog(): void {
    this.dialog?.close();
    this.dialog = null;
    this.isLive.value = false;
  }

  // ---- NOTIFY (§4.1.3)

  private received(request: DialogRequest): void {
    const { dialog } = this;
    const state = readState(request.header('Subscription-State'));
    if (!dialog) return request.reply(481);
    if (request.method !== 'NOTIFY') return request.reply(405);
    if (request.cseq < dialog.remoteCseq) return request.reply(500); // RFC 3261 §12.2.2
    if (request.header('Event').trim() !== this.content.event) return request.reply(489); // RFC 6665 §8.2.1
    if (!state) return request.reply(400);
    dialog.remoteCseq = request.cseq;
    if (request.contact) dialog.target = request.contact;
    request.reply(200);
    const isComplete = this.hasEnded || this.takeBody(request);
    if (state.word === 'terminated') this.terminated(state);
    else if (!this.hasEnded) this.goesOn(state, isComplete);
  }

  private takeBody(request: DialogRequest): boolean {
    if (request.body === '') return true;
    const isWhole = this.isWhole;
    this.isWhole = false;
    return this.content.onBody(request.header('Content-Type'), request.body, isWhole);
  }

  private goesOn(state: State, isComplete: boolean): void {
    if (state.expiresS !== null) this.refreshDueAt = Math.min(this.refreshDueAt, refreshAt(state.expiresS));
    if (!this.isAsking) this.dueAt = this.refreshDueAt;
    if (isComplete) {
      this.isLive.value = true;
      this.retry.reset();
    } else if (!this.isAsking) this.askIn(this.retry.next());
  }

  private terminated({ reason, retryAfterMs: waitMs }: State): void {
    this.closeDialog();
    this.forgetAttempt();
    this.dueAt = Infinity;
    if (this.hasEnded || reason === 'rejected' || reason === 'noresource' || reason === 'invariant') return;
    const isAtOnce = reason === 'deactivated' || reason === 'timeout';
    if (isAtOnce && Date.now() - this.askedAt > AT_ONCE_MS) this.ask();
    else this.askIn(waitMs ?? this.retry.next());
  }
}
