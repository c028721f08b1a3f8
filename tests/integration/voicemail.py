"""A voicemail server for tests, as far as SIP sees one: takes SUBSCRIBE to message-summary and tells counts by NOTIFY.

It does what a test tells it: asks for a password, wants longer subscriptions, forgets them, closes connections.
SPDX-License-Identifier: MIT
"""

import hashlib
import queue
import re
import socket
import threading

from sip import Message, token, parameters

SUMMARY = "application/simple-message-summary"


def answer(request, status, phrase, headers=(), tag=""):
    text = f"SIP/2.0 {status} {phrase}\r\n"
    for key, value in request.headers:
        if key in ("via", "from", "call-id", "cseq"):
            text += f"{key}: {value}\r\n"
        elif key == "to":
            text += f"To: {value}" + (f";tag={tag}" if tag and "tag=" not in value else "") + "\r\n"
    return text + "".join(f"{k}: {v}\r\n" for k, v in headers) + "Content-Length: 0\r\n\r\n"


class VoicemailServer:
    """`transport` is udp or tcp; `password` makes it challenge; `counts` are by user: "3/1"."""

    def __init__(self, transport="udp", password=None, least_expires=0, most_expires=3600):
        self.transport, self.password = transport, password
        self.least_expires, self.most_expires = least_expires, most_expires
        self.counts, self.dialogs = {}, {}
        self.subscribed = queue.Queue()  # (user, Expires, was in a dialog) of each that was granted
        self.refused = queue.Queue()     # statuses given
        self.answers = queue.Queue()     # to our NOTIFYs
        self.nonces = set()
        self.connections = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.closing = False
        self.lock = threading.Lock()
        if transport == "tcp":
            self.socket.listen()
        threading.Thread(target=self.serve_udp if transport == "udp" else self.serve_tcp, daemon=True).start()

    @property
    def uri(self):
        return f"sip:127.0.0.1:{self.port}" + (";transport=tcp" if self.transport == "tcp" else "")

    def serve_udp(self):
        while not self.closing:
            try:
                data, peer = self.socket.recvfrom(65535)
            except OSError:
                return
            self.take(data, lambda text, to=peer: self.socket.sendto(text.encode(), to))

    def serve_tcp(self):
        while not self.closing:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve_connection, args=(connection,), daemon=True).start()

    def serve_connection(self, connection):
        rest = b""
        while True:
            try:
                data = connection.recv(65536)
            except OSError:
                return
            if not data:
                return
            rest = (rest + data).lstrip(b"\r\n")
            while b"\r\n\r\n" in rest:
                head, _, body = rest.partition(b"\r\n\r\n")
                size = int(re.search(rb"(?im)^content-length\s*:\s*(\d+)", head).group(1))
                if len(body) < size:
                    break
                self.take(head + b"\r\n\r\n" + body[:size], lambda text: connection.sendall(text.encode()))
                rest = body[size:]

    def take(self, data, send):
        with self.lock:
            message = Message(data)
            if message.status:
                self.answers.put(message.status)
            elif message.method == "SUBSCRIBE":
                self.subscribe(message, send)

    def refuse(self, request, send, status, phrase, headers=()):
        self.refused.put(status)
        send(answer(request, status, phrase, headers, token()))

    def is_authorized(self, request):
        p = parameters(request.get("authorization"))
        if p.get("nonce") not in self.nonces:
            return False

        def digest(text):
            return hashlib.md5(text.encode()).hexdigest()
        ha1 = digest(f"{p['username']}:{p['realm']}:{self.password}")
        return p["response"] == digest(":".join([ha1, p["nonce"], p["nc"], p["cnonce"], "auth",
                                                 digest(f"SUBSCRIBE:{p['uri']}")]))

    def subscribe(self, request, send):
        user = re.search(r"sip:([^@>]+)@", request.get("to")).group(1)
        found = re.search(r"tag=(\w+)", request.get("to"))
        known = self.dialogs.get(request.get("call-id"))
        expires = int(request.get("expires"))
        if found and (not known or known["tag"] != found.group(1)):
            self.refuse(request, send, 481, "Subscription Does Not Exist")
        elif self.password and not self.is_authorized(request):
            nonce = token(20)
            self.nonces.add(nonce)
            self.refuse(request, send, 401, "Unauthorized", [
                ("WWW-Authenticate", f'Digest realm="voicemail", nonce="{nonce}", qop="auth", opaque="o"')])
        elif 0 < expires < self.least_expires:
            self.refuse(request, send, 423, "Interval Too Brief", [("Min-Expires", str(self.least_expires))])
        else:
            self.grant(request, send, user, min(expires, self.most_expires), known)

    def grant(self, request, send, user, expires, known):
        dialog = known or {"tag": token(), "cseq": 0, "user": user, "from": request.get("to"), "to": request.get("from"),
                           "call-id": request.get("call-id")}
        dialog["target"] = re.search(r"<([^>]+)>", request.get("contact")).group(1)
        dialog["send"], dialog["expires"] = send, expires
        self.dialogs[request.get("call-id")] = dialog
        send(answer(request, 200, "OK", [("Expires", str(expires)), ("Contact", f"<{self.uri}>")], dialog["tag"]))
        self.notify(dialog)
        if expires == 0:
            del self.dialogs[request.get("call-id")]
        self.subscribed.put((user, expires, known is not None))

    def notify(self, dialog, state=None, counts=None):
        dialog["cseq"] += 1
        state = state or (f"active;expires={dialog['expires']}" if dialog["expires"] else "terminated;reason=timeout")
        counts = counts or self.counts.get(dialog["user"], "0/0")
        waiting = "no" if counts.startswith("0/") else "yes"
        body = f"Messages-Waiting: {waiting}\r\nVoice-Message: {counts}\r\n"
        to = dialog["from"] if "tag=" in dialog["from"] else f"{dialog['from']};tag={dialog['tag']}"
        dialog["send"](
            f"NOTIFY {dialog['target']} SIP/2.0\r\n"
            f"Via: SIP/2.0/{self.transport.upper()} 127.0.0.1:{self.port};branch=z9hG4bK{token()}\r\n"
            f"From: {to}\r\nTo: {dialog['to']}\r\nCall-ID: {dialog['call-id']}\r\nCSeq: {dialog['cseq']} NOTIFY\r\n"
            f"Contact: <{self.uri}>\r\nMax-Forwards: 70\r\nEvent: message-summary\r\nSubscription-State: {state}\r\n"
            f"Content-Type: {SUMMARY}\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def set(self, user, counts):
        """Whoever has subscribed to that user is told."""
        with self.lock:
            self.counts[user] = counts
            for dialog in list(self.dialogs.values()):
                if dialog["user"] == user:
                    self.notify(dialog)

    def end(self, user, reason):
        with self.lock:
            for call_id, dialog in list(self.dialogs.items()):
                if dialog["user"] == user:
                    self.notify(dialog, f"terminated;reason={reason}")
                    del self.dialogs[call_id]

    def forget(self):
        with self.lock:
            self.dialogs.clear()

    def close_connections(self):
        while self.connections:
            connection = self.connections.pop()
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def close(self):
        self.closing = True
        self.close_connections()
        self.socket.close()
