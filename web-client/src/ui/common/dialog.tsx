// The browser's own dialog: it keeps the focus inside, gives it back at the end, and Escape leaves it.
// SPDX-License-Identifier: MIT
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../texts';
import { IconButton } from './button';

interface DialogProps {
  title: string;
  onClose(): void;
  onSubmit?: (() => void) | undefined; // makes it a form
  footer?: ComponentChildren;
  isWide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, onSubmit, footer, isWide = false, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = ref.current!;
    dialog.showModal?.();
    dialog.querySelector<HTMLElement>('[autofocus]')?.focus();
    const content = dialog.querySelector<HTMLElement>('.content')!;
    const isReached = content.querySelector('a, button, input, select, textarea') !== null;
    if (!isReached && content.scrollHeight > content.clientHeight) content.tabIndex = 0; // arrow keys scroll it then
    return () => dialog.close?.();
  }, []);
  const inside = (
    <>
      <div class="content scrolls">{children}</div>
      {footer && <footer>{footer}</footer>}
    </>
  );
  return (
    <dialog class={isWide ? 'dialog wide' : 'dialog'} ref={ref} aria-labelledby={id}
      onKeyDown={(event) => event.stopPropagation()} // the page's shortcuts are not for here
      onCancel={(event) => {
        event.preventDefault(); // who shows it takes it away
        onClose();
      }}>
      <header>
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={t('common.close')} onClick={onClose} />
      </header>
      {onSubmit
        ? <form method="dialog" onSubmit={(event) => { event.preventDefault(); onSubmit(); }}>{inside}</form>
        : inside}
    </dialog>
  );
}
