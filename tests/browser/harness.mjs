// What the scripts of this folder share: people in browsers, the server under them, pictures, and a runner.
//
// pages.py starts the server, runs a script and does what it asks for: a line of JSON on standard output that begins with
// "@", answered by a line of JSON on standard input. Each test has two users of its own, `a` and `b`, so tests do not
// disturb one another; one that has changed the server (killed it, say) leaves it running.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const { HTTP_URL, HTTPS_URL, CHROMIUM = '/usr/bin/chromium', SCREENSHOTS } = process.env;
export { HTTP_URL, HTTPS_URL };
export const WAIT_MS = Number(process.env.BROWSER_WAIT_MS ?? 60_000);
export const PHONE = { width: 360, height: 640 };
export const DESKTOP = { width: 1200, height: 760 };

// ---- the server

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Asks pages.py: `server({ do: 'kill' })`. */
export async function server(command) {
  console.log(`@${JSON.stringify(command)}`);
  const { value } = await answers.next();
  const { error, result } = JSON.parse(value);
  if (error) throw new Error(`${command.do}: ${error}`);
  return result;
}

// ---- people

let browser;

/** A person in a browser of their own; ended with the test. */
export async function openPage({ url = HTTP_URL, ...options } = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true, viewport: DESKTOP, locale: 'en-GB', ...options,
  });
  return openTab(context, url);
}

/** Faults that no test asks for, and every test looks at: `problems` is empty in the end. */
export async function openTab(context, url = HTTP_URL) {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  page.problems = [];
  page.sent = []; // SIP messages over all its WebSockets
  page.received = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => page.sent.push(`${payload}`));
    socket.on('framereceived', ({ payload }) => page.received.push(`${payload}`));
  });
  page.on('pageerror', (error) => page.problems.push(`${error.stack ?? error}`));
  page.on('console', (line) => {
    if (/Content Security Policy|Refused to/.test(line.text())) page.problems.push(line.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^(?:https?|wss?):$/.test(protocol) && host !== new URL(url).host)
      page.problems.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

export async function fillLogin(page, user, password = `${user}-secret`, stay = false) {
  await page.getByLabel('SIP address').fill(user);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel(/^Stay logged in/).setChecked(stay);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export async function logIn(page, user, options = {}) {
  await fillLogin(page, user, options.password, options.stay);
  await isConnected(page);
  return page;
}

/** `user` in a browser of his own, logged in. */
export async function person(user, options) {
  return logIn(await openPage(options), user);
}

export const isConnected = (page) => page.locator('[data-link="online"]').waitFor();
export const isCutOff = (page) => page.locator('[data-link="offline"]').waitFor();

// ---- what a program can see of how a page looks

/** A picture for people to look at, and the one fault that a program can see: something sticks out. */
export async function picture(page, name) {
  const [content, window] = await page.evaluate(() =>
    [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${name}: ${content} pixels wide in ${window}`);
  if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No finding of axe-core that is serious or critical (WCAG 2.2 A and AA, and best practice). */
export async function isAccessible(page, name) {
  // Evaluated from the debugger, which the page's Content-Security-Policy does not bind.
  const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ['violations'] }); })()`);
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) =>
    `${node.target}: ${node.failureSummary}`).join('\n  ')}`);
  assert.equal(told.join('\n'), '', `${name} has findings of axe-core`);
}

// ---- running

export async function runTests(tests) {
  if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const only = process.argv[2] ?? '';
  let [passed, failed, number] = [0, 0, 0];
  for (const [name, test] of Object.entries(tests)) {
    number += 1;
    if (!name.includes(only)) continue;
    if (await runTest(name, () => test(`alice${number}`, `bob${number}`), number)) passed += 1;
    else failed += 1;
  }
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

const pagesOf = () => browser.contexts().flatMap((context) => context.pages());

async function runTest(name, test, number) {
  const began = Date.now();
  try {
    await test();
    for (const page of pagesOf()) assert.deepEqual(page.problems, []);
    console.log(`ok - ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(`not ok - ${name}\n${error.stack}`);
    for (const [index, page] of pagesOf().entries()) {
      if (page.problems?.length) console.log(`    page ${index}: ${page.problems.join('\n')}`);
      if (SCREENSHOTS)
        await page.screenshot({ path: join(SCREENSHOTS, `failure-${number}-${index}.png`) }).catch(() => undefined);
    }
    return false;
  } finally {
    for (const context of browser.contexts()) await context.close();
  }
}
