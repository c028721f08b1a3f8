// Somebody's picture, or initials on a colour that is always the same for the same address; and how things stand with
// him as a shape at its edge. In words it stands beside it: a screen reader hears nothing here.
// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import type { PersonState } from '../../model/views';

const HUES = 8;

function hueOf(address: string): number {
  let hash = 0;
  for (const character of address) hash = (hash * 31 + character.codePointAt(0)!) % 65_521;
  return hash % HUES;
}

/** "Anna Maria Weiß" is AW, "bob" is B, "+49 30 1234" is 4. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((word) => [...word][0]!.toUpperCase()).join('') || '?';
}

/** Filled: there. Diamond, bar and receiver: not to be disturbed. Moon: away. Ring: not there; broken: not known. */
function shapeOf(state: PersonState) {
  switch (state) {
    case 'available': return <circle class="fill" cx="9" cy="9" r="6" />;
    case 'busy': return <path class="fill" d="M9 1.8 16.2 9 9 16.2 1.8 9z" />;
    case 'away': return <path class="fill" d="M8 3a6 6 0 1 0 7 7A5 5 0 0 1 8 3" />;
    case 'do-not-disturb':
      return <><circle class="fill" cx="9" cy="9" r="6.5" /><path class="hole" d="M5.5 7.8h7v2.4h-7z" /></>;
    case 'on-the-phone':
      return <path class="fill" d="M3 3.5 6 2l2.3 4-1.7 1.7a8 8 0 0 0 3.7 3.7L12 9.7l4 2.3-1.5 3C9 16.5 1.5 9 3 3.5" />;
    case 'offline': return <circle class="line" cx="9" cy="9" r="5" />;
    case 'unknown': return <circle class="line broken" cx="9" cy="9" r="5" />;
  }
}

export function Dot({ state }: { state: PersonState }) {
  return (
    <svg class="dot" viewBox="0 0 18 18" data-state={state} aria-hidden="true">
      <circle class="rim" cx="9" cy="9" r="9" />
      {shapeOf(state)}
    </svg>
  );
}

interface AvatarProps {
  name: string;
  address: string; // chooses the colour
  icon?: string | undefined; // the address of a picture; '' for none
  state?: PersonState | undefined;
  size?: 'small' | 'large' | undefined;
}

export function Avatar({ name, address, icon = '', state, size }: AvatarProps) {
  const [broken, setBroken] = useState(''); // a picture that cannot be shown
  const hasPicture = icon !== '' && icon !== broken;
  return (
    <span class={`avatar ${size ?? ''}`} data-hue={hueOf(address)} aria-hidden="true">
      {hasPicture
        ? <img class="face" src={icon} alt="" draggable={false} decoding="async" onError={() => setBroken(icon)} />
        : <span class="face">{initials(name)}</span>}
      {state && <Dot state={state} />}
    </span>
  );
}
