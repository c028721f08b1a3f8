"""A small SIP client for tests: UDP, TCP, TLS and WebSocket, digest, and nothing it does is hidden.

SPDX-License-Identifier: MIT
"""

import base64
import hashlib
import os
import queue
import random
import re
import select
import socket
import ssl
import struct
import threading
import time

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
           "c": "content-type", "k": "supported", "s": "subject", "e": "content-encoding"}
WAIT = 20  # seconds; these machines are slow and noisy


def token(count=10):
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(count))


class Message:
    """One request or response, taken apart only as far as tests need."""

    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(rb"\r\n[ \t]+", b" ", head).decode("utf-8", "replace").split("\r\n")
        self.start = lines[0]
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        self.data = data
        self.status = int(self.start.split()[1]) if self.start.startswith("SIP/") else 0
        self.method = "" if self.status else self.start.split()[0]
        self.uri = "" if self.status else self.start.split()[1]

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name, default=""):
        values = self.all(name)
        return values[0] if values else default

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return self.data.decode("utf-8", "replace")


def parameters(challenge):
    """The parameters of WWW-Authenticate: Digest ..."""
    return {key.lower(): quoted or bare for key, quoted, bare in
            re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^,\s]+))', challenge)}


def credentials(challenge, user, password, method, uri, count=1, cnonce=None):
    p = parameters(challenge)
    h = hashlib.sha256 if p.get("algorithm", "MD5").upper() == "SHA-256" else hashlib.md5

    def digest(text):
        return h(text.encode()).hexdigest()
    cnonce = cnonce or token()
    nc = "%08x" % count
    response = digest(":".join([digest(f"{user}:{p['realm']}:{password}"), p["nonce"], nc, cnonce, "auth",
                                digest(f"{method}:{uri}")]))
    return (f'Digest username="{user}", realm="{p["realm"]}", nonce="{p["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={p.get("algorithm", "MD5")}, cnonce="{cnonce}", qop=auth, nc={nc}')


class Wire:
    """One way to the server; received messages come out of `inbox`, None when the connection ended."""

    def __init__(self, server, transport="udp", family=socket.AF_INET, source=None):
        self.transport, self.is_tls = transport, transport in ("tls", "wss")
        self.inbox = queue.Queue()
        self.buffer = b""
        self.closed = False
        host = server.host6 if family == socket.AF_INET6 else server.host
        if transport == "udp":
            self.socket = socket.socket(family, socket.SOCK_DGRAM)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.socket.bind((source or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), 0))
            self.peer = (host, server.sip_port)
        else:
            port = {"tcp": server.sip_port, "tls": server.tls_port, "ws": server.web_port,
                    "wss": server.web_tls_port}[transport]
            self.socket = socket.create_connection((host, port), timeout=WAIT)
            if self.is_tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                self.socket = context.wrap_socket(self.socket)
            if transport in ("ws", "wss"):
                self.upgrade(host)
            # Two threads in one TLS session at a time break it: nobody may wait inside.
            self.socket.settimeout(0 if self.is_tls else None)
        self.address = self.socket.getsockname()
        self.lock = threading.Lock()
        self.closing = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def upgrade(self, host):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: sip\r\n"
                             "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionError("no WebSocket: " + repr(self.buffer))
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0] or b"sip" not in head.lower():
            raise ConnectionError("no WebSocket: " + repr(head))

    def frame(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", size)
        return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

    def send(self, data):
        if isinstance(data, str):
            data = data.encode()
        with self.lock:
            if self.transport == "udp":
                self.socket.sendto(data, self.peer)
            elif self.transport in ("ws", "wss"):
                self.write(self.frame(1, data))
            else:
                self.write(data)

    def write(self, data):
        """All of it; the lock is held."""
        while data:
            try:
                data = data[self.socket.send(data):]
            except ssl.SSLWantWriteError:
                select.select([], [self.socket], [])
            except ssl.SSLWantReadError:
                select.select([self.socket], [], [])

    def read_some(self):
        while self.is_tls:
            if not self.socket.pending():
                select.select([self.socket], [], [])
            with self.lock:
                try:
                    return self.socket.recv(65536)
                except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass
        return self.socket.recv(65536)

    def read(self):
        try:
            while True:
                if self.transport == "udp":
                    self.arrived(self.socket.recv(65535))
                    if self.closing:
                        break
                    continue
                self.take()
                data = self.read_some()
                if not data:
                    break
                self.buffer += data
        except (OSError, ValueError):
            pass
        self.closed = True
        self.inbox.put(None)

    def arrived(self, data):
        if data.strip(b"\r\n\0"):
            self.inbox.put(Message(data))

    def take(self):
        """Takes whole messages off the buffer."""
        while self.buffer:
            if self.transport in ("ws", "wss"):
                if not self.take_frame():
                    return
                continue
            if self.buffer.startswith(b"\r\n"):
                self.buffer = self.buffer[2:]
                continue
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            size = int(re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head).group(1))
            if len(rest) < size:
                return
            self.arrived(head + found + rest[:size])
            self.buffer = rest[size:]

    def take_frame(self):
        b = self.buffer
        if len(b) < 2:
            return False
        size, at = b[1] & 127, 2
        if size == 126:
            if len(b) < 4:
                return False
            size, at = struct.unpack(">H", b[2:4])[0], 4
        elif size == 127:
            if len(b) < 10:
                return False
            size, at = struct.unpack(">Q", b[2:10])[0], 10
        if len(b) < at + size:
            return False
        payload, self.buffer = b[at:at + size], b[at + size:]
        opcode = b[0] & 15
        if opcode == 9:
            with self.lock:
                self.write(self.frame(10, payload))
        elif opcode in (1, 2):
            self.arrived(payload)
        return True

    def close(self):
        """The reader ends first: else it could read from the next socket, which takes over the number of this one."""
        self.closing = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reader.join(WAIT)
        self.socket.close()


class Client:
    """A user agent: sends what it is told, authenticates when challenged, keeps what it receives."""

    def __init__(self, server, user, password=None, transport="udp", instance=None, **wire):
        self.server, self.user = server, user
        self.password = password if password is not None else server.passwords.get(user, "")
        self.wire_options = dict(transport=transport, **wire)
        self.instance = instance
        self.call_id, self.cseq = token(), 0
        self.tag = token()
        self.algorithm = None  # "MD5" or "SHA-256"; None: the first one offered
        self.pending = []
        self.connect()

    def connect(self):
        self.wire = Wire(self.server, **self.wire_options)
        return self

    def close(self):
        self.wire.close()

    @property
    def contact(self):
        host, port = self.wire.address[:2]
        if ":" in host:
            host = f"[{host}]"
        if self.wire.transport in ("ws", "wss"):
            return f"sip:{self.user}@{self.tag}.invalid;transport=ws"
        suffix = "" if self.wire.transport == "udp" else f";transport={self.wire.transport}"
        return f"sip:{self.user}@{host}:{port}{suffix}"

    def aor(self, user=None):
        return f"sip:{user or self.user}@{self.server.domain}"

    def request(self, method, uri, headers=(), body=b"", to=None, from_user=None, call_id=None, cseq=None, branch=None):
        """The bytes of a request; `headers` are (name, value) pairs and replace the standard ones of that name."""
        if isinstance(body, str):
            body = body.encode()
        self.cseq += 1
        host, port = self.wire.address[:2]
        host = f"[{host}]" if ":" in host else host
        name = self.wire.transport.upper()
        lines = {
            "Via": f"SIP/2.0/{name} {host}:{port};rport;branch={branch or 'z9hG4bK' + token(12)}",
            "Max-Forwards": "70",
            "From": f"<{self.aor(from_user)}>;tag={self.tag}",
            "To": f"<{to or self.aor() if method == 'REGISTER' else to or uri}>",
            "Call-ID": call_id or (self.call_id if method == "REGISTER" else token(14)),
            "CSeq": f"{cseq or self.cseq} {method}",
        }
        extra = []
        for key, value in headers:
            match = next((k for k in lines if k.lower() == key.lower()), None)
            if match:
                if value is None:
                    del lines[match]
                else:
                    lines[match] = value
            elif value is not None:
                extra.append((key, value))
        text = f"{method} {uri} SIP/2.0\r\n"
        text += "".join(f"{k}: {v}\r\n" for k, v in list(lines.items()) + extra)
        if not any(k.lower() == "content-length" for k, _ in headers):
            text += f"Content-Length: {len(body)}\r\n"
        return text.encode() + b"\r\n" + body

    def receive(self, wanted=None, wait=WAIT):
        """The next message for which wanted(message) holds; others stay for later calls. None after `wait` s."""
        for i, message in enumerate(self.pending):
            if wanted is None or wanted(message):
                return self.pending.pop(i)
        end = time.monotonic() + wait
        while True:
            left = end - time.monotonic()
            if left <= 0:
                return None
            try:
                message = self.wire.inbox.get(timeout=left)
            except queue.Empty:
                return None
            if message is None:
                return None
            if wanted is None or wanted(message):
                return message
            self.pending.append(message)

    def response_to(self, data, wait=WAIT):
        """The final response to a request sent as `data`."""
        sent = Message(data)
        key = (sent.get("call-id"), sent.get("cseq"))
        return self.receive(lambda m: m.status >= 200 and (m.get("call-id"), m.get("cseq")) == key, wait)

    def ask(self, method, uri, headers=(), body=b"", authenticate=True, wait=WAIT, **more):
        """Sends, answers a challenge, and returns the final response (None: there was none). Over UDP it repeats
        as RFC 3261 §17.1.2 wants, so a restart of the server in between costs nothing."""
        response = self.exchange(self.request(method, uri, headers, body, **more), wait)
        for _ in range(2):
            if not authenticate or response is None or response.status != 401:
                break
            offers = response.all("www-authenticate")
            offer = next((o for o in offers if self.algorithm is None or
                          parameters(o).get("algorithm", "MD5") == self.algorithm), offers[0])
            line = ("Authorization", credentials(offer, self.user, self.password, method, uri))
            more["call_id"] = more.get("call_id") or response.get("call-id")
            response = self.exchange(self.request(method, uri, tuple(headers) + (line,), body, **more), wait)
            if response is not None and response.status == 401 and \
                    "stale=true" not in response.get("www-authenticate").lower():
                break
        return response

    def exchange(self, data, wait=WAIT):
        self.wire.send(data)
        if self.wire.transport != "udp":
            return self.response_to(data, wait)
        interval, end = 0.5, time.monotonic() + wait
        while time.monotonic() < end:
            response = self.response_to(data, min(interval, end - time.monotonic()))
            if response is not None:
                return response
            self.wire.send(data)
            interval = min(interval * 2, 4)
        return None

    def register(self, expires=3600, headers=(), contact=None, **more):
        contact = contact or f"<{self.contact}>"
        if self.instance and "+sip.instance" not in contact:
            contact += f';+sip.instance="<urn:uuid:{self.instance}>"'
        return self.ask("REGISTER", f"sip:{self.server.domain}",
                        (("Contact", contact), ("Expires", str(expires))) + tuple(headers), **more)

    def unregister(self, **more):
        return self.register(0, **more)

    def message(self, to, text="hello", content_type="text/plain", headers=(), **more):
        return self.ask("MESSAGE", self.aor(to), (("Content-Type", content_type),) + tuple(headers), text, **more)

    def receive_request(self, method="MESSAGE", wait=WAIT):
        return self.receive(lambda m: m.method == method, wait)

    def answer(self, request, status=200, phrase="OK", headers=()):
        text = f"SIP/2.0 {status} {phrase}\r\n"
        for key, value in request.headers:
            if key in ("via", "from", "call-id", "cseq"):
                text += f"{key}: {value}\r\n"
            elif key == "to":
                text += f"To: {value}" + ("" if "tag=" in value else f";tag={self.tag}") + "\r\n"
        text += "".join(f"{k}: {v}\r\n" for k, v in headers) + "Content-Length: 0\r\n\r\n"
        self.wire.send(text)

    def take_messages(self, count, wait=WAIT):
        """Receives and answers `count` MESSAGEs (retransmissions are answered and not counted); their texts."""
        texts, seen = [], set()
        end = time.monotonic() + wait
        while len(texts) < count and time.monotonic() < end:
            request = self.receive_request(wait=end - time.monotonic())
            if request is None:
                break
            self.answer(request)
            branch = request.get("via")
            if branch not in seen:
                seen.add(branch)
                texts.append(request.text)
        return texts
