// What went wrong, where the person looks: our sentence, and the server's own where that says more.
// SPDX-License-Identifier: MIT
import type { Problem } from '../../model/ports';
import { problemText } from '../texts';
import { Icon } from './icon';

/**
 * Stands there empty before, so that screen readers notice what comes into it. `sentence`: where there is no Problem.
 */
export function ProblemLine({ problem, sentence = '', id }: {
  problem?: Problem | null | undefined; sentence?: string | undefined; id?: string | undefined;
}) {
  const told = problem ? problemText(problem) : { sentence, detail: '' };
  return (
    <p class="problem" role="alert" id={id}>
      {told.sentence !== '' && <><Icon name="alert" /><span>{told.sentence}</span></>}
      {told.detail !== '' && <bdi class="detail" lang="en">{told.detail}</bdi>}
    </p>
  );
}
