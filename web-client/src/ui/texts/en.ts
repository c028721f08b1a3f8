// English, the language that says which texts there are.
// SPDX-License-Identifier: MIT
import { chat } from './en/chat';
import { common } from './en/common';
import { notifications } from './en/notifications';
import { people } from './en/people';
import { settings } from './en/settings';
import { shell } from './en/shell';

export const en = { ...chat, ...common, ...notifications, ...people, ...settings, ...shell } as const;
