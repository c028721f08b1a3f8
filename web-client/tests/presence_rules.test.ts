// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { Documents } from '../src/model/documents';
import { PeopleModel } from '../src/model/people';
import type { Watcher } from '../src/model/ports';
import { FakeApi, FakeClock, FakeLink, settle } from './fake_ports';

const RULES = 'pres-rules/users/sip:alice@example.org/index';

function watcher(user: string, status: Watcher['status'] = 'pending', more: Partial<Watcher> = {}): Watcher {
  return { id: user, uri: `sip:${user}@example.org`, displayName: '', status, ...more };
}

async function world() {
  const link = new FakeLink();
  const api = new FakeApi();
  const people = new PeopleModel(
    { link, api: api.port, documents: new Documents(link), clock: new FakeClock(), ownDomain: 'example.org' });
  const asked: string[] = [];
  people.onRequest(({ name }) => asked.push(name));
  await settle();
  const names = (): string[] => people.requests.value.map(({ name }) => name);
  const tell = (isFull: boolean, ...watchers: Watcher[]): void => link.watchers.tell({ isFull, watchers });
  return { link, api, people, asked, names, tell };
}

test('those who are pending or wait for a decision are asked about, once each', async () => {
  const { tell, names } = await world();
  tell(true, watcher('bob'), watcher('carol', 'waiting'), watcher('dan', 'active'),
    watcher('bob', 'pending', { id: 'phone', uri: 'pres:bob@Example.org' }));
  expect(names()).toEqual(['bob', 'carol']);
  tell(false, watcher('carol', 'active'), watcher('erin'));
  expect(names()).toEqual(['bob', 'erin']);
  tell(false, watcher('bob', 'terminated'));
  expect(names()).toEqual(['bob', 'erin']); // his phone still asks
  tell(true);
  expect(names()).toEqual([]);
});

test('whom the list has is called as there, whatever he calls himself', async () => {
  const { people, tell, names } = await world();
  await people.add('bob', 'Bob of mine', []);
  tell(true, watcher('bob', 'pending', { displayName: 'The boss' }),
    watcher('carol', 'pending', { displayName: 'Carol C.' }));
  expect(names()).toEqual(['Bob of mine', 'Carol C.']);
});

test('who is decided about vanishes at once, and is among the rules', async () => {
  const { api, people, tell, names } = await world();
  tell(true, watcher('bob'), watcher('carol', 'waiting'));
  const open = api.gate();
  const deciding = people.decide('sip:bob@example.org', 'allow');
  expect(names()).toEqual(['carol']);
  expect(people.rules.value).toEqual([{ uri: 'sip:bob@example.org', name: 'bob', decision: 'allow' }]);
  open();
  expect(await deciding).toBeNull();
  expect(await people.decide('sip:carol@example.org', 'block')).toBeNull();
  await settle();
  expect(names()).toEqual([]);
  expect(people.rules.value.map(({ decision }) => decision)).toEqual(['allow', 'block']);
  expect(await people.decide('sip:carol@example.org', null)).toBeNull(); // revoked: she waits still
  await settle();
  expect(names()).toEqual(['carol']);
  expect(people.rules.value).toHaveLength(1);
});

test('what is refused comes back', async () => {
  const { api, people, tell, names } = await world();
  tell(true, watcher('bob'));
  api.fail('no-connection');
  expect(await people.decide('sip:bob@example.org', 'allow')).toEqual({ kind: 'no-connection', detail: '' });
  expect(names()).toEqual(['bob']);
  expect(people.rules.value).toEqual([]);
});

test('who is to be confirmed is still asked about', async () => {
  const { api, people, tell, names, link } = await world();
  api.ruleList = [{ watcher: 'sip:bob@example.org', presence: 'confirm' },
    { watcher: 'sip:dan@example.org', presence: null }];
  link.documents.tell(new Map([[RULES, '1']]));
  tell(true, watcher('bob'));
  await settle();
  expect(names()).toEqual(['bob']);
  expect(people.rules.value).toEqual([{ uri: 'sip:bob@example.org', name: 'bob', decision: 'confirm' }]);
});

test('what another page decides is read', async () => {
  const { api, link, names, tell } = await world();
  tell(true, watcher('bob'));
  api.ruleList = [{ watcher: 'sip:bob@example.org', presence: 'polite-block' }];
  link.documents.tell(new Map([[RULES, '2']]));
  await settle();
  expect(names()).toEqual([]);
});

test('told of are requests that come, not those that were there, and after a cut only the new ones', async () => {
  const { tell, asked, link } = await world();
  tell(true, watcher('bob'));
  expect(asked).toEqual([]);
  tell(false, watcher('carol'), watcher('dan', 'active'));
  expect(asked).toEqual(['carol']);
  link.cut();
  tell(true, watcher('bob'), watcher('carol'), watcher('erin'));
  expect(asked).toEqual(['carol', 'erin']);
});
