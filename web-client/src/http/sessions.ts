// Sessions (docs/web-client.md, "Logging in") and what the server says of itself. SPDX-License-Identifier: MIT
import { PortError, type Api, type NewSession, type Session, type Site } from '../model/ports';
import { countOf, dateOf, fieldsOf, flagOf, listOf, optionalText, textOf } from './fields';
import { createAsk, createPlainAsk, jsonOf, segment, type Ask } from './request';

export const API = '/api/v1';

export async function readSite(ask: Ask = createPlainAsk()): Promise<Site> {
  const fields = fieldsOf(jsonOf(await ask({ method: 'GET', path: `${API}/site` })));
  return {
    domain: textOf(fields, 'domain').toLowerCase(),
    product: textOf(fields, 'product'),
    messageBytes: countOf(fields, 'message_bytes'),
    voicemailUrl: webAddress(optionalText(fields, 'voicemail_url')),
    keepsHistory: flagOf(fields, 'keeps_history'),
  };
}

/** It becomes a link: nothing but an address on the web may be one. */
function webAddress(text: string): string {
  try {
    return /^https?:$/.test(new URL(text).protocol) ? text : '';
  } catch {
    return '';
  }
}

export interface SessionWish {
  user: string; // as the account is called within the server's domain
  address: string; // as it was typed: "alice", "alice@example.org"
  password: string;
  name: string; // for the list of sessions
  isStaying: boolean;
}

/** Makes a session with the password. */
export async function createSession(
  { user, address, password, name, isStaying }: SessionWish, askWith = createAsk,
): Promise<NewSession> {
  const ask = askWith({ user, secret: password });
  try {
    const path = `${API}/users/${segment(address)}/sessions`;
    const fields = fieldsOf(jsonOf(await ask({ method: 'POST', path, json: { name, stay: isStaying } })));
    return {
      id: textOf(fields, 'id'),
      secret: textOf(fields, 'secret'),
      user: textOf(fields, 'user'),
      domain: textOf(fields, 'domain').toLowerCase(),
      expiresAt: dateOf(fields, 'expires_at'),
    };
  } catch (error) {
    throw whyNot(error);
  }
}

/** The password was right where the path is refused: the account is of another domain. */
function whyNot(error: unknown): unknown {
  if (!(error instanceof PortError)) return error;
  const { kind, detail } = error.problem;
  if (kind === 'session-ended') return new PortError({ kind: 'wrong-password', detail: '' });
  return kind === 'no-such-user' ? new PortError({ kind: 'no-such-domain', detail }) : error;
}

export function createSessionsApi(ask: Ask, base: string): Pick<Api, 'site' | 'sessions' | 'endSession'> {
  return {
    site: () => readSite(ask),
    async sessions() {
      return listOf(fieldsOf(jsonOf(await ask({ method: 'GET', path: `${base}/sessions` }))), 'sessions', readSession);
    },
    async endSession(id) {
      try {
        await ask({ method: 'DELETE', path: `${base}/sessions/${segment(id)}` });
      } catch (error) {
        // It has ended already, by itself or on another device.
        if (!(error instanceof PortError) || error.problem.kind !== 'no-such-user') throw error;
      }
    },
  };
}

function readSession(value: unknown): Session {
  const fields = fieldsOf(value, 'sessions');
  return {
    id: textOf(fields, 'id'),
    name: textOf(fields, 'name'),
    createdAt: dateOf(fields, 'created_at'),
    usedAt: dateOf(fields, 'used_at'),
    expiresAt: dateOf(fields, 'expires_at'),
    isStaying: flagOf(fields, 'stay'),
    isCurrent: flagOf(fields, 'current'),
  };
}
