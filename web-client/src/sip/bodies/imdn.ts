// Receipts (RFC 5438 §7): a message was delivered, or seen. SPDX-License-Identifier: MIT
import { IMDN } from './spaces';
import { childOf, dateOf, documentOf, ignored, readXml, textOf, xml } from './xml';

export const IMDN_TYPE = 'message/imdn+xml';

export interface Receipt {
  of: string; // the Message-ID
  at: Date | null; // when that message was sent
  recipient: string; // the URI of who got it; '' where it is not said
  status: 'delivered' | 'displayed' | 'failed';
}

/** The element that holds the status, the word for it, and what it means to us; others are of no use to anybody. */
const MEANINGS: readonly (readonly [string, string, Receipt['status']])[] = [
  ['display-notification', 'displayed', 'displayed'],
  ['delivery-notification', 'delivered', 'delivered'],
  ['delivery-notification', 'failed', 'failed'],
  ['delivery-notification', 'error', 'failed'],
  ['delivery-notification', 'forbidden', 'failed'],
];

export function readImdn(text: string): Receipt | null {
  const root = readXml(text, IMDN, 'imdn');
  if (!root) return null;
  const of = textOf(childOf(root, IMDN, 'message-id'), 200);
  const statusOf = (kind: string): Element | null => childOf(childOf(root, IMDN, kind), IMDN, 'status');
  const meaning = MEANINGS.find(([kind, status]) => childOf(statusOf(kind), IMDN, status));
  if (of === '' || !meaning) return ignored('receipt', `of "${of}", its status is not known`);
  return {
    of,
    at: dateOf(textOf(childOf(root, IMDN, 'datetime'))),
    recipient: textOf(childOf(root, IMDN, 'recipient-uri'), 2000),
    status: meaning[2],
  };
}

export function writeImdn(receipt: Receipt): string {
  const kind = receipt.status === 'displayed' ? 'display-notification' : 'delivery-notification';
  const status = { displayed: xml`<displayed/>`, delivered: xml`<delivered/>`, failed: xml`<failed/>` }[receipt.status];
  const notification =
    kind === 'display-notification'
      ? xml`<display-notification><status>${status}</status></display-notification>`
      : xml`<delivery-notification><status>${status}</status></delivery-notification>`;
  return documentOf(xml`<imdn xmlns="${IMDN}"><message-id>${receipt.of}</message-id>${
    receipt.at ? [xml`<datetime>${receipt.at.toISOString()}</datetime>`] : []}${
    receipt.recipient ? [xml`<recipient-uri>${receipt.recipient}</recipient-uri>`] : []}${notification}</imdn>`);
}
