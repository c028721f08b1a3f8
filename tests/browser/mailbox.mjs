// The voicemail light. SPDX-License-Identifier: MIT
import { dialog, voicemail } from './acts.mjs';
import { isAccessible, isConnected, isCutOff, person, picture, runTests, server } from './harness.mjs';

const set = (user, ...counts) => server({ do: 'run', words: ['mailbox', 'set', user, ...counts] });
const isLit = (page, lit) => page.locator(`.voicemail[data-lit="${lit}"][data-live="true"]`).waitFor();

await runTests({
  async 'the light is lit by what waits, with counts by kind, and goes out again'(a) {
    const alice = await person(a);
    await set(a, 'voice=2/1', 'fax=1/0');
    await isLit(alice, true);
    await voicemail(alice).click();
    const box = dialog(alice, 'Voicemail');
    await box.getByText('2 new voice messages, 1 new fax').waitFor();
    await box.getByRole('link', { name: 'Open the voicemail system' }).waitFor();
    await picture(alice, 'voicemail');
    await isAccessible(alice, 'voicemail');
    await set(a, 'voice=0/3', 'fax=0/0');
    await box.getByText('Nothing new').waitFor();
    await isLit(alice, false);
  },

  async 'what a voicemail system tells the API lights it as well'(a) {
    const alice = await person(a);
    await isLit(alice, false).catch(() => undefined);
    await server({ do: 'mailbox_counts', user: a, fresh: 3 });
    await isLit(alice, true);
  },

  async 'it is right after the server was killed and the mailbox changed meanwhile'(a) {
    const alice = await person(a);
    await set(a, 'voice=1/0');
    await isLit(alice, true);
    await server({ do: 'kill' });
    await isCutOff(alice);
    await server({ do: 'start' });
    await isConnected(alice);
    await isLit(alice, true);
    await set(a, 'voice=0/1');
    await isLit(alice, false);
  },
});
