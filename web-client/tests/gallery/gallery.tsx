// Draws one scene of scenes.ts. SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { render } from 'preact';
import { App } from '../../src/ui/app';
import type { Account, Theme } from '../../src/model/views';
import { FakeAccount } from '../fakes';
import { FakeLogin, scenes } from './scenes';

const wanted = new URLSearchParams(location.search);
const login = new FakeLogin();
const account = new FakeAccount();
account.settings.language.value = wanted.get('language') ?? 'en';
account.settings.theme.value = (wanted.get('theme') ?? 'system') as Theme;
const isIn = scenes[wanted.get('scene') ?? 'chats']!(account, login);
const shown = signal<Account | null>(isIn ? account : null);
Object.assign(globalThis, { account, login, shown });
render(<App login={login} account={shown} settings={account.settings} />, document.getElementById('page')!);
