// English: what notifications of the browser say. SPDX-License-Identifier: MIT
export const notifications = {
  'notification.request': '{name} wants to see your presence',
  'notification.requestBody': 'Allow or block it in your list of people.',
  'notification.unreadable': 'Sent something that cannot be shown here.',
  'notification.voicemail': { one: '{count} new voicemail message', other: '{count} new voicemail messages' },
  'notification.voicemailBody': 'Your voicemail box has something new.',
} as const;
