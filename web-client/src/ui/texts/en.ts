// English, the language that says which texts there are.
// SPDX-License-Identifier: MIT
import { common } from './en/common';
import { notifications } from './en/notifications';

export const en = { ...common, ...notifications } as const;
