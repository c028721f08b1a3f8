// Small things that a page remembers for a person at this browser; one that keeps nothing forgets them at the reload.
// SPDX-License-Identifier: MIT
const PREFIX = 'heliograph.page.';

export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name: string, text: string): void {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // full, or not allowed
  }
}

/** A list of texts; what is not one was written by somebody else. */
export function rememberedList(name: string): readonly string[] {
  try {
    const list: unknown = JSON.parse(remembered(name) ?? '[]');
    return Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];
  } catch {
    return [];
  }
}

/** Of one person at this browser: nothing of it stays where he wants to be forgotten. */
export function personal(name: string, address: string): string {
  return `${name}.${address}`;
}

export function forgetPersonal(address: string): void {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && key.endsWith(personal('', address))) localStorage.removeItem(key);
    }
  } catch {
    // nothing was kept
  }
}
