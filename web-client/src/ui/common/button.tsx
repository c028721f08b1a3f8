// What is pressed. A busy one keeps the focus and says that it works, but does nothing.
// SPDX-License-Identifier: MIT
import type { ButtonHTMLAttributes } from 'preact';
import { Icon, type IconName } from './icon';
import { Spinner } from './spinner';

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  icon?: IconName;
  isSmall?: boolean;
  isBusy?: boolean;
}

function classOf(...names: (string | false | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}

export function Button({
  kind = 'plain', icon, isSmall = false, isBusy = false, onClick, children, class: more, ...rest
}: ButtonProps) {
  return (
    <button type="button" {...rest} class={classOf('button', kind, isSmall && 'small', more as string)}
      aria-disabled={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}>
      {isBusy ? <Spinner /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children'> {
  icon: IconName;
  label: string; // what it does: for screen readers, and shown while the pointer rests on it
}

export function IconButton({ label, class: more, kind = 'quiet', ...rest }: IconButtonProps) {
  return <Button {...rest} kind={kind} class={classOf('only-icon', more as string)} aria-label={label} title={label} />;
}
