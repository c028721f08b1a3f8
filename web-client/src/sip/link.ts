// SIP for the model: the connection, and everything that goes over it. SPDX-License-Identifier: MIT
import { addressToUri, type Address } from '../model/address';
import type {
  ConversationsUpdate, DocumentTags, IncomingMessage, Link, LinkStatus, MailboxState, MessageNames, OutgoingMessage,
  PeopleUpdate, Presence, Problem, PublishedPresence, SendOutcome, Watch, WatchersUpdate,
} from '../model/ports';
import type { ReadonlySignal } from '@preact/signals';
import type { ArrivedMessage } from './agent';
import { CPIM_TYPE } from './bodies/cpim';
import { IMDN_TYPE } from './bodies/imdn';
import { IS_COMPOSING_TYPE } from './bodies/is_composing';
import { PIDF_TYPE } from './bodies/pidf';
import { writePidf } from './bodies/pidf_write';
import { Outbox, newNames, type CutBlame } from './outbox';
import {
  conversationsPackage, documentsPackage, mailboxPackage, oneselfPackage, peoplePackage, watchersPackage,
} from './packages';
import { Publication } from './publication';
import { RegisteredConnection } from './registered_connection';
import { Subscription, type EventPackage } from './subscription';
import { listenForWakeups } from './wakeups';

export interface LinkOptions {
  url: string; // of the WebSocket: "wss://sip.example.org/ws"
  address: Address;
  user?: string; // for the digest, where it is not the address's
  password: string; // or the secret of a session
  isSession: boolean; // which of them it is
  instance: string; // a UUID: which device this is (RFC 5626 §4.1)
  listService?: string; // the user part of the address of one's own list: the server's lists.service
  onDead?: (problem: Problem) => void; // refused: nothing is tried any more
}

const TICK_MS = 1_000;
const ACCEPT = `Accept: ${CPIM_TYPE}, text/plain, ${IMDN_TYPE}, ${IS_COMPOSING_TYPE}`;

/** RFC 3261 §20.17: a message that waited for us says when it was sent. */
export function sentAt(header: string, now = new Date()): Date {
  const date = new Date(header);
  return Number.isNaN(date.getTime()) || date > now ? now : date;
}

function incoming(message: ArrivedMessage): IncomingMessage | null {
  const { user, host, port } = message.from;
  if (user === '') return null;
  return {
    callId: message.callId,
    cseq: message.cseq,
    from: { user, domain: host.toLowerCase() + (port ? `:${port}` : '') },
    contentType: message.header('Content-Type') || 'text/plain',
    body: message.body,
    at: sentAt(message.header('Date')),
  };
}

class SipLink implements Link {
  readonly status: ReadonlySignal<LinkStatus>;
  private readonly self: string;
  private readonly list: string;
  private readonly connection: RegisteredConnection;
  private readonly outbox: Outbox;
  private readonly publication: Publication;
  private readonly subscriptions = new Set<Subscription>();
  private readonly listeners: ((message: IncomingMessage) => boolean)[] = [];
  private published = ''; // what it is, without its time
  private isUp = false;
  private stopTicking: () => void = () => undefined;

  constructor(options: LinkOptions) {
    const { url, address, password, isSession, instance } = options;
    this.self = addressToUri(address);
    this.list = addressToUri({ user: options.listService ?? 'rls', domain: address.domain });
    this.connection = new RegisteredConnection(
      { url, uri: this.self, user: options.user ?? address.user, password, isSession, instance },
      {
        onUp: () => this.up(),
        onDown: (blame) => this.down(blame),
        onRefused: (problem) => options.onDead?.(problem),
      });
    const { agent } = this.connection;
    this.status = this.connection.status;
    this.outbox = new Outbox(agent);
    this.publication = new Publication(agent, 'presence', this.self, PIDF_TYPE);
    agent.onMessage = (message) => this.arrived(message);
  }

  start(): void {
    const timer = setInterval(() => this.tick(), TICK_MS);
    const stopListening = listenForWakeups(() => this.connection.check());
    this.stopTicking = () => {
      clearInterval(timer);
      stopListening();
    };
    this.connection.start();
  }

  async end(): Promise<void> {
    this.stopTicking();
    this.listeners.length = 0;
    for (const subscription of this.subscriptions) subscription.end();
    this.publication.publish(null);
    await this.connection.end();
  }

  renew(): void {
    this.connection.renew();
  }

  send(message: OutgoingMessage): Promise<SendOutcome> {
    return this.outbox.send(message);
  }

  name(): MessageNames {
    return newNames();
  }

  onMessage(listener: (message: IncomingMessage) => boolean): void {
    this.listeners.push(listener);
  }

  watchPeople(onUpdate: (update: PeopleUpdate) => void): Watch {
    return this.watch(peoplePackage(this.list, onUpdate));
  }

  watchOneself(onUpdate: (presence: Presence) => void): Watch {
    return this.watch(oneselfPackage(this.self, onUpdate));
  }

  watchWatchers(onUpdate: (update: WatchersUpdate) => void): Watch {
    return this.watch(watchersPackage(this.self, onUpdate));
  }

  watchMailbox(onUpdate: (state: MailboxState) => void): Watch {
    return this.watch(mailboxPackage(this.self, onUpdate));
  }

  watchDocuments(onUpdate: (tags: DocumentTags) => void): Watch {
    return this.watch(documentsPackage(this.self, onUpdate));
  }

  watchConversations(onUpdate: (update: ConversationsUpdate) => void): Watch {
    return this.watch(conversationsPackage(this.self, onUpdate));
  }

  publish(presence: PublishedPresence | null): void {
    const published = JSON.stringify(presence);
    if (published === this.published) return;
    this.published = published;
    this.publication.publish(presence && writePidf(this.self, presence, new Date()));
  }

  private watch(content: EventPackage): Watch {
    const { agent } = this.connection;
    const subscription = new Subscription(agent, content, () => this.subscriptions.delete(subscription));
    this.subscriptions.add(subscription);
    if (this.isUp) subscription.connected();
    return subscription;
  }

  private up(): void {
    this.isUp = true;
    this.outbox.connected();
    this.publication.connected();
    for (const subscription of this.subscriptions) subscription.connected();
  }

  private down(blame: CutBlame): void {
    this.isUp = false;
    for (const subscription of this.subscriptions) subscription.disconnected();
    this.publication.disconnected();
    this.outbox.disconnected(blame);
  }

  private tick(): void {
    const now = Date.now();
    this.connection.tick(now);
    this.publication.tick(now);
    for (const subscription of this.subscriptions) subscription.tick(now);
  }

  /** RFC 3261 §21.4.13: what nobody here understands is refused, so that the sender knows. */
  private arrived(message: ArrivedMessage): void {
    const read = incoming(message);
    if (!read) return message.refuse(400, []);
    const isPlain = /^(?:identity)?$/i.test(message.header('Content-Encoding').trim());
    // Phones deflate their receipts. The server's history reads them, and tells that they are there.
    const isPackedReceipt = !isPlain && /^message\/imdn\+xml\s*(?:;|$)/i.test(read.contentType.trim());
    const isTaken = isPackedReceipt || (isPlain && this.listeners.map((listener) => listener(read)).includes(true));
    if (!isTaken) message.refuse(415, [ACCEPT, 'Accept-Encoding: identity']);
  }
}

/** A link that is not started yet. */
export function createLink(options: LinkOptions): Link {
  return new SipLink(options);
}
