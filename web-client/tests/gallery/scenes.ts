// How the page can be: each scene sets an account up and says whether one is logged in. SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { Problem, Session } from '../../src/model/ports';
import type { Login, Person } from '../../src/model/views';
import { address, FakeConversation, message, person, problem, type FakeAccount } from '../fakes';

export class FakeLogin implements Login {
  rememberedAddress = '';
  readonly problem = signal<Problem | null>(null);
  readonly isBusy = signal(false);
  answer: Problem | null = null;
  readonly calls: string[] = [];

  logIn(typed: string, password: string, stay: boolean): Promise<Problem | null> {
    this.calls.push(`logIn ${typed} ${password} ${stay}`);
    return Promise.resolve(this.answer);
  }
}

const MINUTE = 60_000;
const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE);
const LONG = 'Wolfeschlegelsteinhausenbergerdorff-Meier, Leopoldine Friederike (Abteilung für Langwieriges)';

export const HOSTILE = '<img src=x onerror=alert(1)> \u202eevil\u202c \u0645\u0631\u062d\u0628\u0627';

const PEOPLE: readonly Person[] = [
  person('bob', { name: 'Bob Baker', groups: ['team'], since: ago(12), note: 'at my desk' }),
  person('carol', {
    name: 'Carol Čapková', groups: ['team', 'sales'], state: 'busy', since: ago(95), note: 'in a meeting until 3',
  }),
  person('dave', { name: 'Dave', groups: ['team'], state: 'away', since: ago(3) }),
  person('erin', {
    name: 'Erin O’Neill', groups: ['sales'], state: 'do-not-disturb', since: ago(400),
    note: 'writing the quarterly report, please mail',
  }),
  person('frank', { name: 'Frank Möller', groups: ['sales'], state: 'on-the-phone', since: ago(1) }),
  person('grace', { name: 'Grace Hopper', groups: ['sales'], state: 'offline', since: ago(3000) }),
  person('heidi', { name: LONG, groups: ['team'], state: 'available', note: `${LONG} ${LONG}`, since: ago(700) }),
  person('ivan@example.net', { name: 'Ivan', groups: ['other'], state: 'unknown', watch: 'pending' }),
  person('judy@example.net', {
    name: 'Judy', groups: ['other'], state: 'unknown', watch: 'rejected', reason: 'rejected',
  }),
  person('mallory', { name: HOSTILE, note: HOSTILE, groups: ['other'], state: 'busy' }),
  person('nobody', { name: 'nobody', groups: ['other'], state: 'unknown', watch: 'unknown', reason: 'noresource' }),
  {
    ...person('reception', { name: 'Reception', groups: ['other'], state: 'unknown', watch: 'unknown' }),
    uri: 'tel:+49-30-1234567', address: null,
  },
];

const GROUPS = [
  { name: 'team', displayName: 'Team' }, { name: 'sales', displayName: 'Sales & marketing' },
  { name: 'other', displayName: 'Elsewhere' },
];

const BROWSER = 'Firefox on Linux';
const SESSIONS: readonly Session[] = [
  { name: 'Chromium on Linux', isCurrent: true, isStaying: false, used: 0 },
  { name: BROWSER, isCurrent: false, isStaying: true, used: 90 },
  { name: `${LONG} ${LONG}`, isCurrent: false, isStaying: true, used: 30_000 },
].map(({ used, ...more }, index) =>
  ({ id: `s${index}`, createdAt: ago(used), usedAt: ago(used), expiresAt: ago(-9999), ...more }));

function fill(account: FakeAccount): true {
  const { people, conversations, mailbox, own } = account;
  people.groupNames.value = GROUPS;
  people.all.value = PEOPLE;
  conversations.with(
    new FakeConversation('bob', [
      message('Good morning! Did the parcel arrive?', { at: ago(60 * 26) }),
      message('Yes, this morning. Thank you!', { direction: 'sent', state: 'displayed', at: ago(60 * 25) }),
      message('Lunch at twelve? https://example.org/menu', { at: ago(9) }),
      message('Gladly.', { direction: 'sent', state: 'delivered', at: ago(7) }),
    ]),
    new FakeConversation('carol', [message('The numbers are in the usual place.', { at: ago(200) })]),
    new FakeConversation('mallory', [message(HOSTILE, { at: ago(60 * 50) })]),
    new FakeConversation('heidi', [message(LONG, { at: ago(60 * 24 * 40) })]),
  );
  conversations.list.value[1]!.unread.value = 2;
  own.shown.value = {
    isOpen: true, activity: 'available', note: 'in the office', icon: '', displayName: '', since: null, idleDevices: 0,
    activeDevices: 1,
  };
  own.chosen.value = { kind: 'available', note: 'in the office', icon: '' };
  mailbox.state.value = {
    isWaiting: true, account: 'sip:*97@example.org',
    counts: [{ kind: 'voice', fresh: 2, old: 5 }, { kind: 'fax', fresh: 1, old: 0 }],
  };
  account.sessionList = SESSIONS;
  return true;
}

type Scene = (account: FakeAccount, login: FakeLogin) => boolean;

export const scenes: Readonly<Record<string, Scene>> = {
  login: () => false,
  'login-wrong': (_account, login) => {
    login.rememberedAddress = 'alice@example.org';
    login.answer = problem('wrong-password');
    return false;
  },
  'login-ended': (_account, login) => {
    login.rememberedAddress = 'alice@example.org';
    login.problem.value = problem('session-ended');
    return false;
  },
  returning: (_account, login) => {
    login.isBusy.value = true;
    return false;
  },
  chats: fill,
  thread: (account) => fill(account) && account.conversations.open('bob') === null,
  offline: (account) => {
    fill(account);
    account.status.value = { kind: 'offline', problem: problem('busy', 'The server is being restarted.') };
    account.people.isLive.value = false;
    account.people.all.value = PEOPLE.map((one) => ({ ...one, state: 'unknown' }));
    account.mailbox.isLive.value = false;
    return true;
  },
  requests: (account) => {
    fill(account);
    account.people.requests.value = [
      { uri: 'sip:kim@example.net', address: address('kim@example.net'), name: 'Kim Nguyen' },
      { uri: 'sip:mallory@example.net', address: address('mallory@example.net'), name: HOSTILE },
    ];
    account.people.rules.value = [
      { uri: 'sip:bob@example.org', name: 'Bob Baker', decision: 'allow' },
      { uri: 'sip:spam@example.net', name: 'spam@example.net', decision: 'block' },
      { uri: 'sip:heidi@example.org', name: LONG, decision: 'polite-block' },
    ];
    return true;
  },
  many: (account) => {
    fill(account);
    const some = Array.from({ length: 500 }, (_none, index) => person(`user${index}`, {
      name: `Person ${String(index).padStart(3, '0')}`, groups: [GROUPS[index % 3]!.name],
      state: index % 4 ? 'offline' : 'available',
    }));
    account.people.all.value = [...PEOPLE, ...some];
    return true;
  },
  empty: () => true,
  'no-mailbox': (account) => {
    fill(account);
    account.mailbox.state.value = null;
    return true;
  },
};
