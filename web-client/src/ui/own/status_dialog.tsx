// One's own status with its note and picture, and what others see of it now. SPDX-License-Identifier: MIT
import { useRef, useState } from 'preact/hooks';
import { addressLabel, addressText } from '../../model/address';
import type { Problem } from '../../model/ports';
import type { Account } from '../../model/views';
import { Avatar, Dot } from '../common/avatar';
import { Button } from '../common/button';
import { Dialog } from '../common/dialog';
import { openDialog } from '../common/dialogs';
import { Field } from '../common/field';
import { notice } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { isNarrow } from '../navigation';
import { personal, remember, rememberedList } from '../remembered';
import { t } from '../texts';
import './own.css';
import { ownStateText } from './own_menu';
import { KINDS, shownState, stateOf } from './own_state';
import { PictureDialog } from './picture_dialog';

const MOST_NOTES = 5;
const MOST_LETTERS = 120;

function keepNote(address: string, note: string): void {
  const key = personal('notes', address);
  const notes = [note, ...rememberedList(key).filter((one) => one !== note)].slice(0, MOST_NOTES);
  remember(key, JSON.stringify(notes));
}

function Picture({ account }: { account: Account }) {
  const { self, site, own } = account;
  const file = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sentence, setSentence] = useState('');
  const { icon } = own.chosen.value;

  const take = async (picked: File | undefined): Promise<void> => {
    setSentence('');
    setProblem(null);
    if (!picked) return;
    const picture = await createImageBitmap(picked).catch(() => null);
    if (!picture) return setSentence(t('picture.unreadable'));
    void openDialog(() => Promise.resolve(PictureDialog), { account, picture });
  };
  const remove = async (): Promise<void> => {
    const found = await own.removeIcon();
    setProblem(found);
    if (!found) notice(t('picture.removed'));
  };

  return (
    <section class="own-picture" aria-label={t('picture.label')}>
      <Avatar size="large" name={addressLabel(self, site.domain)} address={addressText(self)} icon={icon} />
      <div class="answers">
        <input type="file" accept="image/*" class="unseen" tabIndex={-1} ref={file} aria-label={t('picture.choose')}
          onChange={({ currentTarget }) => {
            void take(currentTarget.files?.[0]);
            currentTarget.value = ''; // the same file can be chosen again
          }} />
        <Button isSmall onClick={() => file.current!.click()}>{t(icon ? 'picture.change' : 'picture.choose')}</Button>
        {icon !== '' && <Button isSmall onClick={() => void remove()}>{t('picture.remove')}</Button>}
      </div>
      <ProblemLine problem={problem} sentence={sentence} />
    </section>
  );
}

function RecentNotes({ notes, onPick }: { notes: readonly string[]; onPick(note: string): void }) {
  if (notes.length === 0) return null;
  return (
    <div class="recent-notes">
      <p class="hint" id="recent-notes">{t('own.recentNotes')}</p>
      <ul aria-labelledby="recent-notes">
        {notes.map((note) => (
          <li key={note}>
            <button type="button" class="button small" title={note} onClick={() => onPick(note)}>
              <bdi class="cut">{note}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Shown({ account }: { account: Account }) {
  const note = account.own.shown.value?.note ?? '';
  const isVisible = account.own.chosen.value.kind !== 'invisible' && account.status.value.kind === 'online';
  return (
    <p class="shown-now" role="status">
      <span class="soft">{t('own.shown')}</span> <Dot state={shownState(account)} />
      <span>{account.own.chosen.value.kind === 'invisible' ? t('state.offline') : ownStateText(account)}</span>
      {isVisible && note !== '' && <q><bdi>{note}</bdi></q>}
    </p>
  );
}

export function StatusDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { own, self } = account;
  const address = addressText(self);
  const [kind, setKind] = useState(own.chosen.value.kind);
  const [note, setNote] = useState(own.chosen.value.note);
  const [recent] = useState(() => rememberedList(personal('notes', address)));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const save = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const found = await own.choose(kind, note.trim());
    setBusy(false);
    setProblem(found);
    if (found) return;
    if (note.trim() !== '') keepNote(address, note.trim());
    onClose();
  };
  return (
    <Dialog title={t('own.title')} onClose={onClose} onSubmit={() => void save()} footer={
      <>
        <Button onClick={onClose}>{t('common.cancel')}</Button>
        <Button kind="primary" type="submit" isBusy={isBusy}>{t('common.save')}</Button>
      </>
    }>
      <Picture account={account} />
      <fieldset class="states">
        <legend>{t('own.status')}</legend>
        {KINDS.map((one) => (
          <label class="choice" key={one}>
            <input type="radio" name="status" value={one} checked={kind === one} onChange={() => setKind(one)} />
            <span><Dot state={stateOf(one)} /> {t(`state.${one}`)}</span>
            {one === 'do-not-disturb' && <span class="hint">{t('own.quiet')}</span>}
            {one === 'invisible' && <span class="hint">{t('own.unseen')}</span>}
          </label>
        ))}
      </fieldset>
      <Field label={t('own.note')} hint={t('own.noteHint')} value={note} onInput={setNote} maxLength={MOST_LETTERS}
        autofocus={!isNarrow.value} autocomplete="off" />
      <RecentNotes notes={recent.filter((one) => one !== note)} onPick={setNote} />
      <ProblemLine problem={problem} />
      <Shown account={account} />
    </Dialog>
  );
}
