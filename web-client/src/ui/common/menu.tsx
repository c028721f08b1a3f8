// A button that opens a menu: arrow keys, Home, End and first letters move in it, Escape and Tab leave it
// (WAI-ARIA authoring practices, "menu button").
// SPDX-License-Identifier: MIT
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon';

interface Item {
  label: string;
  icon?: IconName | undefined;
  mark?: ComponentChildren; // in the icon's place
  isDanger?: boolean | undefined;
  isChecked?: boolean | undefined; // one of several that exclude each other
}
/** `act` does something here, `href` leads away (tel:, sip:). */
export type MenuItem = 'line' | (Item & { act(): void }) | (Item & { href: string });

const GAP = 6; // px between button and menu, and to the window's edge

/** Below the button, or above it where there is more room. Set by script, which the page's policy allows. */
function place(menu: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + GAP + height <= innerHeight - GAP || at.top < innerHeight - at.bottom;
  const top = below ? at.bottom + GAP : at.top - GAP - height;
  const left = at.left + width <= innerWidth - GAP ? at.left : at.right - width;
  menu.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
  menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
}

/** Where a key leads to among `count` items; -1: it is no key of a menu. */
function nextItem(key: string, now: number, count: number): number {
  if (key === 'ArrowDown') return (now + 1) % count;
  if (key === 'ArrowUp') return (now + count - 1) % count;
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : -1;
}

function itemBody(item: Item) {
  return (
    <>
      {item.mark ?? (item.icon && <Icon name={item.icon} />)}
      <span class="cut">{item.label}</span>
      {item.isChecked && <Icon name="check" />}
    </>
  );
}

function MenuEntry({ item, onLeave }: { item: MenuItem; onLeave(): void }) {
  if (item === 'line') return <li role="separator" />;
  const shared = {
    role: item.isChecked === undefined ? 'menuitem' as const : 'menuitemradio' as const,
    'aria-checked': item.isChecked,
    tabIndex: -1,
    class: item.isDanger ? 'danger' : undefined,
  };
  const act = (): void => {
    onLeave(); // the focus is back at the button before anything else is opened
    if ('act' in item) item.act();
  };
  return (
    <li role="none">
      {'href' in item
        ? <a {...shared} href={item.href} onClick={act}>{itemBody(item)}</a>
        : <button {...shared} type="button" onClick={act}>{itemBody(item)}</button>}
    </li>
  );
}

function MenuList({ items, label, id, button, onLeave }: {
  items: readonly MenuItem[]; label: string; id: string; button: HTMLElement; onLeave(toButton: boolean): void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const entries = (): HTMLElement[] => [...list.current!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];

  useLayoutEffect(() => {
    list.current!.showPopover?.(); // above dialogs, and not cut off by what scrolls
    place(list.current!, button);
    (entries().find((entry) => entry.ariaChecked === 'true') ?? entries()[0])?.focus();
  }, []);

  useEffect(() => {
    const away = (event: Event): void => {
      const { target } = event;
      const isInside = target instanceof Node && (list.current?.contains(target) || button.contains(target));
      if (!isInside) onLeave(false);
    };
    const events = ['pointerdown', 'scroll', 'resize'] as const;
    for (const name of events) addEventListener(name, away, true);
    return () => events.forEach((name) => removeEventListener(name, away, true));
  }, []);

  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Tab') return onLeave(true);
    const all = entries();
    const now = all.indexOf(document.activeElement as HTMLElement);
    const starts = (entry: HTMLElement): boolean =>
      event.key.length === 1 && entry.textContent!.trim().toLowerCase().startsWith(event.key.toLowerCase());
    const byLetter = [...all.slice(now + 1), ...all.slice(0, now + 1)].find(starts);
    const next = all[nextItem(event.key, now, all.length)] ?? (event.key === ' ' ? undefined : byLetter);
    if (!next && event.key !== 'Escape') return;
    event.preventDefault();
    if (next) next.focus();
    else onLeave(true);
  };

  return (
    <ul class="menu" role="menu" popover="manual" id={id} aria-label={label} ref={list} onKeyDown={onKeyDown}>
      {items.map((item, index) => <MenuEntry key={index} item={item} onLeave={() => onLeave(true)} />)}
    </ul>
  );
}

interface MenuProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'label'> {
  label: string; // the menu's name, and the button's where it has no words
  items: readonly MenuItem[] | (() => readonly MenuItem[]); // a function is asked when it is opened
  isNamed?: boolean; // the button's own words name it
  children: ComponentChildren;
}

export function Menu({ label, items, isNamed = false, children, ...rest }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const leave = (toButton: boolean): void => {
    if (toButton) button.current?.focus();
    setOpen(false);
  };
  return (
    <>
      <button type="button" {...rest} ref={button} aria-haspopup="menu" aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-label={isNamed ? undefined : label} title={isNamed ? undefined : label}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
          event.preventDefault();
          event.stopPropagation();
          setOpen(true);
        }}>
        {children}
      </button>
      {isOpen && (
        <MenuList items={typeof items === 'function' ? items() : items} label={label} id={id}
          button={button.current!} onLeave={leave} />
      )}
    </>
  );
}
