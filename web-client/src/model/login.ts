// Who is logged in: by a session, which is made with the password and then stands in its place, or taken up again from
// the time before a reload. SPDX-License-Identifier: MIT
import { signal, type ReadonlySignal } from '@preact/signals';
import { parseAddress } from './address';
import { accountOf, type KeptSession, type KeptSessions } from './kept_sessions';
import { PortError, type NewSession, type Problem, type Site } from './ports';
import type { Shelf } from './ports_browser';
import type { Account, Login } from './views';

const REMEMBERED_ADDRESS = 'heliograph.address';
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 15_000;
const SERVERS_OWN = 'own.invalid'; // stands for the domain that was not typed

/** How an account ends: by oneself (null), or because the server has ended its session. */
export interface Ending {
  problem: Problem | null;
  forget: boolean; // nothing of it stays on this computer
}

export interface LoginParts {
  shelf: Shelf;
  sessions: KeptSessions;
  deviceName: string; // for the list of sessions: "Firefox, Linux"
  readSite(): Promise<Site>;
  createSession(
    wish: { user: string; address: string; password: string; name: string; isStaying: boolean },
  ): Promise<NewSession>;
  /** Begins the account of the session; `onEnd` is called once, when it has ended. */
  enter(session: KeptSession, onEnd: (ending: Ending) => void): Promise<Account>;
}

function problemOf(error: unknown): Problem {
  if (error instanceof PortError) return error.problem;
  console.error(error);
  return { kind: 'other', detail: '' };
}

export class LoginModel implements Login {
  readonly account: ReadonlySignal<Account | null>;
  readonly problem: ReadonlySignal<Problem | null>;
  readonly isBusy: ReadonlySignal<boolean>;

  private readonly entered = signal<Account | null>(null);
  private readonly whyOut = signal<Problem | null>(null);
  private readonly busy = signal(false);

  constructor(private readonly parts: LoginParts) {
    this.account = this.entered;
    this.problem = this.whyOut;
    this.isBusy = this.busy;
  }

  get rememberedAddress(): string {
    return this.parts.shelf.read(REMEMBERED_ADDRESS) ?? '';
  }

  async logIn(typed: string, password: string, stay: boolean): Promise<Problem | null> {
    if (this.busy.peek()) return null;
    const wish = wishOf(typed);
    if (!wish) return { kind: 'no-address', detail: '' };
    return this.busily(async () => {
      const site = await this.parts.readSite();
      const name = this.parts.deviceName;
      const made = await this.parts.createSession({ ...wish, password, name, isStaying: stay });
      const { user, domain, id, secret } = made;
      const session = { user, domain, id, secret, isStaying: stay, site };
      this.parts.shelf.write(REMEMBERED_ADDRESS, typed.trim());
      this.parts.sessions.begin(session);
      await this.enter(session);
    });
  }

  /** Takes up the session of before a reload, if there is one. */
  async resume(): Promise<void> {
    const session = this.parts.sessions.current();
    if (!session) return;
    this.whyOut.value = await this.busily(() => this.enterPatiently(session));
  }

  /** Who is logged in stays so where the page cannot be loaded whole: that is told, and tried until it can. */
  private async enterPatiently(session: KeptSession): Promise<void> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await this.enter(session);
      } catch (error) {
        if (!(error instanceof PortError) || error.problem.kind !== 'no-connection') throw error;
        this.whyOut.value = error.problem;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  private async busily(work: () => Promise<void>): Promise<Problem | null> {
    this.busy.value = true;
    try {
      await work();
      return null;
    } catch (error) {
      return problemOf(error);
    } finally {
      this.busy.value = false;
    }
  }

  private async enter(session: KeptSession): Promise<void> {
    this.parts.sessions.keep(session); // a new tab knows from now on whose it is
    this.entered.value = await this.parts.enter(session, (ending) => this.leave(session, ending));
    this.whyOut.value = null;
    void this.learnSite(session);
  }

  /** What has changed about the site is known at the next reload. */
  private async learnSite(session: KeptSession): Promise<void> {
    const site = await this.parts.readSite().catch(() => null);
    const isOurs = this.parts.sessions.current()?.id === session.id;
    if (site && isOurs) this.parts.sessions.keep({ ...session, site });
  }

  private leave(session: KeptSession, { problem, forget }: Ending): void {
    this.parts.sessions.drop(session);
    if (forget) this.forget(session);
    this.whyOut.value = problem;
    this.entered.value = null;
  }

  private forget(session: KeptSession): void {
    const remembered = parseAddress(this.rememberedAddress, session.domain);
    if (remembered && accountOf(remembered) === accountOf(session)) this.parts.shelf.remove(REMEMBERED_ADDRESS);
  }
}

/** "alice", "alice@example.org", "sip:alice@example.org": where no domain was typed, the server's own is meant. */
function wishOf(typed: string): { user: string; address: string } | null {
  const address = parseAddress(typed.trim(), SERVERS_OWN);
  if (!address) return null;
  return { user: address.user, address: address.domain === SERVERS_OWN ? address.user : accountOf(address) };
}
