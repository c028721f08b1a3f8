// One JsSIP user agent, driven by clients.py: a JSON object a line on standard input, what happens on standard output.
//   {"send": "bob", "text": "hello", "id": 1}   →   {"answered": 1, "status": 200}
//   {"subscribe": "bob", "event": "presence", "accept": "application/pidf+xml", "expires": 600, "id": 2}
//                             →   {"accepted": 2}, {"notify": 2, "cseq": 1, "state": …, "body": …}, {"ended": 2}
//                                 {"pending": 2}, {"active": 2}; "headers": ["Supported: …"], "type" and "body" go along
//   {"refresh": 2}, {"unsubscribe": 2}
//   {"publish": "<presence…", "event": "presence", "type": "application/pidf+xml", "expires": 600, "id": 3}
//                             →   {"published": 3, "status": 200, "etag": …}; an "etag" in the command is sent instead
//   {"leave": true}                             →   {"left": true}
// SPDX-License-Identifier: MIT
import { createInterface } from 'node:readline';
import JsSIP from 'jssip';
import { WebSocket } from 'ws';
import { Publisher } from './jssip_publisher.mjs';

const [url, user, domain, password, instance] = process.argv.slice(2);

// JsSIP takes the WebSocket that a browser would have; the certificate of a test is self-signed.
globalThis.WebSocket = class extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { rejectUnauthorized: false });
  }
};

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

const agent = new JsSIP.UA({
  sockets: [new JsSIP.WebSocketInterface(url)],
  uri: `sip:${user}@${domain}`,
  password,
  instance_id: instance,
  connection_recovery_min_interval: 1,
  connection_recovery_max_interval: 3,
});

agent.on('registered', () => tell({ registered: true }));
agent.on('unregistered', () => tell({ registered: false }));
agent.on('registrationFailed', ({ cause }) => {
  tell({ registered: false, cause });
  // JsSIP tries again after a connection was lost, but not after a refusal.
  setTimeout(() => agent.isConnected() && agent.register(), 1000);
});
agent.on('newMessage', ({ originator, request }) => {
  if (originator === 'remote') tell({ received: request.body ?? '', from: request.from.uri.user, call_id: request.call_id });
});

function send({ send: to, text, id }) {
  agent.sendMessage(`sip:${to}@${domain}`, text, {
    eventHandlers: {
      succeeded: ({ response }) => tell({ answered: id, status: response.status_code }),
      failed: ({ response, cause }) => tell({ answered: id, status: response?.status_code ?? 0, cause }),
    },
  });
}

const subscribers = new Map();

function subscribe({ subscribe: user, event, accept, expires, headers, type, body, id }) {
  const subscriber = agent.subscribe(`sip:${user}@${domain}`, event, accept,
    { expires, extraHeaders: headers, contentType: type });
  // Its grammar makes "presence.,winfo" of "presence.winfo", wherever it reads an Event: what it sends is put right.
  subscriber._headers = subscriber._headers.map((line) => (line.startsWith('Event: ') ? `Event: ${event}` : line));
  subscribers.set(id, subscriber);
  subscriber.on('accepted', () => tell({ accepted: id }));
  subscriber.on('pending', () => tell({ pending: id }));
  subscriber.on('active', () => tell({ active: id }));
  subscriber.on('notify', (isFinal, request, body, type) =>
    tell({ notify: id, final: isFinal, call_id: request.call_id, cseq: request.cseq, type, body,
           state: request.getHeader('subscription-state') }));
  subscriber.on('terminated', (code, reason) => tell({ ended: id, code, reason }));
  subscriber.subscribe(body);
}

const publishers = new Map();

async function publish({ publish: body, event, type, expires, etag, id }) {
  if (!publishers.has(event)) publishers.set(event, new Publisher(agent, event, type));
  const publisher = publishers.get(event);
  if (etag) publisher.etag = etag;
  const status = await publisher.publish(body, expires);
  tell({ published: id, status, etag: publisher.etag, expires: publisher.expires });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  if (command.send) send(command);
  else if (command.subscribe) subscribe(command);
  else if (command.refresh) subscribers.get(command.refresh).subscribe();
  else if (command.unsubscribe) subscribers.get(command.unsubscribe).terminate();
  else if ('publish' in command) publish(command);
  else if (command.leave) {
    agent.on('disconnected', () => {
      tell({ left: true });
      process.exit(0);
    });
    agent.stop();
  }
});

agent.start();
