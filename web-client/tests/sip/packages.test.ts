// What the bodies of each package add up to. SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import type { PeopleUpdate, WatchersUpdate } from '../../src/model/ports';
import {
  conversationsPackage, documentsPackage, mailboxPackage, oneselfPackage, peoplePackage, watchersPackage,
} from '../../src/sip/packages';

vi.spyOn(console, 'debug').mockImplementation(() => undefined);

const TYPE = 'multipart/related;type="application/rlmi+xml";boundary=b';
const LIST = 'sip:rls@example.test';

/** A NOTIFY's body: the list, and a document for each that is named in `documents`. */
function list(version: number, isFull: boolean, resources: string, documents: Record<string, string> = {}): string {
  const rlmi = `<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="${LIST}" version="${version}" fullState="${isFull}">${resources}</list>`;
  const parts = [['list', 'application/rlmi+xml', rlmi],
    ...Object.entries(documents).map(([id, document]) => [id, 'application/pidf+xml', document])];
  return [...parts.flatMap(([id, type, body]) =>
    ['--b', `Content-ID: <${id}>`, `Content-Type: ${type};charset="UTF-8"`, '', body]), '--b--'].join('\r\n');
}

function resource(name: string, instance = ''): string {
  return `<resource uri="sip:${name}@x">${instance && `<instance id="i" ${instance}/>`}</resource>`;
}

function pidf(basic: string): string {
  return `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="x"><tuple id="t"><status><basic>${basic}</basic></status></tuple></presence>`;
}

function people(): { take(body: string, type?: string): boolean; updates: PeopleUpdate[] } {
  const updates: PeopleUpdate[] = [];
  const { onBody } = peoplePackage(LIST, (update) => updates.push(update));
  return { updates, take: (body, type = TYPE) => onBody(type, body, false) };
}

test('a list is asked for as RFC 4662 wants it', () => {
  expect(peoplePackage(LIST, () => undefined)).toMatchObject({
    event: 'presence', target: LIST, accept: 'multipart/related, application/rlmi+xml, application/pidf+xml',
    headers: ['Supported: eventlist'],
  });
});

test('full state has all, a partial one what has changed', () => {
  const { take, updates } = people();
  const all = resource('bob', 'state="active" cid="bob"') + resource('eve', 'state="terminated" reason="rejected"') +
    resource('nobody', 'state="terminated" reason="noresource"') + resource('carol', 'state="pending"') + resource('dave');
  expect(take(list(0, true, all, { bob: pidf('open') }))).toBe(true);
  expect(updates[0]!.isFull).toBe(true);
  expect(updates[0]!.people.map(({ uri, state, reason }) => [uri, state, reason])).toEqual([
    ['sip:bob@x', 'active', ''], ['sip:eve@x', 'rejected', 'rejected'], ['sip:nobody@x', 'unknown', 'noresource'],
    ['sip:carol@x', 'pending', ''], ['sip:dave@x', 'unknown', '']]);
  expect(updates[0]!.people[0]!.presence!.isOpen).toBe(true);
  expect(take(list(1, false, resource('dave', 'state="active" cid="d"'), { d: pidf('closed') }))).toBe(true);
  expect(updates[1]).toMatchObject({ isFull: false, people: [{ uri: 'sip:dave@x', state: 'active', presence: { isOpen: false } }] });
});

test('a gap asks for all of it; what is old or out of order then changes nothing', () => {
  const { take, updates } = people();
  expect(take(list(3, false, resource('bob')))).toBe(false);
  expect(take(list(3, true, resource('bob')))).toBe(true);
  expect(take(list(3, false, resource('bob')))).toBe(true);
  expect(take(list(5, false, resource('bob')))).toBe(false);
  expect(take(list(6, false, resource('bob')))).toBe(false);
  expect(take(list(7, true, ''))).toBe(true);
  expect(updates.map(({ isFull }) => isFull)).toEqual([true, true]);
});

test('who is named without a state keeps the one he had', () => {
  const { take, updates } = people();
  take(list(0, true, resource('bob', 'state="active" cid="bob"'), { bob: pidf('open') }));
  take(list(1, true, resource('bob') + resource('carol')));
  expect(updates[1]!.people.map(({ state }) => state)).toEqual(['active', 'unknown']);
  take(list(2, false, resource('bob', 'state="active"')));
  expect(updates[2]!.people[0]).toMatchObject({ state: 'active', presence: { isOpen: true } });
});

test('a state that cannot be read is unknown, and an instance that is there counts more than one that has ended', () => {
  const { take, updates } = people();
  take(list(0, true, resource('bob', 'state="active" cid="bob"') + resource('eve', 'state="active" cid="missing"') +
    '<resource uri="sip:two@x"><instance id="a" state="terminated" reason="timeout"/><instance id="b" state="active" cid="two"/></resource>',
  { bob: '<nonsense', two: pidf('open') }));
  expect(updates[0]!.people.map(({ state }) => state)).toEqual(['unknown', 'unknown', 'active']);
});

test('a list without parts is read, and what is no list is left alone', () => {
  const { take, updates } = people();
  expect(take(`<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="${LIST}" version="0" fullState="true">${resource('bob')}</list>`,
    'application/rlmi+xml')).toBe(true);
  expect(take('nonsense')).toBe(true);
  expect(take(pidf('open'), 'application/pidf+xml')).toBe(true);
  expect(updates).toHaveLength(1);
});

test('watchers are told in order of their versions', () => {
  const updates: WatchersUpdate[] = [];
  const { event, onBody } = watchersPackage('sip:bob@x', (update) => updates.push(update));
  const info = (version: number, state: string): string => `<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="${version}" state="${state}">
    <watcher-list resource="sip:bob@x" package="presence"><watcher id="1" status="pending" event="subscribe">sip:a@x</watcher></watcher-list></watcherinfo>`;
  expect(event).toBe('presence.winfo');
  expect([info(0, 'full'), info(1, 'partial'), info(3, 'partial'), info(4, 'full'), 'x'].map((body) => onBody('', body, false)))
    .toEqual([true, true, false, true, true]);
  expect(updates.map(({ isFull }) => isFull)).toEqual([true, false, true]);
  expect(Object.keys(updates[0]!)).toEqual(['isFull', 'watchers']);
});

test('the first body after a SUBSCRIBE has all documents; those that it does not name are gone', () => {
  const told: string[][] = [];
  const { onBody } = documentsPackage('sip:a@x', (tags) => told.push([...tags].flat()));
  const diff = (selector: string, tag: string): string =>
    `<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff"><document sel="${selector}" new-etag="${tag}"/></xcap-diff>`;
  onBody('', diff('a', '1'), true);
  onBody('', diff('b', '2'), false);
  onBody('', diff('b', '3'), true);
  onBody('', 'nonsense', true);
  expect(told).toEqual([['a', '1'], ['a', '1', 'b', '2'], ['b', '3']]);
});

test.each([
  [oneselfPackage, 'presence', 'application/pidf+xml', pidf('open'), { isOpen: true }],
  [mailboxPackage, 'message-summary', 'application/simple-message-summary', 'Messages-Waiting: yes\r\n', { isWaiting: true }],
  [conversationsPackage, 'heliograph-conversations', 'application/vnd.heliograph.conversations+json',
    '{"since":"1","until":"2","conversations":[]}', { since: '1', until: '2', changed: [] }],
] as const)('a body of %s is a whole state, and what is none is left out', (make, event, accept, body, state) => {
  const told: unknown[] = [];
  const content = make('sip:a@x', (update: unknown) => void told.push(update));
  expect(content).toMatchObject({ event, accept, target: 'sip:a@x' });
  expect([content.onBody(accept, body, false), content.onBody(accept, '<nonsense', false)]).toEqual([true, true]);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject(state);
});
