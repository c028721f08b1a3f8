// Tells of messages that arrive and are not seen, once among the pages of a browser. What was sent before the page was
// opened is no news: the list shows it as unread. SPDX-License-Identifier: MIT
import type { Conversation, Message } from '../views';

type Listener = (conversation: Conversation, message: Message) => void;

const UNSEEN_WAIT_MS = 250;
/** What the server owed to this device comes soon after the beginning; later on, no clock of a sender can hide news. */
const OWED_WITHIN_MS = 60_000;

interface Arrival {
  conversation: Conversation;
  message: Message;
  isUnread: boolean;
}

export class Arrivals {
  private readonly listeners: Listener[] = [];
  private waiting: Arrival[] | null = []; // until it is known when the history ended
  private newsFrom = -Infinity;
  private readonly begunAt = Date.now();

  constructor(private readonly claim: (key: string) => Promise<boolean>) {}

  onArrival(listener: Listener): void {
    this.listeners.push(listener);
  }

  add(conversation: Conversation, message: Message, isUnread: boolean): void {
    const arrival = { conversation, message, isUnread };
    if (this.waiting) this.waiting.push(arrival);
    else void this.tell(arrival);
  }

  /** The last message of the history was sent then, by the server's clock. Only the first call counts. */
  begin(at: number): void {
    if (!this.waiting) return;
    this.newsFrom = at;
    const { waiting } = this;
    this.waiting = null;
    for (const arrival of waiting) void this.tell(arrival);
  }

  private async tell({ conversation, message, isUnread }: Arrival): Promise<void> {
    if (message.at.getTime() <= this.newsFrom && Date.now() - this.begunAt < OWED_WITHIN_MS) return;
    // The page where it is seen takes it first, and tells nobody: then the others need not, either.
    if (isUnread) await new Promise((resolve) => setTimeout(resolve, UNSEEN_WAIT_MS));
    const isOurs = await this.claim(message.key);
    if (isOurs && isUnread && conversation.unread.peek() > 0)
      for (const listener of this.listeners) listener(conversation, message);
  }
}
