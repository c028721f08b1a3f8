// What became of a sent message, as a small drawing; in words for screen readers and while the pointer rests on it.
// SPDX-License-Identifier: MIT
import type { SentState } from '../../model/views';
import { Icon, type IconName } from '../common/icon';
import { t } from '../texts';

const ICONS: Record<SentState, IconName> = {
  waiting: 'clock', sending: 'clock', kept: 'check', delivered: 'checks', displayed: 'eye', failed: 'alert',
};

export function SentMark({ state }: { state: SentState }) {
  const told = t(`chat.state.${state}`);
  return (
    <span class="sent-mark" data-state={state} title={told}>
      <Icon name={ICONS[state]} /><span class="unseen">{told}</span>
    </span>
  );
}
