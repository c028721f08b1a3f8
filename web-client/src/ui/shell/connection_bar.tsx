// Says that there is no connection, why, and offers to try at once. A cut of less than a second is nobody's business.
// SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LinkStatus } from '../../model/ports';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { announce } from '../common/notices';
import { Spinner } from '../common/spinner';
import { problemText, t } from '../texts';

const PATIENCE_MS = 1000;

/** True once `isSo` has been true for a while. */
function useLasting(isSo: boolean): boolean {
  const [isLasting, setLasting] = useState(false);
  useEffect(() => {
    if (!isSo) return setLasting(false);
    const timer = setTimeout(() => setLasting(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isSo]);
  return isSo && isLasting;
}

function reasonOf({ problem }: LinkStatus): string {
  if (!navigator.onLine) return t('connection.noNetwork');
  if (!problem || problem.kind === 'no-connection') return '';
  const { sentence, detail } = problemText(problem);
  return detail || sentence;
}

export function ConnectionBar({ account }: { account: Account }) {
  const status = account.status.value;
  const isShown = useLasting(status.kind !== 'online');
  const wasShown = useRef(false);
  const isFirst = status.kind === 'connecting';
  useEffect(() => {
    if (isShown) announce(t(isFirst ? 'connection.connecting' : 'connection.lost'));
    else if (wasShown.current) announce(t('connection.back'));
    wasShown.current = isShown;
  }, [isShown]);
  if (!isShown) return null;
  const reason = reasonOf(status);
  return (
    <section class="connection" aria-label={t('connection.label')} data-status={status.kind}>
      {status.kind === 'refused' ? <Icon name="alert" /> : <Spinner />}
      <p>
        <strong>{t(isFirst ? 'connection.connecting' : 'connection.reconnecting')}</strong>
        {reason !== '' && <> <bdi>{reason}</bdi></>}
      </p>
      {!isFirst && <Button isSmall onClick={() => account.tryNow()}>{t('connection.tryNow')}</Button>}
    </section>
  );
}
