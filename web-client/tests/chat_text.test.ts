// What others write, on its way to the page: previews, links, marks of a search, rows of a conversation.
// SPDX-License-Identifier: MIT
import { describe, expect, test } from 'vitest';
import { loadEmoji, recentEmoji, rememberEmoji, searchEmoji } from '../src/ui/chat/emoji_data';
import { splitLinks } from '../src/ui/chat/links';
import { contextOf, isEmojiAlone, isLong, markWords, previewOf, shownText } from '../src/ui/chat/plain';
import { rowsOf } from '../src/ui/chat/rows';
import { percentTooLong } from '../src/ui/chat/too_long';
import { message } from './fakes';

describe('texts', () => {
  test('controls are not shown, lines are kept', () => {
    expect(shownText('a\u0000\u001b[31mb\r\nc\rd\u2028e\tf\u0085')).toBe('a[31mb\nc\nd\ne\tf');
  });

  test('a preview is one short line that turns nothing around', () => {
    expect(previewOf('  one\n\n two\u202e three\u2066 ')).toBe('one two three');
    expect([...previewOf('x'.repeat(10_000))].length).toBe(160);
    expect(previewOf('👍'.repeat(500)).endsWith('👍…')).toBe(true);
  });

  test.each([
    '👍', '🎉🎉🎉', '❤️', '👩‍👩‍👧', '🇩🇪 🇫🇷', '1️⃣', '👋🏽', '🏳️‍🌈', '👩‍⚕️', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', ' 😀 ',
  ])('%s is emoji alone', (text) => {
    expect(isEmojiAlone(text)).toBe(true);
  });
  test.each(['', '1', '12', '#', 'a👍', '👍!', '👍'.repeat(7), '©', '-', '\u200d'])('%s is not', (text) => {
    expect(isEmojiAlone(text)).toBe(false);
  });

  test('long is what fills a screen, by letters or by lines', () => {
    expect(isLong('x'.repeat(1000))).toBe(false);
    expect(isLong('x'.repeat(10_000))).toBe(true);
    expect(isLong('\n'.repeat(31))).toBe(true);
  });

  test('what is searched for is marked, whatever it is', () => {
    const hits = (text: string, words: string): string[] =>
      markWords(text, words).filter(({ isHit }) => isHit).map((piece) => piece.text);
    expect(hits('The lazy THE dog', 'the dog')).toEqual(['The', 'THE', 'dog']);
    expect(hits('a.b (c) [d', '. ( [')).toEqual(['.', '(', '[']);
    expect(hits('abc', ' ')).toEqual([]);
    expect(markWords('one two', 'two').map((piece) => piece.text).join('')).toBe('one two');
  });

  test('the context of a hit begins a few words before it', () => {
    const text = `${'before '.repeat(50)}needle ${'after '.repeat(50)}`;
    expect(contextOf(text, 'needle')).toMatch(/^… (before )+needle after/);
    expect(contextOf('needle first', 'needle')).toBe('needle first');
    expect(contextOf(`${'x'.repeat(5000)}needle`, 'needle')).toBe('… needle');
  });

  test('too long is told in percent, counted in bytes', () => {
    expect(percentTooLong('x'.repeat(8000), 10_000)).toBe(0);
    expect(percentTooLong('ü'.repeat(8000), 10_000)).toBe(44);
    expect(percentTooLong('x'.repeat(17_952), 10_000)).toBe(50);
  });
});

describe('links', () => {
  const links = (text: string): string[] => splitLinks(text).filter(({ href }) => href).map(({ href }) => href);

  test.each([
    ['see https://example.org/a?b=c#d.', ['https://example.org/a?b=c#d']],
    ['www.example.de, example.com/x', ['https://www.example.de', 'https://example.com/x']],
    ['mail bob@example.org!', ['mailto:bob@example.org']],
    ['mailto:bob@example.org', ['mailto:bob@example.org']],
    ['call tel:+49(30)123-4567.', ['tel:+49(30)123-4567']],
    ['sip:+4930123@example.org, sips:bob@example.org;transport=tcp',
      ['sip:+4930123@example.org', 'sips:bob@example.org;transport=tcp']],
    ['(https://example.org/x_(y))', ['https://example.org/x_(y)']],
  ])('%s', (text, found) => {
    expect(links(text)).toEqual(found);
    expect(splitLinks(text).map((part) => part.text).join('')).toBe(text);
  });

  test.each([
    'javascript:alert(1)', 'data:text/html,<b>', 'file:///etc/passwd',
    'ftp://example.org/x', 'vbscript:x', 'README.md', 'e.g. this', 'a:b', 'tel:', 'sip:',
    'https://bank.example.org@elsewhere.example.org/', 'https://bank.example.com\u202egpj.exe',
    'https://bank.example.com\u200b.elsewhere.example.org/', 'https://exa\u00admple.org/',
  ])('%s is none', (text) => {
    expect(links(text).filter((href) => !href.startsWith('mailto:'))).toEqual([]);
    expect(splitLinks(text).map((part) => part.text).join('')).toBe(text);
  });

  test.each(['JAVASCRIPT://example.org/%0aalert(1)', 'blob:https://example.org/x', 'view-source:http://example.org'])(
    'of %s no more is a link than what leads to a web site', (text) => {
      for (const href of links(text)) expect(href).toMatch(/^https?:\/\/example\.org/);
    },
  );

  test('texts made to be slow are not', () => {
    const hostile = ['a.', 'a@', 'http://', '(', 'sip:', 'tel:1-', 'sip:.', '.,'].map((part) => part.repeat(8000));
    const begun = performance.now();
    for (const text of hostile) splitLinks(`https://example.org/${text}`);
    for (const text of hostile) splitLinks(text);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

describe('rows', () => {
  const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 6, day, hour, minute);

  test('days, stretches of one side, and the line of new messages', () => {
    const messages = [
      message('a', { at: at(1, 9) }), message('b', { at: at(1, 9, 1) }),
      message('c', { at: at(1, 9, 2), direction: 'sent' }), message('d', { at: at(1, 9, 30), direction: 'sent' }),
      message('e', { at: at(2, 0, 1), direction: 'sent' }), message('f', { at: at(2, 0, 2) }),
      message('g', { at: at(2, 0, 3) }),
    ];
    const rows = rowsOf(messages, messages[6]!.key, true);
    expect(rows.map(({ isNewDay }) => isNewDay)).toEqual([true, false, false, false, true, false, false]);
    expect(rows.map(({ isFirst }) => isFirst)).toEqual([true, false, true, true, true, true, true]);
    expect(rows.map(({ isLast }) => isLast)).toEqual([false, true, true, true, true, true, true]);
    expect(rows.map(({ isNew }) => isNew)).toEqual([false, false, false, false, false, false, true]);
  });

  test('nothing stands above the first one while there are more before it', () => {
    const messages = [message('a', { at: at(1, 9) }), message('b', { at: at(2, 9) })];
    const rows = rowsOf(messages, '', false);
    expect(rows.map(({ isNewDay }) => isNewDay)).toEqual([false, true]);
    expect(rows.map(({ isFirst }) => isFirst)).toEqual([false, true]);
  });

  test('messages that are not in the order of their times have their days all the same', () => {
    const rows = rowsOf([message('a', { at: at(2, 9) }), message('b', { at: at(1, 9) })], '', true);
    expect(rows.every(({ isNewDay, isNew }) => isNewDay && !isNew)).toBe(true);
  });
});

describe('emoji', () => {
  test('are found by the beginnings of their names, in the page\'s language', async () => {
    const [german, english] = await Promise.all([loadEmoji('de'), loadEmoji('fr')]);
    expect(searchEmoji(english, 'thumbs up').map(({ unicode }) => unicode)).toContain('👍️');
    expect(searchEmoji(german, 'herz rot').map(({ unicode }) => unicode)).toContain('❤️');
    expect(searchEmoji(english, 'qqqq')).toEqual([]);
    expect(english.groups.map(({ name }) => name)).toContain('Food & drink');
    expect(new Set(english.all.map(({ group }) => group)).size).toBe(english.groups.length);
  });

  test('those used last come first, and what else is kept does no harm', async () => {
    const set = await loadEmoji('en');
    localStorage.setItem('heliograph.emoji', '{"no":"list"}');
    expect(recentEmoji(set)).toEqual([]);
    for (const unicode of ['😀', '🎉', '😀']) rememberEmoji(set, unicode);
    expect(recentEmoji(set).map(({ unicode }) => unicode)).toEqual(['😀', '🎉']);
    localStorage.setItem('heliograph.emoji', '["<b>", 7, "🎉"]');
    expect(recentEmoji(set).map(({ unicode }) => unicode)).toEqual(['🎉']);
  });
});
