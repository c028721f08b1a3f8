// Where one is logged in, and ending it there. SPDX-License-Identifier: MIT
import { useEffect, useState } from 'preact/hooks';
import { PortError, type Problem, type Session } from '../../model/ports';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { notice } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { RelativeTime } from '../common/relative_time';
import { Spinner } from '../common/spinner';
import { t } from '../texts';

function problemOf(error: unknown): Problem {
  return error instanceof PortError ? error.problem : { kind: 'other', detail: '' };
}

/** This one first, then those used last. */
function inOrder(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) =>
    Number(b.isCurrent) - Number(a.isCurrent) || b.usedAt.getTime() - a.usedAt.getTime());
}

function Line({ session, onEnd }: { session: Session; onEnd(): void }) {
  const name = session.name || t('sessions.unnamed');
  return (
    <li class="session">
      <Icon name="laptop" />
      <div class="who">
        <bdi class="cut" title={name}>{name}</bdi>
        <p class="soft small">
          {session.isCurrent ? <strong class="current">{t('sessions.current')}</strong>
            : <>{t('sessions.used')} <RelativeTime at={session.usedAt} /></>}
          {session.isStaying && <> · {t('sessions.staying')}</>}
        </p>
      </div>
      {!session.isCurrent && (
        <Button isSmall aria-label={t('sessions.endNamed', { name })} onClick={onEnd}>{t('sessions.end')}</Button>
      )}
    </li>
  );
}

export function Sessions({ account }: { account: Account }) {
  const [sessions, setSessions] = useState<readonly Session[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const load = async (): Promise<void> => {
    try {
      setSessions(inOrder(await account.sessions()));
      setProblem(null);
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  const end = async (ended: readonly Session[]): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    try {
      for (const { id } of ended) await account.endSession(id);
      notice(t('sessions.ended', { count: ended.length }));
      await load();
    } catch (error) {
      await load();
      setProblem(problemOf(error));
    }
    setBusy(false);
  };
  useEffect(() => void load(), []);
  if (!sessions && !problem) return <p class="soft" role="status"><Spinner /> {t('common.loading')}</p>;
  if (!sessions) {
    return (
      <>
        <ProblemLine problem={problem} />
        <div><Button isSmall icon="retry" onClick={() => void load()}>{t('common.again')}</Button></div>
      </>
    );
  }
  const others = sessions.filter(({ isCurrent }) => !isCurrent);
  return (
    <>
      <ul class="sessions" aria-busy={isBusy}>
        {sessions.map((session) => <Line key={session.id} session={session} onEnd={() => void end([session])} />)}
      </ul>
      <ProblemLine problem={problem} />
      {others.length > 1 && (
        <div><Button isSmall isBusy={isBusy} onClick={() => void end(others)}>{t('sessions.endOthers')}</Button></div>
      )}
    </>
  );
}
