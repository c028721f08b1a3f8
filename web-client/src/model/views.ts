// What the pages show and do: the model's side towards src/ui. Everything that changes is a signal, so a component that
// reads it is drawn again when it changes; nothing here is drawn, and no sentence is made.
// SPDX-License-Identifier: MIT
import type { ReadonlySignal, Signal } from '@preact/signals';
import type { Address } from './address';
import type {
  ChosenStatus, Decision, LinkStatus, MailboxState, Presence, Problem, Session, Site, StatusKind,
} from './ports';

// ---- logging in (model/login.ts)

export interface Login {
  /** Typed address and password; `stay`: kept on this computer until it is revoked. Null: one is in. */
  logIn(typed: string, password: string, stay: boolean): Promise<Problem | null>;
  readonly rememberedAddress: string;
  /** Why one was logged out; null: by oneself, or not at all. */
  readonly problem: ReadonlySignal<Problem | null>;
  readonly isBusy: ReadonlySignal<boolean>;
}

// ---- one person who is logged in (model/account.ts)

export interface Account {
  readonly self: Address;
  readonly site: Site;
  readonly status: ReadonlySignal<LinkStatus>;
  readonly people: People;
  readonly conversations: Conversations;
  readonly own: OwnStatus;
  readonly mailbox: Mailbox;
  readonly settings: Settings;
  /** Whether this browser shows notifications. */
  readonly notifying: ReadonlySignal<NotifierPermission>;
  /** Asks for it; only while a click or a key is handled. */
  askToNotify(): Promise<void>;
  /** Connects at once instead of when the pause is over. */
  tryNow(): void;
  sessions(): Promise<readonly Session[]>;
  endSession(id: string): Promise<void>;
  /** `forget`: nothing of this account stays on this computer, unsent messages neither. */
  logOut(forget: boolean): Promise<void>;
}

// ---- people (model/people.ts)

export type PersonState = 'available' | 'busy' | 'away' | 'do-not-disturb' | 'on-the-phone' | 'offline' | 'unknown';

export interface Person {
  readonly uri: string; // of the buddy list
  readonly address: Address | null; // null: nobody that one can write to (tel:)
  readonly name: string; // the one given to him, or told by him, or his user name
  readonly givenName: string; // '' where none was given
  readonly groups: readonly string[];
  readonly state: PersonState; // 'unknown' while the watch is not live: shown grey
  readonly watch: 'active' | 'pending' | 'rejected' | 'unknown';
  readonly reason: string;
  readonly note: string;
  readonly icon: string; // same origin, or ''
  readonly since: Date | null;
}

export interface PeopleGroup {
  readonly name: string; // '' for people of no group
  readonly displayName: string; // '' where it has none of its own, as people of no group
  readonly people: readonly Person[]; // those there first, then by name
}

export interface PresenceRequest {
  readonly uri: string;
  readonly address: Address | null;
  readonly name: string;
}

export interface People {
  readonly isLive: ReadonlySignal<boolean>; // false: what is shown may be old
  readonly isLoaded: ReadonlySignal<boolean>; // the list was read once
  readonly groups: ReadonlySignal<readonly PeopleGroup[]>; // all, as `search` leaves them
  readonly all: ReadonlySignal<readonly Person[]>; // whatever is searched for
  readonly search: Signal<string>;
  readonly requests: ReadonlySignal<readonly PresenceRequest[]>;
  readonly rules: ReadonlySignal<readonly { uri: string; name: string; decision: Decision }[]>;
  person(address: Address): ReadonlySignal<Person | null>; // null: not in the list
  /**
   * These are Problems where they fail, null where they are done. Whom the list has already comes into these groups
   * as well.
   */
  add(typed: string, name: string, groups: readonly string[]): Promise<Problem | null>;
  rename(uri: string, name: string): Promise<Problem | null>;
  setGroups(uri: string, groups: readonly string[]): Promise<Problem | null>;
  remove(uri: string): Promise<Problem | null>;
  addGroup(displayName: string): Promise<Problem | null>;
  renameGroup(name: string, displayName: string): Promise<Problem | null>;
  /** Who is in no other group moves to the first one that stays. */
  removeGroup(name: string): Promise<Problem | null>;
  decide(uri: string, decision: Decision | null): Promise<Problem | null>;
}

// ---- conversations (model/conversations.ts)

/**
 * waiting    there is no connection; it goes out with the next one
 * sending    on its way
 * kept       202: the server keeps it until the receiver returns
 * delivered  a device of the receiver has it
 * displayed  he has seen it (RFC 5438)
 * failed     refused; `problem` says why
 */
export type SentState = 'waiting' | 'sending' | 'kept' | 'delivered' | 'displayed' | 'failed';

export interface Message {
  readonly key: string; // the same for the same message, whatever happens to it
  readonly id: string; // the server's number; '' while it has none
  readonly direction: 'sent' | 'received';
  readonly at: Date;
  readonly text: string;
  readonly isUnreadable: boolean; // a body that is no text: `contentType` says what
  readonly contentType: string;
  readonly state: SentState | null; // of a sent one
  readonly problem: Problem | null;
}

export interface Conversation {
  readonly address: Address;
  readonly messages: ReadonlySignal<readonly Message[]>; // what is loaded, the oldest first, the newest always there
  readonly reachesStart: ReadonlySignal<boolean>;
  readonly isLoading: ReadonlySignal<boolean>;
  readonly loadProblem: ReadonlySignal<Problem | null>;
  readonly last: ReadonlySignal<Message | null>;
  readonly unread: ReadonlySignal<number>; // 100 means 100 or more
  readonly firstUnreadKey: ReadonlySignal<string>; // where "new messages" stands; '' for nowhere
  readonly isTyping: ReadonlySignal<boolean>; // the other one
  /** The newest message is in sight: who reads further up has not read what comes meanwhile. */
  readonly isAtEnd: Signal<boolean>;
  readonly draft: Signal<string>; // survives a reload
  loadOlder(): Promise<void>;
  /** Loads until the message is there (a search hit); its key, or '' where it is gone. */
  loadUntil(id: string): Promise<string>;
  /** Null: taken, and the draft is empty. A Problem: not sent, the text stays the caller's. */
  send(text: string): Problem | null;
  sendAgain(key: string): void;
  /** Throws away what was not sent. */
  discard(key: string): void;
  /** The person types: tells the other one (RFC 3994), as often as it should. */
  typed(): void;
}

export interface SearchHit {
  readonly address: Address;
  readonly message: Message;
}

export interface Conversations {
  readonly list: ReadonlySignal<readonly Conversation[]>; // those spoken with last come first
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly loadProblem: ReadonlySignal<Problem | null>;
  readonly current: ReadonlySignal<Conversation | null>;
  readonly unread: ReadonlySignal<number>; // of all
  /** After a `loadProblem`, where the person does not want to wait for the next try. */
  loadAgain(): void;
  /** The person looks at the page (visible and focused): what he sees counts as read. */
  readonly isSeen: Signal<boolean>;
  /** Null, or why this is nobody. */
  open(typed: string | Address): Problem | null;
  close(): void;
  search(words: string, within: Conversation | null): Promise<{ hits: readonly SearchHit[]; hasMore: boolean } | Problem>;
  /** Told of each message that arrives unread, once among the pages of this browser: for notifications. */
  onArrival(listener: (conversation: Conversation, message: Message) => void): void;
}

// ---- one's own status (model/own_status.ts)

export interface OwnStatus {
  readonly chosen: ReadonlySignal<ChosenStatus>;
  readonly shown: ReadonlySignal<Presence | null>; // what others see now; null: not known
  readonly isAutomaticallyAway: ReadonlySignal<boolean>;
  choose(kind: StatusKind, note: string): Promise<Problem | null>;
  setIcon(picture: Blob): Promise<Problem | null>;
  removeIcon(): Promise<Problem | null>;
  /** Somebody moved the mouse, typed, touched: for the idle time, of all pages of this browser. */
  active(): void;
}

// ---- voicemail (model/mailbox.ts)

export interface Mailbox {
  readonly state: ReadonlySignal<MailboxState | null>; // null: not known, or none
  readonly isLive: ReadonlySignal<boolean>;
  readonly number: ReadonlySignal<string>; // to call; '' for none
  readonly url: string; // of the voicemail system; '' for none
}

// ---- settings of this browser (model/settings.ts)

export type Theme = 'system' | 'light' | 'dark';
export interface Settings {
  readonly language: Signal<string>; // '' is the browser's
  readonly theme: Signal<Theme>;
  readonly notifications: Signal<boolean>; // wanted; whether the browser allows it is another matter
  readonly sound: Signal<boolean>;
  readonly receipts: Signal<boolean>; // tell others that one has read
  readonly awayAfterMinutes: Signal<number>; // 0: never
}

/** `unsupported`: the browser has no notifications, or not for a page that came over plain HTTP. */
export type NotifierPermission = 'granted' | 'denied' | 'default' | 'unsupported';
