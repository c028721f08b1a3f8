// German: what notifications of the browser say. SPDX-License-Identifier: MIT
import type { Translated } from '../catalogue';
import type { notifications as english } from '../en/notifications';

export const notifications: Translated<typeof english> = {
  'notification.request': '{name} möchte Ihre Anwesenheit sehen',
  'notification.requestBody': 'Erlauben oder ablehnen können Sie das in Ihrer Personenliste.',
  'notification.unreadable': 'Hat etwas geschickt, das hier nicht gezeigt werden kann.',
  'notification.voicemail': { one: '{count} neue Sprachnachricht', other: '{count} neue Sprachnachrichten' },
  'notification.voicemailBody': 'In Ihrem Anrufbeantworter ist etwas Neues.',
};
