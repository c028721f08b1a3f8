// At the edge: oneself, the lists, voicemail, settings. On a narrow screen it lies at the bottom.
// SPDX-License-Identifier: MIT
import type { Account } from '../../model/views';
import { Badge } from '../common/badge';
import { Icon, type IconName } from '../common/icon';
import { tab, type Tab } from '../navigation';
import { OwnMenu } from '../own/own_menu';
import { VoicemailLamp } from '../own/voicemail_lamp';
import { showSettings } from '../parts';
import { t } from '../texts';

function TabButton({ name, icon, label, count, about }: {
  name: Tab; icon: IconName; label: string; count: number; about: string;
}) {
  return (
    <button type="button" class="rail-item" aria-current={tab.value === name ? 'page' : undefined}
      onClick={() => { tab.value = name; }}>
      <span class="rail-icon"><Icon name={icon} /><Badge count={count} /></span>
      <span>{label}</span>
      {count > 0 && <span class="unseen">{about}</span>}
    </button>
  );
}

export function Rail({ account }: { account: Account }) {
  const unread = account.conversations.unread.value;
  const requests = account.people.requests.value.length;
  return (
    <nav class="rail" aria-label={t('nav.label')}>
      <OwnMenu account={account} />
      <TabButton name="chats" icon="chats" label={t('nav.chats')} count={unread}
        about={t('nav.unread', { count: unread })} />
      <TabButton name="people" icon="people" label={t('nav.people')} count={requests}
        about={t('nav.requests', { count: requests })} />
      <VoicemailLamp account={account} />
      <button type="button" class="rail-item settings" onClick={() => showSettings(account)}>
        <span class="rail-icon"><Icon name="settings" /></span>
        <span>{t('nav.settings')}</span>
      </button>
    </nav>
  );
}
