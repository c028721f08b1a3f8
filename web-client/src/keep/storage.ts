// localStorage and sessionStorage of browsers that may forbid even to ask for them. SPDX-License-Identifier: MIT

/** As much of a Storage as is needed; '' is as good as nothing. */
export interface Shelf {
  read(name: string): string;
  write(name: string, value: string): void; // '' removes it
}

export function createShelf(storage: () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): Shelf {
  return {
    read(name) {
      try {
        return storage().getItem(name) ?? '';
      } catch {
        return '';
      }
    },
    write(name, value) {
      try {
        if (value === '') storage().removeItem(name);
        else storage().setItem(name, value);
      } catch {
        // no room, or not allowed: it is forgotten with the page
      }
    },
  };
}

export const lasting = createShelf(() => localStorage); // until it is removed
export const ofThisTab = createShelf(() => sessionStorage); // survives a reload of the tab

/** What stands there as JSON; null where nothing does, or something else. */
export function readJson(shelf: Shelf, name: string): unknown {
  try {
    return JSON.parse(shelf.read(name) || 'null');
  } catch {
    return null;
  }
}
