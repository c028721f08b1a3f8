// Bodies of the other event packages. SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { readContentType } from '../../src/sip/bodies/content_type';
import { readConversations } from '../../src/sip/bodies/conversations';
import { readMessageSummary } from '../../src/sip/bodies/message_summary';
import { readMultipart } from '../../src/sip/bodies/multipart';
import { readRlmi } from '../../src/sip/bodies/rlmi';
import { readWatcherInfo } from '../../src/sip/bodies/watcher_info';
import { applyXcapDiff } from '../../src/sip/bodies/xcap_diff';

vi.spyOn(console, 'debug').mockImplementation(() => undefined);

test('a content type has its parameters, quoted or not', () => {
  const { type, parameters } = readContentType('Multipart/Related; type="application/rlmi+xml";start="<a\\"b>" ; Boundary=x-1');
  expect(type).toBe('multipart/related');
  expect([...parameters]).toEqual([['type', 'application/rlmi+xml'], ['start', '<a"b>'], ['boundary', 'x-1']]);
  expect(readContentType('nonsense').type).toBe('');
});

const TYPE = 'multipart/related;type="application/rlmi+xml";start="<list@x>";boundary="b1"';
const PARTS = [
  'a preamble', '--b1', 'Content-ID: <one@x>', 'Content-Type: application/pidf+xml', '', '<one/>\r\n',
  '--b1', 'Content-Transfer-Encoding: binary', 'Content-ID: <list@x>', 'Content-Type:', ' application/rlmi+xml', '', '<list/>',
  '--b1--', 'an epilogue',
].join('\r\n');

test('parts are found by their Content-ID, and the root by start', () => {
  const read = readMultipart(TYPE, PARTS)!;
  expect(read.root).toEqual({ contentType: 'application/rlmi+xml', body: '<list/>' });
  expect(read.parts.get('one@x')).toEqual({ contentType: 'application/pidf+xml', body: '<one/>\r\n' });
  expect(readMultipart(TYPE.replace('start="<list@x>";', ''), PARTS)!.root.body).toBe('<one/>\r\n');
});

test.each([
  ['text/plain', PARTS],
  ['multipart/related', PARTS],
  [TYPE, 'nothing of the kind'],
  [TYPE, PARTS.replace('--b1--', '')],
  [TYPE, '--b1--'],
])('what has no parts is null (%#)', (type, body) => {
  expect(readMultipart(type, body)).toBeNull();
});

test('parts that are encoded, or have no blank line, are left out', () => {
  const body = ['--b1', 'Content-ID: <a>', 'Content-Transfer-Encoding: base64', '', 'PGEvPg==', '--b1', 'no header', '--b1',
    'Content-ID: <c>', '', 'kept', '--b1--'].join('\r\n');
  expect([...readMultipart(TYPE, body)!.parts.keys()]).toEqual(['c']);
});

test('a list names its entries and their instances', () => {
  expect(readRlmi(`<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:rls@example.test" version="7" fullState="true">
    <name>x</name>
    <resource uri="sip:bob@example.test"><name>Bob</name><instance id="i1" state="active" cid="bob@x"/></resource>
    <resource uri="sip:eve@example.test"><instance id="i2" state="terminated" reason="rejected"/></resource>
    <resource uri="sip:new@example.test"/><resource/>
    <resource uri="sip:odd@example.test"><instance id="i3" state="odd"/></resource></list>`)).toEqual({
    version: 7,
    isFull: true,
    resources: [
      { uri: 'sip:bob@example.test', instances: [{ id: 'i1', state: 'active', reason: '', contentId: 'bob@x' }] },
      { uri: 'sip:eve@example.test', instances: [{ id: 'i2', state: 'terminated', reason: 'rejected', contentId: '' }] },
      { uri: 'sip:new@example.test', instances: [] },
      { uri: 'sip:odd@example.test', instances: [] },
    ],
  });
  expect(readRlmi('<list xmlns="urn:ietf:params:xml:ns:rlmi" version="1" fullState="false"/>')).toMatchObject({ isFull: false });
  expect(readRlmi('<list xmlns="urn:ietf:params:xml:ns:rlmi" fullState="false"/>')).toBeNull();
});

test('watchers of presence are told, with their names', () => {
  const text = `<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="3" state="partial">
    <watcher-list resource="sip:bob@example.test" package="presence">
      <watcher id="1" status="pending" event="subscribe" display-name="Alice">sip:alice@example.test</watcher>
      <watcher id="2" status="no-status">sip:x@example.test</watcher><watcher status="active">sip:x@example.test</watcher>
    </watcher-list>
    <watcher-list resource="sip:bob@example.test" package="dialog"><watcher id="3" status="active">sip:y@z</watcher></watcher-list>
  </watcherinfo>`;
  expect(readWatcherInfo(text)).toEqual({
    version: 3,
    isFull: false,
    watchers: [{ id: '1', uri: 'sip:alice@example.test', displayName: 'Alice', status: 'pending' }],
  });
  expect(readWatcherInfo(text.replace('partial', 'full'))).toMatchObject({ isFull: true });
  expect(readWatcherInfo(text.replace('version="3"', ''))).toBeNull();
});

test('a mailbox has counts of each kind, and its number', () => {
  expect(readMessageSummary('Messages-Waiting: yes\r\nMessage-Account: sip:*97@example.test\r\nVoice-Message: 4/8 (1/2)\r\n' +
    'Fax-Message: 1/0\r\nPager-Message: 1/1\r\nMultimedia-Message: 2/0\r\n\r\nTo: <sip:someone>\r\n')).toEqual({
    isWaiting: true,
    account: 'sip:*97@example.test',
    counts: [{ kind: 'voice', fresh: 4, old: 8 }, { kind: 'fax', fresh: 1, old: 0 }, { kind: 'other', fresh: 3, old: 1 }],
  });
  for (const line of ['voice-message:x/y', 'constructor: 1/0'])
    expect(readMessageSummary(`messages-waiting:NO\n${line}\n`)).toEqual({ isWaiting: false, account: '', counts: [] });
  expect(readMessageSummary('Voice-Message: 1/0')).toBeNull();
});

test('documents that are new, changed or gone', () => {
  const diff = (content: string): string => `<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff" xcap-root="https://x/xcap/">${content}</xcap-diff>`;
  const first = applyXcapDiff(new Map(), diff('<document sel="a/users/x/index" new-etag="1"/><document sel="b/users/x/index" new-etag="2"/>'))!;
  expect([...first]).toEqual([['a/users/x/index', '1'], ['b/users/x/index', '2']]);
  const second = applyXcapDiff(first, diff('<document sel="a/users/x/index" previous-etag="1" new-etag="3"/><document sel="b/users/x/index" previous-etag="2"/>'))!;
  expect([...second]).toEqual([['a/users/x/index', '3']]);
  expect(applyXcapDiff(first, '<other/>')).toBeNull();
});

test('changes of conversations are taken field by field', () => {
  expect(readConversations('{"since":"7301","until":"7342","conversations":[{"peer":"bob@example.org","at":"7340"},' +
    '{"peer":"carol@example.org","at":"7342"},{"peer":7,"at":"1"},{"peer":"x@y"},null,[]]}')).toEqual({
    since: '7301', until: '7342', changed: [{ peer: 'bob@example.org', at: '7340' }, { peer: 'carol@example.org', at: '7342' }],
  });
});

test.each(['', '[]', 'null', '7', '{"since":1,"until":"2","conversations":[]}', '{"since":"1","until":"2"}', '{"since":"-1"'])(
  'what is no change of conversations is null: %s', (text) => {
    expect(readConversations(text)).toBeNull();
  });
