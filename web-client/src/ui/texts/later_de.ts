// German: what is needed after the first view. SPDX-License-Identifier: MIT
import type { LaterTexts } from './catalogue';
import { people } from './de/people';
import { settings } from './de/settings';

export const laterDe: LaterTexts = { ...people, ...settings };
