// The page of somebody who is logged in: the rail, a list, the conversation. On a narrow screen the list or the
// conversation alone.
// SPDX-License-Identifier: MIT
import { useEffect, useRef } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Account } from '../../model/views';
import { Announcer } from '../chat/announcer';
import { ChatPane } from '../chat/chat_pane';
import { ChatSidebar } from '../chat/chat_sidebar';
import { followHistory, isNarrow, tab } from '../navigation';
import { loadBeforehand, peopleView } from '../parts';
import { t } from '../texts';
import { ConnectionBar } from './connection_bar';
import { listenToKeys } from './keys';
import { NotificationHint } from './notification_hint';
import { Rail } from './rail';
import './shell.css';
import { watchActivity, watchAttention } from './watching';

/**
 * On a narrow screen the focus follows what is shown: into the conversation unless something there took it, and back to
 * what led there.
 */
function useFocus(account: Account) {
  const side = useRef<HTMLElement>(null);
  const middle = useRef<HTMLElement>(null);
  const ledThere = useRef<Element | null>(null);
  const isOpen = account.conversations.current.value !== null;
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    if (wasOpen.current === isOpen) return;
    wasOpen.current = isOpen;
    if (!isNarrow.value) return;
    if (isOpen) {
      if (!middle.current!.contains(document.activeElement)) middle.current!.focus();
    } else if (ledThere.current?.isConnected) (ledThere.current as HTMLElement).focus();
    else side.current!.focus();
  }, [isOpen]);
  const remember = (event: FocusEvent): void => {
    ledThere.current = event.target as Element;
  };
  return { side, middle, remember };
}

export function Shell({ account }: { account: Account }) {
  const { side, middle, remember } = useFocus(account);
  useEffect(() => {
    const ends = [
      followHistory(account.conversations), listenToKeys(account), watchActivity(account), watchAttention(account),
      loadBeforehand(),
    ];
    return () => ends.forEach((end) => end());
  }, []);
  const isThread = account.conversations.current.value !== null;
  const isPeople = tab.value === 'people';
  return (
    <div class="shell" data-place={isThread ? 'thread' : 'list'} data-link={account.status.value.kind}>
      <a class="skip button" href="#thread" onClick={(event) => {
        event.preventDefault(); // the address stays as it is: history is for conversations
        middle.current?.focus();
      }}>{t('shell.skip')}</a>
      <header class="unseen"><h1>{t('shell.title', { address: addressText(account.self) })}</h1></header>
      <div class="bars">
        <ConnectionBar account={account} />
        <NotificationHint account={account} />
      </div>
      <Rail account={account} />
      <main>
        <section class="side" ref={side} tabIndex={-1} onFocusIn={remember} aria-labelledby="side-title">
          <h2 class="unseen" id="side-title">{t(isPeople ? 'nav.people' : 'nav.chats')}</h2>
          {isPeople ? <peopleView.Part account={account} /> : <ChatSidebar account={account} />}
        </section>
        <section class="middle" id="thread" ref={middle} tabIndex={-1} aria-label={t('shell.main')}>
          <ChatPane account={account} />
        </section>
      </main>
      <Announcer account={account} />
    </div>
  );
}
