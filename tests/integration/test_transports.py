"""Every way that bytes come and go: UDP, TCP, TLS, WS and WSS on IPv4 and IPv6, framing, keep-alives, connections that end,
are idle, do not read, or are too many, and requests too large for a datagram.

SPDX-License-Identifier: MIT
"""

import queue
import socket
import struct
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import WAIT, Client, Message, Wire, token

TRANSPORTS = ("udp", "tcp", "tls", "ws", "wss")
USERS = [f"{transport}{family}" for transport in TRANSPORTS for family in (4, 6)]
PASSWORDS = {"alice": "a-secret", "bob": "b-secret", "carol": "c-secret", **{user: "secret" for user in USERS}}
SETTINGS = ["connection.ping_s=5", "connection.idle_s=10", "limits.send_queue_bytes=65536",
            "limits.connections_per_ip=60", "message.answer_wait_s=4"]


def answering(client, got=None):
    """Answers every MESSAGE from now on, and puts it into `got`."""
    def work():
        while not client.wire.closing:
            request = client.receive_request(wait=0.5)
            if request:
                client.answer(request)
                if got is not None:
                    got.append(request)
    threading.Thread(target=work, daemon=True).start()
    return client


def options(client, **more):
    return client.request("OPTIONS", f"sip:{client.server.domain}", **more)


def test_everyone_registers_and_reaches_everyone(server):
    clients = {}
    for user in USERS:
        family = socket.AF_INET6 if user.endswith("6") else socket.AF_INET
        clients[user] = Client(server, user, transport=user[:-1], family=family)
        response = clients[user].register()
        check(response is not None and response.status == 200, f"{user}: {response!r}")
    wrong, got = [], {user: [] for user in USERS}

    def send(user):  # while the others' clients answer in threads of their own
        sender = Client(server, user, transport=user[:-1], family=clients[user].wire_options["family"])
        for other in USERS:
            response = sender.message(other, f"from {user}")
            if response is None or response.status != 200:
                wrong.append(f"{user} to {other}: {response!r}")
        sender.close()
    for user in USERS:
        answering(clients[user], got[user])
    threads = [threading.Thread(target=send, args=(user,)) for user in USERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for client in clients.values():
        client.close()
    check(not wrong, "\n".join(wrong[:5]))
    for user in USERS:
        texts = sorted({request.text for request in got[user]})
        check(texts == sorted(f"from {u}" for u in USERS), f"{user} got {texts}")


def test_received_and_rport_lead_back_through_nat(server):
    """RFC 3581 §4; RFC 3261 §18.2.1, §18.2.2."""
    client = Client(server, "alice")
    response = client.exchange(options(client, headers=[("Via", "SIP/2.0/UDP 10.1.2.3:99;rport;branch=z9hG4bK" + token())]))
    check(response is not None, "no answer to the source")
    via, port = response.get("via"), client.wire.address[1]
    check("received=127.0.0.1" in via and f"rport={port}" in via, via)
    other = Client(server, "alice")
    client.wire.send(options(client, headers=[("Via", f"SIP/2.0/UDP 127.0.0.1:{other.wire.address[1]};branch=z9hG4bK" +
                                               token())]))
    check(other.receive() is not None, "without rport the answer goes to the port in Via")
    client = Client(server, "alice", family=socket.AF_INET6)
    response = client.exchange(options(client, headers=[("Via", "SIP/2.0/UDP [2001:db8::9];rport;branch=z9hG4bK" + token())]))
    check(response is not None and "received=::1" in response.get("via").replace("[", "").replace("]", ""), repr(response))


def test_a_stream_is_cut_by_content_length_whatever_the_segments(server):
    for transport in ("tcp", "tls"):
        client = Client(server, "alice", transport=transport)
        if transport == "tcp":
            client.wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = options(client, body="body\r\n\r\nSIP/2.0 200 OK\r\n", headers=[("Content-Type", "text/plain")])
        for i in range(len(data)):
            client.wire.send(data[i:i + 1])
        check(client.response_to(data).status == 200, f"{transport}: byte by byte")
        many = [options(client) for _ in range(100)]
        client.wire.send(b"\r\n".join(many))
        for data in many:
            response = client.response_to(data)
            check(response is not None and response.status == 200, f"{transport}: many in one segment")
        data = b"".join(options(client) for _ in range(3))
        client.wire.send(data[:-40])
        check([client.receive().status for _ in range(2)] == [200, 200], f"{transport}: two and a part")
        client.wire.send(data[-40:])
        check(client.receive().status == 200, f"{transport}: the rest of the third")
        client.close()


def test_a_message_over_the_limit_is_answered_413_and_nothing_before_it_is_lost(server):
    """RFC 3261 §21.4.11, §18.3: over TCP, TLS, WS and WSS; the limit is named, then the connection closes"""
    for transport in TRANSPORTS[1:]:
        client = Client(server, "alice", transport=transport)
        before, large = options(client), options(client, body=b"x" * 600000)
        for data in (before, large) if transport in ("ws", "wss") else (before + large[:1000], large[1000:]):
            client.wire.send(data)
        check(client.response_to(before).status == 200, f"{transport}: what came before")
        response = client.response_to(large)
        check(response is not None and response.status == 413, f"{transport}: {response!r}")
        check("524288" in response.get("warning"), f"{transport}: {response!r}")
        end = time.monotonic() + WAIT
        while not client.wire.closed and time.monotonic() < end:
            time.sleep(0.05)
        check(client.wire.closed, f"{transport}: the connection goes on")
        client = Client(server, "alice", transport=transport)
        large = options(client, body=b"x" * 400000)  # the message is taken, its body is too large
        response = client.exchange(large)
        check(response.status == 413 and "393216" in response.get("warning"), f"{transport}: {response!r}")
        check(client.exchange(options(client)).status == 200, f"{transport}: the connection is closed for it")
        response = client.ask("MESSAGE", client.aor("bob"), [("Content-Type", "text/plain")], "x" * 70000)
        check(response.status == 413 and "65535" in response.get("warning"), f"{transport}: {response!r}")
        client.close()


def test_crlf_is_answered_on_streams(server):
    """RFC 5626 §4.4.1"""
    sock = socket.create_connection((server.host, server.sip_port), timeout=WAIT)
    for _ in range(3):
        sock.sendall(b"\r\n\r\n")
        check(sock.recv(100) == b"\r\n", "no pong over TCP")
    wire, pongs = Wire(server, "tls"), queue.Queue()
    wire.take = lambda: pongs.put(wire.buffer) if wire.buffer else None
    wire.send(b"\r\n\r\n")
    check(pongs.get(timeout=WAIT) == b"\r\n", "no pong over TLS")


def test_stun_binding_is_answered_on_the_udp_port(server):
    """RFC 5626 §4.4.2, RFC 8489."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.settimeout(WAIT)
        sock.bind((host, 0))
        cookie, transaction = 0x2112A442, b"twelve bytes"
        sock.sendto(struct.pack(">HHI", 1, 0, cookie) + transaction, (host, server.sip_port))
        data = sock.recv(1500)
        kind, length, magic = struct.unpack(">HHI", data[:8])
        check(kind == 0x0101 and magic == cookie and data[8:20] == transaction and length == len(data) - 20, repr(data))
        at, mapped = 20, None
        while at < len(data):
            attribute, size = struct.unpack(">HH", data[at:at + 4])
            if attribute == 0x0020:  # XOR-MAPPED-ADDRESS
                mapped = struct.unpack(">H", data[at + 6:at + 8])[0] ^ (cookie >> 16)
            at += 4 + (size + 3) // 4 * 4
        check(mapped == sock.getsockname()[1], f"the mapped port is {mapped}")


def closes_within(sock, seconds):
    sock.settimeout(seconds)
    try:
        while sock.recv(4096):
            pass
        return True
    except TimeoutError:
        return False
    except OSError:
        return True


def test_pings_come_and_idle_connections_are_closed(server):
    """ping_s is 5, idle_s is 10. A peer that does not answer pings is gone, one that does stays."""
    results = {}

    def idle(transport):
        client = Client(server, "alice", transport=transport)
        check(client.exchange(options(client)).status == 200, transport)
        results[f"idle {transport}"] = client.receive(wait=30) is None and client.wire.closed

    def kept(transport, seconds=14):
        client = Client(server, "alice", transport=transport)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not client.wire.closed:
            client.wire.send(b"\r\n\r\n")
            time.sleep(2)
        results[f"kept {transport}"] = client.exchange(options(client)).status == 200

    def pinged():
        client, pings, frames = Client(server, "alice", transport="ws"), [], []
        check(client.exchange(options(client)).status == 200, "pinged")
        frame, client.wire.arrived = client.wire.frame, frames.append
        client.wire.frame = lambda opcode, payload: (pings.append(opcode), frame(opcode, payload))[1]
        time.sleep(14)
        results["pinged"], results["no CRLF comes"] = 10 in pings, not frames
        client.wire.frame, client.wire.arrived = frame, lambda data: frames.append(data)
        client.wire.send(options(client))
        time.sleep(1)
        results["stays with pongs"] = len(frames) == 1

    def silent():
        client = Client(server, "alice", transport="ws")
        check(client.exchange(options(client)).status == 200, "silent")
        client.wire.frame = lambda opcode, payload: b""  # pongs are swallowed
        results["silent ws"] = client.receive(wait=30) is None and client.wire.closed
    threads = [threading.Thread(target=f, args=a) for f, a in (
        (idle, ("tcp",)), (idle, ("tls",)), (kept, ("tcp",)), (kept, ("tls",)), (pinged, ()), (silent, ()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    check(len(results) == 8 and all(results.values()), repr(results))


def test_who_does_not_read_is_cut_off_and_others_go_on(server):
    bob = answering(Client(server, "bob"))
    check(bob.register().status == 200, "bob")
    alice = Client(server, "alice")
    slow = Client(server, "carol", transport="tcp")
    for transport in ("tcp", "ws"):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((server.host, server.sip_port if transport == "tcp" else server.web_port))
        if transport == "ws":
            sock.sendall(b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
                         b"AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n\r\n")
        sock.settimeout(5)
        data = b"".join(slow.wire.frame(1, options(slow)) if transport == "ws" else options(slow) for _ in range(200))
        cut = False
        for _ in range(300):  # many times what the buffers on the way hold
            try:
                sock.sendall(data)
            except OSError as error:
                cut = not isinstance(error, TimeoutError)
                break
        start = time.monotonic()
        check(alice.message("bob", "are you there?").status == 200, "the others are disturbed")
        check(time.monotonic() - start < 5, "the others wait")
        check(cut, f"{transport}: never cut off")
        sock.close()
    bob.close()


class TcpListener(threading.Thread):
    """The TCP side of a UDP phone: takes and answers what comes."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", port))
        self.got = []
        self.start()

    def run(self):
        try:
            while True:
                peer, _ = self.socket.accept()
                data = b""
                while b"\r\n\r\n" not in data or len(Message(data).body) < int(Message(data).get("content-length")):
                    data += peer.recv(65536)
                message = Message(data)
                self.got.append(message)
                lines = "".join(f"{key}: {value}\r\n" for key, value in message.headers
                                if key in ("via", "from", "to", "call-id", "cseq"))
                peer.sendall(f"SIP/2.0 200 OK\r\n{lines}Content-Length: 0\r\n\r\n".encode())
        except OSError:
            pass


def with_tcp_side(server, user):
    """A UDP phone with a TCP side at the same port, which somebody else may have: then another port is tried."""
    for _ in range(20):
        phone = Client(server, user)
        try:
            return phone, TcpListener(phone.wire.address[1])
        except OSError:
            phone.close()
    raise AssertionError("no port is free for both")


def test_a_message_too_large_for_a_datagram_goes_over_tcp_where_it_can(server):
    """RFC 3261 §18.1.1."""
    alice = Client(server, "alice", transport="tcp")
    bob, listener = with_tcp_side(server, "bob")
    check(bob.register().status == 200, "bob")
    response = alice.message("bob", "L" * 5000)
    check(response is not None and response.status == 200, repr(response)[:300])
    check(len(listener.got) == 1 and listener.got[0].text == "L" * 5000, "nothing came over TCP")
    check(listener.got[0].get("via").startswith("SIP/2.0/TCP "), listener.got[0].get("via"))
    alice2 = Client(server, "alice")
    answering(bob)
    check(alice2.message("bob", "small").status == 200, "a small one goes over UDP")
    check(len(listener.got) == 1, "the small one went over TCP")
    bob.close()
    listener.socket.shutdown(socket.SHUT_RDWR)
    listener.socket.close()
    server.forget("bob")

    got = []
    bob = answering(Client(server, "bob"), got)
    check(bob.register().status == 200, "bob")
    response = alice.message("bob", "U" * 5000)
    check(response is not None and response.status == 200, "no way back to UDP: " + repr(response)[:300])
    deadline = time.monotonic() + WAIT
    while not got and time.monotonic() < deadline:  # the phone answers first, and then tells what it got
        time.sleep(0.01)
    check(any(m.text == "U" * 5000 and m.get("via").startswith("SIP/2.0/UDP ") for m in got), f"over UDP came {got}")
    bob.close()
    server.forget("bob")


def test_a_closed_connection_ends_reachability_at_once(server):
    """The sender gets 202 from the store, not after the time that an answer may take."""
    alice = Client(server, "alice")
    for transport in ("tcp", "tls", "ws", "wss"):
        for abruptly in (False, True):
            bob = Client(server, "bob", transport=transport, instance="00000000-0000-4000-8000-000000000001")
            check(bob.register().status == 200, transport)
            bob.take_messages(1, 0.3)
            if abruptly:
                bob.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                bob.wire.socket.shutdown(socket.SHUT_RD)
            bob.close()
            start = time.monotonic()
            response = alice.message("bob", f"{transport} {abruptly}")
            took = time.monotonic() - start
            check(response is not None and response.status == 202, repr(response))
            check(took < 3, f"{transport}, abruptly {abruptly}: 202 after {took:.1f} s")
            server.forget("bob")


def count_refused(socks, wanted, seconds=WAIT):
    """How many of them the server has closed; waits until it is `wanted` or time is over."""
    end = time.monotonic() + seconds
    refused = set()
    while len(refused) < wanted and time.monotonic() < end:
        for sock in socks:
            sock.setblocking(False)
            try:
                if sock.recv(1) == b"":
                    refused.add(sock)
            except BlockingIOError:
                pass
            except OSError:
                refused.add(sock)
        time.sleep(0.02)
    return len(refused)


def test_connections_from_one_address_are_limited(server):
    for port in (server.sip_port, server.tls_port):
        socks = [socket.create_connection((server.host, port), timeout=WAIT) for _ in range(90)]
        check(count_refused(socks, 30) >= 30, f"port {port}: more than 60 connections from one address")
        other = socket.create_connection((server.host, server.sip_port), timeout=WAIT, source_address=("127.0.0.2", 0))
        other.sendall(b"\r\n\r\n")
        check(other.recv(10) == b"\r\n", "another address is refused too")
        for sock in socks:
            sock.close()
        wait_for_room(server, "tcp")
    wires, refused = [], 0
    for _ in range(90):
        try:
            wires.append(Wire(server, "ws"))
        except OSError:
            refused += 1
    check(refused >= 30, f"{len(wires)} WebSockets from one address")
    for wire in wires:
        wire.close()
    wait_for_room(server, "ws")


def wait_for_room(server, transport):
    """The places of connections that have ended are free again."""
    end = time.monotonic() + WAIT
    while True:
        try:
            client = Client(server, "alice", transport=transport)
            if client.exchange(options(client), 1):
                return
        except OSError:
            pass
        check(time.monotonic() < end, "no connection is taken after the others have ended")


def main():
    with Server(PASSWORDS, settings=SETTINGS, bind="127.0.0.1,::1") as server:
        return cases.main(sys.modules[__name__], [server])


if __name__ == "__main__":
    sys.exit(main())
