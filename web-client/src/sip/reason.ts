// Why the server refused something, in a sentence for a person.
// SPDX-License-Identifier: MIT

export interface Refusal {
  status_code: number;
  reason_phrase: string;
  getHeader(name: string): string | undefined;
}

/** RFC 3261 §20.43: Warning: 399 agent "text"; else the reason phrase, else nothing but the number. */
export function reasonOf(response: Refusal): string {
  const warning = /^\s*\d{3}\s+\S+\s+"((?:[^"\\]|\\.)*)"/.exec(response.getHeader('Warning') ?? '')?.[1];
  return warning?.replace(/\\(.)/g, '$1') || response.reason_phrase || `status ${response.status_code}`;
}
