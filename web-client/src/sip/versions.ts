// Versions of documents that are told whole or as what has changed (RFC 3858 §4.1, RFC 4662 §5.2).
// SPDX-License-Identifier: MIT

export class Versions {
  private last: number | null = null;

  /** 'gap': something between was lost, and all of it must be asked for; 'old': nothing new. */
  take(isFull: boolean, version: number): 'next' | 'old' | 'gap' {
    if (!isFull) {
      if (this.last === null || version > this.last + 1) {
        this.last = null;
        return 'gap';
      }
      if (version <= this.last) return 'old';
    }
    this.last = version;
    return 'next';
  }
}
