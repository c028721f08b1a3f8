// Where on the page a person is: which list is beside the conversation, and, where there is room for one thing only,
// whether it is the list or the conversation. The browser's back button leads from the conversation to the list.
// SPDX-License-Identifier: MIT
import { effect, signal, untracked } from '@preact/signals';
import { addressText, type Address } from '../model/address';
import type { Conversations } from '../model/views';

export type Tab = 'chats' | 'people';
export const tab = signal<Tab>('chats');

const narrow = globalThis.matchMedia?.('(max-width: 700px)');
/** One thing at a time. The same width stands in shell.css. */
export const isNarrow = signal(narrow?.matches ?? false);
narrow?.addEventListener('change', ({ matches }) => {
  isNarrow.value = matches;
});

interface Place {
  peer: Address | null; // of the open conversation
}

function place(): Place {
  const state: unknown = history.state;
  return typeof state === 'object' && state !== null && 'peer' in state ? state as Place : { peer: null };
}

function isSame(a: Address | null, b: Address | null): boolean {
  return (a && addressText(a)) === (b && addressText(b));
}

/**
 * Keeps the history in step with the open conversation: one entry for the list and one above it for whatever is open,
 * so that "back" is always the list. Reopens what was open before a reload. The function that is returned ends it.
 */
export function followHistory(conversations: Conversations): () => void {
  let isLeaving = false; // we go back ourselves, which the browser does later
  const record = (peer: Address | null): void => {
    const before = place().peer;
    if (isLeaving || isSame(before, peer)) return;
    if (peer && before) history.replaceState({ peer }, '');
    else if (peer) history.pushState({ peer }, '');
    else {
      isLeaving = true;
      history.back();
    }
  };
  const openPeer = (): Address | null => conversations.current.peek()?.address ?? null;
  const onPop = (): void => {
    const { peer } = place();
    const wasOurs = isLeaving;
    isLeaving = false;
    if (wasOurs) record(openPeer()); // something may have been opened meanwhile
    else if (peer) conversations.open(peer);
    else conversations.close();
  };
  const { peer } = place();
  if (peer && !conversations.current.peek()) conversations.open(peer);
  addEventListener('popstate', onPop);
  const endEffect = effect(() => {
    const current = conversations.current.value;
    untracked(() => record(current?.address ?? null));
  });
  return () => {
    endEffect();
    removeEventListener('popstate', onPop);
    if (place().peer) history.replaceState(null, '');
  };
}
