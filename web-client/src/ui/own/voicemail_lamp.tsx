// The voicemail light: lit while something new waits. SPDX-License-Identifier: MIT
import { useEffect, useRef } from 'preact/hooks';
import type { MailboxState } from '../../model/ports';
import type { Account } from '../../model/views';
import { Badge } from '../common/badge';
import { Icon } from '../common/icon';
import { announce } from '../common/notices';
import { showVoicemail } from '../parts';
import { t } from '../texts';

export function freshCount(state: MailboxState | null): number {
  return state?.counts.reduce((sum, { fresh }) => sum + fresh, 0) ?? 0;
}

/** "2 new voice messages, 1 new fax" */
export function freshText(state: MailboxState | null): string {
  if (!state) return t('voicemail.none');
  const fresh = state.counts.filter((one) => one.fresh > 0);
  if (fresh.length === 0) return t(state.isWaiting ? 'voicemail.waiting' : 'voicemail.nothingNew');
  return fresh.map(({ kind, fresh: count }) => t(`voicemail.new.${kind}`, { count })).join(', ');
}

/** Says what has changed; what was so when the page was opened is no news. */
function useAnnouncement(state: MailboxState | null): void {
  const text = freshText(state);
  const known = useRef<string | null>(state && text);
  useEffect(() => {
    if (!state) return;
    if (known.current !== null && known.current !== text) announce(t('voicemail.changed', { text }));
    known.current = text;
  }, [state, text]);
}

export function VoicemailLamp({ account }: { account: Account }) {
  const { state, isLive } = account.mailbox;
  const known = state.value;
  useAnnouncement(known);
  const isLit = known?.isWaiting ?? false;
  const text = freshText(known);
  return (
    <button type="button" class="rail-item voicemail" data-lit={isLit} data-live={isLive.value || known === null}
      title={text} onClick={() => showVoicemail(account)}>
      <span class="rail-icon"><Icon name="voicemail" /><Badge count={freshCount(known)} /></span>
      <span>{t('voicemail.title')}</span>
      <span class="unseen">: {text}</span>
    </button>
  );
}
