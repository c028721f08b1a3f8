// Makes the account of a session: what is behind the login, JsSIP among it, is loaded with this file.
// SPDX-License-Identifier: MIT
import { clock } from './browser/clock';
import { BrowserNotifier } from './browser/notifier';
import { BrowserTabs } from './browser/tabs';
import { createApi } from './http/api';
import { openKeep } from './keep/keep';
import { AccountModel } from './model/account';
import { accountOf, type KeptSession } from './model/kept_sessions';
import type { Ending } from './model/login';
import type { Settings } from './model/views';
import { claimDevice, forgetDevices } from './sip/device';
import { createLink } from './sip/link';
import { noticeWords } from './ui/notice_words';
import { showWhat } from './ui/parts';

/** The server that the page came from. */
function socketUrl(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

/** Begins the account; `onEnd` is called once, when it has ended. */
export async function enter(
  session: KeptSession, settings: Settings, onEnd: (ending: Ending) => void,
): Promise<AccountModel> {
  const { user, domain, secret, site } = session;
  const self = { user, domain };
  const name = accountOf(session);
  const device = await claimDevice(name);
  const keep = await openKeep({ account: name, device: device.number, others: device.others });
  const link = createLink({
    url: socketUrl(), address: self, password: secret, isSession: true, instance: device.instance,
  });
  const api = createApi({
    address: self, secret, origin: location.origin,
    onSessionEnded: () => account.wasEnded({ kind: 'session-ended', detail: '' }),
  });
  const onHide = (): void => account.pause();
  const account = new AccountModel({
    self, site, sessionId: session.id, link, api, keep, clock, tabs: new BrowserTabs(name, clock),
    notifier: new BrowserNotifier(), settings, words: noticeWords, onLook: (kind) => showWhat(account, kind),
    onEnd(ending) {
      removeEventListener('pagehide', onHide);
      device.release();
      if (ending.forget) forgetDevices(name);
      onEnd(ending);
    },
  });
  addEventListener('pagehide', onHide);
  return account;
}
