// Adding, renaming and grouping people. What was typed stays where the server refuses it.
// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import type { Account, Person } from '../../model/views';
import { Button } from '../common/button';
import { Dialog } from '../common/dialog';
import { Field } from '../common/field';
import { notice } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';
import { groupName } from './person_words';
import './dialogs.css';

const MOST_LETTERS = 100; // of a name: more is not readable in a list

interface Closable {
  account: Account;
  onClose(): void;
}

/** One thing at a time; closes when it is done. */
function useEdit(onClose: () => void) {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const edit = async (work: () => Promise<Problem | null>, onDone?: () => void): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    const found = await work();
    setBusy(false);
    setProblem(found);
    if (found) return;
    onClose();
    onDone?.();
  };
  return { isBusy, problem, edit };
}

function Buttons({ yes, isBusy, onClose }: { yes: string; isBusy: boolean; onClose(): void }) {
  return (
    <>
      <Button onClick={onClose}>{t('common.cancel')}</Button>
      <Button kind="primary" type="submit" isBusy={isBusy}>{yes}</Button>
    </>
  );
}

/** The groups that there are as boxes to tick, and a line for a new one. */
function GroupChoice({ account, chosen, onChoose, newName, onNewName }: {
  account: Account; chosen: readonly string[]; onChoose(groups: readonly string[]): void;
  newName: string; onNewName(name: string): void;
}) {
  const groups = useGroups(account);
  return (
    <fieldset class="groups">
      <legend>{t('addPerson.groups')}</legend>
      {groups.map((group) => (
        <label class="choice" key={group.name}>
          <input type="checkbox" checked={chosen.includes(group.name)}
            onChange={({ currentTarget: { checked } }) =>
              onChoose(checked ? [...chosen, group.name] : chosen.filter((one) => one !== group.name))} />
          <bdi>{groupName(group)}</bdi>
        </label>
      ))}
      <Field label={t('addPerson.newGroup')} value={newName} onInput={onNewName} maxLength={MOST_LETTERS}
        placeholder={t('addPerson.newGroupPlaceholder')} autocomplete="off" />
    </fieldset>
  );
}

/** All groups, also while somebody is searched for. */
function useGroups({ people }: Account) {
  return people.groups.value.filter(({ name }) => name !== '');
}

/** Makes the group where it is not there yet. Its name, or why it could not be made. */
async function groupNamed({ people }: Account, displayName: string): Promise<string | Problem> {
  const find = () => people.groups.peek().find((group) => group.displayName === displayName);
  const problem = find() ? null : await people.addGroup(displayName);
  return problem ?? find()?.name ?? displayName;
}

/** The chosen groups with the new one, for `work`. */
async function withNewGroup(
  account: Account, chosen: readonly string[], newName: string,
  work: (groups: readonly string[]) => Promise<Problem | null>,
): Promise<Problem | null> {
  if (newName.trim() === '') return work(chosen);
  const added = await groupNamed(account, newName.trim());
  return typeof added === 'string' ? work([...new Set([...chosen, added])]) : added;
}

const OF_ADDRESS: readonly Problem['kind'][] = ['no-address', 'no-such-user', 'no-such-domain'];

export function AddPersonDialog({ account, typed, onClose }: Closable & { typed: string }) {
  const [address, setAddress] = useState(typed);
  const [name, setName] = useState('');
  const [groups, setGroups] = useState<readonly string[]>([]);
  const [newName, setNewName] = useState('');
  const [isMissing, setMissing] = useState(false);
  const { isBusy, problem, edit } = useEdit(onClose);
  const isOfAddress = problem !== null && OF_ADDRESS.includes(problem.kind);
  const submit = (): void => {
    setMissing(address.trim() === '');
    if (address.trim() === '') return;
    void edit(
      () => withNewGroup(account, groups, newName, (all) => account.people.add(address.trim(), name.trim(), all)),
      () => notice(t('addPerson.done', { name: name.trim() || address.trim() })));
  };
  return (
    <Dialog title={t('addPerson.title')} onClose={onClose} onSubmit={submit}
      footer={<Buttons yes={t('common.add')} isBusy={isBusy} onClose={onClose} />}>
      <Field label={t('addPerson.address')} hint={t('addPerson.addressHint')} value={address} onInput={setAddress}
        autofocus required autocomplete="off" autocapitalize="none" inputMode="email" spellcheck={false}
        problem={isOfAddress ? problem : null} sentence={isMissing ? t('addPerson.addressMissing') : ''} />
      <Field label={t('addPerson.name')} hint={t('addPerson.nameHint')} value={name} onInput={setName}
        maxLength={MOST_LETTERS} autocomplete="off" autocapitalize="words" />
      <GroupChoice account={account} chosen={groups} onChoose={setGroups} newName={newName} onNewName={setNewName} />
      <ProblemLine problem={isOfAddress ? null : problem} />
    </Dialog>
  );
}

export function RenamePersonDialog({ account, person, onClose }: Closable & { person: Person }) {
  const [name, setName] = useState(person.givenName);
  const { isBusy, problem, edit } = useEdit(onClose);
  return (
    <Dialog title={t('renamePerson.title', { name: person.name })} onClose={onClose}
      onSubmit={() => void edit(() => account.people.rename(person.uri, name.trim()))}
      footer={<Buttons yes={t('common.save')} isBusy={isBusy} onClose={onClose} />}>
      <Field label={t('addPerson.name')} hint={t('addPerson.nameHint')} value={name} onInput={setName} autofocus
        maxLength={MOST_LETTERS} autocomplete="off" autocapitalize="words" problem={problem} />
    </Dialog>
  );
}

export function PersonGroupsDialog({ account, person, onClose }: Closable & { person: Person }) {
  const [groups, setGroups] = useState(person.groups);
  const [newName, setNewName] = useState('');
  const { isBusy, problem, edit } = useEdit(onClose);
  const save = (all: readonly string[]): Promise<Problem | null> => account.people.setGroups(person.uri, all);
  return (
    <Dialog title={t('personGroups.title', { name: person.name })} onClose={onClose}
      onSubmit={() => void edit(() => withNewGroup(account, groups, newName, save))}
      footer={<Buttons yes={t('common.save')} isBusy={isBusy} onClose={onClose} />}>
      <GroupChoice account={account} chosen={groups} onChoose={setGroups} newName={newName} onNewName={setNewName} />
      <ProblemLine problem={problem} />
    </Dialog>
  );
}

export function GroupNameDialog({ account, group, onClose }: Closable & {
  group: { name: string; displayName: string } | null;
}) {
  const [name, setName] = useState(group?.displayName ?? '');
  const [isMissing, setMissing] = useState(false);
  const { isBusy, problem, edit } = useEdit(onClose);
  const { people } = account;
  const submit = (): void => {
    const wanted = name.trim();
    setMissing(wanted === '');
    if (wanted !== '') void edit(() => (group ? people.renameGroup(group.name, wanted) : people.addGroup(wanted)));
  };
  return (
    <Dialog title={group ? t('group.renameTitle', { name: group.displayName }) : t('group.newTitle')} onClose={onClose}
      onSubmit={submit}
      footer={<Buttons yes={t(group ? 'common.save' : 'common.add')} isBusy={isBusy} onClose={onClose} />}>
      <Field label={t('group.name')} value={name} onInput={setName} autofocus required maxLength={MOST_LETTERS}
        autocomplete="off" problem={problem} sentence={isMissing ? t('group.nameMissing') : ''} />
    </Dialog>
  );
}
