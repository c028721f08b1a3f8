// The parts that views are made of: words, times, menus, dialogs, initials.
// SPDX-License-Identifier: MIT
import { render, type ComponentChild } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Avatar, initials } from '../src/ui/common/avatar';
import { confirmed, Dialogs } from '../src/ui/common/dialogs';
import { Menu } from '../src/ui/common/menu';
import { ProblemLine } from '../src/ui/common/problem_line';
import { language, loadLaterTexts, setLanguage, t } from '../src/ui/texts';
import { de } from '../src/ui/texts/de';
import { en } from '../src/ui/texts/en';
import { laterDe } from '../src/ui/texts/later_de';
import { laterEn } from '../src/ui/texts/later_en';
import { dayName, now, relativeTime, shortTime } from '../src/ui/texts/times';

let page: HTMLElement;

beforeEach(async () => {
  await setLanguage('en');
  document.body.innerHTML = '<div id="page"></div>';
  page = document.getElementById('page')!;
});

const draw = (view: ComponentChild): void => void act(() => render(view, page));

afterEach(() => draw(null));

const press = (key: string): void => void act(() => {
  document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
});
const click = (element: Element | null | undefined): void => void act(() => (element as HTMLElement).click());
const button = (name: string): HTMLElement | undefined =>
  [...document.querySelectorAll('button')].find((one) => one.textContent === name);

describe('words', () => {
  test('the language is the wanted one, or the browser\'s, or English', async () => {
    await setLanguage('de');
    expect(t('common.cancel')).toBe('Abbrechen');
    expect(document.documentElement.lang).toBe('de');
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr-FR', 'de-AT', 'en']);
    await setLanguage('en');
    await setLanguage('');
    expect(language.value).toBe('de');
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['fr']);
    await setLanguage('');
    expect(language.value).toBe('en');
    vi.restoreAllMocks();
  });

  test('what is needed later comes later, in whatever language is spoken then', async () => {
    await setLanguage('de');
    await loadLaterTexts();
    expect(t('people.search')).toBe('Personen suchen');
    await setLanguage('en');
    expect(t('people.search')).toBe('Search people');
  });

  test('all languages have the same gaps in the same texts', () => {
    const gaps = (entry: unknown): string[] =>
      [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort();
    const german: Record<string, unknown> = { ...de, ...laterDe };
    for (const [key, entry] of Object.entries({ ...en, ...laterEn }))
      expect(gaps(german[key]), key).toEqual(gaps(entry));
  });

  test('a name cannot turn the sentence around it', () => {
    expect(t('common.moreThan', { count: '\u202eabc' })).toBe('abc+');
    expect(t('common.moreThan', { count: 'אבג' })).toBe('\u2068אבג\u2069+');
    expect(t('common.moreThan', { count: 1000 })).toBe('1,000+');
  });

  test('times are as short as they can be', () => {
    now.value = new Date(2026, 6, 15, 12, 0);
    expect(relativeTime(new Date(2026, 6, 15, 11, 59, 30))).toBe('just now');
    expect(relativeTime(new Date(2026, 6, 15, 12, 30))).toBe('just now');
    expect(relativeTime(new Date(2026, 6, 15, 11, 55))).toBe('5 minutes ago');
    expect(relativeTime(new Date(2026, 6, 15, 9, 0))).toBe('3 hours ago');
    expect(relativeTime(new Date(2026, 6, 13, 12, 0))).toBe('2 days ago');
    expect(dayName(new Date(2026, 6, 15, 0, 1))).toBe('Today');
    expect(dayName(new Date(2026, 6, 14, 23, 59))).toBe('Yesterday');
    expect(dayName(new Date(2026, 6, 10))).toBe('Friday');
    expect(dayName(new Date(2026, 6, 1))).toMatch(/^(Jul 1|1 Jul)$/);
    expect(dayName(new Date(2025, 11, 31))).toMatch(/2025/);
    expect(shortTime(new Date(2026, 6, 15, 9, 5))).toMatch(/0?9:05/);
  });
});

test.each([
  ['Anna Maria Weiß', 'AW'], ['bob', 'B'], ['+49 30 123', '41'], ['', '?'], ['<b>', 'B'], ['🎉', '?'], ['李 小龍', '李小'],
])('initials of %s', (name, letters) => expect(initials(name)).toBe(letters));

test('a picture that cannot be shown gives way to initials', () => {
  draw(<Avatar name="Bob" address="bob@example.org" icon="/api/v1/icons/1" state="busy" />);
  act(() => page.querySelector('img')!.dispatchEvent(new Event('error')) as never);
  expect(page.querySelector('.face')!.textContent).toBe('B');
});

test('what went wrong is told in our words, and in the server\'s where they say more', () => {
  draw(<ProblemLine problem={{ kind: 'limit', detail: 'At most 500 people.' }} />);
  expect(page.textContent).toBe(`${en['problem.limit']}At most 500 people.`);
  draw(<ProblemLine problem={{ kind: 'wrong-password', detail: 'Unauthorized' }} />);
  expect(page.textContent).toBe(en['problem.wrong-password']);
  draw(<ProblemLine problem={null} />);
  expect(page.querySelector('[role=alert]')!.childNodes.length).toBe(0);
});

describe('a menu', () => {
  const done = vi.fn();
  const show = (): void => draw(
    <Menu label="More" items={[
      { label: 'Write', act: () => done('write') }, { label: 'Call', href: 'sip:b@x' }, 'line',
      { label: 'Remove', act: () => done('remove'), isDanger: true }]}>…</Menu>);

  test('is walked through with keys, and gives the focus back', () => {
    show();
    const opener = page.querySelector('button')!;
    click(opener);
    expect(opener.getAttribute('aria-expanded')).toBe('true');
    expect(document.activeElement!.textContent).toBe('Write');
    press('ArrowDown');
    expect(document.activeElement!.textContent).toBe('Call');
    press('End');
    expect(document.activeElement!.textContent).toBe('Remove');
    press('ArrowDown');
    expect(document.activeElement!.textContent).toBe('Write');
    press('r');
    expect(document.activeElement!.textContent).toBe('Remove');
    press('Escape');
    expect(document.activeElement).toBe(opener);
    expect(page.querySelector('[role=menu]')).toBeNull();
  });

  test('does what is chosen, and is gone', () => {
    show();
    click(page.querySelector('button'));
    click(button('Remove'));
    expect(done).toHaveBeenCalledWith('remove');
    expect(page.querySelector('[role=menu]')).toBeNull();
  });
});

test('a question is answered by yes, by no, or by Escape', async () => {
  draw(<Dialogs />);
  const ask = async (): Promise<{ answer: Promise<boolean> }> => {
    const answer = confirmed({ title: 'Remove?', text: 'Really', yes: 'Remove', isDanger: true });
    await act(async () => {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    });
    return { answer };
  };
  let { answer } = await ask();
  click(button('Cancel'));
  expect(await answer).toBe(false);
  ({ answer } = await ask());
  click(button('Remove'));
  expect(await answer).toBe(true);
  ({ answer } = await ask());
  act(() => page.querySelector('dialog')!.dispatchEvent(new Event('cancel', { cancelable: true })) as never);
  expect(await answer).toBe(false);
  expect(page.querySelector('dialog')).toBeNull();
});
