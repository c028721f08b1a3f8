// What is set for this browser: kept in it, and the same on all its pages. SPDX-License-Identifier: MIT
import { effect, signal, type Signal } from '@preact/signals';
import type { Shelf } from './ports_browser';
import type { Settings, Theme } from './views';

const PREFIX = 'heliograph.setting.';
const MOST_MINUTES = 24 * 60;

interface Setting<T> {
  readonly start: T;
  /** Null: what stands there is nothing that this version knows. */
  read(text: string): T | null;
}

function flag(start: boolean): Setting<boolean> {
  return { start, read: (text) => (text === 'true' ? true : text === 'false' ? false : null) };
}

const language: Setting<string> = { start: '', read: (text) => (/^[A-Za-z0-9-]{0,35}$/.test(text) ? text : null) };
const theme: Setting<Theme> = {
  start: 'system', read: (text) => (text === 'system' || text === 'light' || text === 'dark' ? text : null),
};
const minutes: Setting<number> = {
  start: 10,
  read: (text) => (/^\d{1,4}$/.test(text) && Number(text) <= MOST_MINUTES ? Number(text) : null),
};

export class SettingsModel implements Settings {
  readonly language: Signal<string>;
  readonly theme: Signal<Theme>;
  readonly notifications: Signal<boolean>;
  readonly sound: Signal<boolean>;
  readonly receipts: Signal<boolean>;
  readonly awayAfterMinutes: Signal<number>;

  private readonly takers = new Map<string, (text: string | null) => void>();
  private readonly ends: (() => void)[];

  constructor(private readonly shelf: Shelf) {
    this.ends = [shelf.onChange((name, text) => this.takers.get(name)?.(text))];
    this.language = this.keep('language', language);
    this.theme = this.keep('theme', theme);
    this.notifications = this.keep('notifications', flag(false));
    this.sound = this.keep('sound', flag(false));
    this.receipts = this.keep('receipts', flag(true));
    this.awayAfterMinutes = this.keep('away-after-minutes', minutes);
  }

  end(): void {
    for (const end of this.ends) end();
  }

  private keep<T extends string | number | boolean>(key: string, { start, read }: Setting<T>): Signal<T> {
    const name = PREFIX + key;
    const valueOf = (text: string | null): T => (text === null ? start : (read(text) ?? start));
    const kept = signal(valueOf(this.shelf.read(name)));
    this.takers.set(name, (text) => {
      kept.value = valueOf(text);
    });
    let written = String(kept.peek());
    this.ends.push(effect(() => {
      const text = String(kept.value);
      if (text !== written && this.shelf.read(name) !== text) this.shelf.write(name, text);
      written = text;
    }));
    return kept;
  }
}
