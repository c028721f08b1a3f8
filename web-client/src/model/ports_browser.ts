// What the model needs of the browser beside SIP and HTTP: time, what a browser keeps, its other pages, and ways to be
// heard. src/browser implements them; tests have their own.
// SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import type { NotifierPermission } from './views';

export interface Clock {
  now(): number; // ms since 1970
  /** The function that is returned calls it off. */
  after(ms: number, run: () => void): () => void;
}

/** Texts by name that all pages of a browser share. Nothing fails: what cannot be kept is forgotten at the reload. */
export interface Shelf {
  read(name: string): string | null;
  write(name: string, text: string): void;
  remove(name: string): void;
  /** Another page has written; null: removed. The function that is returned ends it. */
  onChange(listener: (name: string, text: string | null) => void): () => void;
}

/** The pages that this browser has open for one account. */
export interface Tabs {
  /** Somebody touched this page, at that time. */
  tellActivity(at: number): void;
  /** When somebody touched another page. */
  onActivity(listener: (at: number) => void): void;
  /** For what all pages hear of but only one should act upon: true in one of those that ask for `key` about now. */
  claim(key: string): Promise<boolean>;
  /** A person looks at this page or another one. */
  isSeen(): Promise<boolean>;
  end(): void;
}

export interface ShownNotice {
  tag: string; // one with the same tag takes its place
  title: string;
  body: string;
  icon: string; // same origin; '' for the page's own
}

export interface Notifier {
  readonly permission: ReadonlySignal<NotifierPermission>;
  /** Must be called while a click or a key is handled. */
  ask(): Promise<void>;
  /** `onClick`: the page has the focus by then. */
  show(notice: ShownNotice, onClick: () => void): void;
  close(tag: string): void;
  beep(): void;
  /** In the title and the picture of the tab; 0 takes it away. */
  badge(count: number): void;
  end(): void;
}
