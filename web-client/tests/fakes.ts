// An account without a server, for tests of the pages: every signal can be set, and what a page asks for is noted in
// `calls` and answered at once.
// SPDX-License-Identifier: MIT
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { addressText, parseAddress, type Address } from '../src/model/address';
import type {
  ChosenStatus, LinkStatus, MailboxState, Presence, Problem, Session, Site,
} from '../src/model/ports';
import type {
  Account, Conversation, Conversations, Mailbox, Message, OwnStatus, People, PeopleGroup, Person, PresenceRequest,
  SearchHit, Settings, Theme,
} from '../src/model/views';

export const DOMAIN = 'example.org';

export function address(typed: string): Address {
  const read = parseAddress(typed, DOMAIN);
  if (!read) throw new Error(`no address: ${typed}`);
  return read;
}

export function problem(kind: Problem['kind'], detail = ''): Problem {
  return { kind, detail };
}

let numbers = 0;

/** A received message unless `more` says otherwise. */
export function message(text: string, more: Partial<Message> = {}): Message {
  const number = String(++numbers);
  return {
    key: `m${number}`, id: number, direction: 'received', at: new Date(), text, isUnreadable: false,
    contentType: 'text/plain', state: more.direction === 'sent' ? 'delivered' : null, problem: null, ...more,
  };
}

export function person(typed: string, more: Partial<Person> = {}): Person {
  const who = address(typed);
  return {
    uri: `sip:${addressText(who)}`, address: who, name: who.user, givenName: '', groups: [], state: 'available',
    watch: 'active', reason: '', note: '', icon: '', since: null, ...more,
  };
}

export class FakeConversation implements Conversation {
  readonly address: Address;
  readonly messages = signal<readonly Message[]>([]);
  readonly reachesStart = signal(true);
  readonly isLoading = signal(false);
  readonly loadProblem = signal<Problem | null>(null);
  readonly last = computed(() => this.messages.value.at(-1) ?? null);
  readonly unread = signal(0);
  readonly firstUnreadKey = signal('');
  readonly isTyping = signal(false);
  readonly isAtEnd = signal(true);
  readonly draft = signal('');
  readonly calls: string[] = [];
  /** The history that is not loaded yet, the oldest first. */
  older: Message[] = [];
  sendProblem: Problem | null = null;

  constructor(typed: string, messages: readonly Message[] = []) {
    this.address = address(typed);
    this.messages.value = messages;
  }

  receive(text: string): void {
    this.messages.value = [...this.messages.value, message(text)];
  }

  change(key: string, change: Partial<Message>): void {
    this.messages.value = this.messages.value.map((one) => (one.key === key ? { ...one, ...change } : one));
  }

  loadOlder(): Promise<void> {
    this.calls.push('loadOlder');
    const page = this.older.splice(-50);
    this.messages.value = [...page, ...this.messages.value];
    this.reachesStart.value = this.older.length === 0;
    return Promise.resolve();
  }

  async loadUntil(id: string): Promise<string> {
    this.calls.push(`loadUntil ${id}`);
    while (this.older.length > 0 && !this.messages.value.some((one) => one.id === id)) await this.loadOlder();
    return this.messages.value.find((one) => one.id === id)?.key ?? '';
  }

  send(text: string): Problem | null {
    this.calls.push(`send ${text}`);
    if (this.sendProblem) return this.sendProblem;
    this.messages.value = [...this.messages.value, message(text, { direction: 'sent', state: 'sending' })];
    this.draft.value = '';
    return null;
  }

  sendAgain(key: string): void {
    this.calls.push(`sendAgain ${key}`);
    this.change(key, { state: 'sending', problem: null });
  }

  discard(key: string): void {
    this.calls.push(`discard ${key}`);
    this.messages.value = this.messages.value.filter((one) => one.key !== key);
  }

  typed(): void {
    this.calls.push('typed');
  }
}

export class FakeConversations implements Conversations {
  readonly list = signal<readonly FakeConversation[]>([]);
  readonly isLoaded = signal(true);
  readonly loadProblem = signal<Problem | null>(null);
  readonly current = signal<FakeConversation | null>(null);
  readonly unread = computed(() => this.list.value.reduce((sum, { unread }) => sum + unread.value, 0));
  readonly isSeen = signal(true);
  /** What the next searches find; null: what the loaded messages say. */
  found: { hits: readonly SearchHit[]; hasMore: boolean } | Problem | null = null;
  readonly calls: string[] = [];
  private readonly arrivalListeners: ((conversation: Conversation, message: Message) => void)[] = [];

  with(...conversations: FakeConversation[]): this {
    this.list.value = conversations;
    return this;
  }

  open(typed: string | Address): Problem | null {
    const who = typeof typed === 'string' ? parseAddress(typed, DOMAIN) : typed;
    if (!who) return problem('no-address');
    const text = addressText(who);
    let found = this.list.value.find((one) => addressText(one.address) === text);
    if (!found) {
      found = new FakeConversation(text);
      this.list.value = [found, ...this.list.value];
    }
    this.current.value = found;
    return null;
  }

  close(): void {
    this.current.value = null;
  }

  loadAgain(): void {
    this.calls.push('loadAgain');
    this.loadProblem.value = null;
  }

  search(words: string, within: Conversation | null): ReturnType<Conversations['search']> {
    this.calls.push(`search ${words}`);
    if (this.found) return Promise.resolve(this.found);
    const hits = this.list.value.filter((one) => !within || one === within).flatMap((one) =>
      one.messages.value.filter(({ text }) => text.toLowerCase().includes(words.toLowerCase()))
        .map((found) => ({ address: one.address, message: found })));
    return Promise.resolve({ hits, hasMore: false });
  }

  onArrival(listener: (conversation: Conversation, message: Message) => void): void {
    this.arrivalListeners.push(listener);
  }

  arrive(conversation: FakeConversation, text: string): void {
    conversation.receive(text);
    conversation.unread.value++;
    for (const listener of this.arrivalListeners) listener(conversation, conversation.last.value!);
  }
}

export class FakePeople implements People {
  readonly isLive = signal(true);
  readonly isLoaded = signal(true);
  readonly all = signal<readonly Person[]>([]);
  readonly groupNames = signal<readonly { name: string; displayName: string }[]>([]);
  readonly search = signal('');
  readonly requests = signal<readonly PresenceRequest[]>([]);
  readonly rules = signal<People['rules']['value']>([]);
  readonly calls: string[] = [];
  problem: Problem | null = null; // of whatever is asked for
  readonly groups = computed<readonly PeopleGroup[]>(() => {
    const words = this.search.value.toLowerCase();
    const found = this.all.value.filter(({ name }) => name.toLowerCase().includes(words));
    const group = (name: string, displayName: string): PeopleGroup => ({
      name, displayName, people: found.filter(({ groups }) => (name ? groups.includes(name) : groups.length === 0)),
    });
    return [...this.groupNames.value.map((one) => group(one.name, one.displayName)), group('', '')];
  });

  person(who: Address): ReadonlySignal<Person | null> {
    const uri = `sip:${addressText(who)}`;
    return computed(() => this.all.value.find((one) => one.uri === uri) ?? null);
  }

  private done(call: string): Promise<Problem | null> {
    this.calls.push(call);
    return Promise.resolve(this.problem);
  }

  add(typed: string, name: string, groups: readonly string[]): Promise<Problem | null> {
    if (!this.problem) this.all.value = [...this.all.value, person(typed, { name: name || typed, groups })];
    return this.done(`add ${typed} ${name} ${groups.join(',')}`);
  }
  rename = (uri: string, name: string): Promise<Problem | null> => this.done(`rename ${uri} ${name}`);
  setGroups = (uri: string, groups: readonly string[]): Promise<Problem | null> =>
    this.done(`setGroups ${uri} ${groups.join(',')}`);
  remove = (uri: string): Promise<Problem | null> => this.done(`remove ${uri}`);
  addGroup = (displayName: string): Promise<Problem | null> => this.done(`addGroup ${displayName}`);
  renameGroup = (name: string, displayName: string): Promise<Problem | null> =>
    this.done(`renameGroup ${name} ${displayName}`);
  removeGroup = (name: string): Promise<Problem | null> => this.done(`removeGroup ${name}`);
  decide = (uri: string, decision: string | null): Promise<Problem | null> => this.done(`decide ${uri} ${decision}`);
}

export class FakeOwnStatus implements OwnStatus {
  readonly chosen = signal<ChosenStatus>({ kind: 'available', note: '', icon: '' });
  readonly shown = signal<Presence | null>(null);
  readonly isAutomaticallyAway = signal(false);
  readonly calls: string[] = [];
  problem: Problem | null = null;

  choose(kind: ChosenStatus['kind'], note: string): Promise<Problem | null> {
    this.calls.push(`choose ${kind} ${note}`);
    if (!this.problem) this.chosen.value = { ...this.chosen.value, kind, note };
    return Promise.resolve(this.problem);
  }
  setIcon(): Promise<Problem | null> {
    this.calls.push('setIcon');
    return Promise.resolve(this.problem);
  }
  removeIcon(): Promise<Problem | null> {
    this.calls.push('removeIcon');
    return Promise.resolve(this.problem);
  }
  active(): void {
    this.calls.push('active');
  }
}

export class FakeMailbox implements Mailbox {
  readonly state = signal<MailboxState | null>(null);
  readonly isLive = signal(true);
  readonly number = computed(() => this.state.value?.account ?? '');
  url = '';
}

export class FakeSettings implements Settings {
  readonly language = signal('en');
  readonly theme = signal<Theme>('system');
  readonly notifications = signal(false);
  readonly sound = signal(false);
  readonly receipts = signal(true);
  readonly awayAfterMinutes = signal(5);
}

export class FakeAccount implements Account {
  readonly self = address('alice');
  readonly site: Site = {
    domain: DOMAIN, product: 'Heliograph 0.1.0', messageBytes: 60_000, voicemailUrl: '', keepsHistory: true,
  };
  readonly status = signal<LinkStatus>({ kind: 'online', problem: null });
  readonly people = new FakePeople();
  readonly conversations = new FakeConversations();
  readonly own = new FakeOwnStatus();
  readonly mailbox = new FakeMailbox();
  readonly settings = new FakeSettings();
  readonly notifying = signal<Account['notifying']['value']>('default');
  readonly calls: string[] = [];
  sessionList: readonly Session[] = [];

  askToNotify(): Promise<void> {
    this.calls.push('askToNotify');
    this.notifying.value = 'granted';
    return Promise.resolve();
  }
  tryNow(): void {
    this.calls.push('tryNow');
  }
  sessions(): Promise<readonly Session[]> {
    return Promise.resolve(this.sessionList);
  }
  endSession(id: string): Promise<void> {
    this.calls.push(`endSession ${id}`);
    this.sessionList = this.sessionList.filter((one) => one.id !== id);
    return Promise.resolve();
  }
  logOut(forget: boolean): Promise<void> {
    this.calls.push(`logOut ${forget}`);
    return Promise.resolve();
  }
}
