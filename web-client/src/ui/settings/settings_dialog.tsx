// What is set for this browser, where one is logged in, and the ways out. SPDX-License-Identifier: MIT
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Account, Theme } from '../../model/views';
import { Button } from '../common/button';
import { Dialog } from '../common/dialog';
import { confirmed } from '../common/dialogs';
import { ProblemLine } from '../common/problem_line';
import { forgetPersonal } from '../remembered';
import { LANGUAGES, t } from '../texts';
import { Sessions } from './sessions';
import './settings.css';

const THEMES: readonly Theme[] = ['system', 'light', 'dark'];
const AWAY_MINUTES: readonly number[] = [0, 5, 10, 15, 30, 60];

function Choice<Value extends string | number>({ label, setting, options }: {
  label: string; setting: Signal<Value>; options: readonly (readonly [value: Value, text: string])[];
}) {
  return (
    <label class="setting">
      <span>{label}</span>
      <select class="input" value={String(setting.value)} onChange={({ currentTarget }) => {
        const chosen = options[currentTarget.selectedIndex];
        if (chosen) setting.value = chosen[0];
      }}>
        {options.map(([value, text]) => <option key={value} value={String(value)}>{text}</option>)}
      </select>
    </label>
  );
}

function Switch({ label, hint, isOn, onChange, isDisabled = false }: {
  label: string; hint?: string; isOn: boolean; onChange(isOn: boolean): void; isDisabled?: boolean;
}) {
  return (
    <label class="choice">
      <input type="checkbox" role="switch" checked={isOn} disabled={isDisabled}
        onChange={({ currentTarget }) => {
          const wanted = currentTarget.checked;
          currentTarget.checked = isOn; // until it is so
          onChange(wanted);
        }} />
      <span>{label}</span>
      {hint && <span class="hint">{hint}</span>}
    </label>
  );
}

function Notifications({ account }: { account: Account }) {
  const { settings, notifying } = account;
  const [isRefused, setRefused] = useState(false);
  const permission = notifying.value;
  const turn = async (isOn: boolean): Promise<void> => {
    setRefused(false);
    if (isOn && notifying.value === 'default') await account.askToNotify();
    const isAllowed = notifying.value === 'granted';
    settings.notifications.value = isOn && isAllowed;
    setRefused(isOn && !isAllowed);
  };
  const isForbidden = permission === 'denied' || (isRefused && permission === 'default');
  return (
    <>
      <Switch label={t('settings.notifications')} hint={t('settings.notificationsHint')}
        isOn={settings.notifications.value && permission === 'granted'} isDisabled={permission === 'unsupported'}
        onChange={(isOn) => void turn(isOn)} />
      {permission === 'unsupported' && <p class="hint">{t('settings.unsupported')}</p>}
      <ProblemLine sentence={isForbidden ? t('settings.forbidden') : ''} />
    </>
  );
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return <section class="settings-section"><h3>{title}</h3>{children}</section>;
}

function LogOut({ account }: { account: Account }) {
  const forget = async (): Promise<void> => {
    const isSure = await confirmed({
      title: t('settings.forgetTitle'), text: t('settings.forgetText'), yes: t('settings.forget'), isDanger: true,
    });
    if (!isSure) return;
    forgetPersonal(addressText(account.self));
    await account.logOut(true);
  };
  return (
    <div class="answers">
      <Button icon="log-out" onClick={() => void account.logOut(false)}>{t('nav.logOut')}</Button>
      <Button icon="trash" onClick={() => void forget()}>{t('settings.forget')}</Button>
    </div>
  );
}

/** Also what was set elsewhere and is none of ours. */
function awayOptions(now: number): readonly (readonly [number, string])[] {
  return [...new Set([...AWAY_MINUTES, now])].map((count) =>
    [count, count === 0 ? t('settings.never') : t('settings.minutes', { count })] as const);
}

export function SettingsDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { settings, site, self } = account;
  const { sound, receipts, awayAfterMinutes } = settings;
  return (
    <Dialog title={t('nav.settings')} isWide onClose={onClose}>
      <Section title={t('settings.looks')}>
        <Choice label={t('settings.language')} setting={settings.language}
          options={[{ code: '', name: t('settings.browserLanguage') }, ...LANGUAGES]
            .map(({ code, name }) => [code, name] as const)} />
        <Choice label={t('settings.theme')} setting={settings.theme}
          options={THEMES.map((theme) => [theme, t(`settings.theme.${theme}`)] as const)} />
      </Section>
      <Section title={t('settings.told')}>
        <Notifications account={account} />
        <Switch label={t('settings.sound')} isOn={sound.value} onChange={(isOn) => { sound.value = isOn; }} />
        <p class="hint">{t('settings.quiet')}</p>
      </Section>
      <Section title={t('settings.shown')}>
        <Switch label={t('settings.receipts')} hint={t('settings.receiptsHint')} isOn={receipts.value}
          onChange={(isOn) => { receipts.value = isOn; }} />
        <Choice label={t('settings.awayAfter')} setting={awayAfterMinutes}
          options={awayOptions(awayAfterMinutes.value)} />
      </Section>
      <Section title={t('sessions.title')}><Sessions account={account} /></Section>
      <Section title={t('settings.account')}>
        <p class="soft"><bdi>{addressText(self)}</bdi> · {site.product}</p>
        <LogOut account={account} />
      </Section>
    </Dialog>
  );
}
