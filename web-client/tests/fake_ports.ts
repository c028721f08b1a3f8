// The model's ports without a server and without a browser: tests say what is told, and see what is asked for.
// SPDX-License-Identifier: MIT
import { signal, type Signal } from '@preact/signals';
import {
  PortError, type Api, type BuddyList, type ChosenStatus, type ConversationsUpdate, type DocumentTags, type Link,
  type LinkStatus, type MailboxState, type PeopleUpdate, type Presence, type ProblemKind, type PublishedPresence,
  type Watch, type WatchedPerson, type WatchersUpdate,
} from '../src/model/ports';
import type { Clock, Notifier, Shelf, ShownNotice, Tabs } from '../src/model/ports_browser';
import type { NotifierPermission } from '../src/model/views';

/** Lets promises that are settled go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

export class FakeClock implements Clock {
  private time = 1_767_225_600_000;
  private timers: { at: number; run: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  /** Time goes by, and whatever it is waited for happens in its order. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (;;) {
      await settle();
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settle();
  }

  /** The computer sleeps: time goes by and no timer runs. */
  sleep(ms: number): void {
    this.time += ms;
  }
}

/** One subscription: `tell` is a NOTIFY, `cut` the end of the connection. */
export class FakeWatch<T> implements Watch {
  readonly isLive = signal(false);
  isEnded = false;
  onUpdate: ((update: T) => void) | null = null;

  begin(onUpdate: (update: T) => void): Watch {
    this.onUpdate = onUpdate;
    return this;
  }

  tell(update: T): void {
    if (this.isEnded) return;
    this.onUpdate?.(update);
    this.isLive.value = true;
  }

  cut(): void {
    this.isLive.value = false;
  }

  end(): void {
    this.isEnded = true;
  }
}

export class FakeLink implements Link {
  readonly status: Signal<LinkStatus> = signal({ kind: 'online', problem: null });
  readonly people = new FakeWatch<PeopleUpdate>();
  readonly oneself = new FakeWatch<Presence>();
  readonly watchers = new FakeWatch<WatchersUpdate>();
  readonly mailbox = new FakeWatch<MailboxState>();
  readonly documents = new FakeWatch<DocumentTags>();
  readonly conversations = new FakeWatch<ConversationsUpdate>();
  readonly published: (PublishedPresence | null)[] = [];

  watchPeople = (onUpdate: (update: PeopleUpdate) => void): Watch => this.people.begin(onUpdate);
  watchOneself = (onUpdate: (presence: Presence) => void): Watch => this.oneself.begin(onUpdate);
  watchWatchers = (onUpdate: (update: WatchersUpdate) => void): Watch => this.watchers.begin(onUpdate);
  watchMailbox = (onUpdate: (state: MailboxState) => void): Watch => this.mailbox.begin(onUpdate);
  watchDocuments = (onUpdate: (tags: DocumentTags) => void): Watch => this.documents.begin(onUpdate);
  watchConversations = (onUpdate: (update: ConversationsUpdate) => void): Watch => this.conversations.begin(onUpdate);
  publish(presence: PublishedPresence | null): void {
    this.published.push(presence);
  }
  start = unexpected('start');
  end = unexpected('end');
  renew = unexpected('renew');
  send = unexpected('send');
  name = unexpected('name');
  onMessage = unexpected('onMessage');

  cut(): void {
    this.status.value = { kind: 'offline', problem: null };
    for (const watch of [this.people, this.oneself, this.watchers, this.mailbox, this.documents]) watch.cut();
  }
}

function unexpected(name: string): () => never {
  return () => {
    throw new Error(`nobody expects ${name}`);
  };
}

/** A server that keeps what it is told. What `fails` next is refused. */
export class FakeApi {
  list: BuddyList = { groups: [], buddies: [] };
  ruleList: { watcher: string; presence: 'allow' | 'block' | 'polite-block' | 'confirm' | null }[] = [];
  status: ChosenStatus | null = null;
  readonly calls: string[] = [];
  private readonly failures: ProblemKind[] = [];
  private gates: Promise<void>[] = [];

  fail(...kinds: ProblemKind[]): void {
    this.failures.push(...kinds);
  }

  /** The next call waits until it is let through. */
  gate(): () => void {
    let open: () => void = () => undefined;
    this.gates.push(new Promise((resolve) => {
      open = resolve;
    }));
    return open;
  }

  private async answer<T>(call: string, make: () => T): Promise<T> {
    this.calls.push(call);
    const kind = this.failures.shift();
    const gate = this.gates.shift();
    const made = gate && kind === undefined ? make() : null; // what is told is of before the gate
    await gate;
    if (kind !== undefined) throw new PortError({ kind, detail: '' });
    return made ?? make();
  }

  readonly port = {
    buddies: () => this.answer('buddies', () => this.list),
    addBuddy: (buddy: { uri: string; name: string; groups: readonly string[] }) =>
      this.answer(`addBuddy ${buddy.uri} ${buddy.name} [${buddy.groups.join()}]`, () => {
        this.list = { ...this.list, buddies: [...this.list.buddies, buddy] };
      }),
    changeBuddy: (uri: string, change: { name?: string; groups?: readonly string[] }) =>
      this.answer(`changeBuddy ${uri} ${JSON.stringify(change)}`, () => {
        const buddies = this.list.buddies.map((one) => (one.uri === uri ? { ...one, ...change } : one));
        this.list = { ...this.list, buddies };
      }),
    removeBuddy: (uri: string) => this.answer(`removeBuddy ${uri}`, () => {
      this.list = { ...this.list, buddies: this.list.buddies.filter((one) => one.uri !== uri) };
    }),
    addGroup: (group: { name: string; displayName: string }) => this.answer(`addGroup ${group.name}`, () => {
      this.list = { ...this.list, groups: [...this.list.groups, group] };
    }),
    renameGroup: (name: string, displayName: string) => this.answer(`renameGroup ${name} ${displayName}`, () => {
      const groups = this.list.groups.map((one) => (one.name === name ? { name, displayName } : one));
      this.list = { ...this.list, groups };
    }),
    removeGroup: (name: string) => this.answer(`removeGroup ${name}`, () => {
      this.list = { ...this.list, groups: this.list.groups.filter((one) => one.name !== name) };
    }),
    rules: () => this.answer('rules', () => this.ruleList),
    decide: (watcher: string, presence: 'allow' | 'block' | 'polite-block' | 'confirm' | null) =>
      this.answer(`decide ${watcher} ${presence}`, () => {
        this.ruleList = [...this.ruleList.filter((one) => one.watcher !== watcher), { watcher, presence }];
      }),
    chosenStatus: () => this.answer('chosenStatus', () => this.status),
    chooseStatus: (status: ChosenStatus) => this.answer(`chooseStatus ${status.kind} ${status.note}`, () => {
      this.status = status;
    }),
    saveIcon: () => this.answer('saveIcon', () => 'http://127.0.0.1:8080/api/v1/icons/abc123'),
    removeIcon: () => this.answer('removeIcon', () => undefined),
  } as unknown as Api;
}

/** Pages of one browser. */
export class FakeBrowser {
  readonly tabs: FakeTabs[] = [];
  readonly claimed = new Set<string>();

  open(): FakeTabs {
    const tabs = new FakeTabs(this);
    this.tabs.push(tabs);
    return tabs;
  }
}

export class FakeTabs implements Tabs {
  isLookedAt = false;
  readonly told: number[] = [];
  private readonly listeners: ((at: number) => void)[] = [];

  constructor(private readonly browser: FakeBrowser) {}

  tellActivity(at: number): void {
    this.told.push(at);
    for (const tabs of this.browser.tabs)
      if (tabs !== this) for (const listener of tabs.listeners) listener(at);
  }
  onActivity(listener: (at: number) => void): void {
    this.listeners.push(listener);
  }
  claim(key: string): Promise<boolean> {
    const isFirst = !this.browser.claimed.has(key);
    this.browser.claimed.add(key);
    return Promise.resolve(isFirst);
  }
  isSeen(): Promise<boolean> {
    return Promise.resolve(this.browser.tabs.some(({ isLookedAt }) => isLookedAt));
  }
  end(): void {
    this.browser.tabs.splice(this.browser.tabs.indexOf(this), 1);
  }
}

/** What all pages of a browser keep: each has a `shelf` of its own on it. */
export class FakeStorage {
  readonly items = new Map<string, string>();
  private readonly listeners = new Map<Shelf, ((name: string, text: string | null) => void)[]>();

  shelf(): Shelf {
    const listeners: ((name: string, text: string | null) => void)[] = [];
    const shelf: Shelf = {
      read: (name) => this.items.get(name) ?? null,
      write: (name, text) => {
        this.items.set(name, text);
        for (const [other, theirs] of this.listeners) if (other !== shelf) for (const tell of theirs) tell(name, text);
      },
      remove: (name) => void this.items.delete(name),
      onChange: (listener) => {
        listeners.push(listener);
        return () => void listeners.splice(listeners.indexOf(listener), 1);
      },
    };
    this.listeners.set(shelf, listeners);
    return shelf;
  }
}

export class FakeNotifier implements Notifier {
  readonly permission: Signal<NotifierPermission> = signal('granted');
  answer: NotifierPermission = 'granted'; // of the person who is asked
  readonly shown = new Map<string, ShownNotice & { click: () => void }>();
  asked = 0;
  beeps = 0;
  count = 0;
  isEnded = false;

  ask(): Promise<void> {
    this.asked += 1;
    this.permission.value = this.answer;
    return Promise.resolve();
  }
  show(notice: ShownNotice, click: () => void): void {
    this.shown.set(notice.tag, { ...notice, click });
  }
  close(tag: string): void {
    this.shown.delete(tag);
  }
  beep(): void {
    this.beeps += 1;
  }
  badge(count: number): void {
    this.count = count;
  }
  end(): void {
    this.isEnded = true;
  }
}

export function presence(more: Partial<Presence> = {}): Presence {
  return {
    isOpen: true, activity: 'available', note: '', icon: '', displayName: '', since: null, idleDevices: 0,
    activeDevices: 1, ...more,
  };
}

export function watched(
  uri: string, more: Partial<Presence> | null = {}, state: Partial<WatchedPerson> = {},
): WatchedPerson {
  return { uri, state: 'active', reason: '', presence: more && presence(more), ...state };
}
