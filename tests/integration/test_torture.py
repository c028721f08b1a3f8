"""Bad input of every kind on every port: each torture message of RFC 4475 and RFC 5118 gets the answer that its table names,
whatever is not SIP is dropped or its connection closed, and two users who chat meanwhile notice nothing.

SPDX-License-Identifier: MIT
"""

import os
import random
import re
import socket
import ssl
import sys
import threading
import time

import cases
from cases import check
from server import ROOT, Server
from sip import WAIT, Client, Wire, token

TORTURE = os.path.join(ROOT, "tests", "unit", "torture")
DOMAIN = "example.com"  # that of the torture messages
SETTINGS = ["domain_aliases=example.org,example.net,host.example.net", "limits.message_bytes=20000",
            "limits.header_bytes=8000", "limits.body_bytes=4000",
            "connection.partial_s=2", "connection.handshake_s=2", "log.level=warning"]
# Over a stream these never end, or end elsewhere: what Content-Length says is all that there is.
UNENDED = {"clerr", "baddn"}


class Bystanders(threading.Thread):
    """alice and bob, who chat as long as the test runs."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.alice, self.bob = Client(server, "alice"), Client(server, "bob", transport="tcp")
        check(self.bob.register().status == 200, "bob cannot register")
        self.exchanged, self.failed, self.ended = 0, [], threading.Event()
        threading.Thread(target=self.answer, daemon=True).start()
        self.start()

    def answer(self):
        while not self.ended.is_set():
            request = self.bob.receive_request(wait=0.5)
            if request:
                self.bob.answer(request)

    def run(self):
        while not self.ended.wait(0.05):
            response = self.alice.message("bob", "still here?")
            if response is None or response.status != 200:
                self.failed.append(repr(response))
            self.exchanged += 1

    def check(self):
        """Nothing failed so far, and another message gets through from now on."""
        before, end = self.exchanged, time.monotonic() + WAIT
        while self.exchanged < before + 2 and time.monotonic() < end:
            time.sleep(0.02)
        check(self.exchanged >= before + 2, "the bystanders are stuck")
        check(not self.failed, f"the bystanders noticed: {self.failed[:3]}")


def rows():
    with open(os.path.join(TORTURE, "expected.txt")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, _, wanted = (part.strip() for part in line.split("|"))
                with open(os.path.join(TORTURE, name + ".sip"), "rb") as message:
                    yield name, message.read(), wanted


def with_our_via(data, wire):
    """The first Via names this socket, so that the answer comes back."""
    host, port = wire.address[:2]
    pattern = rb"(?i)(\n(?:v|via)[ \t]*:\s*SIP\s*/\s*[0-9.]+\s*/\s*[a-z]+\s+)(\[[^\]]*\]|[^;,\s:]+)(\s*:\s*\d+)?"
    return re.sub(pattern, rb"\g<1>%s:%d;rport" % (host.encode(), port), data, count=1)


def options(wire, **more):
    client = Client.__new__(Client)
    client.wire, client.user, client.tag, client.cseq, client.server = wire, "probe", token(), 0, bystanders.alice.server
    return client.request("OPTIONS", "sip:" + client.server.domain, **more)


def final(wire, wait=WAIT):
    """The next final response; None where the connection ends or nothing comes."""
    end = time.monotonic() + wait
    while time.monotonic() < end:
        try:
            message = wire.inbox.get(timeout=max(0.01, end - time.monotonic()))
        except Exception:
            return None
        if message is None or message.status >= 200:
            return message
    return None


def is_wanted(wanted, status):
    return wanted == "any" and status >= 200 or str(status) in wanted.split("/")


def answer(wire, data):
    """What comes back for `data`, None for nothing: the connection ended, or the next request is answered."""
    probe = "probe-" + token()
    try:
        wire.send(data)
        wire.send(options(wire, call_id=probe))
    except OSError:
        pass  # closed while it was still talking
    response = final(wire)
    if response is None:
        check(wire.closed, "nothing came, and the connection is open")
    return response if response and response.get("call-id") != probe else None


def is_served(server, transport="udp"):
    """A newcomer is served."""
    wire = Wire(server, transport)
    wire.send(options(wire))
    response = final(wire)
    wire.close()
    return response is not None and response.status == 200


def ends(sock, wait=WAIT):
    """The server closes the connection within `wait` seconds; what it said before that."""
    sock.settimeout(wait)
    said = b""
    try:
        while True:
            data = sock.recv(65536)
            if not data:
                return said
            said += data
    except (ConnectionError, ssl.SSLError):
        return said
    except TimeoutError:
        raise AssertionError(f"the connection is open after {wait} s; it said {said[:200]!r}") from None


def connect(server, transport="tcp"):
    """A socket without anything that reads it."""
    port = {"tcp": server.sip_port, "tls": server.tls_port, "web": server.web_port, "wss": server.web_tls_port}[transport]
    sock = socket.create_connection((server.host, port), timeout=WAIT)
    if transport in ("tls", "wss"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        sock = context.wrap_socket(sock)
    return sock


def test_torture_messages_over_udp_get_the_answer_of_the_table(server):
    wrong = []
    for name, data, wanted in rows():
        wire = Wire(server)
        wire.send(with_our_via(data, wire))
        probe = "probe-" + token()
        wire.send(options(wire, call_id=probe))
        seen = []
        while not seen or seen[-1] is not None and len(seen) < 2 - (wanted == "none"):
            seen.append(final(wire, 10))
        answers = [m.status for m in seen if m and m.get("call-id") != probe]
        if not any(m and m.get("call-id") == probe for m in seen):
            wrong.append(f"{name}: the OPTIONS after it is not answered")
        if answers != [] if wanted == "none" else not answers or not is_wanted(wanted, answers[0]):
            wrong.append(f"{name}: {answers or 'nothing'}, wanted {wanted}")
        wire.close()
    check(not wrong, "\n".join(wrong))


def test_torture_messages_over_tcp_get_the_answer_of_the_table_or_the_connection_ends(server):
    wrong = []
    for name, data, wanted in rows():
        wire = Wire(server, "tcp")
        wire.send(with_our_via(data, wire))
        if name not in UNENDED:
            wire.send(options(wire, call_id="probe-" + token()))
        response = final(wire, 10)
        if response is None and not wire.closed:
            wrong.append(f"{name}: nothing came, and the connection is open")
        elif response is not None and not response.get("call-id").startswith("probe-") and \
                not is_wanted(wanted, response.status):
            wrong.append(f"{name}: {response.status}, wanted {wanted}")
        elif response is not None and response.get("call-id").startswith("probe-") and wanted not in ("none", "any"):
            wrong.append(f"{name}: skipped, wanted {wanted}")
        wire.close()
    check(not wrong, "\n".join(wrong))


def test_random_bytes_hurt_nobody(server):
    source = random.Random(1)
    wire = Wire(server)
    for _ in range(300):
        wire.send(source.randbytes(source.randrange(1, 1500)))
    message = bystanders.alice.request("MESSAGE", "sip:bob@example.com", [("Content-Type", "text/plain")], "x" * 50)
    for _ in range(500):  # a message with some bytes turned
        broken = bytearray(message)
        for _ in range(source.randrange(1, 8)):
            broken[source.randrange(len(broken))] = source.randrange(256)
        wire.send(bytes(broken))
    for transport in ("tcp", "tls", "web", "wss"):
        for _ in range(5):
            sock = connect(server, transport)
            try:
                sock.sendall(source.randbytes(30000))
                sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it was quicker
            ends(sock)
            sock.close()
    for _ in range(10):
        wire = Wire(server, "ws")
        try:
            wire.send(source.randbytes(3000))
        except OSError:
            pass
        wire.close()
    for transport in ("udp", "tcp", "tls", "ws", "wss"):
        check(is_served(server, transport), f"{transport} is not served any more")


def test_content_length_that_lies(server):
    wire = Wire(server)
    wire.send(options(wire, headers=[("Content-Length", "5")], body="ab"))
    response = final(wire)
    check(response is not None and response.status == 400, f"more than there is: {response!r}")
    wire.send(options(wire, headers=[("Content-Length", "2")], body="abcdef"))  # RFC 3261 §18.3: the rest is dropped
    response = final(wire)
    check(response is not None and response.status == 200, f"less than there is: {response!r}")
    for value in ("-5", "5, 5", "99999999999999999999", "abc", "4294967298", "1e3", ""):
        wire = Wire(server, "tcp")
        wire.send(options(wire, headers=[("Content-Length", value)], body="ab"))
        response = final(wire)
        check(response is None or response.status == (413 if value == "4294967298" else 400), f"{value!r}: {response!r}")
        check(wire.closed or final(wire) is None and wire.closed, f"{value!r}: the stream goes on")
    for headers in ([("Content-Length", "2"), ("Content-Length", "7")], [("l", "2"), ("Content-Length", "3")]):
        wire = Wire(server, "tcp")
        wire.send(options(wire, headers=headers, body="ab"))
        response = final(wire, 10)
        check(response is None and wire.closed or response and response.status == 400, f"{headers}: {response!r}")
    wire = Wire(server, "tcp")  # a stream cannot be cut without it
    wire.send(options(wire).replace(b"Content-Length: 0\r\n", b""))
    response = final(wire, 10)
    check(response is None and wire.closed or response and response.status == 400, f"none: {response!r}")


def oversized(wire):
    """(what, bytes, statuses that may answer) of messages that are too much of something."""
    long = "x" * 9000
    return (("body", options(wire, body=b"b" * 5000), {413}),
            ("header", options(wire, headers=[("Subject", long)]), {513, 400}),
            ("URI", options(wire).replace(b"OPTIONS sip:example.com", b"OPTIONS sip:" + long.encode()), {414}),
            ("many headers", options(wire, headers=[("X", "y")] * 1000), {513, 400}),
            ("Via", options(wire, headers=[("Via", f"SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{long}")]), {513, 400}),
            ("whole", options(wire, body=b"b" * 30000), {413, 513}))


def test_what_is_too_large_is_refused_or_its_connection_closed(server):
    for transport in ("udp", "tcp", "ws"):
        for what, data, statuses in oversized(Wire(server, transport)):
            wire = Wire(server, transport)
            try:
                response = answer(wire, data)
            except AssertionError as error:
                raise AssertionError(f"{transport}, {what}: {error}") from None
            # Nobody can be told where the Via is beyond the limit; streams may just end, and datagrams be dropped.
            silent = what in ("Via", "whole") or wire.closed
            check(response.status in statuses if response else silent, f"{transport}, {what}: {response!r}")
            check(is_served(server, transport), f"{transport}: not served after {what}")


def test_ten_thousand_headers(server):
    for transport in ("udp", "tcp", "tls", "ws"):
        wire = Wire(server, transport)
        response = answer(wire, options(wire, headers=[("X", "y")] * 10000))
        check(response is None or response.status in (513, 400), f"{transport}: {response!r}")
        check(is_served(server, transport), f"{transport} is not served any more")


def test_nul_bytes(server):
    for transport in ("udp", "tcp"):
        for data in (b"\0" * 200, b"OPTIONS \0sip:example.com SIP/2.0\r\n\r\n"):
            wire = Wire(server, transport)
            wire.send(data)
            wire.close()
        wire = Wire(server, transport)
        good = options(wire)
        response = answer(wire, good.replace(b"sip:probe@", b"sip:pr\0be@"))
        check(response is None or response.status == 400, f"{transport}: NUL in From: {response!r}")
        wire = Wire(server, transport)
        wire.send(options(wire, body=b"a\0b\0c", headers=[("Content-Type", "application/octet-stream")]))
        response = final(wire)
        check(response is not None and response.status == 200, f"{transport}: NUL in the body: {response!r}")


def drip(sock, data, seconds):
    """A byte at a time, and never an end; true where the server closes it in time."""
    end = time.monotonic() + seconds
    sock.settimeout(0.1)
    for byte in data:
        try:
            sock.send(bytes([byte]))
            if sock.recv(4096) == b"":
                return True
        except TimeoutError:
            pass
        except OSError:
            return True
        if time.monotonic() > end:
            return False
    return False


def test_slow_loris_is_closed_on_every_port(server):
    """partial_s and handshake_s are 2 s here."""
    request = b"OPTIONS sip:example.com SIP/2.0\r\n" + b"X: y\r\n" * 200
    upgrade = b"GET /ws HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200
    results = {}

    def one(name, transport, data, before=b""):
        sock = connect(server, transport)
        if before:
            sock.sendall(before)
        results[name] = drip(sock, data, 10)
        sock.close()
    plain = options(Wire(server, "tcp"))
    threads = [threading.Thread(target=one, args=args, daemon=True) for args in (
        ("tcp", "tcp", request), ("tls", "tls", request), ("web", "web", upgrade), ("wss", "wss", upgrade),
        ("tcp after a message", "tcp", request, plain),
        ("body", "tcp", b"x" * 200, plain.replace(b"Content-Length: 0", b"Content-Length: 3000")),
        ("TLS handshake", "tls-raw", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + b"\0" * 200))
        if args[1] != "tls-raw"]
    for thread in threads:
        thread.start()
    raw = socket.create_connection((server.host, server.tls_port))
    results["TLS handshake"] = drip(raw, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + b"\0" * 200, 10)
    silent = [connect(server, "tcp"), connect(server, "web"), socket.create_connection((server.host, server.tls_port))]
    for thread in threads:
        thread.join(15)
    wire = Wire(server, "ws")  # a frame that never ends
    wire.socket.sendall(b"\x81\xfe\x03\xe8abcd")
    results["WebSocket frame"] = drip(wire.socket, b"x" * 200, 10)
    check(all(results.values()), f"still open: {[name for name, closed in results.items() if not closed]}")
    for sock in silent:  # connected, and never a word
        ends(sock, 10)


def test_garbage_on_the_web_port(server):
    for data in (b"GET\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"GET /../../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
                 b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", b"POST /ws HTTP/1.1\r\n" * 100,
                 b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
                 b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n"
                 b"Sec-WebSocket-Version: 99\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
                 b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
                 options(Wire(server)), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + b"\0" * 100):
        sock = connect(server, "web")
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        said = ends(sock)
        check(b"root:" not in said and b" 101 " not in said, f"{data[:60]!r}: {said[:200]!r}")
        sock.close()
    for frame in (b"\xff\xff" + b"\xff" * 20,            # reserved bits and opcode
                  b"\x81\xff" + b"\x7f" * 12,            # a length beyond all bounds
                  b"\x89\xfe\x01\x00" + b"\0" * 260,     # a ping that is too long
                  b"\x00\x81\0\0\0\0a"):                 # a continuation of nothing
        wire = Wire(server, "ws")
        try:
            wire.socket.sendall(frame)
        except OSError:
            pass
        check(final(wire, 10) is None and wire.closed, f"the frame {frame[:8]!r} did not end the connection")
    check(is_served(server, "ws") and is_served(server, "wss"), "WebSockets are not served any more")


def test_garbage_on_the_tls_port(server):
    for data in (b"GET / HTTP/1.1\r\n\r\n", options(Wire(server)), b"\x16\x03\x01\xff\xff" + b"\xff" * 500,
                 b"\x15\x03\x03\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02"):
        sock = socket.create_connection((server.host, server.tls_port), timeout=WAIT)
        sock.sendall(data)
        ends(sock)
        sock.close()
    check(is_served(server, "tls"), "TLS is not served any more")


def counter(server, name):
    return int(re.search(rf"(?m)^{name} (\d+)$", server.run("status").stdout).group(1))


def test_responses_that_nobody_waits_for_are_dropped_and_counted(server):
    """RFC 3261 §17.1.3, §18.1.2: unknown branches, more than one Via, not our Via, and what is no response at all."""
    stray, malformed = counter(server, "stray_responses"), counter(server, "malformed_responses")
    wire = Wire(server)
    rest = "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: x\r\nCSeq: 1 MESSAGE\r\n\r\n"
    ours = f"Via: SIP/2.0/UDP 127.0.0.1:{server.sip_port};branch=z9hG4bKunknown\r\n"
    for text in (ours + rest, ours + "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" + rest,
                 "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n" + rest):
        wire.send("SIP/2.0 200 OK\r\n" + text)
    for text in ("SIP/2.0 OK\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n"):
        wire.send(text)
    check(answer(wire, b"SIP/2.0 9999 x\r\n\r\n") is None, "a response was answered")
    check(counter(server, "stray_responses") == stray + 3, "stray responses are not counted")
    check(counter(server, "malformed_responses") == malformed + 3, "malformed responses are not counted")


def test_a_request_that_comes_back_is_482(server):
    """RFC 3261 §16.3 step 4: carol's phone sends what it got back to the server, with all its Vias."""
    alice, carol = Client(server, "alice"), Client(server, "carol")
    check(carol.register().status == 200, "carol")
    thread = threading.Thread(target=alice.message, args=("carol", "round and round"))
    thread.start()
    request = carol.receive_request()
    host, port = carol.wire.address
    _, rest = request.data.split(b"\r\n", 1)
    via = f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{token()}\r\n".encode()
    carol.wire.send(b"MESSAGE sip:carol@example.com SIP/2.0\r\n" + via + rest)
    response = carol.receive(lambda m: m.status >= 200)
    check(response is not None and response.status == 482, repr(response))
    carol.answer(request)
    thread.join()


def main():
    global bystanders
    with Server(domain=DOMAIN, settings=SETTINGS) as server:
        bystanders = Bystanders(server)

        class Watched:
            """Each test, and after it the question whether anybody noticed."""
        for name, function in list(globals().items()):
            if name.startswith("test_"):
                setattr(Watched, name, staticmethod(lambda function=function: (function(server), bystanders.check())))
        failed = cases.main(Watched)
        bystanders.ended.set()
        bystanders.join(WAIT)
    return failed


if __name__ == "__main__":
    sys.exit(main())
