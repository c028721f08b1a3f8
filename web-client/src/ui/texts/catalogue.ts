// The types of the catalogue: English says which texts there are and what stands in their gaps; every other language
// has the same keys, or it does not compile.
// SPDX-License-Identifier: MIT
import type { en } from './en';
import type { laterEn } from './later_en';

/** A text that depends on `count`, by the forms that the language has (Intl.PluralRules). */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** A part of the catalogue in another language. */
export type Translated<Part> = { readonly [Key in keyof Part]: Part[Key] extends string ? string : Plural };

/** Of the first view. */
export type FirstTexts = Translated<typeof en>;
/** Of what is loaded after it. */
export type LaterTexts = Translated<typeof laterEn>;

type English = typeof en & typeof laterEn;
export type TextKey = keyof English;

type Gaps<Text> = Text extends `${string}{${infer Gap}}${infer Rest}` ? Gap | Gaps<Rest> : never;
type Forms<Entry> = Entry extends string ? Entry : Entry[keyof Entry];
type GapsOf<Key extends TextKey> = Gaps<Forms<English[Key]>> | (English[Key] extends string ? never : 'count');

/** What `t` wants to know beside the key: nothing where the English text has no gaps. */
export type ValuesOf<Key extends TextKey> =
  [GapsOf<Key>] extends [never] ? [] : [values: Record<GapsOf<Key>, string | number>];
