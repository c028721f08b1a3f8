// The list of people, requests and rules, one's own status. SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {
  addPerson, befriend, dialog, ownMenu, personRow, pick, seesPerson, setStatus, showTab,
} from './acts.mjs';
import {
  WAIT_MS, isAccessible, isConnected, isCutOff, logIn, openPage, openTab, person, picture, runTests, server,
} from './harness.mjs';

const note = (page, name, text) => personRow(page, name).getByText(text).waitFor();
const menuOf = (page, name) => page.getByRole('button', { name: `More about ${name}`, exact: true });

await runTests({
  async 'an empty list helps; who is added is seen, and so on every device'(a, b) {
    const alice = await person(a);
    const laptop = await person(a);
    await showTab(alice, 'People');
    await alice.getByText('Nobody here yet').waitFor();
    await picture(alice, 'people-empty');
    await showTab(laptop, 'People');
    await addPerson(alice, b, { name: 'Bob Baumeister', group: 'Site' });
    await seesPerson(alice, 'Bob Baumeister', 'offline');
    await seesPerson(laptop, 'Bob Baumeister', 'offline');
    await laptop.getByRole('button', { name: /^Site/ }).waitFor();
    const bob = await person(b);
    await seesPerson(alice, 'Bob Baumeister', 'available');
    await seesPerson(laptop, 'Bob Baumeister', 'available');
    await isAccessible(alice, 'people');
    await picture(alice, 'people');
    await bob.close();
    await seesPerson(alice, 'Bob Baumeister', 'offline');
  },

  async 'people are renamed, grouped, searched for and removed'(a, b) {
    await befriend(a, b);
    const alice = await person(a);
    await showTab(alice, 'People');
    await pick(alice, menuOf(alice, b), 'Rename …');
    await alice.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Ünal Çelik');
    await alice.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await personRow(alice, 'Ünal Çelik').waitFor();
    await pick(alice, menuOf(alice, 'Ünal Çelik'), 'Groups …');
    await alice.getByRole('dialog').getByLabel('New group').fill('Night shift');
    await alice.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await alice.getByRole('button', { name: /^Night shift/ }).waitFor();
    await alice.getByLabel('Search people').fill('unal');
    await personRow(alice, 'Ünal Çelik').first().waitFor();
    await alice.getByLabel('Search people').fill('nobody is called this');
    await alice.getByText(/^Nobody in your list is called/).waitFor();
    await alice.getByLabel('Search people').fill('');
    await pick(alice, menuOf(alice, 'Ünal Çelik').first(), 'Remove …');
    await alice.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await personRow(alice, 'Ünal Çelik').first().waitFor({ state: 'detached' });
  },

  async 'an address that is none, or nobody, is told in the dialog'(a) {
    const alice = await person(a);
    await showTab(alice, 'People');
    await alice.getByRole('button', { name: /^Add (?:a )?person/ }).first().click();
    const form = alice.getByRole('dialog');
    await form.getByLabel('SIP address').fill('two words');
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    await form.getByRole('alert').filter({ hasText: 'no SIP address' }).waitFor();
    assert.equal(await form.getByLabel('SIP address').inputValue(), 'two words');
    await form.getByLabel('SIP address').fill('nobody-at-all');
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    await alice.getByText('Nobody has this address').first().waitFor();
  },

  async 'a status with a note is seen by others, held after a reload and on another device'(a, b) {
    await befriend(a, b);
    const alice = await person(a);
    const bob = await person(b);
    await showTab(alice, 'People');
    await seesPerson(alice, b, 'available');
    for (const [status, state] of [['Busy', 'busy'], ['Away', 'away'], ['Do not disturb', 'do-not-disturb']]) {
      await setStatus(bob, status, `${status} because of the roof`);
      await seesPerson(alice, b, state);
      await note(alice, b, `${status} because of the roof`);
    }
    await bob.reload();
    await isConnected(bob);
    await ownMenu(bob).getByText('Do not disturb').waitFor();
    const phone = await person(b);
    await ownMenu(phone).getByText('Do not disturb').waitFor();
    await pick(phone, ownMenu(phone), 'Available');
    await ownMenu(bob).getByText('Available').waitFor();
    await seesPerson(alice, b, 'available');
  },

  async 'who is invisible is offline for others, and can still write'(a, b) {
    await befriend(a, b);
    const alice = await person(a);
    const bob = await person(b);
    await showTab(alice, 'People');
    await seesPerson(alice, b, 'available');
    await setStatus(bob, 'Invisible');
    await seesPerson(alice, b, 'offline');
    const second = await openTab(bob.context());
    await second.close();
    await setStatus(bob, 'Available');
    await seesPerson(alice, b, 'available');
  },

  async 'nobody touches the pages: away by itself, and back with the first move; two devices agree'(a, b) {
    await befriend(a, b);
    const alice = await person(a);
    await showTab(alice, 'People');
    const pages = [];
    for (let count = 0; count < 2; count += 1) {
      const page = await openPage();
      await page.clock.install();
      pages.push(await logIn(page, b));
    }
    const [desk, laptop] = pages;
    await seesPerson(alice, b, 'available');
    await desk.clock.fastForward('11:00');
    await laptop.mouse.move(20, 20);
    await seesPerson(alice, b, 'available');
    await laptop.clock.fastForward('11:00');
    await seesPerson(alice, b, 'away');
    await ownMenu(laptop).getByText('Away (automatically)').waitFor();
    await desk.mouse.move(30, 30);
    await seesPerson(alice, b, 'available');
  },

  async 'a request is asked about, and allow and block are obeyed and revoked'(a, b) {
    await server({ do: 'run', words: ['ask', a, b] });
    const alice = await person(a);
    const bob = await person(b);
    await addPerson(bob, a);
    await personRow(bob, a).getByText('Has not answered your request yet').waitFor();
    await alice.getByRole('button', { name: /1 request/ }).click();
    await alice.getByRole('listitem').filter({ hasText: 'wants to see your presence' }).waitFor();
    await picture(alice, 'request');
    await isAccessible(alice, 'request');
    await alice.getByRole('button', { name: 'Allow', exact: true }).click();
    await seesPerson(bob, a, 'available');
    await pick(alice, alice.getByRole('button', { name: 'More', exact: true }), /^Who may see my presence/);
    const rules = dialog(alice, 'Who may see my presence');
    await rules.getByLabel(/^Decision about/).selectOption({ label: 'Blocked' });
    await personRow(bob, a).getByText('Does not show you their presence').waitFor();
    await rules.getByLabel(/^Decision about/).selectOption({ label: 'Allowed' });
    await seesPerson(bob, a, 'available');
  },

  async 'while the connection is away presence is grey, and right again after it'(a, b) {
    await befriend(a, b);
    const alice = await person(a);
    const bob = await person(b);
    await showTab(alice, 'People');
    await seesPerson(alice, b, 'available');
    await server({ do: 'kill' });
    await isCutOff(alice);
    await seesPerson(alice, b, 'unknown');
    await alice.getByText('Reconnecting …').waitFor();
    await picture(alice, 'reconnecting');
    await server({ do: 'start' });
    await isConnected(alice);
    await isConnected(bob);
    await seesPerson(alice, b, 'available');
  },

  async 'five hundred people are there, and only some of them drawn'(a) {
    const others = Array.from({ length: 500 }, (_, index) => `person-${String(index).padStart(3, '0')}`);
    await server({ do: 'buddies', user: a, others });
    const alice = await person(a);
    await showTab(alice, 'People');
    await personRow(alice, 'person-000').waitFor();
    assert.ok((await alice.locator('.people-row').count()) < 100, 'only what is in sight');
    await alice.getByLabel('Search people').fill('person-499');
    await personRow(alice, 'person-499').waitFor({ timeout: WAIT_MS });
    await picture(alice, 'people-many');
  },
});
