// What becomes of messages. SPDX-License-Identifier: MIT
import { beforeEach, expect, test } from 'vitest';
import type { OutgoingMessage, SendOutcome } from '../../src/model/ports';
import { Outbox, newNames, type CutBlame } from '../../src/sip/outbox';
import { FakeAgent, answer } from './fake_agent';

let agent: FakeAgent;
let outbox: Outbox;

beforeEach(() => {
  agent = new FakeAgent();
  outbox = new Outbox(agent);
  outbox.connected();
});

function message(to: string, body: string): OutgoingMessage {
  return { callId: `call-${body}`, cseq: 100, to: { user: to, domain: 'example.test' }, contentType: 'text/plain', body };
}

/** The bodies that are on their way. */
function underway(): string[] {
  return agent.asked.map(({ body }) => body!);
}

function answerTo(body: string, status: number, headers: Record<string, string> = {}): void {
  const index = agent.asked.findIndex((asked) => asked.body === body);
  agent.asked.splice(index, 1)[0]!.reply(answer(status, headers));
}

function cut(blame: CutBlame): void {
  agent.cut();
  outbox.disconnected(blame);
  outbox.connected();
}

test('a message goes out with its names and headers', () => {
  void outbox.send({ ...message('bob', 'hello'), headers: ['Expires: 0'] });
  expect(agent.last).toMatchObject({
    method: 'MESSAGE', target: 'sip:bob@example.test', callId: 'call-hello', number: 100, body: 'hello',
    headers: ['Content-Type: text/plain', 'Expires: 0'],
  });
});

test('what is only challenged has the number before', () => {
  void outbox.send(message('bob', 'hello'));
  const { cseq } = agent.last;
  expect([cseq!(false), cseq!(true)]).toEqual([99, 101]); // the fake one has asked for the first one already
});

test.each<[number, Record<string, string>, SendOutcome]>([
  [200, {}, { kind: 'delivered' }],
  [202, {}, { kind: 'kept' }],
  [404, { Warning: '399 x "There is no such account"' },
    { kind: 'refused', problem: { kind: 'no-such-user', detail: 'There is no such account' } }],
  [480, { Warning: '399 x "The mailbox of the receiver is full"' },
    { kind: 'refused', problem: { kind: 'mailbox-full', detail: 'The mailbox of the receiver is full' } }],
  [503, {}, { kind: 'refused', problem: { kind: 'busy', detail: 'phrase' } }],
])('%i is its outcome', async (status, headers, outcome) => {
  const sent = outbox.send(message('bob', 'hello'));
  agent.answer(status, headers);
  expect(await sent).toEqual(outcome);
});

test('to one receiver one goes at a time, to several at once (RFC 3428 §8)', async () => {
  const sent = [outbox.send(message('bob', 'a')), outbox.send(message('bob', 'b')), outbox.send(message('carol', 'c'))];
  expect(underway()).toEqual(['a', 'c']);
  answerTo('a', 200);
  expect(underway()).toEqual(['c', 'b']);
  answerTo('b', 404);
  answerTo('c', 202);
  expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(['delivered', 'refused', 'kept']);
});

test('without a connection nothing is sent, and what waits for one that was cut is cut off as well', async () => {
  const sent = [outbox.send(message('bob', 'a')), outbox.send(message('bob', 'b'))];
  agent.cut();
  outbox.disconnected('maybe');
  expect(await Promise.all(sent)).toEqual([{ kind: 'cut-off' }, { kind: 'cut-off' }]);
  expect(await outbox.send(message('bob', 'c'))).toEqual({ kind: 'cut-off' });
  expect(agent.asked).toHaveLength(0);
});

test('what a connection ended on goes out alone, and after the second time not at all', async () => {
  const first = [outbox.send(message('bob', 'a')), outbox.send(message('carol', 'b'))];
  cut('maybe');
  expect((await Promise.all(first)).map(({ kind }) => kind)).toEqual(['cut-off', 'cut-off']);
  const again = [outbox.send(message('bob', 'a')), outbox.send(message('carol', 'b')), outbox.send(message('dave', 'c'))];
  expect(underway()).toEqual(['a']);
  cut('maybe');
  expect(await again[0]).toMatchObject({ kind: 'refused', problem: { kind: 'other' } });
  expect(await Promise.all(again.slice(1))).toEqual([{ kind: 'cut-off' }, { kind: 'cut-off' }]);
  const innocent = outbox.send(message('carol', 'b'));
  void outbox.send(message('dave', 'c'));
  expect(underway()).toEqual(['b']);
  answerTo('b', 200);
  expect(await innocent).toEqual({ kind: 'delivered' });
  expect(underway()).toEqual(['c']);
});

test('a suspect waits for what is on its way before it', () => {
  void outbox.send(message('bob', 'a'));
  cut('maybe');
  void outbox.send(message('bob', 'a'));
  answerTo('a', 200);
  void outbox.send(message('carol', 'b'));
  expect(underway()).toEqual(['b']);
});

test('what we end ourselves, or a restart, is no message\'s fault', async () => {
  for (let times = 0; times < 5; times += 1) {
    const sent = outbox.send(message('bob', 'a'));
    cut('none');
    expect(await sent).toEqual({ kind: 'cut-off' });
  }
});

test('a connection that was closed for its size on one message says which', async () => {
  const sent = outbox.send(message('bob', 'a'));
  cut('too-large');
  expect(await sent).toMatchObject({ kind: 'refused', problem: { kind: 'too-long' } });
});

test('names are never those of another message', () => {
  const names = Array.from({ length: 100 }, newNames);
  expect(new Set(names.map(({ callId }) => callId)).size).toBe(100);
  expect(names.every(({ callId, cseq }) => /^[a-z0-9]{20}$/.test(callId) && cseq >= 100 && cseq < 2 ** 31)).toBe(true);
});
