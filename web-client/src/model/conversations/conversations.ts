// All conversations of one person who is logged in: kept as the server's history has them, with what comes and goes
// over SIP. SPDX-License-Identifier: MIT
import { batch, computed, effect, signal, untracked, type ReadonlySignal } from '@preact/signals';
import { addressText, addressToUri, parseAddress, type Address } from '../address';
import {
  PortError, type Api, type ConversationsUpdate, type IncomingMessage, type Keep, type Link, type Problem, type Site,
  type StoredConversation, type StoredMessage, type UnsentMessage, type Watch,
} from '../ports';
import type { Conversation, Conversations, Message, SearchHit } from '../views';
import { Arrivals } from './arrivals';
import { readBody } from './content';
import { ConversationModel, type Surroundings } from './conversation';
import { messageOfRow } from './entries';
import { compareIds, laterId } from './ids';
import { Outbox } from './outbox';
import { Receipts } from './receipts';
import { Work } from './work';

const LIST = ''; // as work: no conversation has that name
/** After a message came or went; the server's word that something has changed comes sooner. */
const LOOK_AFTER_MS = 1_000;
const HITS = 50;

export interface ConversationsParts {
  self: Address;
  site: Pick<Site, 'messageBytes' | 'keepsHistory'>;
  link: Link;
  api: Api;
  keep: Keep;
  tellsRead: ReadonlySignal<boolean>; // settings.receipts
  /** For what all pages of this browser hear of: true in one of those that ask about now. */
  claim(key: string): Promise<boolean>;
}

export class ConversationsModel implements Conversations {
  readonly isSeen = signal(false);
  readonly list: ReadonlySignal<readonly Conversation[]>;
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly loadProblem: ReadonlySignal<Problem | null>;
  readonly current: ReadonlySignal<Conversation | null>;
  readonly unread: ReadonlySignal<number>;

  private readonly all = signal<readonly ConversationModel[]>([]);
  private readonly byAddress = new Map<string, ConversationModel>();
  private readonly opened = signal<ConversationModel | null>(null);
  private readonly loaded = signal(false);
  private readonly problem = signal<Problem | null>(null);
  private readonly around: Surroundings;
  private readonly outbox: Outbox;
  private readonly receipts: Receipts;
  private readonly arrivals: Arrivals;
  private readonly work = new Work((what) => (what === LIST ? this.readList() : this.refresh(what)));
  private readonly ends: (() => void)[] = [];
  private drafts: ReadonlyMap<string, string> = new Map();
  private known: string | null = null; // up to this change everything is known, or asked for

  constructor(private readonly parts: ConversationsParts) {
    const { link, keep, self, claim } = parts;
    this.outbox = new Outbox({ link, keep, self, show: (message, ...told) => this.show(message, ...told) });
    this.receipts = new Receipts(link, self);
    this.arrivals = new Arrivals(claim);
    this.around = { ...parts, outbox: this.outbox, receipts: this.receipts };
    this.list = computed(() => inOrder(this.all.value, this.opened.value));
    this.isLoaded = this.loaded;
    this.loadProblem = this.problem;
    this.current = this.opened;
    this.unread = computed(() => this.all.value.reduce((sum, { unread }) => sum + unread.value, 0));
  }

  /** Reads what the browser has kept and the server knows, and stays up to date until the end. */
  async start(): Promise<void> {
    const { link, site } = this.parts;
    link.onMessage((message) => this.receive(message));
    if (site.keepsHistory) {
      this.work.ask(LIST);
      this.follow(link.watchConversations((update) => this.learn(update)));
    } else this.beWithoutHistory();
    this.ends.push(effect(() => {
      if (link.status.value.kind === 'online') queueMicrotask(() => this.hurry());
    }));
    this.ends.push(effect(() => {
      const opened = this.opened.value;
      const isSeen = this.isSeen.value && (opened?.isAtEnd.value ?? true);
      untracked(() => this.watch(opened, isSeen));
    }));
    await this.restore();
  }

  /** The page may not come back: what was just typed is kept. */
  pause(): void {
    for (const conversation of this.byAddress.values()) conversation.pause();
  }

  end(): void {
    for (const end of this.ends) end();
    this.work.end();
    this.outbox.end();
    this.receipts.end();
    for (const conversation of this.byAddress.values()) conversation.end();
  }

  // ---- what the person does

  open(typed: string | Address): Problem | null {
    const address = typeof typed === 'string' ? parseAddress(typed, this.parts.self.domain) : typed;
    if (!address) return { kind: 'no-address', detail: '' };
    const conversation = this.conversationWith(address);
    if (conversation === this.opened.peek()) return null;
    batch(() => {
      this.opened.peek()?.close();
      conversation.open();
      this.opened.value = conversation;
    });
    this.look(conversation, 0);
    return null;
  }

  close(): void {
    this.opened.peek()?.close();
    this.opened.value = null;
  }

  loadAgain(): void {
    this.work.hurry();
  }

  async search(
    words: string, within: Conversation | null,
  ): Promise<{ hits: readonly SearchHit[]; hasMore: boolean } | Problem> {
    if (words.trim() === '' || !this.parts.site.keepsHistory) return { hits: [], hasMore: false };
    try {
      const peer = within instanceof ConversationModel ? { peer: within.peer } : {};
      const { messages, hasMore } = await this.parts.api.search(words.trim(), { ...peer, limit: HITS });
      return { hits: messages.flatMap((row) => this.hitOf(row)), hasMore };
    } catch (error) {
      return error instanceof PortError ? error.problem : { kind: 'other', detail: '' };
    }
  }

  onArrival(listener: (conversation: Conversation, message: Message) => void): void {
    this.arrivals.onArrival(listener);
  }

  private hitOf(row: StoredMessage): SearchHit[] {
    const message = messageOfRow(row);
    const address = parseAddress(row.peer, this.parts.self.domain);
    return message && address ? [{ message, address }] : [];
  }

  // ---- what comes over SIP

  /** False: nothing can be made of it, and its sender shall know. */
  private receive(incoming: IncomingMessage): boolean {
    const body = readBody(incoming.contentType, incoming.body);
    if (body.kind === 'other') return false;
    if (body.kind === 'text') {
      if (this.isOwnNote(incoming)) return true;
      const conversation = this.conversationWith(incoming.from);
      const arrival = conversation.arrive(incoming, body);
      this.look(conversation, LOOK_AFTER_MS);
      if (arrival) this.arrivals.add(conversation, arrival.message, arrival.isUnread);
      if (body.wantsDelivered) this.receipts.oweDelivered(incoming, body.messageId);
      return true;
    }
    // Neither makes a conversation where there is none.
    const conversation = this.byAddress.get(addressText(incoming.from));
    if (body.kind === 'receipt') conversation?.receipt(body);
    else conversation?.typing(body);
    return true;
  }

  /** What one writes to oneself comes back; the history has it once, as sent. */
  private isOwnNote({ from }: IncomingMessage): boolean {
    if (addressText(from) !== addressText(this.parts.self) || !this.parts.site.keepsHistory) return false;
    this.look(this.conversationWith(from), LOOK_AFTER_MS);
    return true;
  }

  private show(message: UnsentMessage, ...told: [Parameters<ConversationModel['show']>[1], Problem | null]): void {
    const conversation = this.byAddress.get(message.to);
    conversation?.show(message, ...told);
    if (conversation && (told[0] === 'kept' || told[0] === 'delivered')) this.look(conversation, LOOK_AFTER_MS);
  }

  // ---- what the server's history has

  /** docs/web-client.md, "Changes of conversations". */
  private learn({ since, until, changed }: ConversationsUpdate): void {
    const { known } = this;
    // Where the numbers went back, it is another history.
    if (known === null || compareIds(since, known) > 0 || compareIds(until, known) < 0) {
      this.known = until;
      this.work.ask(LIST);
      return;
    }
    this.known = laterId(known, until);
    for (const { peer, at } of changed) {
      const address = compareIds(at, known) > 0 ? parseAddress(peer, this.parts.self.domain) : null;
      if (address) this.look(this.conversationWith(address, peer), 0);
    }
  }

  private async readList(): Promise<void> {
    try {
      const stored = await this.parts.api.conversations();
      batch(() => {
        this.learnList(stored);
        this.loaded.value = true;
        this.problem.value = null;
      });
      this.arrivals.begin(Math.max(-Infinity, ...stored.map(({ last }) => last?.at.getTime() ?? -Infinity)));
    } catch (error) {
      this.problem.value = error instanceof PortError ? error.problem : { kind: 'other', detail: String(error) };
      this.arrivals.begin(-Infinity);
      throw error;
    }
    for (const conversation of this.byAddress.values()) if (conversation.isLoaded) this.look(conversation, 0);
  }

  private learnList(stored: readonly StoredConversation[]): void {
    const listed = new Set<ConversationModel>();
    for (const one of stored) {
      const address = parseAddress(one.peer, this.parts.self.domain);
      if (!address) continue;
      const conversation = this.conversationWith(address, one.peer);
      conversation.learn(one);
      listed.add(conversation);
    }
    for (const conversation of this.byAddress.values()) if (!listed.has(conversation)) conversation.isNotListed();
  }

  private async refresh(key: string): Promise<void> {
    await this.byAddress.get(key)?.refresh();
  }

  private look(conversation: ConversationModel, afterMs: number): void {
    const key = addressText(conversation.address);
    if (!this.parts.site.keepsHistory) return;
    if (afterMs > 0) this.work.askLater(key, afterMs);
    else this.work.ask(key);
  }

  private beWithoutHistory(): void {
    this.loaded.value = true;
    this.arrivals.begin(-Infinity);
  }

  // ---- the conversations

  /** `peer`: the server's word for it, where it has told one. */
  private conversationWith(address: Address, peer = addressToUri(address).slice('sip:'.length)): ConversationModel {
    const key = addressText(address);
    let conversation = this.byAddress.get(key);
    if (!conversation) {
      conversation = new ConversationModel(address, peer, this.drafts.get(key) ?? '', this.around);
      this.byAddress.set(key, conversation);
      this.all.value = [...this.all.peek(), conversation];
    }
    return conversation;
  }

  private async restore(): Promise<void> {
    const [unsent, drafts] = await Promise.all([this.parts.keep.unsent(), this.parts.keep.drafts()]);
    this.drafts = drafts;
    batch(() => {
      for (const message of unsent) {
        const address = parseAddress(message.to, this.parts.self.domain);
        if (address) this.conversationWith(address).restore(message);
      }
      for (const [key, conversation] of this.byAddress) conversation.restoreDraft(drafts.get(key) ?? '');
    });
  }

  private watch(opened: ConversationModel | null, isSeen: boolean): void {
    for (const conversation of this.byAddress.values()) conversation.watch(isSeen && conversation === opened);
  }

  private hurry(): void {
    this.work.hurry();
    for (const conversation of this.byAddress.values()) conversation.hurry();
  }

  private follow(watch: Watch): void {
    this.ends.push(() => watch.end());
  }
}

/** Those spoken with last come first; those with nothing in them are shown while they are open. */
function inOrder(all: readonly ConversationModel[], opened: ConversationModel | null): readonly ConversationModel[] {
  const timed = all.map((conversation) => {
    const { last } = conversation;
    return { conversation, time: last.value?.at.getTime() ?? conversation.openedAt };
  });
  return timed
    .filter(({ conversation: one }) => one.last.value !== null || one === opened || one.draft.value !== '')
    .sort((a, b) => b.time - a.time)
    .map(({ conversation }) => conversation);
}
