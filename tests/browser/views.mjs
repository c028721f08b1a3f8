// The page's views in Chromium with accounts that have no server (web-client/tests/gallery): each in light and dark,
// wide and on a phone, in English and German; under the server's Content-Security-Policy, looked through by axe-core.
// With SCREENSHOTS there are pictures of all. `node views.mjs people`: what has that in its name.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PHONE as PHONE_SIZE, isAccessible, openPage, picture, runTests } from './harness.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const CLIENT = join(ROOT, 'web-client');

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** As it stands in the server. */
function contentSecurityPolicy() {
  const source = readFileSync(join(ROOT, 'server/transport/web.c'), 'utf8');
  const [, strings] = /"content-security-policy:",\s*((?:"[^"]*"\s*)+)/.exec(source);
  return [...strings.matchAll(/"([^"]*)"/g)].map(([, text]) => text).join('');
}

async function buildGallery(folder) {
  const { build } = await import(join(CLIENT, 'node_modules/vite/dist/node/index.js'));
  await build({
    root: join(CLIENT, 'tests/gallery'), publicDir: join(CLIENT, 'public'), configFile: false, logLevel: 'error',
    esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
    build: {
      outDir: folder, target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, minify: false,
      chunkSizeWarningLimit: 10_000,
    },
  });
}

function serve(folder) {
  const policy = contentSecurityPolicy();
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    try {
      const body = readFileSync(join(folder, pathname === '/' ? 'index.html' : pathname));
      const type = TYPES[extname(pathname)] ?? 'text/html';
      answer.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body);
    } catch {
      answer.writeHead(404).end();
    }
  });
  return new Promise((ready) => {
    server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}/`));
  });
}

// ---- the ways to a view

const people = (page) => page.locator('.rail-item').nth(2).click();
const voicemail = (page) => page.locator('.rail-item.voicemail').click();
const own = (page) => page.locator('.rail-item.own').click();
const ownItem = (index) => async (page) => {
  await own(page);
  await page.getByRole('menuitem').nth(index).click();
};
const submit = (page) => page.locator('[type=submit]').last().click();
const personMenu = (index) => async (page) => {
  const row = page.locator('.people-row.person').nth(index);
  await row.hover();
  await row.locator('.row-menu').click();
};
const dialog = (page) => page.locator('dialog[open] footer, dialog[open] .content').first().waitFor();

/** Name: the scene, and what a person does then. */
const VIEWS = {
  login: ['login'],
  'login-empty': ['login', submit],
  'login-wrong': ['login-wrong', (page) => page.locator('[name=password]').fill('x'), submit],
  'login-ended': ['login-ended'],
  returning: ['returning'],
  chats: ['chats'],
  thread: ['thread'],
  empty: ['empty'],
  people: ['chats', people],
  'people-none': ['empty', people],
  'people-not-found': ['chats', people, (page) => page.getByRole('searchbox').fill('nobody of that name')],
  'people-requests': ['requests', people],
  'people-menu': ['chats', people, personMenu(0)],
  'people-remove': ['chats', people, personMenu(3), (page) => page.getByRole('menuitem').last().click(), dialog],
  'people-add': ['chats', people, (page) => page.locator('.people .tools > .button').first().click(), dialog],
  decisions: [
    'requests', people, (page) => page.locator('.people .tools > .button').last().click(),
    (page) => page.getByRole('menuitem').last().click(), dialog,
  ],
  offline: ['offline', people, (page) => page.locator('.connection').waitFor()],
  'own-menu': ['chats', own],
  status: ['chats', ownItem(0), dialog],
  settings: ['chats', ownItem(1), (page) => page.locator('.session').first().waitFor()],
  keys: ['chats', ownItem(2), dialog],
  voicemail: ['chats', voicemail, dialog],
  'voicemail-none': ['no-mailbox', voicemail, dialog],
};
const MAIN = ['login-wrong', 'chats', 'thread', 'people', 'people-requests', 'offline', 'status', 'settings'];

const WIDE = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: PHONE_SIZE, hasTouch: true };
const VARIANTS = [
  { name: 'wide-light', theme: 'light', language: 'en', screen: WIDE, views: Object.keys(VIEWS) },
  { name: 'phone-dark', theme: 'dark', language: 'de', screen: PHONE, views: Object.keys(VIEWS) },
  { name: 'wide-dark', theme: 'dark', language: 'de', screen: WIDE, views: MAIN },
  { name: 'phone-light', theme: 'light', language: 'en', screen: PHONE, views: MAIN },
];

// ---- what must be so

async function open(url, scene, { theme = 'light', language = 'en', screen = WIDE } = {}) {
  const page = await openPage({
    url: `${url}?scene=${scene}&theme=${theme}&language=${language}`, locale: language, reducedMotion: 'reduce',
    ...screen,
  });
  await page.locator('h1').waitFor({ state: 'attached' });
  return page;
}

async function look(url, view, variant) {
  const [scene, ...steps] = VIEWS[view];
  const page = await open(url, scene, variant);
  for (const step of steps) await step(page);
  const name = `view-${view}-${variant.name}`;
  await isAccessible(page, name);
  await picture(page, name);
}

// ---- what a person does with keys and the back button

const focused = (page) => page.evaluate(() => document.activeElement.textContent.replace(/\s+/g, ' '));

async function keysWalkThroughPeople(url) {
  const page = await open(url, 'many');
  await people(page);
  await page.locator('.people-list .row-main').first().focus();
  const expected = [['End', /Person 497/], ['Home', /Team/], ['ArrowDown', /Bob Baker/]];
  for (const [key, name] of expected) {
    await page.keyboard.press(key);
    await page.waitForFunction((pattern) => new RegExp(pattern).test(document.activeElement.textContent), name.source);
  }
  assert.ok(await page.locator('.people-row').count() < 80, 'all of them are drawn');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  assert.match(await focused(page), /Write/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowLeft');
  assert.match(await focused(page), /Bob Baker/);
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.activeElement.type === 'search');
  await page.keyboard.press('Control+/');
  await dialog(page);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement.type === 'search');
}

async function backLeadsToTheList(url) {
  const page = await open(url, 'chats', { screen: PHONE });
  const place = (name) => page.locator(`.shell[data-place="${name}"]`).waitFor();
  const entry = page.getByRole('button', { name: /Carol/ }).first();
  await entry.click();
  await place('thread');
  assert.equal(await entry.isVisible(), false);
  await page.goBack();
  await place('list');
  await page.waitForFunction(() => /Carol/.test(document.activeElement.textContent));
  await page.goForward();
  await place('thread');
  await page.reload();
  await place('thread'); // what was open is open again
}

async function aPictureIsMadeSmall(url) {
  const page = await open(url, 'chats');
  const bytes = await page.evaluate(() => new Promise((done) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [900, 500];
    canvas.getContext('2d').fillRect(100, 100, 300, 300);
    canvas.toBlob(async (blob) => done([...new Uint8Array(await blob.arrayBuffer())]));
  }));
  await ownItem(0)(page);
  const file = page.locator('input[type=file]');
  await file.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: Buffer.from(bytes) });
  await page.locator('canvas').focus();
  await page.keyboard.press('ArrowLeft');
  await page.locator('input[type=range]').fill('2');
  await isAccessible(page, 'picture');
  await page.evaluate(() => {
    globalThis.account.own.setIcon = async (picture) => {
      const { width, height } = await createImageBitmap(picture);
      globalThis.saved = { type: picture.type, width, height, isSmall: picture.size < 20_000 };
      return null;
    };
  });
  await page.locator('dialog[open] [type=submit]').last().click();
  await page.waitForFunction(() => globalThis.saved);
  assert.deepEqual(await page.evaluate(() => globalThis.saved),
    { type: 'image/webp', width: 128, height: 128, isSmall: true });
  await file.setInputFiles({ name: 'no.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
  await page.locator('.own-picture .problem', { hasText: 'JPEG' }).waitFor();
}

// ---- all of it

const folder = mkdtempSync(join(tmpdir(), 'heliograph-gallery-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
await buildGallery(folder);
const url = await serve(folder);
const looks = VARIANTS.flatMap((variant) =>
  variant.views.map((view) => [`${view}, ${variant.name}`, () => look(url, view, variant)]));
await runTests({
  'keys walk through the people, into a menu and out again': () => keysWalkThroughPeople(url),
  'on a phone, back leads to the list, and a reload changes nothing': () => backLeadsToTheList(url),
  'a picture is cut out and made small in the page; what is none is refused': () => aPictureIsMadeSmall(url),
  ...Object.fromEntries(looks),
});
