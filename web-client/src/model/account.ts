// One person who is logged in: all models on one connection, from the login to the end of the session.
// SPDX-License-Identifier: MIT
import { effect, type ReadonlySignal } from '@preact/signals';
import type { Address } from './address';
import { ConversationsModel } from './conversations/conversations';
import { Documents } from './documents';
import type { Ending } from './login';
import { MailboxModel } from './mailbox';
import { NotificationsModel, type NoticeWords } from './notifications';
import { OwnStatusModel } from './own_status';
import { PeopleModel } from './people';
import type { Api, Keep, Link, LinkStatus, Problem, Session, Site } from './ports';
import type { Clock, Notifier, Tabs } from './ports_browser';
import type { Account, NotifierPermission, Settings } from './views';

/** For so long logging out waits for a server that may be away. */
const GOODBYE_MS = 3_000;

export interface AccountParts {
  self: Address;
  site: Site;
  sessionId: string;
  link: Link;
  api: Api;
  keep: Keep;
  clock: Clock;
  tabs: Tabs;
  notifier: Notifier;
  settings: Settings;
  words: NoticeWords;
  /** What the person wants to see who clicked on a notification. */
  onLook(kind: 'request' | 'voicemail'): void;
  onEnd(ending: Ending): void;
}

export class AccountModel implements Account {
  readonly self: Address;
  readonly site: Site;
  readonly settings: Settings;
  readonly people: PeopleModel;
  readonly conversations: ConversationsModel;
  readonly own: OwnStatusModel;
  readonly mailbox: MailboxModel;

  private readonly documents: Documents;
  private readonly notifications: NotificationsModel;
  private readonly endEffect: () => void;
  private hasEnded = false;

  /** Connects; what the browser has kept is there soon after. */
  constructor(private readonly parts: AccountParts) {
    const { self, site, link, api, keep, clock, tabs, notifier, settings, words, onLook } = parts;
    const ownDomain = self.domain;
    this.self = self;
    this.site = site;
    this.settings = settings;
    this.documents = new Documents(link);
    this.people = new PeopleModel({ link, api, documents: this.documents, clock, ownDomain });
    this.own = new OwnStatusModel({
      link, api, documents: this.documents, clock, tabs, awayAfterMinutes: settings.awayAfterMinutes,
    });
    this.mailbox = new MailboxModel(link, ownDomain, site.voicemailUrl);
    this.conversations = new ConversationsModel({
      self, site, link, api, keep, tellsRead: settings.receipts, claim: (key) => tabs.claim(key),
    });
    this.notifications = new NotificationsModel({
      conversations: this.conversations, people: this.people, mailbox: this.mailbox, chosen: this.own.chosen, settings,
      notifier, tabs, clock, ownDomain, words, onLook,
    });
    void this.conversations.start();
    this.endEffect = effect(() => this.look(link.status.value));
    link.start();
  }

  get status(): ReadonlySignal<LinkStatus> {
    return this.parts.link.status;
  }
  get notifying(): ReadonlySignal<NotifierPermission> {
    return this.parts.notifier.permission;
  }

  askToNotify(): Promise<void> {
    return this.parts.notifier.ask();
  }

  tryNow(): void {
    this.parts.link.renew();
  }

  sessions(): Promise<readonly Session[]> {
    return this.parts.api.sessions();
  }

  /** One's own is ended by logging out. */
  endSession(id: string): Promise<void> {
    return id === this.parts.sessionId ? this.logOut(false) : this.parts.api.endSession(id);
  }

  async logOut(forget: boolean): Promise<void> {
    if (!this.end()) return;
    await this.parts.link.end(); // with the session, which is needed for it
    await Promise.race([
      this.parts.api.endSession(this.parts.sessionId).catch(() => undefined), // it ends by itself, later
      new Promise<void>((resolve) => this.parts.clock.after(GOODBYE_MS, resolve)),
    ]);
    if (forget) await this.parts.keep.forget();
    this.parts.onEnd({ problem: null, forget });
  }

  /** The server does not know the session any more. What was not sent waits for the next login. */
  wasEnded(problem: Problem): void {
    if (!this.end()) return;
    void this.parts.link.end();
    this.parts.onEnd({ problem, forget: false });
  }

  /** What is kept a moment later than it is typed is kept now. */
  pause(): void {
    this.conversations.pause();
  }

  private look({ kind, problem }: LinkStatus): void {
    if (kind === 'refused') queueMicrotask(() => this.wasEnded(problem ?? { kind: 'session-ended', detail: '' }));
  }

  /** False: it has ended already. */
  private end(): boolean {
    if (this.hasEnded) return false;
    this.hasEnded = true;
    this.endEffect();
    for (const part of [this.notifications, this.conversations, this.people, this.own, this.mailbox, this.documents,
      this.parts.tabs]) part.end();
    return true;
  }
}

