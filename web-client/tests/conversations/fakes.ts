// A server's history, its connection and a browser's memory, as the conversations see them. Tests say what happens, and
// look at what was asked for. SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { vi } from 'vitest';
import { createMemoryKeep } from '../../src/keep/keep';
import type { Address } from '../../src/model/address';
import { ConversationsModel } from '../../src/model/conversations/conversations';
import { compareIds } from '../../src/model/conversations/ids';
import {
  PortError, type Api, type ConversationsUpdate, type IncomingMessage, type Keep, type Link, type LinkStatus,
  type MessageNames, type MessagePage, type OutgoingMessage, type SendOutcome, type StoredConversation,
  type StoredMessage,
} from '../../src/model/ports';
import type { Conversation, SentState } from '../../src/model/views';
import { readCpim } from '../../src/sip/bodies/cpim';

export const alice: Address = { user: 'alice', domain: 'example.test' };
export const bob: Address = { user: 'bob', domain: 'example.test' };
export const carol: Address = { user: 'carol', domain: 'example.test' };
export const ALL = 1_000_000;

/** Lets everything happen that is due within that time. */
export async function pass(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

export class FakeLink {
  readonly status = signal<LinkStatus>({ kind: 'online', problem: null });
  readonly sent: OutgoingMessage[] = [];
  readonly waiting: ((outcome: SendOutcome) => void)[] = [];
  outcome: SendOutcome | null = { kind: 'delivered' }; // of what is sent; null: it takes until `answer`
  private names = 0;
  private listener: (message: IncomingMessage) => boolean = () => false;
  private onUpdate: (update: ConversationsUpdate) => void = () => undefined;

  name = (): MessageNames => ({ callId: `call${(this.names += 1)}`, cseq: 100 });
  send = (message: OutgoingMessage): Promise<SendOutcome> => {
    this.sent.push(message);
    if (this.outcome) return Promise.resolve(this.outcome);
    return new Promise((resolve) => this.waiting.push(resolve));
  };
  onMessage = (listener: (message: IncomingMessage) => boolean): void => {
    this.listener = listener;
  };
  watchConversations = (onUpdate: (update: ConversationsUpdate) => void) => {
    this.onUpdate = onUpdate;
    return { isLive: signal(true), end: () => (this.onUpdate = () => undefined) };
  };

  answer(outcome: SendOutcome): void {
    this.waiting.shift()?.(outcome);
  }

  goOffline(): void {
    this.status.value = { kind: 'offline', problem: null };
    for (const settle of this.waiting.splice(0)) settle({ kind: 'cut-off' });
  }

  goOnline(): void {
    this.status.value = { kind: 'online', problem: null };
  }

  arrive(message: Partial<IncomingMessage> & { callId: string }): boolean {
    return this.listener({
      from: bob, contentType: 'text/plain', body: 'hello', cseq: 1, at: new Date(), ...message,
    });
  }

  tell(since: number, until: number, changed: Record<string, number> = {}): void {
    const list = Object.entries(changed).map(([peer, at]) => ({ peer, at: String(at) }));
    this.onUpdate({ since: String(since), until: String(until), changed: list });
  }

  /** What of it was of that type, the bodies in CPIM looked into. */
  sentOf(type: string): { message: OutgoingMessage; body: string }[] {
    return this.sent.flatMap((message) => {
      const cpim = message.contentType === 'message/cpim' ? readCpim(message.body) : null;
      const [contentType, body] = cpim ? [cpim.contentType, cpim.body] : [message.contentType, message.body];
      return contentType.startsWith(type) ? [{ message, body }] : [];
    });
  }

  texts(): string[] {
    return this.sentOf('text/plain').map(({ body }) => body);
  }
}

interface Range {
  before?: string;
  after?: string;
  limit: number;
}

/** Everything that one account has said and was told, in rows with growing numbers. */
export class FakeHistory {
  readonly rows: StoredMessage[] = [];
  readonly readIds = new Map<string, string>();
  readonly asked: string[] = [];
  fails: PortError | null = null;
  private lastId = 100;

  add(row: Partial<StoredMessage> & { text?: string }): StoredMessage {
    this.lastId += 1;
    const id = row.id ?? String(this.lastId);
    const stored: StoredMessage = {
      id, peer: 'bob@example.test', direction: 'received', at: new Date(Date.UTC(2026, 0, 1, 12, 0, this.rows.length)),
      kind: 'text', text: '', messageId: '', wants: [], state: 'delivered', receipt: null,
      contentType: 'text/plain', callId: `row${id}`, cseq: 1, ...row,
    };
    const isLate = compareIds(this.rows.at(-1)?.id ?? '0', id) > 0;
    this.rows.push(stored);
    if (isLate) this.rows.sort((a, b) => compareIds(a.id, b.id));
    return stored;
  }

  fill(count: number, row: Partial<StoredMessage> = {}): void {
    for (let number = 1; number <= count; number += 1) this.add({ text: `old ${number}`, ...row });
  }

  readAll(): void {
    for (const { peer } of this.rows) this.readIds.set(peer, this.rows.at(-1)!.id);
  }

  change(id: string, change: Partial<StoredMessage>): void {
    Object.assign(this.rows.find((row) => row.id === id)!, change);
  }

  private of(peer: string): StoredMessage[] {
    return this.rows.filter((row) => row.peer === peer);
  }

  private conversationOf(peer: string): StoredConversation {
    const rows = this.of(peer);
    const readId = this.readIds.get(peer) ?? '0';
    const lastSent = rows.filter(({ direction, kind }) => direction === 'sent' && kind === 'text').at(-1)?.id ?? '0';
    const unread = rows.filter(({ kind, direction, id }) => kind === 'text' && direction === 'received' &&
      compareIds(id, readId) > 0 && compareIds(id, lastSent) > 0).length;
    const last = rows.filter(({ kind }) => kind !== 'receipt').at(-1) ?? null;
    return { peer, unread: Math.min(unread, 100), readId, last };
  }

  private async ask<T>(what: string, answer: () => T): Promise<T> {
    this.asked.push(what);
    await Promise.resolve();
    if (this.fails) throw this.fails;
    return answer();
  }

  private pageOf(rows: StoredMessage[], { before, after, limit }: Range): MessagePage {
    const within = rows.filter(({ id }) =>
      (!before || compareIds(id, before) < 0) && (!after || compareIds(id, after) > 0));
    return { messages: after ? within.slice(0, limit) : within.slice(-limit), hasMore: within.length > limit };
  }

  readonly api: Pick<Api, 'conversations' | 'conversation' | 'messages' | 'search' | 'markRead'> = {
    conversations: () => this.ask('list', () =>
      [...new Set(this.rows.map(({ peer }) => peer))].map((peer) => this.conversationOf(peer))),
    conversation: (peer) => this.ask(`conversation ${peer}`, () => this.conversationOf(peer)),
    messages: (peer, range) => this.ask(`messages ${peer} ${JSON.stringify(range)}`, () =>
      this.pageOf(this.of(peer), range)),
    search: (words, range) => this.ask(`search ${words} ${JSON.stringify(range)}`, () =>
      this.pageOf((range.peer ? this.of(range.peer) : this.rows).filter(({ text }) => text.includes(words)), range)),
    markRead: (peer, id) => this.ask(`read ${peer} ${id}`, () => void this.readIds.set(peer, id)),
  };
}

export interface World {
  link: FakeLink;
  history: FakeHistory;
  keep: Keep;
  conversations: ConversationsModel;
  tellsRead: { value: boolean };
  arrived: string[];
}

const models: ConversationsModel[] = [];

/** A page; the second of a world is the first one after a reload. */
export async function openPage(
  before: Partial<World> & { keepsHistory?: boolean; messageBytes?: number } = {},
): Promise<World> {
  const link = before.link ?? new FakeLink();
  const history = before.history ?? new FakeHistory();
  const keep = before.keep ?? createMemoryKeep();
  const tellsRead = signal(true);
  const { keepsHistory = true, messageBytes = 2000 } = before;
  const conversations = new ConversationsModel({
    self: alice, site: { keepsHistory, messageBytes }, link: link as unknown as Link, api: history.api as Api, keep,
    tellsRead, claim: () => Promise.resolve(true),
  });
  models.push(conversations);
  const arrived: string[] = [];
  conversations.onArrival((_conversation, { text }) => arrived.push(text));
  await conversations.start();
  await pass();
  return { link, history, keep, conversations, tellsRead, arrived };
}

export function endAll(): void {
  for (const model of models.splice(0)) model.end();
}

/** Opened, and looked at. */
export async function openWith({ conversations }: World, address = bob, isSeen = true) {
  conversations.isSeen.value = isSeen;
  conversations.open(address);
  await pass(10);
  return conversations.current.value!;
}

export function shownTexts(conversation: Conversation): string[] {
  return conversation.messages.value.map(({ text }) => text);
}

export function stateOf(conversation: Conversation, text: string): SentState | null | undefined {
  return conversation.messages.value.find((message) => message.text === text)?.state;
}

/** The text above which "new messages" stands. */
export function firstUnread({ messages, firstUnreadKey }: Conversation): string | undefined {
  return messages.value.find(({ key }) => key === firstUnreadKey.value)?.text;
}
