"""Real SIP clients as test peers, all driven in the same way: start, send, received, leave, kill.

A peer is one user. `start` returns when it is registered; `send` returns the status of the final answer; `received`
tells how often a text has arrived. Nothing here sleeps for something: it waits for it, with a wide limit.
SPDX-License-Identifier: MIT
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(FOLDER), "integration"))

WAIT = int(os.environ.get("INTEROP_WAIT", "60"))
LOOK = 0.05


def wait_for(condition, what, wait=WAIT):
    """The first true value of condition()."""
    end = time.monotonic() + wait
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {wait} s: {what}")
        time.sleep(LOOK)


class Program:
    """A process whose output is collected; `lines` grows while it runs."""

    def __init__(self, words, **options):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, **options)
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.decode("utf-8", "replace").rstrip("\r\n"))

    def write(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join(WAIT)


class Peer:
    name = ""

    def __init__(self, server, user, transport):
        self.server, self.user, self.transport = server, user, transport
        self.password = server.passwords[user]
        self.program = None
        self.past = []  # output of earlier starts
        self.folder = os.path.join(server.folder, f"{self.name}-{user}")
        os.makedirs(self.folder, exist_ok=True)

    def __str__(self):
        return f"{self.name} over {self.transport.upper()}"

    @property
    def lines(self):
        return self.past + (self.program.lines if self.program else [])

    def online(self):
        return self.program is not None and self.program.running()

    def ended(self):
        self.past, self.program = self.lines, None

    def kill(self):
        """It disappears without a word."""
        if self.online():
            self.program.kill()
        self.ended()

    def wait_registered_again(self, count):
        """Until there are more registrations since its start than `count`."""
        wait_for(lambda: self.count_registrations() > count, f"{self} is registered")

    def wait_received(self, text):
        wait_for(lambda: self.received(text), f"{self} receives {text!r}")

    def show(self):
        """What was seen of it, for whoever looks into a failure."""
        print(f"---- {self} ({self.user})")
        print("\n".join(self.lines[-60:]))


class Baresip(Peer):
    """Driven over stdin; its SIP trace (-s) says what happened."""
    name = "baresip"
    MODULES = "/usr/lib/baresip/modules"

    def __init__(self, server, user, transport, users, outbound=True, account="", contact="", modules=()):
        """`account` and `contact` are more parameters in its files, `modules` more of its modules."""
        super().__init__(server, user, transport)
        self.contacts = [other for other in users if other != user]
        self.current = 0
        port = server.tls_port if transport == "tls" else server.sip_port
        # The phone over UDP is one without +sip.instance.
        uuid = "" if transport == "udp" else "module uuid.so\n"
        # With outbound it registers half a minute after its connection has broken, without it at the next refresh.
        nat = ";sipnat=outbound" if outbound and transport != "udp" else ""
        self.write("accounts", f"<sip:{user}@{server.domain};transport={transport}>;auth_user={user};"
                   f'auth_pass={self.password};outbound="sip:127.0.0.1:{port};transport={transport}"{nat};regint=10'
                   f"{account}\n")
        self.write("contacts", "".join(
            f'"{other}" <sip:{other}@{server.domain}>{contact}\n' for other in self.contacts))
        self.write("config", f"sip_listen 127.0.0.1:0\nmodule_path {self.MODULES}\nmodule stdio.so\n{uuid}" +
                   "".join(f"module_app {name}.so\n" for name in ("account", "contact", "menu", *modules)))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w") as f:
            f.write(text)

    def start(self):
        self.current = 0
        remembered = os.path.join(self.folder, "current_contact")
        if os.path.exists(remembered):
            os.remove(remembered)
        self.program = Program(["baresip", "-s", "-f", self.folder])
        self.wait_registered_again(0)

    def statuses(self, method):
        """Statuses of the answers to its own requests; the trace shows both directions, so it goes by From."""
        found = []
        for block in "\n".join(self.program.lines).split("\nSIP/2.0 ")[1:]:
            head = block.split("\n\n")[0]
            if re.search(rf"^From: <?sip:{self.user}@", head, re.MULTILINE) and \
                    re.search(rf"^CSeq: \d+ {method}$", head, re.MULTILINE) and not head.startswith(("401", "1")):
                found.append(int(head[:3]))
        return found

    def count_registrations(self):
        return self.statuses("REGISTER").count(200)

    def wait_registered_again(self, count):
        # Over UDP it notices nothing, and its binding is kept (promise 1).
        if self.transport != "udp" or count == 0:
            super().wait_registered_again(count)

    def send(self, to, text):
        wanted = self.contacts.index(to)
        step = 1 if wanted > self.current else -1  # its list does not go round
        while self.current != wanted:
            self.program.write("/contact_next" if step > 0 else "/contact_prev")
            self.current += step
        before = len(self.statuses("MESSAGE"))
        self.program.write(f"/message {text}")
        return wait_for(lambda: self.statuses("MESSAGE")[before:], f"{self} gets an answer to {text!r}")[0]

    def received(self, text):
        return sum(line.endswith(f'"{text}"') and f"{self.server.domain}:" in line for line in self.lines)

    def leave(self):
        self.program.write("/quit")
        wait_for(lambda: not self.program.running(), f"{self} quits")
        self.ended()


class JsSip(Peer):
    name = "JsSIP"

    def __init__(self, server, user, transport, users):
        super().__init__(server, user, transport)
        self.instance = str(uuid.uuid4())
        self.sent = 0

    def start(self):
        port = self.server.web_tls_port if self.transport == "wss" else self.server.web_port
        self.program = Program(["node", os.path.join(FOLDER, "jssip_client.mjs"),
                                f"{self.transport}://127.0.0.1:{port}/ws", self.user, self.server.domain,
                                self.password, self.instance])
        self.wait_registered_again(0)

    @staticmethod
    def events(lines):
        return [json.loads(line) for line in lines if line.startswith("{")]

    def count_registrations(self):
        return sum(event.get("registered") is True for event in self.events(self.program.lines))

    def send(self, to, text):
        self.sent += 1
        number = self.sent
        self.program.write(json.dumps({"send": to, "text": text, "id": number}))
        return wait_for(lambda: [event for event in self.events(self.program.lines) if event.get("answered") == number],
                        f"{self} gets an answer to {text!r}")[0]["status"]

    def received(self, text):
        return sum(event.get("received") == text for event in self.events(self.lines))

    def leave(self):
        self.program.write('{"leave": true}')
        wait_for(lambda: not self.program.running(), f"{self} leaves")
        self.ended()


class Sipp(Peer):
    """One process registers, one waits for messages at the same port, and each message sent is a process."""
    name = "SIPp"
    agent = "SIPp"

    def __init__(self, server, user, transport, users):
        super().__init__(server, user, transport)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.runs = 0

    def scenario(self, name):
        """sipp's [authentication] takes no keywords: the names are put into a copy."""
        with open(os.path.join(FOLDER, "scenarios", name + ".xml")) as f:
            text = f.read().replace("@USER@", self.user).replace("@PASSWORD@", self.password)
        path = os.path.join(self.folder, name + ".xml")
        with open(path, "w") as f:
            f.write(text)
        return path

    def words(self, scenario, log, *more, port=None, transport=None):
        mode = {"udp": "u1", "tcp": "t1"}[transport or self.transport]
        return ["sipp", f"127.0.0.1:{self.server.sip_port}", "-sf", self.scenario(scenario), "-i", "127.0.0.1",
                "-t", mode, "-nostdin", "-trace_logs", "-log_file", log, "-trace_err", "-error_file", log + ".errors",
                "-key", "user", self.user, "-key", "domain", self.server.domain, "-key", "agent", self.agent, *more] + \
            (["-p", str(port)] if port else [])

    def run(self, scenario, *more, port=None, transport=None):
        """Runs one call to its end; the text of its log."""
        self.runs += 1
        log = os.path.join(self.folder, f"{scenario}-{self.runs}.log")
        done = subprocess.run(self.words(scenario, log, "-m", "1", "-timeout", f"{WAIT}s", *more, port=port,
                                         transport=transport),
                              cwd=self.folder, capture_output=True, text=True, timeout=2 * WAIT,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"sipp {scenario}: status {done.returncode}\n{done.stdout[-1500:]}\n"
                                 f"{self.read(log + '.errors')[-3000:]}")
        return self.read(log)

    @staticmethod
    def read(path):
        if not os.path.exists(path):
            return ""
        with open(path, errors="replace") as f:
            return f.read()

    def register(self, expires=3600, transport=None):
        self.run("register", "-key", "expires", str(expires), port=self.port if not transport else None,
                 transport=transport)

    def start(self):
        self.register()
        self.runs += 1
        self.log = os.path.join(self.folder, f"receive-{self.runs}.log")
        self.program = Program(self.words("receive", self.log, port=self.port), cwd=self.folder)

    def count_registrations(self):
        return 0

    def wait_registered_again(self, count):
        """Its binding over UDP is kept (promise 1): there is nothing to wait for."""

    def send(self, to, text, transport=None):
        log = self.run("message", "-key", "to", to, "-key", "text", text, transport=transport)
        return int(re.search(r"answered (\d+)", log).group(1))

    def received(self, text):
        logs = [self.read(os.path.join(self.folder, name)) for name in os.listdir(self.folder)
                if name.startswith("receive-") and name.endswith(".log")]
        return sum(log.splitlines().count(f"received {text}") for log in logs)

    def leave(self):
        self.program.kill()
        self.ended()
        self.register(expires=0)


def missing(programs=()):
    """What is not there, in a sentence; `./dev test` sees to it all."""
    for program in ("baresip", "sipp", "node", *programs):
        if not shutil.which(program):
            return f"there is no {program}"
    if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
        return "tests/interop/node_modules is missing: npm ci"
    return None


def everybody(server, outbound=True):
    """One peer for each client and transport; users are named after them. `outbound` is baresip's (RFC 5626)."""
    kinds = {"budp": (Baresip, "udp"), "btcp": (Baresip, "tcp"), "btls": (Baresip, "tls"),
             "jws": (JsSip, "ws"), "jwss": (JsSip, "wss"), "sipp": (Sipp, "udp")}
    more = {Baresip: {"outbound": outbound}}
    return [kind(server, user, transport, list(kinds), **more.get(kind, {}))
            for user, (kind, transport) in kinds.items()]


PASSWORDS = {user: f"{user}-secret" for user in ("budp", "btcp", "btls", "jws", "jwss", "sipp")}
