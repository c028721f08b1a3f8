// Finds addresses in texts. A chunk of its own, loaded when the first text comes that may have one.
// SPDX-License-Identifier: MIT
import { find } from 'linkifyjs';
import type { TextPart } from './linked_text';

/** What linkify does not read as such: telephone numbers with a plus sign, and SIP URIs with one. */
const CALLABLE = /(?<![\p{L}\p{N}])(?:tel:\+?[0-9][0-9().-]*[0-9]|sips?:[^\s<>"'()]*[^\s<>"'().,;:!?])/giu;
/** What would make a reader take the link for another: marks of direction, joiners and blanks that are not seen. */
const DECEIVING = /[\p{C}\p{Z}\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]/u;
/** Names of files look like names of hosts. */
const FILE_NAME = /\.(?:md|sh|py|rs|zip|mov)$/i;

interface Found {
  href: string;
  start: number;
  end: number;
}

/** Whether following it leads where its text says. */
function isHonest({ href, value }: { href: string; value: string }): boolean {
  if (DECEIVING.test(value)) return false;
  if (/^mailto:/i.test(href)) return true;
  if (!/^https?:\/\//i.test(href) || (FILE_NAME.test(value) && !/^https?:/i.test(value))) return false;
  try {
    const { username, password } = new URL(href);
    return username === '' && password === ''; // https://bank.example@elsewhere.example
  } catch {
    return false;
  }
}

function webAndMail(text: string, offset: number): Found[] {
  return find(text, { defaultProtocol: 'https' }).filter(isHonest)
    .map(({ href, start, end }) => ({ href, start: offset + start, end: offset + end }));
}

function allLinks(text: string): Found[] {
  const found: Found[] = [];
  let at = 0;
  for (const { 0: href, index } of text.matchAll(CALLABLE)) {
    if (DECEIVING.test(href)) continue;
    found.push(...webAndMail(text.slice(at, index), at), { href, start: index, end: index + href.length });
    at = index + href.length;
  }
  return [...found, ...webAndMail(text.slice(at), at)];
}

/** `text` in parts; a link's text is its address, but for the scheme where it was written without. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const { href, start, end } of allLinks(text)) {
    if (start > at) parts.push({ text: text.slice(at, start), href: '' });
    parts.push({ text: text.slice(start, end), href });
    at = end;
  }
  if (at < text.length) parts.push({ text: text.slice(at), href: '' });
  return parts;
}
