// The pictures of docs/pictures, with people who have something to say to one another:
//   SCREENSHOTS=../../docs/pictures python3 pages.py pictures.mjs
// SPDX-License-Identifier: MIT
import { choose, composer, sees, setStatus, showTab, voicemail, write } from './acts.mjs';
import { PHONE, person, picture, runTests, server } from './harness.mjs';

const SIZE = { width: 1100, height: 700 };

/** A small company, as alice's list has it. */
async function colleagues(user, others) {
  await server({ do: 'people', user, groups: [
    ['Workshop', [[others[0], 'Ben Okafor'], [others[1], 'Chiara Rossi'], [others[2], 'Dana Weiß']]],
    ['Office', [[others[3], 'Emil Larsen'], [others[4], 'Fatma Yıldız']]],
  ] });
}

const say = (from, to, text) => server({ do: 'run', words: ['message', from, to, text] });

await runTests({
  async 'the pictures of the documents'(alice, ben) {
    const [chiara, dana, emil, fatma] = ['alice2', 'bob2', 'alice3', 'bob3'];
    await colleagues(alice, [ben, chiara, dana, emil, fatma]);
    await say(dana, alice, 'The ladder is back in the shed.');
    await say(alice, dana, 'Thank you!');
    await say(emil, alice, 'Invoice 2041 is paid.');
    await say(ben, alice, 'Good morning! The lamp in the east tower is out again.');
    await say(alice, ben, 'Again? Which one, the upper or the lower?');
    await say(ben, alice, 'The upper one. I will bring the long ladder at ten.');
    const others = [
      [await person(ben), 'Busy', 'On the roof until noon'], [await person(chiara), 'Available', 'Back from Genoa'],
      [await person(dana), 'Do not disturb', ''], [await person(emil), 'Away', 'At lunch'],
    ];
    for (const [page, status, note] of others) await setStatus(page, status, note);
    await server({ do: 'run', words: ['mailbox', 'set', alice, 'voice=2/1'] });
    const wide = await person(alice, { viewport: SIZE, colorScheme: 'light' });
    await choose(wide, 'Ben Okafor');
    await write(wide, 'Perfect. The key is at the desk, and the manual is at https://example.org/lamps');
    await wide.getByRole('button', { name: 'Not now' }).click();
    await sees(wide, 'The upper one. I will bring the long ladder at ten.');
    const [benPage] = others[0];
    await choose(benPage, alice);
    await composer(benPage).pressSequentially('See y', { delay: 20 });
    await wide.getByText('typing …').first().waitFor();
    await picture(wide, 'chat-light');
    await showTab(wide, 'People');
    await wide.getByText('On the roof until noon').first().waitFor();
    await wide.emulateMedia({ colorScheme: 'dark' });
    await picture(wide, 'people-dark');
    const phone = await person(alice, { viewport: PHONE, hasTouch: true, isMobile: true, deviceScaleFactor: 2 });
    await phone.getByText('Invoice 2041 is paid').waitFor();
    await voicemail(phone).getByText('2').first().waitFor();
    await picture(phone, 'phone-light');
  },
});
