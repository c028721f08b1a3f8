// Messages on their way to the server. Each is kept under the names that it was given when it was written until the
// server has answered for it, and goes out again under these after a cut or a reload: nothing is lost, and nothing
// arrives twice. The link sends to one person in the order in which it is asked to.
// SPDX-License-Identifier: MIT
import { effect } from '@preact/signals';
import type { Address } from '../address';
import type { Keep, Link, Problem, ProblemKind, SendOutcome, UnsentMessage } from '../ports';
import type { SentState } from '../views';
import { CPIM_TYPE, writeText } from './content';
import { randomName } from './ids';

/** After a cut of which the connection itself has not heard yet. */
const AFTER_CUT_MS = 2_000;
/** With these the server may have taken it all the same: it goes out again under its names. */
const UNSURE: readonly ProblemKind[] = ['busy', 'no-connection'];

interface Item {
  message: UnsentMessage;
  readonly to: Address;
  isKept: boolean; // by the browser
  isOnTheWay: boolean;
}

/** What became of a message, for the conversation that shows it. */
export type Show = (message: UnsentMessage, state: SentState, problem: Problem | null) => void;

export interface OutboxParts {
  link: Link;
  keep: Keep;
  self: Address;
  show: Show;
}

export class Outbox {
  private readonly items = new Map<string, Item>(); // by key, in the order of writing
  private readonly endEffect: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: OutboxParts) {
    this.endEffect = effect(() => {
      if (parts.link.status.value.kind === 'online') queueMicrotask(() => this.pump());
    });
  }

  /** How it stands with a message that was just written. */
  get firstState(): SentState {
    return this.isOnline() ? 'sending' : 'waiting';
  }

  bodyOf(to: Address, message: Pick<UnsentMessage, 'at' | 'text' | 'messageId'>): string {
    return writeText(this.parts.self, to, message);
  }

  /** Sends it as soon as the browser keeps it. */
  add(message: UnsentMessage, to: Address): void {
    this.take({ message, to, isKept: false, isOnTheWay: false });
  }

  /** What a page before this one has left. */
  restore(message: UnsentMessage, to: Address): void {
    this.items.set(message.key, { message, to, isKept: true, isOnTheWay: false });
    this.pump();
  }

  /** Once more: as a new message if the server refused it, and under its names if what became of it is not known. */
  sendAgain(key: string): void {
    const item = this.items.get(key);
    if (!item?.message.isRefused) return;
    const isUnsure = item.message.problem !== null && UNSURE.includes(item.message.problem.kind);
    const names = isUnsure ? {} : { ...this.parts.link.name(), messageId: randomName() };
    const message = { ...item.message, ...names, isRefused: false, problem: null };
    this.items.delete(key); // it is the last one now
    this.parts.show(message, this.firstState, null);
    this.add(message, item.to);
  }

  /** False: it is on its way, and cannot be called back. */
  discard(key: string): boolean {
    const item = this.items.get(key);
    if (!item || item.isOnTheWay) return false;
    this.settle(item);
    return true;
  }

  /** The server's history has it: whatever became of the answer. */
  isStored(key: string): void {
    const item = this.items.get(key);
    if (item) this.settle(item);
  }

  end(): void {
    this.endEffect();
    clearTimeout(this.timer);
    this.items.clear();
  }

  // ---- sending

  private isOnline(): boolean {
    return this.parts.link.status.peek().kind === 'online';
  }

  private take(item: Item): void {
    this.items.set(item.message.key, item);
    void this.parts.keep.putUnsent(item.message).then(() => {
      item.isKept = true;
      this.pump();
    });
  }

  private settle({ message }: Item): void {
    this.items.delete(message.key);
    void this.parts.keep.removeUnsent(message.key);
  }

  /** What is not kept yet holds up what was written behind it. */
  private pump(): void {
    if (!this.isOnline()) return;
    for (const item of this.items.values()) {
      if (item.message.isRefused || item.isOnTheWay) continue;
      if (!item.isKept) return;
      void this.send(item);
    }
  }

  private async send(item: Item): Promise<void> {
    const { message, to } = item;
    const { callId, cseq } = message;
    item.isOnTheWay = true;
    this.parts.show(message, 'sending', null);
    const body = this.bodyOf(to, message);
    const outcome = await this.parts.link.send({ callId, cseq, to, contentType: CPIM_TYPE, body });
    item.isOnTheWay = false;
    // Nothing is shown any more of what was found in the history meanwhile, or of a page that has ended.
    if (this.items.get(message.key) === item) this.answered(item, outcome);
  }

  private answered(item: Item, outcome: SendOutcome): void {
    if (outcome.kind === 'cut-off') this.cutOff(item);
    else if (outcome.kind === 'refused') this.refuse(item, outcome.problem);
    else {
      this.settle(item);
      this.parts.show(item.message, outcome.kind, null);
    }
  }

  private cutOff(item: Item): void {
    this.parts.show(item.message, 'waiting', null);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pump(), AFTER_CUT_MS);
  }

  private refuse(item: Item, problem: Problem): void {
    // It is not the message that is refused: it waits for the next login.
    if (problem.kind === 'session-ended') return;
    item.message = { ...item.message, isRefused: true, problem };
    void this.parts.keep.putUnsent(item.message);
    this.parts.show(item.message, 'failed', problem);
  }
}
