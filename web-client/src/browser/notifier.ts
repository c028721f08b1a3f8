// Browser notifications, the number in the tab's title and picture, and a short tone that is made here: no file for it.
// SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Notifier, ShownNotice } from '../model/ports_browser';
import type { NotifierPermission } from '../model/views';

const NAME = 'Heliograph';
const PICTURE = '/favicon.svg';
const PICTURE_WITH_BADGE = '/favicon-unread.svg';
const MOST_SHOWN = 99;
/** Two soft notes, a fifth apart. */
const NOTES_HZ = [660, 990];
const NOTE_S = 0.14;
const LOUDNESS = 0.12;

function permissionNow(): NotifierPermission {
  if (typeof Notification === 'undefined' || !isSecureContext) return 'unsupported';
  return Notification.permission;
}

export class BrowserNotifier implements Notifier {
  private readonly allowed: Signal<NotifierPermission> = signal(permissionNow());
  private readonly shown = new Map<string, Notification>();
  private audio: AudioContext | null = null;
  private readonly onVisible = (): void => {
    this.lookAgain(); // it may have been changed in the browser's own settings
  };

  constructor() {
    document.addEventListener('visibilitychange', this.onVisible);
  }

  get permission(): ReadonlySignal<NotifierPermission> {
    return this.allowed;
  }

  async ask(): Promise<void> {
    if (this.allowed.peek() === 'unsupported') return;
    await Notification.requestPermission().catch(() => undefined);
    this.lookAgain();
  }

  show({ tag, title, body, icon }: ShownNotice, onClick: () => void): void {
    let notification: Notification;
    try {
      notification = new Notification(title, { tag, body, icon: icon || PICTURE });
    } catch {
      this.allowed.value = 'unsupported'; // Chromium on Android has them for service workers only
      return;
    }
    this.shown.set(tag, notification);
    notification.onclick = () => {
      window.focus();
      this.close(tag);
      onClick();
    };
    notification.onclose = () => {
      if (this.shown.get(tag) === notification) this.shown.delete(tag);
    };
  }

  close(tag: string): void {
    this.shown.get(tag)?.close();
    this.shown.delete(tag);
  }

  /** Silent in a page that nobody has touched yet: browsers allow no sound there. */
  beep(): void {
    try {
      this.audio ??= new AudioContext();
      const { audio } = this;
      const play = (): void => NOTES_HZ.forEach((hertz, at) => playNote(audio, hertz, at * NOTE_S));
      void audio.resume().then(play, () => undefined);
    } catch {
      this.audio = null; // no sound in this browser
    }
  }

  badge(count: number): void {
    const number = count > MOST_SHOWN ? `${MOST_SHOWN}+` : `${count}`;
    document.title = count > 0 ? `(${number}) ${NAME}` : NAME;
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const picture = count > 0 ? PICTURE_WITH_BADGE : PICTURE;
    if (link && link.getAttribute('href') !== picture) link.setAttribute('href', picture);
  }

  end(): void {
    document.removeEventListener('visibilitychange', this.onVisible);
    for (const tag of [...this.shown.keys()]) this.close(tag);
    this.badge(0);
    void this.audio?.close().catch(() => undefined);
    this.audio = null;
  }

  private lookAgain(): void {
    if (this.allowed.peek() !== 'unsupported') this.allowed.value = permissionNow();
  }
}

function playNote(audio: AudioContext, hertz: number, after: number): void {
  const start = audio.currentTime + after;
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, start);
  loudness.gain.linearRampToValueAtTime(LOUDNESS, start + 0.01);
  loudness.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S);
  tone.connect(loudness).connect(audio.destination);
  tone.start(start);
  tone.stop(start + NOTE_S);
}
