// The voicemail light (RFC 3842). SPDX-License-Identifier: MIT
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { addressOfUri, labelOfUri } from './person_uri';
import type { Link, MailboxState, Watch } from './ports';
import type { Mailbox } from './views';

/** Messages that nobody has listened to. */
export function freshMessages(state: MailboxState): number {
  return state.counts.reduce((sum, { fresh }) => sum + fresh, 0);
}

/** Message-Account as a number to call: "tel:+49-30-1" is +49-30-1, "sip:*97@example.org" of our domain is *97. */
export function numberOf(account: string, ownDomain: string): string {
  const uri = /<([^<>]*)>/.exec(account)?.[1] ?? account.trim();
  const bare = uri.replace(/;.*$/, '');
  return /^tel:/i.test(uri) || addressOfUri(bare) ? labelOfUri(bare, ownDomain) : '';
}

/** A link that may be shown: nothing that runs a script. */
function linkOf(url: string): string {
  return /^https?:\/\//i.test(url) ? url : '';
}

export class MailboxModel implements Mailbox {
  readonly isLive: ReadonlySignal<boolean>;
  readonly number: ReadonlySignal<string>;
  readonly url: string;

  private readonly told: Signal<MailboxState | null> = signal(null);
  private readonly watch: Watch;
  private readonly listeners: ((fresh: number) => void)[] = [];

  constructor(link: Pick<Link, 'watchMailbox'>, ownDomain: string, voicemailUrl: string) {
    this.watch = link.watchMailbox((state) => this.update(state));
    this.isLive = this.watch.isLive;
    this.number = computed(() => numberOf(this.told.value?.account ?? '', ownDomain));
    this.url = linkOf(voicemailUrl);
  }

  get state(): ReadonlySignal<MailboxState | null> {
    return this.told;
  }

  /** Something new has come since the page was opened; `fresh` is how many wait in all. */
  onArrival(listener: (fresh: number) => void): void {
    this.listeners.push(listener);
  }

  end(): void {
    this.watch.end();
  }

  private update(state: MailboxState): void {
    const before = this.told.value;
    this.told.value = state;
    const fresh = freshMessages(state);
    if (before && fresh > freshMessages(before)) for (const listener of this.listeners) listener(fresh);
  }
}
