// German.
// SPDX-License-Identifier: MIT
import type { Catalogue } from './catalogue';
import { common } from './de/common';
import { notifications } from './de/notifications';

export const de: Catalogue = { ...common, ...notifications };
