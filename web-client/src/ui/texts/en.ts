// English, the language that says which texts there are.
// SPDX-License-Identifier: MIT
import { common } from './en/common';
import { notifications } from './en/notifications';
import { people } from './en/people';
import { settings } from './en/settings';
import { shell } from './en/shell';

export const en = { ...common, ...notifications, ...people, ...settings, ...shell } as const;
