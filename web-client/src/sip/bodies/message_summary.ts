// Counts of a mailbox (RFC 3842 §5). SPDX-License-Identifier: MIT
import type { MailboxState } from '../../model/ports';
import { ignored } from './xml';

export const MESSAGE_SUMMARY_TYPE = 'application/simple-message-summary';

type Count = MailboxState['counts'][number];

/** RFC 3458 §6.2; what is none of these is shown as one kind. */
const KINDS: ReadonlyMap<string, Count['kind']> = new Map([
  ['voice-message', 'voice'],
  ['fax-message', 'fax'],
  ['text-message', 'text'],
  ['pager-message', 'other'],
  ['multimedia-message', 'other'],
]);

/** "3/1" or "3/1 (0/0)"; the urgent ones are among the others. */
function readCounts(value: string): { fresh: number; old: number } | null {
  const [, fresh, old] = /^(\d{1,10})\s*\/\s*(\d{1,10})/.exec(value) ?? [];
  return fresh === undefined ? null : { fresh: Number(fresh), old: Number(old) };
}

export function readMessageSummary(text: string): MailboxState | null {
  const lines = new Map<string, string>();
  // The messages' own headers stand behind a blank line (§5.2); nobody shows them.
  for (const line of text.trimStart().split(/\r?\n\r?\n/)[0]!.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) lines.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const isWaiting = lines.get('messages-waiting')?.toLowerCase();
  if (isWaiting !== 'yes' && isWaiting !== 'no') return ignored('message summary', 'Messages-Waiting is missing');
  const counts = new Map<Count['kind'], Count>();
  for (const [name, value] of lines) {
    const kind = KINDS.get(name);
    const read = kind && readCounts(value);
    if (!read) continue;
    const before = counts.get(kind) ?? { fresh: 0, old: 0 };
    counts.set(kind, { kind, fresh: before.fresh + read.fresh, old: before.old + read.old });
  }
  return {
    isWaiting: isWaiting === 'yes',
    account: (lines.get('message-account') ?? '').slice(0, 2000),
    counts: [...counts.values()],
  };
}
