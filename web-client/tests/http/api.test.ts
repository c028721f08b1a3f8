// What the page asks the server for, and what it makes of the answers, right ones and others.
// SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { createApi } from '../../src/http/api';
import { createAsk, plainFetch, segment, type Outgoing } from '../../src/http/request';
import { createSession, readSite } from '../../src/http/sessions';
import { PortError, type Api } from '../../src/model/ports';
import { readOwnStatus } from '../../src/sip/bodies/own_status_document';

interface Reply {
  status?: number;
  body?: unknown;
  etag?: string;
}

/** Answers in turn, the last one for ever; `asked` is what went out. */
function createServer(...replies: Reply[]) {
  const asked: Outgoing[] = [];
  const through = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = Object.fromEntries(new Headers(init.headers).entries());
    asked.push({ method: init.method as 'GET', path, ...(init.body ? { body: init.body } : {}), headers });
    const { status = 200, body = {}, etag } = replies.length > 1 ? replies.shift()! : (replies[0] ?? {});
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return new Response(text, { status, headers: etag ? { ETag: etag } : {} });
  };
  return { asked, through, ask: createAsk({ user: 'alice', secret: 's' }, through) };
}

function apiOf(...replies: Reply[]) {
  const server = createServer(...replies);
  const onSessionEnded = vi.fn();
  const address = { user: 'al/ice', domain: 'example.test' };
  const api = createApi({ address, secret: 's', origin: 'https://chat.test', onSessionEnded, ask: server.ask });
  return { api, asked: server.asked, onSessionEnded };
}

const row = {
  id: '9007199254740993', peer: 'bob@example.test', direction: 'sent', at: '2026-01-02T03:04:05Z', kind: 'text',
  text: 'hi', message_id: 'm1', wants: ['delivery', 'new-one', 'display'], state: 'kept', receipt: null, content_type: 'text/plain',
  call_id: 'c1', cseq: 7,
};

const BASE = '/api/v1/users/al%2Fice';
const asks: [string, (api: Api) => Promise<unknown>, Reply, Partial<Outgoing>][] = [
  ['conversations', (api) => api.conversations(), { body: { conversations: [], next: null } },
    { method: 'GET', path: `${BASE}/conversations?limit=200` }],
  ['a conversation', (api) => api.conversation("o'b@x"), { body: { peer: 'a', unread: 0, read_id: '0', last: null } },
    { method: 'GET', path: `${BASE}/conversations/o%27b%40x` }],
  ['messages before', (api) => api.messages('b', { before: '7', limit: 50 }), { body: { messages: [], more: false } },
    { method: 'GET', path: `${BASE}/conversations/b/messages?before=7&limit=50` }],
  ['a search', (api) => api.search('a & b', { peer: 'b@x', limit: 5 }), { body: { messages: [], more: false } },
    { method: 'GET', path: `${BASE}/messages?search=a%20%26%20b&with=b%40x&limit=5` }],
  ['a mark', (api) => api.markRead('b', '7'), {},
    { method: 'PUT', path: `${BASE}/conversations/b/read`, body: '{"id":"7"}' }],
  ['a buddy', (api) => api.addBuddy({ uri: 'sip:b@x', name: '', groups: ['w'] }), { status: 201 },
    { method: 'POST', path: `${BASE}/buddies`, body: '{"uri":"sip:b@x","name":null,"groups":["w"]}' }],
  ['a name', (api) => api.changeBuddy('sip:b@x', { name: 'Bob' }), {},
    { method: 'PUT', path: `${BASE}/buddies/sip%3Ab%40x`, body: '{"name":"Bob"}' }],
  ['other groups', (api) => api.changeBuddy('b', { groups: ['a/b'] }), {},
    { method: 'PUT', path: `${BASE}/buddies/b`, body: '{"groups":["a/b"]}' }],
  ['a group less', (api) => api.removeGroup('a/b'), {}, { method: 'DELETE', path: `${BASE}/groups/a%2Fb` }],
  ['a group', (api) => api.addGroup({ name: 'w', displayName: 'Work' }), { status: 201 },
    { method: 'POST', path: `${BASE}/groups`, body: '{"name":"w","display_name":"Work"}' }],
  ['a decision', (api) => api.decide('sip:b@x', null), {},
    { method: 'PUT', path: `${BASE}/rules/sip%3Ab%40x`, body: '{"presence":null}' }],
  ['an end of a session', (api) => api.endSession('5'), {}, { method: 'DELETE', path: `${BASE}/sessions/5` }],
];

test.each(asks)('%s is asked for as docs/openapi.yaml says', async (_what, ask, reply, expected) => {
  const { api, asked } = apiOf(reply);
  await ask(api);
  expect(asked).toMatchObject([expected]);
});

test('messages are read field by field', async () => {
  const { api } = apiOf({ body: { messages: [row, { ...row, kind: 'receipt', text: null,
    receipt: { of: 'm0', status: 'displayed' } }], more: true } });
  const page = await api.messages('b', { limit: 2 });
  expect(page).toMatchObject({ hasMore: true, messages: [
    { id: '9007199254740993', messageId: 'm1', wants: ['delivery', 'display'], state: 'kept', receipt: null,
      callId: 'c1', cseq: 7, at: new Date('2026-01-02T03:04:05Z') },
    { text: '', receipt: { of: 'm0', status: 'displayed' } }] });
});

test('all pages of the list of conversations are read', async () => {
  const one = { peer: 'bob@example.test', unread: 3, read_id: '17', last: row };
  const { api, asked } = apiOf(
    { body: { conversations: [one], next: '17' } }, { body: { conversations: [one], next: null } });
  expect(await api.conversations()).toHaveLength(2);
  expect(asked[1]!.path).toBe(`${BASE}/conversations?limit=200&before=17`);
});

test.each([
  [{ ...row, id: 5 }], [{ ...row, id: '05' }], [{ ...row, at: 'never' }], [{ ...row, direction: 'up' }],
  [{ ...row, cseq: -1 }], [{ ...row, wants: 'all' }], [{ ...row, receipt: { of: 7 } }], [null], ['row'], [[]],
])('what is no message is not taken for one (%#)', async (wrong) => {
  const { api } = apiOf({ body: { messages: [wrong], more: false } });
  await expect(api.messages('b', { limit: 1 })).rejects.toMatchObject({ problem: { kind: 'other' } });
});

test('an answer that is no JSON is a problem, not an exception of another kind', async () => {
  await expect(apiOf({ body: '<html>' }).api.buddies()).rejects.toBeInstanceOf(PortError);
});

test.each([
  [403, 'forbidden'], [404, 'no-such-user'], [409, 'other'], [412, 'changed'], [413, 'limit'], [429, 'busy'],
  [500, 'other'], [503, 'busy'],
])('%d is the problem %s, in the words of the server', async (status, kind) => {
  const { api, onSessionEnded } = apiOf({ status, body: { error: 'A sentence', status } });
  await expect(api.decide('b', 'allow')).rejects.toMatchObject({ problem: { kind, detail: 'A sentence' } });
  expect(onSessionEnded).not.toHaveBeenCalled();
});

test('a refusal that is not of the API has no sentence', async () => {
  const { api } = apiOf({ status: 502, body: '<h1>Bad gateway</h1>' });
  await expect(api.buddies()).rejects.toMatchObject({ problem: { kind: 'busy', detail: '' } });
});

test('a session that is not taken any more is told at once', async () => {
  const { api, onSessionEnded } = apiOf({ status: 401, body: { error: 'no', status: 401 } });
  await expect(api.buddies()).rejects.toMatchObject({ problem: { kind: 'session-ended' } });
  expect(onSessionEnded).toHaveBeenCalledOnce();
});

test('no answer is no connection', async () => {
  const ask = createAsk({ user: 'alice', secret: 's' }, () => Promise.reject(new TypeError('failed to fetch')));
  await expect(readSite(ask)).rejects.toMatchObject({ problem: { kind: 'no-connection', detail: '' } });
});

test('what is gone from the list was changed by another device; a session that is gone has ended', async () => {
  const gone = { status: 404, body: { error: 'There is no such buddy', status: 404 } };
  await expect(apiOf(gone).api.removeBuddy('b')).rejects.toMatchObject({ problem: { kind: 'changed' } });
  await expect(apiOf(gone).api.endSession('5')).resolves.toBeUndefined();
});

test('buddies and rules are read, what is null is nothing', async () => {
  const list = {
    groups: [{ name: 'w', display_name: null }], buddies: [{ uri: 'sip:b@x', name: null, groups: ['w'] }],
  };
  expect(await apiOf({ body: list }).api.buddies()).toEqual({
    groups: [{ name: 'w', displayName: '' }], buddies: [{ uri: 'sip:b@x', name: '', groups: ['w'] }] });
  const rules = {
    rules: [{ watcher: 'sip:b@x', presence: null, dialog: 'allow' }, { watcher: 'sip:c@x', presence: 'block' }],
  };
  expect(await apiOf({ body: rules }).api.rules()).toEqual([
    { watcher: 'sip:b@x', presence: null }, { watcher: 'sip:c@x', presence: 'block' }]);
});

test('a time that is not known, and what a receipt has no use for, are nothing', async () => {
  const { text: _text, state: _state, ...rest } = row;
  const received = { ...rest, direction: 'received', kind: 'receipt', at: null, content_type: null, wants: [] };
  expect((await apiOf({ body: { messages: [received], more: false } }).api.messages('b', { limit: 1 })).messages)
    .toMatchObject([{ at: new Date(0), contentType: '', text: '', receipt: null }]);
});

test('sessions are read', async () => {
  const session = {
    id: '5', name: 'Firefox', device: null, created_at: '2026-01-01T00:00:00Z', used_at: '2026-01-02T00:00:00Z',
    expires_at: '2026-02-02T00:00:00Z', stay: true, current: false };
  expect(await apiOf({ body: { sessions: [session] } }).api.sessions()).toEqual([{
    id: '5', name: 'Firefox', createdAt: new Date('2026-01-01T00:00:00Z'), usedAt: new Date('2026-01-02T00:00:00Z'),
    expiresAt: new Date('2026-02-02T00:00:00Z'), isStaying: true, isCurrent: false }]);
});

// ---- sessions and the site

test('the site is read; a link that is none is left out', async () => {
  const site = {
    domain: 'Example.TEST', product: 'Heliograph 1', message_bytes: 64000, voicemail_url: 'javascript:alert(1)',
    keeps_history: true };
  expect(await readSite(createServer({ body: site }).ask)).toEqual({
    domain: 'example.test', product: 'Heliograph 1', messageBytes: 64000, voicemailUrl: '', keepsHistory: true });
  const linked = { ...site, voicemail_url: 'https://vm.test/x' };
  expect((await readSite(createServer({ body: linked }).ask)).voicemailUrl).toBe('https://vm.test/x');
});

const wish = { user: 'alice', address: 'alice@Example.test', password: 'wonder', name: 'Firefox', isStaying: true };

test('a session is made with the password, which is in no request', async () => {
  const { asked, ask } = createServer({ status: 201, body: {
    id: '12', secret: 'x'.repeat(43), user: 'alice', domain: 'example.test', expires_at: '2026-02-02T00:00:00Z' } });
  const session = await createSession(wish, () => ask);
  expect(session).toMatchObject({
    id: '12', user: 'alice', domain: 'example.test', expiresAt: new Date('2026-02-02T00:00:00Z') });
  expect(asked).toMatchObject([{
    method: 'POST', path: '/api/v1/users/alice%40Example.test/sessions', body: '{"name":"Firefox","stay":true}' }]);
  expect(JSON.stringify(asked)).not.toContain('wonder');
});

test('sessions are listed as the server has them', async () => {
  const { api } = apiOf({ body: { sessions: [{
    id: '12', name: 'Firefox', device: null, created_at: '2026-01-01T00:00:00Z', used_at: '2026-01-02T00:00:00Z',
    expires_at: '2026-02-01T00:00:00Z', stay: true, current: false }] } });
  expect(await api.sessions()).toEqual([{
    id: '12', name: 'Firefox', createdAt: new Date('2026-01-01T00:00:00Z'), usedAt: new Date('2026-01-02T00:00:00Z'),
    expiresAt: new Date('2026-02-01T00:00:00Z'), isStaying: true, isCurrent: false }]);
});

test.each([
  [401, 'wrong-password'], [404, 'no-such-domain'], [403, 'forbidden'], [503, 'busy'],
])('no session: %d is %s', async (status, kind) => {
  const { ask } = createServer({ status, body: { error: 'A sentence', status } });
  await expect(createSession(wish, () => ask)).rejects.toMatchObject({ problem: { kind } });
});

test('names stand in paths as the browser leaves them', () => {
  expect(segment("a b/c?d#e%f(!)*'~._-ü")).toBe("a%20b%2Fc%3Fd%23e%25f%28%21%29%2A%27~._-%C3%BC");
  expect(new URL(`http://x/${segment("a'(b)!*;,&=+$:@")}`).pathname).toBe(`/${segment("a'(b)!*;,&=+$:@")}`);
});

test('the browser is not asked for credentials, and nothing comes out of its cache', async () => {
  const browser = vi.fn().mockResolvedValue(new Response('{}', { status: 200 }));
  vi.stubGlobal('fetch', browser);
  await plainFetch('/x', { method: 'GET' });
  expect(browser).toHaveBeenCalledWith('/x', expect.objectContaining({ credentials: 'omit', cache: 'no-store' }));
  vi.unstubAllGlobals();
});

// ---- the chosen status

const STATUS = '/xcap/pidf-manipulation/users/sip:al%2Fice@example.test/status';

test('the chosen status is a document of its own, which is written only as it was seen', async () => {
  const { api, asked } = apiOf({ status: 404 }, { status: 201, etag: '"1"' }, { status: 200, etag: '"2"' });
  expect(await api.chosenStatus()).toBeNull();
  await api.chooseStatus({ kind: 'busy', note: 'in a meeting', icon: '' });
  await api.chooseStatus({ kind: 'away', note: '', icon: '' });
  expect(asked.map(({ method, path }) => `${method} ${path}`))
    .toEqual([`GET ${STATUS}`, `PUT ${STATUS}`, `PUT ${STATUS}`]);
  expect(asked[1]!.headers).toMatchObject({ 'if-none-match': '*', 'content-type': 'application/pidf+xml' });
  expect(asked[2]!.headers).toMatchObject({ 'if-match': '"1"' });
  expect(readOwnStatus(String(asked[1]!.body))).toEqual({ kind: 'busy', note: 'in a meeting', icon: '' });
});

test('where another device has written meanwhile that is told, and the document looked at again', async () => {
  const { api, asked } = apiOf(
    { status: 404 }, { status: 412 }, { body: '<no', etag: '"7"' }, { status: 200, etag: '"8"' });
  const busy = { kind: 'busy', note: '', icon: '' } as const;
  await expect(api.chooseStatus(busy)).rejects.toMatchObject({ problem: { kind: 'changed' } });
  await api.chooseStatus(busy);
  expect(asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET', 'PUT']);
  expect(asked[3]!.headers).toMatchObject({ 'if-match': '"7"' });
});

test('a picture is told by its whole address', async () => {
  const { api, asked } = apiOf({ body: { path: '/api/v1/icons/abc' } });
  expect(await api.saveIcon(new Blob(['x'], { type: 'image/png' }))).toBe('https://chat.test/api/v1/icons/abc');
  expect(asked[0]!.headers).toMatchObject({ 'content-type': 'image/png' });
});
