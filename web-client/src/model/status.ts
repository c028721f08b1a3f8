// How we stand with the server, and the sentences for it.
// SPDX-License-Identifier: MIT

/**
 * connecting  the first attempt, or registering over a new connection
 * online      registered: messages come and go
 * offline     the connection is gone, or the registrar is not able now; we try again by ourselves
 * refused     the address or password is wrong: somebody must do something
 */
export type StatusKind = 'connecting' | 'online' | 'offline' | 'refused';

export interface Status {
  kind: StatusKind;
  sentence: string;
}

export const CONNECTING: Status = { kind: 'connecting', sentence: 'Connecting …' };
export const ONLINE: Status = { kind: 'online', sentence: 'Connected' };
export const OFFLINE: Status = { kind: 'offline', sentence: 'No connection. Trying again …' };

export function notNow(reason: string): Status {
  return { kind: 'offline', sentence: `The server cannot log you in now (${reason}). Trying again …` };
}

/** What the server says to a REGISTER for another domain is true, but no answer to somebody who logs in. */
const FOREIGN_DOMAIN = /^This server does not relay to (.+?)\.?$/;

export function refused(status: number, reason: string): Status {
  // RFC 3261 §22.2: 401 after credentials means that they are wrong; it does not say which of them.
  const wrong = status === 401 || status === 407;
  const told = endSentence(reason.replace(FOREIGN_DOMAIN, 'This server has no accounts of $1'));
  return { kind: 'refused', sentence: wrong ? 'The address or the password is wrong.' : told };
}

/** Ends with a full stop, whatever the server ends its sentences with. */
export function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
