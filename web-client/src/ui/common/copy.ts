// Copying, also where the page came over plain HTTP and the browser offers no clipboard.
// SPDX-License-Identifier: MIT
import { t } from '../texts';
import { complain, notice } from './notices';

function copyOldWay(text: string): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'unseen';
  const focused = document.activeElement as HTMLElement | null;
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  focused?.focus();
  return isCopied;
}

/** Says what came of it. */
export async function copyText(text: string): Promise<void> {
  const isCopied = navigator.clipboard
    ? await navigator.clipboard.writeText(text).then(() => true, () => copyOldWay(text))
    : copyOldWay(text);
  if (isCopied) notice(t('common.copied'));
  else complain(t('common.copyFailed'));
}
