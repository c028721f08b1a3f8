// The connection to the server and the registration over it. JsSIP reconnects and registers again by itself; what it
// leaves to us is here: a registration that failed for now is tried again, one that was refused is not.
// SPDX-License-Identifier: MIT
import { UA, WebSocketInterface, type C } from 'jssip';
import { addressToUri, type Address } from '../model/address';
import { CONNECTING, OFFLINE, ONLINE, notNow, refused, type Status } from '../model/status';
import { reasonOf } from './reason';

const REGISTER_EXPIRES_S = 600;
const RETRY_FIRST_MS = 2000;
const RETRY_MOST_MS = 60_000;
const RECONNECT_LEAST_S = 1;
const RECONNECT_MOST_S = 30;

/** 401 comes here only with credentials sent; 403 and 404 say that this person cannot log in at all. */
const REFUSED = new Set([401, 403, 404, 407]);

export interface Login {
  address: Address;
  password: string;
  url: string; // of the WebSocket
  instance: string;
}

export class Connection {
  readonly agent: UA;
  private readonly onStatus: (status: Status) => void;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private retryMs = RETRY_FIRST_MS;
  private ended = false;

  constructor(login: Login, onStatus: (status: Status) => void) {
    this.onStatus = onStatus;
    this.agent = new UA({
      sockets: [new WebSocketInterface(login.url)],
      uri: addressToUri(login.address),
      authorization_user: login.address.user,
      password: login.password,
      instance_id: login.instance,
      register: true,
      register_expires: REGISTER_EXPIRES_S,
      session_timers: false,
      connection_recovery_min_interval: RECONNECT_LEAST_S,
      connection_recovery_max_interval: RECONNECT_MOST_S,
      user_agent: 'Heliograph web client',
    });
    this.listen();
  }

  start(): void {
    this.onStatus(CONNECTING);
    this.agent.start();
  }

  /** Unregisters and closes; nothing is reported any more. */
  end(): void {
    this.ended = true;
    clearTimeout(this.retryTimer);
    window.removeEventListener('online', this.hurry);
    this.agent.stop();
  }

  /** A new connection at once: the old one does not answer, or the network is back. */
  renew(): void {
    if (this.ended) return;
    clearTimeout(this.retryTimer);
    this.agent.stop();
    this.agent.start();
  }

  private readonly hurry = (): void => {
    if (!this.agent.isRegistered()) this.renew();
  };

  private listen(): void {
    window.addEventListener('online', this.hurry);
    this.agent.on('connecting', ({ attempts }) => this.report(attempts === 0 ? CONNECTING : OFFLINE));
    this.agent.on('connected', () => this.report(CONNECTING));
    this.agent.on('disconnected', () => this.report(OFFLINE));
    this.agent.on('registered', () => {
      this.retryMs = RETRY_FIRST_MS;
      this.report(ONLINE);
    });
    this.agent.on('registrationFailed', ({ response, cause }) => this.registrationFailed(response, cause));
  }

  private report(status: Status): void {
    if (!this.ended) this.onStatus(status);
  }

  private registrationFailed(response: Parameters<typeof reasonOf>[0] | null, cause: C.causes | undefined): void {
    if (this.ended) return;
    if (response && REFUSED.has(response.status_code)) {
      const status = refused(response.status_code, reasonOf(response));
      this.end();
      this.onStatus(status);
      return;
    }
    // Without a connection JsSIP registers as soon as there is one.
    if (!this.agent.isConnected()) return;
    this.report(response ? notNow(reasonOf(response)) : notNow(cause ?? 'no answer'));
    clearTimeout(this.retryTimer);
    // No answer at all: the connection is dead, whatever the browser thinks.
    this.retryTimer = setTimeout(() => (response ? this.agent.register() : this.renew()), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MOST_MS);
  }
}
