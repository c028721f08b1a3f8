// One conversation: its messages with the fate of each sent one, and the field to write the next in.
// SPDX-License-Identifier: MIT
import { addressLabel, addressText } from '../model/address';
import type { Conversation, Conversations, Fate, Message, Sent } from '../model/conversations';
import { lengthProblem } from '../model/length';
import { element, setText } from './dom';
import { longTime, shortTime } from './time';

const FATES: Record<Fate, string> = {
  waiting: 'waits for the connection',
  sending: 'sending …',
  delivered: 'delivered',
  kept: 'kept for later',
  failed: 'not sent',
  unknown: 'perhaps not sent: the page was closed before the server answered',
};

export interface ThreadActions {
  send(conversation: Conversation, text: string): void;
  sendAgain(conversation: Conversation, message: Sent): void;
  back(): void;
}

function createBubble(message: Message, label: string, onAgain: () => void): { root: HTMLElement; update(): void } {
  const fate = element('span', { class: 'fate' });
  const again = element('button', { type: 'button', class: 'link', hidden: true, click: onAgain }, 'Send again');
  const time = element('time', { datetime: message.at.toISOString(), title: longTime(message.at) });
  const meta = element('p', { class: 'meta' }, time);
  if (message.direction === 'sent') meta.append(fate, again);
  const root = element('li', { class: `message ${message.direction}` },
    element('span', { class: 'hidden' }, message.direction === 'sent' ? 'You: ' : `${label}: `),
    element('p', { class: 'text', dir: 'auto' }, message.text), meta);
  return {
    root,
    update() {
      setText(time, shortTime(message.at)); // which changes when the day ends
      if (message.direction !== 'sent') return;
      root.dataset['fate'] = message.fate;
      setText(fate, message.fate === 'failed' ? `${FATES.failed}: ${message.reason}` : FATES[message.fate]);
      again.hidden = message.fate !== 'failed' && message.fate !== 'unknown';
    },
  };
}

const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches;

/** What is too long stays in the field. Enter sends where there is a keyboard; on a touch screen it begins a line, and the button sends. */
function createComposer(onSend: (text: string) => void): { root: HTMLFormElement; input: HTMLTextAreaElement } {
  const input = element('textarea', {
    rows: '1', placeholder: 'Write a message', 'aria-label': 'Message', 'aria-describedby': 'message-problem',
  });
  const problem = element('p', { class: 'problem', id: 'message-problem', role: 'alert' });
  const submit = (event?: Event): void => {
    event?.preventDefault();
    setText(problem, lengthProblem(input.value));
    if (!problem.textContent && input.value.trim() !== '') {
      onSend(input.value);
      input.value = '';
    }
    input.focus();
  };
  const root = element('form', { class: 'composer', submit }, problem, input,
    element('button', { type: 'submit', class: 'primary' }, 'Send'));
  input.addEventListener('input', () => {
    if (problem.textContent) setText(problem, lengthProblem(input.value));
  });
  input.addEventListener('keydown', (event) => {
    const sends = event.key === 'Enter' && !event.shiftKey && !event.isComposing;
    if (sends && !isTouch()) submit(event);
  });
  return { root, input };
}

export interface Thread {
  root: HTMLElement;
  update(): void;
}

export function createThread(conversations: Conversations, domain: string, actions: ThreadActions): Thread {
  const root = element('main', { class: 'thread' });
  const nothing = element('p', { class: 'nothing' }, 'Choose a conversation, or start one with a name.');
  let shown: Conversation | null = null;
  let updateShown = (): void => undefined;

  const show = (conversation: Conversation): void => {
    const label = addressLabel(conversation.address, domain);
    const log = element('ol', { class: 'log', role: 'log', 'aria-label': `Messages with ${label}`, tabindex: '0' });
    const composer = createComposer((text) => actions.send(conversation, text));
    const bubbles: ReturnType<typeof createBubble>[] = [];
    root.replaceChildren(
      element('header', {},
        element('button', { type: 'button', class: 'back quiet', 'aria-label': 'Back to all conversations', click: actions.back }, '‹'),
        element('h2', { title: addressText(conversation.address) }, label)),
      log, composer.root);
    updateShown = () => {
      const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
      for (const message of conversation.messages.slice(bubbles.length)) {
        const again = (): void => {
          if (message.direction === 'sent') actions.sendAgain(conversation, message);
        };
        const bubble = createBubble(message, label, again);
        bubbles.push(bubble);
        log.append(bubble.root);
      }
      for (const bubble of bubbles) bubble.update();
      // Somebody who reads further up is left there.
      if (atEnd || conversation.messages.at(-1)?.direction === 'sent') log.scrollTop = log.scrollHeight;
    };
    updateShown();
    log.scrollTop = log.scrollHeight;
    if (!isTouch()) composer.input.focus(); // there it would bring up the keyboard, over what is to be read
  };

  return {
    root,
    update() {
      const current = conversations.current;
      if (!current) {
        if (shown || !root.hasChildNodes()) root.replaceChildren(nothing);
      } else if (current === shown) updateShown();
      else show(current);
      shown = current;
    },
  };
}
