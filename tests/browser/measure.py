"""How fast the web client is: a server with 500 people and a conversation of 10,000 messages, and measure.mjs, which
uses the page in headless Chromium and prints a table.

    ./dev build && HELIOGRAPH=build/release/heliograph python3 tests/browser/measure.py

PEOPLE and MESSAGES may be fewer, to try it; BACK is how many messages are scrolled back.

SPDX-License-Identifier: MIT
"""

import os
import random
import sys
import threading
import time

from pages import PAGE, World, missing, run
from server import Server
from sip import Client
from web import Web

PEOPLE = int(os.environ.get("PEOPLE", "500"))
MESSAGES = int(os.environ.get("MESSAGES", "10000"))
GROUPS = 10
LIST_TYPE = "application/resource-lists+xml"
QUIET_S = 3  # without a message: that was the last one
CHANGE_EVERY_S = 0.3  # longer than changes are gathered for one NOTIFY
FIRST_NAMES = ("Ada Ben Clara David Emma Felix Greta Hugo Ida Jonas Katja Leo Mia Noah Olga Paul Rosa Sven Thea "
               "Ute").split()
WORDS = ("the of and a to in is you that it he was for on are as with his they at be this have from or one had by word "
         "but not what all were we when your can said there use an each which she do how their if will up other about "
         "meeting tomorrow invoice thanks https://example.org/a/link 😀").split()


def names():
    return ["bob"] + [f"user{number:03}" for number in range(1, PEOPLE)]


def list_document(domain):
    """Everybody in one of the groups, with names as people have them."""
    def entry(number, name):
        shown = f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {name.title()}"
        return f'<entry uri="sip:{name}@{domain}"><display-name>{shown}</display-name></entry>'
    entries = [entry(number, name) for number, name in enumerate(names())]
    lists = "".join(f'<list name="group{group}"><display-name>Group {group}</display-name>'
                    f'{"".join(entries[group::GROUPS])}</list>' for group in range(GROUPS))
    return f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">{lists}</resource-lists>'


def make_list(server):
    path = f"/xcap/resource-lists/users/sip:alice@{server.domain}/index"
    answer = Web(server, "alice").ask("PUT", path, list_document(server.domain), {"Content-Type": LIST_TYPE})
    if answer.status not in (200, 201):
        raise RuntimeError(f"the list: {answer}")


def publish(server, name, number):
    """Every second one is there, and every fourth says what he does."""
    activity = ("", "<rpid:busy/>", "", "<rpid:away/>")[number % 4]
    document = (f'<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
                f'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:{name}@{server.domain}"><tuple id="t">'
                '<status><basic>open</basic></status></tuple><dm:person id="p">'
                f"<rpid:activities>{activity}</rpid:activities><dm:note>note of {name}</dm:note></dm:person></presence>")
    client = Client(server, name)
    answer = client.ask("PUBLISH", client.aor(), [("Event", "presence"), ("Expires", "3600"),
                                                  ("Content-Type", "application/pidf+xml")], document)
    client.close()
    if answer.status != 200:
        raise RuntimeError(f"PUBLISH: {answer}")


class Phone:
    """Registered, and takes every message, so that nothing waits for the page: it finds a history."""

    def __init__(self, server, user):
        self.client = Client(server, user, transport="tcp", instance=f"00000000-0000-4000-8000-{len(user):012}")
        self.client.register()
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self):
        while request := self.client.receive_request(wait=QUIET_S):
            self.client.answer(request)

    def end(self):
        self.thread.join()
        self.client.unregister()
        self.client.close()


def converse(server):
    chance = random.Random(1)
    phones = [Phone(server, name) for name in ("alice", "bob")]
    senders = [Client(server, name, transport="tcp") for name in ("alice", "bob")]
    for number in range(MESSAGES):
        text = f"{number + 1}: " + " ".join(chance.choices(WORDS, k=chance.choice((3, 8, 15, 60))))
        sender, receiver = (senders[0], "bob") if number % 3 == 2 else (senders[1], "alice")
        answer = sender.message(receiver, text)
        if answer is None or answer.status != 200:
            raise RuntimeError(f"MESSAGE {number}: {answer}")
    for one in senders:
        one.close()
    for phone in phones:
        phone.end()


class MeasuredWorld(World):
    def change_people(self, count):
        """One after the other comes, each in a NOTIFY of its own."""
        for number, name in enumerate(names()[1::2][:count]):
            publish(self._server, name, number)
            time.sleep(CHANGE_EVERY_S)


def main():
    reason = missing()
    if reason:
        print(reason)
        return 1
    passwords = {name: f"{name}-secret" for name in ["alice", *names()]}
    with Server(passwords, settings=[f"web.root={PAGE}"]) as server:
        make_list(server)
        for number, name in enumerate(names()[::2]):
            publish(server, name, number)
        converse(server)
        return run(server, "measure.mjs", [str(PEOPLE), str(MESSAGES)], MeasuredWorld)


if __name__ == "__main__":
    sys.exit(main())
