// What a person does in the page, and what he sees, in the words of its labels. SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { server } from './harness.mjs';

const navigation = (page) => page.getByRole('navigation', { name: 'Main' });
export const showTab = (page, name) => navigation(page).getByRole('button', { name: new RegExp(`^${name}`) }).click();
export const ownMenu = (page) => navigation(page).getByRole('button', { name: /Your status/ });
export const voicemail = (page) => navigation(page).getByRole('button', { name: /^Voicemail|Voicemail/ });

/** An item of a menu that a button opens. */
export async function pick(page, button, item) {
  await button.click();
  await page.getByRole('menu').getByText(item, { exact: typeof item === 'string' }).click();
}

export const dialog = (page, name) => page.getByRole('dialog', { name });

// ---- conversations

export async function converse(page, name) {
  await showTab(page, 'Chats');
  await page.getByRole('button', { name: 'Write to somebody new' }).click();
  await page.getByRole('combobox', { name: 'Write to somebody new' }).fill(name);
  await page.getByRole('button', { name: 'Write', exact: true }).click();
  await composer(page).waitFor();
}

export const composer = (page) => page.getByRole('textbox', { name: /^Message to / });

export async function write(page, text) {
  await composer(page).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** The line of a conversation in the list. */
export const entry = (page, name) => page.locator('.entry', { has: page.locator('.name').getByText(name, { exact: true }) });

export async function choose(page, name) {
  await showTab(page, 'Chats');
  await entry(page, name).click();
}

/** The message of that text. */
export const message = (page, text) =>
  page.locator('article.message').filter({ has: page.locator('.words').getByText(text, { exact: true }) });
export const sees = (page, text) => message(page, text).first().waitFor();
export const seesState = (page, text, state) =>
  page.locator(`article.message[data-state="${state}"]`).filter({ has: page.locator('.words').getByText(text, { exact: true }) })
    .first().waitFor();

export async function seesOnce(page, text) {
  await sees(page, text);
  assert.equal(await message(page, text).count(), 1, `"${text}" is shown more than once`);
}

/** 'delivered' or, once the other one has looked, 'displayed'. */
export const seesArrived = (page, text) =>
  page.locator('article.message[data-state="delivered"], article.message[data-state="displayed"]')
    .filter({ has: page.locator('.words').getByText(text, { exact: true }) }).first().waitFor();

export const textsOf = (page) => page.locator('article.message .words').allTextContents();

export async function chatBothWays(one, other, oneName, otherName) {
  await converse(one, otherName);
  await write(one, 'hello, grüße 😀');
  await choose(other, oneName);
  await sees(other, 'hello, grüße 😀');
  await seesArrived(one, 'hello, grüße 😀');
  await write(other, 'and back');
  await sees(one, 'and back');
  await seesArrived(other, 'and back');
}

// ---- people

export const personRow = (page, name) =>
  page.locator('.people-row.person', { has: page.locator('.name').getByText(name, { exact: true }) });
export const seesPerson = (page, name, state) => personRow(page, name).and(page.locator(`[data-state="${state}"]`)).waitFor();

export async function addPerson(page, address, { name = '', group = '' } = {}) {
  await showTab(page, 'People');
  await page.getByRole('button', { name: /^Add (?:a )?person/ }).first().click();
  const form = page.getByRole('dialog');
  await form.getByLabel('SIP address').fill(address);
  await form.getByLabel('Name', { exact: true }).fill(name);
  if (group) await form.getByLabel('New group').fill(group);
  await form.getByRole('button', { name: 'Add', exact: true }).click();
  await form.waitFor({ state: 'detached' });
  await personRow(page, name || address).first().waitFor();
}

/** The two know one another already, as far as the server is concerned. */
export async function befriend(...users) {
  for (const user of users)
    await server({ do: 'buddies', user, others: users.filter((other) => other !== user) });
}

export async function setStatus(page, status, note) {
  if (note === undefined) return pick(page, ownMenu(page), status);
  await pick(page, ownMenu(page), 'Note and picture …');
  const form = dialog(page, 'Your status');
  await form.getByRole('radio', { name: new RegExp(`^${status}`) }).check();
  await form.getByLabel('Note', { exact: true }).fill(note);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'detached' });
}
