// Who wants to see one's presence, and who was allowed to or not: watcher information (RFC 3857) and one's rules.
// SPDX-License-Identifier: MIT
import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Documents } from './documents';
import { addressOfUri, keyOfUri, labelOfUri } from './person_uri';
import type { Api, Decision, Link, Problem, Watcher, WatchersUpdate } from './ports';
import type { Clock } from './ports_browser';
import { problemOf, Refresher } from './refresher';
import type { PresenceRequest } from './views';

const RULES_DOCUMENT = /^pres-rules\/.*\/index$/;

type Rule = { watcher: string; presence: Decision | null };
export interface RulesParts {
  link: Link;
  api: Api;
  documents: Documents;
  clock: Clock;
  ownDomain: string;
}

/** `confirm` lets him wait for a decision; the others are one. */
function isDecided(decision: Decision | null | undefined): boolean {
  return decision === 'allow' || decision === 'block' || decision === 'polite-block';
}

function asksForPresence({ status }: Watcher): boolean {
  return status === 'pending' || status === 'waiting';
}

export class PresenceRules {
  readonly requests: ReadonlySignal<readonly PresenceRequest[]>;
  readonly rules: ReadonlySignal<readonly { uri: string; name: string; decision: Decision }[]>;

  private readonly watchers: Signal<ReadonlyMap<string, Watcher>> = signal(new Map());
  private readonly decided: Signal<ReadonlyMap<string, Rule>> = signal(new Map()); // by person
  private readonly underWay: Signal<ReadonlyMap<string, Rule>> = signal(new Map()); // not answered yet
  private readonly reader: Refresher<readonly Rule[]>;
  private readonly listeners: ((request: PresenceRequest) => void)[] = [];
  private known: Set<string> | null = null; // people who have asked; null: not told yet
  private readonly ends: (() => void)[];

  /** `listedName` reads signals: what somebody is called in the list; '' where he is not in it. */
  constructor(private readonly parts: RulesParts, private readonly listedName: (uri: string) => string) {
    this.reader = new Refresher(() => parts.api.rules(), (rules) => {
      this.decided.value = new Map(rules.map((rule) => [keyOfUri(rule.watcher), rule]));
    }, parts.clock);
    this.requests = computed(() => this.makeRequests());
    this.rules = computed(() => this.makeRules());
    parts.documents.onChange(RULES_DOCUMENT, () => this.reader.ask());
    const watch = parts.link.watchWatchers((update) => this.updateWatchers(update));
    this.ends = [
      () => watch.end(), () => this.reader.end(),
      effect(() => {
        if (parts.link.status.value.kind === 'online') untracked(() => this.reader.hurry());
      }),
    ];
    this.reader.ask();
  }

  end(): void {
    for (const end of this.ends) end();
  }

  onRequest(listener: (request: PresenceRequest) => void): void {
    this.listeners.push(listener);
  }

  async decide(uri: string, decision: Decision | null): Promise<Problem | null> {
    const key = keyOfUri(uri);
    const rule = { watcher: uri, presence: decision };
    this.underWay.value = new Map(this.underWay.value).set(key, rule);
    this.reader.hold();
    try {
      await this.parts.api.decide(uri, decision);
      this.decided.value = new Map(this.decided.value).set(key, rule);
      return null;
    } catch (error) {
      return problemOf(error);
    } finally {
      // a later decision about the same person is still under way
      const rest = [...this.underWay.value].filter(([, one]) => one !== rule);
      this.underWay.value = new Map(rest);
      this.reader.release();
    }
  }

  private updateWatchers(update: WatchersUpdate): void {
    const watchers = new Map(update.isFull ? [] : this.watchers.value);
    for (const watcher of update.watchers) {
      if (watcher.status === 'terminated') watchers.delete(watcher.id);
      else watchers.set(watcher.id, watcher);
    }
    this.watchers.value = watchers;
    this.tellNew();
  }

  /** Who asks again after his request has gone is told again. */
  private tellNew(): void {
    const requests = this.requests.peek();
    const known = this.known;
    this.known = new Set(requests.map(({ uri }) => keyOfUri(uri)));
    if (!known) return;
    for (const request of requests)
      if (!known.has(keyOfUri(request.uri))) for (const listener of this.listeners) listener(request);
  }

  private ruleOf(key: string): Rule | undefined {
    return this.underWay.value.get(key) ?? this.decided.value.get(key);
  }

  private makeRequests(): readonly PresenceRequest[] {
    const made = new Map<string, PresenceRequest>(); // somebody with two devices asks once
    for (const watcher of this.watchers.value.values()) {
      const { uri, displayName } = watcher;
      const key = keyOfUri(uri);
      if (!asksForPresence(watcher) || made.has(key) || isDecided(this.ruleOf(key)?.presence)) continue;
      made.set(key, { uri, address: addressOfUri(uri), name: this.nameOf(uri, displayName) });
    }
    return [...made.values()];
  }

  private makeRules(): readonly { uri: string; name: string; decision: Decision }[] {
    const keys = new Set([...this.decided.value.keys(), ...this.underWay.value.keys()]);
    return [...keys].flatMap((key) => {
      const { watcher, presence } = this.ruleOf(key)!;
      return presence ? [{ uri: watcher, name: this.nameOf(watcher, ''), decision: presence }] : [];
    });
  }

  /** One's own name for him first: what he calls himself may be anything. */
  private nameOf(uri: string, told: string): string {
    return this.listedName(uri) || told || labelOfUri(uri, this.parts.ownDomain);
  }
}
