// English, the language that says which texts there are: those of the first view.
// SPDX-License-Identifier: MIT
import { chat } from './en/chat';
import { common } from './en/common';
import { notifications } from './en/notifications';
import { shell } from './en/shell';

export const en = { ...chat, ...common, ...notifications, ...shell } as const;
