// The page's keyboard shortcuts. None is a single letter: who types into nothing by mistake does nothing.
// SPDX-License-Identifier: MIT
import type { Account } from '../../model/views';
import { tab } from '../navigation';
import { showHelp } from '../parts';

export const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

function focusSearch(): void {
  tab.value = 'chats';
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.side [role=search] input')?.focus());
}

function step(account: Account, by: 1 | -1): void {
  const { conversations } = account;
  const all = conversations.list.peek();
  const current = conversations.current.peek();
  const next = all[current ? all.indexOf(current) + by : by > 0 ? 0 : all.length - 1];
  if (next) conversations.open(next.address);
}

function actionOf(event: KeyboardEvent, account: Account): (() => void) | null {
  const hasCommand = isMac ? event.metaKey : event.ctrlKey;
  if (hasCommand && !event.altKey && event.key.toLowerCase() === 'k') return focusSearch;
  if (hasCommand && (event.key === '/' || event.key === '?')) return showHelp;
  const hasAltAlone = event.altKey && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (hasAltAlone && event.key === 'ArrowDown') return () => step(account, 1);
  if (hasAltAlone && event.key === 'ArrowUp') return () => step(account, -1);
  return null;
}

/** The function that is returned ends it. */
export function listenToKeys(account: Account): () => void {
  const onKeyDown = (event: KeyboardEvent): void => {
    const action = event.defaultPrevented ? null : actionOf(event, account);
    if (!action) return;
    event.preventDefault();
    action();
  };
  addEventListener('keydown', onKeyDown);
  return () => removeEventListener('keydown', onKeyDown);
}
