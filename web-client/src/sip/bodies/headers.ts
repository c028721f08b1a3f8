// A block of header lines "Name: value", as parts of a multipart and CPIM have them (RFC 2045, RFC 3862), and what
// stands behind its blank line. SPDX-License-Identifier: MIT

export interface Headed {
  headers: ReadonlyMap<string, readonly string[]>; // by the name in lower case
  rest: string;
}

const MOST_HEADERS = 100;

/** Null: there is no blank line behind the headers, or they are no headers. */
export function readHeaders(text: string): Headed | null {
  // A part may have no headers at all: then the blank line comes first.
  const end = /^\r?\n/.exec(text) ?? /\r?\n\r?\n/.exec(text);
  if (!end) return null;
  const headers = new Map<string, string[]>();
  const lines = text.slice(0, end.index).replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/).filter((line) => line !== '');
  if (lines.length > MOST_HEADERS) return null;
  for (const line of lines) {
    // Not by one pattern: with blanks enough in it a line would keep that busy for hours.
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trimEnd().toLowerCase();
    if (name === '' || /\s/.test(name)) return null;
    const value = line.slice(colon + 1).trim();
    const known = headers.get(name);
    if (known) known.push(value);
    else headers.set(name, [value]);
  }
  return { headers, rest: text.slice(end.index + end[0].length) };
}

/** The first of that name; '' where there is none. */
export function headerOf(headed: Headed, name: string): string {
  return headed.headers.get(name)?.[0] ?? '';
}
