// Which conversations have changed: the server's own package (docs/web-client.md, "Changes of conversations").
// SPDX-License-Identifier: MIT
import type { ConversationsUpdate } from '../../model/ports';
import { ignored } from './xml';

export const CONVERSATIONS_TYPE = 'application/vnd.heliograph.conversations+json';

function isNumber(value: unknown): value is string {
  return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Null: it is not what it should be. Single entries that are not are left out. */
export function readConversations(text: string): ConversationsUpdate | null {
  const update = parse(text);
  if (!isRecord(update)) return ignored('change of conversations', 'it is no object');
  const { since, until, conversations } = update;
  if (!isNumber(since) || !isNumber(until) || !Array.isArray(conversations))
    return ignored('change of conversations', 'since, until or conversations is missing');
  const changed = conversations.flatMap((entry: unknown) => {
    const { peer, at } = isRecord(entry) ? entry : {};
    return typeof peer === 'string' && isNumber(at) ? { peer, at } : [];
  });
  return { since, until, changed };
}
