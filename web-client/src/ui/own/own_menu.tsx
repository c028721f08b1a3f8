// Oneself: the status to choose from, and what belongs to the account. SPDX-License-Identifier: MIT
import { addressLabel, addressText } from '../../model/address';
import type { StatusKind } from '../../model/ports';
import type { Account } from '../../model/views';
import { Avatar, Dot } from '../common/avatar';
import { announce, complain } from '../common/notices';
import { Menu, type MenuItem } from '../common/menu';
import { showHelp, showSettings, showStatusDialog } from '../parts';
import { t } from '../texts';
import { KINDS, shownState, stateOf } from './own_state';

async function choose({ own }: Account, kind: StatusKind): Promise<void> {
  const problem = await own.choose(kind, own.chosen.peek().note);
  if (problem) complain(problem);
  else announce(t('own.chosen', { status: t(`state.${kind}`) }));
}

function itemsOf(account: Account): readonly MenuItem[] {
  const { kind } = account.own.chosen.value;
  return [
    ...KINDS.map((one): MenuItem => ({
      label: t(`state.${one}`), mark: <Dot state={stateOf(one)} />, isChecked: one === kind,
      act: () => void choose(account, one),
    })),
    'line',
    { label: t('own.edit'), icon: 'edit', act: () => showStatusDialog(account) },
    'line',
    { label: t('nav.settings'), icon: 'settings', act: () => showSettings(account) },
    { label: t('nav.help'), icon: 'help', act: showHelp },
    { label: t('nav.logOut'), icon: 'log-out', act: () => void account.logOut(false) },
  ];
}

/** The words for one's state: what was chosen, and what has come of it. */
export function ownStateText(account: Account): string {
  const { own, status } = account;
  if (status.value.kind !== 'online') return t('own.offline');
  if (own.isAutomaticallyAway.value) return t('own.automaticallyAway');
  if (own.chosen.value.kind === 'invisible') return t('state.invisible');
  return t(`state.${shownState(account)}`);
}

export function OwnMenu({ account }: { account: Account }) {
  const { self, site } = account;
  const text = ownStateText(account);
  return (
    <Menu class="rail-item own" label={t('own.menu')} isNamed items={() => itemsOf(account)}>
      <Avatar name={addressLabel(self, site.domain)} address={addressText(self)} icon={account.own.chosen.value.icon}
        state={shownState(account)} />
      <span><span class="unseen">{t('own.menu')}: </span>{text}</span>
    </Menu>
  );
}
