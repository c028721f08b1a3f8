// An agent without a connection: what is asked of it is answered by the test. SPDX-License-Identifier: MIT
import { expect } from 'vitest';
import type { Agent, Answer, DialogRequest, OnAnswer, OnDialogRequest, SipRequest } from '../../src/sip/agent';

interface Asked extends SipRequest {
  number: number; // its CSeq
  reply: OnAnswer;
}

export function answer(status: number, headers: Record<string, string> = {}): Answer {
  const found = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    status,
    phrase: 'phrase',
    header: (name) => found.get(name.toLowerCase()) ?? '',
    contacts: found.has('contact') ? [found.get('contact')!] : [],
    toTag: 'remote',
    contact: 'sip:server;transport=ws',
    routes: ['<sip:edge;lr>'],
  };
}

export class FakeAgent implements Agent {
  readonly contact = '<sip:page@x.invalid;transport=ws>';
  readonly asked: Asked[] = []; // and not answered
  count = 0;
  private readonly dialogs = new Map<string, OnDialogRequest>();
  private cseq = 1;

  request(request: SipRequest, reply: OnAnswer): void {
    this.count += 1;
    this.asked.push({ ...request, number: request.cseq?.(true) ?? 1, reply });
  }

  openDialog(callId: string, localTag: string, remoteTag: string, onRequest: OnDialogRequest): () => void {
    const id = `${callId} ${localTag} ${remoteTag}`;
    this.dialogs.set(id, onRequest);
    return () => void this.dialogs.delete(id);
  }

  /** The request that waits for an answer. */
  get last(): Asked {
    expect(this.asked).toHaveLength(1);
    return this.asked[0]!;
  }

  get openDialogs(): number {
    return this.dialogs.size;
  }

  headerOf(name: string): string {
    const line = this.last.headers?.find((header) => header.startsWith(`${name}: `));
    return line?.slice(name.length + 2) ?? '';
  }

  /** Answers what waits; what it was. */
  answer(status: number, headers: Record<string, string> = {}): Asked {
    const { last } = this;
    this.asked.length = 0;
    last.reply(answer(status, headers));
    return last;
  }

  /** The connection ends. */
  cut(): void {
    for (const { reply } of this.asked.splice(0)) reply(null);
  }

  /** A request in the only dialog; the status that it gets. */
  notify(headers: Record<string, string>, body = '', more: Partial<DialogRequest> = {}): number {
    let status = 0;
    expect(this.dialogs.size).toBe(1);
    const found = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    for (const onRequest of this.dialogs.values())
      onRequest({
        method: 'NOTIFY', cseq: (this.cseq += 1), body, contact: '',
        header: (name) => found.get(name.toLowerCase()) ?? '',
        reply: (given) => (status = given),
        ...more,
      });
    return status;
  }
}
