// What of an account survives a reload: messages that the server has not answered for, and drafts. In IndexedDB; in
// memory where the browser has none or does not let us. SPDX-License-Identifier: MIT
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Keep, UnsentMessage } from '../model/ports';

/** Drafts are of the account; an unsent message is of one page, so that no other page sends it as well. */
interface Shelves extends DBSchema {
  unsent: { key: [string, string]; value: KeptUnsent };
  drafts: { key: [string, string]; value: { account: string; peer: string; text: string } };
}

interface KeptUnsent {
  account: string;
  key: string;
  device: number; // the number of the page among those side by side (sip/device.ts)
  order: number; // in which it was written
  message: UnsentMessage;
}

export interface KeepOwner {
  account: string; // "alice@example.org"
  device: number;
  others: ReadonlySet<number>; // numbers of pages that are open as well
}

const VERSION = 1;
/** A database that another page holds, or that is broken, may never open. */
const OPEN_WITHIN_MS = 3_000;

/** Takes over what pages have left that are no more. */
export async function openKeep(owner: KeepOwner): Promise<Keep> {
  const memory = createMemoryKeep();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<Keep>((resolve) => (timer = setTimeout(() => resolve(memory), OPEN_WITHIN_MS)));
  const lasting = openLasting(owner, memory).catch(() => memory);
  return Promise.race([lasting, tooLate]).finally(() => clearTimeout(timer));
}

async function openLasting(owner: KeepOwner, memory: Keep): Promise<Keep> {
  const database = await openDB<Shelves>('heliograph', VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('unsent', { keyPath: ['account', 'key'] });
      fresh.createObjectStore('drafts', { keyPath: ['account', 'peer'] });
    },
  });
  await takeOver(database, owner);
  return createLastingKeep(database, owner, memory);
}

function ofAccount(account: string): IDBKeyRange {
  return IDBKeyRange.bound([account], [account, []]); // an array is above all texts
}

/** In one transaction, so that of two pages that begin at once one gets it. */
async function takeOver(database: IDBPDatabase<Shelves>, { account, device, others }: KeepOwner): Promise<void> {
  const change = database.transaction('unsent', 'readwrite');
  for (const one of await change.store.getAll(ofAccount(account)))
    if (one.device !== device && !others.has(one.device)) await change.store.put({ ...one, device });
  await change.done;
}

/** What the browser does not do any more, the memory does: the page goes on, and says that it forgets. */
function createLastingKeep(database: IDBPDatabase<Shelves>, { account, device }: KeepOwner, memory: Keep): Keep {
  let isLasting = true;
  let lastOrder = 0;
  const orders = new Map<string, number>();
  const orderOf = (key: string): number => {
    lastOrder = Math.max(lastOrder + 1, Date.now());
    if (!orders.has(key)) orders.set(key, lastOrder);
    return orders.get(key)!;
  };
  const attempt = async <T>(work: () => Promise<T>, instead: () => Promise<T>): Promise<T> => {
    try {
      if (isLasting) return await work();
    } catch {
      isLasting = false;
    }
    return instead();
  };
  return {
    get isLasting() {
      return isLasting;
    },
    unsent: () => attempt(async () => {
      const all = (await database.getAll('unsent', ofAccount(account))).filter((one) => one.device === device);
      for (const one of all) orders.set(one.key, one.order);
      return all.sort((a, b) => a.order - b.order).map(({ message }) => message);
    }, () => memory.unsent()),
    putUnsent: (message) => attempt(async () => {
      await database.put('unsent', { account, key: message.key, device, order: orderOf(message.key), message });
    }, () => memory.putUnsent(message)),
    removeUnsent: (key) => attempt(async () => {
      orders.delete(key);
      await database.delete('unsent', [account, key]);
    }, () => memory.removeUnsent(key)),
    drafts: () => attempt(async () => {
      const all = await database.getAll('drafts', ofAccount(account));
      return new Map(all.map(({ peer, text }) => [peer, text]));
    }, () => memory.drafts()),
    putDraft: (peer, text) => attempt(async () => {
      if (text === '') await database.delete('drafts', [account, peer]);
      else await database.put('drafts', { account, peer, text });
    }, () => memory.putDraft(peer, text)),
    forget: () => attempt(async () => {
      const change = database.transaction(['unsent', 'drafts'], 'readwrite');
      await change.objectStore('unsent').delete(ofAccount(account));
      await change.objectStore('drafts').delete(ofAccount(account));
      await change.done;
    }, () => memory.forget()),
  };
}

export function createMemoryKeep(): Keep {
  const unsent = new Map<string, UnsentMessage>();
  const drafts = new Map<string, string>();
  return {
    isLasting: false,
    unsent: async () => [...unsent.values()],
    putUnsent: async (message) => void unsent.set(message.key, message),
    removeUnsent: async (key) => void unsent.delete(key),
    drafts: async () => new Map(drafts),
    async putDraft(peer, text) {
      if (text === '') drafts.delete(peer);
      else drafts.set(peer, text);
    },
    async forget() {
      unsent.clear();
      drafts.clear();
    },
  };
}
