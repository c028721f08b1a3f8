// The form to log in with. The password goes to whoever calls and is kept nowhere.
// SPDX-License-Identifier: MIT
import { element, setText } from './dom';

export interface LoginView {
  root: HTMLElement;
  /** Shows why it did not work and lets the person try again; an empty sentence just does the latter. */
  ready(sentence: string): void;
  /** How it goes, while it goes on. */
  waiting(sentence: string): void;
}

function field(label: string, input: HTMLInputElement, hint?: string): HTMLElement {
  const parts: HTMLElement[] = [element('label', { for: input.id }, label), input];
  if (hint) {
    parts.push(element('p', { class: 'hint', id: `${input.id}-hint` }, hint));
    input.setAttribute('aria-describedby', `${input.id}-hint`);
  }
  return element('div', { class: 'field' }, ...parts);
}

export function createLogin(address: string, onLogin: (address: string, password: string) => void): LoginView {
  const user = element('input', {
    id: 'address', name: 'username', type: 'text', autocomplete: 'username', autocapitalize: 'none',
    spellcheck: 'false', required: true, value: address,
  });
  const password = element('input', {
    id: 'password', name: 'password', type: 'password', autocomplete: 'current-password', required: true,
  });
  const button = element('button', { type: 'submit', class: 'primary' }, 'Log in');
  const problem = element('p', { class: 'problem', role: 'alert' });
  const progress = element('p', { class: 'hint', role: 'status' });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    button.disabled = true;
    setText(problem, '');
    setText(progress, 'Connecting …');
    onLogin(user.value, password.value);
  };
  const root = element('main', { class: 'login' },
    element('form', { class: 'card', submit },
      element('h1', {}, element('img', { src: '/favicon.svg', alt: '', width: '36', height: '36' }), 'Heliograph'),
      field('SIP address', user, 'Your user name, or user@domain'),
      field('Password', password),
      problem,
      button,
      progress));
  return {
    root,
    ready(sentence) {
      button.disabled = false;
      setText(progress, '');
      setText(problem, sentence);
      (sentence || user.value ? password : user).focus();
      if (sentence) password.select();
    },
    waiting(sentence) {
      setText(progress, sentence);
    },
  };
}
