// What is said of a person beside his name. SPDX-License-Identifier: MIT
import type { Person } from '../../model/views';
import { t } from '../texts';

/** "Busy", or why nothing is known of him. */
export function stateText({ watch, state, reason }: Person): string {
  if (watch === 'pending') return t('people.pending');
  if (watch === 'rejected') return t('people.rejected');
  if (watch === 'unknown' && reason === 'noresource') return t('people.noSuchUser');
  return t(`state.${state}`);
}
