// What the parts of the chat have to tell each other, for each account: no more than where to jump to.
// SPDX-License-Identifier: MIT
import { signal, type Signal } from '@preact/signals';
import type { Account, Conversation, SearchHit } from '../../model/views';

/** A message that was found and is to be shown. */
export interface Target {
  readonly conversation: Conversation;
  readonly id: string;
}

const targets = new WeakMap<Account, Signal<Target | null>>();

export function targetOf(account: Account): Signal<Target | null> {
  let target = targets.get(account);
  if (!target) targets.set(account, (target = signal(null)));
  return target;
}

/** Opens the conversation where that message stands. */
export function showHit(account: Account, { address, message }: SearchHit): void {
  if (account.conversations.open(address)) return; // what was found has an address
  const conversation = account.conversations.current.peek();
  if (conversation) targetOf(account).value = { conversation, id: message.id };
}
