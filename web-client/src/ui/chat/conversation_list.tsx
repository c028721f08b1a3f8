// All conversations, the newest first. One stop for the Tab key; arrow keys, Home and End move within.
// SPDX-License-Identifier: MIT
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Account, Conversation } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { ProblemLine } from '../common/problem_line';
import { Spinner } from '../common/spinner';
import { t } from '../texts';
import { ConversationEntry } from './conversation_entry';
import { useFixedWindow } from './fixed_window';

const ROW_REM = 4.25; // as .entries > li has it

const rowHeight = (): number => ROW_REM * (parseFloat(getComputedStyle(document.documentElement).fontSize) || 16);

/** Where a key leads to; -1: nowhere. */
function nextRow(key: string, now: number, count: number): number {
  switch (key) {
    case 'ArrowDown': return Math.min(now + 1, count - 1);
    case 'ArrowUp': return Math.max(now - 1, 0);
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return -1;
  }
}

function Nothing({ account }: { account: Account }) {
  const { isLoaded, loadProblem } = account.conversations;
  if (loadProblem.value) {
    return (
      <div class="empty">
        <ProblemLine problem={loadProblem.value} />
        <Button icon="retry" onClick={() => account.conversations.loadAgain()}>{t('common.again')}</Button>
      </div>
    );
  }
  if (!isLoaded.value) return <p class="empty" role="status"><Spinner /><span>{t('common.loading')}</span></p>;
  return (
    <div class="empty">
      <Icon name="chats" />
      <h3>{t('chat.none.title')}</h3>
      <p>{t('chat.none.text')}</p>
    </div>
  );
}

function scrollTo(scroller: HTMLElement, top: number, height: number): void {
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = top + height - scroller.clientHeight;
  }
}

interface RowsProps {
  account: Account;
  list: readonly Conversation[];
}

function Rows({ account, list }: RowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);
  const [active, setActive] = useState<Conversation | null>(null);
  const rowPx = rowHeight();
  const shown = useFixedWindow(scroller, rowPx);
  const current = account.conversations.current.value;
  const stop = Math.max(0, list.indexOf((active && list.includes(active) ? active : current) as Conversation));

  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    scroller.current?.querySelector<HTMLElement>('.entry[tabindex="0"]')?.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextRow(event.key, stop, list.length);
    if (next < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    scrollTo(scroller.current!, next * rowPx, rowPx);
    wantsFocus.current = true;
    setActive(list[next]!);
  };

  const isDrawn = (index: number): boolean => (index >= shown.from && index < shown.until) || index === stop;
  return (
    <div class="entries scrolls" ref={scroller} onKeyDown={onKeyDown}>
      <ul style={{ height: `${list.length * ROW_REM}rem` }}>
        {list.map((conversation, index) => isDrawn(index) && (
          <li key={addressText(conversation.address)} style={{ top: `${index * ROW_REM}rem` }}
            aria-setsize={list.length} aria-posinset={index + 1}>
            <ConversationEntry account={account} conversation={conversation} isCurrent={conversation === current}
              isTabStop={index === stop} onFocus={() => setActive(conversation)}
              onOpen={() => account.conversations.open(conversation.address)} />
          </li>
        ))}
      </ul>
    </div>
  );
}

export function ConversationList({ account }: { account: Account }) {
  const list = account.conversations.list.value;
  const problem = account.conversations.loadProblem.value;
  const loadAgain = (): void => account.conversations.loadAgain();
  return (
    <nav class="conversations" aria-label={t('chat.conversations')}>
      {list.length === 0 ? <Nothing account={account} /> : (
        <>
          {problem && (
            <div class="load-problem">
              <ProblemLine problem={problem} />
              <Button isSmall icon="retry" onClick={loadAgain}>{t('common.again')}</Button>
            </div>
          )}
          <Rows account={account} list={list} />
        </>
      )}
    </nav>
  );
}
