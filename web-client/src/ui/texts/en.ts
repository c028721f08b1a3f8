// English, the language that says which texts there are.
// SPDX-License-Identifier: MIT
import { common } from './en/common';

export const en = { ...common } as const;
