// The page: who is logged in, and what is shown. SPDX-License-Identifier: MIT
import { render } from 'preact';
import { deviceName } from './browser/device_name';
import { createShelf } from './browser/shelf';
import { createSession, readSite } from './http/sessions';
import { KeptSessions } from './model/kept_sessions';
import { LoginModel } from './model/login';
import { PortError } from './model/ports';
import { SettingsModel } from './model/settings';
import { App } from './ui/app';

const shelf = createShelf(() => localStorage);
const settings = new SettingsModel(shelf);

/** What comes after the login is loaded while the person types. */
const loadRest = (): Promise<typeof import('./enter')> => import('./enter').catch((error: unknown) => {
  console.error(error);
  throw new PortError({ kind: 'no-connection', detail: '' });
});

const login = new LoginModel({
  shelf,
  sessions: new KeptSessions(shelf, createShelf(() => sessionStorage)),
  deviceName: deviceName(navigator.userAgent),
  readSite: () => readSite(),
  createSession: (wish) => createSession(wish),
  enter: async (session, onEnd) => (await loadRest()).enter(session, settings, onEnd),
});

void login.resume();
void loadRest().catch(() => undefined);
render(<App login={login} account={login.account} settings={settings} />, document.getElementById('page')!);
