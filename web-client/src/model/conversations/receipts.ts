// Receipts that this page owes (RFC 5438): a message has reached it, or was seen. One after the other, and again where
// the connection was cut under one; what is refused is not repeated. SPDX-License-Identifier: MIT
import { effect } from '@preact/signals';
import { addressText, type Address } from '../address';
import type { IncomingMessage, Link, OutgoingMessage } from '../ports';
import { CPIM_TYPE, writeReceipt } from './content';
import { nameText } from './ids';

/** Whoever comes back after a weekend is still told. */
const EXPIRES_S = 3 * 86_400;
/** What comes twice, because the server has not heard our answer, comes soon. */
const REMEMBERED = 500;

export interface Receipted {
  messageId: string;
  at: Date;
}

export class Receipts {
  private readonly owed: OutgoingMessage[] = [];
  private readonly delivered = new Set<string>();
  private isSending = false;
  private readonly endEffect: () => void;

  constructor(private readonly link: Link, private readonly self: Address) {
    this.endEffect = effect(() => {
      if (link.status.value.kind === 'online') queueMicrotask(() => void this.sendAll());
    });
  }

  owe(to: Address, { messageId, at }: Receipted, status: 'delivered' | 'displayed'): void {
    // Who writes to himself knows.
    if (messageId === '' || addressText(to) === addressText(this.self)) return;
    this.owed.push({
      ...this.link.name(),
      to,
      contentType: CPIM_TYPE,
      body: writeReceipt(this.self, to, { of: messageId, at, status }),
      headers: [`Expires: ${EXPIRES_S}`],
    });
    void this.sendAll();
  }

  /** It has reached this page; told once, however often it comes. */
  oweDelivered(incoming: IncomingMessage, messageId: string): void {
    const name = nameText('received', incoming);
    if (this.delivered.has(name)) return;
    this.delivered.add(name);
    if (this.delivered.size > REMEMBERED) this.delivered.delete(this.delivered.keys().next().value!);
    this.owe(incoming.from, { messageId, at: incoming.at }, 'delivered');
  }

  end(): void {
    this.endEffect();
    this.owed.length = 0;
  }

  private async sendAll(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    while (this.owed.length > 0 && this.link.status.peek().kind === 'online') {
      const outcome = await this.link.send(this.owed[0]!);
      if (outcome.kind === 'cut-off') break; // again with the next connection, under the same names
      this.owed.shift();
    }
    this.isSending = false;
  }
}
