// The web client's SIP layer (web-client/src/sip), without its pages, against a real server. test_link.py starts the
// server, bundles the layer, and does what this script asks for: "@kill", "@start", "@run WORDS" or "@put USER PATH
// TYPE BODY" on standard output, answered by a line on standard input.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';

const { LINK, WEB_CLIENT, URL_WS, DOMAIN, INTEROP_WAIT = '60' } = process.env;
const MAILBOX = Number(process.env.MAILBOX);
const WAIT_MS = Number(INTEROP_WAIT) * 1000;
const LOOK_MS = 10;

// What a browser has.
const { JSDOM } = createRequire(`${WEB_CLIENT}/`)('jsdom');
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document, DOMParser: window.DOMParser });
const sockets = new Set();
const sent = []; // by all of them
globalThis.WebSocket = class extends WebSocket {
  constructor(...words) {
    super(...words);
    sockets.add(this);
    this.on('error', () => undefined); // "close" follows, as in a browser
  }

  send(text) {
    sent.push(text);
    super.send(text);
  }
};
console.debug = (...words) => console.error('debug:', ...words);

const { createLink } = await import(pathToFileURL(LINK));

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function server(command) {
  console.log(`@${command}`);
  await answers.next();
}

async function until(condition, what) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

// ---- people

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];
const links = new Set();

class Person {
  constructor(user, { password = `${user}-secret`, domain = DOMAIN, device = 0 } = {}) {
    Object.assign(this, { user, domain, received: [], taken: () => true });
    this.link = createLink({
      url: URL_WS,
      address: { user, domain },
      password,
      isSession: false,
      instance: `00000000-0000-4000-8000-0000000000${device}${USERS.indexOf(user)}`,
    });
    this.link.onMessage((message) => {
      this.received.push(message);
      return this.taken(message);
    });
    links.add(this.link);
  }

  start() {
    this.link.start();
    return this.is('online');
  }

  async is(kind) {
    await until(() => this.link.status.value.kind === kind, `${this.user} is ${kind}`);
    return this;
  }

  send(to, body, more = {}) {
    const address = typeof to === 'string' ? { user: to, domain: DOMAIN } : to;
    return this.link.send({ ...this.link.name(), to: address, contentType: 'text/plain;charset=UTF-8', body, ...more });
  }

  got(body) {
    return until(() => this.received.find((message) => message.body === body), `${this.user} gets ${body}`);
  }

  /** A watch and what it was told: `updates`, and for people who they are now. */
  watch(what) {
    const told = { updates: [], people: new Map(), watchers: new Map() };
    told.watch = this.link[`watch${what}`]((update) => {
      told.updates.push(update);
      told.last = update;
      for (const [key, name] of [['people', 'uri'], ['watchers', 'id']]) {
        if (!update[key]) continue;
        if (update.isFull) told[key] = new Map();
        for (const one of update[key]) told[key].set(one[name], one);
      }
    });
    return told;
  }

  async live(told) {
    await until(() => told.watch.isLive.value, `a watch of ${this.user} is live`);
    return told;
  }
}

async function endAll() {
  await Promise.all([...links].map((link) => link.end()));
  links.clear();
}

const uri = (user) => `sip:${user}@${DOMAIN}`;
const OPEN = { isOpen: true, isIdle: false, person: null };
const person = (activity, note = '') => ({ isOpen: true, activity, note, icon: '' });

async function putBuddies(user, ...buddies) {
  const entries = buddies.map((buddy) => `<entry uri="${uri(buddy)}"/>`).join('');
  await server(`put ${user} resource-lists/users/${uri(user)}/index application/resource-lists+xml ` +
    `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>${entries}</list></resource-lists>`);
}

// ---- tests

const tests = {
  async 'messages go both ways, over one request each'() {
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    const names = alice.link.name();
    assert.deepEqual(await alice.send('bob', 'grüß dich', names), { kind: 'delivered' });
    const message = await bob.got('grüß dich');
    assert.equal(message.callId, names.callId);
    assert.equal(message.cseq, names.cseq, 'the message has the number that its sender gave it');
    assert.deepEqual(message.from, { user: 'alice', domain: DOMAIN });
    assert.deepEqual(await bob.send('alice', 'und dich'), { kind: 'delivered' });
    await alice.got('und dich');
    const count = sent.filter((text) => text.startsWith('MESSAGE ')).length;
    assert.equal(count, 2, 'the credentials of the REGISTER serve');
  },

  async 'many at once arrive in order'() {
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    const texts = Array.from({ length: 40 }, (_, index) => `ordered ${index}`);
    const outcomes = await Promise.all(texts.map((text) => alice.send('bob', text)));
    assert.ok(outcomes.every(({ kind }) => kind === 'delivered'));
    assert.deepEqual(bob.received.map(({ body }) => body), texts);
  },

  async 'what is refused says why'() {
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    const kind = async (...words) => {
      const outcome = await alice.send(...words);
      return outcome.problem?.kind ?? outcome.kind;
    };
    assert.equal(await kind('nobody', 'x'), 'no-such-user');
    assert.equal(await kind({ user: 'x', domain: 'elsewhere.test' }, 'x'), 'no-such-domain');
    assert.equal(await kind('bob', 'x'.repeat(70_000)), 'too-long');
    bob.taken = () => false;
    assert.equal(await kind('bob', 'not for him'), 'not-taken');
    assert.equal(await kind('dave', 'while he is away'), 'kept');
    const frank = [];
    while (frank.at(-1) !== 'mailbox-full' && frank.length < MAILBOX * 2) frank.push(await kind('frank', 'x'));
    assert.deepEqual(frank, [...Array(MAILBOX).fill('kept'), 'mailbox-full']);
    const dave = await new Person('dave').start();
    await dave.got('while he is away');
  },

  async 'what the server closes the connection on is refused, and the others go on'() {
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    const [names, huge] = [alice.link.name(), 'x'.repeat(600_000)];
    const outcomes = await Promise.all([alice.send('bob', huge, names), alice.send('carol', 'beside it')]);
    await alice.is('online');
    if (outcomes[0].kind === 'cut-off') outcomes[0] = await alice.send('bob', huge, names);
    assert.equal(outcomes[0].problem?.kind, 'too-long', JSON.stringify(outcomes));
    await alice.is('online');
    assert.deepEqual(await alice.send('bob', 'and this'), { kind: 'delivered' });
    await bob.got('and this');
  },

  async 'a wrong password, nobody and another domain are refused, and nothing is tried any more'() {
    const cases = [[{ password: 'wrong' }, 'wrong-password'], [{ domain: 'elsewhere.test' }, 'no-such-domain']];
    for (const [options, kind] of cases) {
      const alice = new Person('alice', options);
      alice.link.start();
      await alice.is('refused');
      assert.equal(alice.link.status.value.problem.kind, kind);
    }
  },

  async 'the list tells who is there, and what changes of them'() {
    await putBuddies('alice', 'bob', 'carol', 'nobody');
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    bob.link.publish({ ...OPEN, person: person('busy', 'in a <meeting>') });
    const list = await alice.live(alice.watch('People'));
    const bobs = () => list.people.get(uri('bob'));
    await until(() => bobs()?.presence?.activity === 'busy', 'bob is busy');
    assert.equal(bobs().presence.note, 'in a <meeting>');
    assert.ok(Math.abs(Date.now() - bobs().presence.since) < WAIT_MS, 'since just now');
    await until(() => list.people.get(uri('carol'))?.presence?.isOpen === false, 'carol is not there');
    await until(() => list.people.get(uri('nobody'))?.reason === 'noresource', 'nobody is nobody');
    bob.link.publish({ ...OPEN, person: person('do-not-disturb') });
    await until(() => bobs().presence.activity === 'do-not-disturb', 'bob wants to be left alone');
    bob.link.publish({ ...OPEN, isIdle: true });
    await until(() => bobs().presence.activity === 'available' && bobs().presence.idleDevices === 1, 'bob is idle');
    await bob.link.end();
    await until(() => bobs().presence.isOpen === false, 'bob has left');
    await putBuddies('alice', 'carol');
    await until(() => list.last.isFull && list.people.size === 1, 'the list is another one');
  },

  async 'a long list is told whole, in several pieces'() {
    const names = Array.from({ length: 500 }, (_, index) => `somebody-with-a-long-name-${index}`);
    await putBuddies('erin', ...names, 'bob');
    const [erin, bob] = await Promise.all([new Person('erin').start(), new Person('bob').start()]);
    const list = await erin.live(erin.watch('People'));
    const unknown = () => [...list.people.values()].filter(({ reason }) => reason === 'noresource').length;
    await until(() => list.people.size === 501 && unknown() === 500, 'everybody is told of');
    bob.link.publish(OPEN);
    await until(() => list.people.get(uri('bob')).presence?.activeDevices === 1, 'bob is there');
  },

  async 'who has no list yet is told of one as soon as he has it'() {
    const frank = await new Person('frank').start();
    const list = await frank.live(frank.watch('People'));
    assert.equal(list.people.size, 0);
    await putBuddies('frank', 'bob');
    await until(() => list.people.has(uri('bob')), 'bob is in it');
  },

  async 'a page that is loaded again is the same device: its state goes on'() {
    await putBuddies('alice', 'bob');
    const [alice, before] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    before.link.publish({ ...OPEN, person: person('busy', 'before') });
    const list = await alice.live(alice.watch('People'));
    const bobs = () => list.people.get(uri('bob'))?.presence;
    await until(() => bobs()?.note === 'before', 'bob is busy');
    const after = await new Person('bob').start();
    after.link.publish({ ...OPEN, person: person('busy', 'after') });
    await until(() => bobs().note === 'after' && bobs().activeDevices === 1, 'bob is one device still');
  },

  async 'oneself, one\'s mailbox and one\'s documents'() {
    const alice = await new Person('alice').start();
    const [self, mailbox, documents] = ['Oneself', 'Mailbox', 'Documents'].map((what) => alice.watch(what));
    await Promise.all([self, mailbox, documents].map((told) => alice.live(told)));
    alice.link.publish({ ...OPEN, person: person('away') });
    await until(() => self.last.activity === 'away' && self.last.activeDevices === 1, 'alice sees herself');
    await server('run mailbox set alice voice=3/1 fax=0/2');
    await until(() => mailbox.last.isWaiting, 'something is new');
    assert.deepEqual(mailbox.last.counts, [{ kind: 'voice', fresh: 3, old: 1 }, { kind: 'fax', fresh: 0, old: 2 }]);
    await putBuddies('alice', 'bob', 'carol');
    const selector = `resource-lists/users/${uri('alice')}/index`;
    const before = await until(() => documents.last.get(selector), 'the list is told');
    await putBuddies('alice', 'bob');
    await until(() => documents.last.get(selector) !== before, 'its change as well');
    await server('run mailbox set alice voice=0/0 fax=0/0');
    await until(() => mailbox.last.isWaiting === false, 'nothing new');
  },

  async 'what one\'s other device sends and gets is told where it has changed'() {
    const [here, there, bob] = [new Person('alice'), new Person('alice', { device: 1 }), new Person('bob')];
    await Promise.all([here, there, bob].map((one) => one.start()));
    const conversations = await here.live(here.watch('Conversations'));
    const { until: known } = conversations.last;
    assert.deepEqual(await there.send('bob', 'from the other one'), { kind: 'delivered' });
    await bob.got('from the other one');
    const isTold = () => conversations.last.changed.some(({ peer, at }) => peer === `bob@${DOMAIN}` && BigInt(at) > BigInt(known));
    await until(isTold, 'the change is told');
    assert.ok(BigInt(conversations.last.since) <= BigInt(conversations.last.until));
    assert.ok(!here.received.some(({ body }) => body === 'from the other one'), 'what is one\'s own is no message to oneself');
  },

  async 'who wants to see us is told, and is shown what was decided'() {
    await putBuddies('erin', 'bob');
    const [bob, erin] = await Promise.all([new Person('bob').start(), new Person('erin').start()]);
    await server('run ask bob erin');
    const watchers = await bob.live(bob.watch('Watchers'));
    const list = await erin.live(erin.watch('People'));
    await until(() => list.people.get(uri('bob'))?.state === 'pending', 'erin waits');
    const request = () => [...watchers.watchers.values()].find((watcher) => watcher.uri === uri('erin'));
    await until(() => request()?.status === 'pending', 'bob is asked');
    await server('run allow bob erin');
    await until(() => request()?.status === 'active', 'it is told that she may');
    await until(() => list.people.get(uri('bob')).state === 'active', 'erin sees bob');
    await server('run block bob erin');
    await until(() => list.people.get(uri('bob')).state === 'rejected', 'erin sees him no more');
    await server('run forget bob erin');
    await until(() => list.people.get(uri('bob')).state === 'active', 'as if nothing had been');
  },

  async 'the server is killed and comes back: everything is as before, by itself'() {
    await putBuddies('alice', 'bob');
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    bob.link.publish({ ...OPEN, person: person('busy') });
    const all = ['People', 'Oneself', 'Watchers', 'Mailbox', 'Documents', 'Conversations'].map((what) => alice.watch(what));
    await Promise.all(all.map((told) => alice.live(told)));
    const [list, , , mailbox] = all;
    await until(() => list.people.get(uri('bob'))?.presence?.activity === 'busy', 'bob is busy');
    await server('kill');
    await alice.is('offline');
    assert.equal(alice.link.status.value.problem.kind, 'no-connection');
    assert.ok(all.every(({ watch }) => !watch.isLive.value), 'nothing is live while there is no connection');
    assert.deepEqual(await alice.send('bob', 'too early'), { kind: 'cut-off' });
    await server('start');
    const back = Date.now();
    await Promise.all([alice.is('online'), bob.is('online')]);
    const after = Date.now() - back;
    assert.ok(after < 10_000, `back after ${after} ms`);
    console.error(`back after ${after} ms`);
    await Promise.all(all.map((told) => alice.live(told)));
    await server('run mailbox set alice voice=1/0');
    await until(() => mailbox.last.isWaiting, 'the lamp is lit');
    bob.link.publish({ ...OPEN, person: person('away') });
    await until(() => list.people.get(uri('bob')).presence.activity === 'away', 'bob is away');
    assert.deepEqual(await alice.send('bob', 'after it'), { kind: 'delivered' });
    await server('run mailbox set alice voice=0/0');
  },

  async 'what a cut ate is sent again with its names, and arrives once'() {
    const [alice, bob] = await Promise.all([new Person('alice').start(), new Person('bob').start()]);
    const names = alice.link.name();
    const outcome = alice.send('bob', 'once', names);
    await server('kill');
    const first = (await outcome).kind;
    await server('start');
    await Promise.all([alice.is('online'), bob.is('online')]);
    if (first === 'cut-off') assert.match((await alice.send('bob', 'once', names)).kind, /^(delivered|kept)$/);
    await bob.got('once');
    assert.deepEqual(await alice.send('bob', 'after once'), { kind: 'delivered' });
    await bob.got('after once');
    for (const { callId, cseq } of bob.received.filter(({ body }) => body === 'once'))
      assert.deepEqual({ callId, cseq }, names, 'whoever gets it twice knows it again');
  },

  async 'a connection over which nothing comes any more is noticed, and another one is made'() {
    const alice = await new Person('alice').start();
    const [socket] = [...sockets].filter(({ readyState }) => readyState === WebSocket.OPEN).slice(-1);
    socket._socket.pause(); // as after a change of the network: it is open, and silent
    window.dispatchEvent(new window.Event('online'));
    await alice.is('offline');
    await alice.is('online');
    socket.terminate();
    assert.deepEqual(await alice.send('carol', 'over the new one'), { kind: 'kept' });
  },
};

let [passed, failed] = [0, 0];
const wanted = process.argv.slice(2);
for (const [name, run] of Object.entries(tests)) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  try {
    await run();
    console.log(`ok - ${name}`);
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`not ok - ${name}: ${error.stack}`);
  }
  await endAll();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
