// Logging in and out, sessions, and what the page keeps. SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { choose, composer, converse, dialog, ownMenu, pick, sees, seesState, showTab, write } from './acts.mjs';
import {
  DESKTOP, HTTPS_URL, fillLogin, isAccessible, isConnected, logIn, openPage, openTab, person, picture, runTests, server,
} from './harness.mjs';

const isLoginShown = (page) => page.getByRole('button', { name: 'Log in' }).waitFor();
const keptIn = (page) =>
  page.evaluate(async () => {
    const databases = await indexedDB.databases();
    return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, databases]);
  });

async function openSettings(page) {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: 'Settings' }).click();
  return dialog(page, 'Settings');
}

await runTests({
  async 'a wrong password, an unknown name and a foreign domain are told where one looks, and nothing typed is lost'(a) {
    const page = await openPage();
    await picture(page, 'login');
    await isAccessible(page, 'login');
    for (const user of [a, 'nobody-at-all']) {
      await fillLogin(page, user, 'guessed');
      await page.getByRole('alert').filter({ hasText: 'The address or the password is wrong.' }).waitFor();
      assert.equal(await page.getByLabel('SIP address').inputValue(), user);
    }
    await picture(page, 'login-wrong');
    await fillLogin(page, `${a}@other.test`, `${a}-secret`);
    await page.getByRole('alert').filter({ hasText: /no accounts of/ }).waitFor();
    await fillLogin(page, 'two words');
    await page.getByRole('alert').filter({ hasText: 'no user name and no SIP address' }).waitFor();
    await logIn(page, a);
  },

  async 'a user name, an address and a SIP URI all log in, over HTTP and HTTPS'(a) {
    for (const [typed, url] of [[a, undefined], [`${a}@example.test`, HTTPS_URL], [`sip:${a}@example.test`, undefined]]) {
      const page = await openPage(url ? { url } : {});
      await fillLogin(page, typed, `${a}-secret`);
      await isConnected(page);
    }
  },

  async 'the password leaves the page in no form, and is kept nowhere'(a) {
    const page = await openPage();
    const bodies = [];
    page.on('request', (request) => bodies.push(request.url(), request.postData() ?? '', JSON.stringify(request.headers())));
    await logIn(page, a, { stay: true });
    await showTab(page, 'People');
    const sent = [...bodies, ...page.sent].join('\n');
    assert.ok(!sent.includes(`${a}-secret`), 'it was sent');
    assert.ok(sent.includes('Digest'), 'nothing was asked for by digest');
    assert.ok(!(await keptIn(page)).includes(`${a}-secret`), 'it is kept');
    assert.ok(!(await page.content()).includes(`${a}-secret`));
  },

  async 'a reload asks for nothing; a new tab of a session that does not stay does'(a) {
    const page = await person(a);
    await page.reload();
    await isConnected(page);
    const other = await openTab(page.context());
    await isLoginShown(other);
    assert.ok((await other.getByLabel('SIP address').inputValue()).startsWith(a), 'the address is remembered');
  },

  async 'who stays logged in is in at once in a new tab, and after the browser was closed'(a) {
    const page = await openPage();
    await logIn(page, a, { stay: true });
    const other = await openTab(page.context());
    await isConnected(other);
    await other.close();
    const state = await page.context().storageState({ indexedDB: true });
    await page.context().close();
    const later = await openPage({ storageState: state });
    await isConnected(later);
  },

  async 'logging out ends the session on the server, and the page says nothing of it'(a) {
    const page = await openPage();
    await logIn(page, a, { stay: true });
    const state = await page.context().storageState();
    await pick(page, ownMenu(page), 'Log out');
    await isLoginShown(page);
    assert.equal(await page.getByRole('alert').filter({ hasText: /./ }).count(), 0);
    assert.equal(await page.getByLabel('Password', { exact: true }).inputValue(), '');
    const thief = await openPage({ storageState: state });
    await isLoginShown(thief);
    await thief.getByRole('alert').filter({ hasText: 'this session has ended' }).waitFor();
    await page.reload();
    await isLoginShown(page);
  },

  async 'who wants to be forgotten leaves nothing in the browser, and his history on the server'(a, b) {
    const page = await openPage();
    await logIn(page, a, { stay: true });
    await converse(page, b);
    await write(page, 'on the server');
    await seesState(page, 'on the server', 'kept');
    await composer(page).fill('a draft');
    const settings = await openSettings(page);
    await settings.getByRole('button', { name: 'Log out and forget' }).click();
    await dialog(page, /forget everything/).getByRole('button', { name: 'Log out and forget' }).click();
    await isLoginShown(page);
    assert.ok(!(await keptIn(page)).includes(a), await keptIn(page));
    assert.equal(await page.getByLabel('SIP address').inputValue(), '');
    await logIn(page, a);
    await choose(page, b);
    await sees(page, 'on the server');
    assert.equal(await composer(page).inputValue(), '');
  },

  async 'sessions are listed, and another one can be ended from here'(a) {
    const here = await person(a);
    const there = await person(a);
    const settings = await openSettings(here);
    await settings.getByText('This device').waitFor();
    await isAccessible(here, 'settings');
    await picture(here, 'settings');
    await settings.getByRole('button', { name: /^Log out: / }).click();
    await isLoginShown(there);
    await there.getByRole('alert').filter({ hasText: 'this session has ended' }).waitFor();
    await settings.getByRole('button', { name: 'Close' }).click();
    await showTab(here, 'People');
    await isConnected(here);
  },

  async 'a changed password ends the sessions, and the new one logs in'(a) {
    const page = await person(a);
    await server({ do: 'run', words: ['user', 'password', a], input: 'another-secret\n' });
    await isLoginShown(page);
    await fillLogin(page, a);
    await page.getByRole('alert').filter({ hasText: 'is wrong' }).waitFor();
    await logIn(page, a, { password: 'another-secret' });
  },

  async 'a server that cannot be reached is told, and the login can be tried again'(a) {
    const page = await openPage();
    await isLoginShown(page);
    await server({ do: 'kill' });
    await fillLogin(page, a);
    await page.getByRole('alert').filter({ hasText: 'no connection to the server' }).waitFor();
    assert.equal(await page.getByLabel('SIP address').inputValue(), a);
    await server({ do: 'start' });
    await page.getByRole('button', { name: 'Log in' }).click();
    await isConnected(page);
  },

  async 'German and English, light and dark, by the browser and by choice'(a) {
    const page = await openPage({ locale: 'de-DE', colorScheme: 'dark', viewport: DESKTOP });
    await page.getByRole('button', { name: 'Anmelden' }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await picture(page, 'login-de-dark');
    await page.getByLabel('SIP-Adresse').fill(a);
    await page.getByLabel('Passwort', { exact: true }).fill(`${a}-secret`);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await isConnected(page);
    await page.getByRole('button', { name: 'Einstellungen' }).click();
    await page.getByLabel('Sprache').selectOption({ label: 'English' });
    const settings = dialog(page, 'Settings');
    await settings.getByLabel('Colours').selectOption({ label: 'Light' });
    await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
    await page.reload();
    await isConnected(page);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  },
});
