// What waits in the mailbox, and how to get at it. SPDX-License-Identifier: MIT
import type { MailboxState } from '../../model/ports';
import type { Account } from '../../model/views';
import { Button } from '../common/button';
import { copyText } from '../common/copy';
import { Dialog } from '../common/dialog';
import { Icon } from '../common/icon';
import { t } from '../texts';
import './own.css';
import { freshText } from './voicemail_lamp';

function Counts({ counts }: Pick<MailboxState, 'counts'>) {
  return (
    <table class="counts">
      <thead>
        <tr>
          <th scope="col">{t('voicemail.kind')}</th>
          <th scope="col">{t('voicemail.fresh')}</th>
          <th scope="col">{t('voicemail.old')}</th>
        </tr>
      </thead>
      <tbody>
        {counts.map(({ kind, fresh, old }) => (
          <tr key={kind} data-lit={fresh > 0}>
            <th scope="row">{t(`voicemail.kind.${kind}`)}</th>
            <td>{fresh}</td>
            <td>{old}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Only what leads to a telephone: the mailbox' own address where it is one, else the number. */
function callLink(account: string, number: string): string {
  const uri = /<([^<>]*)>/.exec(account)?.[1] ?? account.trim();
  return /^(sips?|tel):/i.test(uri) ? uri : `tel:${number.replace(/[^\d+*#]/g, '')}`;
}

export function VoicemailDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { state, isLive, number, url } = account.mailbox;
  const known = state.value;
  const counts = known?.counts.filter(({ fresh, old }) => fresh + old > 0) ?? [];
  return (
    <Dialog title={t('voicemail.title')} onClose={onClose}>
      <div class="mailbox" data-lit={known?.isWaiting ?? false}>
        <Icon name="voicemail" />
        <p role="status">{freshText(known)}</p>
      </div>
      {!known && <p class="soft">{t('voicemail.noneAbout')}</p>}
      {known && !isLive.value && <p class="soft">{t('voicemail.stale')}</p>}
      {counts.length > 0 && <Counts counts={counts} />}
      {number.value !== '' && (
        <div class="number">
          <p><span class="soft small">{t('voicemail.number')}</span> <bdi class="cut">{number}</bdi></p>
          <a class="button primary" href={callLink(known?.account ?? '', number.value)}>
            <Icon name="call" />{t('voicemail.call')}
          </a>
          <Button icon="copy" onClick={() => void copyText(number.value)}>{t('voicemail.copy')}</Button>
        </div>
      )}
      {url !== '' && (
        <p><a href={url} target="_blank" rel="noopener noreferrer">{t('voicemail.system')}</a></p>
      )}
    </Dialog>
  );
}
