// How many wait. The number alone: what it counts is said by the name of what it stands at.
// SPDX-License-Identifier: MIT
import { t } from '../texts';

export function Badge({ count, most = 99 }: { count: number; most?: number }) {
  if (count <= 0) return null;
  return <span class="badge" aria-hidden="true">{count > most ? t('common.moreThan', { count: most }) : count}</span>;
}
