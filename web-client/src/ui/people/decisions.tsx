// What was decided about who may see one's presence, to be changed or forgotten. SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { Decision, Problem } from '../../model/ports';
import type { Account } from '../../model/views';
import { Avatar } from '../common/avatar';
import { IconButton } from '../common/button';
import { Dialog } from '../common/dialog';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';
import './dialogs.css';

const DECISIONS: readonly Decision[] = ['allow', 'block', 'polite-block', 'confirm'];

function Rule({ account, rule }: { account: Account; rule: Account['people']['rules']['value'][number] }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const { uri, name, decision } = rule;
  const address = uri.replace(/^sips?:/, '');
  const decide = async (wanted: Decision | null): Promise<void> => setProblem(await account.people.decide(uri, wanted));
  return (
    <li class="rule">
      <Avatar name={name} address={address} />
      <div class="who">
        <bdi class="cut" title={name}>{name}</bdi>
        {name !== address && <bdi class="cut soft small" title={address}>{address}</bdi>}
      </div>
      <select class="input" aria-label={t('decisions.of', { name })} value={decision}
        onChange={(event) => {
          void decide(event.currentTarget.value as Decision);
          event.currentTarget.value = decision; // until it is so
        }}>
        {DECISIONS.map((one) => <option key={one} value={one}>{t(`decisions.${one}`)}</option>)}
      </select>
      <IconButton icon="trash" label={t('decisions.forget', { name })} onClick={() => void decide(null)} />
      <ProblemLine problem={problem} />
    </li>
  );
}

export function DecisionsDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const rules = account.people.rules.value;
  return (
    <Dialog title={t('decisions.title')} isWide onClose={onClose}>
      <p class="soft">{t(rules.length > 0 ? 'decisions.about' : 'decisions.empty')}</p>
      {rules.length > 0 && (
        <ul class="rules">{rules.map((rule) => <Rule key={rule.uri} account={account} rule={rule} />)}</ul>
      )}
    </Dialog>
  );
}
