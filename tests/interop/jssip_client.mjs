// One JsSIP user agent, driven by clients.py: a JSON object a line on standard input, and what happens on standard output.
//   {"send": "bob", "text": "hello", "id": 1}   →   {"answered": 1, "status": 200}
//   {"leave": true}                             →   {"left": true}
// SPDX-License-Identifier: MIT
import { createInterface } from 'node:readline';
import JsSIP from 'jssip';
import { WebSocket } from 'ws';

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

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  if (command.send) send(command);
  else if (command.leave) {
    agent.on('disconnected', () => {
      tell({ left: true });
      process.exit(0);
    });
    agent.stop();
  }
});

agent.start();
