// A text whose addresses can be followed. What finds them is loaded when the first text comes that may have one; until
// then, and where it cannot be loaded, the text stands there as it is.
// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';

export interface TextPart {
  text: string;
  href: string; // '' for none
}

const splitter = signal<((text: string) => TextPart[]) | null>(null);
let isLoading = false;

const MAY_HAVE_LINK = /\p{L}:[\S]|\S\.\p{L}|\S@\S/u;

async function loadSplitter(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  const loaded = await import('./links').catch(() => null); // the next such text tries again
  isLoading = false;
  if (loaded) splitter.value = loaded.splitLinks;
}

function partsOf(text: string, split: typeof splitter.value): TextPart[] {
  if (!MAY_HAVE_LINK.test(text)) return [{ text, href: '' }];
  if (split) return split(text);
  void loadSplitter();
  return [{ text, href: '' }];
}

export function LinkedText({ text }: { text: string }) {
  const split = splitter.value;
  const parts = useMemo(() => partsOf(text, split), [text, split]);
  return (
    <>
      {parts.map(({ text: part, href }, index) => href
        ? <a key={index} href={href} target="_blank" rel="noopener noreferrer" dir="ltr" title={href}>{part}</a>
        : part)}
    </>
  );
}
