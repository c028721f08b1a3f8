// One's own state in the page's words. SPDX-License-Identifier: MIT
import type { StatusKind } from '../../model/ports';
import type { Account, PersonState } from '../../model/views';

export const KINDS: readonly StatusKind[] = ['available', 'busy', 'away', 'do-not-disturb', 'invisible'];

/** The shape that stands for what was chosen. */
export function stateOf(kind: StatusKind): PersonState {
  return kind === 'invisible' ? 'offline' : kind;
}

/** What others see of oneself, as a shape; not known while there is no connection. */
export function shownState({ own, status }: Account): PersonState {
  if (status.value.kind !== 'online') return 'unknown';
  const { kind } = own.chosen.value;
  if (kind === 'invisible') return 'offline';
  if (own.shown.value?.activity === 'on-the-phone') return 'on-the-phone';
  return own.isAutomaticallyAway.value ? 'away' : kind;
}
