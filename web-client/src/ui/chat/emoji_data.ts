// The emoji in the page's language, their groups and names, and which of them were used last in this browser.
// SPDX-License-Identifier: MIT

export interface Emoji {
  readonly unicode: string;
  readonly label: string;
  readonly words: string; // " label tag tag", in lower case
  readonly group: number;
}
export interface EmojiSet {
  readonly all: readonly Emoji[];
  readonly groups: readonly { readonly number: number; readonly name: string }[];
}

interface CompactEmoji {
  unicode: string;
  label: string;
  group?: number;
  tags?: string[];
}
interface Messages {
  groups: readonly { message: string; order: number }[];
}

const PARTS_GROUP = 2; // colours of skin and hair: no emoji of their own
const RECENT = 'heliograph.emoji';
const MOST_RECENT = 24;
const MOST_FOUND = 96;

function emojiSet(compact: readonly CompactEmoji[], { groups }: Messages): EmojiSet {
  const all = compact.flatMap(({ unicode, label, group, tags = [] }): Emoji[] =>
    group === undefined || group === PARTS_GROUP ? []
      : [{ unicode, label, group, words: ` ${label} ${tags.join(' ')}`.toLocaleLowerCase() }]);
  return {
    all,
    groups: groups.filter(({ order }) => order !== PARTS_GROUP)
      .map(({ message, order }) => ({ number: order, name: message.charAt(0).toLocaleUpperCase() + message.slice(1) })),
  };
}

/** English where we do not have the language's. */
export async function loadEmoji(language: string): Promise<EmojiSet> {
  const [compact, messages] = await Promise.all(language === 'de'
    ? [import('emojibase-data/de/compact.json'), import('emojibase-data/de/messages.json')]
    : [import('emojibase-data/en/compact.json'), import('emojibase-data/en/messages.json')]);
  return emojiSet(compact.default, messages.default);
}

/** Those that have each of the words, from its beginning. */
export function searchEmoji({ all }: EmojiSet, typed: string): Emoji[] {
  const words = typed.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
  return all.filter((emoji) => words.every((word) => emoji.words.includes(` ${word}`))).slice(0, MOST_FOUND);
}

export function recentEmoji({ all }: EmojiSet): Emoji[] {
  let kept: unknown = [];
  try {
    kept = JSON.parse(localStorage.getItem(RECENT) ?? '[]');
  } catch {
    // a browser that keeps nothing, or something that is not ours
  }
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((unicode) => all.find((emoji) => emoji.unicode === unicode) ?? []).slice(0, MOST_RECENT);
}

export function rememberEmoji(set: EmojiSet, unicode: string): void {
  const others = recentEmoji(set).map((emoji) => emoji.unicode).filter((other) => other !== unicode);
  try {
    localStorage.setItem(RECENT, JSON.stringify([unicode, ...others].slice(0, MOST_RECENT)));
  } catch {
    // a browser that keeps nothing
  }
}
