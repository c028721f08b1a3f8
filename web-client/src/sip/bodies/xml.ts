// XML that others wrote, read with the browser's parser, and XML of our own. What cannot be read is nothing: whoever
// asks gets null, and the reason stands in the browser's console.
// SPDX-License-Identifier: MIT

/** The largest document that is looked at; a list's NOTIFY of 64 KB is far below. */
const MOST_CHARACTERS = 1_000_000;

/** Says why something from outside was not used; null, so that it can be returned. */
export function ignored(what: string, why: string): null {
  console.debug(`${what} ignored: ${why}`);
  return null;
}

/** The root element, which must be `name` of `space`. A document type is refused, so there are no entities. */
export function readXml(text: string, space: string, name: string): Element | null {
  if (text.length > MOST_CHARACTERS) return ignored(name, `${text.length} characters are too many`);
  if (/<!DOCTYPE/i.test(text)) return ignored(name, 'it has a document type');
  const document = new DOMParser().parseFromString(text.trim(), 'application/xml');
  if (document.getElementsByTagName('parsererror').length > 0) return ignored(name, 'it is not well-formed');
  const root = document.documentElement;
  if (root.localName !== name || root.namespaceURI !== space)
    return ignored(name, `it is ${root.localName} of ${root.namespaceURI}`);
  return root;
}

/** The children of that name, in order. */
export function childrenOf(parent: Element, space: string, name: string): Element[] {
  return Array.from(parent.children).filter((child) => child.localName === name && child.namespaceURI === space);
}

export function childOf(parent: Element | null | undefined, space: string, name: string): Element | null {
  return (parent && childrenOf(parent, space, name)[0]) ?? null;
}

/** The elements of that name, however deep. */
export function allOf(root: Element, space: string, name: string): Element[] {
  return Array.from(root.getElementsByTagNameNS(space, name));
}

/** Its text without white space around it, cut after `most` characters; '' where there is no element. */
export function textOf(element: Element | null | undefined, most = 1000): string {
  return (element?.textContent ?? '').trim().slice(0, most);
}

/** An attribute without a namespace; '' where it is missing. */
export function attributeOf(element: Element, name: string): string {
  return element.getAttribute(name)?.trim() ?? '';
}

/** xs:dateTime; null where it is none. */
export function dateOf(text: string): Date | null {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) return null;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** xs:boolean */
export function isTrue(text: string): boolean {
  return text === 'true' || text === '1';
}

/** A whole number that is not negative; null where it is none. */
export function numberOf(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

// ---- writing

/** Text that is XML already. */
export class Xml {
  constructor(readonly text: string) {}
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
// XML 1.0 §2.2: no control characters, no halves of a surrogate pair
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

function escaped(value: string | Xml | readonly Xml[]): string {
  if (value instanceof Xml) return value.text;
  if (typeof value !== 'string') return value.map((part) => part.text).join('');
  return value.replace(FORBIDDEN, '').replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** xml`<note>${text}</note>`: what is put in is escaped, unless it is XML already. */
export function xml(parts: TemplateStringsArray, ...values: readonly (string | Xml | readonly Xml[])[]): Xml {
  return new Xml(parts.map((part, index) => (index === 0 ? part : escaped(values[index - 1]!) + part)).join(''));
}

/** A whole document. */
export function documentOf(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.text}`;
}
