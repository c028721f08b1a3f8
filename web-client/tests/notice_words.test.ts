// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { noticeWords } from '../src/ui/notice_words';
import { setLanguage } from '../src/ui/texts';

test.each([
  ['en', ['Bob: hello', 'Bob: Sent something', 'Bob wants to see your presence: Allow', '1 new voicemail message: Your',
    '3 new voicemail messages: Your']],
  ['de', ['Bob: hello', 'Bob: Hat etwas', 'Bob möchte Ihre Anwesenheit sehen: Erlauben', '1 neue Sprachnachricht: In',
    '3 neue Sprachnachrichten: In']],
])('in %s', async (language, starts) => {
  await setLanguage(language);
  const notices = [
    noticeWords({ kind: 'message', name: 'Bob', text: 'hello' }),
    noticeWords({ kind: 'message', name: 'Bob', text: '' }),
    noticeWords({ kind: 'request', name: 'Bob' }), noticeWords({ kind: 'voicemail', fresh: 1 }),
    noticeWords({ kind: 'voicemail', fresh: 3 }),
  ].map(({ title, body }) => `${title}: ${body}`);
  notices.forEach((text, at) => expect(text.startsWith(starts[at]!)).toBe(true));
});
