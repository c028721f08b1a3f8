// Bodies of MESSAGE: CPIM, receipts, typing. SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { readCpim, writeCpim, type CpimMessage } from '../../src/sip/bodies/cpim';
import { readImdn, writeImdn, type Receipt } from '../../src/sip/bodies/imdn';
import { readIsComposing, writeIsComposing } from '../../src/sip/bodies/is_composing';

vi.spyOn(console, 'debug').mockImplementation(() => undefined);

const MESSAGE: CpimMessage = {
  from: 'sip:alice@example.test',
  to: 'sip:bob@example.test',
  at: new Date('2026-12-01T12:00:00.000Z'),
  messageId: 'abc123',
  wants: ['positive-delivery', 'display'],
  contentType: 'text/plain;charset=UTF-8',
  isNotification: false,
  body: 'Grüße\r\n\r\nzwei Zeilen: ja\n',
};

test('what is written is read again', () => {
  expect(readCpim(writeCpim(MESSAGE))).toEqual(MESSAGE);
  const receipt: CpimMessage = { ...MESSAGE, at: null, messageId: '', wants: [], isNotification: true, contentType: 'message/imdn+xml', body: '' };
  expect(readCpim(writeCpim(receipt))).toEqual(receipt);
});

test('the length is that of the bytes, and no value begins a line of its own', () => {
  const text = writeCpim({ ...MESSAGE, messageId: 'a\r\nFrom: <sip:eve@example.test>' });
  expect(text).toContain(`Content-Length: ${new TextEncoder().encode(MESSAGE.body).length}\r\n`);
  expect(readCpim(text)).toMatchObject({ from: MESSAGE.from, messageId: 'a  From: <sip:eve@example.test>' });
});

test('the example of RFC 3862 is read, with names, and any prefix for the headers of receipts', () => {
  const text = ['From: MR SANDERS <im:piglet@100akerwood.com>', 'To: Depressed Donkey <im:eeyore@100akerwood.com>',
    'DateTime: 2000-12-13T13:40:00-08:00', 'Subject: the weather will be fine today', 'NS: Rec <urn:ietf:params:imdn>',
    'Rec.Message-ID: 34jk324j', 'Rec.Disposition-Notification: Negative-Delivery,display, no-such', '',
    'Content-type: text/xml; charset=utf-8', 'Content-ID: <1234567890@foo.com>', '', '<body>Here is the text.</body>'].join('\r\n');
  expect(readCpim(text)).toEqual({
    from: 'im:piglet@100akerwood.com', to: 'im:eeyore@100akerwood.com', at: new Date('2000-12-13T21:40:00Z'),
    messageId: '34jk324j', wants: ['negative-delivery', 'display'], contentType: 'text/xml; charset=utf-8',
    isNotification: false, body: '<body>Here is the text.</body>',
  });
});

test.each(['\rx\ry', 'y', ': y'])('a line full of blanks is read at once (%#)', (end) => {
  const line = `Subject:${' '.repeat(60_000)}x${' '.repeat(60_000)}${end}`;
  expect(readCpim(`From: <sip:a@b>\r\n${line}\r\n\r\n\r\nhello`)).toMatchObject({ from: 'sip:a@b', body: 'hello' });
}, 1000);

test('a content without headers is plain text', () => {
  expect(readCpim('From: <sip:a@b>\n\n\nhello')).toMatchObject({ contentType: 'text/plain', body: 'hello', at: null });
});

test.each(['', 'hello', 'From: <sip:a@b>\r\n\r\nContent-Type: text/plain', 'no header\r\n\r\n\r\n'])(
  'what is no CPIM is null (%#)', (text) => {
    expect(readCpim(text)).toBeNull();
  });

test.each<Receipt['status']>(['delivered', 'displayed', 'failed'])('a receipt that says %s is read as it is written', (status) => {
  const receipt: Receipt = { of: 'a<1>', at: new Date('2026-12-01T12:00:00.000Z'), recipient: 'sip:bob@example.test', status };
  expect(readImdn(writeImdn(receipt))).toEqual(receipt);
});

test('receipts of others: failures of all kinds, and what says nothing', () => {
  const imdn = (content: string): string => `<?xml version="1.0"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>m</message-id>${content}</imdn>`;
  const delivery = (word: string): string => imdn(`<delivery-notification><status><${word}/></status></delivery-notification>`);
  expect(readImdn(delivery('error'))).toEqual({ of: 'm', at: null, recipient: '', status: 'failed' });
  expect(readImdn(delivery('forbidden'))!.status).toBe('failed');
  expect(readImdn(imdn('<display-notification><status><forbidden/></status></display-notification>'))).toBeNull();
  expect(readImdn(imdn('<processing-notification><status><stored/></status></processing-notification>'))).toBeNull();
  expect(readImdn(delivery('delivered').replace('<message-id>m', '<message-id>'))).toBeNull();
  expect(readImdn('garbage')).toBeNull();
});

test('typing is read as it is written, and holds as long as it says', () => {
  expect(readIsComposing(writeIsComposing({ isActive: true, refreshS: 60 }))).toEqual({ isActive: true, refreshS: 60 });
  expect(readIsComposing(writeIsComposing({ isActive: false, refreshS: 60 }))).toEqual({ isActive: false, refreshS: 120 });
  const text = '<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state><refresh>99999999</refresh></isComposing>';
  expect(readIsComposing(text)).toEqual({ isActive: true, refreshS: 600 });
  expect(readIsComposing('<isComposing/>')).toBeNull();
});
