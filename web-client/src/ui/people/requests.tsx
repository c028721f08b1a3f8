// Who wants to see one's presence, and what to say to it. SPDX-License-Identifier: MIT
import { useEffect, useRef, useState } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Decision, Problem } from '../../model/ports';
import type { Account, PresenceRequest } from '../../model/views';
import { Avatar } from '../common/avatar';
import { Button } from '../common/button';
import { announce } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';

function Request({ account: { people }, request, onDone }: {
  account: Account; request: PresenceRequest; onDone(): void;
}) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const { uri, name } = request;
  const address = request.address ? addressText(request.address) : uri;
  const isListed = people.all.value.some((person) => person.uri === uri);

  const decide = async (decision: Decision, isAdded: boolean): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const found = await people.decide(uri, decision) ?? (isAdded ? await people.add(uri, '', []) : null);
    setBusy(false);
    setProblem(found);
    if (!found) onDone();
  };

  return (
    <li class="request" aria-busy={isBusy}>
      <Avatar name={name} address={address} />
      <div>
        <p><strong><bdi>{name}</bdi></strong> {t('requests.wants')}</p>
        {name !== address && <p class="cut soft small" title={address}><bdi>{address}</bdi></p>}
        <ProblemLine problem={problem} />
        <div class="answers">
          {!isListed && (
            <Button isSmall kind="primary" onClick={() => void decide('allow', true)}>
              {t('requests.allowAndAdd')}
            </Button>
          )}
          <Button isSmall kind={isListed ? 'primary' : 'plain'} onClick={() => void decide('allow', false)}>
            {t('requests.allow')}
          </Button>
          <Button isSmall onClick={() => void decide('block', false)}>{t('requests.block')}</Button>
        </div>
      </div>
    </li>
  );
}

export function Requests({ account }: { account: Account }) {
  const requests = account.people.requests.value;
  const heading = useRef<HTMLHeadingElement>(null);
  const count = requests.length;
  const before = useRef(0);
  useEffect(() => {
    if (count > before.current) announce(t('requests.announced', { count }));
    before.current = count;
  }, [count]);
  // The one that is answered goes away with its buttons: the focus stays near.
  const onDone = (): void => {
    announce(t('requests.done'));
    requestAnimationFrame(() => heading.current?.focus());
  };
  if (count === 0) return null;
  return (
    <section class="requests scrolls" aria-labelledby="requests-title">
      <h3 id="requests-title" tabIndex={-1} ref={heading}>{t('requests.title')}</h3>
      <ul>
        {requests.map((request) => <Request key={request.uri} account={account} request={request} onDone={onDone} />)}
      </ul>
    </section>
  );
}
