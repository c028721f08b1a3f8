"""Any sequence of partial notifications rebuilds the full state: presence as differences (RFC 5262), watchers (RFC 3858)
and lists (RFC 4662), while publications, rules, lists and watchers change at random, NOTIFYs are refused now and then,
and the server is killed in between. What a watcher has put together is what a fetch tells him; and each body is valid.

    python3 test_rebuilt.py [SEED]

SPDX-License-Identifier: MIT
"""

import os
import random
import sys
import time

from xml_library import Schemas, etree, patch, read, same

import cases
from cases import check
from lists import LIST_TYPE, ListWatcher
from server import Server
from sip import Client, token
from web import Web

SECONDS = 12
NAMES = ["alice", "bob", "carol", "dave", "erin", "frank"]
WATCHED = ["bob", "carol", "dave"]
SCHEMA = Schemas()
WINFO = "{urn:ietf:params:xml:ns:watcherinfo}"
RULES = ('<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"><rule id="a">'
         "<conditions/><actions><pr:sub-handling>{}</pr:sub-handling></actions><transformations>{}</transformations></rule>"
         "</ruleset>")
SHOWN = ("<pr:provide-services><pr:all-services/></pr:provide-services>",
         "<pr:provide-persons><pr:all-persons/></pr:provide-persons>", "<pr:provide-all-attributes/>",
         "<pr:provide-devices><pr:all-devices/></pr:provide-devices>", "<pr:provide-note>true</pr:provide-note>")
PIECES = ["<note>{}</note>", '<note xml:lang="de">{} &amp; mehr</note>',
          '<dm:person id="p{}"><r:activities><r:meeting/></r:activities><dm:note>{}</dm:note></dm:person>',
          '<dm:person id="p{}"><r:mood><r:happy/><r:note>{}</r:note></r:mood></dm:person>',
          '<dm:device id="d{}"><dm:deviceID>urn:x:{}</dm:deviceID></dm:device>',
          '<tuple id="t{}"><status><basic>open</basic></status><x:y xmlns:x="urn:x" z="{}"/></tuple>',
          '<tuple id="u{}"><status><basic>closed</basic></status><contact priority="0.{}">sip:a@b</contact></tuple>']


def schema_check(root, body):
    complaint = SCHEMA.complaint(root)
    check(complaint is None, f"{complaint}\n{body}")


class Listener(Client):
    """Over UDP the server repeats what was not answered in time: such a copy is answered as the first one was."""

    def __init__(self, *words, **more):
        self.answered = {}
        super().__init__(*words, **more)

    def answer(self, request, status=200, phrase="OK", headers=()):
        self.answered[request.get("via")] = status, phrase, headers
        super().answer(request, status, phrase, headers)

    def receive(self, wanted=None, wait=20):
        end = time.monotonic() + wait
        while True:
            message = super().receive(wanted, max(end - time.monotonic(), 0.001))
            if message is None or not message.method or message.get("via") not in self.answered:
                return message
            super().answer(message, *self.answered[message.get("via")])


class World:
    """What may change, at random."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.clients = {name: Client(server, name) for name in WATCHED + ["erin", "frank"]}
        self.etags, self.others = {}, []

    def document(self, user):
        number = self.random.randrange
        pieces = [piece.format(number(3), number(10)) for piece in self.random.sample(PIECES, self.random.randint(1, 6))]
        return ('<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
                f'xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:{user}@example.test"><tuple id="s"><status><basic>'
                f"open</basic></status><note>of {user}, and long enough to be left out of what has changed</note></tuple>"
                f'{"".join(pieces)}</presence>')

    def publish(self, users=WATCHED):
        user, slot = self.random.choice(users), self.random.randrange(3)
        client, etag = self.clients[user], self.etags.pop((user, slot), None)
        ends = etag and self.random.random() < 0.3
        headers = [("Event", "presence"), ("Expires", "0" if ends else "600")]
        headers += [("SIP-If-Match", etag)] if etag else []
        headers += [] if ends else [("Content-Type", "application/pidf+xml")]
        answer = client.ask("PUBLISH", client.aor(), headers, "" if ends else self.document(user))
        check(answer.status == 200, repr(answer))
        if not ends:
            self.etags[user, slot] = answer.get("sip-etag")

    def rules(self, users=WATCHED, handlings=("allow", "allow", "allow", "confirm", "polite-block")):
        user, shown = self.random.choice(users), self.random.sample(SHOWN, self.random.randint(0, len(SHOWN)))
        target = f"/xcap/pres-rules/users/sip:{user}@example.test/index"
        if self.random.random() < 0.2:
            Web(self.server, user).ask("DELETE", target)
            return
        answer = Web(self.server, user).ask("PUT", target,
                                            RULES.format(self.random.choice(handlings), "".join(sorted(shown))),
                                            {"Content-Type": "application/auth-policy+xml"})
        check(answer.status in (200, 201), repr(answer))

    def buddies(self):
        names = self.random.sample(WATCHED + ["nobody"], self.random.randint(0, 4))
        entries = "".join(f'<entry uri="sip:{name}@example.test"><display-name>{self.random.choice("XYZ")}{name}'
                          "</display-name></entry>" for name in names)
        answer = Web(self.server, "alice").ask(
            "PUT", "/xcap/resource-lists/users/sip:alice@example.test/index",
            f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>{entries}</list></resource-lists>',
            {"Content-Type": LIST_TYPE})
        check(answer.status in (200, 201), repr(answer))

    def another_watcher(self):
        """Of bob: one comes, or one goes."""
        if self.others and (len(self.others) > 4 or self.random.random() < 0.5):
            client, call_id, to = self.others.pop(self.random.randrange(len(self.others)))
            client.ask("SUBSCRIBE", client.aor("bob"), (("Event", "presence"), ("Contact", f"<{client.contact}>"),
                                                        ("Expires", "0"), ("To", to)), call_id=call_id)
            return
        client, call_id = Client(self.server, self.random.choice(["erin", "frank"])), token(14)
        answer = client.ask("SUBSCRIBE", client.aor("bob"), (("Event", "presence"), ("Contact", f"<{client.contact}>"),
                                                             ("Expires", "600")), call_id=call_id)
        if answer.status == 200:
            self.others.append((client, call_id, answer.get("to")))

    def answer_others(self):
        for client, _, _ in self.others:
            while (notify := client.receive_request("NOTIFY", 0)) is not None:
                client.answer(notify)


class Watcher:
    """One subscription; what its bodies add up to is kept by `take_body`, of a subclass."""

    def __init__(self, server, user, to, event, accept):
        self.client, self.call_id, self.to = Listener(server, user), token(14), to
        self.state, self.version, self.counts = "", None, {"full": 0, "partial": 0}
        self.headers = [("Event", event), ("Accept", accept), ("Contact", f"<{self.client.contact}>")]
        self.answer = self.subscribe(600, self.call_id)
        check(self.answer.status == 200, repr(self.answer))

    def subscribe(self, expires, call_id, more=()):
        return self.client.ask("SUBSCRIBE", self.client.aor(self.to), self.headers + [("Expires", str(expires)), *more],
                               call_id=call_id)

    def refresh(self):
        check(self.subscribe(600, self.call_id, [("To", self.answer.get("to"))]).status == 200, "a refresh")

    def next(self, call_id, wait):
        return self.client.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") == call_id, wait)

    def take(self, wait=0.3, refuses=False):
        """One NOTIFY, or none. A refused one is as if it had not come."""
        notify = self.next(self.call_id, wait)
        if notify is None:
            return False
        if refuses and "terminated" not in notify.get("subscription-state"):
            self.client.answer(notify, 500, "Not now", (("Retry-After", "1"),))
            self.version = None
            return True
        self.client.answer(notify)
        self.state = notify.get("subscription-state").split(";")[0]
        check(self.state != "terminated", notify.text)
        if notify.body:
            root = read(notify.body)
            schema_check(root, notify.text)
            self.take_body(root)
        else:
            self.take_nothing()
        return True

    def counted(self, root, is_full):
        """Versions of what is partial follow one another (RFC 5263 §4.4, RFC 3858 §4); of the whole they grow."""
        version = int(root.get("version"))
        self.counts["full" if is_full else "partial"] += 1
        check(is_full or (self.version is not None and version == self.version + 1),
              f"version {version} of a change after {self.version}")
        check(self.version is None or version > self.version, f"version {version} after {self.version}")
        self.version = version

    def fetched(self):
        """The body of a fetch now, or None where there is none, and the state that the subscription would have."""
        call_id = token(14)
        answer = self.subscribe(0, call_id)
        check(answer.status == 200, repr(answer))
        notify = self.next(call_id, 20)
        check(notify is not None, "nothing was fetched")
        self.client.answer(notify)
        return read(notify.body) if notify.body else None

    def settle(self, what):
        """He knows what a fetch tells, after a while."""
        end = time.monotonic() + 20
        while not self.agrees(self.fetched()):
            check(time.monotonic() < end, f"{what}: not the same:\n{self.told()}")
            while self.take(0.05):
                pass


class PresenceWatcher(Watcher):
    def __init__(self, server, to):
        self.known = None
        super().__init__(server, "alice", to, "presence", "application/pidf-diff+xml")

    def take_nothing(self):
        self.known, self.version = None, None

    def take_body(self, root):
        is_full = etree.QName(root).localname == "pidf-full"
        self.counted(root, is_full)
        self.known = root if is_full else patch(self.known, root)

    def agrees(self, root):
        if root is None or self.known is None:
            return root is None and self.known is None
        return same(self.known, root, ("version",))

    def told(self):
        return None if self.known is None else etree.tostring(self.known).decode()


class WatcherOfWatchers(Watcher):
    def __init__(self, server, user):
        self.known = {}
        super().__init__(server, user, user, "presence.winfo", "application/watcherinfo+xml")

    def take_nothing(self):
        check(False, "watchers have a body")

    def take_body(self, root):
        self.counted(root, root.get("state") == "full")
        if root.get("state") == "full":
            self.known = {}
        self.known.update(self.listed(root))
        self.known = {key: value for key, value in self.known.items() if value[0] != "terminated"}

    @staticmethod
    def listed(root):
        return {watcher.get("id"): (watcher.get("status"), watcher.get("event"), watcher.text)
                for watcher in root.iter(WINFO + "watcher")}

    def agrees(self, root):
        return self.known == {key: value for key, value in self.listed(root).items() if value[0] != "terminated"}

    def told(self):
        return self.known


def run(world, watchers, changes, seconds=SECONDS):
    """Changes of all kinds, with one kill -9 in the middle; now and then all must agree."""
    start, is_killed, round_number = time.monotonic(), False, 0
    while time.monotonic() - start < seconds:
        round_number += 1
        for _ in range(world.random.randint(1, 6)):
            world.random.choice(changes)()
            watcher = world.random.choice(watchers)
            watcher.take(world.random.choice((0, 0, 0.05)), refuses=world.random.random() < 0.02)
        world.answer_others()
        if world.random.random() < 0.1:
            world.random.choice(watchers).refresh()
        if not is_killed and time.monotonic() - start > seconds / 2:
            world.server.restart()
            is_killed = True
        for watcher in watchers:
            watcher.settle(f"round {round_number}")
    print(f"  {round_number} rounds, {[watcher.counts for watcher in watchers]}")


def test_differences_of_presence_add_up_to_all_of_it(server, seed):
    """RFC 5262 §3, RFC 5263 §4.4, RFC 5261 §4"""
    world = World(server, seed)
    watchers = [PresenceWatcher(server, name) for name in WATCHED]
    run(world, watchers, [world.publish] * 7 + [world.rules])
    check(sum(watcher.counts["partial"] for watcher in watchers) > 10, "there were few differences")


def test_partial_watcher_information_adds_up_to_all_watchers(server, seed):
    """RFC 3858 §4"""
    world = World(server, seed)
    watchers = [WatcherOfWatchers(server, "bob")]
    run(world, watchers, [world.another_watcher, world.another_watcher, world.another_watcher, lambda: world.rules(
        ["bob"], ("allow", "confirm", "block", "polite-block"))])
    check(watchers[0].counts["partial"] > 2, "there were few partial documents")


class ListOfWatched:
    """The buddies of alice: what a ListWatcher has put together, against a fetch."""

    def __init__(self, server):
        self.client = Listener(server, "alice")
        self.watcher, self.counts = ListWatcher(self.client), {"full": 0, "partial": 0}
        check(self.watcher.answer.status == 200, repr(self.watcher.answer))

    def take(self, wait=0.3, refuses=False):
        if refuses:
            notify = self.client.receive_request("NOTIFY", wait)
            if notify:
                self.client.answer(notify, 500, "Not now", (("Retry-After", "1"),))
            return notify is not None
        before = list(self.watcher.versions)
        notify = self.watcher.take(wait)
        if notify is None:
            return False
        check(self.watcher.state.startswith("active"), self.watcher.state)
        check(self.watcher.versions == sorted(set(self.watcher.versions)), f"versions {self.watcher.versions}")
        self.counts["full" if b'fullState="true"' in notify.body else "partial"] += len(self.watcher.versions) > len(before)
        for entry in self.watcher.entries.values():
            if entry[3]:
                schema_check(read(entry[3]), entry[3])
        return True

    def refresh(self):
        check(self.watcher.again().status == 200, "a refresh")

    def settle(self, what):
        end = time.monotonic() + 20
        while True:
            fetched = ListWatcher(self.client, expires=0)
            check(fetched.take() is not None, "nothing was fetched")
            if fetched.entries == self.watcher.entries:
                return
            check(time.monotonic() < end, f"{what}: {self.watcher.entries}\nbut fetched: {fetched.entries}")
            while self.take(0.05):
                pass


def test_partial_lists_add_up_to_the_whole_list(server, seed):
    """RFC 4662 §5.6"""
    world = World(server, seed)
    world.buddies()
    watchers = [ListOfWatched(server)]
    run(world, watchers, [world.publish] * 8 + [world.buddies, lambda: world.rules(
        WATCHED, ("allow", "allow", "confirm", "block", "polite-block"))])
    check(watchers[0].counts["partial"] > 2, f"few partial lists: {watchers[0].counts}")


def main():
    seed = int(sys.argv.pop(1)) if sys.argv[1:] and sys.argv[1].isdigit() else int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    passwords = {name: f"{name}-secret" for name in NAMES}
    settings = ["limits.subscriptions_per_account=1000", "lists.gather_ms=20", "log.level=warning"]
    with Server(passwords, settings=settings) as server:
        return cases.main(sys.modules[__name__], (server, seed))


if __name__ == "__main__":
    sys.exit(main())
