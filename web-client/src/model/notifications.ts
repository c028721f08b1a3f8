// Who is told of what, and how loudly: browser notifications, the number in the tab's title, a sound; none of them
// while one does not want to be disturbed. SPDX-License-Identifier: MIT
import { effect, untracked, type ReadonlySignal } from '@preact/signals';
import { addressLabel, addressText } from './address';
import { freshMessages } from './mailbox';
import { keyOfUri } from './person_uri';
import type { ChosenStatus } from './ports';
import type { Clock, Notifier, Tabs } from './ports_browser';
import type {
  Conversation, Conversations, Mailbox, Message, People, PresenceRequest, Settings,
} from './views';

const BODY_CHARACTERS = 140;
/** Messages that were kept come all at once. */
const BEEP_EVERY_MS = 3_000;

export type Notice =
  | { kind: 'message'; name: string; text: string } // text '': one that cannot be read
  | { kind: 'request'; name: string }
  | { kind: 'voicemail'; fresh: number };
/** Makes the sentences, in the language of now. */
export type NoticeWords = (notice: Notice) => { title: string; body: string };

export interface NotificationsParts {
  conversations: Pick<Conversations, 'unread' | 'open' | 'onArrival'>;
  people: Pick<People, 'person' | 'requests'> & { onRequest(listener: (request: PresenceRequest) => void): void };
  mailbox: Pick<Mailbox, 'state'> & { onArrival(listener: (fresh: number) => void): void };
  chosen: ReadonlySignal<ChosenStatus>;
  settings: Pick<Settings, 'notifications' | 'sound'>;
  notifier: Notifier;
  tabs: Pick<Tabs, 'claim' | 'isSeen'>;
  clock: Clock;
  ownDomain: string;
  words: NoticeWords;
  /** Somebody has clicked on a notification of something that is no conversation. */
  onLook(kind: 'request' | 'voicemail'): void;
}

interface Told {
  readonly tag: string;
  readonly notice: Notice;
  readonly icon: string;
  readonly isOver: () => boolean; // reads signals: nobody needs to be told any more
  readonly onClick: () => void;
}

/** One line that fits into a notification. */
export function shorten(text: string): string {
  const characters = [...text.slice(0, 4 * BODY_CHARACTERS).replace(/\s+/g, ' ').trim()];
  if (characters.length <= BODY_CHARACTERS) return characters.join('');
  return `${characters.slice(0, BODY_CHARACTERS - 1).join('')}…`;
}

export class NotificationsModel {
  private readonly shown = new Map<string, () => void>(); // by tag: ends the watch of what it is about
  private beepedAt = -Infinity;
  private isOver = false;
  private readonly endBadge: () => void;

  constructor(private readonly parts: NotificationsParts) {
    const { conversations, people, mailbox, notifier } = parts;
    conversations.onArrival((conversation, message) => void this.tellMessage(conversation, message));
    people.onRequest((request) => void this.tellRequest(request));
    mailbox.onArrival((fresh) => void this.tellVoicemail(fresh));
    this.endBadge = effect(() => notifier.badge(this.isQuiet() ? 0 : conversations.unread.value));
  }

  end(): void {
    this.isOver = true;
    for (const end of [this.endBadge, ...this.shown.values()]) end();
    this.parts.notifier.end();
  }

  // ---- what there is to tell

  private tellMessage(conversation: Conversation, message: Message): Promise<void> {
    const { address } = conversation;
    const person = this.parts.people.person(address).peek();
    const name = person?.name ?? addressLabel(address, this.parts.ownDomain);
    return this.tell({
      tag: `message ${addressText(address)}`,
      notice: { kind: 'message', name, text: message.isUnreadable ? '' : shorten(message.text) },
      icon: person?.icon ?? '',
      isOver: () => conversation.unread.value === 0,
      onClick: () => void this.parts.conversations.open(address),
    });
  }

  private async tellRequest(request: PresenceRequest): Promise<void> {
    const key = keyOfUri(request.uri);
    const tag = `request ${key}`;
    if (!(await this.parts.tabs.claim(tag))) return;
    await this.tell({
      tag, notice: { kind: 'request', name: request.name }, icon: '', onClick: () => this.parts.onLook('request'),
      isOver: () => !this.parts.people.requests.value.some(({ uri }) => keyOfUri(uri) === key),
    });
  }

  private async tellVoicemail(fresh: number): Promise<void> {
    if (!(await this.parts.tabs.claim(`voicemail ${fresh}`))) return;
    const { state } = this.parts.mailbox;
    await this.tell({
      tag: 'voicemail', notice: { kind: 'voicemail', fresh }, icon: '', onClick: () => this.parts.onLook('voicemail'),
      isOver: () => state.value !== null && freshMessages(state.value) === 0,
    });
  }

  // ---- how

  /** Who looks at one of the pages sees it there, and gets the sound alone. */
  private async tell(told: Told): Promise<void> {
    const isSeen = await this.parts.tabs.isSeen();
    if (this.isOver || this.isQuiet() || untracked(told.isOver)) return;
    if (this.parts.settings.sound.peek()) this.beep();
    if (!isSeen && this.isWanted()) this.show(told);
  }

  private show({ tag, notice, icon, isOver, onClick }: Told): void {
    const { notifier, words } = this.parts;
    this.forget(tag);
    notifier.show({ tag, icon, ...words(notice) }, () => {
      this.forget(tag);
      onClick();
    });
    this.shown.set(tag, effect(() => {
      if (isOver()) notifier.close(tag);
    }));
  }

  private forget(tag: string): void {
    this.shown.get(tag)?.();
    this.shown.delete(tag);
  }

  private beep(): void {
    const now = this.parts.clock.now();
    if (Math.abs(now - this.beepedAt) < BEEP_EVERY_MS) return;
    this.beepedAt = now;
    this.parts.notifier.beep();
  }

  private isWanted(): boolean {
    return this.parts.settings.notifications.peek() && this.parts.notifier.permission.peek() === 'granted';
  }

  private isQuiet(): boolean {
    return this.parts.chosen.value.kind === 'do-not-disturb';
  }
}
