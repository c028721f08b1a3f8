// Where a message is written. What cannot be sent stays there, with the reason above it.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import type { ComponentType, Ref } from 'preact';
import { useEffect, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import type { Account, Conversation } from '../../model/views';
import { IconButton } from '../common/button';
import { notice } from '../common/notices';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';
import type { EmojiPickerProps } from './emoji_picker';
import { percentTooLong } from './too_long';

/** On a touch screen Enter begins a line, and the button sends. */
const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches;

const growsByItself = (): boolean => globalThis.CSS?.supports?.('field-sizing', 'content') ?? false;

/** For browsers that cannot do it themselves. */
function fitHeight(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}

const picker = signal<ComponentType<EmojiPickerProps> | null>(null);

async function loadPicker(): Promise<boolean> {
  const loaded = await import('./emoji_picker').catch(() => null);
  if (loaded) picker.value = loaded.EmojiPicker;
  else notice(t('common.partNotLoaded'));
  return loaded !== null;
}

/** The button, and above the field what it opens. */
function Emoji({ onPick, onClose }: { onPick(emoji: string, isLast: boolean): void; onClose(): void }) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLSpanElement>(null);
  const close = (): void => {
    setOpen(false);
    onClose();
  };
  const toggle = async (): Promise<void> => {
    if (isOpen) close();
    else if (picker.value || await loadPicker()) setOpen(true);
  };
  const Picker = picker.value;
  return (
    <span class="emoji-holder" ref={button}>
      <IconButton icon="smile" label={t('chat.emoji')} aria-expanded={isOpen} aria-haspopup="dialog" onClick={toggle} />
      {isOpen && Picker && (
        <Picker holder={button} onClose={close} onPick={(emoji, isLast) => {
          onPick(emoji, isLast);
          if (isLast) setOpen(false);
        }} />
      )}
    </span>
  );
}

export interface ComposerHandle {
  focus(): void;
}

interface ComposerProps {
  account: Account;
  conversation: Conversation;
  name: string;
  startsHere: boolean; // with the focus, where that brings up no keyboard over what is to be read
  handle: Ref<ComposerHandle>;
}

export function Composer({ account, conversation, name, startsHere, handle }: ComposerProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const text = conversation.draft.value;
  const percent = percentTooLong(text, account.site.messageBytes);

  useImperativeHandle(handle, () => ({ focus: () => field.current?.focus() }), []);
  useLayoutEffect(() => {
    if (!growsByItself()) fitHeight(field.current!);
  }, [text]);
  useEffect(() => {
    if (startsHere && !isTouch()) field.current?.focus();
  }, []);

  const write = (written: string): void => {
    conversation.draft.value = written;
    setProblem(null);
    conversation.typed();
  };
  const send = (): void => {
    field.current?.focus();
    if (text.trim() === '' || percent > 0) return;
    setProblem(conversation.send(text));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isComposing = event.isComposing || event.keyCode === 229; // Enter chooses what an input method offers
    if (event.key !== 'Enter' || event.shiftKey || isComposing || isTouch()) return;
    event.preventDefault();
    send();
  };
  const insert = (emoji: string, isLast: boolean): void => {
    const { selectionStart, selectionEnd } = field.current!;
    field.current!.setRangeText(emoji, selectionStart, selectionEnd, 'end');
    write(field.current!.value);
    if (isLast) field.current!.focus();
  };
  const sentence = percent > 0 ? t('chat.tooLong', { percent }) : '';
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      <div id={id}><ProblemLine problem={percent > 0 ? null : problem} sentence={sentence} /></div>
      <div class="row">
        <Emoji onPick={insert} onClose={() => field.current?.focus()} />
        <textarea class="input" ref={field} rows={1} dir="auto" value={text} aria-label={t('chat.write', { name })}
          placeholder={t('chat.placeholder')} aria-describedby={id} aria-invalid={percent > 0 || !!problem || undefined}
          onInput={(event) => write(event.currentTarget.value)} onKeyDown={onKeyDown} />
        <IconButton icon="send" kind="primary" class="send" type="submit" label={t('chat.send')} />
      </div>
    </form>
  );
}
