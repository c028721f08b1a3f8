// Sessions that this browser has: one of this tab, gone with it, and those of people who stay logged in, which all tabs
// share. A session's secret stands in the password's place; the password is kept nowhere.
// SPDX-License-Identifier: MIT
import type { Site } from './ports';
import type { Shelf } from './ports_browser';

export interface KeptSession {
  user: string;
  domain: string;
  id: string;
  secret: string;
  isStaying: boolean;
  site: Site; // as it was told last: so that the page is there before the server has answered
}

const OF_TAB = 'heliograph.session'; // the session, or for one that stays whose it is
const STAYING = 'heliograph.sessions';
const LAST = 'heliograph.last'; // whose session a new tab begins with

export function accountOf({ user, domain }: Pick<KeptSession, 'user' | 'domain'>): string {
  return `${user}@${domain}`;
}

export class KeptSessions {
  /** `shared` outlives the tab, `ofTab` a reload. */
  constructor(private readonly shared: Shelf, private readonly ofTab: Shelf) {}

  /** Whoever is logged in, in this tab or else on this computer. */
  current(): KeptSession | null {
    const ours = parse(this.ofTab.read(OF_TAB));
    if (typeof ours !== 'string') {
      const session = readSession(ours);
      if (session) return session;
    }
    const account = typeof ours === 'string' ? ours : this.shared.read(LAST);
    return account ? readSession(this.staying()[account]) : null;
  }

  /** From now on this tab's; new tabs begin with it if it stays. */
  begin(session: KeptSession): void {
    this.keep(session);
    if (session.isStaying) this.shared.write(LAST, accountOf(session));
  }

  keep(session: KeptSession): void {
    const account = accountOf(session);
    if (session.isStaying) this.shared.write(STAYING, JSON.stringify({ ...this.staying(), [account]: session }));
    this.ofTab.write(OF_TAB, JSON.stringify(session.isStaying ? account : session));
  }

  /** That one alone: another tab may have begun a new one for the same account. */
  drop(session: KeptSession): void {
    const account = accountOf(session);
    this.ofTab.remove(OF_TAB);
    const staying = this.staying();
    if (readSession(staying[account])?.id !== session.id) return;
    delete staying[account];
    if (Object.keys(staying).length > 0) this.shared.write(STAYING, JSON.stringify(staying));
    else this.shared.remove(STAYING);
    if (this.shared.read(LAST) === account) this.shared.remove(LAST);
  }

  private staying(): Record<string, unknown> {
    const all = parse(this.shared.read(STAYING));
    return isRecord(all) ? { ...all } : {};
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whatever another version has left there is no session. */
function readSession(value: unknown): KeptSession | null {
  if (!isRecord(value) || !isRecord(value['site'])) return null;
  const { user, domain, id, secret, isStaying, site } = value;
  const texts = [user, domain, id, secret, site['domain'], site['product'], site['voicemailUrl']];
  const isWhole = texts.every((one) => typeof one === 'string') && typeof isStaying === 'boolean' &&
    Number.isSafeInteger(site['messageBytes']) && typeof site['keepsHistory'] === 'boolean';
  return isWhole ? (value as unknown as KeptSession) : null;
}
