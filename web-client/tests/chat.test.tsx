// The chat as it is used: the list of conversations, an open one, writing, searching, and what hostile people send.
// SPDX-License-Identifier: MIT
import { render, type ComponentChild } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Announcer } from '../src/ui/chat/announcer';
import { ChatPane } from '../src/ui/chat/chat_pane';
import { ChatSidebar } from '../src/ui/chat/chat_sidebar';
import '../src/ui/chat/thread';
import { closeDialogs, Dialogs } from '../src/ui/common/dialogs';
import { setLanguage } from '../src/ui/texts';
import { address, FakeAccount, FakeConversation, message, person, problem } from './fakes';

let page: HTMLElement;
let account: FakeAccount;

const VIEW_PX = 600;
const ROW_PX = 40;

/** What the virtual list asks of a layout, which jsdom does not have. */
function fakeLayout(): void {
  const sizes: Record<string, (element: HTMLElement) => number> = {
    clientHeight: () => VIEW_PX,
    offsetHeight: () => ROW_PX,
    scrollHeight: (element) => parseFloat(element.querySelector<HTMLElement>('.rows')?.style.height ?? '') || VIEW_PX,
  };
  for (const [name, size] of Object.entries(sizes)) {
    Object.defineProperty(HTMLElement.prototype, name, {
      configurable: true,
      get(this: HTMLElement) {
        return size(this);
      },
    });
  }
  HTMLElement.prototype.scrollTo = function scrollTo(this: HTMLElement, to?: ScrollToOptions | number): void {
    this.scrollTop = typeof to === 'object' ? to.top ?? 0 : 0;
    this.dispatchEvent(new Event('scroll'));
  } as HTMLElement['scrollTo'];
}

beforeEach(async () => {
  fakeLayout();
  localStorage.clear();
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: isTouch && query.includes('coarse') }));
  isTouch = false;
  await setLanguage('en');
  document.body.innerHTML = '<div id="page"></div>';
  page = document.getElementById('page')!;
  account = new FakeAccount();
});

let isTouch = false;

const draw = (view: ComponentChild): void => void act(() => render(view, page));
afterEach(() => {
  closeDialogs();
  draw(null);
});

/** Waits for what comes later: chunks, promises, frames. */
async function until<Result>(find: () => Result): Promise<NonNullable<Result>> {
  return vi.waitFor(async () => {
    await act(() => Promise.resolve());
    const found = find();
    if (!found) throw new Error(`not there: ${find}`);
    return found as NonNullable<Result>;
  }, { timeout: 10_000 });
}

const all = (selector: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(selector)];
const one = (selector: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};
const labelled = (label: string): HTMLElement =>
  all('[aria-label], button').find((found) => (found.ariaLabel ?? found.textContent) === label)
  ?? all('[aria-label]').find((found) => found.getAttribute('aria-label') === label)!;
const click = (element: HTMLElement): void => void act(() => element.click());
const press = (key: string, more: KeyboardEventInit = {}): boolean => {
  let isTaken = false;
  act(() => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
    isTaken = !document.activeElement!.dispatchEvent(event);
  });
  return isTaken;
};
const fill = (field: HTMLElement, text: string): void => void act(() => {
  (field as HTMLInputElement).value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
});

const submit = (): void => void act(() => {
  one('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
});

const names = (): string[] => all('.entry > .name').map(({ textContent }) => textContent!);

/** The conversation is open and its code is loaded. */
async function openThread(conversation: FakeConversation, more: FakeConversation[] = []): Promise<void> {
  account.conversations.with(conversation, ...more);
  account.conversations.current.value = conversation;
  draw(<><ChatPane account={account} /><Announcer account={account} /><Dialogs /></>);
  await until(() => document.querySelector('.composer'));
  if (!isTouch) await until(() => document.activeElement?.matches('textarea'));
}

describe('the list of conversations', () => {
  const sidebar = (): void => draw(<ChatSidebar account={account} />);

  test('says who, what was said last, by whom, and what is unread', () => {
    const bob = new FakeConversation('bob', [message('one\ntwo')]);
    bob.unread.value = 100;
    const carol = new FakeConversation('carol', [message('mine', { direction: 'sent', state: 'displayed' })]);
    account.people.all.value = [person('bob', { name: 'Bob Ferrari', state: 'busy' })];
    account.conversations.with(bob, carol);
    sidebar();
    expect(names()).toEqual(['Bob Ferrari', 'carol']);
    expect(all('.preview').map(({ textContent }) => textContent)).toEqual(['one two', 'ReadYou: mine']);
    expect(one('.badge').textContent).toBe('99+');
    expect(all('.entry')[0]!.textContent).toContain('100 unread messages');
    expect(all('.entry')[0]!.textContent).toContain('Busy');
    act(() => {
      bob.isTyping.value = true;
      carol.draft.value = 'half a sen';
    });
    expect(all('.preview').map(({ textContent }) => textContent)).toEqual(['typing …', 'Draft: half a sen']);
  });

  test('is one stop for the Tab key; arrow keys, Home and End move within', () => {
    account.conversations.with(...['a', 'b', 'c'].map((name) => new FakeConversation(name, [message('x')])));
    sidebar();
    expect(all('.entry[tabindex="0"]').length).toBe(1);
    act(() => one('.entry').focus());
    const focused = (): string => document.activeElement!.querySelector('.name')!.textContent!;
    for (const [key, name] of [['ArrowDown', 'b'], ['End', 'c'], ['ArrowDown', 'c'], ['ArrowUp', 'b'], ['Home', 'a']]) {
      expect(press(key!)).toBe(true);
      expect(focused()).toBe(name);
      expect(all('.entry[tabindex="0"]').length).toBe(1);
    }
    click(document.activeElement as HTMLElement);
    expect(account.conversations.current.value?.address).toEqual(address('a'));
    expect(one('[aria-current]').textContent).toContain('a');
  });

  test('draws only those near, however many there are', () => {
    account.conversations.with(...Array.from({ length: 2000 }, (_, at) => new FakeConversation(`user${at}`)));
    sidebar();
    expect(all('.entry').length).toBeLessThan(60);
    act(() => one('.entry').focus());
    press('End');
    expect(document.activeElement!.textContent).toContain('user1999');
  });

  test('says that it is empty, loading or not to be had', () => {
    sidebar();
    expect(page.textContent).toContain('No conversations yet');
    act(() => void (account.conversations.isLoaded.value = false));
    expect(page.textContent).toContain('Loading …');
    act(() => void (account.conversations.loadProblem.value = problem('no-connection')));
    expect(page.textContent).toContain('There is no connection to the server.');
    click(labelled('Try again'));
    expect(account.conversations.calls).toEqual(['loadAgain']);
  });
});

describe('writing to somebody new', () => {
  const begin = (): HTMLElement => {
    draw(<ChatSidebar account={account} />);
    click(labelled('Write to somebody new'));
    return one('[role="combobox"]');
  };
  const options = (): string[] => all('[role="option"] .name').map(({ textContent }) => textContent!);

  test('suggests people by name and address; arrow keys and Enter choose', () => {
    account.people.all.value = [
      person('kim', { name: 'Anna Kim' }), person('bob', { name: 'Bob' }), person('anna', { name: 'Frau Weiß' }),
      person('tel', { name: 'Anna by telephone', address: null }),
    ];
    const field = begin();
    expect(document.activeElement).toBe(field);
    fill(field, 'anna');
    expect(options()).toEqual(['Anna Kim', 'Frau Weiß']);
    press('ArrowDown');
    press('ArrowDown');
    const chosen = document.getElementById(field.getAttribute('aria-activedescendant')!)!;
    expect(chosen.textContent).toContain('Frau Weiß');
    submit();
    expect(account.conversations.current.value?.address).toEqual(address('anna'));
    expect(document.querySelector('[role="combobox"]')).toBeNull();
  });

  test('takes an address, and says where it is none', () => {
    const field = begin();
    fill(field, 'no address');
    submit();
    expect(one('[role="alert"]').textContent).toContain('This is no user name and no SIP address.');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    fill(field, 'dora@elsewhere.example');
    expect(one('[role="alert"]').textContent).toBe('');
    submit();
    expect(account.conversations.current.value?.address).toEqual(address('dora@elsewhere.example'));
  });

  test('Escape leads back, and the focus with it', () => {
    begin();
    press('Escape');
    expect(document.activeElement).toBe(labelled('Write to somebody new'));
  });
});

describe('an open conversation', () => {
  test('has its messages with day, time, state and what can be done where one failed', async () => {
    const bob = new FakeConversation('bob', [
      message('hello'),
      message('sent', { direction: 'sent', state: 'kept' }),
      message('refused', { direction: 'sent', state: 'failed', problem: problem('mailbox-full') }),
      message('', { isUnreadable: true, contentType: 'image/x-odd' }),
    ]);
    await openThread(bob);
    expect(all('.message').length).toBe(4);
    expect(all('.day').map(({ textContent }) => textContent)).toEqual(['Today']);
    expect(all('.sent-mark').map(({ title }) => title)).toEqual(['Kept until they return', 'Not sent']);
    expect(page.textContent).toContain('This message cannot be shown here (image/x-odd).');
    expect(one('.failure').textContent).toContain('Too many messages are waiting');
    const failed = bob.messages.value[2]!.key;
    click(labelled('Send again'));
    expect(bob.calls).toContain(`sendAgain ${failed}`);
    act(() => bob.change(failed, { state: 'failed' }));
    click(labelled('Delete'));
    expect(all('.message').length).toBe(3);
    expect(document.activeElement).toBe(one('.log'));
  });

  test('draws few of ten thousand messages, and begins at its end', async () => {
    const many = Array.from({ length: 10_000 }, (_, at) => message(`number ${at}`));
    await openThread(new FakeConversation('bob', many));
    await until(() => page.textContent!.includes('number 9999'));
    expect(all('.message').length).toBeLessThan(60);
    expect(one('.rows li').getAttribute('aria-setsize')).toBe('10000');
  });

  test('begins where the new messages begin', async () => {
    const many = Array.from({ length: 200 }, (_, at) => message(`number ${at}.`));
    const bob = new FakeConversation('bob', many);
    bob.firstUnreadKey.value = many[100]!.key;
    await openThread(bob);
    await until(() => document.querySelector('.news'));
    expect(page.textContent).toContain('number 100.');
    expect(document.querySelector('.to-newest')).not.toBeNull();
    click(one('.to-newest'));
    await until(() => page.textContent!.includes('number 199.'));
  });

  test('loads what is older, and says what went wrong with it', async () => {
    const bob = new FakeConversation('bob', [message('newest')]);
    bob.older = Array.from({ length: 60 }, (_, at) => message(`older ${at}`));
    bob.reachesStart.value = false;
    await openThread(bob);
    await until(() => bob.messages.value.length === 51);
    act(() => void (bob.loadProblem.value = problem('busy')));
    expect(one('.top').textContent).toContain('The server cannot do this right now');
    const before = bob.calls.length;
    click(labelled('Try again'));
    expect(bob.calls.length).toBe(before + 1);
  });

  test('arrow keys go from message to message, Escape back to the field', async () => {
    await openThread(new FakeConversation('bob', [message('first'), message('second')]));
    act(() => one('.log').focus());
    press('ArrowUp');
    await until(() => document.activeElement?.textContent?.includes('second'));
    press('ArrowUp');
    await until(() => document.activeElement?.textContent?.includes('first'));
    press('Escape');
    expect(document.activeElement).toBe(one('textarea'));
  });

  test('a long text is folded until one wants it', async () => {
    await openThread(new FakeConversation('bob', [message('line\n'.repeat(500))]));
    expect(one('.bubble').dataset['folded']).toBe('true');
    click(labelled('Show all of it'));
    expect(one('.bubble').dataset['folded']).toBeUndefined();
    expect(labelled('Show less').getAttribute('aria-expanded')).toBe('true');
  });

  test('says who it is with, that he is writing, and takes him among one\'s people', async () => {
    const bob = new FakeConversation('bob@elsewhere.example', [message('x')]);
    await openThread(bob);
    expect(one('.standing').textContent).toBe('bob@elsewhere.example');
    act(() => void (bob.isTyping.value = true));
    expect(one('.standing').textContent).toBe('typing …');
    click(labelled('More about this conversation'));
    click(all('[role="menuitem"]').find(({ textContent }) => textContent === 'Add to my people …')!);
    const field = await until(() => document.querySelector<HTMLInputElement>('dialog input'));
    expect(field.value).toBe('bob@elsewhere.example');
    act(() => void (account.people.all.value = [person('bob@elsewhere.example', { note: 'at home', state: 'away' })]));
    act(() => void (bob.isTyping.value = false));
    expect(one('.standing').textContent).toBe('Away · at home');
    click(labelled('More about this conversation'));
    expect(all('[role="menuitem"]').map(({ textContent }) => textContent)).toEqual(['Search in this conversation', 'Copy address']);
  });

  test('what comes in is said once; what was there and one\'s own is not', async () => {
    const bob = new FakeConversation('bob', [message('old')]);
    const carol = new FakeConversation('carol', [message('old')]);
    await openThread(bob, [carol]);
    const said = (): string[] => all('[role="log"].unseen p').map(({ textContent }) => textContent!);
    expect(said()).toEqual([]);
    act(() => bob.receive('new <b>\u202e'));
    act(() => carol.receive('over here'));
    act(() => void bob.send('my own'));
    act(() => void (bob.messages.value = [message('much older'), ...bob.messages.value]));
    expect(said()).toEqual(['bob: new <b>', 'carol: over here']);
    const dora = new FakeConversation('dora', [message('from a stranger')]);
    dora.unread.value = 1;
    act(() => void (account.conversations.list.value = [dora, bob, carol]));
    act(() => bob.change(bob.messages.value[1]!.key, { text: 'changed' }));
    act(() => void bob.discard(bob.messages.value.at(-1)!.key));
    act(() => void (carol.messages.value = [message('after a gap')])); // as where the rest is read when it is opened
    expect(said().slice(2)).toEqual(['dora: from a stranger', 'carol: after a gap']);
  });
});

describe('writing', () => {
  const field = (): HTMLTextAreaElement => one('textarea') as HTMLTextAreaElement;

  test('Enter sends, with Shift it begins a line; while an input method composes it does neither', async () => {
    const bob = new FakeConversation('bob');
    await openThread(bob);
    fill(field(), 'hello\nthere');
    expect(bob.calls).toEqual(['typed']);
    expect(press('Enter', { shiftKey: true })).toBe(false);
    expect(press('Enter', { isComposing: true })).toBe(false);
    expect(bob.calls).toEqual(['typed']);
    expect(press('Enter')).toBe(true);
    expect(bob.calls).toEqual(['typed', 'send hello\nthere']);
    expect(field().value).toBe('');
    fill(field(), '  \n ');
    press('Enter');
    expect(bob.calls.filter((call) => call.startsWith('send')).length).toBe(1);
  });

  test('on a touch screen Enter begins a line, and the button sends', async () => {
    isTouch = true;
    const bob = new FakeConversation('bob');
    await openThread(bob);
    expect(document.activeElement).not.toBe(field());
    field().focus();
    fill(field(), 'hello');
    expect(press('Enter')).toBe(false);
    click(labelled('Send'));
    expect(bob.calls).toContain('send hello');
  });

  test('what cannot be sent stays, with the reason', async () => {
    const bob = new FakeConversation('bob');
    bob.draft.value = 'half';
    await openThread(bob);
    expect(field().value).toBe('half');
    bob.sendProblem = problem('forbidden');
    click(labelled('Send'));
    expect(one('.composer [role="alert"]').textContent).toContain('You are not allowed to do this.');
    expect(field().value).toBe('half');
    fill(field(), 'x'.repeat(account.site.messageBytes));
    expect(one('.composer [role="alert"]').textContent).toMatch(/too long by \d+ %/);
    click(labelled('Send'));
    expect(bob.calls.filter((call) => call.startsWith('send')).length).toBe(1);
    expect(field().value.length).toBe(account.site.messageBytes);
  });

  test('emoji are found by name and go where the cursor is', async () => {
    const bob = new FakeConversation('bob');
    await openThread(bob);
    fill(field(), 'ab');
    field().setSelectionRange(1, 1);
    click(labelled('Emoji'));
    const search = await until(() => document.querySelector<HTMLElement>('.emoji-picker input'));
    await until(() => document.activeElement === search);
    press('ArrowDown');
    expect(document.activeElement!.getAttribute('role')).toBe('option');
    press('ArrowRight');
    press('ArrowUp');
    expect(document.activeElement).toBe(search);
    fill(search, 'party popper');
    press('Enter');
    expect(bob.draft.value).toBe('a🎉b');
    expect(document.activeElement).toBe(field());
    expect(document.querySelector('.emoji-picker')).toBeNull();
    click(labelled('Emoji'));
    await until(() => all('[role="tab"]').length > 9);
    expect(all('.emoji-grid > button').map(({ textContent }) => textContent)).toEqual(['🎉']);
    await until(() => document.activeElement?.matches('.emoji-picker input'));
    press('Escape');
    expect(document.activeElement).toBe(field());
  });
});

describe('searching', () => {
  test('over all: the words are marked, a click opens the message', async () => {
    const bob = new FakeConversation('bob', [message('newest')]);
    bob.older = [message('the needle'), ...Array.from({ length: 80 }, (_, at) => message(`hay ${at}`))];
    bob.reachesStart.value = false;
    account.conversations.with(bob);
    account.conversations.found = { hits: [{ address: bob.address, message: bob.older[0]! }], hasMore: true };
    draw(<><ChatSidebar account={account} /><ChatPane account={account} /></>);
    fill(one('input[type="search"]'), ' needle ');
    expect(page.textContent).toContain('Searching …');
    const hit = await until(() => document.querySelector<HTMLElement>('.hit'));
    expect(one('.hit mark').textContent).toBe('needle');
    expect(page.textContent).toContain('1 message found');
    expect(page.textContent).toContain('There are more.');
    click(hit);
    const found = await until(() => document.querySelector<HTMLElement>('[data-flash]'));
    expect(found.textContent).toContain('the needle');
    await until(() => document.activeElement === found);
    expect(account.conversations.calls).toEqual(['search needle']);
  });

  test('says that nothing was found, and what went wrong', async () => {
    draw(<ChatSidebar account={account} />);
    fill(one('input[type="search"]'), '<b>x</b>');
    await until(() => page.textContent!.includes('Nothing was found for “<b>x</b>”.'));
    account.conversations.found = problem('no-connection');
    fill(one('input[type="search"]'), 'else');
    await until(() => page.textContent!.includes('There is no connection to the server.'));
    account.conversations.found = { hits: [], hasMore: false };
    click(labelled('Try again'));
    await until(() => page.textContent!.includes('Nothing was found'));
    act(() => one('input[type="search"]').focus());
    press('Escape');
    expect(page.textContent).toContain('No conversations yet');
  });

  test('within one conversation; Escape leads back to the field', async () => {
    await openThread(new FakeConversation('bob', [message('one needle'), message('hay')]));
    click(labelled('More about this conversation'));
    click(all('[role="menuitem"]')[0]!);
    await until(() => document.activeElement?.matches('.search-panel input'));
    fill(document.activeElement as HTMLElement, 'needle');
    await until(() => all('.search-panel .hit').length === 1);
    press('Escape');
    expect((document.activeElement as HTMLInputElement).value).toBe('');
    press('Escape');
    expect(document.querySelector('.search-panel')).toBeNull();
    expect(document.activeElement).toBe(one('textarea'));
  });
});

describe('hostile people', () => {
  const MARKUP = '<img src=x onerror="globalThis.isHit=1"><script>globalThis.isHit=1</script>&lt;b&gt;';
  const ZALGO = `z${'\u0335\u0321\u0322\u0327\u0328\u031b'.repeat(50)}`;

  test.each([
    ['markup', MARKUP], ['overrides', 'a\u202eb\u2067c'], ['no blanks', 'x'.repeat(10_000)], ['marks', ZALGO],
    ['controls', 'a\u0000b\u001bc\u0007'], ['lone surrogates', '\ud800 \udfff'], ['lines', '\n'.repeat(10_000)],
  ])('%s stay text in names, notes, addresses and messages', async (_, text) => {
    const bob = new FakeConversation('bob', [message(text), message(text, { direction: 'sent', state: 'failed',
      problem: problem('other', text) }), message('', { isUnreadable: true, contentType: text })]);
    bob.draft.value = text;
    account.people.all.value = [person('bob', { name: text, note: text })];
    account.conversations.with(bob);
    account.conversations.current.value = bob;
    draw(<><ChatSidebar account={account} /><ChatPane account={account} /></>);
    await until(() => document.querySelector('.composer'));
    expect(document.querySelector('script, #page img, #page b')).toBeNull();
    expect((globalThis as { isHit?: number }).isHit).toBeUndefined();
    for (const { textContent: name } of all('.name, h2')) {
      expect(name).not.toMatch(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/);
      expect([...name!].length).toBeLessThan(200);
    }
    for (const words of all('.words')) expect(words.textContent).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  test('a link leads where its text says, to a page of its own', async () => {
    const text = 'https://example.org/x javascript:alert(1) https://bank.example.com@elsewhere.example.org';
    await openThread(new FakeConversation('bob', [message(text)]));
    await until(() => document.querySelector('.words a'));
    const links = all('.words a') as HTMLAnchorElement[];
    const hrefs = links.map(({ href }) => href).filter((href) => !href.startsWith('mailto:'));
    expect(hrefs).toEqual(['https://example.org/x']);
    expect(links[0]!.rel).toBe('noopener noreferrer');
    expect(links[0]!.target).toBe('_blank');
    expect(one('.words').textContent).toBe(text);
  });
});
