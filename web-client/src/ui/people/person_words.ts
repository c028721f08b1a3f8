// What is said of a person beside his name. SPDX-License-Identifier: MIT
import type { PeopleGroup, Person } from '../../model/views';
import { t } from '../texts';

/** The one into which people come who are put nowhere has no name that its owner gave it. */
export function groupName({ name, displayName }: Pick<PeopleGroup, 'name' | 'displayName'>): string {
  return displayName || t(name === '' ? 'people.others' : 'people.contacts');
}

/** "Busy", or why nothing is known of him. */
export function stateText({ watch, state, reason }: Person): string {
  if (watch === 'pending') return t('people.pending');
  if (watch === 'rejected') return t('people.rejected');
  if (watch === 'unknown' && reason === 'noresource') return t('people.noSuchUser');
  return t(`state.${state}`);
}
