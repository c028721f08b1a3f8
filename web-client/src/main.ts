// Ties the layers together: the login form, then a connection with its conversations, then the form again.
// SPDX-License-Identifier: MIT
import { addressText, parseAddress, type Address } from './model/address';
import { Conversations } from './model/conversations';
import { CONNECTING } from './model/status';
import { ConversationStore } from './model/store';
import { Connection } from './sip/connection';
import { claimDevice, type Device } from './sip/device';
import { discoverDomain } from './sip/domain';
import { Messages } from './sip/messages';
import { createChat } from './ui/chat';
import { createLogin, type LoginView } from './ui/login';

const REMEMBERED_ADDRESS = 'heliograph.address';

/** The server that the page came from. */
const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;

const page = document.getElementById('page')!;

function rememberedAddress(): string {
  try {
    return localStorage.getItem(REMEMBERED_ADDRESS) ?? '';
  } catch {
    return '';
  }
}

function rememberAddress(text: string): void {
  try {
    localStorage.setItem(REMEMBERED_ADDRESS, text);
  } catch {
    // a browser that keeps nothing
  }
}

function showLogin(sentence = ''): void {
  document.title = 'Heliograph';
  const view = createLogin(rememberedAddress(), (address, password) => void logIn(view, address, password));
  page.replaceChildren(view.root);
  view.ready(sentence);
}

async function logIn(view: LoginView, text: string, password: string): Promise<void> {
  const domain = text.includes('@') ? location.hostname : await discoverDomain(url, location.hostname);
  const self = parseAddress(text, domain);
  if (!self) return view.ready('This is no user name and no SIP address.');
  const device = await claimDevice(addressText(self));
  openSession(view, self, text.trim(), password, device);
}

function openSession(
  login: LoginView, self: Address, typed: string, password: string, device: Device,
): void {
  const conversations = new Conversations();
  const store = new ConversationStore(() => localStorage, addressText(self), device.number);
  conversations.restore(store.load());
  let forgotten = false; // what the end of the connection still changes is not kept then
  conversations.subscribe(() => {
    if (!forgotten) store.save(conversations.list(), conversations.knownIdentities());
  });
  const isSeen = (): boolean => document.visibilityState === 'visible';
  const onSeen = (): void => {
    if (isSeen()) conversations.seen();
  };
  let entered = false;
  const leave = (sentence: string): void => {
    document.removeEventListener('visibilitychange', onSeen);
    connection.end();
    device.release();
    if (entered) showLogin(sentence);
    else login.ready(sentence);
  };
  const connection = new Connection({ address: self, password, url, instance: device.instance }, (status) => {
    if (status.kind === 'refused') return leave(status.sentence);
    chat.showStatus(status);
    if (status.kind === 'online' && !entered) {
      entered = true;
      rememberAddress(typed);
      page.replaceChildren(chat.root);
    } else if (!entered) login.waiting(status.sentence);
  });
  const messages = new Messages(connection.agent, conversations, isSeen, () => connection.renew());
  const chat = createChat(self, conversations, {
    send: ({ address }, message) => messages.send(address, message),
    sendAgain: ({ address }, message) => messages.sendAgain(address, message),
    logOut: () => leave(''),
    forget: () => {
      forgotten = true;
      store.forget();
      rememberAddress('');
      leave('');
    },
  });
  document.addEventListener('visibilitychange', onSeen);
  chat.showStatus(CONNECTING);
  connection.start();
}

showLogin();
