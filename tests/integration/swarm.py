"""Thousands of watchers in one thread: devices that register, hold many subscriptions each, and judge what they hear.

A device repeats what is not answered, whatever happens to the server, and comes back when its connection is cut. What
is wrong (a NOTIFY in no dialog of ours, a CSeq or version that does not grow, a refusal) is noted in `complaints`.
SPDX-License-Identifier: MIT
"""

import re
import selectors
import time

from sip import credentials, token
from swarm_wire import (CALL_ID, CHALLENGE, CSEQ, DIALOG_LINES, ETAG, FROM_TAG, MARK, RETRY_AFTER, TO_TAG, VERSION,
                        SwarmWire, found)

WINDOW = 24  # requests of a device that are not answered yet
REPEAT_S = 1.0


class Request:
    """One that is to be answered 2xx, however often it has to be sent."""

    def __init__(self, method, uri, call_id, headers, body=b"", on_done=None, to_tag="", cseq=None):
        self.method, self.uri, self.call_id, self.headers, self.body = method, uri, call_id, headers, body
        self.on_done, self.to_tag = on_done, to_tag
        self.cseq = cseq or [0]  # shared by the requests of a dialog
        self.data, self.sent_at, self.interval, self.not_before = None, 0.0, REPEAT_S, 0.0
        self.times_sent, self.on_failed_condition = 0, None


class Subscription:
    """A dialog as its watcher sees it."""

    def __init__(self, device, package, user, number):
        self.device, self.package, self.user, self.number = device, package, user, number
        self.call_id = f"{device.user}-{number}-{token(6)}"
        self.tag, self.to_tag, self.cseq = b"", b"", [0]
        self.notify_cseq, self.version, self.mark = 0, -1, -1
        self.early = []  # NOTIFYs that overtook the 200


class Device:
    """An account's device: over UDP one of many on a socket, over TCP and WebSocket with a connection of its own."""

    def __init__(self, swarm, user, transport, wire=None):
        self.swarm, self.user, self.transport, self.wire = swarm, user, transport, wire
        self.domain, self.password = swarm.server.domain, swarm.server.passwords[user]
        self.instance = f"00000000-0000-4000-8000-{abs(hash(user)) % 10**12:012d}"
        self.tag = token()
        self.challenge, self.uses = None, 0
        self.waiting, self.outstanding = [], {}
        self.subscriptions = {}
        self.watch_number = 0
        self.back = "register"  # how it comes back: by REGISTER, or by a SUBSCRIBE in each dialog
        self.register_cseq = [0]
        self.next_connect = 0.0

    # --- sending

    def address(self):
        return "%s:%d" % self.wire.address[:2]

    def contact(self, user=None):
        if self.transport == "ws":
            return f"<sip:{user or self.user}@{self.tag}.invalid;transport=ws>"
        suffix = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"<sip:{user or self.user}@{self.address()}{suffix}>"

    def build(self, request):
        request.cseq[0] += 1
        to = request.uri if request.method != "REGISTER" else f"sip:{self.user}@{self.domain}"
        lines = [f"{request.method} {request.uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport.upper()} {self.address()};rport;branch=z9hG4bK{token(12)}",
                 "Max-Forwards: 70", f"From: <sip:{self.user}@{self.domain}>;tag={self.tag}",
                 f"To: <{to}>" + (f";tag={request.to_tag}" if request.to_tag else ""),
                 f"Call-ID: {request.call_id}", f"CSeq: {request.cseq[0]} {request.method}"]
        headers = request.headers(self)
        lines += [f"{name}: {value}" for name, value in headers]
        if self.challenge:
            self.uses += 1
            lines.append("Authorization: " + credentials(self.challenge, self.user, self.password, request.method,
                                                         request.uri, self.uses))
        lines.append(f"Content-Length: {len(request.body)}\r\n\r\n")
        return "\r\n".join(lines).encode() + request.body

    def ask(self, request, first=False):
        self.waiting.insert(0 if first else len(self.waiting), request)

    def put(self, request, now):
        if self.wire is None or self.wire.closed:
            return
        if request.data is None:
            request.data, request.interval = self.build(request), REPEAT_S
        request.sent_at = now
        request.times_sent += 1
        self.wire.send(request.data)

    def work(self, now):
        """Sends what may be sent, and again what was not answered (RFC 3261 §17.1.2.2, over UDP)."""
        window = WINDOW if self.challenge else 1
        while self.waiting and len(self.outstanding) < window:
            request = self.waiting.pop(0)
            self.outstanding[request.call_id] = request
            self.put(request, now)
        for request in list(self.outstanding.values()):
            if request.data is None and now >= request.not_before:
                self.put(request, now)
            elif request.data is not None and self.transport == "udp" and now - request.sent_at > request.interval:
                request.interval = min(request.interval * 2, 4.0)
                self.put(request, now)

    def is_idle(self):
        return not self.waiting and not self.outstanding

    # --- coming and going

    def register(self, first=False):
        def headers(device):
            instance = f';+sip.instance="<urn:uuid:{device.instance}>"'
            return [("Contact", device.contact() + instance), ("Expires", "3600")]
        self.ask(Request("REGISTER", f"sip:{self.domain}", f"register-{self.tag}", headers, cseq=self.register_cseq),
                 first)

    def comes_back(self, now):
        """Over a new connection; what was not answered over the old one is asked again (a new transaction)."""
        for request in self.outstanding.values():
            request.data = None
        if self.back == "register":
            self.outstanding.pop(f"register-{self.tag}", None)
            self.register(first=True)
            request = self.waiting.pop(0)
            self.outstanding = {request.call_id: request, **self.outstanding}
        else:
            for subscription in self.subscriptions.values():
                if subscription.to_tag and subscription.call_id not in self.outstanding:
                    self.refresh(subscription)

    # --- subscribing

    def subscribe(self, package, user):
        self.watch_number += 1
        subscription = Subscription(self, package, user, self.watch_number)
        self.subscriptions[subscription.call_id.encode()] = subscription
        self.send_subscribe(subscription)

    def refresh(self, subscription):
        self.send_subscribe(subscription)

    def send_subscribe(self, subscription):
        def headers(device):
            # Over UDP the devices of an account share a socket: they are told apart by their Contact.
            contact = device.contact(f"{device.user}-{subscription.number}" if device.transport == "udp" else None)
            return [("Event", subscription.package), ("Expires", "3600"), ("Contact", contact),
                    ("User-Agent", "Swarm")]
        self.ask(Request("SUBSCRIBE", f"sip:{subscription.user}@{self.domain}", subscription.call_id, headers,
                         on_done=lambda _, data: self.subscribed(subscription, data),
                         to_tag=subscription.to_tag.decode(), cseq=subscription.cseq))

    def subscribed(self, subscription, data):
        tag = found(TO_TAG, data)
        if subscription.to_tag and tag != subscription.to_tag:
            self.swarm.complain(f"{subscription.call_id}: 200 with tag {tag} in dialog {subscription.to_tag}")
            return
        subscription.to_tag = tag
        early, subscription.early = subscription.early, []
        for notify in early:
            self.judge(subscription, notify)

    # --- receiving

    def received(self, wire, data):
        if data.startswith(b"SIP/2.0 "):
            self.answered(data)
            return
        subscription = self.subscriptions.get(found(CALL_ID, data))
        if subscription is None or not data.startswith(b"NOTIFY "):
            self.answer(wire, data, b"481 Subscription Does Not Exist")
            self.swarm.complain(f"{self.user}: {data.splitlines()[0]} in no dialog")
        elif not subscription.to_tag:
            subscription.early.append(data)
            self.answer(wire, data, b"200 OK")
        elif self.judge(subscription, data):
            self.answer(wire, data, b"200 OK")
        else:
            self.answer(wire, data, b"481 Subscription Does Not Exist")

    def answer(self, wire, data, status):
        wire.send(b"SIP/2.0 " + status + b"\r\n" + b"".join(DIALOG_LINES.findall(data[:data.find(b"\r\n\r\n") + 2])) +
                  b"Content-Length: 0\r\n\r\n")

    def judge(self, subscription, data):
        """True: it is of this dialog. Its order and what it says are noted."""
        if found(FROM_TAG, data) != subscription.to_tag:
            self.swarm.complain(f"{subscription.call_id}: NOTIFY with tag {found(FROM_TAG, data)}, "
                                f"in dialog {subscription.to_tag}")
            return False
        cseq = int(found(CSEQ, data))
        if cseq == subscription.notify_cseq:
            return True  # repeated
        version = found(VERSION, data[data.find(b"<dialog-info"):]) if subscription.package == "dialog" else b""
        if cseq < subscription.notify_cseq or (version and int(version) <= subscription.version):
            self.swarm.complain(f"{subscription.call_id}: CSeq {cseq} after {subscription.notify_cseq}, "
                                f"version {version} after {subscription.version}")
        if b"\r\nSubscription-State: active;expires=" not in data:
            self.swarm.complain(f"{subscription.call_id}: {data[:600]}")
        subscription.notify_cseq = max(cseq, subscription.notify_cseq)
        subscription.version = int(version or subscription.version)
        subscription.mark = max([int(mark) for mark in MARK.findall(data)], default=-1)
        self.swarm.notified += 1
        return True

    def answered(self, data):
        status = int(data[8:11])
        request = self.outstanding.get(found(CALL_ID, data).decode())
        if status < 200 or request is None or int(found(CSEQ, data)) != request.cseq[0]:
            return
        request.data, request.not_before = None, 0.0
        if status == 401:
            challenge = found(CHALLENGE, data).decode()
            if challenge != self.challenge:
                self.challenge, self.uses = challenge, 0
        elif status in (500, 503) and found(RETRY_AFTER, data):  # refused in plain words: nothing was promised
            request.not_before = time.monotonic() + 0.5
            self.swarm.refused += 1
        elif 200 <= status < 300:
            del self.outstanding[request.call_id]
            if request.on_done:
                request.on_done(request, data)
        elif status == 412 and request.on_failed_condition and request.times_sent > 1:
            # Committed, and then the server was killed: the answer with the new entity-tag is lost.
            del self.outstanding[request.call_id]
            request.on_failed_condition()
        else:
            del self.outstanding[request.call_id]
            self.swarm.complain(f"{request.method} {request.call_id}: {data[:400]}")


class Publication:
    """One document of one user: modified again and again; `mark` is what was acknowledged last."""

    def __init__(self, device, package, number=0):
        self.device, self.package = device, package
        self.call_id = f"publish-{device.user}-{package}-{number}"
        self.cseq, self.etag, self.mark, self.is_busy = [0], "", -1, False

    def body(self, mark):
        aor = f"sip:{self.device.user}@{self.device.domain}"
        if self.package == "dialog":
            return (f'<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" '
                    f'state="full" entity="{aor}"><dialog id="mark-{mark}-"><state>confirmed</state></dialog>'
                    f"</dialog-info>").encode()
        return (f'<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{aor}"><tuple id="t">'
                f"<status><basic>open</basic></status><note>mark-{mark}-</note></tuple></presence>").encode()

    def publish(self, mark=None):
        """A new state, or None: a refresh of what was acknowledged."""
        content_type = "application/dialog-info+xml" if self.package == "dialog" else "application/pidf+xml"

        def headers(device):
            lines = [("Event", self.package), ("Expires", "3600")]
            if mark is not None:
                lines.append(("Content-Type", content_type))
            if self.etag:
                lines.append(("SIP-If-Match", self.etag))
            return lines
        self.is_busy = True
        request = Request("PUBLISH", f"sip:{self.device.user}@{self.device.domain}", self.call_id, headers,
                          b"" if mark is None else self.body(mark), lambda _, data: self.published(mark, data),
                          cseq=self.cseq)
        if mark is not None:
            request.on_failed_condition = lambda: self.publish_anew(mark)
        self.device.ask(request)

    def publish_anew(self, mark):
        self.etag = ""
        self.publish(mark)

    def published(self, mark, data):
        self.etag, self.is_busy = found(ETAG, data).decode(), False
        if mark is not None:
            self.mark = mark


class Swarm:
    def __init__(self, server):
        self.server = server
        self.selector = selectors.DefaultSelector()
        self.devices, self.wires = [], []
        self.by_user = {}
        self.complaints, self.notified, self.refused, self.is_away = [], 0, 0, False

    def complain(self, what):
        self.complaints.append(what)

    # --- making

    def open_udp(self):
        wire = SwarmWire(self.server, "udp", self.dispatch)
        self.selector.register(wire.socket, selectors.EVENT_READ, wire)
        self.wires.append(wire)
        return wire

    def dispatch(self, wire, data):
        """Whose device on this socket: our own From in responses; in requests the Request-URI begins with it."""
        if data.startswith(b"SIP/2.0 "):
            user = re.search(rb"(?i)\r\nFrom: <sip:([^@]+)@", data).group(1)
        else:
            user = re.match(rb"\w+ sip:([^@-]+)", data).group(1)
        device = self.by_user.get(user.decode())
        if device:
            device.received(wire, data)
        else:
            self.complain(f"for nobody: {data[:200]}")

    def add(self, user, transport, wire=None):
        device = Device(self, user, transport, wire)
        self.devices.append(device)
        if transport == "udp":
            self.by_user[user] = device
        return device

    # --- living

    def connect(self, device, now):
        if device.wire is not None:
            self.selector.unregister(device.wire.socket)
            device.wire.close()
            device.wire = None
        if self.is_away or now < device.next_connect:
            return
        try:
            device.wire = SwarmWire(self.server, device.transport, device.received)
        except OSError:
            device.next_connect = now + 0.3
            return
        self.selector.register(device.wire.socket, selectors.EVENT_READ, device)
        device.comes_back(now)

    def turn(self):
        for key, _ in self.selector.select(0.02):
            if isinstance(key.data, SwarmWire):
                key.data.readable()
            elif key.data.wire is not None:
                key.data.wire.readable()
        now = time.monotonic()
        for device in self.devices:
            if device.transport != "udp" and (device.wire is None or device.wire.closed):
                self.connect(device, now)
            if device.waiting or device.outstanding:
                device.work(now)

    def until(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s: {what}; {self.state()}")
            self.turn()

    def state(self):
        subscriptions = list(self.subscriptions())
        subscribed = sum(1 for subscription in subscriptions if subscription.to_tag)
        return (f"{subscribed} of {len(subscriptions)} subscribed, {self.notified} NOTIFYs, "
                f"{self.refused} refusals, {sum(len(d.outstanding) for d in self.devices)} requests outstanding, "
                f"complaints: {self.complaints[:5]}")

    def subscriptions(self):
        for device in self.devices:
            yield from device.subscriptions.values()

    def is_idle(self):
        return all(device.is_idle() for device in self.devices)

    def close(self):
        for device in self.devices:
            if device.transport != "udp" and device.wire is not None:
                device.wire.close()
        for wire in self.wires:
            wire.close()
        self.selector.close()
