// The page around the conversations: logging in, the connection, people, one's own status, voicemail, settings.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { render, type ComponentChild } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Session } from '../src/model/ports';
import type { Account } from '../src/model/views';
import { App } from '../src/ui/app';
import { closeDialogs, Dialogs } from '../src/ui/common/dialogs';
import { announce, LiveRegion, Notices } from '../src/ui/common/notices';
import { LoginView } from '../src/ui/login/login_view';
import { followHistory, tab } from '../src/ui/navigation';
import { OwnMenu } from '../src/ui/own/own_menu';
import { VoicemailLamp } from '../src/ui/own/voicemail_lamp';
import { PeopleView } from '../src/ui/people/people_view';
import { ConnectionBar } from '../src/ui/shell/connection_bar';
import { NotificationHint } from '../src/ui/shell/notification_hint';
import { loadLaterTexts, setLanguage } from '../src/ui/texts';
import { en as firstTexts } from '../src/ui/texts/en';
import { laterEn } from '../src/ui/texts/later_en';
import { address, FakeAccount, FakeConversation, message, person, problem } from './fakes';
import { FakeLogin, HOSTILE } from './gallery/scenes';

const en = { ...firstTexts, ...laterEn };

let page: HTMLElement;
let account: FakeAccount;

beforeEach(async () => {
  localStorage.clear();
  await setLanguage('en');
  await loadLaterTexts();
  document.body.innerHTML = '<div id="page"></div>';
  page = document.getElementById('page')!;
  account = new FakeAccount();
  tab.value = 'chats';
  // A window of 600 px, for what draws only what is in sight.
  vi.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  vi.spyOn(Element.prototype, 'clientWidth', 'get').mockReturnValue(300);
  Element.prototype.scrollTo = () => undefined;
});

afterEach(() => {
  act(() => {
    closeDialogs();
    announce('');
  });
  draw(null);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const draw = (view: ComponentChild): void => void act(() => render(view, page));
const drawWithDialogs = (view: ComponentChild): void =>
  draw(<>{view}<Dialogs /><LiveRegion /><Notices /></>);

const all = (selector: string): HTMLElement[] => [...page.querySelectorAll<HTMLElement>(selector)];
const one = (selector: string): HTMLElement => {
  const found = page.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector} in ${page.innerHTML}`);
  return found;
};
const nameOf = (element: Element): string =>
  (element.getAttribute('aria-label') ?? element.textContent ?? '').replace(/\s+/g, ' ').trim();
const named = (name: string, selector = 'button, a, [role^=menuitem]'): HTMLElement => {
  const found = all(selector).find((element) => nameOf(element) === name);
  if (!found) throw new Error(`no "${name}" among ${all(selector).map(nameOf).join(' | ')}`);
  return found;
};
const field = (label: string): HTMLInputElement => {
  const found = all('label').find((element) => element.textContent!.trim().startsWith(label)) as HTMLLabelElement;
  return (found.control ?? found.querySelector('input, select')) as HTMLInputElement;
};
const click = (element: Element): void => void act(() => (element as HTMLElement).click());
const settle = (): Promise<void> => act(async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
});
/** Dialogs are loaded when they are opened. */
const dialog = (): Promise<HTMLElement> => vi.waitFor(async () => {
  await settle();
  return one('dialog');
}, 5000);
const type = (input: HTMLInputElement, text: string): void => void act(() => {
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
});
const choose = (select: HTMLInputElement, value: string): void => void act(() => {
  select.value = value;
  select.dispatchEvent(new Event('change', { bubbles: true }));
});
const press = (key: string, element: Element = document.activeElement!): void => void act(() => {
  element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
});
const submit = (): Promise<void> => act(async () => {
  one('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  await Promise.resolve();
});
const said = (): string => one('[role=status].unseen').textContent!;

describe('logging in', () => {
  test('what was typed stays where it was wrong, and the sentence stands at the password', async () => {
    const login = new FakeLogin();
    login.answer = problem('wrong-password');
    draw(<LoginView login={login} />);
    type(field('SIP address'), 'alice');
    type(field('Password'), 'not-it');
    click(one('[name=stay]'));
    await submit();
    expect(login.calls).toEqual(['logIn alice not-it true']);
    expect(field('SIP address').value).toBe('alice');
    expect(field('Password').value).toBe('not-it');
    expect(field('Password').getAttribute('aria-invalid')).toBe('true');
    expect(document.getElementById(field('Password').getAttribute('aria-describedby')!)!.textContent)
      .toContain(en['problem.wrong-password']);
    expect(document.activeElement).toBe(field('Password'));
  });

  test('an empty field is told before the server is asked', async () => {
    const login = new FakeLogin();
    draw(<LoginView login={login} />);
    await submit();
    expect(login.calls).toEqual([]);
    expect(page.textContent).toContain(en['login.addressMissing']);
    expect(document.activeElement).toBe(field('SIP address'));
  });

  test('a domain that the server does not have is told at the address', async () => {
    const login = new FakeLogin();
    login.rememberedAddress = 'alice@elsewhere.org';
    login.answer = problem('no-such-domain', 'This server has no accounts of elsewhere.org.');
    draw(<LoginView login={login} />);
    expect(document.activeElement).toBe(field('Password')); // the address is remembered
    type(field('Password'), 'secret');
    await submit();
    expect(field('SIP address').getAttribute('aria-invalid')).toBe('true');
    expect(page.textContent).toContain('elsewhere.org.');
  });

  test('the password is shown when asked for', () => {
    draw(<LoginView login={new FakeLogin()} />);
    expect(field('Password').type).toBe('password');
    click(named('Show password'));
    expect(field('Password').type).toBe('text');
  });

  test('why one was logged out is said; a second submit while busy does nothing', async () => {
    const login = new FakeLogin();
    login.problem.value = problem('session-ended');
    draw(<LoginView login={login} />);
    expect(one('[role=alert]').textContent).toContain('logged out');
    type(field('SIP address'), 'alice');
    type(field('Password'), 'secret');
    await submit();
    act(() => { login.isBusy.value = true; });
    await submit();
    expect(login.calls.length).toBe(1);
    expect(field('Password').value).toBe('secret');
  });

  test('who stayed logged in sees no form while he is let in', () => {
    const login = new FakeLogin();
    login.isBusy.value = true;
    draw(<LoginView login={login} />);
    expect(page.querySelector('form')).toBeNull();
    act(() => { login.isBusy.value = false; });
    expect(page.querySelector('form')).not.toBeNull();
  });
});

describe('the connection', () => {
  beforeEach(() => void vi.useFakeTimers());

  test('a short cut is nobody\'s business, a longer one is told with its reason, and its end too', () => {
    drawWithDialogs(<ConnectionBar account={account} />);
    const restarts = problem('busy', 'The server is being restarted.');
    act(() => { account.status.value = { kind: 'offline', problem: restarts }; });
    act(() => void vi.advanceTimersByTime(900));
    expect(page.querySelector('.connection')).toBeNull();
    act(() => void vi.advanceTimersByTime(200));
    expect(one('.connection').textContent).toContain('The server is being restarted.');
    expect(said()).toBe(en['connection.lost']);
    click(named('Try now'));
    expect(account.calls).toEqual(['tryNow']);
    act(() => { account.status.value = { kind: 'online', problem: null }; });
    expect(page.querySelector('.connection')).toBeNull();
    expect(said()).toBe(en['connection.back']);
  });

  test('a cut that is over in time is not told at all', () => {
    drawWithDialogs(<ConnectionBar account={account} />);
    act(() => { account.status.value = { kind: 'offline', problem: null }; });
    act(() => void vi.advanceTimersByTime(500));
    act(() => { account.status.value = { kind: 'online', problem: null }; });
    act(() => void vi.advanceTimersByTime(2000));
    expect(page.querySelector('.connection')).toBeNull();
    expect(said()).not.toContain('onnect');
  });
});

describe('people', () => {
  const fill = (): void => {
    account.people.groupNames.value =
      [{ name: 'team', displayName: 'Team' }, { name: 'else', displayName: 'Elsewhere' }];
    account.people.all.value = [
      person('bob', { name: 'Bob', groups: ['team'], note: 'at my desk' }),
      person('carol', { name: 'Carol', groups: ['team'], state: 'offline' }),
      person('ivan', { name: 'Ivan', groups: ['else'], watch: 'pending', state: 'unknown' }),
    ];
  };
  const rows = (): string[] => all('.people-row').map((row) => row.querySelector('.name, h3 bdi')!.textContent!);

  test('stand in their groups with state and note; a click opens the conversation', () => {
    fill();
    draw(<PeopleView account={account} />);
    expect(rows()).toEqual(['Team', 'Bob', 'Carol', 'Elsewhere', 'Ivan']);
    expect(all('.person')[0]!.textContent).toContain('Available · at my desk');
    expect(all('.person')[2]!.textContent).toContain(en['people.pending']);
    expect(all('.group')[0]!.textContent).toContain('1/2');
    click(all('.person .row-main')[0]!);
    expect(account.conversations.current.value!.address).toEqual(address('bob'));
  });

  test('a folded group stays folded, but not for a search', () => {
    fill();
    draw(<PeopleView account={account} />);
    click(all('.group .row-main')[0]!);
    expect(rows()).toEqual(['Team', 'Elsewhere', 'Ivan']);
    draw(null);
    draw(<PeopleView account={account} />);
    expect(rows()).toEqual(['Team', 'Elsewhere', 'Ivan']);
    act(() => { account.people.search.value = 'bo'; });
    expect(rows()).toEqual(['Team', 'Bob']);
  });

  test('the list is one stop of the Tab key, and arrow keys walk through it', () => {
    fill();
    draw(<PeopleView account={account} />);
    expect(all('.people-list [tabindex="0"]').length).toBe(1);
    all('.people-list .row-main')[0]!.focus();
    press('ArrowDown');
    expect(nameOf(document.activeElement!)).toContain('Bob');
    press('ArrowRight');
    expect(nameOf(document.activeElement!)).toBe('More about Bob');
    press('ArrowLeft');
    press('End');
    expect(nameOf(document.activeElement!)).toContain('Ivan');
    press('Home');
    press('ArrowLeft');
    expect(rows()).toEqual(['Team', 'Elsewhere', 'Ivan']);
    press('ArrowRight');
    expect(rows().length).toBe(5);
    expect(all('.people-list [tabindex="0"]').length).toBe(1);
  });

  test('of five hundred only those in sight are drawn', () => {
    account.people.all.value = Array.from({ length: 500 }, (_none, index) => person(`user${index}`));
    draw(<PeopleView account={account} />);
    expect(all('.people-row').length).toBeGreaterThan(9);
    expect(all('.people-row').length).toBeLessThan(40);
    expect(one('.people-row').getAttribute('aria-setsize')).toBe('500');
  });

  test('hostile names are text', () => {
    account.people.all.value = [person('mallory', { name: HOSTILE, note: HOSTILE })];
    account.people.requests.value = [{ uri: 'sip:m@x.org', address: address('m@x.org'), name: HOSTILE }];
    draw(<PeopleView account={account} />);
    expect(page.querySelector('img, script')).toBeNull();
    expect(page.textContent).toContain('<img src=x onerror=alert(1)>');
  });

  test('a list that other programs write leads only to telephones', () => {
    account.people.all.value = [
      { ...person('a', { name: 'A' }), uri: 'javascript:alert(1)', address: null },
      { ...person('b', { name: 'B' }), uri: 'tel:+49-30-1', address: null },
    ];
    draw(<PeopleView account={account} />);
    expect(all('a').map((link) => link.getAttribute('href'))).toEqual([null, 'tel:+49-30-1']);
  });

  test('somebody is added, with a new group; what the server refuses stays typed', async () => {
    fill();
    drawWithDialogs(<PeopleView account={account} />);
    click(named('Add person'));
    await dialog();
    await submit();
    expect(page.textContent).toContain(en['addPerson.addressMissing']);
    type(field('SIP address'), 'dave@example.net');
    type(field('Name'), 'Dave');
    click(field('Team'));
    type(field('New group'), 'Friends');
    account.people.problem = problem('limit', 'At most 500 people.');
    await submit();
    await settle();
    expect(one('dialog').textContent).toContain('At most 500 people.');
    expect(field('Name').value).toBe('Dave');
    account.people.problem = null;
    await submit();
    await settle();
    expect(page.querySelector('dialog')).toBeNull();
    expect(account.people.calls).toEqual([
      'addGroup Friends', 'addGroup Friends', 'add dave@example.net Dave team,Friends',
    ]);
  });

  test('somebody is removed after a question', async () => {
    fill();
    drawWithDialogs(<PeopleView account={account} />);
    click(named('More about Bob'));
    click(named('Remove …'));
    await dialog();
    click(named('Cancel'));
    await settle();
    expect(account.people.calls).toEqual([]);
    click(named('More about Bob'));
    click(named('Remove …'));
    await dialog();
    await submit();
    await settle();
    expect(account.people.calls).toEqual(['remove sip:bob@example.org']);
    expect(page.textContent).toContain('Bob is no longer in your list.');
  });

  test('an edit that was refused is told, though its menu is gone', async () => {
    fill();
    account.people.problem = problem('changed');
    drawWithDialogs(<PeopleView account={account} />);
    click(named('More about the group Team'));
    click(named('Remove group …'));
    await dialog();
    await submit();
    await settle();
    expect(one('.notices[role=alert]').textContent).toContain(en['problem.changed']);
  });

  test('a request is allowed, and its person added', async () => {
    account.people.requests.value = [{ uri: 'sip:kim@example.net', address: address('kim@example.net'), name: 'Kim' }];
    drawWithDialogs(<PeopleView account={account} />);
    expect(said()).toBe('1 person wants to see your presence.');
    click(named('Allow and add'));
    await settle();
    expect(account.people.calls).toEqual(['decide sip:kim@example.net allow', 'add sip:kim@example.net  ']);
    click(named('Block'));
    await settle();
    expect(account.people.calls.at(-1)).toBe('decide sip:kim@example.net block');
  });

  test('what was decided is changed and forgotten', async () => {
    account.people.rules.value = [{ uri: 'sip:kim@example.net', name: 'Kim', decision: 'block' }];
    drawWithDialogs(<PeopleView account={account} />);
    click(named('More'));
    click(named('Who may see my presence …'));
    await dialog();
    choose(one('dialog select') as HTMLInputElement, 'allow');
    click(named('Forget the decision about Kim'));
    expect(account.people.calls).toEqual(['decide sip:kim@example.net allow', 'decide sip:kim@example.net null']);
  });

  test('who has nobody is shown what to do; who finds nobody, too', () => {
    draw(<PeopleView account={account} />);
    expect(page.textContent).toContain(en['people.emptyTitle']);
    fill();
    act(() => { account.people.search.value = 'zz'; });
    expect(page.textContent).toContain('is called “zz”');
  });
});

describe('one\'s own status', () => {
  test('is chosen from the menu, and the note stays', async () => {
    account.own.chosen.value = { kind: 'available', note: 'here', icon: '' };
    drawWithDialogs(<OwnMenu account={account} />);
    click(one('.own'));
    expect(named('Available').getAttribute('aria-checked')).toBe('true');
    click(named('Do not disturb'));
    await settle();
    expect(account.own.calls).toEqual(['choose do-not-disturb here']);
    expect(one('.own').textContent).toContain('Do not disturb');
    account.own.problem = problem('no-connection');
    click(one('.own'));
    click(named('Busy'));
    await settle();
    expect(one('[role=alert]').textContent).toContain(en['problem.no-connection']);
  });

  test('is not known without a connection, and says when one went away by itself', () => {
    account.own.isAutomaticallyAway.value = true;
    draw(<OwnMenu account={account} />);
    expect(one('.own').textContent).toContain('Away (automatically)');
    expect(one('.dot').dataset['state']).toBe('away');
    act(() => { account.status.value = { kind: 'offline', problem: null }; });
    expect(one('.dot').dataset['state']).toBe('unknown');
  });

  test('notes that one wrote are offered again', async () => {
    drawWithDialogs(<OwnMenu account={account} />);
    for (const note of ['in a meeting', 'at lunch']) {
      click(one('.own'));
      click(named('Note and picture …'));
      await dialog();
      type(field('Note'), note);
      await submit();
      await settle();
    }
    click(one('.own'));
    click(named('Note and picture …'));
    await dialog();
    click(named('in a meeting'));
    expect(field('Note').value).toBe('in a meeting');
    expect(account.own.calls).toEqual(['choose available in a meeting', 'choose available at lunch']);
  });
});

describe('voicemail', () => {
  const counts = (fresh: number): FakeAccount['mailbox']['state']['value'] =>
    ({ isWaiting: fresh > 0, account: 'sip:*97@example.org', counts: [{ kind: 'voice', fresh, old: 3 }] });

  test('lights up, and a change is told', () => {
    drawWithDialogs(<VoicemailLamp account={account} />);
    expect(one('.voicemail').title).toBe(en['voicemail.none']);
    act(() => { account.mailbox.state.value = counts(0); });
    expect(said()).toBe('');
    act(() => { account.mailbox.state.value = counts(2); });
    expect(one('.voicemail').dataset['lit']).toBe('true');
    expect(said()).toBe('Voicemail: 2 new voice messages');
  });

  test('says how to get at it', async () => {
    account.mailbox.state.value = counts(1);
    account.mailbox.url = 'https://voicemail.example.org/';
    drawWithDialogs(<VoicemailLamp account={account} />);
    click(one('.voicemail'));
    await dialog();
    expect(named('Call').getAttribute('href')).toBe('sip:*97@example.org');
    expect(named(en['voicemail.system']).getAttribute('href')).toBe('https://voicemail.example.org/');
    expect(one('tbody').textContent).toBe('Voice messages13');
  });
});

describe('settings', () => {
  const open = async (): Promise<void> => {
    drawWithDialogs(<OwnMenu account={account} />);
    click(one('.own'));
    click(named('Settings'));
    await dialog();
    await settle();
  };
  const session = (id: string, isCurrent: boolean): Session =>
    ({ id, name: id, createdAt: new Date(), usedAt: new Date(), expiresAt: new Date(), isStaying: false, isCurrent });

  test('notifications are switched on once the browser allows them', async () => {
    await open();
    const box = field('Notifications');
    click(box);
    await settle();
    expect(account.calls).toEqual(['askToNotify']);
    expect(account.settings.notifications.value).toBe(true);
    expect(field('Notifications').checked).toBe(true);
    act(() => { account.notifying.value = 'denied'; });
    expect(field('Notifications').checked).toBe(false);
    expect(one('dialog').textContent).toContain(en['settings.forbidden']);
    act(() => { account.notifying.value = 'unsupported'; });
    expect(field('Notifications').disabled).toBe(true);
  });

  test('language, theme and the rest are set', async () => {
    await open();
    choose(field('Language'), 'de');
    choose(field('Colours'), 'dark');
    choose(field('Away automatically after'), '30');
    click(field('Read receipts'));
    click(field('Sound'));
    const { settings } = account;
    expect([settings.language, settings.theme, settings.awayAfterMinutes, settings.receipts, settings.sound]
      .map(({ value }) => value)).toEqual(['de', 'dark', 30, false, true]);
  });

  test('sessions are ended: one, or all others', async () => {
    account.sessionList = [session('phone', false), session('here', true), session('office', false)];
    await open();
    expect(all('.session bdi').map((name) => name.textContent)).toEqual(['here', 'phone', 'office']);
    click(named('Log out everywhere else'));
    await settle();
    expect(account.calls).toEqual(['endSession phone', 'endSession office']);
    expect(all('.session').length).toBe(1);
  });

  test('to be forgotten takes a yes, and takes along what the page remembers', async () => {
    localStorage.setItem('heliograph.page.notes.alice@example.org', '["x"]');
    localStorage.setItem('heliograph.page.notes.bob@example.org', '["y"]');
    await open();
    click(named('Log out and forget'));
    await settle();
    act(() => void all('dialog form').at(-1)!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
    await settle();
    expect(account.calls).toEqual(['logOut true']);
    expect(Object.keys(localStorage)).toEqual(['heliograph.page.notes.bob@example.org']);
  });
});

describe('the hint at notifications', () => {
  const write = (): void => void act(() => {
    const conversation = account.conversations.current.value!;
    conversation.messages.value = [...conversation.messages.value, message('hello', { direction: 'sent' })];
  });

  test('comes after the first message, once', async () => {
    account.conversations.with(new FakeConversation('bob', [message('old', { direction: 'sent', at: new Date(0) })]));
    account.conversations.open('bob');
    drawWithDialogs(<NotificationHint account={account} />);
    expect(page.querySelector('.notification-hint')).toBeNull();
    write();
    click(named('Not now'));
    await settle();
    expect(page.querySelector('.notification-hint')).toBeNull();
    draw(null);
    drawWithDialogs(<NotificationHint account={account} />);
    write();
    expect(page.querySelector('.notification-hint')).toBeNull();
    expect(account.calls).toEqual([]);
  });

  test('switches them on', async () => {
    account.conversations.open('bob');
    drawWithDialogs(<NotificationHint account={account} />);
    write();
    click(named('Yes'));
    await settle();
    expect(account.calls).toEqual(['askToNotify']);
    expect(account.settings.notifications.value).toBe(true);
  });
});

test('back leads from the conversation to the list, whichever was open', async () => {
  const { conversations } = account;
  history.replaceState(null, '');
  const end = followHistory(conversations);
  const start = history.length;
  conversations.open('bob');
  conversations.open('carol');
  expect(history.length).toBe(start + 1);
  expect(history.state).toEqual({ peer: address('carol') });
  history.back();
  await vi.waitFor(() => expect(conversations.current.value).toBeNull());
  conversations.open('bob');
  conversations.close(); // by the page's own button
  await vi.waitFor(() => expect(history.state).toBeNull());
  end();
  history.replaceState({ peer: address('dave') }, '');
  followHistory(conversations)(); // after a reload
  expect(conversations.current.value!.address).toEqual(address('dave'));
  expect(history.state).toBeNull();
});

test('the page is the login view, then the account, then the login view again', async () => {
  const login = new FakeLogin();
  const shown = signal<Account | null>(null);
  draw(<App login={login} account={shown} settings={account.settings} />);
  await settle();
  expect(page.querySelector('form.card')).not.toBeNull();
  act(() => { shown.value = account; });
  expect(all('h1').length).toBe(1);
  expect(one('.shell').dataset['place']).toBe('list');
  act(() => { account.conversations.open('bob'); });
  expect(one('.shell').dataset['place']).toBe('thread');
  act(() => { account.settings.theme.value = 'dark'; });
  expect(document.documentElement.dataset['theme']).toBe('dark');
  act(() => { account.settings.theme.value = 'system'; });
  expect(document.documentElement.dataset['theme']).toBeUndefined();
  act(() => void dispatchEvent(new KeyboardEvent('keydown', { key: 'x' })));
  expect(account.own.calls).toContain('active');
  act(() => { shown.value = null; });
  expect(page.querySelector('form.card')).not.toBeNull();
  expect(account.conversations.isSeen.value).toBe(false);
});
