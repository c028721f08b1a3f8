// The words of the page: t('people.add') is the text in the language of now. Components that call it are drawn again
// when the language changes. A language is loaded when it is needed.
// SPDX-License-Identifier: MIT
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Problem } from '../../model/ports';
import type { FirstTexts, LaterTexts, Plural, TextKey, ValuesOf } from './catalogue';

export type { TextKey } from './catalogue';

interface Language {
  code: string; // BCP 47
  name: string; // as its speakers call it
  notLoaded: string; // what is said while its texts cannot be loaded
  load(): Promise<FirstTexts>;
  loadLater(): Promise<LaterTexts>;
}

/** The first is what a person gets whose languages we do not have. */
export const LANGUAGES: readonly Language[] = [
  {
    code: 'en', name: 'English', notLoaded: 'Heliograph cannot be reached. Trying again …',
    load: () => import('./en').then(({ en }) => en),
    loadLater: () => import('./later_en').then(({ laterEn }) => laterEn),
  },
  {
    code: 'de', name: 'Deutsch', notLoaded: 'Heliograph ist nicht erreichbar. Neuer Versuch …',
    load: () => import('./de').then(({ de }) => de),
    loadLater: () => import('./later_de').then(({ laterDe }) => laterDe),
  },
];

interface Spoken {
  language: string;
  locale: string; // with the region that the browser knows: "en-GB"
  texts: FirstTexts & Partial<LaterTexts>;
}

const spoken = signal<Spoken | null>(null);

/** Whether there are words already; nothing can be drawn before. */
export const hasTexts = computed(() => spoken.value !== null);
/** The only sentence there is while they cannot be loaded; '' as long as nobody has to wait for them. */
export const notLoaded = signal('');
export const language: ReadonlySignal<string> = computed(() => spoken.value?.language ?? '');
/** For dates and numbers. */
export const locale: ReadonlySignal<string> = computed(() => spoken.value?.locale ?? 'en');

const baseOf = (tag: string): string => tag.toLowerCase().split('-')[0]!;

function chooseLanguage(wanted: string, preferred: readonly string[]): Language {
  const byTag = (tag: string): Language | undefined => LANGUAGES.find(({ code }) => code === baseOf(tag));
  return [wanted, ...preferred].map(byTag).find((found) => found !== undefined) ?? LANGUAGES[0]!;
}

let newest = 0;
let isLaterWanted = false; // then each language that is chosen brings it along

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;

/**
 * `wanted`: a code, or '' for the browser's. Where the words cannot be loaded the page keeps those that it has; while it
 * has none, they are asked for until they come.
 */
export async function setLanguage(wanted: string): Promise<void> {
  const turn = ++newest;
  const preferred = navigator.languages;
  const chosen = chooseLanguage(wanted, preferred);
  for (let waitMs = FIRST_RETRY_MS; turn === newest; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
    const texts = await textsOf(chosen);
    if (turn !== newest || (!texts && spoken.value)) return;
    if (texts) return speak(chosen.code, preferred, texts);
    document.documentElement.lang = chosen.code;
    notLoaded.value = chosen.notLoaded;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

/** Null: they cannot be loaded. */
async function textsOf({ load, loadLater }: Language): Promise<Spoken['texts'] | null> {
  const parts = await Promise.all([load(), isLaterWanted ? loadLater() : {}]).catch(() => null);
  return parts && { ...parts[0], ...parts[1] };
}

function speak(code: string, preferred: readonly string[], texts: Spoken['texts']): void {
  spoken.value = { language: code, locale: preferred.find((tag) => baseOf(tag) === code) ?? code, texts };
  document.documentElement.lang = code;
}

/**
 * The texts of what is loaded after the first view, which must be there before it is drawn. Throws where they do not
 * come.
 */
export async function loadLaterTexts(): Promise<void> {
  isLaterWanted = true;
  const before = spoken.value;
  if (!before || 'people.search' in before.texts) return;
  const more = await chooseLanguage(before.language, []).loadLater();
  const now = spoken.value!;
  if (now.language === before.language) spoken.value = { ...now, texts: { ...now.texts, ...more } };
}

/** What may stand in a name and turn the sentence around it; and where it does: marks that keep it to itself. */
const DIRECTION_MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]|[\ud802-\ud803\ud83a-\ud83b][\udc00-\udfff]/;

function gapText(value: string | number): string {
  if (typeof value === 'number') return new Intl.NumberFormat(locale.value).format(value);
  const plain = value.replace(DIRECTION_MARKS, '');
  return FROM_THE_RIGHT.test(plain) ? `\u2068${plain}\u2069` : plain;
}

function formOf(entry: string | Plural, count: number | string | undefined): string {
  if (typeof entry === 'string') return entry;
  return entry[new Intl.PluralRules(locale.value).select(Number(count))] ?? entry.other;
}

export function t<Key extends TextKey>(key: Key, ...[values]: ValuesOf<Key>): string {
  const entry = spoken.value?.texts[key];
  if (entry === undefined) return key; // only before the first words are there
  const gaps = values as Record<string, string | number> | undefined;
  return formOf(entry, gaps?.['count']).replace(/\{(\w+)\}/g, (gap, name: string) => {
    const value = gaps?.[name];
    return value === undefined ? gap : gapText(value);
  });
}

/** Of these the server knows more than our sentence does. */
const WITH_DETAIL: ReadonlySet<Problem['kind']> =
  new Set(['no-such-domain', 'too-long', 'not-taken', 'forbidden', 'limit', 'busy', 'other']);

export interface ProblemText {
  sentence: string;
  detail: string; // the server's own sentence, in English; '' where it says nothing more
}

export function problemText({ kind, detail }: Problem): ProblemText {
  return { sentence: t(`problem.${kind}`), detail: WITH_DETAIL.has(kind) ? detail : '' };
}
