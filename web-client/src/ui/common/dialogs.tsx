// Which dialogs are open: any view opens one, its code is loaded then, and it lies over what is there.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { loadLaterTexts, t } from '../texts';
import { Button } from './button';
import { Dialog } from './dialog';
import { complain } from './notices';

interface Closable {
  onClose(): void;
}

interface Opened {
  key: number;
  draw(onClose: () => void): preact.JSX.Element;
  ended(): void;
}

const opened = signal<readonly Opened[]>([]);
let keys = 0;

/**
 * `load` brings the component, which gets `props` and an `onClose` that closes it. Resolves when it is closed; also
 * where it could not be loaded, which the person is told.
 */
export async function openDialog<Props extends object>(
  load: () => Promise<ComponentType<Props & Closable>>, props: Props,
): Promise<void> {
  const Part = await Promise.all([load(), loadLaterTexts()]).then(([loaded]) => loaded, () => null);
  if (!Part) return complain(t('common.partNotLoaded'));
  await new Promise<void>((ended) => {
    const key = ++keys;
    const draw: Opened['draw'] = (onClose) => <Part key={key} {...props} onClose={onClose} />;
    opened.value = [...opened.value, { key, ended, draw }];
  });
}

function close(dialog: Opened): void {
  opened.value = opened.value.filter((other) => other !== dialog);
  dialog.ended();
}

/** As when one is logged out: what they spoke of is gone. */
export function closeDialogs(): void {
  for (const dialog of opened.value) close(dialog);
}

export function Dialogs() {
  return <>{opened.value.map((dialog) => dialog.draw(() => close(dialog)))}</>;
}

interface Question {
  title: string;
  text: string;
  yes: string; // what is done, on the button: "Remove"
  isDanger?: boolean;
}

/** Asks before something is done that cannot be undone. */
export async function confirmed({ title, text, yes, isDanger = false }: Question): Promise<boolean> {
  let isConfirmed = false;
  const Confirmation = ({ onClose }: Closable) => {
    const confirm = (): void => {
      isConfirmed = true;
      onClose();
    };
    const footer = (
      <>
        <Button onClick={onClose} autofocus={isDanger}>{t('common.cancel')}</Button>
        <Button kind={isDanger ? 'danger' : 'primary'} type="submit">{yes}</Button>
      </>
    );
    return <Dialog title={title} onClose={onClose} onSubmit={confirm} footer={footer}><p>{text}</p></Dialog>;
  };
  await openDialog(() => Promise.resolve(Confirmation), {});
  return isConfirmed;
}
