// Somebody types (RFC 3994). SPDX-License-Identifier: MIT
import { IS_COMPOSING } from './spaces';
import { childOf, documentOf, numberOf, readXml, textOf, xml } from './xml';

export const IS_COMPOSING_TYPE = 'application/im-iscomposing+xml';

const REFRESH_DEFAULT_S = 120; // §3.2
const REFRESH_MOST_S = 600;

export interface Composing {
  isActive: boolean;
  refreshS: number; // how long an active state holds without another word
}

export function readIsComposing(text: string): Composing | null {
  const root = readXml(text, IS_COMPOSING, 'isComposing');
  if (!root) return null;
  const refresh = numberOf(textOf(childOf(root, IS_COMPOSING, 'refresh')));
  return {
    isActive: textOf(childOf(root, IS_COMPOSING, 'state')) === 'active',
    refreshS: Math.min(refresh || REFRESH_DEFAULT_S, REFRESH_MOST_S),
  };
}

export function writeIsComposing({ isActive, refreshS }: Composing): string {
  return documentOf(xml`<isComposing xmlns="${IS_COMPOSING}"><state>${isActive ? 'active' : 'idle'}</state>${
    isActive ? [xml`<contenttype>text/plain</contenttype>
<refresh>${String(refreshS)}</refresh>`] : []}</isComposing>`);
}
