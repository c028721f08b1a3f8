// Presence documents, of ours and of others. SPDX-License-Identifier: MIT
import { expect, test, vi } from 'vitest';
import { readOwnStatus, writeOwnStatus } from '../../src/sip/bodies/own_status_document';
import { readPidf } from '../../src/sip/bodies/pidf';
import { writePidf } from '../../src/sip/bodies/pidf_write';
import type { Activity, ChosenStatus } from '../../src/model/ports';

vi.spyOn(console, 'debug').mockImplementation(() => undefined);

const SPACES = 'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" ' +
  'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:c="urn:ietf:params:xml:ns:pidf:cipid"';

function document(content: string): string {
  return `<?xml version="1.0"?>\n<presence ${SPACES} entity="sip:bob@example.test">${content}</presence>`;
}

function tuple(basic: string, more = ''): string {
  return `<tuple id="t"><status><basic>${basic}</basic></status>${more}</tuple>`;
}

const SINCE = new Date('2026-12-01T12:00:00.000Z');

const CLOSED = {
  isOpen: false, activity: 'available', note: '', icon: '', displayName: '', since: null, idleDevices: 0, activeDevices: 0,
};

test('a document of one closed tuple says nothing else', () => {
  expect(readPidf(document(tuple('closed')))).toEqual(CLOSED);
  expect(readPidf(document(''))).toEqual(CLOSED);
});

test('who is open on one of his devices can be reached', () => {
  expect(readPidf(document(tuple('closed') + tuple(' Open ')))).toMatchObject({ isOpen: true });
});

test.each<[string, Activity]>([
  ['<r:busy/>', 'busy'],
  ['<r:away/>', 'away'],
  ['<r:meeting/>', 'busy'],
  ['<r:vacation/><r:away/>', 'away'],
  ['<r:away/><r:on-the-phone/>', 'on-the-phone'],
  ['<r:busy/><r:other> do-not-disturb </r:other>', 'do-not-disturb'],
  ['<r:busy/><r:other>juggling</r:other>', 'busy'],
  ['<r:other>juggling</r:other>', 'other'],
  ['<r:unknown/>', 'available'],
  ['<r:working/>', 'available'],
  ['<x:busy xmlns:x="urn:x"/><r:no-such-activity/>', 'busy'],
  ['', 'available'],
])('activities %s are %s', (activities, expected) => {
  const person = `<dm:person id="p"><r:activities>${activities}</r:activities></dm:person>`;
  expect(readPidf(document(tuple('open') + person))!.activity).toBe(expected);
});

test('what a person says of himself comes before what his devices say', () => {
  const person = '<dm:person id="p"><r:activities from="2026-12-01T10:00:00Z"><r:busy/></r:activities>' +
    '<dm:note>in a meeting</dm:note><c:icon>https://example.test/i.png</c:icon><c:display-name>Bob B.</c:display-name>' +
    '<dm:timestamp>2026-12-01T11:00:00Z</dm:timestamp></dm:person>';
  const device = tuple('open', '<note>at the desk</note><timestamp>2026-12-01T12:00:00Z</timestamp>');
  expect(readPidf(document(device + person))).toMatchObject({
    note: 'in a meeting', icon: 'https://example.test/i.png', displayName: 'Bob B.', since: new Date('2026-12-01T10:00:00Z'),
  });
  expect(readPidf(document(device))).toMatchObject({ note: 'at the desk', since: new Date('2026-12-01T12:00:00Z') });
  const available = person.replace('<r:busy/>', '').replace(' from="2026-12-01T10:00:00Z"', '');
  expect(readPidf(document(device + available))).toMatchObject({ since: new Date('2026-12-01T12:00:00Z') });
  expect(readPidf(document(tuple('closed') + person))).toMatchObject({ since: null });
  expect(readPidf(document(`${device}<note>of all</note>`))).toMatchObject({ note: 'of all' });
});

test('of several persons the one counts that was said last', () => {
  const person = (activity: string, at: string): string =>
    `<dm:person id="${activity}"><r:activities><r:${activity}/></r:activities><dm:timestamp>${at}</dm:timestamp></dm:person>`;
  const both = person('busy', '2026-12-02T10:00:00Z') + person('away', '2026-12-01T10:00:00Z');
  expect(readPidf(document(tuple('open') + both))!.activity).toBe('busy');
});

test('devices that are open and say whether somebody sits there are counted', () => {
  const input = (word: string): string => tuple('open', `<r:user-input>${word}</r:user-input>`);
  expect(readPidf(document(input('idle') + input('active') + input('idle') + tuple('open')))).toMatchObject({
    idleDevices: 2, activeDevices: 1,
  });
  expect(readPidf(document(tuple('closed', '<r:user-input>active</r:user-input>')))).toMatchObject({ activeDevices: 0 });
});

test('what baresip and Linphone publish is understood', () => {
  expect(readPidf(document('<dm:person id="p1"><r:activities/></dm:person><tuple id="t"><status><basic>unknown</basic>' +
    '</status><contact>sip:bob@example.test</contact></tuple>'))).toEqual(CLOSED);
  const linphone = `<presence ${SPACES} xmlns:o="http://www.linphone.org/xsds/pidfonline.xsd" entity="sip:bob@example.test">
<tuple id="x1"><status><basic>open</basic><o:online/></status><contact priority="0.8">sip:bob@example.test</contact>
<timestamp>2026-12-01T12:00:00Z</timestamp></tuple>
<dm:person id="x2"><r:activities><r:away/></r:activities><dm:timestamp>2026-12-01T12:00:01Z</dm:timestamp></dm:person></presence>`;
  expect(readPidf(linphone)).toMatchObject({ isOpen: true, activity: 'away', since: new Date('2026-12-01T12:00:01Z') });
});

test.each([
  ['', 'nothing'],
  ['<presence', 'half a document'],
  ['<presence xmlns="urn:other"/>', 'another namespace'],
  [`<!DOCTYPE x [<!ENTITY a "b">]>${document('')}`, 'entities'],
  [document(`<note>${'x'.repeat(1_000_001)}</note>`), 'a million characters'],
])('what is no presence document is null (%#)', (text) => {
  expect(readPidf(text)).toBeNull();
});

test('a note is cut, and is text whatever it says', () => {
  expect(readPidf(document(`<note>${'n'.repeat(9000)}</note>`))!.note).toHaveLength(500);
  expect(readPidf(document('<note>&lt;b&gt;<i xmlns="http://www.w3.org/1999/xhtml">x</i></note>'))!.note).toBe('<b>x');
});

test.each<Activity>(['available', 'busy', 'away', 'do-not-disturb', 'on-the-phone', 'other'])(
  'a person who is %s is written as he is read', (activity) => {
    const person = { isOpen: true, activity, note: 'a <note> & "more"\u0000', icon: 'https://example.test/?a=1&b=2' };
    const read = readPidf(writePidf('sip:alice@example.test', { isOpen: true, isIdle: false, person }, SINCE));
    expect(read).toMatchObject({ isOpen: true, activity, note: 'a <note> & "more"', icon: person.icon, activeDevices: 1, since: SINCE });
  });

test('a page that is idle, or hides, says so and nothing of its person', () => {
  const idle = writePidf('sip:alice@example.test', { isOpen: true, isIdle: true, person: null }, SINCE);
  expect(readPidf(idle)).toMatchObject({ isOpen: true, idleDevices: 1, activeDevices: 0, since: SINCE });
  expect(idle).not.toContain('person ');
  expect(readPidf(writePidf('sip:a@b', { isOpen: false, isIdle: false, person: null }, SINCE))).toMatchObject({ isOpen: false });
});

test.each<ChosenStatus>([
  { kind: 'available', note: '', icon: '' },
  { kind: 'busy', note: 'in a <meeting>', icon: '' },
  { kind: 'away', note: '', icon: 'https://example.test/i' },
  { kind: 'do-not-disturb', note: 'writing', icon: '' },
  { kind: 'invisible', note: 'hidden', icon: 'https://example.test/i' },
])('a chosen status is read from its document as it was written: %o', (status) => {
  const text = writeOwnStatus('sip:alice@example.test', status, SINCE);
  expect(readOwnStatus(text)).toEqual(status);
  expect(text).toContain(`<dm:timestamp>${SINCE.toISOString()}</dm:timestamp>`);
});

test('the document of docs/web-client.md is read', () => {
  const text = `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
              xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" xmlns:ci="urn:ietf:params:xml:ns:pidf:cipid"
              xmlns:h="urn:heliograph:presence" entity="sip:alice@example.org">
      <dm:person id="chosen">
        <rpid:activities><rpid:busy/><rpid:other>do-not-disturb</rpid:other></rpid:activities>
        <ci:icon>https://sip.example.org/api/v1/icons/9f</ci:icon>
        <dm:note>in a meeting</dm:note>
      </dm:person>
      <h:invisible/>
    </presence>`;
  expect(readOwnStatus(text)).toEqual({ kind: 'invisible', note: 'in a meeting', icon: 'https://sip.example.org/api/v1/icons/9f' });
  expect(readOwnStatus(text.replace('<h:invisible/>', ''))!.kind).toBe('do-not-disturb');
  expect(readOwnStatus('no document')).toBeNull();
});
