// Figures of the web client in headless Chromium, as rows of a table: what comes over the wire, when something is seen,
// how long what a person does takes to be seen, and what the page costs. measure.py makes the server, the people and
// the messages, and changes them when it is asked to.
//
// Times depend on what else the machine does; CPU is that of the page's process, and does so less.
// SPDX-License-Identifier: MIT
import { loadavg } from 'node:os';
import { chromium } from 'playwright-core';
import { showTab } from './acts.mjs';
import { HTTP_URL, fillLogin, server } from './harness.mjs';

const [PEOPLE, MESSAGES] = process.argv.slice(2).map(Number);
const WAIT_MS = 120_000;
const LOADS = 5;
const BACK = Math.min(Number(process.env.BACK ?? 1000), MESSAGES - 100); // so many messages are scrolled back
const KEYS = 60;
const CHANGES = 40;
const IDLE_S = 60;
const SLOW_FRAME_MS = 50;

const rows = [];
const row = (what, value) => rows.push(`| ${what} | ${value} |`);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const milliseconds = (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)] ?? NaN;
const worst = (values) => sorted(values).at(-1) ?? NaN;

/** In the page, before anything else: when somebody clicked, and how long the page took for what he did. */
function observe() {
  window.figures = { events: [], clickedAt: 0 };
  new PerformanceObserver((list) => {
    for (const { duration, interactionId } of list.getEntries())
      if (interactionId) window.figures.events.push({ duration, interactionId });
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  addEventListener('click', () => {
    window.figures.clickedAt = performance.now();
  }, { capture: true });
}

async function openPage(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  await page.addInitScript(observe);
  return page;
}

// ---- loading

/** Loads the page and says what came, by its name, and when something was painted. */
async function load(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  const names = new Map();
  const came = [];
  devtools.on('Network.responseReceived', ({ requestId, response }) =>
    names.set(requestId, new URL(response.url).pathname));
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    came.push({ name: names.get(requestId) ?? '', bytes: encodedDataLength }));
  await page.goto(HTTP_URL, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await devtools.detach();
  const painted = await page.evaluate(() =>
    performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  return { came, painted };
}

async function measureLoading(browser) {
  const [first, again] = [[], []];
  for (let number = 0; number < LOADS; number += 1) {
    const page = await openPage(browser);
    first.push(await load(page));
    again.push(await load(page));
    await page.context().close();
  }
  const sum = (wanted) =>
    first[0].came.filter(({ name }) => wanted.test(name)).reduce((total, { bytes }) => total + bytes, 0);
  row('first load over the wire, with headers', kilobytes(sum(/./)));
  row('of it scripts', kilobytes(sum(/\.js$/)));
  row('of it styles', kilobytes(sum(/\.css$/)));
  row(`first contentful paint, median of ${LOADS}`, milliseconds(median(first.map(({ painted }) => painted))));
  row('the same from the browser\'s cache', milliseconds(median(again.map(({ painted }) => painted))));
}

// ---- CPU

/** Milliseconds of CPU that the page's process, the busiest there is, has spent while `work` was done. */
async function cpuOf(devtools, work) {
  const times = async () => {
    const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
    return new Map(processInfo.filter(({ type }) => type === 'renderer').map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await times();
  await work();
  const after = await times();
  return 1000 * worst([...after].map(([id, seconds]) => seconds - (before.get(id) ?? 0)));
}

// ---- what a person does

/** Milliseconds from the last click until `selector` is there and drawn. */
async function sinceClick(page, selector) {
  await page.locator(selector).first().waitFor();
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() =>
    setTimeout(() => resolve(performance.now() - window.figures.clickedAt)))));
}

async function measureLogin(page) {
  await page.goto(HTTP_URL, { waitUntil: 'networkidle' });
  await fillLogin(page, 'alice');
  const conversations = await sinceClick(page, '.entry');
  const clicked = await page.evaluate(() => window.figures.clickedAt);
  await showTab(page, 'People');
  await page.locator('.people-row.person[data-state="available"]').first().waitFor();
  const people = (await page.evaluate(() => performance.now())) - clicked;
  row('log-in click until the conversations are shown', milliseconds(conversations));
  row('log-in click until the people are shown with their presence', milliseconds(people));
}

/** Of each thing that was done since the last call the time until it was painted: steps of 8 ms, 0 below 16. */
async function latencies(page, count) {
  await page.waitForTimeout(300); // what was done last is told with the next frames
  const events = await page.evaluate(() => window.figures.events.splice(0));
  const byInteraction = new Map();
  for (const { interactionId, duration } of events)
    byInteraction.set(interactionId, Math.max(duration, byInteraction.get(interactionId) ?? 0));
  return [...byInteraction.values(), ...Array(Math.max(0, count - byInteraction.size)).fill(0)];
}

function rowOfLatencies(what, values) {
  const shown = (value) => (value < 16 ? 'below 16 ms' : milliseconds(value));
  row(`${what}, until it is painted`, `${shown(median(values))}, worst ${shown(worst(values))}`);
}

async function measureTyping(page) {
  const search = page.getByRole('searchbox', { name: 'Search people' });
  await latencies(page, 0);
  await search.pressSequentially('greta user', { delay: 60 });
  rowOfLatencies(`a key typed into the search of ${PEOPLE} people`, await latencies(page, 10));
  await search.fill('');
  await showTab(page, 'Chats');
  await page.locator('.entry').first().click();
  row('click until a conversation is shown, the first time', milliseconds(await sinceClick(page, 'article.message')));
  const field = page.locator('.composer textarea');
  await latencies(page, 0);
  await field.pressSequentially('the quick brown fox jumps over the lazy dog '.repeat(2).slice(0, KEYS), { delay: 60 });
  rowOfLatencies('a key typed into a message', await latencies(page, KEYS));
  await field.fill('');
}

// ---- scrolling

/** In the page: notes how long each frame takes until it is told to stop. */
function watchFrames() {
  const frames = [];
  let last = performance.now();
  let isOver = false;
  const onFrame = (now) => {
    frames.push(now - last);
    last = now;
    if (!isOver) requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  window.endFrames = () => {
    isOver = true;
    return frames.slice(1);
  };
}

async function pointAt(page, selector) {
  const { x, y, width, height } = await page.locator(selector).boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2);
}

/** Each message begins with its number. */
const firstNumber = async (page) => parseInt(await page.locator('article.message .words').first().textContent(), 10);

async function scrollBack(page, to) {
  const end = Date.now() + WAIT_MS;
  while ((await firstNumber(page)) > to) {
    if (Date.now() > end) throw new Error(`only back to ${await firstNumber(page)}, not to ${to}`);
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(16);
  }
}

async function scrollPeople(page) {
  for (let at = 0; at < PEOPLE / 4; at += 1) {
    await page.mouse.wheel(0, 250);
    await page.waitForTimeout(16);
  }
}

async function measureScrolling(page, devtools, what, work) {
  await page.evaluate(watchFrames);
  const cpu = await cpuOf(devtools, work);
  const frames = await page.evaluate(() => window.endFrames());
  const slow = frames.filter((ms) => ms > SLOW_FRAME_MS).length;
  row(what, `${slow} of ${frames.length} frames longer than ${SLOW_FRAME_MS} ms, worst ${milliseconds(worst(frames))}; `
    + `CPU ${(cpu / 1000).toFixed(1)} s`);
}

// ---- while nobody does anything

async function measureRest(page, devtools) {
  await page.waitForTimeout(2_000);
  const idle = await cpuOf(devtools, () => page.waitForTimeout(IDLE_S * 1000));
  row(`CPU while nobody does anything, over ${IDLE_S} s`, `${(idle / IDLE_S / 10).toFixed(2)} %`);
  const began = Date.now();
  const changing = await cpuOf(devtools, () => server({ do: 'change_people', count: CHANGES }));
  const ofChange = (changing - idle * (Date.now() - began) / (IDLE_S * 1000)) / CHANGES;
  row(`CPU of a change of one of ${PEOPLE} people, in sight`, milliseconds(ofChange));
  const ofPage = await page.context().newCDPSession(page);
  await ofPage.send('Performance.enable');
  await ofPage.send('HeapProfiler.collectGarbage');
  const { metrics } = await ofPage.send('Performance.getMetrics');
  const { value } = metrics.find(({ name }) => name === 'JSHeapUsedSize');
  row('memory of scripts in the end', `${(value / 1e6).toFixed(1)} MB`);
}

async function measure(browser) {
  await measureLoading(browser);
  const devtools = await browser.newBrowserCDPSession();
  const page = await openPage(browser);
  await measureLogin(page);
  await measureTyping(page);
  await pointAt(page, '.log');
  const from = await firstNumber(page);
  await measureScrolling(page, devtools, `${BACK} messages of ${MESSAGES} scrolled back, loaded meanwhile`,
    () => scrollBack(page, from - BACK));
  await showTab(page, 'People');
  await pointAt(page, '.people-list');
  await measureScrolling(page, devtools, `${PEOPLE} people scrolled through`, () => scrollPeople(page));
  await measureRest(page, devtools);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
const load1 = loadavg()[0].toFixed(1);
try {
  await measure(browser);
} finally {
  console.log([`load of the machine before: ${load1}`, '', '| What | Figure |', '| --- | ---: |', ...rows].join('\n'));
  await browser.close();
}
process.exit(); // standard input is still open
