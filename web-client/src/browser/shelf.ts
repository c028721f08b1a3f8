// Small texts in localStorage; in memory where a browser forbids even to ask for it, or has no room.
// SPDX-License-Identifier: MIT
import type { Shelf } from '../model/ports_browser';

export function createShelf(storage: () => Storage = () => localStorage): Shelf {
  const memory = new Map<string, string>();
  return {
    read(name) {
      const unkept = memory.get(name);
      if (unkept !== undefined) return unkept;
      try {
        return storage().getItem(name);
      } catch {
        return null;
      }
    },
    write(name, text) {
      memory.delete(name);
      try {
        storage().setItem(name, text);
      } catch {
        memory.set(name, text);
      }
    },
    remove(name) {
      memory.delete(name);
      try {
        storage().removeItem(name);
      } catch {
        // nothing could be kept there, either
      }
    },
    onChange(listener) {
      const onStorage = ({ key, newValue }: StorageEvent): void => {
        if (key !== null) listener(key, newValue);
      };
      addEventListener('storage', onStorage);
      return () => removeEventListener('storage', onStorage);
    },
  };
}
