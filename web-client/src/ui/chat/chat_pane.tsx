// The open conversation, or that none is. The conversation's code is loaded while the person looks at the list.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { ProblemLine } from '../common/problem_line';
import { Spinner } from '../common/spinner';
import { t } from '../texts';

type Loaded = typeof import('./thread').Thread;

const thread = signal<{ Thread: Loaded } | null>(null);

async function loadThread(): Promise<boolean> {
  thread.value ??= await import('./thread').catch(() => null);
  return thread.value !== null;
}

function NotLoaded() {
  const [isFailed, setFailed] = useState(false);
  const load = async (): Promise<void> => {
    setFailed(false);
    setFailed(!(await loadThread()));
  };
  useEffect(() => void load(), []);
  if (!isFailed) return <p class="empty" role="status"><Spinner /><span>{t('common.loading')}</span></p>;
  return (
    <div class="empty">
      <ProblemLine sentence={t('common.partNotLoaded')} />
      <Button icon="retry" onClick={() => void load()}>{t('common.again')}</Button>
    </div>
  );
}

function Open({ account }: { account: Account }) {
  const conversation = account.conversations.current.value;
  if (!conversation) {
    return (
      <div class="empty">
        <Icon name="sun" />
        <h2>{t('chat.choose.title')}</h2>
        <p>{t('chat.choose.text')}</p>
      </div>
    );
  }
  if (!thread.value) return <NotLoaded />;
  const { Thread } = thread.value;
  return <Thread key={addressText(conversation.address)} account={account} conversation={conversation} />;
}

export function ChatPane({ account }: { account: Account }) {
  useEffect(() => void loadThread(), []);
  return <div class="chat-pane"><Open account={account} /></div>;
}
