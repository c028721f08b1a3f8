// Draws only what is to be seen of a long list whose rows have heights of their own: @tanstack/virtual-core for Preact.
// SPDX-License-Identifier: MIT
import {
  elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualizerOptions,
} from '@tanstack/virtual-core';
import { useLayoutEffect, useReducer, useRef } from 'preact/hooks';

type All = VirtualizerOptions<HTMLElement, HTMLElement>;
export type VirtualList = Virtualizer<HTMLElement, HTMLElement>;

type Given = 'observeElementRect' | 'observeElementOffset' | 'scrollToFn';
export type VirtualOptions = Omit<All, Given | 'onChange'> & Partial<Pick<All, Given>>;

/**
 * The list as of now; the component is drawn again when other rows come into view. Each row has `data-index` and
 * `ref={list.measureElement}`.
 */
export function useVirtualList(options: VirtualOptions): VirtualList {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const made = useRef<VirtualList | null>(null);
  const all: All = {
    observeElementRect, observeElementOffset, scrollToFn: elementScroll, ...options, onChange: () => redraw(undefined),
  };
  const list = (made.current ??= new Virtualizer(all));
  list.setOptions(all);
  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => list._willUpdate());
  return list;
}
