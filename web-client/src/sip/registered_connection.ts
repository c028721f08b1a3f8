// A connection over which we are registered: watched over, and made again when it ends.
//
// It is known to be alive by what comes over it. Where nothing has come for a while, or an answer is late, or the
// machine was asleep, the server is asked (OPTIONS), and a connection over which nothing comes then either is dropped:
// the browser itself would take minutes to notice.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { LinkStatus, Problem } from '../model/ports';
import { JsSipAgent, type Answer } from './agent';
import type { CutBlame } from './outbox';
import { detailOf, problemOf } from './problem';
import { Registration } from './registration';
import { SipSocket, TOO_LARGE } from './socket';
import { JumpDetector } from './wakeups';

const IDLE_MS = 60_000; // then it is asked whether it still lives
const LATE_MS = 5_000; // as late as an answer may be before that
const PROBE_WAIT_MS = 4_000;
const RECONNECT_FIRST_MS = 1_000;
const RECONNECT_MOST_MS = 30_000;
/** Nobody waits longer for the next attempt than this part of the time since the connection ended. */
const RECONNECT_PART = 8;
const END_WAIT_MS = 2_000;

/** RFC 6455 §7.4.1, RFC 6455's registry: the server ends or is restarted, which is no message's fault. */
const GOING_AWAY = new Set([1001, 1012]);

export interface ConnectionOptions {
  url: string; // of the WebSocket
  uri: string; // the address-of-record
  user: string; // for the digest
  password: string;
  isSession: boolean; // the password is the secret of a session
  instance: string; // a UUID
}

export interface ConnectionListener {
  onUp(): void;
  onDown(blame: CutBlame): void;
  onRefused(problem: Problem): void; // nothing is tried any more
}

const NO_CONNECTION: LinkStatus = { kind: 'offline', problem: { kind: 'no-connection', detail: '' } };

export class RegisteredConnection {
  readonly status = signal<LinkStatus>({ kind: 'connecting', problem: null });
  readonly agent: JsSipAgent;
  private readonly socket: SipSocket;
  private readonly registration: Registration;
  private readonly jumps = new JumpDetector();
  private isUp = false;
  private hasEnded = false;
  private downSince = 0;
  private probedAt = 0; // 0: it is not asked
  private reconnectTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ConnectionOptions, private readonly listener: ConnectionListener) {
    const { uri, user, password, instance } = options;
    this.socket = new SipSocket(options.url);
    this.agent = new JsSipAgent(this.socket, uri, user, password, instance, () => this.wasEnded());
    this.registration = new Registration(this.agent, uri, instance, {
      onRegistered: () => this.isRegistered(),
      onUnable: (answer) => {
        // Who is registered still is, until it expires.
        if (!this.isUp) this.status.value = { kind: 'offline', problem: problemOf(answer) };
      },
      onRefused: (answer) => this.refused(answer),
    });
    this.agent.onConnected = () => this.registration.register();
    this.agent.onUnauthorized = () => this.registration.register(); // which tells whether we are somebody still
  }

  start(): void {
    this.agent.connect();
  }

  /** Unregisters and closes; resolves when that is done, or has taken too long. */
  async end(): Promise<void> {
    const wasUp = this.isUp;
    this.stop();
    if (wasUp)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, END_WAIT_MS);
        this.registration.end(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    this.agent.disconnect();
  }

  /** A new one, whatever has become of this one. */
  renew(): void {
    if (this.hasEnded) return;
    this.socket.drop();
    this.connectNow();
  }

  /** It may be dead, or may be had again. */
  check(): void {
    if (this.hasEnded) return;
    if (this.agent.isConnected) this.probe();
    else this.connectNow();
  }

  tick(now: number): void {
    if (this.hasEnded) return;
    const jump = this.jumps.look(now);
    if (jump === 'slept') this.check();
    else if (jump === 'set-back') this.renew();
    this.registration.tick(now);
    if (!this.agent.isConnected) return;
    const silentFor = now - this.socket.heardAt;
    const isLate = now - this.agent.waitingSince > LATE_MS && silentFor > LATE_MS;
    if (this.probedAt > 0 && now - this.probedAt > PROBE_WAIT_MS) this.judge();
    else if (isLate || silentFor > IDLE_MS) this.probe();
  }

  private probe(): void {
    if (this.probedAt > 0) return;
    this.probedAt = Date.now();
    this.agent.request({ method: 'OPTIONS', target: this.options.uri.replace(/^(sips?:).*@/, '$1') }, () => undefined);
  }

  private judge(): void {
    const isAlive = this.socket.heardAt >= this.probedAt;
    this.probedAt = 0;
    if (!isAlive) this.socket.drop();
  }

  private connectNow(): void {
    clearTimeout(this.reconnectTimer);
    this.agent.connect();
  }

  private isRegistered(): void {
    if (this.hasEnded || this.isUp) return;
    this.isUp = true;
    this.downSince = 0;
    this.status.value = { kind: 'online', problem: null };
    this.listener.onUp();
  }

  /** The connection has ended, or none could be made. */
  private wasEnded(): void {
    if (this.hasEnded) return;
    this.isUp = false;
    this.probedAt = 0;
    this.downSince ||= Date.now();
    this.registration.disconnected();
    this.status.value = NO_CONNECTION;
    this.listener.onDown(this.blame());
    clearTimeout(this.reconnectTimer);
    this.reconnectTimer = setTimeout(() => this.agent.connect(), this.reconnectWaitMs());
  }

  private reconnectWaitMs(): number {
    const downFor = Date.now() - this.downSince;
    if (downFor < RECONNECT_FIRST_MS) return (0.2 + 0.8 * Math.random()) * RECONNECT_FIRST_MS;
    const wait = Math.max(downFor / RECONNECT_PART, RECONNECT_FIRST_MS) * (0.75 + Math.random() / 2);
    return Math.min(wait, RECONNECT_MOST_MS);
  }

  private blame(): CutBlame {
    const { closeCode } = this.socket;
    if (closeCode === TOO_LARGE) return 'too-large';
    return closeCode === 0 || GOING_AWAY.has(closeCode) ? 'none' : 'maybe';
  }

  private refused(answer: Answer): void {
    if (this.hasEnded) return;
    const isWrong = answer.status === 401;
    const problem: Problem = isWrong
      ? { kind: this.options.isSession ? 'session-ended' : 'wrong-password', detail: detailOf(answer) }
      : problemOf(answer);
    this.stop();
    this.agent.disconnect();
    this.status.value = { kind: 'refused', problem };
    this.listener.onDown('none');
    this.listener.onRefused(problem);
  }

  private stop(): void {
    this.hasEnded = true;
    this.isUp = false;
    clearTimeout(this.reconnectTimer);
  }
}
