// One's own status (docs/web-client.md): what was chosen holds for all devices and stands in a document; beside it each
// page publishes that it is there and whether somebody sits before it, and the idle ones that their person is away.
// SPDX-License-Identifier: MIT
import { batch, computed, effect, signal, untracked, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Documents } from './documents';
import { Idle } from './idle';
import { ownIcon } from './person_uri';
import type { Api, ChosenStatus, Link, Presence, Problem, PublishedPresence, StatusKind, Watch } from './ports';
import type { Clock, Tabs } from './ports_browser';
import { problemOf, Refresher } from './refresher';
import type { OwnStatus } from './views';

const STATUS_DOCUMENT = /^pidf-manipulation\/.*\/status$/;
const NOTHING_CHOSEN: ChosenStatus = { kind: 'available', note: '', icon: '' };

export interface OwnStatusParts {
  link: Link;
  api: Api;
  documents: Documents;
  clock: Clock;
  tabs: Tabs;
  awayAfterMinutes: ReadonlySignal<number>;
}

function isSame(a: PublishedPresence | null, b: PublishedPresence | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b); // plain data, made in one place
}

export class OwnStatusModel implements OwnStatus {
  readonly chosen: ReadonlySignal<ChosenStatus>;
  readonly shown: ReadonlySignal<Presence | null>;
  readonly isAutomaticallyAway: ReadonlySignal<boolean>;

  private readonly status: Signal<ChosenStatus> = signal(NOTHING_CHOSEN); // as it stands in the document, or soon will
  private readonly isKnown = signal(false); // it was read, or cannot be for now
  private readonly told: Signal<Presence | null> = signal(null); // null while nothing is told
  private readonly isAway = signal(false); // this page says so
  private readonly watch: Watch;
  private readonly idle: Idle;
  private readonly reader: Refresher<ChosenStatus | null>;
  private queue: Promise<void> = Promise.resolve();
  private published: PublishedPresence | null = null;
  private readonly ends: (() => void)[];

  constructor(private readonly parts: OwnStatusParts) {
    const { link, api, clock } = parts;
    this.idle = new Idle(clock, parts.tabs, parts.awayAfterMinutes);
    this.reader = new Refresher(() => api.chosenStatus(), (status) => this.know(status ?? NOTHING_CHOSEN), clock,
      () => this.know(this.status.peek()));
    this.watch = link.watchOneself((presence) => {
      this.told.value = presence;
    });
    this.chosen = computed(() => ({ ...this.status.value, icon: ownIcon(this.status.value.icon) }));
    this.shown = computed(() => this.makeShown());
    this.isAutomaticallyAway = computed(() =>
      this.status.value.kind === 'available' && (this.isAway.value || this.shown.value?.activity === 'away'));
    parts.documents.onChange(STATUS_DOCUMENT, () => this.reader.ask());
    this.ends = [
      () => this.watch.end(), () => this.reader.end(), () => this.idle.end(),
      effect(() => {
        if (!this.watch.isLive.value) this.told.value = null;
      }),
      effect(() => this.judgeAway()),
      effect(() => this.publish()),
      effect(() => {
        if (link.status.value.kind === 'online') untracked(() => this.reader.hurry());
      }),
    ];
    this.reader.ask();
  }

  active(): void {
    this.idle.active();
  }

  choose(kind: StatusKind, note: string): Promise<Problem | null> {
    return this.change((before) => ({ ...before, kind, note: note.trim() }));
  }

  async setIcon(picture: Blob): Promise<Problem | null> {
    try {
      const icon = await this.parts.api.saveIcon(picture);
      return await this.change((before) => ({ ...before, icon }));
    } catch (error) {
      return problemOf(error);
    }
  }

  /** The address goes first: nobody is shown a picture that is not there. */
  async removeIcon(): Promise<Problem | null> {
    const problem = await this.change((before) => ({ ...before, icon: '' }));
    if (problem) return problem;
    return this.parts.api.removeIcon().then(() => null, problemOf);
  }

  /** The publication is the link's: it is taken back where the link ends. */
  end(): void {
    for (const end of this.ends) end();
  }

  private know(status: ChosenStatus): void {
    batch(() => {
      this.status.value = status;
      this.isKnown.value = true;
    });
  }

  /**
   * Shown at once, then written, one after another; what stands in the document afterwards is read, as somebody else
   * may have changed it, and a change that was refused must not stay on the page.
   */
  private async change(make: (before: ChosenStatus) => ChosenStatus): Promise<Problem | null> {
    const before = this.status.peek();
    const wanted = make(before);
    this.status.value = wanted;
    this.reader.hold();
    const done = this.queue.then(() => this.parts.api.chooseStatus(wanted));
    this.queue = done.catch(() => undefined);
    try {
      await done;
      return null;
    } catch (error) {
      if (this.status.peek() === wanted) this.status.value = before;
      return problemOf(error);
    } finally {
      this.reader.release();
    }
  }

  /** Who is invisible sees what he would show: others see him closed. */
  private makeShown(): Presence | null {
    const told = this.told.value;
    if (!told) return null;
    const isInvisible = this.status.value.kind === 'invisible';
    return { ...told, icon: ownIcon(told.icon), isOpen: told.isOpen && !isInvisible };
  }

  /**
   * The rule by which pages agree without asking each other: away is who sits before none of them. A page's own tuple
   * is among those that are counted, so it says so only after the server has told it that it is idle. If two pages
   * become idle together, both say so; if one is touched, it is active in the next NOTIFY, and the others take it back.
   * While nothing is told, nothing that others do can be known: what was said stays.
   */
  private judgeAway(): void {
    const mayBe = this.idle.isIdle.value && this.isKnown.value && this.status.value.kind === 'available';
    const told = this.told.value;
    this.isAway.value = mayBe && (told ? told.activeDevices === 0 : this.isAway.peek());
  }

  /** Only once it is known whether one is invisible. */
  private publish(): void {
    if (!this.isKnown.value) return;
    const { kind, note, icon } = this.status.value;
    const isOpen = kind !== 'invisible';
    const isIdle = this.idle.isIdle.value;
    // This person takes the place of the chosen one with all that belongs to it.
    const person = this.isAway.value ? { isOpen, activity: 'away' as const, note, icon } : null;
    const presence = { isOpen, isIdle, person };
    if (isSame(presence, this.published)) return;
    this.published = presence;
    this.parts.link.publish(presence);
  }
}
