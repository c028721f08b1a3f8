// The list itself: only what is in sight is drawn. One stop of the Tab key; arrow keys walk through it.
// SPDX-License-Identifier: MIT
import { defaultRangeExtractor, type VirtualItem } from '@tanstack/virtual-core';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../../model/views';
import { useVirtualList } from '../common/virtual';
import { t } from '../texts';
import { foldedGroups, makeRows, type Folded, type Row } from './people_rows';
import { GroupRow, PersonRow } from './rows';

const PERSON_REM = 3.75; // as in people.css
const GROUP_REM = 2.5;

function remPixels(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

/** Where a key leads to from row `at`; null: it is no key of this list. */
function target(key: string, at: number, rows: readonly Row[]): number | null {
  const last = rows.length - 1;
  switch (key) {
    case 'ArrowDown': return Math.min(at + 1, last);
    case 'ArrowUp': return Math.max(at - 1, 0);
    case 'Home': return 0;
    case 'End': return last;
    case 'PageDown': return Math.min(at + 10, last);
    case 'PageUp': return Math.max(at - 10, 0);
    default: return null;
  }
}

/** Sideways: a group is folded or unfolded, a row's menu reached and left. True: the key is dealt with. */
function moveSideways(key: string, row: Row | undefined, element: HTMLElement, folded: Folded): boolean {
  if (!row || (key !== 'ArrowLeft' && key !== 'ArrowRight')) return false;
  const isForward = (key === 'ArrowRight') === (getComputedStyle(element).direction !== 'rtl');
  const [main, menu] = element.querySelectorAll<HTMLElement>(':scope > .row-main, :scope > h3 > .row-main, :scope > .row-menu');
  const isAtMenu = document.activeElement === menu;
  if (row.kind === 'group' && !isAtMenu && row.isFolded === isForward) folded.set(row.group.name, !isForward);
  else (isForward ? menu : main)?.focus();
  return true;
}

export function PeopleList({ account }: { account: Account }) {
  const { people } = account;
  const [folded] = useState(() => foldedGroups(account));
  const [activeKey, setActiveKey] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(false);

  const rows = makeRows(people.groups.value, folded.names.value, people.search.value.trim() !== '');
  const active = Math.max(0, rows.findIndex(({ key }) => key === activeKey));
  const rem = remPixels();
  const list = useVirtualList({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'group' ? GROUP_REM : PERSON_REM) * rem,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    // The row that has the focus stays, wherever one scrolls to.
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), active])]
      .filter((index) => index < rows.length).sort((a, b) => a - b),
  });

  useEffect(() => {
    if (!wantsFocus.current) return;
    const row = scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"] .row-main`);
    wantsFocus.current = !row;
    row?.focus();
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const element = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    if (!element || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(element.dataset['index']);
    const next = target(event.key, at, rows);
    if (next === null && !moveSideways(event.key, rows[at], element, folded)) return;
    event.preventDefault();
    if (next === null) return;
    wantsFocus.current = true;
    setActiveKey(rows[next]?.key ?? '');
    list.scrollToIndex(next);
  };

  const drawRow = ({ index, key, start }: VirtualItem) => {
    const row = rows[index];
    if (!row) return null;
    const place = { index, count: rows.length, start, isActive: index === active, onFocus: () => setActiveKey(row.key) };
    return row.kind === 'group'
      ? <GroupRow key={key} account={account} row={row} place={place} onFold={(is) => folded.set(row.group.name, is)} />
      : <PersonRow key={key} account={account} person={row.person} place={place} />;
  };

  return (
    <div class="people-list scrolls" ref={scroller} onKeyDown={onKeyDown} data-live={people.isLive.value}>
      <ul aria-label={t('nav.people')} style={{ height: `${list.getTotalSize()}px` }}>
        {list.getVirtualItems().map(drawRow)}
      </ul>
    </div>
  );
}
