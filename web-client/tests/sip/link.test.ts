// The link over JsSIP itself, with a WebSocket of the test. SPDX-License-Identifier: MIT
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { IncomingMessage, Link, Problem } from '../../src/model/ports';
import { createLink, sentAt } from '../../src/sip/link';
import { FakeSocket, challenge, challengeFirst } from './fake_server';

const BOB = { user: 'bob', domain: 'example.test' };

let link: Link;
let dead: Problem[];

function make(more: object = {}): Link {
  return createLink({
    url: 'wss://example.test:8081/ws', address: { user: 'alice', domain: 'example.test' }, password: 'secret',
    isSession: true, instance: '00000000-0000-4000-8000-000000000001', onDead: (problem) => dead.push(problem), ...more,
  });
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-12-01T12:00:00Z') });
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.reset();
  dead = [];
  link = make();
});
afterEach(() => {
  void link.end();
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function online(): Promise<FakeSocket> {
  link.start();
  await pass(100);
  expect(link.status.value).toEqual({ kind: 'online', problem: null });
  return FakeSocket.last;
}

function send(body: string): Promise<{ kind: string }> {
  return link.send({ ...link.name(), to: BOB, contentType: 'text/plain', body });
}

function message(lines: readonly string[], body = 'hello', from = '<sip:bob@example.test>'): string {
  return ['MESSAGE sip:alice@example.test SIP/2.0', `Via: SIP/2.0/WS x;branch=z9hG4bK${Math.floor(Date.now())}${lines.length}`,
    `From: ${from};tag=1`, 'To: <sip:alice@example.test>', 'Call-ID: call-1', 'CSeq: 7 MESSAGE', 'Max-Forwards: 70',
    ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

test('it registers, and what it learned of the challenge serves the requests after it', async () => {
  expect(link.status.value.kind).toBe('connecting');
  const socket = await online();
  expect([socket.url, socket.protocol, socket.binaryType]).toEqual(['wss://example.test:8081/ws', 'sip', 'arraybuffer']);
  const sent = send('hello');
  link.watchOneself(() => undefined);
  link.publish({ isOpen: true, isIdle: false, person: null });
  await pass(100);
  expect(await sent).toEqual({ kind: 'delivered' });
  expect(socket.methods).toEqual(['REGISTER', 'REGISTER!', 'MESSAGE!', 'SUBSCRIBE!', 'PUBLISH!']);
  link.publish({ isOpen: true, isIdle: false, person: null });
  await pass(100);
  expect(socket.methods).toHaveLength(5); // it is what it was
  const counts = socket.received.slice(1).map(({ header }) => /nc=(\d+)/.exec(header('Authorization'))![1]);
  expect(counts).toEqual(['00000001', '00000002', '00000003', '00000004']);
  expect(socket.of('REGISTER').header('Contact')).toContain('+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>"');
});

test('a message keeps its number, challenged or not', async () => {
  const socket = await online();
  const names = link.name();
  await pass(250_000); // the nonce is older than we trust it
  const sent = link.send({ ...names, to: BOB, contentType: 'text/plain', body: 'hello' });
  await pass(100);
  expect(await sent).toEqual({ kind: 'delivered' });
  const messages = socket.received.filter(({ method }) => method === 'MESSAGE');
  expect(messages.map(({ header }) => [header('CSeq'), header('Call-ID'), header('Authorization') !== ''])).toEqual([
    [`${names.cseq - 1} MESSAGE`, names.callId, false], [`${names.cseq} MESSAGE`, names.callId, true]]);
  expect(new Set(messages.map(({ header }) => header('From'))).size).toBe(1);
});

test('a nonce that is too old is changed, and is trusted for less time from then on', async () => {
  const socket = await online();
  FakeSocket.handler = (request) =>
    request.header('Authorization').includes('"first"') ? request.reply(401, [challenge('second', true)]) : challengeFirst(request);
  await pass(60_000);
  expect(await Promise.all([send('a'), pass(100)])).toMatchObject([{ kind: 'delivered' }, {}]);
  expect(socket.methods.slice(-2)).toEqual(['MESSAGE!', 'MESSAGE!']);
  FakeSocket.handler = challengeFirst;
  await pass(50_000);
  await Promise.all([send('b'), pass(100)]);
  expect(socket.methods.slice(-2)).toEqual(['MESSAGE', 'MESSAGE!']);
});

test.each([[true, 'session-ended'], [false, 'wrong-password']])('credentials that are wrong are refused, once', async (isSession, kind) => {
  FakeSocket.handler = (request) => request.reply(401, [challenge('again')]);
  link = make({ isSession });
  link.start();
  await pass(600_000);
  expect(link.status.value).toMatchObject({ kind: 'refused', problem: { kind } });
  expect(dead).toHaveLength(1);
  expect(FakeSocket.all).toHaveLength(1);
  expect(FakeSocket.last.methods).toEqual(['REGISTER', 'REGISTER!']);
  expect(await send('x')).toEqual({ kind: 'cut-off' });
});

test('a session that ends is noticed by any request', async () => {
  await online();
  FakeSocket.handler = (request) => request.reply(401, [challenge('again')]);
  const sent = send('hello');
  await pass(200);
  expect(await sent).toMatchObject({ kind: 'refused', problem: { kind: 'forbidden' } });
  expect(link.status.value).toMatchObject({ kind: 'refused', problem: { kind: 'session-ended' } });
});

test('a registrar that is not able now is asked again, over the same connection', async () => {
  FakeSocket.handler = (request) =>
    request.header('Authorization') ? request.reply(503, ['Retry-After: 5', 'Warning: 399 x "The database is away"']) : challengeFirst(request);
  link.start();
  await pass(4_000);
  expect(link.status.value).toEqual({ kind: 'offline', problem: { kind: 'busy', detail: 'The database is away' } });
  FakeSocket.handler = challengeFirst;
  await pass(3_000);
  expect(link.status.value.kind).toBe('online');
  expect(FakeSocket.all).toHaveLength(1);
});

test('a server that was restarted is found within two seconds, and all is told anew', async () => {
  const before = await online();
  const watch = link.watchOneself(() => undefined);
  link.publish({ isOpen: true, isIdle: false, person: null });
  await pass(100);
  FakeSocket.isReachable = false;
  before.closeWith(1006);
  expect(link.status.value).toEqual({ kind: 'offline', problem: { kind: 'no-connection', detail: '' } });
  expect(watch.isLive.value).toBe(false);
  await pass(8_000);
  const attempts = FakeSocket.all.length;
  expect(attempts).toBeLessThan(16);
  FakeSocket.isReachable = true;
  await pass(2_000);
  expect(link.status.value.kind).toBe('online');
  const { methods } = FakeSocket.last;
  expect(methods[0]).toBe('REGISTER!');
  expect(methods.slice(1).sort()).toEqual(['PUBLISH!', 'SUBSCRIBE!']);
  expect(FakeSocket.last.of('SUBSCRIBE').header('Call-ID')).toBe(before.of('SUBSCRIBE').header('Call-ID'));
  expect(FakeSocket.last.of('PUBLISH').header('SIP-If-Match')).toBe('tag');
});

test('a server that stays away is asked every half minute at last', async () => {
  const socket = await online();
  FakeSocket.isReachable = false;
  socket.closeWith(1006);
  await pass(3_600_000);
  const attempts = FakeSocket.all.length;
  await pass(600_000);
  expect(FakeSocket.all.length - attempts).toBeGreaterThanOrEqual(19);
  expect(FakeSocket.all.length - attempts).toBeLessThanOrEqual(21);
});

test('a connection that does not come is not waited for', async () => {
  link.start();
  FakeSocket.last.isSilent = true;
  await pass(12_000);
  expect(link.status.value.kind).toBe('online');
  expect(FakeSocket.all).toHaveLength(2);
});

test('a connection that is silent is asked, and dropped where it stays silent', async () => {
  const socket = await online();
  await pass(62_000);
  expect(socket.methods.slice(-1)).toEqual(['OPTIONS']);
  expect(link.status.value.kind).toBe('online');
  socket.isSilent = true;
  await pass(70_000);
  expect(FakeSocket.all).toHaveLength(2);
  expect(socket.readyState).toBe(3);
  expect(link.status.value.kind).toBe('online');
});

test('an answer that is late lets it be asked sooner; what is cut off then is nobody\'s fault', async () => {
  for (let times = 0; times < 3; times += 1) {
    const socket = times === 0 ? await online() : FakeSocket.last;
    socket.isSilent = true;
    const sent = link.send({ callId: 'the-same', cseq: 100, to: BOB, contentType: 'text/plain', body: 'x' });
    await pass(15_000);
    expect(await sent).toEqual({ kind: 'cut-off' });
    expect(link.status.value.kind).toBe('online');
  }
});

test.each([
  ['the network is back', () => window.dispatchEvent(new Event('online'))],
  ['the page is shown', () => document.dispatchEvent(new Event('visibilitychange'))],
])('when %s, the connection is asked, or made at once', async (_name, happens) => {
  const socket = await online();
  happens();
  await pass(100);
  expect(socket.methods.slice(-1)).toEqual(['OPTIONS']);
  FakeSocket.isReachable = false;
  socket.closeWith(1006);
  await pass(600_000);
  FakeSocket.isReachable = true;
  happens();
  await pass(100);
  expect(link.status.value.kind).toBe('online');
});

test('after a sleep it is asked', async () => {
  const socket = await online();
  vi.setSystemTime(Date.now() + 30 * 3_600_000);
  socket.isSilent = true;
  await pass(7_000);
  expect(FakeSocket.all).toHaveLength(2);
  expect(link.status.value.kind).toBe('online');
});

test('after the clock was set back everything is asked anew', async () => {
  await online();
  vi.setSystemTime(Date.now() - 3_600_000);
  await pass(3_000);
  expect(FakeSocket.all).toHaveLength(2);
  expect(link.status.value.kind).toBe('online');
});

test('renew makes a new connection, whatever the old one is like', async () => {
  const socket = await online();
  link.renew();
  expect(socket.readyState).toBe(3);
  await pass(100);
  expect([FakeSocket.all.length, link.status.value.kind]).toEqual([2, 'online']);
});

test('a message comes with its names and its time, and is answered 200', async () => {
  const socket = await online();
  const heard: IncomingMessage[] = [];
  link.onMessage((told) => heard.push(told) > 0);
  socket.give(message(['Content-Type: text/plain', 'Date: Tue, 01 Dec 2026 11:00:00 GMT']));
  expect(heard).toEqual([{
    callId: 'call-1', cseq: 7, from: BOB, contentType: 'text/plain', body: 'hello', at: new Date('2026-12-01T11:00:00Z'),
  }]);
  expect(socket.answers.at(-1)).toMatch(/^SIP\/2\.0 200 /);
});

test.each([
  [['Content-Type: text/plain;']],
  [['Content-Type: text/plain', 'Session-Expires: soon']],
  [['Content-Type: text/plain', 'Event: ,']],
  [['Content-Type: text/plain'], '<sip:%ff@example.test>'],
])('a message whose headers cannot be read is refused, so that it does not come again (%#)', async (lines: string[], from?: string) => {
  const got: IncomingMessage[] = [];
  link.onMessage((one) => got.push(one) > 0);
  const socket = await online();
  socket.give(message(lines, 'hello', from));
  socket.give(message(['Content-Type: text/plain', 'X-Next: yes', 'X-More: yes'], 'behind it'));
  await pass(10);
  expect(got.map(({ body }) => body)).toEqual(['behind it']);
  expect(socket.answers.map((text) => text.split('\r\n')[0])).toEqual(['SIP/2.0 400 Not understood', 'SIP/2.0 200 OK']);
  expect(socket.answers[0]).toMatch(/\r\nVia: .+;branch=[^]*\r\nTo: <sip:alice@example.test>;tag=\w+\r\n[^]*\r\nCSeq: 7 MESSAGE\r\n/);
});

test('users are who they are, however their names are written', async () => {
  const socket = await online();
  const heard: IncomingMessage[] = [];
  link.onMessage((told) => heard.push(told) > 0);
  socket.give(message(['Content-Type: text/plain'], 'hello', '"Joe \\"J\\" Smith" <sip:joe%20smith%23@Example.TEST:5070>'));
  expect(heard[0]!.from).toEqual({ user: 'joe smith#', domain: 'example.test:5070' });
  void link.send({ ...link.name(), to: heard[0]!.from, contentType: 'text/plain', body: 'x' });
  expect(socket.of('MESSAGE').uri).toBe('sip:joe%20smith%23@example.test:5070');
  void link.send({ ...link.name(), to: { user: 'grüße', domain: 'example.test' }, contentType: 'text/plain', body: 'x' });
  expect(socket.of('MESSAGE').uri).toBe('sip:gr%C3%BC%C3%9Fe@example.test');
  const nobody = link.send({ ...link.name(), to: { user: '', domain: 'a b' }, contentType: 'text/plain', body: 'x' });
  expect(await nobody).toMatchObject({ kind: 'refused', problem: { kind: 'no-such-user' } });
});

test('what is neither a message nor a NOTIFY is answered', async () => {
  const socket = await online();
  for (const [method, status] of [['OPTIONS', 200], ['INVITE', 405], ['SUBSCRIBE', 405], ['NOTIFY', 200]] as const) {
    const text = message(['Event: presence', 'Subscription-State: active']).replaceAll('MESSAGE', method);
    socket.give(text.replace('branch=z9hG4bK', `branch=z9hG4bK${method}`).replace('call-1', method));
    expect(socket.answers.at(-1)).toMatch(new RegExp(`^SIP/2\\.0 ${status} `));
  }
});

test('what is no SIP is left alone', async () => {
  const socket = await online();
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const texts = ['', '\r\n', 'nonsense', 'MESSAGE sip:alice@example.test SIP/2.0\r\n\r\n', 'SIP/2.0 200 OK\r\nCSeq: x\r\n\r\n'];
  for (const text of texts)
    socket.give(text);
  socket.give('\r\n\r\n'); // RFC 5626 §3.5.1: asks whether we are there
  await pass(100);
  expect(link.status.value.kind).toBe('online');
  expect(error).toHaveBeenCalledTimes(1); // JsSIP's parser trips over a response without a CSeq
});

test.each([
  ['nobody takes it', ['Content-Type: image/png'], 415],
  ['it is encoded', ['Content-Type: text/plain', 'Content-Encoding: deflate'], 415],
])('where %s, the sender is told', async (_name, lines, status) => {
  const socket = await online();
  link.onMessage(({ contentType }) => contentType === 'text/plain');
  socket.give(message(lines));
  expect(socket.answers.at(-1)).toMatch(new RegExp(`^SIP/2\\.0 ${status} `));
  expect(socket.answers.at(-1)).toContain('\r\nAccept: message/cpim, text/plain, message/imdn+xml, application/im-iscomposing+xml\r\n');
});

test('a receipt that a phone has deflated is taken, for the history has it read', async () => {
  const socket = await online();
  const listener = vi.fn(() => false);
  link.onMessage(listener);
  socket.give(message(['Content-Type: message/imdn+xml', 'Content-Encoding: deflate']));
  expect(socket.answers.at(-1)).toMatch(/^SIP\/2\.0 200 /);
  expect(listener).not.toHaveBeenCalled();
});

test('a listener that throws ends nothing', async () => {
  const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const socket = await online();
  link.onMessage(() => {
    throw new Error('a mistake of ours');
  });
  socket.give(message(['Content-Type: text/plain']));
  expect(error).toHaveBeenCalled();
  expect(socket.answers).toHaveLength(1);
  expect(link.status.value.kind).toBe('online');
});

test('a NOTIFY is told to its watch; one of no dialog is 481', async () => {
  const socket = await online();
  const told: unknown[] = [];
  const watch = link.watchMailbox((state) => told.push(state));
  await pass(100);
  const subscribe = socket.of('SUBSCRIBE');
  const contact = /<(.*)>/.exec(subscribe.header('Contact'))![1];
  const notify = (callId: string, body: string): void => socket.give([
    `NOTIFY ${contact} SIP/2.0`, `Via: SIP/2.0/WS x;branch=z9hG4bK${callId}`, 'From: <sip:alice@example.test>;tag=server',
    `To: ${subscribe.header('From')}`, `Call-ID: ${callId}`, 'CSeq: 1 NOTIFY', 'Max-Forwards: 70', 'Event: message-summary',
    'Subscription-State: active;expires=600', 'Content-Type: application/simple-message-summary',
    `Content-Length: ${body.length}`, '', body].join('\r\n'));
  notify('another', '');
  expect(socket.answers.at(-1)).toMatch(/^SIP\/2\.0 481 /);
  notify(subscribe.header('Call-ID'), 'Messages-Waiting: yes\r\n');
  expect(socket.answers.at(-1)).toMatch(/^SIP\/2\.0 200 /);
  expect(told).toEqual([{ isWaiting: true, account: '', counts: [] }]);
  expect(watch.isLive.value).toBe(true);
  watch.end();
  await pass(100);
  expect(socket.of('SUBSCRIBE').header('Expires')).toBe('0');
});

test('it leaves nothing behind, and says nothing any more', async () => {
  const socket = await online();
  link.watchOneself(() => undefined);
  link.publish({ isOpen: true, isIdle: false, person: null });
  await pass(100);
  let isOver = false;
  void link.end().then(() => (isOver = true));
  await pass(100);
  expect(isOver).toBe(true);
  expect(socket.received.slice(-3).map(({ method, header }) => `${method} ${header('Expires')}`))
    .toEqual(['SUBSCRIBE 0', 'PUBLISH 0', 'REGISTER 0']);
  expect(socket.readyState).toBe(3);
  window.dispatchEvent(new Event('online'));
  await pass(600_000);
  expect(FakeSocket.all).toHaveLength(1);
});

test('an end is not waited for longer than two seconds', async () => {
  const socket = await online();
  socket.isSilent = true;
  let isOver = false;
  void link.end().then(() => (isOver = true));
  await pass(2_100);
  expect(isOver).toBe(true);
});

test('the time of a message is that of its Date, but never in the future', () => {
  const now = new Date('2026-12-01T12:00:00Z');
  expect(sentAt('Tue, 01 Dec 2026 11:00:00 GMT', now)).toEqual(new Date('2026-12-01T11:00:00Z'));
  expect(sentAt('Tue, 01 Dec 2026 13:00:00 GMT', now)).toBe(now);
  expect(sentAt('', now)).toBe(now);
});
