// Why the server refused something, as the model is told it. SPDX-License-Identifier: MIT
import type { Problem, ProblemKind } from '../model/ports';
import type { Answer } from './agent';

/** RFC 3261 §20.43: Warning: 399 agent "text"; else the reason phrase, else nothing but the number. */
export function detailOf(answer: Answer): string {
  const warning = /^\s*\d{3}\s+\S+\s+"((?:[^"\\]|\\.)*)"/.exec(answer.header('Warning'))?.[1];
  return warning?.replace(/\\(.)/g, '$1') || answer.phrase || `status ${answer.status}`;
}

/** Of the statuses that say enough by themselves. */
const KINDS: Record<number, ProblemKind> = {
  401: 'forbidden',
  403: 'forbidden',
  404: 'no-such-user',
  406: 'not-taken',
  408: 'busy',
  410: 'no-such-user',
  413: 'too-long',
  415: 'not-taken',
  429: 'busy',
  488: 'not-taken',
  513: 'too-long',
  604: 'no-such-user',
  606: 'not-taken',
};

/** What the server's sentence says beyond the status. */
const SENTENCES: readonly (readonly [number, RegExp, ProblemKind])[] = [
  [480, /mailbox.*full/i, 'mailbox-full'],
  [403, /does not relay/i, 'no-such-domain'],
];

export function problemOf(answer: Answer): Problem {
  const detail = detailOf(answer);
  const told = SENTENCES.find(([status, sentence]) => status === answer.status && sentence.test(detail));
  const kind = told?.[2] ?? KINDS[answer.status] ?? (answer.status >= 500 && answer.status < 600 ? 'busy' : 'other');
  return { kind, detail };
}

/** RFC 3261 §20.33, in ms; null where it is not said. */
export function retryAfterMs(answer: Answer): number | null {
  const seconds = /^\s*(\d{1,6})/.exec(answer.header('Retry-After'))?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}
