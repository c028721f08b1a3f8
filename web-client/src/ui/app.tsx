// The page: the login view, or the account of whoever is logged in. SPDX-License-Identifier: MIT
import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Account, Login, Settings, Theme } from '../model/views';
import { closeDialogs, Dialogs } from './common/dialogs';
import { LiveRegion, Notices } from './common/notices';
import { LoginView } from './login/login_view';
import { Shell } from './shell/shell';
import './style/index.css';
import { hasTexts, notLoaded, setLanguage } from './texts';

interface AppProps {
  login: Login;
  account: ReadonlySignal<Account | null>;
  settings?: Settings; // of this browser, known before one is logged in
}

/** Here, and in the browser's own bar above the page. */
function showTheme(theme: Theme): void {
  const { dataset } = document.documentElement;
  if (theme === 'system') delete dataset['theme'];
  else dataset['theme'] = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const { of } = meta.dataset;
    meta.media = theme === 'system' ? `(prefers-color-scheme: ${of})` : of === theme ? 'all' : 'not all';
  }
}

export function App({ login, account, settings }: AppProps) {
  const person = account.value;
  const known = person?.settings ?? settings;
  const language = known?.language.value ?? '';
  const theme = known?.theme.value ?? 'system';
  useEffect(() => void setLanguage(language), [language]);
  useEffect(() => showTheme(theme), [theme]);
  useEffect(() => closeDialogs, [person]);
  if (!hasTexts.value) { // a moment, at the very beginning
    return <main class="login"><p class="returning" role="status">{notLoaded.value}</p></main>;
  }
  return (
    <>
      {person ? <Shell key={person} account={person} /> : <LoginView login={login} />}
      <Dialogs />
      <LiveRegion />
      <Notices />
    </>
  );
}
