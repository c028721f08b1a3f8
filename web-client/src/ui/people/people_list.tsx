// The list itself: only what is about in sight is drawn. One stop of the Tab key; arrow keys walk through it.
// SPDX-License-Identifier: MIT
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Account } from '../../model/views';
import { t } from '../texts';
import { foldedGroups, makeRows, type Folded, type Row } from './people_rows';
import { GroupRow, PersonRow } from './rows';
import { useViewWindow } from './view_window';

const PERSON_REM = 3.75; // as in people.css
const GROUP_REM = 2.5;

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
  const [main, menu] = element.querySelectorAll<HTMLElement>('.row-main, .row-menu');
  const isAtMenu = document.activeElement === menu;
  if (row.kind === 'group' && !isAtMenu && row.isFolded === isForward) folded.set(row.group.name, !isForward);
  else (isForward ? menu : main)?.focus();
  return true;
}

interface Placed {
  row: Row;
  index: number;
  start: number; // px
}

/** Rows below one another, and the height of all. */
function placeRows(rows: readonly Row[]): { placed: readonly Placed[]; height: number } {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  let height = 0;
  const placed = rows.map((row, index) => {
    const start = height;
    height += (row.kind === 'group' ? GROUP_REM : PERSON_REM) * rem;
    return { row, index, start };
  });
  return { placed, height };
}

export function PeopleList({ account }: { account: Account }) {
  const { people } = account;
  const [folded] = useState(() => foldedGroups(account));
  const [activeKey, setActiveKey] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const wantsFocus = useRef(''); // the row that gets it once it is drawn
  const seen = useViewWindow(scroller);

  const rows = makeRows(people.groups.value, folded.names.value, people.search.value.trim() !== '');
  const active = Math.max(0, rows.findIndex(({ key }) => key === activeKey));
  const { placed, height } = placeRows(rows);

  useLayoutEffect(() => {
    if (wantsFocus.current !== rows[active]?.key) return;
    wantsFocus.current = '';
    scroller.current!.querySelector<HTMLElement>(`[data-index="${active}"] .row-main`)?.focus(); // and scrolls to it
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const element = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
    if (!element || event.altKey || event.ctrlKey || event.metaKey) return;
    const at = Number(element.dataset['index']);
    const next = target(event.key, at, rows);
    if (next === null && !moveSideways(event.key, rows[at], element, folded)) return;
    event.preventDefault();
    if (next === null) return;
    wantsFocus.current = rows[next]!.key;
    setActiveKey(rows[next]!.key);
  };

  const drawRow = ({ row, index, start }: Placed) => {
    const isActive = index === active;
    if (!isActive && (start > seen.until || start < seen.from)) return null;
    const place = { index, count: rows.length, start, isActive, onFocus: () => setActiveKey(row.key) };
    return row.kind === 'group'
      ? <GroupRow key={row.key} account={account} row={row} place={place}
          onFold={(isFolded) => folded.set(row.group.name, isFolded)} />
      : <PersonRow key={row.key} account={account} person={row.person} place={place} />;
  };

  return (
    <div class="people-list scrolls" ref={scroller} onKeyDown={onKeyDown} data-live={people.isLive.value}>
      <ul aria-label={t('nav.people')} style={{ height: `${height}px` }}>{placed.map(drawRow)}</ul>
    </div>
  );
}
