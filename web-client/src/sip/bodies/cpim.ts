// CPIM (RFC 3862): a message in an envelope of its own, with the names and wishes of receipts (RFC 5438).
// SPDX-License-Identifier: MIT
import { headerOf, readHeaders, type Headed } from './headers';
import { dateOf, ignored } from './xml';

export const CPIM_TYPE = 'message/cpim';

const IMDN_HEADERS = 'urn:ietf:params:imdn'; // RFC 5438 §6

/** Which receipts a sender wants (RFC 5438 §6.2). */
export type Disposition = 'positive-delivery' | 'negative-delivery' | 'display' | 'processing';
const DISPOSITIONS: readonly string[] = ['positive-delivery', 'negative-delivery', 'display', 'processing'];

export interface CpimMessage {
  from: string; // URIs; '' where there is none
  to: string;
  at: Date | null;
  messageId: string; // imdn.Message-ID; '' for none
  wants: readonly Disposition[]; // imdn.Disposition-Notification
  contentType: string;
  isNotification: boolean; // Content-Disposition: notification: a receipt (RFC 5438 §7.1.1)
  body: string;
}

/** RFC 3862 §3.3.1: `From: Alice <im:alice@example.org>` */
function uriOf(value: string): string {
  return /<([^<>]*)>\s*$/.exec(value)?.[1] ?? value;
}

/** The prefix that the sender gave to IMDN's headers, with its dot (RFC 3862 §3.4.4); usually "imdn.". */
function prefixOf(headers: Headed): string {
  for (const value of headers.headers.get('ns') ?? []) {
    const [, prefix, uri] = /^([^\s<]*)\s*<([^<>]*)>$/.exec(value) ?? [];
    if (uri === IMDN_HEADERS) return prefix ? `${prefix.toLowerCase()}.` : '';
  }
  return 'imdn.';
}

/** Header values are escaped as in JSON (RFC 3862 §2.3.1). */
function unescaped(value: string): string {
  return value.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_whole, code?: string, character?: string) =>
    code ? String.fromCharCode(parseInt(code, 16)) : character === 't' ? '\t' : (character ?? ''));
}

/** Null: it cannot be read. */
export function readCpim(text: string): CpimMessage | null {
  const envelope = readHeaders(text);
  const content = envelope && readHeaders(envelope.rest);
  if (!envelope || !content) return ignored('CPIM', 'its headers cannot be read');
  const prefix = prefixOf(envelope);
  const wants = headerOf(envelope, `${prefix}disposition-notification`).toLowerCase().split(/[\s,]+/);
  return {
    from: uriOf(unescaped(headerOf(envelope, 'from'))),
    to: uriOf(unescaped(headerOf(envelope, 'to'))),
    at: dateOf(headerOf(envelope, 'datetime')),
    messageId: headerOf(envelope, `${prefix}message-id`).slice(0, 200),
    wants: wants.filter((word) => DISPOSITIONS.includes(word)) as Disposition[],
    contentType: headerOf(content, 'content-type') || 'text/plain',
    isNotification: /^notification\b/i.test(headerOf(content, 'content-disposition')),
    body: content.rest,
  };
}

/** A value of one line, whatever stands in it. */
function line(name: string, value: string): string {
  return `${name}: ${value.replace(/[\0-\x1f\x7f]/g, ' ')}`;
}

export function writeCpim(message: CpimMessage): string {
  const hasImdn = message.messageId !== '' || message.wants.length > 0;
  return [
    line('From', `<${message.from}>`),
    line('To', `<${message.to}>`),
    ...(message.at ? [line('DateTime', message.at.toISOString())] : []),
    ...(hasImdn ? [`NS: imdn <${IMDN_HEADERS}>`] : []),
    ...(message.messageId ? [line('imdn.Message-ID', message.messageId)] : []),
    ...(message.wants.length > 0 ? [`imdn.Disposition-Notification: ${message.wants.join(', ')}`] : []),
    '',
    line('Content-Type', message.contentType),
    ...(message.isNotification ? ['Content-Disposition: notification'] : []),
    `Content-Length: ${new TextEncoder().encode(message.body).length}`,
    '',
    message.body,
  ].join('\r\n');
}
