// Asks once, when it makes sense: somebody has written, and will want to know of the answer.
// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { notice } from '../common/notices';
import { remember, remembered } from '../remembered';
import { t } from '../texts';

const ANSWERED = 'notification-hint';

export function NotificationHint({ account }: { account: Account }) {
  const { settings, notifying, conversations } = account;
  const [openedAt] = useState(() => Date.now());
  const [isAnswered, setAnswered] = useState(() => remembered(ANSWERED) !== null);
  const last = conversations.current.value?.last.value;
  const hasWritten = last?.direction === 'sent' && last.at.getTime() >= openedAt;
  const [isDue, setDue] = useState(false);
  if (hasWritten && !isDue) setDue(true);
  if (!isDue || isAnswered || settings.notifications.value || notifying.value !== 'default') return null;

  const answer = async (isYes: boolean): Promise<void> => {
    if (isYes) {
      await account.askToNotify();
      const isAllowed = account.notifying.value === 'granted';
      settings.notifications.value = isAllowed;
      notice(t(isAllowed ? 'hint.done' : 'hint.refused'));
    }
    remember(ANSWERED, isYes ? 'yes' : 'no');
    setAnswered(true);
  };
  return (
    <section class="notification-hint" aria-label={t('hint.label')}>
      <Icon name="bell" />
      <p>{t('hint.question')}</p>
      <Button isSmall kind="primary" onClick={() => void answer(true)}>{t('hint.yes')}</Button>
      <Button isSmall kind="quiet" onClick={() => void answer(false)}>{t('hint.no')}</Button>
    </section>
  );
}
