// The web client in Chromium, as two people use it. test_chat.py starts the server and does to it what this script
// asks for: a line "@kill", "@start" or "@silent USER" on standard output, answered by a line on standard input.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const { HTTP_URL, HTTPS_URL, CHROMIUM = '/usr/bin/chromium', SCREENSHOTS } = process.env;
const WAIT_MS = Number(process.env.BROWSER_WAIT_MS ?? 60_000);
const PHONE = { width: 360, height: 640 };

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function server(command) {
  console.log(`@${command}`);
  await answers.next();
}

// ---- what a person does

/** A person in a browser of their own; ended with the test. */
async function openPage(browser, options = {}) {
  const { url = HTTP_URL, ...more } = options;
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...more });
  return openTab(context, url);
}

async function openTab(context, url = HTTP_URL) {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.problems = [];
  page.sent = []; // SIP messages over all its WebSockets
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => page.sent.push(`${payload}`)));
  page.on('pageerror', (error) => page.problems.push(`${error}`));
  page.on('console', (line) => {
    if (/Content Security Policy|Refused to/.test(line.text())) page.problems.push(line.text());
  });
  page.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(url).host) page.problems.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

async function fillLogin(page, user, password = `${user}-secret`) {
  await page.getByLabel('SIP address').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function logIn(page, user) {
  await fillLogin(page, user);
  await isConnected(page);
  return page;
}

const isConnected = (page) => page.locator('.status[data-kind="online"]').waitFor();
const isCutOff = (page) => page.locator('.status[data-kind="offline"]').waitFor();

async function converse(page, name) {
  await page.getByLabel('Start a conversation with').fill(name);
  await page.getByRole('button', { name: 'Open' }).click();
}

async function write(page, text) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

const choose = (page, name) => page.getByRole('navigation').getByRole('button', { name }).click();
const message = (page, text) => page.locator('.message', { has: page.getByText(text, { exact: true }) });
const sees = (page, text) => message(page, text).first().waitFor();
const seesFate = (page, text, fate) => message(page, text).filter({ hasText: fate }).first().waitFor();

async function seesOnce(page, text) {
  await sees(page, text);
  assert.equal(await message(page, text).count(), 1, `"${text}" is shown more than once`);
}

async function chatBothWays(alice, bob, aliceName, bobName) {
  await converse(alice, bobName);
  await write(alice, 'hello, grüße 😀');
  await choose(bob, new RegExp(aliceName));
  await sees(bob, 'hello, grüße 😀');
  await seesFate(alice, 'hello, grüße 😀', 'delivered');
  await write(bob, 'and back');
  await sees(alice, 'and back');
  await seesFate(bob, 'and back', 'delivered');
}

/** In the page: the first message that it keeps was sent a day earlier. */
function makeFirstMessageOld() {
  const name = Object.keys(localStorage).find((one) => one.startsWith('heliograph.conversations.'));
  const kept = JSON.parse(localStorage.getItem(name));
  const [message] = kept.conversations[0].messages;
  message.at = new Date(Date.parse(kept.conversations[0].messages[1].at) - 86_400_000).toISOString();
  localStorage.setItem(name, JSON.stringify(kept));
}

// ---- the tests: each has accounts of its own, `a` and `b`

const tests = {
  async 'two people chat both ways over HTTP'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser), b);
    await chatBothWays(alice, bob, a, b);
    return [alice, bob];
  },

  async 'they chat over HTTPS, and from there with somebody on HTTP'(browser, a, b) {
    const alice = await logIn(await openPage(browser, { url: HTTPS_URL }), a);
    const bob = await logIn(await openPage(browser), `${b}`);
    await chatBothWays(alice, bob, a, b);
    return [alice, bob];
  },

  async 'an address with its domain logs in and is found as well'(browser, a, b) {
    const alice = await openPage(browser);
    await fillLogin(alice, `sip:${a}@example.test`, `${a}-secret`);
    await isConnected(alice);
    const bob = await logIn(await openPage(browser), b);
    await chatBothWays(alice, bob, a, `${b}@example.test`);
    return [alice, bob];
  },

  async 'what is sent to somebody away is kept, and seen once on return'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser), b);
    await chatBothWays(alice, bob, a, b);
    const context = bob.context();
    await bob.close();
    await write(alice, 'for later');
    await seesFate(alice, 'for later', 'kept for later');
    const again = await logIn(await openTab(context), b);
    await choose(again, new RegExp(a));
    await sees(again, 'for later');
    await write(alice, 'the next one');
    await sees(again, 'the next one');
    await seesOnce(again, 'for later');
    for (const text of ['and back', 'hello, grüße 😀']) await seesOnce(again, text); // kept here, and not sent again
    return [alice, again];
  },

  async 'a wrong password, an unknown name and a foreign domain are told in a sentence'(browser, a) {
    const page = await openPage(browser);
    for (const [user, password] of [[a, 'guessed'], ['nobody-at-all', 'guessed']]) {
      await fillLogin(page, user, password);
      await page.getByRole('alert').filter({ hasText: 'The address or the password is wrong.' }).waitFor();
    }
    await fillLogin(page, `${a}@other.test`);
    await page.getByRole('alert').filter({ hasText: 'This server has no accounts of other.test.' }).waitFor();
    await logIn(page, a);
    return [page];
  },

  async 'a message to no account says so, and can be sent again'(browser, a) {
    const page = await logIn(await openPage(browser), a);
    await converse(page, 'nobody-at-all');
    await write(page, 'anybody?');
    await seesFate(page, 'anybody?', 'not sent: There is no such account.');
    await page.getByRole('button', { name: 'Send again' }).click();
    await seesFate(page, 'anybody?', 'not sent: There is no such account.');
    return [page];
  },

  async 'markup in a message stays text'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser), b);
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;';
    await converse(alice, b);
    await write(alice, markup);
    await choose(bob, new RegExp(a));
    await sees(bob, markup);
    for (const page of [alice, bob]) {
      assert.equal(await page.locator('.message img, .message script, .entry img').count(), 0);
      assert.match(await page.title(), /Heliograph$/);
    }
    return [alice, bob];
  },

  async 'what was received is there after a reload, unread as it was, until it is forgotten'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser), b);
    await converse(alice, b);
    await write(alice, 'one from yesterday');
    await write(alice, '<b>read me</b> later');
    await seesFate(alice, '<b>read me</b> later', 'delivered');
    await bob.reload();
    await bob.evaluate(makeFirstMessageOld);
    await logIn(bob, b);
    await bob.getByLabel('2 unread').waitFor();
    assert.equal(await bob.title(), '(2) Heliograph');
    await choose(bob, new RegExp(a));
    await seesOnce(bob, '<b>read me</b> later');
    const [old, fresh] = await bob.locator('.message time').allTextContents();
    assert.ok(old.endsWith(fresh) && old.length > fresh.length, `"${old}" has a date, "${fresh}" has none`);
    await picture(bob, 'after-reload');
    const instances = bob.sent.join('').match(/sip\.instance="[^"]+"/g);
    assert.equal(new Set(instances).size, 1, 'one browser is one device');
    await write(bob, 'and an answer');
    await sees(alice, 'and an answer');
    bob.once('dialog', (dialog) => dialog.accept());
    await bob.getByRole('button', { name: 'Forget on this computer' }).click();
    await bob.getByRole('button', { name: 'Log in' }).waitFor();
    await logIn(bob, b);
    assert.equal(await bob.locator('.entry').count(), 0);
    assert.ok(!(await bob.evaluate(() => JSON.stringify({ ...localStorage }))).includes('answer'));
    return [alice, bob];
  },

  async 'a text that is too long stays in its field; the longest that is possible arrives'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser), b);
    const longest = 'ü'.repeat(16_000);
    await converse(alice, b);
    await write(alice, `${longest}.`);
    await alice.getByRole('alert').filter({ hasText: 'too long' }).waitFor();
    assert.equal(await alice.getByRole('textbox', { name: 'Message' }).inputValue(), `${longest}.`);
    assert.ok(!alice.sent.some((frame) => frame.startsWith('MESSAGE')));
    await picture(alice, 'too-long');
    await write(alice, longest);
    await alice.locator('.message[data-fate="delivered"]').waitFor();
    assert.equal(await alice.getByRole('alert').filter({ hasText: 'too long' }).count(), 0);
    await choose(bob, new RegExp(a));
    assert.equal(await bob.locator('.message .text').textContent(), longest);
    return [alice, bob];
  },

  async 'a message on which the server closes the connection does not hold up those behind it'(browser, a, b) {
    const context = await browser.newContext();
    let isPoison = true;
    await context.routeWebSocket(/\/ws$/, (socket) => {
      const upstream = socket.connectToServer();
      socket.onMessage((frame) => {
        if (isPoison && /^MESSAGE[^]*poison/.test(`${frame}`)) {
          upstream.close();
          socket.close();
        } else upstream.send(frame);
      });
    });
    const alice = await logIn(await openTab(context), a);
    await converse(alice, b);
    await write(alice, 'poison');
    await write(alice, 'behind it');
    await seesFate(alice, 'poison', 'not sent: the server closed the connection');
    await seesFate(alice, 'behind it', 'kept for later');
    await picture(alice, 'closed-on');
    isPoison = false;
    await alice.getByRole('button', { name: 'Send again' }).click();
    await seesFate(alice, 'poison', 'kept for later');
    return [alice];
  },

  async 'the server is killed and comes back under the page: messages flow, once each'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    const bob = await logIn(await openPage(browser, { url: HTTPS_URL }), b);
    await chatBothWays(alice, bob, a, b);
    await server('kill');
    await isCutOff(alice);
    await isCutOff(bob);
    await write(alice, 'written without a server');
    await seesFate(alice, 'written without a server', 'waits for the connection');
    await server('start');
    await isConnected(alice);
    await isConnected(bob);
    await sees(bob, 'written without a server');
    await message(alice, 'written without a server').filter({ hasText: /delivered|kept for later/ }).waitFor();
    await write(bob, 'I am back too');
    await sees(alice, 'I am back too');
    await seesFate(bob, 'I am back too', 'delivered');
    for (const page of [alice, bob])
      for (const text of ['hello, grüße 😀', 'and back', 'written without a server', 'I am back too'])
        await seesOnce(page, text);
    return [alice, bob];
  },

  async 'a message that the kill cut off is repeated under its names, and taken by the server once'(browser, a, b) {
    const alice = await logIn(await openPage(browser), a);
    await server(`silent ${b}`); // so the answer is not there yet when the server dies
    await converse(alice, b);
    await write(alice, 'cut off');
    await seesFate(alice, 'cut off', 'sending');
    const isSent = (frame) => frame.startsWith('MESSAGE') && frame.includes('\r\nAuthorization:');
    while (!alice.sent.some(isSent)) await alice.waitForTimeout(50); // the challenge is answered: the server has it
    await server('kill');
    await seesFate(alice, 'cut off', 'waits for the connection');
    await server('start');
    await seesFate(alice, 'cut off', 'kept for later');
    const sent = alice.sent.filter(isSent);
    const names = sent.map((frame) => frame.match(/^(?:Call-ID|CSeq):.*$/gm).join(' '));
    assert.equal(names.length, 2, 'sent twice');
    assert.equal(names[0], names[1]);
    const bob = await logIn(await openPage(browser), b);
    await choose(bob, new RegExp(a));
    await write(alice, 'behind it');
    await sees(bob, 'behind it');
    await seesOnce(bob, 'cut off');
    return [alice, bob];
  },

  async 'two pages of one person in one browser both get what is sent'(browser, a, b) {
    const first = await logIn(await openPage(browser), a);
    const second = await logIn(await openTab(first.context()), a);
    const bob = await logIn(await openPage(browser), b);
    await converse(bob, a);
    await write(bob, 'to both of you');
    for (const page of [first, second]) {
      await choose(page, new RegExp(b));
      await sees(page, 'to both of you');
    }
    return [first, second, bob];
  },

  async 'the password is kept nowhere, and logging out ends it'(browser, a) {
    const page = await logIn(await openPage(browser), a);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.ok(!kept.includes(`${a}-secret`), kept);
    assert.ok(!(await page.content()).includes(`${a}-secret`));
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    assert.equal(await page.getByLabel('SIP address').inputValue(), a);
    assert.equal(await page.getByLabel('Password').inputValue(), '');
    return [page];
  },

  async 'the keyboard alone is enough'(browser, a, b) {
    const page = await openPage(browser);
    await page.keyboard.type(a);
    await page.keyboard.press('Tab');
    await page.keyboard.type(`${a}-secret`);
    await page.keyboard.press('Enter');
    await isConnected(page);
    const opener = page.getByLabel('Start a conversation with');
    for (let presses = 0; presses < 5 && !(await opener.evaluate((one) => one === document.activeElement)); presses += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.type(b);
    await page.keyboard.press('Enter');
    await page.keyboard.type('typed');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('on two lines');
    await page.keyboard.press('Enter');
    await seesFate(page, 'typed\non two lines', 'kept for later');
    return [page];
  },

  async 'it fits a phone, and looks the same in the dark'(browser, a, b) {
    const phone = await openPage(browser, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme: 'dark' });
    await picture(phone, 'login-phone-dark');
    await logIn(phone, a);
    const desktop = await openPage(browser, { viewport: { width: 1100, height: 700 }, colorScheme: 'light' });
    await picture(desktop, 'login-light');
    await logIn(desktop, b);
    await picture(desktop, 'empty-light');
    await converse(phone, b);
    await write(phone, 'Good morning! The lamp in the east tower is out again.');
    await choose(desktop, new RegExp(a));
    await write(desktop, 'I will have a look. Which one of them?\nThe upper or the lower?');
    await write(desktop, `Something long without a blank: ${'heliograph'.repeat(20)}`);
    await sees(phone, 'I will have a look. Which one of them?\nThe upper or the lower?');
    await converse(desktop, 'nobody-at-all');
    await write(desktop, 'Is anybody there?');
    await seesFate(desktop, 'Is anybody there?', 'not sent');
    await picture(desktop, 'failed-light');
    await write(phone, 'The upper one.');
    await desktop.locator('.badge:visible').waitFor();
    await converse(desktop, `somebody-with-a-very-long-name@a-long-domain.example.test`);
    await picture(desktop, 'unread-light');
    await choose(desktop, new RegExp(a));
    await sees(desktop, 'The upper one.');
    await picture(desktop, 'chat-light');
    await desktop.emulateMedia({ colorScheme: 'dark' });
    await picture(desktop, 'chat-dark');
    await picture(phone, 'chat-phone-dark');
    await phone.emulateMedia({ colorScheme: 'light' });
    await picture(phone, 'chat-phone-light');
    await phone.getByRole('button', { name: 'Back to all conversations' }).click();
    await picture(phone, 'list-phone-light');
    return [phone, desktop];
  },
};

/** A picture for people to look at, and the one fault that a program can see: something sticks out. */
async function picture(page, name) {
  const [content, window] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${name}: ${content} pixels wide in ${window}`);
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

async function main() {
  if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const only = process.argv[2] ?? '';
  let [passed, failed, number] = [0, 0, 0];
  for (const [name, test] of Object.entries(tests)) {
    number += 1;
    if (!name.includes(only)) continue;
    try {
      const pages = await test(browser, `alice${number}`, `bob${number}`);
      for (const page of pages) assert.deepEqual(page.problems, []);
      passed += 1;
      console.log(`ok - ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`not ok - ${name}\n${error.stack}`);
      if (SCREENSHOTS) await picturesOfFailure(browser, number);
    }
    for (const context of browser.contexts()) await context.close();
  }
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

async function picturesOfFailure(browser, number) {
  const pages = browser.contexts().flatMap((context) => context.pages());
  for (const [index, page] of pages.entries())
    await page.screenshot({ path: join(SCREENSHOTS, `failure-${number}-${index}.png`) }).catch(() => undefined);
}

await main();
