// The people of one's list: who they are comes from the buddy list (XCAP, over the API), how they are from one
// subscription to all of them (RFC 4662). An update of one person touches that person and the order, nothing else.
// SPDX-License-Identifier: MIT
import { batch, computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import { addressToUri, parseAddress, type Address } from './address';
import {
  added, changed, findBuddy, groupAdded, groupRemoved, groupRenamed, lonePeople, nameForGroup, refuge, removed,
} from './buddy_edits';
import { BuddyStore } from './buddy_store';
import { compareNames, FIRST_GROUP, groupPeople, searchPeople } from './people_order';
import { afterUpdate, isThere, makePerson } from './person';
import type { Documents } from './documents';
import { keyOfAddress, keyOfUri } from './person_uri';
import type {
  Api, Buddy, BuddyList, Decision, Link, PeopleUpdate, Problem, Watch, WatchedPerson,
} from './ports';
import type { Clock } from './ports_browser';
import { PresenceRules } from './presence_rules';
import type { People, PeopleGroup, Person, PresenceRequest } from './views';

const LIST_DOCUMENT = /^resource-lists\/.*\/index$/;

export interface PeopleParts {
  link: Link;
  api: Api;
  documents: Documents;
  clock: Clock;
  ownDomain: string;
}

/** A person of the list, and what was told of him last. */
interface Entry {
  readonly buddy: Buddy;
  person: Person;
  isThere: boolean; // also while the watch is not live, so that nobody moves then
}

export class PeopleModel implements People {
  readonly search: Signal<string> = signal('');
  readonly all: ReadonlySignal<readonly Person[]>;
  readonly groups: ReadonlySignal<readonly PeopleGroup[]>;
  readonly requests: ReadonlySignal<readonly PresenceRequest[]>;
  readonly rules: ReadonlySignal<readonly { uri: string; name: string; decision: Decision }[]>;
  readonly isLive: ReadonlySignal<boolean>;
  readonly isLoaded: ReadonlySignal<boolean>;

  private readonly store: BuddyStore;
  private readonly presenceRules: PresenceRules;
  private readonly watch: Watch;
  private readonly watched = new Map<string, WatchedPerson>(); // also of people whom the list does not have yet
  private readonly signals = new Map<string, Signal<Person | null>>();
  private entries = new Map<string, Entry>();
  private readonly sorted: Signal<readonly Entry[]> = signal([]); // by name
  private readonly ends: (() => void)[];

  constructor(private readonly parts: PeopleParts) {
    this.store = new BuddyStore(parts.api, parts.clock);
    this.watch = parts.link.watchPeople((update) => this.updatePeople(update));
    this.isLive = this.watch.isLive;
    this.isLoaded = this.store.isLoaded;
    this.all = computed(() => this.sorted.value.map(({ person }) => person));
    this.groups = this.groupSignal();
    this.store.read();
    this.presenceRules = new PresenceRules(parts, (uri) => this.listedName(uri));
    this.requests = this.presenceRules.requests;
    this.rules = this.presenceRules.rules;
    parts.documents.onChange(LIST_DOCUMENT, () => this.store.read());
    this.ends = [
      () => this.watch.end(), () => this.store.end(), () => this.presenceRules.end(),
      this.follow(() => this.store.list.value, (list) => this.updateList(list)),
      this.follow(() => this.isLive.value, () => this.showAgain([...this.entries.keys()])),
      this.follow(() => parts.link.status.value.kind === 'online', (isOnline) => {
        if (isOnline) this.store.hurry();
      }),
    ];
  }

  end(): void {
    for (const end of this.ends) end();
  }

  /** A request that was not there when the page was opened. */
  onRequest(listener: (request: PresenceRequest) => void): void {
    this.presenceRules.onRequest(listener);
  }

  person(address: Address): ReadonlySignal<Person | null> {
    return this.personSignal(keyOfAddress(address));
  }

  // ---- edits

  async add(typed: string, name: string, groups: readonly string[]): Promise<Problem | null> {
    const address = parseAddress(typed, this.parts.ownDomain);
    if (!address) return { kind: 'no-address', detail: '' };
    const uri = addressToUri(address);
    const known = findBuddy(this.store.list.value, uri);
    if (known) return this.addAgain(known, name, groups);
    const buddy = { uri, name: name.trim(), groups: groups.length > 0 ? groups : [this.firstGroup()] };
    return this.store.edit(added(buddy), () => this.parts.api.addBuddy(buddy));
  }

  rename(uri: string, name: string): Promise<Problem | null> {
    return this.change(uri, { name: name.trim() });
  }

  setGroups(uri: string, groups: readonly string[]): Promise<Problem | null> {
    return this.change(uri, { groups: groups.length > 0 ? groups : [this.firstGroup()] });
  }

  remove(uri: string): Promise<Problem | null> {
    return this.store.edit(removed(uri), () => this.parts.api.removeBuddy(uri));
  }

  async addGroup(displayName: string): Promise<Problem | null> {
    const list = this.store.list.value;
    const shown = displayName.trim();
    if (list.groups.some((group) => (group.displayName || group.name) === shown)) return null;
    const group = { name: nameForGroup(list, shown), displayName: shown };
    return this.store.edit(groupAdded(group), () => this.parts.api.addGroup(group));
  }

  renameGroup(name: string, displayName: string): Promise<Problem | null> {
    const shown = displayName.trim();
    return this.store.edit(groupRenamed(name, shown), () => this.parts.api.renameGroup(name, shown));
  }

  /** Nobody is lost with it: who is in no other group moves to the first one that stays. */
  async removeGroup(name: string): Promise<Problem | null> {
    const list = this.store.list.value;
    const lone = lonePeople(list, name);
    const to = refuge(list, name);
    if (lone.length > 0 && to === '') return { kind: 'other', detail: 'A person is in one group at least.' };
    const moves = lone.map(({ uri }) => this.change(uri, { groups: [to] }));
    const problem = (await Promise.all(moves)).find((one) => one !== null);
    return problem ?? this.store.edit(groupRemoved(name), () => this.parts.api.removeGroup(name));
  }

  decide(uri: string, decision: Decision | null): Promise<Problem | null> {
    return this.presenceRules.decide(uri, decision);
  }

  private change(uri: string, change: { name?: string; groups?: readonly string[] }): Promise<Problem | null> {
    return this.store.edit(changed(uri, change), () => this.parts.api.changeBuddy(uri, change));
  }

  /** He is there already: what was typed now holds, and no group is lost. */
  private async addAgain(known: Buddy, name: string, groups: readonly string[]): Promise<Problem | null> {
    const all = [...new Set([...known.groups, ...groups])];
    const change = {
      ...(name.trim() !== '' && name.trim() !== known.name ? { name: name.trim() } : {}),
      ...(all.length > known.groups.length ? { groups: all } : {}),
    };
    return Object.keys(change).length > 0 ? this.change(known.uri, change) : null;
  }

  private firstGroup(): string {
    return this.store.list.value.groups[0]?.name ?? FIRST_GROUP;
  }

  // ---- what is told

  private updatePeople(update: PeopleUpdate): void {
    const keys = new Set(update.isFull ? this.watched.keys() : []);
    const before = new Map(update.isFull ? this.watched : []);
    if (update.isFull) this.watched.clear();
    for (const told of update.people) {
      const key = keyOfUri(told.uri);
      keys.add(key);
      this.watched.set(key, afterUpdate(before.get(key) ?? this.watched.get(key) ?? null, told));
    }
    this.showAgain(keys);
  }

  private updateList(list: BuddyList): void {
    const before = this.entries;
    this.entries = new Map();
    for (const buddy of list.buddies) {
      const key = keyOfUri(buddy.uri);
      this.entries.set(key, this.makeEntry(key, buddy, before.get(key)?.person ?? null));
    }
    batch(() => {
      for (const key of new Set([...before.keys(), ...this.entries.keys()])) this.tell(key);
      this.sorted.value = [...this.entries.values()].sort((a, b) => compareNames(a.person, b.person));
    });
  }

  // ---- what is shown

  private makeEntry(key: string, buddy: Buddy, previous: Person | null): Entry {
    const watched = this.watched.get(key) ?? null;
    const person = makePerson(buddy, watched, this.isLive.peek(), this.parts.ownDomain, previous);
    return { buddy, person, isThere: isThere(watched) };
  }

  private showAgain(keys: Iterable<string>): void {
    let isChanged = false;
    let isSorted = true;
    batch(() => {
      for (const key of keys) {
        const entry = this.entries.get(key);
        if (!entry) continue;
        const { person, isThere: comesFirst } = this.makeEntry(key, entry.buddy, entry.person);
        isChanged ||= person !== entry.person || comesFirst !== entry.isThere;
        isSorted &&= person.name === entry.person.name;
        entry.person = person;
        entry.isThere = comesFirst;
        this.tell(key);
      }
      if (!isChanged) return;
      const entries = [...this.sorted.value];
      this.sorted.value = isSorted ? entries : entries.sort((a, b) => compareNames(a.person, b.person));
    });
  }

  private tell(key: string): void {
    const known = this.signals.get(key);
    if (known) known.value = this.entries.get(key)?.person ?? null;
  }

  private personSignal(key: string): Signal<Person | null> {
    let known = this.signals.get(key);
    if (!known) {
      known = signal(this.entries.get(key)?.person ?? null);
      this.signals.set(key, known);
    }
    return known;
  }

  private groupSignal(): ReadonlySignal<readonly PeopleGroup[]> {
    let previous: readonly PeopleGroup[] = [];
    const every = computed(() => {
      previous = groupPeople(this.store.list.value.groups, this.sorted.value, previous);
      return previous;
    });
    return computed(() => searchPeople(every.value, this.search.value));
  }

  private listedName(uri: string): string {
    return this.personSignal(keyOfUri(uri)).value?.name ?? '';
  }

  /** Acts on each value of `read`, and on nothing that `act` reads. */
  private follow<T>(read: () => T, act: (value: T) => void): () => void {
    return effect(() => {
      const value = read();
      untracked(() => act(value));
    });
  }
}
