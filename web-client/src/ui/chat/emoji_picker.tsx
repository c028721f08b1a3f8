// Emoji by group or by name. The focus begins in the search; arrow keys go to the emoji and among them. A chunk of its
// own, loaded when it is opened for the first time.
// SPDX-License-Identifier: MIT
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ProblemLine } from '../common/problem_line';
import { Spinner } from '../common/spinner';
import { language, t } from '../texts';
import { loadEmoji, recentEmoji, rememberEmoji, searchEmoji, type Emoji, type EmojiSet } from './emoji_data';

const COLUMNS = 8; // as .emoji-grid has them
const RECENT_GROUP = -1;

export interface EmojiPickerProps {
  holder: RefObject<HTMLElement | null>; // the button and this: a click elsewhere closes
  onPick(emoji: string, isLast: boolean): void; // with the shift key it stays open
  onClose(): void;
}

function useEmoji(): { set: EmojiSet | null; isFailed: boolean } {
  const [set, setSet] = useState<EmojiSet | null>(null);
  const [isFailed, setFailed] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    loadEmoji(language.value).then((loaded) => isCurrent && setSet(loaded), () => isCurrent && setFailed(true));
    return () => {
      isCurrent = false;
    };
  }, [language.value]);
  return { set, isFailed };
}

/** Where a key leads to in the grid; -1: to the search above it; null: it is no key of the grid. */
function nextCell(key: string, now: number, count: number): number | null {
  switch (key) {
    case 'ArrowRight': return Math.min(now + 1, count - 1);
    case 'ArrowLeft': return Math.max(now - 1, 0);
    case 'ArrowDown': return now + COLUMNS < count ? now + COLUMNS : now;
    case 'ArrowUp': return now < COLUMNS ? -1 : now - COLUMNS;
    case 'Home': return 0;
    case 'End': return count - 1;
    default: return null;
  }
}

interface GridProps {
  emoji: readonly Emoji[];
  label: string;
  onPick(emoji: Emoji, isLast: boolean): void;
  onLeave(): void; // upwards
}

function Grid({ emoji, label, onPick, onLeave }: GridProps) {
  const [active, setActive] = useState(0);
  const grid = useRef<HTMLDivElement>(null);
  const stop = Math.min(active, emoji.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextCell(event.key, stop, emoji.length);
    if (next === null) return;
    event.preventDefault();
    if (next < 0) return onLeave();
    (grid.current!.children[next] as HTMLElement).focus();
  };
  return (
    <div class="emoji-grid" role="listbox" aria-label={label} ref={grid} onKeyDown={onKeyDown}>
      {emoji.map((one, index) => (
        <button key={one.unicode} type="button" role="option" aria-selected={false} aria-label={one.label}
          title={one.label} tabIndex={index === stop ? 0 : -1} onFocus={() => setActive(index)}
          onClick={(event) => onPick(one, !event.shiftKey)}>
          {one.unicode}
        </button>
      ))}
    </div>
  );
}

interface GroupsProps {
  groups: readonly { number: number; name: string; sign: string }[];
  chosen: number;
  onChoose(group: number): void;
}

function Groups({ groups, chosen, onChoose }: GroupsProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = groups.findIndex(({ number }) => number === chosen);
    const next = (now + step + groups.length) % groups.length;
    onChoose(groups[next]!.number);
    ((event.currentTarget as HTMLElement).children[next] as HTMLElement).focus();
  };
  return (
    <div class="emoji-groups" role="tablist" aria-label={t('chat.emoji.groups')} onKeyDown={onKeyDown}>
      {groups.map(({ number, name, sign }) => (
        <button key={number} type="button" role="tab" aria-selected={number === chosen} aria-label={name} title={name}
          tabIndex={number === chosen ? 0 : -1} onClick={() => onChoose(number)}>
          {sign}
        </button>
      ))}
    </div>
  );
}

/** Each group is shown by its first emoji. */
function groupsOf({ all, groups }: EmojiSet, hasRecent: boolean): GroupsProps['groups'] {
  const signed = groups.map(({ number, name }) =>
    ({ number, name, sign: all.find(({ group }) => group === number)?.unicode ?? '?' }));
  return hasRecent ? [{ number: RECENT_GROUP, name: t('chat.emoji.recent'), sign: '🕘' }, ...signed] : signed;
}

function Choice({ set, onPick }: { set: EmojiSet; onPick(emoji: string, isLast: boolean): void }) {
  const field = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [words, setWords] = useState('');
  const recent = useMemo(() => recentEmoji(set), [set]);
  const [group, setGroup] = useState(recent.length > 0 ? RECENT_GROUP : 0);
  const groups = useMemo(() => groupsOf(set, recent.length > 0), [set, recent]);
  const isSearching = words.trim() !== '';
  const shown = useMemo(() => {
    if (isSearching) return searchEmoji(set, words);
    return group === RECENT_GROUP ? recent : set.all.filter((emoji) => emoji.group === group);
  }, [set, words, group]);
  const toField = (): void => field.current?.focus();
  useEffect(toField, []);
  const pick = ({ unicode }: Emoji, isLast: boolean): void => {
    rememberEmoji(set, unicode);
    onPick(unicode, isLast);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      event.preventDefault();
      if (!event.isComposing && isSearching && shown[0]) pick(shown[0], true);
    } else if (event.key === 'ArrowDown') {
      event.preventDefault();
      box.current!.querySelector<HTMLElement>('[role="option"][tabindex="0"]')?.focus();
    }
  };
  const label = isSearching ? t('chat.emoji.search') : groups.find(({ number }) => number === group)?.name ?? '';
  return (
    <>
      <input class="input" ref={field} type="search" autoComplete="off" aria-label={t('chat.emoji.search')}
        placeholder={t('chat.emoji.search')} value={words} onKeyDown={onKeyDown}
        onInput={(event) => setWords(event.currentTarget.value)} />
      {!isSearching && <Groups groups={groups} chosen={group} onChoose={setGroup} />}
      <div class="emoji-box scrolls" ref={box}>
        {shown.length === 0
          ? <p class="told" role="status">{t('chat.emoji.none')}</p>
          : <Grid key={`${group} ${words}`} emoji={shown} label={label} onPick={pick} onLeave={toField} />}
      </div>
    </>
  );
}

export function EmojiPicker({ holder, onPick, onClose }: EmojiPickerProps) {
  const { set, isFailed } = useEmoji();
  useEffect(() => {
    const away = (event: Event): void => {
      if (!(event.target instanceof Node && holder.current?.contains(event.target))) onClose();
    };
    addEventListener('pointerdown', away, true);
    return () => removeEventListener('pointerdown', away, true);
  }, [onClose]);
  return (
    <div class="emoji-picker" role="dialog" aria-label={t('chat.emoji')} onKeyDown={(event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      onClose();
    }}>
      {isFailed && <ProblemLine sentence={t('common.partNotLoaded')} />}
      {!set && !isFailed && <p class="empty" role="status"><Spinner /><span>{t('common.loading')}</span></p>}
      {set && <Choice set={set} onPick={onPick} />}
    </div>
  );
}
