// German.
// SPDX-License-Identifier: MIT
import type { Catalogue } from './catalogue';
import { chat } from './de/chat';
import { common } from './de/common';
import { notifications } from './de/notifications';
import { people } from './de/people';
import { settings } from './de/settings';
import { shell } from './de/shell';

export const de: Catalogue = { ...chat, ...common, ...notifications, ...people, ...settings, ...shell };
