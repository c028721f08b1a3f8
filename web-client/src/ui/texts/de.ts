// German.
// SPDX-License-Identifier: MIT
import type { Catalogue } from './catalogue';
import { common } from './de/common';

export const de: Catalogue = { ...common };
