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
    const [, name, value] = /^([^\s:]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (name === undefined) return null;
    const known = headers.get(name.toLowerCase());
    if (known) known.push(value!);
    else headers.set(name.toLowerCase(), [value!]);
  }
  return { headers, rest: text.slice(end.index + end[0].length) };
}

/** The first of that name; '' where there is none. */
export function headerOf(headed: Headed, name: string): string {
  return headed.headers.get(name)?.[0] ?? '';
}
