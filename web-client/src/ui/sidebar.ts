// The column of conversations: who, the last words, how many are unread; the way to begin
// a new one, and the way to leave none of them here.
// SPDX-License-Identifier: MIT
import { addressLabel, addressText, parseAddress, type Address } from '../model/address';
import type { Conversation, Conversations } from '../model/conversations';
import { element, setText } from './dom';
import { shortTime } from './time';

interface Entry {
  root: HTMLLIElement;
  update(conversation: Conversation, isCurrent: boolean): void;
}

function createEntry(label: string, onOpen: () => void): Entry {
  const excerpt = element('span', { class: 'excerpt' });
  const time = element('span', { class: 'time' });
  const badge = element('span', { class: 'badge', hidden: true });
  const button = element('button', { type: 'button', class: 'entry', click: onOpen },
    element('span', { class: 'avatar', 'aria-hidden': 'true' }, [...label][0]?.toUpperCase() ?? '?'),
    element('span', { class: 'name' }, label), time, excerpt, badge);
  return {
    root: element('li', {}, button),
    update(conversation, isCurrent) {
      const last = conversation.messages.at(-1);
      setText(excerpt, last ? `${last.direction === 'sent' ? 'You: ' : ''}${last.text}` : 'No messages yet');
      setText(time, last ? shortTime(last.at) : '');
      setText(badge, `${conversation.unread}`);
      badge.setAttribute('aria-label', `${conversation.unread} unread`);
      badge.hidden = conversation.unread === 0;
      if (isCurrent) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    },
  };
}

function createOpener(domain: string, onOpen: (address: Address) => void): HTMLElement {
  const input = element('input', {
    id: 'to', type: 'text', placeholder: 'User name or address', autocomplete: 'off', autocapitalize: 'none',
    spellcheck: 'false', 'aria-label': 'Start a conversation with', 'aria-describedby': 'to-problem',
  });
  const problem = element('p', { class: 'problem', id: 'to-problem', role: 'alert' });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const address = parseAddress(input.value, domain);
    setText(problem, address || !input.value.trim() ? '' : 'This is no user name and no SIP address.');
    if (!address) return input.focus();
    input.value = '';
    onOpen(address);
  };
  return element('form', { class: 'opener', submit },
    element('div', { class: 'row' }, input, element('button', { type: 'submit', class: 'quiet' }, 'Open')), problem);
}

export interface Sidebar {
  root: HTMLElement;
  update(): void;
}

export function createSidebar(
  conversations: Conversations, domain: string, onOpen: (address: Address) => void, onForget: () => void,
): Sidebar {
  const entries = new Map<string, Entry>();
  const list = element('ul', { class: 'entries' });
  const nobody = element('p', { class: 'hint' }, 'Nobody yet. Begin with a name above, or wait to be found.');
  const entryOf = (conversation: Conversation): Entry => {
    const key = addressText(conversation.address);
    const entry = entries.get(key) ??
      createEntry(addressLabel(conversation.address, domain), () => onOpen(conversation.address));
    entries.set(key, entry);
    return entry;
  };
  return {
    root: element('nav', { class: 'sidebar', 'aria-label': 'Conversations' },
      createOpener(domain, onOpen), nobody, list,
      element('button', { type: 'button', class: 'link forget', click: onForget }, 'Forget on this computer')),
    update() {
      const shown = conversations.list();
      nobody.hidden = shown.length > 0;
      const focused = document.activeElement;
      shown.forEach((conversation, index) => {
        const entry = entryOf(conversation);
        entry.update(conversation, conversation === conversations.current);
        if (list.children[index] !== entry.root) list.insertBefore(entry.root, list.children[index] ?? null);
      });
      // An element that is moved loses the focus.
      if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
    },
  };
}
