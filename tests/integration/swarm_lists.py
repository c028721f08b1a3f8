"""A swarm that watches lists, waits for decisions, and is watched: what each NOTIFY shows is held against the rules as
they were put, and against what was published.

SPDX-License-Identifier: MIT
"""

import re
import time
import zlib

from lists import LIST_TYPE, list_document
from swarm import Device, Publication, Request, Subscription, Swarm
from swarm_wire import CSEQ, FROM_TAG, MARK, found

STATE = re.compile(rb"\r\nSubscription-State: ([^\r;]+)([^\r]*)")
REASON = re.compile(rb";reason=(\w+)")
BOUNDARY = re.compile(rb'\r\nContent-Type: multipart/related[^\r]*;boundary="?([^";\r]+)')
RLMI = re.compile(rb'<list [^>]*version="(\d+)"[^>]*fullState="(\w+)"')
RESOURCE = re.compile(rb'<resource uri="sip:([^@"]+)@[^>]*>(.*?)</resource>', re.DOTALL)
INSTANCE = re.compile(rb'<instance [^>]*?state="(\w+)"(?:[^>]*?reason="(\w+)")?(?:[^>]*?cid="([^"]+)")?')
CONTENT_ID = re.compile(rb"(?i)content-id: *<([^>]+)>")
WINFO = re.compile(rb'<watcherinfo [^>]*version="(\d+)" state="(\w+)"')
WATCHER = re.compile(rb'<watcher id="([^"]+)" status="(\w+)"[^>]*>\s*sip:([^@<]+)@')
GRACE_S = 10.0  # so long something may lie in buffers: for what says of itself when it was true there is no grace
SHOWN = {"allow": "active", "polite-block": "active", "confirm": "pending", "block": "terminated"}


class Rules:
    """What one user has decided, as it was put: for each change from when on it may hold, and since when it does."""

    def __init__(self):
        self.changes = [[0.0, 0.0, {}]]  # asked for at, acknowledged at (None: not yet), watcher → decision

    def now(self):
        return self.changes[-1][2]

    def decision(self, watcher):
        return self.now().get(watcher, "confirm")

    def begin(self, decisions):
        self.changes.append([time.monotonic(), None, decisions])

    def end(self):
        self.changes[-1][1] = time.monotonic()

    def may_be(self, watcher, wanted, since, until):
        """Was that decided at any moment between the two, or may it have been?"""
        end = until
        for asked, acknowledged, decisions in reversed(list(self.changes)):
            if asked <= until and end >= since and decisions.get(watcher, "confirm") in wanted:
                return True
            end = until if acknowledged is None else min(acknowledged, until)
        return False


class Watch(Subscription):
    """kind: carried, buddies (lists), direct or winfo. `entries` is what was told: user → (state, reason, mark)."""

    def __init__(self, device, kind, user, number, names=()):
        super().__init__(device, "presence.winfo" if kind == "winfo" else "presence", user, number)
        self.kind, self.names = kind, names
        self.entries, self.watchers = {}, {}
        self.is_over, self.is_refused, self.begun_at = False, False, time.monotonic()

    def complain(self, what, data=b""):
        self.device.swarm.complain(f"{self.call_id} ({self.kind}): {what} {data[:1500]}")

    # --- what a NOTIFY says

    def take(self, data):
        state, more = STATE.search(data).groups()
        head, _, body = data.partition(b"\r\n\r\n")
        if b"\r\nContent-Encoding: deflate" in head:
            body = zlib.decompress(body)
        if state == b"terminated":
            self.ended(found(REASON, more), data)
        elif self.kind == "direct":
            self.take_state(self.user, state.decode(), b"", body, data)
        elif self.kind == "winfo":
            self.take_watchers(body, data)
        elif body:
            self.take_list(head, body, data)

    def ended(self, reason, data):
        self.is_over = True
        if self.kind != "direct" or reason != b"rejected":
            self.complain("it has ended", data)
        self.judge(self.user, "terminated", data)
        if b"<presence" in data:
            self.complain("the end shows a state", data)

    def judge(self, user, state, data):
        """Is that what the rules may have said?"""
        wanted = [decision for decision, shown in SHOWN.items() if shown == state]
        now = time.monotonic()
        if not self.device.swarm.rules[user].may_be(self.device.user, wanted, now - GRACE_S, now):
            self.complain(f"{user} is {state}, but decided was {self.device.swarm.rules[user].changes[-3:]}", data)

    def take_state(self, user, state, reason, body, data):
        """A state that was published while all that was decided forbade to see it must not be seen, however late."""
        marks = [int(mark) for mark in MARK.findall(body)]
        swarm, now = self.device.swarm, time.monotonic()
        for mark in marks:
            owner, published_at = swarm.marks[mark]
            if owner != user:
                self.complain(f"{owner}'s state is told as {user}'s", data)
            if not swarm.rules[user].may_be(self.device.user, ("allow",), published_at, now):
                self.complain(f"sees mark {mark} of {user}, who forbids it: {swarm.rules[user].changes[-3:]}", data)
        if state != "active" and body:
            self.complain(f"{user} is {state}, and has a body", data)
        self.judge(user, state, data)
        self.entries[user] = (state, reason.decode(), max(marks, default=-1))

    def take_list(self, head, body, data):
        boundary = b"--" + BOUNDARY.search(head).group(1)
        parts = {}
        for piece in body.split(boundary)[1:-1]:
            name, _, text = piece.partition(b"\r\n\r\n")
            parts[found(CONTENT_ID, name)] = text
        root = next(iter(parts.values()))
        version, full = RLMI.search(root).groups()
        if full in (b"true", b"1"):
            self.entries = {}
            if int(version) <= self.version:
                self.complain(f"version {int(version)} after {self.version}", data)
        elif int(version) != self.version + 1:
            self.complain(f"what has changed has version {int(version)} after {self.version}", data)
        self.version = int(version)
        for user, inside in RESOURCE.findall(root):
            instance = INSTANCE.search(inside)
            if instance is None:
                self.entries[user.decode()] = (None, "", -1)
                continue
            state, reason, content_id = instance.groups()
            self.take_state(user.decode(), state.decode(), reason or b"", parts.get(content_id, b""), data)

    def take_watchers(self, body, data):
        version, state = WINFO.search(body).groups()
        if int(version) <= self.version:
            self.complain(f"version {int(version)} after {self.version}", data)
        self.version = int(version)
        if state == b"full":
            self.watchers = {}
        for number, status, user in WATCHER.findall(body):
            if status == b"terminated":
                self.watchers.pop(number, None)
            else:
                self.watchers[number] = (user.decode(), status.decode())

    # --- what it should know in the end

    def wanted(self, user):
        """(state, mark) by what was decided and published last"""
        decision = self.device.swarm.rules[user].decision(self.device.user)
        return SHOWN[decision], self.device.swarm.last_mark[user] if decision == "allow" else -1

    def is_current(self):
        if self.kind == "winfo":
            return True
        if self.is_over or self.is_refused:
            return self.device.swarm.rules[self.user].decision(self.device.user) == "block"
        names = [self.user] if self.kind == "direct" else self.names
        return set(self.entries) == set(names) and all(
            (self.entries[name][0], self.entries[name][2]) == self.wanted(name) for name in names)

    def __str__(self):
        names = [self.user] if self.kind == "direct" else self.names
        wrong = [(name, self.entries.get(name), self.wanted(name)) for name in names
                 if not self.entries.get(name) or (self.entries[name][0], self.entries[name][2]) != self.wanted(name)]
        more = sorted(set(self.entries) - set(names))
        return (f"{self.call_id} ({self.kind}, {self.device.transport}, over {self.is_over}, "
                f"refused {self.is_refused}, CSeq {self.notify_cseq}): wrong {wrong[:3]}, too much {more[:3]}")


class ListDevice(Device):
    def watch(self, kind, user, names=()):
        self.watch_number += 1
        watch = Watch(self, kind, user, self.watch_number, names)
        self.subscriptions[watch.call_id.encode()] = watch
        self.send_subscribe(watch)
        return watch

    def watch_again(self, watch):
        """After an end, or a refusal: a new dialog takes the place of the old one."""
        del self.subscriptions[watch.call_id.encode()]
        self.watch(watch.kind, watch.user, watch.names)

    def leave(self, watch):
        """It ends, as far as its watcher is concerned, when that is answered."""
        del self.subscriptions[watch.call_id.encode()]
        self.ended_calls.add(watch.call_id.encode())
        self.send_subscribe(watch, 0)

    ended_calls = frozenset()

    def send_subscribe(self, watch, expires=3600):
        is_carried = watch.kind == "carried"
        is_packed = watch.number % 2 and self.transport != "ws"  # our WebSocket sends text

        def headers(device):
            # Over UDP the devices of an account share a socket: they are told apart by their Contact.
            contact = device.contact(f"{device.user}-{watch.number}" if device.transport == "udp" else None)
            lines = [("Event", watch.package), ("Expires", str(expires)), ("Contact", contact), ("User-Agent", "Swarm")]
            if watch.kind in ("carried", "buddies"):
                lines.append(("Supported", "eventlist"))
            if is_carried:
                lines.append(("Require", "recipient-list-subscribe" if not watch.to_tag else "eventlist"))
            if is_carried and not watch.to_tag:
                lines += [("Content-Disposition", "recipient-list"), ("Content-Type", LIST_TYPE)]
            if is_carried and not watch.to_tag and is_packed:
                lines.append(("Content-Encoding", "deflate"))
            return lines
        body = list_document(watch.names).encode() if is_carried and not watch.to_tag else b""
        self.ask(Request("SUBSCRIBE", f"sip:{watch.user}@{self.domain}", watch.call_id, headers,
                         zlib.compress(body) if body and is_packed else body,
                         lambda _, data: self.subscribed(watch, data), watch.to_tag.decode(), watch.cseq))

    def judge(self, watch, data):
        if found(FROM_TAG, data) != watch.to_tag:
            self.swarm.complain(f"{watch.call_id}: NOTIFY with tag {found(FROM_TAG, data)}, in dialog {watch.to_tag}")
            return False
        cseq = int(found(CSEQ, data))
        if cseq == watch.notify_cseq:
            return True  # repeated
        if cseq < watch.notify_cseq:
            watch.complain(f"CSeq {cseq} after {watch.notify_cseq}")
        watch.notify_cseq = max(cseq, watch.notify_cseq)
        self.swarm.notified += 1
        watch.take(data)
        return True

    def received(self, wire, data):
        if not data.startswith(b"SIP/2.0 ") and re.search(rb"(?i)\r\nCall-ID: *([^\r]+)", data).group(1) in \
                self.ended_calls:
            self.answer(wire, data, b"200 OK")
        else:
            super().received(wire, data)

    def answered(self, data):
        """Who was blocked is refused."""
        status = int(data[8:11])
        call_id = re.search(rb"(?i)\r\nCall-ID: *([^\r]+)", data).group(1)
        watch, request = self.subscriptions.get(call_id), self.outstanding.get(call_id.decode())
        is_refused = (status in (403, 481) and request is not None and watch is not None and watch.kind == "direct" and
                      int(found(CSEQ, data)) == request.cseq[0])
        if not is_refused:
            super().answered(data)
            return
        del self.outstanding[call_id.decode()]
        now = time.monotonic()
        if not self.swarm.rules[watch.user].may_be(self.user, ("block",), watch.begun_at, now):
            watch.complain("is refused, but never was blocked", data)
        watch.is_refused, watch.is_over = status == 403, True


class ListSwarm(Swarm):
    def __init__(self, server, users):
        super().__init__(server)
        self.rules = {user: Rules() for user in users}
        self.marks = {}      # mark: whose, when published
        self.last_mark = {}  # of a user: acknowledged
        self.publications = {}

    def add(self, user, transport, wire=None):
        device = ListDevice(self, user, transport, wire)
        device.ended_calls = set()
        self.devices.append(device)
        if transport == "udp":
            self.by_user[user] = device
        return device

    def add_publication(self, device):
        self.publications[device.user] = Publication(device, "presence")

    def publish(self, user):
        publication = self.publications[user]
        if publication.is_busy:
            return
        mark = len(self.marks)
        self.marks[mark] = (user, time.monotonic())
        publication.publish(mark)

    def note_marks(self):
        for user, publication in self.publications.items():
            self.last_mark[user] = publication.mark

    def bring_back(self):
        """Who is blocked no more asks again."""
        for device in self.devices:
            for watch in [w for w in device.subscriptions.values() if w.is_over]:
                if self.rules[watch.user].decision(device.user) != "block" and watch.call_id not in device.outstanding:
                    device.watch_again(watch)

    def refresh_all(self):
        for device in self.devices:
            for watch in device.subscriptions.values():
                if watch.to_tag and not watch.is_over and watch.call_id not in device.outstanding:
                    device.refresh(watch)
