// A field that narrows what is below it down. Escape empties it. SPDX-License-Identifier: MIT
import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { t } from '../texts';
import { IconButton } from './button';
import { Icon } from './icon';

export function SearchField({ words, label, id }: { words: Signal<string>; label: string; id?: string }) {
  const input = useRef<HTMLInputElement>(null);
  const clear = (): void => {
    words.value = '';
    input.current?.focus();
  };
  return (
    <div class="search-field" role="search">
      <Icon name="search" />
      <input type="search" class="input" id={id} ref={input} aria-label={label} placeholder={label} value={words.value}
        autocomplete="off" autocapitalize="none" spellcheck={false} enterKeyHint="search"
        onInput={(event) => { words.value = event.currentTarget.value; }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape' || words.value === '') return;
          event.preventDefault();
          event.stopPropagation();
          clear();
        }} />
      {words.value !== '' && <IconButton isSmall icon="close" label={t('common.clear')} onClick={clear} />}
    </div>
  );
}
