// The messages of a conversation, of which only those near are drawn. Who is at the newest one stays there; who reads
// further up is left there, whatever comes below or is loaded above. Arrow keys go from message to message.
// SPDX-License-Identifier: MIT
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Account, Conversation, Message } from '../../model/views';
import { Button } from '../common/button';
import { Icon } from '../common/icon';
import { ProblemLine } from '../common/problem_line';
import { Spinner } from '../common/spinner';
import { t } from '../texts';
import { useBeginning, useMessageRows, useOlder, useTarget, type MessageRows } from './message_rows';
import { MessageView, type MessageActions } from './message_view';
import { rowsOf, type Row } from './rows';

/** What stands above the first message: that there are more, that they cannot be loaded, or that there are none. */
function Top({ conversation, name }: { conversation: Conversation; name: string }) {
  const problem = conversation.loadProblem.value;
  if (problem) {
    return (
      <div class="top">
        <ProblemLine problem={problem} />
        <Button isSmall icon="retry" onClick={() => void conversation.loadOlder()}>{t('common.again')}</Button>
      </div>
    );
  }
  if (conversation.reachesStart.value) return <p class="top">{t('chat.start', { name })}</p>;
  return <p class="top" role="status">{conversation.isLoading.value && <><Spinner /> {t('chat.loadingOlder')}</>}</p>;
}

/** How many have come since the person left the end. */
function countNewer(messages: readonly Message[], seenKey: string): number {
  let count = 0;
  for (let index = messages.length - 1; index >= 0 && messages[index]!.key !== seenKey; index--) {
    if (messages[index]!.direction === 'received') count++;
  }
  return count;
}

function ToNewest({ messages, seenKey, onClick }: { messages: readonly Message[]; seenKey: string; onClick(): void }) {
  const count = countNewer(messages, seenKey);
  const told = count > 0 ? t('chat.toNewest.count', { count }) : t('chat.toNewest');
  return (
    <button type="button" class="to-newest" title={told} onClick={onClick}>
      <span class={count > 0 ? '' : 'unseen'}>{told}</span><Icon name="down" />
    </button>
  );
}

/** Where a key leads to among the messages; -1: nowhere. */
function nextMessage({ key, ctrlKey, altKey, metaKey, shiftKey }: KeyboardEvent, now: number, count: number): number {
  if (ctrlKey || altKey || metaKey || shiftKey) return -1;
  if (key === 'ArrowUp') return now < 0 ? count - 1 : Math.max(0, now - 1);
  if (key === 'ArrowDown') return now < 0 ? count - 1 : Math.min(count - 1, now + 1);
  return -1;
}

/** Gives the focus to a message, also to one that has to be scrolled to and drawn first. */
function useFocus({ list, scroller }: MessageRows): (index: number, align: 'auto' | 'center') => void {
  const wanted = useRef(-1);
  useLayoutEffect(() => {
    const message = scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"] > .message`);
    if (!message) return;
    wanted.current = -1;
    message.focus({ preventScroll: true });
  });
  return (index, align) => {
    wanted.current = index;
    list.scrollToIndex(index, { align });
  };
}

/** Which long messages are shown whole. */
function useUnfolded(): { unfolded: ReadonlySet<string>; fold: MessageActions['fold'] } {
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const fold = (key: string, isFolded: boolean): void => setUnfolded((old) => {
    const changed = new Set(old);
    if (isFolded) changed.delete(key);
    else changed.add(key);
    return changed;
  });
  return { unfolded, fold };
}

interface RowsProps {
  rows: readonly Row[];
  list: MessageRows['list'];
  active: number;
  flashedKey: string;
  name: string;
  isWhole: boolean; // the first one is the first of all
  conversation: Conversation;
  onFocus(key: string): void;
  onGone(): void; // what had the focus goes away
}

function Rows({ rows, list, active, flashedKey, name, isWhole, conversation, onFocus, onGone }: RowsProps) {
  const { unfolded, fold } = useUnfolded();
  const actions: MessageActions = {
    fold,
    sendAgain: (key) => {
      conversation.sendAgain(key);
      onGone();
    },
    discard: (key) => {
      conversation.discard(key);
      onGone();
    },
  };
  return (
    <ol role="list">
      {list.getVirtualItems().map(({ key, index, start }) => {
        const row = rows[index]!;
        return (
          <li key={key} data-index={index} ref={list.measureElement} style={{ transform: `translateY(${start}px)` }}
            aria-setsize={isWhole ? rows.length : -1} aria-posinset={isWhole ? index + 1 : undefined}
            onFocusCapture={() => onFocus(row.message.key)}>
            <MessageView row={row} name={name} isTabStop={index === active} actions={actions}
              isFlashed={row.message.key === flashedKey} isFolded={!unfolded.has(row.message.key)} />
          </li>
        );
      })}
    </ol>
  );
}

interface ListProps {
  account: Account;
  conversation: Conversation;
  name: string;
  onLeave(): void; // Escape: back to where one writes
}

export function MessageList({ account, conversation, name, onLeave }: ListProps) {
  const messages = conversation.messages.value;
  const firstUnread = conversation.firstUnreadKey.value;
  const isWhole = conversation.reachesStart.value;
  const rows = useMemo(() => rowsOf(messages, firstUnread, isWhole), [messages, firstUnread, isWhole]);
  const [activeKey, setActiveKey] = useState(''); // of the message that has or had the focus
  const active = activeKey ? rows.findIndex(({ message }) => message.key === activeKey) : -1;
  const moving = useMessageRows(rows, active);
  const { list, scroller, isAtEnd, onScroll } = moving;
  const seenKey = useRef('');
  if (isAtEnd) seenKey.current = messages.at(-1)?.key ?? '';
  useLayoutEffect(() => {
    conversation.isAtEnd.value = isAtEnd;
    return () => {
      conversation.isAtEnd.value = true;
    };
  }, [conversation, isAtEnd]);

  useBeginning(moving, rows, firstUnread);
  useOlder(conversation, list, rows.length);
  const focus = useFocus(moving);
  const { isSeeking, flashedKey } = useTarget(account, conversation, rows, (index) => focus(index, 'center'));
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') return onLeave();
    const next = nextMessage(event, active, rows.length);
    if (next < 0) return;
    event.preventDefault();
    focus(next, 'auto');
  };
  const focusLog = (): void => scroller.current?.focus({ preventScroll: true });
  const toNewest = (): void => {
    list.scrollToEnd();
    focusLog();
  };
  return (
    <div class="log-frame">
      <div class="log scrolls" ref={scroller} onScroll={onScroll} onKeyDown={onKeyDown} tabIndex={0}
        role="log" aria-live="off" aria-label={t('chat.messagesWith', { name })}>
        <div class="rows" style={{ height: `${list.getTotalSize()}px` }}>
          <Top conversation={conversation} name={name} />
          <Rows rows={rows} list={list} active={active} flashedKey={flashedKey} name={name}
            isWhole={isWhole} conversation={conversation} onFocus={setActiveKey} onGone={focusLog} />
        </div>
      </div>
      {isSeeking && <p class="seeking" role="status"><Spinner />{t('chat.loadingOlder')}</p>}
      {!isAtEnd && <ToNewest messages={messages} seenKey={seenKey.current} onClick={toNewest} />}
    </div>
  );
}
