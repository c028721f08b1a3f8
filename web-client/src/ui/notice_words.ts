// The sentences of browser notifications. SPDX-License-Identifier: MIT
import type { Notice } from '../model/notifications';
import { t } from './texts';

export function noticeWords(notice: Notice): { title: string; body: string } {
  if (notice.kind === 'message') return { title: notice.name, body: notice.text || t('notification.unreadable') };
  if (notice.kind === 'request')
    return { title: t('notification.request', { name: notice.name }), body: t('notification.requestBody') };
  return { title: t('notification.voicemail', { count: notice.fresh }), body: t('notification.voicemailBody') };
}
