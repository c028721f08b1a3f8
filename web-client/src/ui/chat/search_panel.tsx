// Searching in one conversation: below its header, over its messages.
// SPDX-License-Identifier: MIT
import { useSignal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account, Conversation } from '../../model/views';
import { Button } from '../common/button';
import { SearchField } from '../common/search_field';
import { t } from '../texts';
import { showHit } from './chat_state';
import { SearchResults } from './search_results';

interface PanelProps {
  account: Account;
  within: Conversation;
  onClose(): void;
}

export function SearchPanel({ account, within, onClose }: PanelProps) {
  const words = useSignal('');
  const [doneWords, setDone] = useState(''); // a message of theirs was chosen
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current!.querySelector('input')!.focus(), []);
  return (
    <div class="search-panel" ref={panel} onKeyDown={(event) => {
      if (event.key === 'Escape') onClose();
    }}>
      <SearchField words={words} label={t('chat.search.here')} />
      <Button kind="quiet" onClick={onClose}>{t('common.close')}</Button>
      {words.value.trim() !== '' && words.value !== doneWords && (
        <SearchResults account={account} words={words.value} within={within} onPick={(hit) => {
          setDone(words.value); // what was found is behind it
          showHit(account, hit);
        }} />
      )}
    </div>
  );
}
