// What survives a reload, where the browser keeps nothing, and where its memory fails under us. IndexedDB itself is
// tested in a browser (tests/browser). SPDX-License-Identifier: MIT
import { afterEach, expect, test, vi } from 'vitest';
import { openKeep } from '../src/keep/keep';
import type { UnsentMessage } from '../src/model/ports';

const openDB = vi.hoisted(() => vi.fn());
vi.mock('idb', () => ({ openDB }));
vi.stubGlobal('IDBKeyRange', { bound: (from: string[]) => ({ account: from[0] }) });

const owner = { account: 'alice@example.test', device: 1, others: new Set([0]) };

function unsent(key: string, text = key): UnsentMessage {
  return {
    key, callId: key, cseq: 1, to: 'bob@example.test', text, messageId: '', at: 0, isRefused: false, problem: null,
  };
}

interface Row {
  account: string;
  key?: string;
  peer?: string;
  device?: number;
}

/** As much of a database as is used. */
function createDatabase(rows: Record<'unsent' | 'drafts', Row[]> = { unsent: [], drafts: [] }) {
  const state = { isBroken: false };
  const idOf = ({ account, key, peer }: Row): string => `${account} ${key ?? peer}`;
  const store = (name: 'unsent' | 'drafts') => ({
    async getAll({ account }: { account: string }) {
      if (state.isBroken) throw new DOMException('gone', 'UnknownError');
      return rows[name].filter((row) => row.account === account);
    },
    async put(row: Row) {
      if (state.isBroken) throw new DOMException('full', 'QuotaExceededError');
      const at = rows[name].findIndex((one) => idOf(one) === idOf(row));
      if (at < 0) rows[name].push(row);
      else rows[name][at] = row;
    },
    async delete(key: string[] | { account: string }) {
      if (state.isBroken) throw new DOMException('gone', 'UnknownError');
      const isOther = (row: Row): boolean =>
        Array.isArray(key) ? idOf(row) !== key.join(' ') : row.account !== key.account;
      rows[name] = rows[name].filter(isOther);
    },
  });
  const database = {
    getAll: (name: 'unsent' | 'drafts', range: { account: string }) => store(name).getAll(range),
    put: (name: 'unsent' | 'drafts', row: Row) => store(name).put(row),
    delete: (name: 'unsent' | 'drafts', key: string[]) => store(name).delete(key),
    transaction: () => ({ store: store('unsent'), objectStore: store, done: Promise.resolve() }),
  };
  return { rows, state, database };
}

afterEach(() => {
  vi.useRealTimers();
});

test('what is put is there again, in the order of writing, however often it changes', async () => {
  const { database } = createDatabase();
  openDB.mockResolvedValue(database);
  const first = await openKeep(owner);
  expect(first.isLasting).toBe(true);
  for (const key of ['b', 'a', 'c']) await first.putUnsent(unsent(key));
  await first.putUnsent(unsent('b', 'changed'));
  await first.removeUnsent('a');
  await first.putDraft('bob@example.test', 'hello');
  await first.putDraft('carol@example.test', 'hi');
  await first.putDraft('carol@example.test', '');
  const second = await openKeep(owner);
  expect((await second.unsent()).map(({ text }) => text)).toEqual(['changed', 'c']);
  await second.putUnsent(unsent('b', 'again'));
  expect((await second.unsent()).map(({ text }) => text)).toEqual(['again', 'c']);
  expect([...(await second.drafts())]).toEqual([['bob@example.test', 'hello']]);
});

test('what a page has left that is no more is taken over, what an open one has is not', async () => {
  const { database, rows } = createDatabase();
  openDB.mockResolvedValue(database);
  for (const device of [0, 1, 2]) {
    const keep = await openKeep({ ...owner, device, others: new Set([0, 1, 2]) });
    await keep.putUnsent(unsent(`of ${device}`));
  }
  const keep = await openKeep(owner);
  expect((await keep.unsent()).map(({ key }) => key)).toEqual(['of 1', 'of 2']);
  expect(rows.unsent.map(({ device }) => device)).toEqual([0, 1, 1]);
});

test('each account has its own, and is forgotten alone', async () => {
  const { database } = createDatabase();
  openDB.mockResolvedValue(database);
  const [alice, bob] = [await openKeep(owner), await openKeep({ ...owner, account: 'bob@example.test' })];
  for (const keep of [alice, bob]) {
    await keep.putUnsent(unsent('a'));
    await keep.putDraft('carol@example.test', 'hi');
  }
  await alice.forget();
  expect([await alice.unsent(), (await alice.drafts()).size]).toEqual([[], 0]);
  expect([(await bob.unsent()).length, (await bob.drafts()).size]).toEqual([1, 1]);
});

test('where the database fails later, the page goes on with its memory and says so', async () => {
  const { database, state } = createDatabase();
  openDB.mockResolvedValue(database);
  const keep = await openKeep(owner);
  state.isBroken = true;
  await keep.putUnsent(unsent('a'));
  expect(keep.isLasting).toBe(false);
  expect((await keep.unsent()).map(({ key }) => key)).toEqual(['a']);
  await keep.removeUnsent('a');
  expect(await keep.unsent()).toEqual([]);
});

test('a browser without a database forgets at the reload', async () => {
  openDB.mockRejectedValue(new ReferenceError('indexedDB is not defined'));
  const keep = await openKeep(owner);
  await keep.putUnsent(unsent('a'));
  await keep.putDraft('bob@example.test', 'hello');
  expect(keep.isLasting).toBe(false);
  expect([(await keep.unsent()).length, (await keep.drafts()).size]).toEqual([1, 1]);
  await keep.forget();
  expect([(await keep.unsent()).length, (await keep.drafts()).size]).toEqual([0, 0]);
});

test('a database that never opens keeps nobody waiting', async () => {
  vi.useFakeTimers();
  openDB.mockReturnValue(new Promise(() => undefined));
  const opening = openKeep(owner);
  await vi.advanceTimersByTimeAsync(5_000);
  expect((await opening).isLasting).toBe(false);
});
