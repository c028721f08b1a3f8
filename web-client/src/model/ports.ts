// What the model needs from outside: SIP (src/sip implements `Link`) and HTTP (src/http implements `Api`). Plain data
// crosses this line, never a request, a DOM node or an XML document; so the model is tested with objects of a test.
// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import type { Address } from './address';

// ---- what goes wrong

/** What a person is told by a sentence of the catalogue (src/ui/texts). */
export type ProblemKind =
  | 'wrong-password' // or the user does not exist: nobody is told which
  | 'session-ended' // the device token was revoked or has expired
  | 'no-such-domain' // the server has no accounts of that domain
  | 'no-such-user'
  | 'no-address' // what was typed is no address
  | 'too-long'
  | 'mailbox-full'
  | 'not-taken' // no device of the receiver understands it
  | 'forbidden'
  | 'changed' // somebody else edited it meanwhile
  | 'limit' // too many, or too large
  | 'busy' // 503 and its like: again later
  | 'no-connection'
  | 'other';

export interface Problem {
  kind: ProblemKind;
  detail: string; // the server's own sentence, in English; '' where there is none
}

/** What ports throw. */
export class PortError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.kind}: ${problem.detail}`);
  }
}

// ---- the connection

/**
 * connecting  the first attempt
 * online      registered over a connection that answers
 * offline     cut off, or the registrar is not able now; it is tried again by itself
 * refused     address, password or session are wrong: somebody must do something
 */
export interface LinkStatus {
  kind: 'connecting' | 'online' | 'offline' | 'refused';
  problem: Problem | null; // of offline and refused, where it is known
}

// ---- messages

/** By what the server knows a MESSAGE again (RFC 3261 §8.1.1): kept with it, so that it can be sent again after a cut. */
export interface MessageNames {
  callId: string;
  cseq: number;
}

export interface OutgoingMessage extends MessageNames {
  to: Address;
  contentType: string;
  body: string;
  headers?: readonly string[]; // whole lines: "Expires: 0"
}

/** `delivered`: 200, a device of the receiver has it; `kept`: 202 (RFC 3428 §7). */
export type SendOutcome = { kind: 'delivered' | 'kept' } | { kind: 'refused'; problem: Problem } | { kind: 'cut-off' };

export interface IncomingMessage extends MessageNames {
  from: Address;
  contentType: string; // as it stood in the header
  body: string;
  at: Date; // the Date header, or now
}

// ---- presence

export type Activity = 'available' | 'busy' | 'away' | 'do-not-disturb' | 'on-the-phone' | 'other';

/** What one person shows of himself (RFC 3863, 4479, 4480, 4482), composed from all that the server told. */
export interface Presence {
  isOpen: boolean; // can be reached
  activity: Activity;
  note: string;
  icon: string; // CIPID: the address of a picture; '' for none
  displayName: string; // CIPID; '' for none
  since: Date | null; // of the state, where it is told
  idleDevices: number; // open tuples that say user-input idle (RFC 4480 §3.11)
  activeDevices: number; // and those that say active; a desk phone that is registered says neither
}

/**
 * active      the presence is told
 * pending     he has not decided yet
 * rejected    he does not show himself to us
 * unknown     nothing is told (yet): no such user, another domain, or given up
 */
export interface WatchedPerson {
  uri: string; // as it stands in the buddy list
  state: 'active' | 'pending' | 'rejected' | 'unknown';
  reason: string; // of the last two: "noresource", "rejected", "giveup" …
  presence: Presence | null;
}

export interface PeopleUpdate {
  isFull: boolean; // all there are; else only those that have changed
  people: readonly WatchedPerson[];
}

/** Who watches us (RFC 3857): those pending or waiting are asked about. */
export interface Watcher {
  id: string;
  uri: string;
  displayName: string;
  status: 'pending' | 'waiting' | 'active' | 'terminated';
}
export interface WatchersUpdate {
  isFull: boolean;
  watchers: readonly Watcher[];
}

/** One mailbox's counts (RFC 3842). */
export interface MailboxState {
  isWaiting: boolean;
  account: string; // Message-Account: the URI to call; '' for none
  counts: readonly { kind: 'voice' | 'fax' | 'text' | 'other'; fresh: number; old: number }[];
}

/** XCAP documents of one's own that exist, by selector ("resource-lists/users/sip:a@b/index") with their entity-tags. */
export type DocumentTags = ReadonlyMap<string, string>;

/** Which conversations have changed since `since` (docs/web-client.md, "Changes of conversations"). */
export interface ConversationsUpdate {
  since: string; // a number as text: whoever knows all until there needs only `changed`
  until: string;
  changed: readonly { peer: string; at: string }[];
}

/** What one's own devices publish, and what stands in the document of the chosen status. */
export interface OwnPresence {
  isOpen: boolean;
  activity: Activity;
  note: string;
  icon: string;
}
export interface PublishedPresence {
  isOpen: boolean;
  isIdle: boolean;
  person: OwnPresence | null; // null: this device says nothing about the person
}

/**
 * An event subscription that takes care of itself: refreshed, 423 obeyed, made anew after a cut, a restart or an end
 * with a reason that allows it (RFC 6665 §4.1.3). `isLive` is false from the cut until the next NOTIFY.
 */
export interface Watch {
  readonly isLive: ReadonlySignal<boolean>;
  end(): void;
}

export interface Link {
  readonly status: ReadonlySignal<LinkStatus>;
  start(): void;
  /** Unregisters and closes; nothing is reported any more. Resolves when it is gone, or after two seconds. */
  end(): Promise<void>;
  /** A new connection at once: the network is back, or the machine was asleep. */
  renew(): void;
  send(message: OutgoingMessage): Promise<SendOutcome>;
  /** New names for a message. */
  name(): MessageNames;
  /** `listener` says whether it could do something with it; else the sender gets 415. */
  onMessage(listener: (message: IncomingMessage) => boolean): void;
  watchPeople(onUpdate: (update: PeopleUpdate) => void): Watch;
  watchOneself(onUpdate: (presence: Presence) => void): Watch;
  watchWatchers(onUpdate: (update: WatchersUpdate) => void): Watch;
  watchMailbox(onUpdate: (state: MailboxState) => void): Watch;
  watchDocuments(onUpdate: (tags: DocumentTags) => void): Watch;
  watchConversations(onUpdate: (update: ConversationsUpdate) => void): Watch;
  /** The newest call wins; repeated by itself until `end` or null, which takes the publication back (RFC 3903). */
  publish(presence: PublishedPresence | null): void;
}

// ---- HTTP

export interface Site {
  domain: string;
  product: string; // "Heliograph 0.1.0"
  messageBytes: number; // the longest body of a MESSAGE
  voicemailUrl: string; // '' where the server was told of none
  keepsHistory: boolean;
}

export interface Session {
  id: string;
  name: string;
  createdAt: Date;
  usedAt: Date;
  expiresAt: Date;
  isStaying: boolean;
  isCurrent: boolean;
}
export interface NewSession {
  id: string;
  secret: string; // takes the password's place, in SIP and in HTTP
  user: string;
  domain: string;
  expiresAt: Date;
}

export interface StoredMessage extends MessageNames {
  id: string; // grows with time; a number as text (64 bits)
  peer: string; // "bob@example.org"
  direction: 'sent' | 'received';
  at: Date;
  kind: 'text' | 'receipt' | 'other';
  text: string; // of a text
  messageId: string; // IMDN Message-ID; '' where there is none
  wants: readonly ('delivery' | 'display')[]; // receipts that its sender asks for
  state: 'delivered' | 'kept'; // of a sent one
  receipt: { of: string; status: 'delivered' | 'displayed' | 'failed' } | null; // of a receipt
  contentType: string;
}
export interface StoredConversation {
  peer: string;
  unread: number; // at most 100
  readId: string; // '0' where nothing was read
  last: StoredMessage | null;
}
export interface MessagePage {
  messages: readonly StoredMessage[]; // in the order of their ids; what a search found: the newest first
  hasMore: boolean; // in the direction that was asked for
}

export interface BuddyGroup {
  name: string;
  displayName: string;
}
export interface Buddy {
  uri: string;
  name: string;
  groups: readonly string[];
}
export interface BuddyList {
  groups: readonly BuddyGroup[];
  buddies: readonly Buddy[];
}
export type Decision = 'allow' | 'block' | 'polite-block' | 'confirm';

/** All throw PortError. */
export interface Api {
  site(): Promise<Site>;
  sessions(): Promise<readonly Session[]>;
  endSession(id: string): Promise<void>;
  conversations(): Promise<readonly StoredConversation[]>;
  conversation(peer: string): Promise<StoredConversation>;
  messages(peer: string, range: { before?: string; after?: string; limit: number }): Promise<MessagePage>;
  search(words: string, range: { peer?: string; before?: string; limit: number }): Promise<MessagePage>;
  markRead(peer: string, id: string): Promise<void>;
  buddies(): Promise<BuddyList>;
  addBuddy(buddy: Buddy): Promise<void>;
  changeBuddy(uri: string, change: { name?: string; groups?: readonly string[] }): Promise<void>;
  removeBuddy(uri: string): Promise<void>;
  addGroup(group: BuddyGroup): Promise<void>;
  renameGroup(name: string, displayName: string): Promise<void>;
  removeGroup(name: string): Promise<void>;
  rules(): Promise<readonly { watcher: string; presence: Decision | null }[]>;
  decide(watcher: string, decision: Decision | null): Promise<void>; // null: forget what was decided
  chosenStatus(): Promise<ChosenStatus | null>; // null: nothing was chosen yet
  chooseStatus(status: ChosenStatus): Promise<void>;
  saveIcon(picture: Blob): Promise<string>; // its address
  removeIcon(): Promise<void>;
}

export type StatusKind = 'available' | 'busy' | 'away' | 'do-not-disturb' | 'invisible';
/** What a person has chosen, for all devices: kept in the XCAP document pidf-manipulation/…/status. */
export interface ChosenStatus {
  kind: StatusKind;
  note: string;
  icon: string;
}

// ---- what survives a reload (src/keep: IndexedDB and localStorage)

/** A message that the server has not answered for yet. */
export interface UnsentMessage extends MessageNames {
  key: string;
  to: string; // "bob@example.org"
  text: string;
  messageId: string;
  at: number; // ms since 1970
  isRefused: boolean; // waits for the person's decision; else it is sent as soon as it can be
  problem: Problem | null;
}

/** Of one account. Nothing here fails: a browser that keeps nothing forgets at the reload, and `isLasting` says so. */
export interface Keep {
  readonly isLasting: boolean;
  unsent(): Promise<readonly UnsentMessage[]>; // in the order in which they were written
  putUnsent(message: UnsentMessage): Promise<void>;
  removeUnsent(key: string): Promise<void>;
  drafts(): Promise<ReadonlyMap<string, string>>; // by peer
  putDraft(peer: string, text: string): Promise<void>; // '' removes it
  forget(): Promise<void>;
}
