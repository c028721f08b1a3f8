// Digest over HTTP against a server that is strict: each nonce and count once, wrong ones refused, stale ones told.
// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { createDigestFetch, readChallenge, type Fetch } from '../../src/http/digest';
import { md5 } from '../../src/http/md5';

test.each([
  // RFC 1321 §A.5
  ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a', '0cc175b9c0f1b6a831c399e269772661'],
  ['abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
  ['abcdefghijklmnopqrstuvwxyz', 'c3fcd3d76192e4007dfb496cca67e13b'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', 'd174ab98d277d9f5a5611c2c9f419d9f'],
  ['1234567890'.repeat(8), '57edf4a22be3c955ac49da2e2107b67a'],
  // around the ends of a block, and beyond ASCII (md5sum)
  ['x'.repeat(55), '04364420e25c512fd958a70738aa8f72'],
  ['x'.repeat(56), '668a72d5ba17f08e62dabcafad6db14b'],
  ['x'.repeat(64), 'c1bb4f81d892b2d57947682aeb252456'],
  ['grüße €😀', 'a16185191db2e125950517c6930a272a'],
])('MD5 of %j', (text, hash) => {
  expect(md5(text)).toBe(hash);
});

test('the first challenge for digest by MD5 is taken, whatever stands beside it', () => {
  const header = 'Bearer, Basic realm="x, Digest nonce=\\"no\\"", Digest realm="r", nonce="256", algorithm=SHA-256, ' +
    'qop="auth", Digest realm="a \\"b\\"", nonce="n", stale=TRUE, algorithm=md5, qop="auth-int,auth", opaque="o"';
  expect(readChallenge(header)).toMatchObject({ realm: 'a "b"', nonce: 'n', isStale: true, opaque: 'o' });
});

test.each([
  '', 'Bearer', 'Digest', 'Digest realm="r"', 'Digest realm="r", nonce="n"',
  'Digest realm="r", nonce="n", qop=auth-int',
  'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256', 'Digest realm="r, nonce="n", qop="auth"', '=,=,"',
])('nothing is made of %j', (header) => {
  expect(readChallenge(header)).toBeNull();
});

/** A server with one account, which takes each count of a nonce once, in any order. */
function createServer(user = 'alice', secret = 'wonder') {
  const state = { nonce: 1, seen: new Set<string>(), answers: [] as number[], lines: [] as string[] };
  const refuse = (stale: boolean): Response => {
    state.answers.push(401);
    const told = stale ? ', stale=true' : '';
    const challenge = `Digest realm="example.test", nonce="n${state.nonce}"${told}, algorithm=MD5, qop="auth"`;
    return new Response('{}', { status: 401, headers: { 'WWW-Authenticate': `${challenge}, Bearer` } });
  };
  const plain: Fetch = async (path, init) => {
    const line = new Headers(init.headers).get('Authorization');
    await Promise.resolve();
    if (!line) return refuse(false);
    state.lines.push(line);
    const field = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(line)?.[1] ?? '';
    const [nonce, nc] = [field('nonce'), field(' nc')];
    const ha2 = md5(`${init.method}:${path}`);
    const right = md5(`${md5(`${user}:example.test:${secret}`)}:${nonce}:${nc}:${field('cnonce')}:auth:${ha2}`);
    if (field('response') !== right || field('uri') !== path) return refuse(false);
    if (nonce !== `n${state.nonce}` || state.seen.has(nonce + nc)) return refuse(true);
    state.seen.add(nonce + nc);
    state.answers.push(200);
    return new Response('{}', { status: 200 });
  };
  return { state, plain };
}

test('a challenge is answered, and its nonce kept with a count that grows', async () => {
  const { state, plain } = createServer();
  const get = createDigestFetch({ user: 'alice', secret: 'wonder' }, plain);
  for (const path of ['/a?b=c', '/b', '/c']) expect((await get(path, { method: 'GET' })).status).toBe(200);
  expect(state.answers).toEqual([401, 200, 200, 200]);
  expect(state.lines.map((line) => / nc=(\w+)/.exec(line)?.[1])).toEqual(['00000001', '00000002', '00000003']);
});

test('requests side by side cost one challenge', async () => {
  const { state, plain } = createServer();
  const get = createDigestFetch({ user: 'alice', secret: 'wonder' }, plain);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => get(`/${index}`, { method: 'GET' })));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  expect(state.answers.filter((status) => status === 401)).toHaveLength(1);
});

test('a nonce that has become too old is replaced, also under requests side by side', async () => {
  const { state, plain } = createServer();
  const get = createDigestFetch({ user: 'alice', secret: 'wonder' }, plain);
  await get('/a', { method: 'GET' });
  state.nonce = 2;
  const answers = await Promise.all(['/b', '/c', '/d'].map((path) => get(path, { method: 'PUT', body: 'x' })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await get('/e', { method: 'GET' })).status).toBe(200);
});

test('a wrong secret is told after one attempt with it', async () => {
  const { state, plain } = createServer();
  const get = createDigestFetch({ user: 'alice', secret: 'wrong' }, plain);
  expect((await get('/a', { method: 'GET' })).status).toBe(401);
  expect(state.answers).toEqual([401, 401]);
  expect((await get('/a', { method: 'GET' })).status).toBe(401);
  expect(state.answers).toHaveLength(3);
});

test('a server that finds each nonce stale is not asked for ever', async () => {
  let count = 0;
  const get = createDigestFetch({ user: 'alice', secret: 'x' }, async () => {
    count += 1;
    const challenge = `Digest realm="r", nonce="n${count}", stale=true, qop="auth"`;
    return new Response('', { status: 401, headers: { 'WWW-Authenticate': challenge } });
  });
  expect((await get('/', {})).status).toBe(401);
  expect(count).toBe(3);
});

test('who waited for a first request that failed goes on by itself', async () => {
  const { plain } = createServer();
  let failures = 1;
  const get = createDigestFetch({ user: 'alice', secret: 'wonder' }, (path, init) =>
    failures-- > 0 ? Promise.reject(new TypeError('no network')) : plain(path, init));
  const [first, second] = await Promise.allSettled([get('/a', { method: 'GET' }), get('/b', { method: 'GET' })]);
  expect(first.status).toBe('rejected');
  expect(second).toMatchObject({ value: { status: 200 } });
});

test('names and secrets beyond ASCII go as UTF-8', async () => {
  const { state, plain } = createServer('bö"b', 'grüße 😀');
  const get = createDigestFetch({ user: 'bö"b', secret: 'grüße 😀' }, plain);
  expect((await get('/a', { method: 'GET' })).status).toBe(200);
  expect(state.lines[0]).toContain('username="b\u00c3\u00b6\\"b"');
});
