"""What a swarm hears and how: its connections, read by a selector, and what it looks for in a message, as bytes.

SPDX-License-Identifier: MIT
"""

import re
import socket

from sip import Wire

DIALOG_LINES = re.compile(rb"(?im)^(?:Via|From|To|Call-ID|CSeq):[^\r]*\r\n")
CALL_ID = re.compile(rb"(?i)\r\nCall-ID: *([^\r]+)")
CSEQ = re.compile(rb"(?i)\r\nCSeq: *(\d+)")
TO_TAG = re.compile(rb"(?i)\r\nTo:[^\r]*;tag=([^;\r]+)")
FROM_TAG = re.compile(rb"(?i)\r\nFrom:[^\r]*;tag=([^;\r]+)")
ETAG = re.compile(rb"(?i)\r\nSIP-ETag: *([^\r]+)")
CHALLENGE = re.compile(rb"(?i)\r\nWWW-Authenticate: *([^\r]+)")
RETRY_AFTER = re.compile(rb"(?i)\r\nRetry-After: *(\d+)")
VERSION = re.compile(rb' version="(\d+)"')
MARK = re.compile(rb"mark-(\d+)-")


def found(pattern, data):
    match = pattern.search(data)
    return match.group(1) if match else b""


class SwarmWire(Wire):
    """A connection that a selector reads, instead of a thread of its own."""

    def __init__(self, server, transport, handler):
        self.handler = handler
        super().__init__(server, transport)
        self.reader.join()
        if transport != "udp":
            self.take_safely()

    def read(self):
        """Nothing: readable() is called when there is something."""

    def arrived(self, data):
        if data.strip(b"\r\n\0"):
            self.handler(self, data)

    def take_safely(self):
        try:
            self.take()
        except OSError:  # it was cut while a frame was answered
            self.closed = True

    def readable(self):
        if self.transport == "udp":
            for _ in range(64):
                try:
                    data = self.socket.recv(65535, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    return
                except OSError:  # the port is closed: the server is away
                    continue
                self.arrived(data)
            return
        try:
            data = self.socket.recv(1 << 18)
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        self.buffer += data
        self.take_safely()

    def send(self, data):
        try:
            super().send(data)
        except OSError:
            self.closed = self.transport != "udp"
