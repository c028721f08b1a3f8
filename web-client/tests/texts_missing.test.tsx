// The page while its texts cannot be loaded. SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { expect, test, vi } from 'vitest';
import type { Account, Login } from '../src/model/views';
import { App } from '../src/ui/app';
import { LANGUAGES } from '../src/ui/texts';

test('it says so in the language of the browser, and is there as soon as they come', async () => {
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de-AT']);
  const german = LANGUAGES.find(({ code }) => code === 'de')!;
  const load = vi.spyOn(german, 'load').mockRejectedValueOnce(new TypeError('Failed to fetch'));
  const account = signal<Account | null>(null);
  const login: Login = {
    problem: signal(null), isBusy: signal(false), rememberedAddress: '', logIn: async () => null,
  };
  const page = document.body;
  act(() => render(<App login={login} account={account} />, page));
  await vi.waitFor(() => expect(page.textContent).toBe(german.notLoaded));
  expect(document.documentElement.lang).toBe('de');
  await vi.waitFor(() => expect(page.querySelector('form')?.textContent).toContain('Passwort'), 3000);
  expect(load).toHaveBeenCalledTimes(2);
  act(() => render(null, page));
});
