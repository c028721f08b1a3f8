// SPDX-License-Identifier: MIT
import { effect } from '@preact/signals';
import { expect, test } from 'vitest';
import { Documents } from '../src/model/documents';
import { PeopleModel } from '../src/model/people';
import type { Buddy, WatchedPerson } from '../src/model/ports';
import type { Person } from '../src/model/views';
import { FakeApi, FakeClock, FakeLink, settle, watched } from './fake_ports';

const DOMAIN = 'example.org';
const LIST = 'resource-lists/users/sip:alice@example.org/index';

function buddy(user: string, more: Partial<Buddy> = {}): Buddy {
  return { uri: `sip:${user}@${DOMAIN}`, name: '', groups: ['buddies'], ...more };
}

class World {
  readonly link = new FakeLink();
  readonly api = new FakeApi();
  readonly clock = new FakeClock();
  readonly people: PeopleModel;

  constructor(buddies: readonly Buddy[] = [], groups = [{ name: 'buddies', displayName: '' }]) {
    this.api.list = { groups, buddies };
    const { link, api, clock } = this;
    this.people = new PeopleModel({ link, api: api.port, documents: new Documents(link), clock, ownDomain: DOMAIN });
  }

  /** A NOTIFY that tells of all. */
  tell(...people: WatchedPerson[]): void {
    this.link.people.tell({ isFull: true, people });
  }

  /** One that tells of these only. */
  change(...people: WatchedPerson[]): void {
    this.link.people.tell({ isFull: false, people });
  }

  shown(): string[] {
    return this.people.groups.value.map(({ name, people }) => `${name}: ${people.map((one) => one.name).join(' ')}`);
  }

  of(user: string): Person {
    return this.people.person({ user, domain: DOMAIN }).value!;
  }
}

async function world(buddies: readonly Buddy[] = [], groups?: { name: string; displayName: string }[]): Promise<World> {
  const made = new World(buddies, groups);
  expect(made.people.isLoaded.value).toBe(false);
  await settle();
  expect(made.people.isLoaded.value).toBe(true);
  return made;
}

// ---- what is told

test('people are grouped, those there first, then by name in the way of people', async () => {
  const groups = [{ name: 'buddies', displayName: '' }, { name: 'w', displayName: 'Work' },
    { name: 'empty', displayName: '' }];
  const w = await world([
    buddy('zoe', { groups: ['w'] }), buddy('bob', { name: 'Bob' }), buddy('adam'), buddy('ärger'),
    buddy('carol', { groups: ['buddies', 'w'] }), buddy('t10', { groups: ['gone'] }), buddy('t9', { groups: [] }),
  ], groups);
  w.tell(watched('sip:zoe@example.org'), watched('sip:bob@example.org', { activity: 'away' }),
    watched('sip:adam@example.org', { isOpen: false }), watched('sip:carol@example.org', { isOpen: false }));
  const shown = w.people.groups.value;
  expect(shown.map(({ name, displayName }) => [name, displayName])).toEqual(
    [['', ''], ['buddies', ''], ['w', 'Work'], ['empty', 'empty']]);
  expect(shown.map((group) => group.people.map(({ name }) => name))).toEqual(
    [['t9', 't10'], ['Bob', 'adam', 'ärger', 'carol'], ['zoe', 'carol'], []]);
  expect(w.people.all.value.map(({ name }) => name)).toEqual(['adam', 'ärger', 'Bob', 'carol', 't9', 't10', 'zoe']);
});

test('a partial update changes the people it names, and no other object', async () => {
  const w = await world([buddy('bob'), buddy('carol')]);
  w.tell(watched('sip:bob@example.org'), watched('sip:carol@example.org'));
  const carol = w.of('carol');
  w.change(watched('sip:bob@example.org', { activity: 'busy', note: 'in a meeting' }));
  expect(w.of('bob')).toMatchObject({ state: 'busy', note: 'in a meeting', watch: 'active' });
  expect(w.of('carol')).toBe(carol);
  expect(w.people.groups.value[0]!.people[1]).toBe(carol);
});

test('an update that says the same draws nothing anew', async () => {
  const w = await world([buddy('bob'), buddy('carol', { groups: ['w'] })]);
  w.tell(watched('sip:bob@example.org'), watched('sip:carol@example.org'));
  let drawn = 0;
  effect(() => {
    drawn += w.people.groups.value.length;
  });
  const first = drawn;
  w.change(watched('sip:bob@example.org'));
  expect(drawn).toBe(first);
  const [, group] = w.people.groups.value;
  w.change(watched('sip:carol@example.org', { activity: 'away' }));
  expect(w.people.groups.value[1]).toBe(group); // bob's, where nothing has changed
});

test('a full update forgets whom it does not name', async () => {
  const w = await world([buddy('bob'), buddy('carol')]);
  w.tell(watched('sip:bob@example.org', { note: 'here' }), watched('sip:carol@example.org'));
  w.tell(watched('sip:carol@example.org'));
  expect(w.of('bob')).toMatchObject({ state: 'unknown', watch: 'unknown', note: '' });
  expect(w.of('carol').state).toBe('available');
});

test('while the watch is not live, states are unknown; names, notes, pictures and the order stay', async () => {
  const w = await world([buddy('adam'), buddy('bob')]);
  const bob = watched('sip:bob@example.org', { note: 'tea', icon: 'https://x.test/api/v1/icons/ab12',
    displayName: 'Bob B.' });
  w.tell(bob);
  expect(w.people.isLive.value).toBe(true);
  w.link.cut();
  expect(w.people.isLive.value).toBe(false);
  expect(w.of('bob')).toMatchObject({ state: 'unknown', note: 'tea', icon: '/api/v1/icons/ab12', name: 'Bob B.',
    watch: 'active' });
  expect(w.shown()).toEqual(['buddies: Bob B. adam']);
  w.tell(watched('sip:bob@example.org', { isOpen: false }));
  expect(w.of('bob')).toMatchObject({ state: 'offline', note: '', icon: '' });
  expect(w.shown()).toEqual(['buddies: adam bob']);
});

test.each([
  ['available', {}, 'available'], ['other', {}, 'available'], ['busy', {}, 'busy'],
  ['do-not-disturb', {}, 'do-not-disturb'], ['on-the-phone', {}, 'on-the-phone'],
  ['away', { isOpen: false }, 'offline'],
] as const)('activity %s, %j is shown as %s', async (activity, more, state) => {
  const w = await world([buddy('bob')]);
  w.tell(watched('sip:bob@example.org', { activity, ...more }));
  expect(w.of('bob').state).toBe(state);
});

test('note and picture stay over an interruption, and go with the leave to see them', async () => {
  const w = await world([buddy('bob')]);
  const tell = (state: 'unknown' | 'rejected' | 'pending', reason = ''): Person => {
    w.change(watched('sip:bob@example.org', { note: 'tea', icon: '/api/v1/icons/ab' }));
    w.change(watched('sip:bob@example.org', null, { state, reason }));
    return w.of('bob');
  };
  expect(tell('unknown', 'giveup')).toMatchObject({ state: 'unknown', note: 'tea', icon: '/api/v1/icons/ab',
    reason: 'giveup' });
  expect(tell('unknown', 'noresource')).toMatchObject({ note: '', icon: '' });
  expect(tell('rejected', 'rejected')).toMatchObject({ state: 'unknown', watch: 'rejected', note: '', icon: '' });
  expect(tell('pending')).toMatchObject({ state: 'unknown', watch: 'pending', note: '' });
});

test.each([
  ['https://sip.example.org/api/v1/icons/0a1b', '/api/v1/icons/0a1b'], ['/api/v1/icons/ff', '/api/v1/icons/ff'],
  ['https://evil.test/pixel.png', ''], ['https://evil.test/api/v1/icons/../../x', ''], ['javascript:alert(1)', ''],
  ['https://evil.test/api/v1/icons/aa?track=1', ''], ['//evil.test/api/v1/icons/aa', ''],
  ['data:image/png;base64,AA', ''], ['https://x.test/api/v1/icons/AB', ''], ['', ''],
])('the picture %s is asked for as %j', async (icon, shown) => {
  const w = await world([buddy('bob')]);
  w.tell(watched('sip:bob@example.org', { icon }));
  expect(w.of('bob').icon).toBe(shown);
});

test.each([
  'sip:b%6Fb@example.org', 'pres:bob@Example.ORG', 'sips:bob@example.org:5061;transport=tls', 'im:bob@example.org',
  'bob@example.org.',
])('%s is the bob of the list', async (uri) => {
  const w = await world([buddy('bob')]);
  w.tell(watched(uri, { activity: 'busy' }));
  expect(w.of('bob').state).toBe('busy');
});

test('a phone number is somebody nobody can write to', async () => {
  const w = await world([{ uri: 'tel:+49-30-1', name: '', groups: ['buddies'] }]);
  w.tell(watched('TEL:+49301;x=y'));
  expect(w.people.all.value[0]).toMatchObject({ address: null, name: '+49-30-1', state: 'available' });
});

test('person() follows somebody into the list and out of it', async () => {
  const w = await world([]);
  const bob = w.people.person({ user: 'bob', domain: DOMAIN });
  expect(bob.value).toBeNull();
  w.change(watched('sip:bob@example.org', { activity: 'busy' })); // is told first
  expect(await w.people.add('bob', ' Bob ', [])).toBeNull();
  expect(bob.value).toMatchObject({ name: 'Bob', givenName: 'Bob', state: 'busy' });
  expect(await w.people.remove('sip:bob@example.org')).toBeNull();
  expect(bob.value).toBeNull();
});

test('people are found by name, address and note, whatever case and accents', async () => {
  const w = await world([buddy('bob', { name: 'Jörg Straßer' }), buddy('carol'),
    { ...buddy('dan'), uri: 'sip:dan@other.test' }]);
  w.tell(watched('sip:carol@example.org', { note: 'Café until 3' }));
  const found = (words: string): string => {
    w.people.search.value = words;
    return w.shown().join('; ');
  };
  expect(found('jorg')).toBe('buddies: Jörg Straßer');
  expect(found('STRASSER j')).toBe('buddies: Jörg Straßer');
  expect(found('cafe')).toBe('buddies: carol');
  expect(found('other.te')).toBe('buddies: dan@other.test');
  expect(found('nobody')).toBe('buddies: ');
  expect(found('  ')).toBe('buddies: carol dan@other.test Jörg Straßer');
  expect(w.people.all.value).toHaveLength(3);
});

test('with 500 people an update of one of them costs at most 2 ms', async () => {
  const groups = Array.from({ length: 10 }, (_, at) => ({ name: `g${at}`, displayName: '' }));
  const all = Array.from({ length: 500 }, (_, at) => buddy(`user${at}`,
    { name: `Person ${at * 7 % 500}`, groups: [`g${at % 10}`] }));
  const w = await world(all, groups);
  w.tell(...all.map(({ uri }) => watched(uri)));
  let drawn = 0;
  effect(() => {
    drawn += w.people.groups.value.length + w.people.all.value.length;
  });
  const times = Array.from({ length: 200 }, (_, at) => {
    const start = performance.now();
    w.change(watched(all[at]!.uri, { note: `note ${at}`, activity: 'busy' }));
    return performance.now() - start;
  }).sort((a, b) => a - b);
  expect(drawn).toBe(201 * 510);
  expect(times[100]).toBeLessThan(2); // the median: others use this machine as well
});

// ---- reading the list

test('the list is read again when its document has changed, and not for others', async () => {
  const w = await world([buddy('bob')]);
  w.link.documents.tell(new Map([[LIST, '"1"']]));
  await settle();
  const reads = (): number => w.api.calls.filter((call) => call === 'buddies').length;
  expect(reads()).toBe(2); // what was read before may be older than the first tags
  w.link.documents.tell(new Map([[LIST, '"1"'], ['pidf-manipulation/users/sip:alice@example.org/status', '"7"']]));
  await settle();
  expect(reads()).toBe(2);
  w.api.list = { ...w.api.list, buddies: [buddy('carol')] };
  w.link.documents.tell(new Map([[LIST, '"2"']]));
  await settle();
  expect(w.shown()).toEqual(['buddies: carol']);
  w.link.cut();
  w.link.documents.tell(new Map([[LIST, '"2"']]));
  await settle();
  expect(reads()).toBe(3);
});

test('many changes are read once, and a failure is tried again later, or when there is a connection', async () => {
  const w = await world([buddy('bob')]);
  const open = w.api.gate();
  for (const tag of ['1', '2', '3', '4']) w.link.documents.tell(new Map([[LIST, tag]]));
  open();
  await settle();
  expect(w.api.calls.filter((call) => call === 'buddies')).toHaveLength(3);
  w.api.fail('busy', 'busy');
  w.api.list = { ...w.api.list, buddies: [] };
  w.link.documents.tell(new Map([[LIST, '5']]));
  await w.clock.pass(2_500);
  expect(w.shown()).toEqual(['buddies: bob']);
  await w.clock.pass(600);
  expect(w.shown()).toEqual(['buddies: ']);
  w.api.fail('no-connection');
  w.api.list = { ...w.api.list, buddies: [buddy('dan')] };
  w.link.documents.tell(new Map([[LIST, '6']]));
  await settle();
  w.link.cut();
  w.link.status.value = { kind: 'online', problem: null };
  await settle();
  expect(w.shown()).toEqual(['buddies: dan']);
});

// ---- editing it

test('what is edited is shown at once, and is what the server then has', async () => {
  const w = await world([buddy('bob')], [{ name: 'buddies', displayName: '' }, { name: 'w', displayName: 'Work' }]);
  const open = w.api.gate();
  const renamed = w.people.rename('sip:bob@example.org', ' Robert ');
  const moved = w.people.setGroups('sip:bob@example.org', ['w', 'new']);
  expect(w.shown()).toEqual(['buddies: ', 'w: Robert', 'new: Robert']);
  open();
  expect(await Promise.all([renamed, moved])).toEqual([null, null]);
  expect(w.api.list.buddies).toEqual([{ uri: 'sip:bob@example.org', name: 'Robert', groups: ['w', 'new'] }]);
  await settle();
  expect(w.api.calls.at(-1)).toBe('buddies');
  expect(w.of('bob').groups).toEqual(['w', 'new']);
});

test('a list that was read before an edit does not undo it', async () => {
  const w = await world([buddy('bob')]);
  const open = w.api.gate();
  w.link.documents.tell(new Map([[LIST, '"9"']])); // the reading is on its way with the old list
  await settle();
  expect(await w.people.rename('sip:bob@example.org', 'Robert')).toBeNull();
  open();
  await settle();
  expect(w.of('bob').name).toBe('Robert');
});

test('what is refused is taken back, and the list read again', async () => {
  const w = await world([buddy('bob', { name: 'Bob' })]);
  w.api.fail('changed');
  w.api.list = { ...w.api.list, buddies: [buddy('bob', { name: 'Bobby' })] }; // by another page
  const renaming = w.people.rename('sip:bob@example.org', 'Robert');
  expect(w.of('bob').name).toBe('Robert');
  expect(await renaming).toEqual({ kind: 'changed', detail: '' });
  expect(w.of('bob').name).toBe('Bob');
  await settle();
  expect(w.of('bob').name).toBe('Bobby');
});

test('somebody is added by what is typed; who is there already comes into more groups', async () => {
  const w = await world([buddy('bob')], [{ name: 'friends', displayName: '' }]);
  expect(await w.people.add('not an address', '', [])).toEqual({ kind: 'no-address', detail: '' });
  expect(await w.people.add('sip:carol@Other.test', 'Carol', [])).toBeNull();
  expect(w.api.calls).toContain('addBuddy sip:carol@other.test Carol [friends]');
  expect(await w.people.add('bob', '', ['buddies'])).toBeNull();
  expect(w.api.calls.filter((call) => call.includes('Buddy sip:bob'))).toEqual([]);
  expect(await w.people.add('pres:bob@example.org', 'Bob', ['work'])).toBeNull();
  expect(w.of('bob')).toMatchObject({ name: 'Bob', groups: ['buddies', 'work'] });
  w.api.fail('limit');
  expect(await w.people.add('dan', '', [])).toEqual({ kind: 'limit', detail: '' });
  expect(w.people.all.value).toHaveLength(2);
});

test('who is taken out of all groups stays in the first one', async () => {
  const w = await world([buddy('bob')], []);
  expect(await w.people.setGroups('sip:bob@example.org', [])).toBeNull();
  expect(w.of('bob').groups).toEqual(['buddies']);
});

test('groups are made with a name of their own, renamed by what is shown', async () => {
  const w = await world([], [{ name: 'a-b', displayName: 'Other' }]);
  expect(await w.people.addGroup(' a/b ')).toBeNull();
  expect(await w.people.addGroup('a/b')).toBeNull();
  expect(w.api.list.groups).toEqual([{ name: 'a-b', displayName: 'Other' }, { name: 'a-b 2', displayName: 'a/b' }]);
  const renaming = w.people.renameGroup('a-b', 'Others');
  expect(w.people.groups.value[0]!.displayName).toBe('Others');
  expect(await renaming).toBeNull();
});

test('nobody is lost with a group', async () => {
  const groups = ['friends', 'w', 'w/it', 'wild'].map((name) => ({ name, displayName: '' }));
  const w = await world([buddy('bob', { groups: ['w'] }), buddy('carol', { groups: ['w', 'wild'] }),
    buddy('dan', { groups: ['w/it'] })], groups);
  expect(await w.people.removeGroup('w')).toBeNull();
  expect(w.api.calls.filter((call) => call.startsWith('changeBuddy'))).toEqual([
    'changeBuddy sip:bob@example.org {"groups":["friends"]}',
    'changeBuddy sip:dan@example.org {"groups":["friends"]}',
  ]);
  expect(w.api.calls).toContain('removeGroup w');
});

test('the only group with people stays', async () => {
  const w = await world([buddy('bob')]);
  expect(await w.people.removeGroup('buddies')).toMatchObject({ kind: 'other' });
  expect(w.shown()).toEqual(['buddies: bob']);
});

test('a group stays where its people cannot be moved', async () => {
  const w = await world([buddy('bob', { groups: ['w'] })], [{ name: 'w', displayName: '' }]);
  w.api.fail('no-connection');
  expect(await w.people.removeGroup('w')).toMatchObject({ kind: 'no-connection' });
  expect(w.shown()).toEqual(['w: bob']);
});

test('after the end nothing is read or told', async () => {
  const w = await world([buddy('bob')]);
  w.people.end();
  expect([w.link.people.isEnded, w.link.watchers.isEnded]).toEqual([true, true]);
  w.link.documents.tell(new Map([[LIST, '"9"']]));
  await w.clock.pass(100_000);
  expect(w.api.calls).toEqual(['buddies', 'rules']);
});
