// All conversations of one person who is logged in: messages in order, the fate of each sent one, what is unread.
// No DOM and no SIP: the page draws it, src/sip feeds it.
// SPDX-License-Identifier: MIT
import { addressText, type Address } from './address';
import type { Kept, KeptMessage } from './store';

/**
 * waiting    there is no connection; it goes out with the next one
 * sending    on its way, not answered yet
 * delivered  200: a device of the receiver has it
 * kept       202: the server keeps it until the receiver returns
 * failed     refused; `reason` says why
 * unknown    the page was closed before the server answered
 */
export type Fate = 'waiting' | 'sending' | 'delivered' | 'kept' | 'failed' | 'unknown';

export interface Sent {
  readonly direction: 'sent';
  readonly id: number;
  readonly text: string;
  readonly at: Date;
  fate: Fate;
  reason: string; // empty but for `failed`
}

export interface Received {
  readonly direction: 'received';
  readonly id: number;
  readonly text: string;
  readonly at: Date; // when it was sent, which may be long ago
}

export type Message = Sent | Received;

export interface Conversation {
  readonly address: Address;
  readonly messages: Message[];
  unread: number;
}

export interface Arrival {
  from: Address;
  text: string;
  at: Date;
  identity: string; // the same for a message that comes again
}

/** So many identities are remembered; what comes twice, comes soon. */
const IDENTITIES_KEPT = 1000;

export class Conversations {
  private readonly byAddress = new Map<string, Conversation>();
  private readonly identities = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private lastId = 0;
  private currentText: string | null = null;

  /** What a page before this one kept. Nothing is under way any more: what was not answered is not known. */
  restore({ conversations, identities }: Kept): void {
    for (const identity of identities) this.isKnown(identity);
    for (const { address, unread, messages } of [...conversations].reverse()) {
      const conversation = this.conversationWith(address);
      conversation.unread = unread;
      conversation.messages.push(...messages.map((message) => this.restored(message)));
    }
  }

  /** Of the messages received, so that one that comes again after a reload is known. */
  knownIdentities(): string[] {
    return [...this.identities];
  }

  /** `listener` is called after each change. */
  subscribe(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Those spoken with last come first. */
  list(): Conversation[] {
    const time = (one: Conversation): number => one.messages.at(-1)?.id ?? Infinity;
    return [...this.byAddress.values()].sort((a, b) => time(b) - time(a));
  }

  get current(): Conversation | null {
    return this.currentText === null ? null : (this.byAddress.get(this.currentText) ?? null);
  }

  get unread(): number {
    return [...this.byAddress.values()].reduce((sum, one) => sum + one.unread, 0);
  }

  /** Shows the conversation with `address`, a new one where there is none. */
  open(address: Address): Conversation {
    const conversation = this.conversationWith(address);
    this.currentText = addressText(conversation.address);
    conversation.unread = 0;
    this.changed();
    return conversation;
  }

  /** Back to the list, on small screens. */
  close(): void {
    this.currentText = null;
    this.changed();
  }

  /** `seen`: the person is looking at the page. */
  receive(arrival: Arrival, seen: boolean): Received | null {
    if (this.isKnown(arrival.identity)) return null;
    const conversation = this.conversationWith(arrival.from);
    const message: Received = { direction: 'received', id: this.nextId(), text: arrival.text, at: arrival.at };
    conversation.messages.push(message);
    if (!seen || conversation !== this.current) conversation.unread += 1;
    this.changed();
    return message;
  }

  /** The person looks at the page again. */
  seen(): void {
    const current = this.current;
    if (!current || current.unread === 0) return;
    current.unread = 0;
    this.changed();
  }

  add(address: Address, text: string): Sent {
    const message: Sent = {
      direction: 'sent', id: this.nextId(), text, at: new Date(), fate: 'waiting', reason: '',
    };
    this.conversationWith(address).messages.push(message);
    this.changed();
    return message;
  }

  settle(message: Sent, fate: Fate, reason = ''): void {
    message.fate = fate;
    message.reason = reason;
    this.changed();
  }

  private conversationWith(address: Address): Conversation {
    const text = addressText(address);
    let conversation = this.byAddress.get(text);
    if (!conversation) {
      conversation = { address, messages: [], unread: 0 };
      this.byAddress.set(text, conversation);
    }
    return conversation;
  }

  private restored(message: KeptMessage): Message {
    const id = this.nextId();
    if (message.direction === 'received') return { ...message, id };
    const isOpen = message.fate === 'waiting' || message.fate === 'sending';
    return { ...message, id, fate: isOpen ? 'unknown' : message.fate };
  }

  private isKnown(identity: string): boolean {
    if (this.identities.has(identity)) return true;
    this.identities.add(identity);
    if (this.identities.size > IDENTITIES_KEPT) {
      const oldest = this.identities.values().next();
      if (!oldest.done) this.identities.delete(oldest.value);
    }
    return false;
  }

  private nextId(): number {
    this.lastId += 1;
    return this.lastId;
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}
