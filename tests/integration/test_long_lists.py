"""A list of 500 entries over UDP, TCP and WebSocket: all of it is told, in NOTIFYs that fit; what changes is told and
nothing else; refreshes, kill -9 and the end. The list is carried, a user's buddies, or a service of his.

SPDX-License-Identifier: MIT
"""

import sys
import time

import cases
from cases import check
from lists import ListWatcher, list_document
from server import Server
from sip import Client
from web import Web

COUNT = 500
USERS = [f"user{i:03}" for i in range(COUNT)]
WAIT = 60
UDP_BYTES, BYTES = 8192, 65536  # lists.udp_notify_bytes, lists.notify_bytes
ENTRY_BYTES = 2048              # more than the state of one of these entries takes
MANY = 60                       # entries that change together
PIDF = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{}"><tuple id="t"><status><basic>open</basic></status>'
        "<note>{}</note></tuple></presence>")
SERVICES = ('<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" '
            'xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
            '<service uri="sip:everybody@example.test"><list>{}</list><packages><package>presence</package></packages>'
            "</service></rls-services>")


class LongWatcher(ListWatcher):
    """Counts what is told once only, and can come back over another connection."""

    def __init__(self, *words, **more):
        self.cseq = 0
        super().__init__(*words, **more)

    def add(self, notify):
        cseq = int(notify.get("cseq").split()[0])
        if cseq == self.cseq:
            return  # repeated
        check(cseq > self.cseq, f"CSeq {cseq} after {self.cseq}")
        self.cseq = cseq
        super().add(notify)
        check(len(self.versions) < 2 or self.versions[-1] > self.versions[-2], f"versions {self.versions[-2:]}")

    def forget(self):
        self.entries, self.sizes = {}, []

    def come_back(self):
        """A new connection, and a SUBSCRIBE in the old dialog."""
        if self.client.wire.transport != "udp":
            self.client.close()
            self.client.connect()
            self.headers = [(k, f"<{self.client.contact}>" if k == "Contact" else v) for k, v in self.headers]
        answer = self.again()
        check(answer is not None and answer.status == 200, f"{answer!r}")

    def all_told(self, what):
        begin = time.monotonic()
        self.until_all(COUNT, WAIT)
        most = UDP_BYTES if self.client.wire.transport == "udp" else BYTES
        check(max(self.sizes) < most + ENTRY_BYTES, f"{what}: a NOTIFY of {max(self.sizes)} bytes")
        check(sum(self.sizes) < 2 * COUNT * ENTRY_BYTES, f"{what}: {sum(self.sizes)} bytes")
        print(f"    {what}: {len(self.sizes)} NOTIFYs, {sum(self.sizes) >> 10} KB, {time.monotonic() - begin:.2f} s")


class Pbx:
    """Tells the states of all."""

    def __init__(self, server):
        self.client, self.etags = Client(server, "pbx", transport="tcp"), {}

    def publish(self, user, note):
        aor = self.client.aor(user)
        headers = [("Event", "presence"), ("Expires", "3600"), ("Content-Type", "application/pidf+xml")]
        if user in self.etags:
            headers.append(("SIP-If-Match", self.etags[user]))
        answer = self.client.ask("PUBLISH", aor, headers, PIDF.format(aor, note))
        check(answer is not None and answer.status == 200, f"{answer!r}")
        self.etags[user] = answer.get("sip-etag")

    def come_back(self):
        self.client.close()
        self.client.connect()


def put(server, application, kind, document):
    answer = Web(server, "alice").ask("PUT", f"/xcap/{application}/users/sip:alice@example.test/index", document,
                                      {"Content-Type": f"application/{kind}+xml"})
    check(answer.status in (200, 201), f"{answer!r}")


def by_buddies(server):
    put(server, "resource-lists", "resource-lists", list_document(USERS))
    return {"to": "rls"}


def by_service(server):
    put(server, "rls-services", "rls-services", SERVICES.format(
        "".join(f'<rl:entry uri="sip:{user}@example.test"/>' for user in USERS)))
    return {"to": "everybody"}


def by_body(server):
    return {"names": USERS}


def changes(pbx, watcher, users, note):
    """What has changed is told, once for each entry, and nothing else."""
    watcher.forget()
    begin = time.monotonic()
    for user in users:
        pbx.publish(user, f"{note} {user}")
    watcher.until(lambda e: all(f"{note} {user}" in watcher.body(user) for user in users), f"{note} is not told", WAIT)
    others = {uri for uri in watcher.entries if uri.split(":")[1].split("@")[0] not in users}
    check(not others, f"{note}: entries that have not changed were told, too: {sorted(others)[:5]}")
    check(len(watcher.sizes) <= len(users), f"{note}: {len(watcher.sizes)} NOTIFYs for {len(users)} changes")
    print(f"    {len(users)} changes: {len(watcher.sizes)} NOTIFYs, {time.monotonic() - begin:.2f} s")


def live(server, transport, make_list):
    pbx = Pbx(server)
    begin = time.monotonic()
    watcher = LongWatcher(Client(server, "alice", transport=transport), **make_list(server))
    check(watcher.answer is not None and watcher.answer.status == 200, f"{watcher.answer!r}")
    watcher.all_told(f"{transport} full state, {time.monotonic() - begin:.2f} s")
    changes(pbx, watcher, USERS[7:8], f"{transport} one")
    changes(pbx, watcher, USERS[::COUNT // MANY], f"{transport} many")
    watcher.forget()
    answer = watcher.again()
    check(answer is not None and answer.status == 200, f"{answer!r}")
    watcher.all_told("after a refresh")
    before = watcher.versions[-1]
    server.restart()
    pbx.come_back()
    watcher.forget()
    watcher.come_back()
    watcher.all_told("after kill -9")
    check(watcher.versions[-1] > before, "versions fell back")
    check(all(f"{transport} many {user}" in watcher.body(user) for user in USERS[::COUNT // MANY]), "states were lost")
    watcher.take(1)  # what over UDP was told before the refresh, and is repeated
    changes(pbx, watcher, USERS[::COUNT // MANY], f"{transport} anew")
    watcher.forget()
    answer = watcher.again(expires=0)
    check(answer is not None and answer.status == 200, f"{answer!r}")
    while watcher.take() and not watcher.state.startswith("terminated"):
        pass
    check(watcher.state.startswith("terminated"), f"a last NOTIFY: {watcher.state}")
    watcher.client.close()
    pbx.client.close()


def test_500_buddies_over_udp(server):
    live(server, "udp", by_buddies)


def test_a_list_of_500_that_was_carried_over_tcp(server):
    live(server, "tcp", by_body)


def test_a_service_of_500_over_websocket(server):
    live(server, "ws", by_service)


def test_500_are_fetched_over_each_transport(server):
    """RFC 6665 §4.4.3: one NOTIFY has all that fits"""
    put(server, "resource-lists", "resource-lists", list_document(USERS))
    for transport in ("tcp", "ws", "udp"):
        watcher = LongWatcher(Client(server, "alice", transport=transport), to="rls", expires=0)
        check(watcher.answer is not None and watcher.answer.status == 200, f"{watcher.answer!r}")
        check(watcher.take() is not None, f"{transport}: no NOTIFY")
        check(watcher.state.startswith("terminated"), watcher.state)
        told = sum(1 for entry in watcher.entries.values() if entry[1])
        check(told == COUNT or transport == "udp" and told > 20, f"{transport}: {told} are told")
        print(f"    {transport}: {told} of {len(watcher.entries)} told in {watcher.sizes[0] >> 10} KB")
        watcher.client.close()


if __name__ == "__main__":
    passwords = {name: "secret" for name in ["alice", "pbx", *USERS]}
    with Server(passwords, settings=["trusted.accounts=pbx", "log.level=warning"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
