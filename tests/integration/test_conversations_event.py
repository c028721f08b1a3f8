"""heliograph-conversations (docs/web-client.md): one's own devices are told where conversations have changed, within a
second; of many changes by few NOTIFYs; and who was away for too long learns that he has missed something.

SPDX-License-Identifier: MIT
"""

import json
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import Client, token
from web import Web

EVENT, KIND = "heliograph-conversations", "application/vnd.heliograph.conversations+json"
USERS = ["alice", "bob", "carol", "dave", "erin"]
HELD = 64  # conversations that the server remembers
SOON = 1.0


class Watcher:
    """A device's subscription to the user's conversations, and what it has been told: {peer: at}."""

    def __init__(self, server, user="alice", to=None, transport="udp", **more):
        self.client, self.call_id = Client(server, user, transport=transport, **more), token(14)
        self.to, self.changes, self.since, self.until, self.told = to or user, {}, 0, 0, 0
        self.dialog = self.answer = None
        self.answer = self.subscribe()

    def subscribe(self, expires=600):
        """The second time in its dialog."""
        headers = (("Contact", f"<{self.client.contact}>"), ("Event", EVENT), ("Accept", KIND),
                   ("Expires", str(expires)))
        if self.answer:
            headers += (("To", self.answer.get("to")),)
        return self.client.ask("SUBSCRIBE", self.client.aor(self.to), headers, call_id=self.call_id)

    def take(self, wait=SOON * 5):
        """The next NOTIFY, answered and read; None where nothing comes."""
        notify = self.client.receive(lambda m: m.method == "NOTIFY", wait=wait)
        if notify is None:
            return None
        self.client.answer(notify)
        check(notify.get("content-type") == KIND and notify.get("event") == EVENT, repr(notify))
        dialog = (notify.get("from"), notify.get("to"), notify.get("call-id"))
        check(self.dialog in (None, dialog), f"{self.dialog}, then {dialog}")
        self.dialog = dialog
        body = json.loads(notify.text)
        numbers = [int(change["at"]) for change in body["conversations"]]
        self.since, until = int(body["since"]), int(body["until"])
        check(numbers == sorted(numbers) and all(number > self.since for number in numbers), notify.text)
        check(until == (numbers[-1] if numbers else self.since) and until >= self.until, notify.text)
        check(len(numbers) <= HELD, notify.text)
        self.until, self.told = until, self.told + 1
        self.changes = {change["peer"]: int(change["at"]) for change in body["conversations"]}
        return body

    def begin(self):
        """The first NOTIFY: nothing is known yet, so everything is read."""
        check(self.answer.status == 200, repr(self.answer))
        check(self.take() is not None, "a first NOTIFY")
        return self

    def learns(self, peer, after):
        """Reads NOTIFYs until the conversation has changed later than `after`; what the last change's number is."""
        start = time.monotonic()
        while self.changes.get(peer, 0) <= after:
            check(self.take() is not None, f"{peer} after {after}, not {self.changes} in {self.told} NOTIFYs")
        check(time.monotonic() - start < SOON, f"within a second, not {time.monotonic() - start:.2f}")
        return self.changes[peer]

    def is_quiet(self):
        body = self.take(wait=0.7)
        check(body is None, f"nothing, not {body!r}")

    def end(self):
        """Until the last NOTIFY is answered the subscription is there."""
        self.subscribe(0)
        last = None
        while last is None or "terminated" not in last.get("subscription-state"):
            last = self.client.receive(lambda m: m.method == "NOTIFY")
            check(last is not None, "a last NOTIFY")
            self.client.answer(last)
        self.client.close()


def test_the_first_watcher_is_told_that_nothing_is_known_yet(server):
    first = Watcher(server).begin()
    check(first.changes == {} and first.since == first.until > 0, f"{first.since} … {first.until}")
    # Another device gets what the server remembers now.
    Client(server, "alice").message("erin", "one")
    at = first.learns("erin@example.test", 0)
    second = Watcher(server).begin()
    check(second.changes == {"erin@example.test": at} and second.since == first.since, repr(second.changes))
    for watcher in (first, second):
        watcher.end()
    # Nobody watched: nothing was kept, and `since` says so.
    third = Watcher(server).begin()
    check(third.changes == {} and third.since > at, f"{third.since} after {at}")
    third.end()


def test_what_one_device_sends_is_told_to_the_others_and_to_its_receiver(server):
    phone, sender = Client(server, "bob"), Client(server, "alice")
    phone.register()
    answering = threading.Thread(target=phone.take_messages, args=(1,))
    answering.start()
    alice, bob = Watcher(server).begin(), Watcher(server, "bob").begin()
    start = time.monotonic()
    check(sender.message("bob", "hello").status == 200, "bob's phone takes it")
    alice.learns("bob@example.test", 0)
    bob.learns("alice@example.test", 0)
    check(time.monotonic() - start < SOON, "both within a second")
    answering.join()
    check(sender.message("carol", "kept").status == 202, "carol is not there")
    alice.learns("carol@example.test", 0)
    for watcher in (alice, bob):
        watcher.is_quiet()
        watcher.end()
    phone.unregister()


def test_a_kept_message_that_reaches_a_device_tells_its_sender(server):
    sender, alice = Client(server, "alice"), Watcher(server).begin()
    check(sender.message("dave", "for later").status == 202, "kept")
    stored = alice.learns("dave@example.test", 0)
    alice.is_quiet()
    dave = Client(server, "dave")
    dave.register()
    check(dave.take_messages(1) == ["for later"], "what was kept")
    check(alice.learns("dave@example.test", stored) > stored, "delivered")
    dave.unregister()
    alice.end()


def test_a_device_that_answers_after_the_sender_was_told_202_tells_the_sender(server):
    dave, sender, alice = Client(server, "dave"), Client(server, "alice"), Watcher(server).begin()
    dave.register()
    answer = sender.message("dave", "slow")  # nobody answers for longer than answer_wait_s
    check(answer.status == 202, repr(answer))
    stored = alice.learns("dave@example.test", 0)
    check(dave.take_messages(1) == ["slow"], "it is still asked")
    alice.learns("dave@example.test", stored)
    dave.unregister()
    alice.end()


def test_what_is_never_stored_is_not_told(server):
    alice, sender = Watcher(server).begin(), Client(server, "alice")
    sender.message("bob", "<isComposing/>", "application/im-iscomposing+xml")
    sender.message("nobody", "to whom?")
    alice.is_quiet()
    alice.end()


def test_receipts_are_changes_too(server):
    alice, sender = Watcher(server).begin(), Client(server, "bob")
    check(sender.message("alice", "<imdn/>", "message/imdn+xml").status == 202, "kept")
    alice.learns("bob@example.test", 0)
    alice.end()


def test_a_read_mark_that_moves_is_told_and_one_that_does_not_is_not(server):
    alice, sender, web = Watcher(server).begin(), Client(server, "carol"), Web(server, "alice")
    check(sender.message("alice", "read me").status == 202, "kept")
    stored = alice.learns("carol@example.test", 0)
    target = "/api/v1/users/alice/conversations/carol%40example.test"
    messages = json.loads(web.ask("GET", f"{target}/messages").body)["messages"]
    mark = json.dumps({"id": messages[-1]["id"]})
    for _ in range(2):
        answer = web.ask("PUT", f"{target}/read", mark, {"Content-Type": "application/json"})
        check(answer.status in (200, 204), repr(answer))
        alice.learns("carol@example.test", stored)
    alice.is_quiet()
    alice.end()


def test_only_the_account_itself_may_subscribe(server):
    stranger = Watcher(server, "bob", to="alice")
    check(stranger.answer.status == 403, repr(stranger.answer))
    check(Watcher(server, "bob", to="nobody").answer.status in (403, 404), "an account that is not there")


def test_many_changes_are_told_by_few_notifies(server):
    alice, senders = Watcher(server, transport="tcp").begin(), [Client(server, user) for user in ("bob", "carol")]
    for sender in senders:
        sender.message("alice", "first")  # with a challenge; from now on without
    until, told = alice.until, alice.told
    for n in range(60):
        check(senders[n % 2].message("alice", f"{n}").status == 202, "kept")
    while alice.take(SOON) is not None:
        pass
    check(min(alice.changes[f"{sender.user}@example.test"] for sender in senders) > until, repr(alice.changes))
    check(alice.told - told < 50, f"{alice.told - told} NOTIFYs for 60 changes")
    check(set(alice.changes) == {"bob@example.test", "carol@example.test"}, repr(alice.changes))
    alice.end()


def test_more_conversations_than_are_held_move_since(server):
    alice, sender = Watcher(server, transport="tcp").begin(), Client(server, "alice", transport="tcp")
    first, peers = alice.since, [f"peer{n}" for n in range(HELD + 6)]
    ats = {}
    for peer in peers:
        check(sender.message(peer, "hello").status == 202, peer)
        ats[peer] = alice.learns(f"{peer}@example.test", first)
    check(len(alice.changes) == HELD, str(len(alice.changes)))
    check(set(alice.changes) == {f"{peer}@example.test" for peer in peers[6:]}, repr(alice.changes))
    check(alice.since == ats[peers[5]], f"{alice.since} is not {ats[peers[5]]}")
    # One that is held already displaces nothing.
    sender.message(peers[10], "again")
    alice.learns(f"{peers[10]}@example.test", ats[peers[-1]])
    check(len(alice.changes) == HELD and alice.since == ats[peers[5]], repr(alice.changes))
    alice.end()


def test_the_dialog_goes_on_after_kill_9_and_since_is_new(server):
    instance = "00000000-0000-4000-8000-0000000000aa"
    alice, sender = Watcher(server, instance=instance), Client(server, "bob")
    alice.client.register()
    alice.begin()
    sender.message("alice", "before")
    before = alice.learns("bob@example.test", 0)
    alice.client.take_messages(1)
    server.restart()
    body = alice.take(wait=20)
    check(body is not None and alice.since > before and alice.changes == {}, repr(body))
    sender.message("alice", "after")
    alice.learns("bob@example.test", alice.since)
    alice.client.unregister()
    alice.end()


if __name__ == "__main__":
    accounts = {user: f"{user}-secret" for user in USERS + [f"peer{n}" for n in range(HELD + 6)]}
    settings = ["message.answer_wait_s=1", "sip.t1_ms=100", "authentication.nonce_s=3600"]
    with Server(accounts, settings=settings) as started:
        sys.exit(cases.main(sys.modules[__name__], [started]))
