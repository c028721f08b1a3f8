// One conversation: what is shown of it, and what a person does in it. SPDX-License-Identifier: MIT
import { batch, computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { addressText, type Address } from '../address';
import type {
  Api, IncomingMessage, Keep, Link, Problem, Site, StoredConversation, UnsentMessage,
} from '../ports';
import type { Conversation, Message } from '../views';
import { IS_COMPOSING_TYPE, writeTyping, type Body } from './content';
import { Draft } from './drafts';
import { Entries, messageOfRow, type TextBody } from './entries';
import { HistoryWindow } from './history_window';
import { laterId, nameText, NO_ID, randomName } from './ids';
import type { Outbox } from './outbox';
import { ReadMark } from './read_mark';
import type { Receipts } from './receipts';
import type { Entry } from './timeline';
import { REFRESH_S, TypingIn, TypingOut } from './typing';
import { Unread } from './unread';

/** What all conversations of an account share. */
export interface Surroundings {
  self: Address;
  site: Pick<Site, 'messageBytes' | 'keepsHistory'>;
  link: Link;
  api: Pick<Api, 'conversation' | 'messages' | 'markRead'>;
  keep: Keep;
  outbox: Outbox;
  receipts: Receipts;
  tellsRead: ReadonlySignal<boolean>; // settings.receipts
}

/** Half a character, as of an emoji that was cut: no text on the wire can hold it. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** So many pages are read to find where the unread ones begin. */
const PAGES_TO_UNREAD = 6;

export class ConversationModel implements Conversation {
  readonly reachesStart: ReadonlySignal<boolean>;
  readonly isLoading: ReadonlySignal<boolean>;
  readonly loadProblem: ReadonlySignal<Problem | null>;
  readonly unread: ReadonlySignal<number>;
  readonly firstUnreadKey: ReadonlySignal<string>;
  readonly isTyping: ReadonlySignal<boolean>;
  readonly draft: Signal<string>;
  readonly last: ReadonlySignal<Message | null>;
  readonly isAtEnd = signal(true);
  openedAt = 0; // ms since 1970

  private readonly shown = signal<readonly Message[]>([]);
  private readonly lastShown = signal<Message | null>(null);
  private readonly entries: Entries;
  private readonly window: HistoryWindow;
  private readonly mark: ReadMark;
  private readonly unreadTexts = new Unread();
  private readonly typingIn = new TypingIn();
  private readonly typingOut = new TypingOut((isActive) => void this.tellTyping(isActive));
  private readonly draftKept: Draft;
  private storedLast: { message: Message; id: string } | null = null; // what the list of conversations told
  private isOpen = false;
  private isWatched = false;
  private takesTyping: boolean;

  constructor(readonly address: Address, readonly peer: string, draft: string, private readonly around: Surroundings) {
    this.entries = new Entries(({ key }) => around.outbox.isStored(key), () => this.publish());
    this.window = new HistoryWindow(around.api, peer, this.entries);
    this.mark = new ReadMark((id) => around.api.markRead(peer, id), (from, to) => this.tellDisplayed(from, to));
    this.draftKept = new Draft(draft, (text) => void around.keep.putDraft(addressText(address), text));
    this.draft = this.draftKept.text;
    this.reachesStart = this.window.reachesStart;
    this.isLoading = computed(() => this.window.isLoading.value > 0);
    this.loadProblem = this.window.problem;
    this.unread = this.unreadTexts.count;
    this.firstUnreadKey = this.unreadTexts.firstKey;
    this.isTyping = this.typingIn.isTyping;
    this.last = this.lastShown;
    this.takesTyping = !this.isOneself();
    if (!around.site.keepsHistory) this.window.beWhole();
  }

  get messages(): ReadonlySignal<readonly Message[]> {
    return this.shown;
  }

  // ---- what the person does

  async loadOlder(): Promise<void> {
    if (this.isLoading.peek() || (this.window.isLoaded && this.reachesStart.peek())) return;
    await this.window.loadOlder().catch(() => undefined); // loadProblem says why
    this.loaded();
  }

  async loadUntil(id: string): Promise<string> {
    await this.window.loadUntil(id).catch(() => undefined);
    this.loaded();
    return this.entries.timeline.byId(id)?.key ?? '';
  }

  send(typed: string): Problem | null {
    const text = typed.replace(LONE_SURROGATE, '\ufffd');
    if (text.trim() === '') return null;
    const { link, outbox, site } = this.around;
    const names = link.name();
    const message: UnsentMessage = {
      ...names, key: nameText('sent', names), to: addressText(this.address), text, messageId: randomName(),
      at: Date.now(), isRefused: false, problem: null,
    };
    const bytes = new TextEncoder().encode(outbox.bodyOf(this.address, message)).length;
    if (bytes > site.messageBytes) return { kind: 'too-long', detail: '' };
    batch(() => {
      this.unreadTexts.answered();
      this.entries.write(message, outbox.firstState);
      this.draft.value = '';
    });
    this.typingOut.sent();
    outbox.add(message, this.address);
    return null;
  }

  sendAgain(key: string): void {
    this.around.outbox.sendAgain(key);
  }

  discard(key: string): void {
    if (this.around.outbox.discard(key)) this.entries.remove(key);
  }

  typed(): void {
    if (this.draft.peek().trim() === '') this.typingOut.idle();
    else this.typingOut.typed();
  }

  // ---- what the conversations tell it

  open(): void {
    this.isOpen = true;
    this.openedAt = Date.now();
    this.unreadTexts.open();
    this.publish();
  }

  close(): void {
    this.isOpen = false;
    this.typingOut.idle();
    this.unreadTexts.close();
  }

  /** It is open and the person looks at the page: what is there is read. */
  watch(isWatched: boolean): void {
    if (isWatched === this.isWatched) return;
    this.isWatched = isWatched;
    this.unreadTexts.watch(isWatched);
    this.markRead();
  }

  /** What was written before a reload. */
  restore(message: UnsentMessage): void {
    this.entries.write(message, message.isRefused ? 'failed' : 'waiting');
    this.around.outbox.restore(message, this.address);
  }

  restoreDraft(text: string): void {
    this.draftKept.restore(text);
  }

  /** What has become of something sent from here. */
  show(...told: Parameters<Entries['show']>): void {
    this.entries.show(...told);
  }

  /** A text that came live; null: for the second time. `isUnread`: the person does not see it. */
  arrive(incoming: IncomingMessage, body: TextBody): { message: Message; isUnread: boolean } | null {
    this.typingIn.stop();
    if (!this.entries.isFirst(incoming)) return null;
    const known = this.known(incoming);
    if (known) return { message: known, isUnread: !this.isWatched && this.unread.peek() > 0 };
    return batch(() => {
      // Whoever opens it reads what the server has; until then only the last one is to be seen, in the list.
      if (!this.window.isLoaded) this.entries.dropReceived(Infinity);
      const { key, view } = this.entries.receive(incoming, body);
      const isUnread = this.unreadTexts.arrived(key);
      this.markRead();
      return { message: view, isUnread };
    });
  }

  receipt({ of, status }: Extract<Body, { kind: 'receipt' }>): void {
    if (status !== 'failed') this.entries.receipt(of, status);
  }

  typing({ isActive, refreshS }: Extract<Body, { kind: 'typing' }>): void {
    if (!this.isOneself()) this.typingIn.heard(isActive, refreshS);
  }

  /** What the server's list says of it. */
  learn(stored: StoredConversation): void {
    batch(() => {
      this.mark.learn(stored.readId);
      const message = stored.last && messageOfRow(stored.last);
      this.storedLast = message && { message, id: message.id };
      this.unreadTexts.learn(stored, this.mark.id);
      this.publish();
    });
    this.markRead();
  }

  /** The server's list does not have it any more: what was said is too old to be kept. */
  isNotListed(): void {
    if (!this.window.isLoaded && this.storedLast) this.learn({ peer: this.peer, unread: 0, readId: NO_ID, last: null });
  }

  /** Reads what may have changed; what is open is there then. Throws where it could not be read. */
  async refresh(): Promise<void> {
    if (!this.around.site.keepsHistory) return;
    const rows = this.isOpen ? this.load() : this.window.catchUp();
    // Of what somebody looks at, the messages say all there is to know.
    if (this.isWatched && this.window.isLoaded && this.mark.isKnown) return rows;
    const [stored] = await Promise.all([this.around.api.conversation(this.peer), rows]);
    this.learn(stored);
  }

  hurry(): void {
    this.mark.hurry();
  }

  pause(): void {
    this.draftKept.pause();
  }

  get isLoaded(): boolean {
    return this.window.isLoaded;
  }

  end(): void {
    this.mark.end();
    this.draftKept.end();
    this.typingOut.sent();
    this.typingIn.stop();
  }

  /** The history was quicker. */
  private known(incoming: IncomingMessage): Message | null {
    const stored = this.storedLast?.message;
    if (stored?.key === nameText('received', incoming)) return stored;
    return this.entries.timeline.byNames('received', incoming)?.view ?? null;
  }

  // ---- loading

  private async load(): Promise<void> {
    if (this.window.isLoaded) return this.window.catchUp();
    await this.window.load();
    this.loaded();
    const wanted = this.unreadTexts.wanted;
    const isEnough = (): boolean => this.reachesStart.peek() || this.entries.receivedAtEnd(wanted).length >= wanted;
    for (let pages = 0; pages < PAGES_TO_UNREAD && !isEnough(); pages += 1) await this.window.loadOlder();
    this.publish();
  }

  /** What came live before, and is not among the rows, lies further back: it comes with its page. */
  private loaded(): void {
    const oldest = this.entries.timeline.all()[0];
    if (oldest?.id && !this.reachesStart.peek()) this.entries.dropReceived(oldest.at.getTime());
  }

  /** Called after each change of what is to be seen. */
  private publish(): void {
    batch(() => {
      const { timeline } = this.entries;
      this.shown.value = timeline.views();
      const last = timeline.last()?.view ?? null;
      const stored = this.storedLast?.message ?? null;
      const isStored = !last || (stored && !this.window.isLoaded && stored.at > last.at);
      this.lastShown.value = isStored ? stored : last;
      const { wanted } = this.unreadTexts;
      if (wanted > 0 && this.window.isLoaded)
        this.unreadTexts.place(this.entries.receivedAtEnd(wanted), this.reachesStart.peek());
    });
    this.markRead();
  }

  // ---- what others are told

  private isOneself(): boolean {
    return addressText(this.address) === addressText(this.around.self);
  }

  private markRead(): void {
    if (!this.isWatched || !this.window.isLoaded) return;
    if (!this.around.site.keepsHistory) return this.tellSeen(this.entries.timeline.all());
    const stored = this.storedLast?.message.direction === 'received' ? this.storedLast.id : NO_ID;
    this.mark.move(laterId(this.entries.lastReceivedId(), stored));
  }

  /** RFC 5438 §6.4: once, and only what was asked for. By the read mark, so that a reload does not repeat it. */
  private tellDisplayed(from: string, to: string): void {
    this.tellSeen(this.entries.receivedBetween(from, to));
  }

  private tellSeen(entries: readonly Entry[]): void {
    if (!this.around.tellsRead.peek()) return;
    for (const entry of entries) {
      if (!entry.wantsDisplayed) continue;
      this.entries.timeline.change(entry, { wantsDisplayed: false });
      this.around.receipts.owe(this.address, entry, 'displayed');
    }
  }

  private async tellTyping(isActive: boolean): Promise<void> {
    const { link } = this.around;
    if (!this.takesTyping || link.status.peek().kind !== 'online') return;
    const outcome = await link.send({
      ...link.name(), to: this.address, contentType: IS_COMPOSING_TYPE, body: writeTyping(isActive, REFRESH_S),
      headers: ['Expires: 0'], // nobody wants to know it later
    });
    if (outcome.kind === 'refused' && outcome.problem.kind === 'not-taken') this.takesTyping = false;
  }
}
