// Which of one's own XCAP documents have changed: one subscription (RFC 5875), and whoever reads a document is told.
// SPDX-License-Identifier: MIT
import type { DocumentTags, Link, Watch } from './ports';

interface Listener {
  readonly name: RegExp;
  readonly onChange: () => void;
  tag: string | undefined | null; // undefined: there is none; null: not told yet
}

export class Documents {
  private readonly listeners: Listener[] = [];
  private readonly watch: Watch;

  constructor(link: Pick<Link, 'watchDocuments'>) {
    this.watch = link.watchDocuments((tags) => this.update(tags));
  }

  /**
   * Calls with the first NOTIFY (what was read before may be older), and when the document has come, gone or changed:
   * after a cut only if it did meanwhile. `name` matches its selector.
   */
  onChange(name: RegExp, onChange: () => void): void {
    this.listeners.push({ name, onChange, tag: null });
  }

  end(): void {
    this.watch.end();
  }

  private update(tags: DocumentTags): void {
    for (const listener of this.listeners) {
      const tag = [...tags].find(([name]) => listener.name.test(name))?.[1];
      if (tag === listener.tag) continue;
      listener.tag = tag;
      listener.onChange();
    }
  }
}
