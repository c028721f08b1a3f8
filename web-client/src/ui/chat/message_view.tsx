// One message with what stands above it: the day, the line of new messages. Text only ever becomes text.
// SPDX-License-Identifier: MIT
import { useId } from 'preact/hooks';
import type { Message } from '../../model/views';
import { IconButton } from '../common/button';
import { copyText } from '../common/copy';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';
import { clockTime, dayName, longTime } from '../texts/times';
import { LinkedText } from './linked_text';
import { isEmojiAlone, isLong, previewOf, shownText } from './plain';
import type { Row } from './rows';
import { SentMark } from './sent_mark';

export interface MessageActions {
  sendAgain(key: string): void;
  discard(key: string): void;
  /** A long message is shown whole, or folded again. */
  fold(key: string, isFolded: boolean): void;
}

interface MessageProps {
  row: Row;
  name: string; // of the other one
  isTabStop: boolean;
  isFlashed: boolean; // it was searched for, and found
  isFolded: boolean; // where it is long
  actions: MessageActions;
}

function Meta({ message: { at, state } }: { message: Message }) {
  return (
    <span class="meta">
      <time dateTime={at.toISOString()} title={longTime(at)}>{clockTime(at)}</time>
      {state && <SentMark state={state} />}
    </span>
  );
}

function Words({ message }: { message: Message }) {
  if (message.isUnreadable) {
    return <span class="words odd">{t('chat.unreadable', { type: previewOf(message.contentType) })}</span>;
  }
  const text = shownText(message.text);
  return <span class={isEmojiAlone(text) ? 'words emoji' : 'words'}><LinkedText text={text} /></span>;
}

interface FoldProps {
  message: Message;
  isFolded: boolean;
  actions: MessageActions;
}

/** What would fill more than a screen. */
function LongText({ message, isFolded, actions }: FoldProps) {
  return (
    <>
      <p class="text" dir="auto"><Words message={message} /></p>
      <p class="below">
        <button type="button" class="link" aria-expanded={!isFolded}
          onClick={() => actions.fold(message.key, !isFolded)}>
          {t(isFolded ? 'chat.unfold' : 'chat.fold')}
        </button>
        <Meta message={message} />
      </p>
    </>
  );
}

function Failure({ message: { key, problem }, actions }: { message: Message; actions: MessageActions }) {
  return (
    <div class="failure">
      <ProblemLine problem={problem} />
      <button type="button" class="link" onClick={() => actions.sendAgain(key)}>{t('chat.sendAgain')}</button>
      <button type="button" class="link" onClick={() => actions.discard(key)}>{t('chat.discard')}</button>
    </div>
  );
}

/** Ctrl+C on a message that has the focus copies it, where no part of it is selected. */
function onCopyKey(event: KeyboardEvent, text: string): void {
  const isCopy = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'c';
  if (isCopy && getSelection()?.isCollapsed !== false) void copyText(text);
}

export function MessageView({ row, name, isTabStop, isFlashed, isFolded, actions }: MessageProps) {
  const { message } = row;
  const id = useId();
  const isFoldable = !message.isUnreadable && isLong(message.text);
  return (
    <>
      {row.isNewDay && <h3 class="day"><span>{dayName(message.at)}</span></h3>}
      {row.isNew && <p class="news"><span>{t('chat.newMessages')}</span></p>}
      <article class="message" data-direction={message.direction} data-state={message.state ?? undefined}
        data-first={row.isFirst} data-last={row.isLast} data-flash={isFlashed || undefined}
        aria-labelledby={id} data-when={isTabStop ? longTime(message.at) : undefined} tabIndex={isTabStop ? 0 : -1}
        onKeyDown={(event) => onCopyKey(event, message.text)}>
        <div class="bubble" id={id} data-folded={(isFoldable && isFolded) || undefined}>
          <span class="unseen">{message.direction === 'sent' ? t('chat.you') : <bdi>{name}:</bdi>} </span>
          {isFoldable
            ? <LongText message={message} isFolded={isFolded} actions={actions} />
            : <p class="text" dir="auto"><Words message={message} /><Meta message={message} /></p>}
          {message.state === 'failed' && <Failure message={message} actions={actions} />}
        </div>
        {!message.isUnreadable && (
          <IconButton class="copy" icon="copy" isSmall label={t('chat.copy')} tabIndex={isTabStop ? 0 : -1}
            onClick={() => void copyText(message.text)} />
        )}
      </article>
    </>
  );
}
