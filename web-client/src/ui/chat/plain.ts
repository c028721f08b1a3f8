// Texts that others have written, made fit to be shown: nothing here makes HTML, and nothing may break a line's layout.
// SPDX-License-Identifier: MIT

const MOST_PREVIEW = 160;
const MOST_ALONE_LENGTH = 64;
const MOST_UNFOLDED_LENGTH = 2400;
const MOST_UNFOLDED_LINES = 30;

/** Controls but tab and line feed; they show as nothing or as boxes. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** They turn what stands around them: U+202E and its like. */
const DIRECTIONS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

/** As it is shown in a bubble. */
export function shownText(text: string): string {
  return text.replace(/\r\n?|[\u2028\u2029]/g, '\n').replace(CONTROLS, '');
}

/** One short line, for lists and announcements. */
export function previewOf(text: string): string {
  const start = text.slice(0, 4 * MOST_PREVIEW); // whoever sends megabytes does not make the list slow
  const line = shownText(start).replace(DIRECTIONS, '').replace(/\s+/gu, ' ').trim();
  const letters = [...line];
  return letters.length > MOST_PREVIEW ? `${letters.slice(0, MOST_PREVIEW - 1).join('')}…` : line;
}

/** One drawing, with its colour of skin. */
const DRAWING = '(?:\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\\uFE0F|\\p{Emoji_Modifier_Base}'
  + '(?=\\p{Emoji_Modifier}))\\p{Emoji_Modifier}?\\uFE0F?';
/** Drawings joined to one: families, professions; flags of parts of a country have letters behind them. */
const JOINED = `${DRAWING}(?:\\u200D(?:${DRAWING}|[\\u2640\\u2642\\u2695]\\uFE0F?))*[\\u{E0020}-\\u{E007F}]*`;
const EMOJI_ALONE = new RegExp(`^(?:(?:\\p{Regional_Indicator}{2}|[0-9#*]\\uFE0F\\u20E3|${JOINED})\\s?){1,6}$`, 'u');

/** Up to six emoji and nothing else: shown larger. */
export function isEmojiAlone(text: string): boolean {
  return text.length <= MOST_ALONE_LENGTH && EMOJI_ALONE.test(text.trim());
}

/** What would fill more than a screen is shown folded at first. */
export function isLong(text: string): boolean {
  if (text.length > MOST_UNFOLDED_LENGTH) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines > MOST_UNFOLDED_LINES;
}

/** A piece of a text, and whether it is one of the words that were searched for. */
export interface Piece {
  text: string;
  isHit: boolean;
}

const escaped = (words: string): string => words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function patternOf(words: string): RegExp | null {
  const parts = words.trim().split(/\s+/u).filter(Boolean).map(escaped);
  return parts.length === 0 ? null : new RegExp(parts.join('|'), 'giu');
}

/** `text` in pieces, where the words of `words` are hits. */
export function markWords(text: string, words: string): Piece[] {
  const pattern = patternOf(words);
  if (!pattern) return [{ text, isHit: false }];
  const pieces: Piece[] = [];
  let at = 0;
  for (const { 0: hit, index } of text.matchAll(pattern)) {
    if (index > at) pieces.push({ text: text.slice(at, index), isHit: false });
    pieces.push({ text: hit, isHit: true });
    at = index + hit.length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), isHit: false });
  return pieces;
}

const LETTERS_BEFORE_HIT = 40;

/** One line of `text` around its first hit. */
export function contextOf(text: string, words: string): string {
  const line = shownText(text).replace(DIRECTIONS, '').replace(/\s+/gu, ' ').trim();
  const first = patternOf(words)?.exec(line)?.index ?? 0;
  if (first <= LETTERS_BEFORE_HIT) return previewOf(line);
  const from = line.indexOf(' ', first - LETTERS_BEFORE_HIT);
  return `… ${previewOf(line.slice(from >= 0 && from < first ? from + 1 : first))}`;
}
