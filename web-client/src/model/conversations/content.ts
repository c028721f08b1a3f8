// What a MESSAGE says, whatever it is wrapped in, and what the page writes into one.
// SPDX-License-Identifier: MIT
import { CPIM_TYPE, readCpim, writeCpim } from '../../sip/bodies/cpim';
import { readContentType } from '../../sip/bodies/content_type';
import { IMDN_TYPE, readImdn, writeImdn } from '../../sip/bodies/imdn';
import { IS_COMPOSING_TYPE, readIsComposing, writeIsComposing } from '../../sip/bodies/is_composing';
import { addressToUri, type Address } from '../address';
import { randomName } from './ids';

export { CPIM_TYPE, IS_COMPOSING_TYPE };

export type Body =
  | { kind: 'text'; text: string; messageId: string; wantsDelivered: boolean; wantsDisplayed: boolean }
  | { kind: 'receipt'; of: string; status: 'delivered' | 'displayed' | 'failed' }
  | { kind: 'typing'; isActive: boolean; refreshS: number }
  | { kind: 'other' };

interface Asked {
  messageId: string;
  wants: readonly string[];
}
const NOTHING_ASKED: Asked = { messageId: '', wants: [] };

export function readBody(contentType: string, body: string): Body {
  if (readContentType(contentType).type !== CPIM_TYPE) return readPlain(contentType, body, NOTHING_ASKED);
  const cpim = readCpim(body);
  return cpim ? readPlain(cpim.contentType, cpim.body, cpim) : { kind: 'other' };
}

function readPlain(contentType: string, text: string, { messageId, wants }: Asked): Body {
  const { type } = readContentType(contentType);
  if (type === 'text/plain') {
    const asks = (what: string): boolean => messageId !== '' && wants.includes(what);
    return {
      kind: 'text', text, messageId, wantsDelivered: asks('positive-delivery'), wantsDisplayed: asks('display'),
    };
  }
  const receipt = type === IMDN_TYPE ? readImdn(text) : null;
  if (receipt) return { kind: 'receipt', of: receipt.of, status: receipt.status };
  const composing = type === IS_COMPOSING_TYPE ? readIsComposing(text) : null;
  return composing ? { kind: 'typing', ...composing } : { kind: 'other' };
}

/** Rows of the history that nobody wants to see, if somebody's client had them stored. */
export function isTypingType(contentType: string): boolean {
  return readContentType(contentType).type === IS_COMPOSING_TYPE;
}

export function writeText(
  from: Address, to: Address, message: { at: number; text: string; messageId: string },
): string {
  return writeCpim({
    from: addressToUri(from),
    to: addressToUri(to),
    at: new Date(message.at),
    messageId: message.messageId,
    wants: ['positive-delivery', 'display'],
    contentType: 'text/plain;charset=UTF-8',
    isNotification: false,
    body: message.text,
  });
}

/** RFC 5438 §7.1.1: a receipt asks for none. */
export function writeReceipt(
  from: Address, to: Address, receipt: { of: string; at: Date; status: 'delivered' | 'displayed' },
): string {
  return writeCpim({
    from: addressToUri(from),
    to: addressToUri(to),
    at: new Date(),
    messageId: randomName(),
    wants: [],
    contentType: IMDN_TYPE,
    isNotification: true,
    body: writeImdn({ ...receipt, recipient: addressToUri(from) }),
  });
}

export function writeTyping(isActive: boolean, refreshS: number): string {
  return writeIsComposing({ isActive, refreshS });
}
