"""Desk phones, played by SIPp, whose keys are a list of the server's (RFC 4662): each family subscribes to it as it
does, is told all keys with their names, in NOTIFYs that it can take, and sees calls, also after kill -9 of the server.

SPDX-License-Identifier: MIT
"""

import re
import signal
import sys
import time
import xml.etree.ElementTree as ElementTree

from clients import wait_for
from phones import DIALOG, Family, Phone

import start
from cases import check
from lists import RLMI, parts_of
from sip import Client

LINES = [f"line{i}" for i in range(1, 9)]
LATER = "line9"
RELATED, META, PIDF = "multipart/related", "application/rlmi+xml", "application/pidf+xml"


class KeyFamily(Family):
    """`event`, `accept`: of its SUBSCRIBE to the list; `most`: so many keys it can be told of at a time."""

    def __init__(self, user, agent, event="dialog", accept=f"{DIALOG}, {RELATED}, {META}", expires=1800, most=0,
                 **more):
        super().__init__(user, agent, mailbox=None, expires=expires, **more)
        self.event, self.accept, self.most = event, accept, most


FAMILIES = [
    KeyFamily("yealink", "Yealink SIP-T46S 66.85.0.15", idle=True),
    KeyFamily("poly", "PolycomVVX-VVX_410-UA/5.9.5.0614", accept=f"{DIALOG}, {META}, {RELATED}", expires=3600),
    KeyFamily("grandstream", "Grandstream GXP2160 1.0.9.26", accept=f"{RELATED}, {META}, {DIALOG}", expires=3600,
              most=3),
    KeyFamily("snom", "snomD785/10.1.169.16", event="presence", accept=f"{PIDF}, {META}, {RELATED}", expires=3600),
    KeyFamily("snomlines", "snom370/8.7.5.35", expires=3600),
]
PASSWORDS = {**{family.user: "secret" for family in FAMILIES}, **{line: "secret" for line in [*LINES, LATER, "pbx"]}}
SETTINGS = ["trusted.accounts=pbx"]


def configuration(lines):
    entries = ", ".join(f'{{ uri = "{line}"; name = "Key {line[-1]}"; }}' for line in lines)
    return f'phone_lists: ( {{ name = "keys"; entries = ( {entries} ); }} );\n'


class KeyPhone(Phone):
    dialogue = "keys"

    def subscriptions(self):
        family = self.family
        return [f"{family.event};sip:keys@{self.server.domain};{family.expires};{family.accept};"]

    def lists(self):
        """(CSeq, <list>, its parts) of each NOTIFY."""
        for notify in self.told():
            parts = parts_of(notify)
            yield int(notify.get("cseq").split()[0]), ElementTree.fromstring(parts[""]), parts

    def keys(self):
        """line: (name, state, body), as all NOTIFYs together have told."""
        known = {}
        for _, root, parts in self.lists():
            if root.get("fullState") == "true":
                known = {}
            for resource in root.findall(RLMI + "resource"):
                line = resource.get("uri").removeprefix("sip:").split("@")[0]
                instance, name = resource.find(RLMI + "instance"), resource.find(RLMI + "name")
                body = parts[instance.get("cid")].decode() if instance is not None and instance.get("cid") else ""
                known[line] = (name.text if name is not None else "",
                               instance.get("state") if instance is not None else None, body)
        return known

    def wait_keys(self, condition, what):
        wait_for(lambda: condition(self.keys()), f"{self}: {what}")

    def wait_all(self, lines):
        self.wait_keys(lambda keys: set(keys) == set(lines) and all(key[1] for key in keys.values()), f"all of {lines}")

    def wait_state(self, line, state):
        """Of the call there; a phone that shows presence sees nothing of it."""
        if self.family.event == "dialog":
            self.wait_keys(lambda keys: f"<state>{state}</state>" in keys[line][2], f"{line} is {state}")


def make(server):
    return [KeyPhone(server, family) for family in FAMILIES]


class Pbx:
    """Tells the calls of all lines."""

    def __init__(self, server):
        self.client, self.etags = Client(server, "pbx"), {}

    def call(self, line, state):
        aor = self.client.aor(line)
        body = ('<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" '
                f'entity="{aor}"><dialog id="call"><state>{state}</state></dialog></dialog-info>')
        headers = [("Event", "dialog"), ("Expires", "600"), ("Content-Type", DIALOG)]
        if line in self.etags:
            headers.append(("SIP-If-Match", self.etags[line]))
        answer = self.client.ask("PUBLISH", aor, headers, body)
        check(answer is not None and answer.status == 200, f"200 to PUBLISH, not {answer!r}")
        self.etags[line] = answer.get("sip-etag")


def check_order(phone):
    order = [(cseq, int(root.get("version"))) for cseq, root, _ in phone.lists()]
    for numbers in zip(*order):
        check(list(numbers) == sorted(set(numbers)), f"{phone}: CSeqs and versions {order}")


def test_each_family_is_told_all_keys_with_their_names(server, peers):
    for phone in peers:
        phone.start()
    for phone in peers:
        phone.wait_all(LINES)
        check({line: key[0] for line, key in phone.keys().items()} == {line: f"Key {line[-1]}" for line in LINES},
              f"{phone}: {phone.keys()}")
        check({key[1] for key in phone.keys().values()} == {"active"}, f"{phone}: {phone.keys()}")


def test_each_notify_is_what_phones_can_read(server, peers):
    """RFC 4662 §5: the list first, with Content-IDs; and few keys at a time where the phone takes no more"""
    for phone in peers:
        full = [root.get("fullState") for _, root, _ in phone.lists()]
        check(full[0] == "true" and full.count("true") == 1, f"{phone}: {full}")
        for notify in phone.told():
            check(notify.get("require") == "eventlist" and "active;expires=" in notify.get("subscription-state"),
                  f"{notify!r}")
            check('type="application/rlmi+xml"' in notify.get("content-type"), notify.get("content-type"))
            start_id = re.search(r'start="<([^>]+)>"', notify.get("content-type")).group(1)
            check(list(parts_of(notify))[:2] == ["", start_id], f"{phone}: the list comes first: {notify!r}")
            check(len(notify.data) < 8192 + 4096, f"{phone}: {len(notify.data)} bytes")
        for _, root, parts in phone.lists():
            resources = root.findall(RLMI + "resource")
            most = phone.family.most or len(LINES)
            check(len(resources) <= most, f"{phone}: {len(resources)} keys at a time")
            used = {instance.get("cid") for instance in root.iter(RLMI + "instance")} - {None}
            check(used == set(list(parts)[2:]), f"{phone}: parts {list(parts)} for {used}")


def test_the_document_of_each_key_is_as_the_family_reads_it(server, peers):
    for phone in peers:
        for line, (_, _, body) in phone.keys().items():
            scheme = "pres" if phone.family.event == "presence" else "sip"
            check(f'entity="{scheme}:{line}@' in body, f"{phone}: {body}")
            if phone.family.event == "dialog":
                check(("<state>terminated</state>" in body) == phone.family.idle, f"{phone}, idle: {body}")


def test_calls_are_seen_in_the_old_dialogs_across_kill_of_the_server(server, peers):
    pbx = Pbx(server)
    for state in ("early", "confirmed"):
        pbx.call("line3", state)
        for phone in peers:
            phone.wait_state("line3", state)
    server.restart()
    pbx.call("line8", "early")
    for phone in peers:
        phone.wait_all(LINES)
        phone.wait_state("line8", "early")
        phone.wait_state("line3", "confirmed")
    server.restart()
    for line in ("line3", "line8"):
        pbx.call(line, "terminated")
    for phone in peers:
        if phone.family.event == "dialog":
            phone.wait_keys(lambda keys: not any("early" in key[2] or "confirmed" in key[2] for key in keys.values()),
                            "nobody calls")
    time.sleep(1)  # what would be wrong or too much comes now
    for phone in peers:
        check(len({notify.get("call-id") for notify in phone.told()}) == 1, f"{phone} is in one dialog")
        check_order(phone)


def test_keys_that_the_administrator_adds_and_takes_away_are_told_at_once(server, peers):
    for lines in ([*LINES[:4], LATER], LINES):
        with open(server.config, "w") as f:
            f.write(configuration(lines))
        server.process.send_signal(signal.SIGHUP)
        for phone in peers:
            phone.wait_all(lines)
    server.restart()
    for phone in peers:
        phone.wait_all(LINES)
        check_order(phone)


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS, SETTINGS, make, file=configuration(LINES)))
