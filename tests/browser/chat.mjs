// Conversations, as people use them: with one another, with phones, on several devices, while the server comes and goes.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import {
  befriend, chatBothWays, choose, composer, converse, entry, message, pick, sees, seesArrived, seesOnce, seesState,
  showTab, textsOf, write,
} from './acts.mjs';
import {
  HTTPS_URL, PHONE, isAccessible, isConnected, isCutOff, logIn, openPage, openTab, person, picture, runTests, server,
} from './harness.mjs';

const isUnread = (page, name, count) => entry(page, name).getByText(`${count} unread message`).waitFor();
const isRead = (page, name) => page.locator('.entry:not([data-unread="true"])', {
  has: page.locator('.name').getByText(name, { exact: true }) }).waitFor();

await runTests({
  async 'two people chat both ways, one over HTTP, the other over HTTPS'(a, b) {
    const alice = await person(a);
    const bob = await person(b, { url: HTTPS_URL });
    await chatBothWays(alice, bob, a, b);
    await seesState(alice, 'hello, grüße 😀', 'displayed');
    await isAccessible(alice, 'chat');
    await picture(alice, 'chat');
  },

  async 'the other one is seen typing'(a, b) {
    const alice = await person(a);
    const bob = await person(b);
    await chatBothWays(alice, bob, a, b);
    await composer(bob).pressSequentially('I am thi', { delay: 20 });
    await alice.getByText('typing …').first().waitFor();
    await composer(bob).fill('');
    await write(bob, 'done');
    await sees(alice, 'done');
    await alice.getByText('typing …').first().waitFor({ state: 'detached' });
  },

  async 'kept for who is away, delivered when he returns, read when he looks'(a, b) {
    const alice = await person(a);
    await converse(alice, b);
    await write(alice, 'for later');
    await seesState(alice, 'for later', 'kept');
    const bob = await person(b);
    await seesState(alice, 'for later', 'delivered');
    await isUnread(bob, a, 1);
    assert.match(await bob.title(), /^\(1\) /);
    await choose(bob, a);
    await seesOnce(bob, 'for later');
    await seesState(alice, 'for later', 'displayed');
    await isRead(bob, a);
    assert.doesNotMatch(await bob.title(), /^\(/);
  },

  async 'the history is there after a reload and on a new device, in order, once'(a, b) {
    const alice = await person(a);
    const bob = await person(b);
    await chatBothWays(alice, bob, a, b);
    for (let number = 1; number <= 5; number += 1) await write(alice, `number ${number}`);
    await sees(bob, 'number 5');
    const expected = ['hello, grüße 😀', 'and back', ...[1, 2, 3, 4, 5].map((number) => `number ${number}`)];
    await bob.reload();
    await isConnected(bob);
    const phone = await person(a, { viewport: PHONE, hasTouch: true, isMobile: true });
    for (const [page, name] of [[bob, a], [phone, b]]) {
      await choose(page, name);
      for (const text of expected) await seesOnce(page, text);
      assert.deepEqual(await textsOf(page), expected);
    }
  },

  async 'what is sent and read on one device is sent and read on the others'(a, b) {
    const desk = await person(a);
    const laptop = await person(a);
    const bob = await person(b);
    await converse(desk, b);
    await write(desk, 'from the desk');
    await choose(laptop, b);
    await seesOnce(laptop, 'from the desk');
    await showTab(laptop, 'People');
    await laptop.reload();
    await isConnected(laptop);
    await choose(bob, a);
    await write(bob, 'to both of you');
    for (const page of [desk, laptop]) await entry(page, b).getByText('to both of you').waitFor();
    await sees(desk, 'to both of you'); // it is open there, and looked at
    await isRead(laptop, b);
    await choose(laptop, b);
    await seesOnce(laptop, 'to both of you');
  },

  async 'a phone takes part: baresip writes, is answered, and the history has both'(a, b) {
    const alice = await person(a);
    await server({ do: 'phone', user: b, users: [a, b] });
    await converse(alice, b);
    await write(alice, 'from the page');
    assert.equal(await server({ do: 'hears', user: b, text: 'from the page' }), 1);
    await seesArrived(alice, 'from the page');
    assert.equal(await server({ do: 'says', user: b, to: a, text: 'from the phone' }), 200);
    await sees(alice, 'from the phone');
    await server({ do: 'hang_up', user: b });
    const bob = await person(b); // the same conversation goes on in his browser
    await choose(bob, a);
    await seesOnce(bob, 'from the page');
    await seesOnce(bob, 'from the phone');
    await write(bob, 'now from my browser');
    await sees(alice, 'now from my browser');
  },

  async 'the server is killed under the pages: what was written meanwhile goes out once'(a, b) {
    const alice = await person(a);
    const bob = await person(b, { url: HTTPS_URL });
    await chatBothWays(alice, bob, a, b);
    await server({ do: 'kill' });
    await isCutOff(alice);
    await isCutOff(bob);
    await write(alice, 'written without a server');
    await seesState(alice, 'written without a server', 'waiting');
    await server({ do: 'start' });
    await isConnected(alice);
    await isConnected(bob);
    await sees(bob, 'written without a server');
    await seesArrived(alice, 'written without a server');
    await write(bob, 'I am back too');
    await sees(alice, 'I am back too');
    for (const page of [alice, bob])
      for (const text of ['hello, grüße 😀', 'and back', 'written without a server', 'I am back too'])
        await seesOnce(page, text);
  },

  async 'what was written without a server outlives a reload of the page'(a, b) {
    const alice = await openPage();
    await logIn(alice, a, { stay: true });
    await converse(alice, b);
    await composer(alice).fill('half a sen');
    await converse(alice, `${b}@example.test`);
    await server({ do: 'kill' });
    await isCutOff(alice);
    await write(alice, 'kept in the browser');
    await seesState(alice, 'kept in the browser', 'waiting');
    await server({ do: 'start' });
    await alice.reload();
    await isConnected(alice);
    await choose(alice, b);
    await seesState(alice, 'kept in the browser', 'kept');
    await seesOnce(alice, 'kept in the browser');
  },

  async 'what a page has not sent when it is closed goes out with the next one, once'(a, b) {
    const first = await openPage();
    await logIn(first, a, { stay: true });
    const second = await openTab(first.context());
    await isConnected(second);
    await converse(first, b);
    await converse(second, b);
    await server({ do: 'kill' });
    await isCutOff(second);
    await write(second, 'left behind');
    await seesState(second, 'left behind', 'waiting');
    await second.close();
    await server({ do: 'start' });
    await isConnected(first);
    const third = await openTab(first.context());
    await isConnected(third);
    await choose(third, b);
    for (const page of [third, first]) {
      await seesState(page, 'left behind', 'kept');
      await seesOnce(page, 'left behind');
    }
  },

  async 'a message that the kill cut off is repeated under its names, and taken once'(a, b) {
    const alice = await person(a);
    await server({ do: 'silent', user: b }); // so the answer is not there yet when the server dies
    await converse(alice, b);
    await write(alice, 'cut off');
    await seesState(alice, 'cut off', 'sending');
    const isSent = (frame) => /^MESSAGE[^]*\r\nAuthorization:[^]*cut off/.test(frame);
    while (!alice.sent.some(isSent)) await alice.waitForTimeout(50); // the challenge is answered: the server has it
    await server({ do: 'kill' });
    await seesState(alice, 'cut off', 'waiting');
    await server({ do: 'start' });
    await seesState(alice, 'cut off', 'kept');
    const names = alice.sent.filter(isSent).map((frame) => frame.match(/^(?:Call-ID|CSeq):.*$/gm).join(' '));
    assert.ok(names.length >= 2, 'sent again');
    assert.equal(new Set(names).size, 1, 'under the same names');
    const bob = await person(b);
    await choose(bob, a);
    await seesOnce(bob, 'cut off');
  },

  async 'what is refused says why, and can be sent again or thrown away'(a) {
    const alice = await person(a);
    await converse(alice, 'nobody-at-all');
    await write(alice, 'anybody?');
    const failed = message(alice, 'anybody?');
    await failed.getByRole('alert').filter({ hasText: 'Nobody has this address' }).waitFor();
    await picture(alice, 'not-sent');
    await isAccessible(alice, 'not sent');
    await failed.getByRole('button', { name: 'Send again' }).click();
    await failed.getByRole('alert').filter({ hasText: 'Nobody has this address' }).waitFor();
    await failed.getByRole('button', { name: 'Delete' }).click();
    await failed.waitFor({ state: 'detached' });
  },

  async 'a full mailbox is told in a sentence'(a, b) {
    await server({ do: 'fill_mailbox', sender: a, receiver: b });
    const alice = await person(a);
    await converse(alice, b);
    await write(alice, 'one too many');
    await message(alice, 'one too many').getByRole('alert').filter({ hasText: /waiting for this person/ }).waitFor();
  },

  async 'a text that is too long stays where it was typed; the longest that is possible arrives'(a, b) {
    const alice = await person(a);
    const bob = await person(b);
    await converse(alice, b);
    await write(alice, 'ü'.repeat(33_000));
    await alice.getByRole('alert').filter({ hasText: /too long by \d+/ }).waitFor();
    assert.equal((await composer(alice).inputValue()).length, 33_000);
    assert.ok(!alice.sent.some((frame) => frame.startsWith('MESSAGE') && !frame.includes('im-iscomposing')));
    await picture(alice, 'too-long');
    const longest = 'ü'.repeat(32_000);
    await write(alice, longest);
    await alice.locator('article.message[data-state="delivered"], article.message[data-state="displayed"]').waitFor();
    await choose(bob, a);
    assert.equal(await bob.locator('article.message .words').textContent(), longest);
  },

  async 'markup, bidi marks and endless words stay text and break nothing'(a, b) {
    const alice = await person(a);
    const bob = await person(b);
    const hostile = [
      '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;', '\u202Eesrever\u202D',
      'x'.repeat(3000), 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!', '\u0007\u0000bell',
    ];
    await converse(alice, b);
    for (const text of hostile) await write(alice, text);
    await choose(bob, a);
    await sees(bob, hostile[0]);
    await bob.locator('article.message').nth(hostile.length - 1).waitFor();
    for (const page of [alice, bob]) {
      assert.equal(await page.locator('.bubble img, .bubble script').count(), 0);
      assert.match(await page.title(), /Heliograph$/);
      await picture(page, page === bob ? 'hostile-bob' : 'hostile-alice');
    }
  },

  async 'links lead where they say, in a window of their own, and nothing else is one'(a, b) {
    const alice = await person(a);
    await converse(alice, b);
    await write(alice, 'see https://example.org/a?b=c, www.example.org or javascript:alert(1)');
    const links = alice.locator('.bubble a');
    await links.nth(1).waitFor();
    assert.equal(await links.count(), 2);
    assert.equal(await links.nth(0).getAttribute('href'), 'https://example.org/a?b=c');
    assert.equal(await links.nth(0).getAttribute('target'), '_blank');
    assert.match(await links.nth(0).getAttribute('rel'), /noopener/);
  },

  async 'a thousand messages: the newest first, the rest as one scrolls, and what was searched for'(a, b) {
    await server({ do: 'history', one: a, other: b, count: 1000 });
    const alice = await person(a);
    await choose(alice, b);
    await sees(alice, 'message 1000');
    assert.ok((await alice.locator('article.message').count()) < 120, 'only what is near is drawn');
    const list = alice.locator('.messages, [role="log"]').first();
    await list.hover();
    while ((await message(alice, 'message 1').count()) === 0) {
      await alice.mouse.wheel(0, -3000);
      await alice.waitForTimeout(30);
    }
    await alice.getByText('This is where your conversation').waitFor();
    await alice.getByLabel('Search messages').fill('message 500');
    await alice.locator('.results .hit', { hasText: 'message 500' }).first().click();
    await sees(alice, 'message 500');
    await picture(alice, 'search');
  },

  async 'emoji are picked by name, several lines are kept, and the keyboard alone is enough'(a, b) {
    const page = await openPage();
    await page.getByLabel('SIP address').and(page.locator(':focus')).waitFor();
    await page.keyboard.type(a);
    await page.keyboard.press('Tab');
    await page.keyboard.type(`${a}-secret`);
    await page.keyboard.press('Enter');
    await isConnected(page);
    const opener = page.getByRole('button', { name: 'Write to somebody new' });
    for (let presses = 0; presses < 20 && !(await opener.evaluate((one) => one === document.activeElement)); presses += 1)
      await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Write to somebody new' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.type(b);
    await page.keyboard.press('Enter');
    await composer(page).and(page.locator(':focus')).waitFor();
    await page.keyboard.type('typed');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('on two lines');
    await page.keyboard.press('Enter');
    await seesState(page, 'typed\non two lines', 'kept');
    await page.getByRole('button', { name: 'Emoji' }).click();
    await page.getByLabel('Search emoji').fill('rocket');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('textarea').value.includes('🚀'));
  },

  async 'the browser tells of what arrives unread, and is quiet while one does not want to be disturbed'(a, b) {
    const alice = await openPage();
    await alice.context().grantPermissions(['notifications'], { origin: new URL(alice.url()).origin });
    await alice.evaluate(() => {
      document.hasFocus = () => false; // she does something else
      window.shown = [];
      window.Notification = class extends EventTarget {
        static permission = 'granted';
        static requestPermission = async () => 'granted';
        constructor(title, options) { super(); window.shown.push([title, options?.body ?? '']); }
        close() {}
      };
    });
    await logIn(alice, a);
    await alice.getByRole('button', { name: 'Settings' }).click();
    await alice.getByRole('switch', { name: /^Notifications/ }).check();
    await alice.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    const bob = await person(b);
    await converse(bob, a);
    await write(bob, 'look here');
    await alice.waitForFunction(() => window.shown.some(([, body]) => body.includes('look here')));
    await pick(alice, alice.getByRole('button', { name: /Your status/ }), 'Do not disturb');
    await write(bob, 'not so important');
    await isUnread(alice, b, 2);
    assert.ok(!(await alice.evaluate(() => JSON.stringify(window.shown))).includes('not so important'));
  },

  async 'on a phone one thing at a time, and back with the button of the browser'(a, b) {
    await befriend(a, b);
    const phone = await person(a, { viewport: PHONE, hasTouch: true, isMobile: true, colorScheme: 'dark' });
    await picture(phone, 'phone-empty-dark');
    await converse(phone, b);
    await write(phone, 'Good morning! The lamp in the east tower is out again.');
    await seesState(phone, 'Good morning! The lamp in the east tower is out again.', 'kept');
    await picture(phone, 'phone-chat-dark');
    await phone.goBack();
    await entry(phone, b).waitFor();
    await picture(phone, 'phone-list-dark');
    await isAccessible(phone, 'phone');
    await entry(phone, b).click();
    await phone.getByRole('button', { name: 'Back to all conversations' }).click();
    await entry(phone, b).waitFor();
  },

  async 'two pages of one person in one browser both show what is sent, and the message is sent once'(a, b) {
    const first = await openPage();
    await logIn(first, a, { stay: true });
    const second = await openTab(first.context());
    await isConnected(second);
    const bob = await person(b);
    await converse(bob, a);
    await write(bob, 'to both of you');
    for (const page of [first, second]) {
      await choose(page, b);
      await seesOnce(page, 'to both of you');
    }
    await write(second, 'from the second');
    await seesOnce(bob, 'from the second');
    await seesOnce(first, 'from the second');
  },
});
