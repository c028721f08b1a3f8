// German.
// SPDX-License-Identifier: MIT
import type { Catalogue } from './catalogue';
import { common } from './de/common';
import { notifications } from './de/notifications';
import { people } from './de/people';
import { settings } from './de/settings';
import { shell } from './de/shell';

export const de: Catalogue = { ...common, ...notifications, ...people, ...settings, ...shell };
