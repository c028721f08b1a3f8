// A part of the page whose code comes when it is first shown, or beforehand. Where it does not come the person is told,
// and can try again.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { loadLaterTexts, t } from '../texts';
import { Button } from './button';
import { ProblemLine } from './problem_line';
import { Spinner } from './spinner';

export interface Later<Props> {
  Part: ComponentType<Props>;
  /** Whether it is there now. */
  load(): Promise<boolean>;
}

export function later<Props extends object>(bring: () => Promise<ComponentType<Props>>): Later<Props> {
  const brought = signal<{ Shown: ComponentType<Props> } | null>(null);
  const load = async (): Promise<boolean> => {
    brought.value ??= await Promise.all([bring(), loadLaterTexts()]).then(([Shown]) => ({ Shown }), () => null);
    return brought.value !== null;
  };
  return {
    load,
    Part: (props: Props) => {
      if (!brought.value) return <Coming load={load} />;
      const { Shown } = brought.value;
      return <Shown {...props} />;
    },
  };
}

function Coming({ load }: { load(): Promise<boolean> }) {
  const [isMissing, setMissing] = useState(false);
  const tryIt = async (): Promise<void> => {
    setMissing(false);
    setMissing(!(await load()));
  };
  useEffect(() => void tryIt(), []);
  if (!isMissing) return <p class="empty" role="status"><Spinner /> {t('common.loading')}</p>;
  return (
    <div class="empty">
      <ProblemLine sentence={t('common.partNotLoaded')} />
      <Button icon="retry" onClick={() => void tryIt()}>{t('common.again')}</Button>
    </div>
  );
}
