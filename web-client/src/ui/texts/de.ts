// German: the first view.
// SPDX-License-Identifier: MIT
import type { FirstTexts } from './catalogue';
import { chat } from './de/chat';
import { common } from './de/common';
import { notifications } from './de/notifications';
import { shell } from './de/shell';

export const de: FirstTexts = { ...chat, ...common, ...notifications, ...shell };
