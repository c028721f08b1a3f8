// English: what is needed after the first view. SPDX-License-Identifier: MIT
import { people } from './en/people';
import { settings } from './en/settings';

export const laterEn = { ...people, ...settings } as const;
