// Which XCAP documents there are and what has changed of them (RFC 5874): entity-tags by selector.
// SPDX-License-Identifier: MIT
import type { DocumentTags } from '../../model/ports';
import { XCAP_DIFF } from './spaces';
import { attributeOf, childrenOf, readXml } from './xml';

export const XCAP_DIFF_TYPE = 'application/xcap-diff+xml';

/** The tags after this document; null: it is none. A selector without a new tag is gone. */
export function applyXcapDiff(before: DocumentTags, text: string): DocumentTags | null {
  const root = readXml(text, XCAP_DIFF, 'xcap-diff');
  if (!root) return null;
  const tags = new Map(before);
  for (const document of childrenOf(root, XCAP_DIFF, 'document')) {
    const [selector, tag] = [attributeOf(document, 'sel'), attributeOf(document, 'new-etag')];
    if (tag !== '') tags.set(selector, tag);
    else tags.delete(selector);
  }
  return tags;
}
