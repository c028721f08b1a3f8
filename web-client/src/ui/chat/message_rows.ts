// How the list of messages moves: it stays at its end while one is there, and goes to where one wants to be.
// SPDX-License-Identifier: MIT
import { defaultRangeExtractor, observeElementRect, type Range } from '@tanstack/virtual-core';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Account, Conversation } from '../../model/views';
import { notice } from '../common/notices';
import { useVirtualList, type VirtualList } from '../common/virtual';
import { problemText, t } from '../texts';
import { targetOf } from './chat_state';
import { likelyHeight, type Row } from './rows';

const AT_END_PX = 60;
const ABOVE_PX = 64; // for what is said above the first message: .top
const BELOW_PX = 12;
const FLASH_MS = 2500;

export interface MessageRows {
  list: VirtualList;
  scroller: RefObject<HTMLDivElement | null>;
  isAtEnd: boolean;
  onScroll(): void;
}

/** `kept`: the row that is not taken away, as it has the focus; -1 for none. */
export function useMessageRows(rows: readonly Row[], kept: number): MessageRows {
  const scroller = useRef<HTMLDivElement | null>(null);
  const follows = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  const list = useVirtualList({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.message.key ?? index, [rows]),
    estimateSize: (index) => likelyHeight(rows[index]!),
    observeElementRect: (instance, tell) => observeElementRect(instance, (rect) => {
      tell(rect);
      if (follows.current) instance.scrollToEnd(); // the field below has grown, or a keyboard came up
    }),
    rangeExtractor: useCallback((range: Range) => {
      const shown = defaultRangeExtractor(range);
      return kept < 0 || shown.includes(kept) ? shown : [...shown, kept].sort((one, other) => one - other);
    }, [kept]),
    anchorTo: 'end', followOnAppend: true, scrollEndThreshold: AT_END_PX,
    overscan: 8, paddingStart: ABOVE_PX, paddingEnd: BELOW_PX,
  });
  const onScroll = (): void => {
    if (!scroller.current) return;
    const { scrollHeight, scrollTop, clientHeight } = scroller.current;
    follows.current = scrollHeight - scrollTop - clientHeight <= AT_END_PX;
    setAtEnd(follows.current);
  };
  return { list, scroller, isAtEnd, onScroll };
}

const BEGINNING_MS = 4000; // so long it may take until it is known where the unread ones begin

/** Begins at the first unread message, or at the end; and goes to the end whenever the person writes. */
export function useBeginning({ list, scroller }: MessageRows, rows: readonly Row[], firstUnreadKey: string): void {
  const newest = rows.at(-1)?.message;
  const hasBegun = useRef(false);
  const mayMove = useRef(true); // nobody has scrolled yet
  useEffect(() => {
    const stay = (): void => {
      mayMove.current = false;
    };
    const timer = setTimeout(stay, BEGINNING_MS);
    const signs = ['wheel', 'pointerdown', 'keydown'] as const;
    for (const sign of signs) scroller.current?.addEventListener(sign, stay, { passive: true, once: true });
    return () => clearTimeout(timer);
  }, []);
  useLayoutEffect(() => {
    const unread = mayMove.current ? rows.findIndex(({ isNew }) => isNew) : -1;
    if (unread < 0) return;
    mayMove.current = false;
    list.scrollToIndex(unread, { align: 'start' });
  }, [firstUnreadKey]);
  useLayoutEffect(() => {
    if (!newest) return;
    if (newest.direction === 'sent' && hasBegun.current) list.scrollToEnd();
    else if (!hasBegun.current && !rows.some(({ isNew }) => isNew)) list.scrollToEnd();
    hasBegun.current = true;
  }, [newest?.key]);
}

export interface Found {
  isSeeking: boolean; // it is far back, and older ones are being loaded
  flashedKey: string; // '' for none
}

/** Loads and shows the message that somebody chose among those found by a search. */
export function useTarget(
  account: Account, conversation: Conversation, rows: readonly Row[], show: (index: number) => void,
): Found {
  const target = targetOf(account);
  const wanted = target.value?.conversation === conversation ? target.value : null;
  const [foundKey, setFound] = useState('');
  const [flashedKey, setFlashed] = useState('');
  useEffect(() => {
    if (!wanted) return undefined;
    let isCurrent = true;
    void conversation.loadUntil(wanted.id).then((key) => {
      if (!isCurrent) return;
      target.value = null;
      const problem = conversation.loadProblem.peek();
      if (key) setFound(key);
      else notice(problem ? problemText(problem).sentence : t('chat.gone'));
    });
    return () => {
      isCurrent = false;
    };
  }, [wanted]);
  useLayoutEffect(() => {
    const index = foundKey ? rows.findIndex(({ message }) => message.key === foundKey) : -1;
    if (index < 0) return;
    setFound('');
    setFlashed(foundKey);
    show(index);
  });
  useEffect(() => {
    if (!flashedKey) return undefined;
    const timer = setTimeout(() => setFlashed(''), FLASH_MS);
    return () => clearTimeout(timer);
  }, [flashedKey]);
  return { isSeeking: wanted !== null, flashedKey };
}

const LOAD_WITHIN = 15; // rows from the first

/** Loads what is older while the person comes near. */
export function useOlder(conversation: Conversation, list: VirtualList, count: number): void {
  const { reachesStart, isLoading, loadProblem } = conversation;
  const first = list.getVirtualItems()[0]?.index ?? (count === 0 ? 0 : LOAD_WITHIN);
  const isWanted = first < LOAD_WITHIN && !reachesStart.value && !isLoading.value && !loadProblem.value;
  useEffect(() => {
    if (isWanted) void conversation.loadOlder();
  }, [isWanted, count]);
}
