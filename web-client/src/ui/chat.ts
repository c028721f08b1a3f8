// The page of somebody who is logged in: who and how connected on top, conversations beside the open one.
// SPDX-License-Identifier: MIT
import { addressText, type Address } from '../model/address';
import type { Conversations } from '../model/conversations';
import type { Status } from '../model/status';
import { element, setText } from './dom';
import { createSidebar } from './sidebar';
import { createThread, type ThreadActions } from './thread';

export interface ChatView {
  root: HTMLElement;
  showStatus(status: Status): void;
}

export interface ChatActions extends Pick<ThreadActions, 'send' | 'sendAgain'> {
  logOut(): void;
  /** Logs out and removes what this browser keeps of the conversations, and the address. */
  forget(): void;
}

export function createChat(self: Address, conversations: Conversations, actions: ChatActions): ChatView {
  const status = element('p', { class: 'status', role: 'status' });
  const question = `Remove all conversations of ${addressText(self)} from this computer, and log out?`;
  const onForget = (): void => {
    if (confirm(question)) actions.forget();
  };
  const sidebar = createSidebar(conversations, self.domain, (address) => conversations.open(address), onForget);
  const thread = createThread(conversations, self.domain, { ...actions, back: () => conversations.close() });
  const root = element('div', { class: 'chat' },
    element('header', { class: 'bar' },
      element('img', { src: '/favicon.svg', alt: '', width: '28', height: '28' }),
      element('div', { class: 'self' }, element('strong', {}, addressText(self)), status),
      element('button', { type: 'button', class: 'quiet', click: actions.logOut }, 'Log out')),
    sidebar.root, thread.root);
  const update = (): void => {
    sidebar.update();
    thread.update();
    root.dataset['open'] = conversations.current ? 'thread' : 'list';
    document.title = conversations.unread > 0 ? `(${conversations.unread}) Heliograph` : 'Heliograph';
  };
  conversations.subscribe(update);
  update();
  return {
    root,
    showStatus({ kind, sentence }) {
      status.dataset['kind'] = kind;
      setText(status, sentence);
    },
  };
}
