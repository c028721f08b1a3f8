// What is kept in the browser of one account's conversations, so that a page that is loaded again shows what it showed.
// The server takes a message for delivered once this device has it: what is only in memory would be lost.
// Each device number has its own document (src/sip/device.ts): pages side by side do not write over one another.
// SPDX-License-Identifier: MIT
import type { Conversation, Fate, Message } from './conversations';

const VERSION = 1;
const PREFIX = 'heliograph.conversations.';
const CONVERSATIONS_KEPT = 100;
const MESSAGES_KEPT = 500; // of each conversation, the last ones
/** Browsers give a site about five million characters, and other accounts want some of them. */
const CHARACTERS_KEPT = 2_000_000;
const FATES = new Set<unknown>(['waiting', 'sending', 'delivered', 'kept', 'failed', 'unknown']);

/** A message without its id, which is of one page only. */
export type KeptMessage =
  | { direction: 'sent'; text: string; at: Date; fate: Fate; reason: string }
  | { direction: 'received'; text: string; at: Date };

export interface KeptConversation {
  address: { user: string; domain: string };
  unread: number;
  messages: KeptMessage[];
}

export interface Kept {
  conversations: KeptConversation[]; // those spoken with last come first
  identities: string[]; // of what was received, the oldest first
}

/** As much of localStorage as is needed here. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class ConversationStore {
  private readonly shelf: () => Shelf;
  private readonly account: string;
  private readonly name: string;
  private most = MESSAGES_KEPT;

  /** `shelf` may throw: some browsers forbid even to ask for it. */
  constructor(shelf: () => Shelf, account: string, device: number) {
    this.shelf = shelf;
    this.account = account;
    this.name = `${PREFIX}${device}.${account}`;
  }

  /** Empty where nothing is kept, or nothing that this version can read. */
  load(): Kept {
    try {
      return readKept(JSON.parse(this.shelf().getItem(this.name) ?? 'null'));
    } catch {
      return { conversations: [], identities: [] };
    }
  }

  /** Where there is no room for all, the oldest messages of each conversation go. False: nothing can be kept. */
  save(conversations: readonly Conversation[], identities: readonly string[]): boolean {
    for (; this.most >= 1; this.most = Math.floor(this.most / 2)) {
      const text = JSON.stringify(documentOf(conversations, identities, this.most));
      if (text.length <= CHARACTERS_KEPT && this.write(text)) return true;
    }
    this.most = 1; // there may be room again, another time
    return false;
  }

  /** Removes what is kept of the account, also by its other pages. */
  forget(): void {
    try {
      const shelf = this.shelf();
      const names = Array.from({ length: shelf.length }, (_, index) => shelf.key(index) ?? '');
      for (const name of names) if (this.isOfAccount(name)) shelf.removeItem(name);
    } catch {
      // a browser that keeps nothing
    }
  }

  private isOfAccount(name: string): boolean {
    return name.startsWith(PREFIX) && name.slice(PREFIX.length).replace(/^\d+\./, '') === this.account;
  }

  private write(text: string): boolean {
    try {
      this.shelf().setItem(this.name, text);
      return true;
    } catch {
      return false; // no room, or not allowed
    }
  }
}

function documentOf(conversations: readonly Conversation[], identities: readonly string[], most: number): object {
  const kept = conversations.filter(({ messages }) => messages.length > 0).slice(0, CONVERSATIONS_KEPT);
  return {
    version: VERSION,
    identities,
    conversations: kept.map(({ address, unread, messages }) =>
      ({ address, unread, messages: messages.slice(-most).map(withoutId) })),
  };
}

function withoutId({ id: _id, ...rest }: Message): object {
  return rest;
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const arrayOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Whatever stands there, also by an older or newer page: what is not as it should be is left out. */
function readKept(value: unknown): Kept {
  if (!isObject(value) || value['version'] !== VERSION) return { conversations: [], identities: [] };
  return {
    conversations: arrayOf(value['conversations']).flatMap(readConversation),
    identities: arrayOf(value['identities']).filter((one) => typeof one === 'string'),
  };
}

function readConversation(value: unknown): KeptConversation[] {
  if (!isObject(value) || !isObject(value['address'])) return [];
  const { user, domain } = value['address'];
  if (typeof user !== 'string' || typeof domain !== 'string') return [];
  const messages = arrayOf(value['messages']).flatMap(readMessage);
  const unread = Number.isSafeInteger(value['unread']) ? Math.max(0, value['unread'] as number) : 0;
  return messages.length === 0 ? [] : [{ address: { user, domain }, unread: Math.min(unread, messages.length), messages }];
}

function readMessage(value: unknown): KeptMessage[] {
  if (!isObject(value) || typeof value['text'] !== 'string') return [];
  const { direction, text, fate, reason } = value;
  const at = new Date(typeof value['at'] === 'string' ? value['at'] : NaN);
  if (Number.isNaN(at.getTime())) return [];
  if (direction === 'received') return [{ direction, text, at }];
  if (direction !== 'sent' || !FATES.has(fate) || typeof reason !== 'string') return [];
  return [{ direction, text, at, fate: fate as Fate, reason }];
}
