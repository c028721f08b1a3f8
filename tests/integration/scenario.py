"""Runs scenario files: dialogues that a SIP person reads without learning anything.

    # RFC 3261 §10.2.2: removing all bindings
    alice sends     REGISTER sip:{domain}   Contact: *   Expires: 0
    alice receives  200                     Contact: {absent}

A line is: who, what, and fields separated by two or more blanks. `sends` writes a request (and answers a challenge,
unless it says `sends unauthenticated`); `receives` takes the next message and checks its fields: a plain value must be
equal, {contains x}, {absent}, {present}, {matches regex} compare otherwise, {name} alone keeps the value under that name.
SUBSCRIBE gets a Contact by itself, unless it says `Contact: {absent}`; `sends within` is the same dialog again.
A body is `body: "text"`, `packed: "text"` (deflated), or several parts, each `part: type (disposition) "text"`.
`answers` replies to the request received last; `awaits` takes and answers whatever comes, until such a message comes.
`puts` and `deletes` are for documents over XCAP; `logs in` takes a session, whose secret is the password from then on.
Other lines: see VERBS. A test's name is the file's first line.
Lines before the first test: `#set option=value` configures the server, `#let name text` is what {name} stands for.
SPDX-License-Identifier: MIT
"""

import glob
import json
import os
import re
import sys
import time
import traceback
import zlib

from server import Server
from sip import WAIT, Client, credentials
from web import Web

FOLDER = os.path.dirname(os.path.abspath(__file__))
DOCUMENT_TYPES = {"resource-lists": "application/resource-lists+xml", "rls-services": "application/rls-services+xml",
                  "pres-rules": "application/auth-policy+xml", "pidf-manipulation": "application/pidf+xml"}
BOUNDARY = "a-part-of-it"


def parts_body(parts):
    """A multipart/mixed body of `type (disposition) "text"` each."""
    text = ""
    for part in parts:
        found = re.fullmatch(r'(\S+) (?:\((\S+)\) )?"(.*)"', part, re.DOTALL)
        if not found:
            raise Failure(f"not a part: {part!r}")
        disposition = f"Content-Disposition: {found[2]}\r\n" if found[2] else ""
        text += f"--{BOUNDARY}\r\nContent-Type: {found[1]}\r\n{disposition}\r\n{found[3]}\r\n"
    return f"{text}--{BOUNDARY}--\r\n"


def content(fields):
    """The body that the fields of a line make, and headers that it needs."""
    parts = [value for key, value in fields if key == "part"]
    if parts:
        return parts_body(parts), [("Content-Type", f"multipart/mixed;boundary={BOUNDARY}")]
    packed = "".join(value.strip('"') for key, value in fields if key == "packed")
    if packed:
        return zlib.compress(packed.encode()), [("Content-Encoding", "deflate")]
    return "".join(value.strip('"') for key, value in fields if key == "body"), []


def text_of(message):
    """The body, unpacked."""
    if message.get("content-encoding") == "deflate":
        return zlib.decompress(message.body).decode("utf-8", "replace")
    return message.text


class Failure(Exception):
    pass


class Scenario:
    def __init__(self, server, texts=()):
        self.server = server
        self.clients, self.last, self.values, self.seen = {}, {}, {}, set()
        self.dialogs = {}  # by client: what its last 2xx to SUBSCRIBE made
        self.sessions = {}  # by client: the id of its session
        for name, text in texts:
            self.values[name] = self.expand(text)

    def client(self, name):
        if name not in self.clients:
            user = re.sub(r"\d+$", "", name)  # alice2 is alice's second device
            self.clients[name] = Client(self.server, user)
        return self.clients[name]

    def expand(self, text, client=None):
        known = {"domain": self.server.domain, "server": f"127.0.0.1:{self.server.sip_port}", **self.values}
        if client:
            known["contact"] = client.contact

        def replace(found):
            return str(known.get(found.group(1), found.group(0)))
        return re.sub(r"\{(\w+)\}", replace, text).replace("\\r\\n", "\r\n").replace("\\n", "\n")

    def fields(self, words):
        """Header fields and `body` of a line's columns."""
        fields = []
        for word in words:
            name, colon, value = word.partition(":")
            if not colon:
                raise Failure(f"not a field: {word!r}")
            fields.append((name.strip(), value.strip()))
        return fields

    def is_(self, name, words):
        """alice is tcp;  alice is on tls with instance 0001"""
        options = " ".join(words).replace("on ", "").split()
        user = re.sub(r"\d+$", "", name)
        instance = None
        if "instance" in options:
            n = options[options.index("instance") + 1]
            instance = f"00000000-0000-4000-8000-{int(n):012d}"
        self.clients[name] = Client(self.server, user, transport=options[0], instance=instance)

    def registers(self, name, words):
        client = self.client(name)
        fields = self.fields(words)
        expires = next((v for k, v in fields if k == "Expires"), "3600")
        response = client.register(expires, [f for f in fields if f[0] != "Expires"])
        self.expect(response is not None and response.status == 200, f"200 to REGISTER, not {response!r}")
        self.last[name] = response

    def unregisters(self, name, words):
        response = self.client(name).unregister()
        self.expect(response is not None and response.status == 200, f"200 to REGISTER, not {response!r}")

    def sends(self, name, words, authenticate=True):
        client = self.client(name)
        method, uri = self.expand(words[0], client).split(None, 1)
        fields = self.fields([self.expand(word, client) for word in words[1:]])
        body, headers = content(fields)
        headers += [f for f in fields if f[0] not in ("body", "packed", "part", "to", "branch") and f[1] != "{absent}"]
        if method == "SUBSCRIBE" and not any(f[0] == "Contact" for f in fields):
            headers.append(("Contact", f"<{client.contact}>"))
        # Only the challenge is waited for: others may have to act before there is a final response.
        response = client.exchange(client.request(method, uri, headers, body, to=dict(fields).get("to")))
        if authenticate and response is not None and response.status == 401:
            line = ("Authorization", credentials(response.get("www-authenticate"), client.user, client.password,
                                                 method, uri))
            headers = [h for h in headers if h[0] != "Call-ID"] + [("Call-ID", response.get("call-id")), line]
            client.wire.send(client.request(method, uri, headers, body, to=dict(fields).get("to")))
        elif response is not None:
            client.pending.insert(0, response)

    def sends_unauthenticated(self, name, words):
        self.sends(name, words, False)

    def sends_within(self, name, words):
        """alice sends within  SUBSCRIBE  Event: presence: in the dialog of her last subscription"""
        dialog = self.dialogs[name]
        self.sends(name, [f"{words[0]} {dialog['target']}", *(f"{k}: {dialog[k]}" for k in ("Call-ID", "To", "From")
                                                              if not any(w.startswith(k + ":") for w in words)),
                          *words[1:]])

    def sends_raw(self, name, words):
        """alice sends raw  file.sip: exact bytes"""
        with open(os.path.join(FOLDER, words[0]), "rb") as f:
            self.client(name).wire.send(self.expand(f.read().decode("latin-1"), self.client(name)).encode("latin-1"))

    def is_copy(self, message):
        """Over UDP the server repeats what was not answered in time: here, on a busy machine."""
        return message.method and message.get("via") in self.seen

    def receives(self, name, words):
        client = self.client(name)
        if words[0] == "nothing":
            message = client.receive(lambda m: not self.is_copy(m), wait=1.0)
            self.expect(message is None, f"nothing, not {message!r}")
            return
        message = client.receive(lambda m: not self.is_copy(m))
        self.expect(message is not None, f"{words[0]}, but nothing came")
        self.seen.add(message.get("via"))
        self.last[name] = message
        first = message.status or message.method
        if message.status in (200, 204) and message.get("cseq").endswith("SUBSCRIBE"):
            self.dialogs[name] = {"Call-ID": message.get("call-id"), "To": message.get("to"), "From": message.get("from"),
                                  "target": message.get("contact").strip("<>")}
        self.expect(str(first) == words[0].split()[0], f"{words[0]}, not\n{message!r}")
        self.check_all(words[1:], message, client)

    def check_all(self, words, message, client):
        for key, wanted in self.fields(words):
            self.check(key, wanted, [text_of(message)] if key == "body" else message.all(key), client)

    def awaits(self, name, words):
        """alice awaits  NOTIFY  body: {contains open}: she answers all that comes, and such a one comes in time"""
        client, end, failure = self.client(name), time.monotonic() + WAIT, "nothing came"
        while time.monotonic() < end:
            message = client.receive(wait=end - time.monotonic())
            if message is None:
                break
            if message.method:
                client.answer(message)
            self.seen.add(message.get("via"))
            self.last[name] = message
            try:
                self.expect(words[0] == (message.method or str(message.status)), f"{words[0]}, not\n{message!r}")
                self.check_all(words[1:], message, client)
                return
            except Failure as reason:
                failure = reason
        raise Failure(f"not in time: {failure}")

    def document(self, name, words):
        """Where "pres-rules index" is found."""
        application, document = words[0].split()
        user = re.sub(r"\d+$", "", name)
        return application, Web(self.server, user), f"/xcap/{application}/users/sip:{user}@{self.server.domain}/{document}"

    def puts(self, name, words):
        """alice puts  pres-rules index  "<ruleset …": a document of hers"""
        application, web, target = self.document(name, words)
        answer = web.ask("PUT", target, self.expand(words[1]).strip('"'), {"Content-Type": DOCUMENT_TYPES[application]})
        self.expect(answer.status in (200, 201), f"200 or 201 to PUT, not {answer!r}")

    def deletes(self, name, words):
        """alice deletes  pres-rules index"""
        _, web, target = self.document(name, words)
        answer = web.ask("DELETE", target)
        self.expect(answer.status == 200, f"200 to DELETE, not {answer!r}")

    def logs_in(self, name, words):
        """alice logs in: with her password, as a page does"""
        client = self.client(name)
        answer = Web(self.server, client.user).ask("POST", f"/api/v1/users/{client.user}/sessions",
                                                   json.dumps({"name": name}), {"Content-Type": "application/json"})
        self.expect(answer.status == 201, f"201 to POST, not {answer!r}")
        self.sessions[name] = json.loads(answer.body)["id"]
        client.password = json.loads(answer.body)["secret"]

    def logs_out(self, name, words):
        """alice logs out: her session ends"""
        client = self.client(name)
        answer = Web(self.server, client.user, client.password).ask(
            "DELETE", f"/api/v1/users/{client.user}/sessions/{self.sessions[name]}")
        self.expect(answer.status == 200, f"200 to DELETE, not {answer!r}")

    def check(self, key, wanted, values, client):
        found = re.fullmatch(r"\{(\w+)(?: (.*))?\}", wanted)
        verb, argument = (found.group(1), self.expand(found.group(2) or "", client)) if found else ("", "")
        if verb == "absent":
            self.expect(not values, f"no {key}, not {values!r}")
        elif verb == "present":
            self.expect(values, f"a {key}")
        elif verb == "contains":
            self.expect(any(argument in value for value in values), f"{key} with {argument!r}, not {values!r}")
        elif verb == "lacks":
            self.expect(not any(argument in value for value in values), f"{key} without {argument!r}, not {values!r}")
        elif verb == "matches":
            self.expect(any(re.search(argument, value) for value in values), f"{key} like {argument}, not {values!r}")
        elif verb and verb not in ("domain", "server", "contact") and verb not in self.values:
            self.expect(values, f"a {key}")
            self.values[verb] = values[0]
        else:
            wanted = self.expand(wanted, client).strip('"') if key == "body" else self.expand(wanted, client)
            self.expect(wanted in values, f"{key}: {wanted}, not {values!r}")

    def answers(self, name, words):
        status, _, phrase = words[0].partition(" ")
        client = self.client(name)
        client.answer(self.last[name], int(status), phrase or "Answer",
                      self.fields([self.expand(word, client) for word in words[1:]]))

    def disconnects(self, name, words):
        self.client(name).close()
        time.sleep(0.3)

    def connects(self, name, words):
        self.client(name).connect()

    def waits(self, name, words):
        time.sleep(float(words[0].split()[0]))

    def restarts(self, name, words):
        self.expect(name == "server", "only the server restarts")
        self.server.restart()

    def expect(self, condition, what):
        if not condition:
            raise Failure("expected " + what)

    VERBS = ["is", "registers", "unregisters", "sends unauthenticated", "sends within", "sends raw", "sends", "receives",
             "answers", "awaits", "puts", "deletes", "logs in", "logs out", "disconnects", "connects", "waits", "restarts"]

    def run(self, lines):
        for number, line in lines:
            name, _, rest = line.partition(" ")
            rest = rest.strip()
            verb = next((v for v in self.VERBS if rest == v or rest.startswith(v + " ")), None)
            if not verb:
                raise Failure(f"line {number}: no such verb: {line}")
            words = [w for w in re.split(r"\s{2,}|\t+", rest[len(verb):].strip()) if w]
            method = getattr(self, {"is": "is_"}.get(verb, verb.replace(" ", "_")))
            try:
                method(name, words)
            except Failure as failure:
                raise Failure(f"line {number}: {line}\n    {failure}") from None

    def close(self):
        for client in self.clients.values():
            client.close()


def split(path):
    """The scenarios of a file: (title, lines); a comment line begins one."""
    scenarios = []
    with open(path) as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip()
            if line.startswith("# "):
                if not scenarios or scenarios[-1][1]:
                    scenarios.append((line[2:], []))
                else:
                    scenarios[-1] = (scenarios[-1][0] + " " + line[2:].strip(), scenarios[-1][1])
            elif line.strip() and not line.startswith("#"):
                scenarios[-1][1].append((number, line.strip()))
    return scenarios


def run_one(server, path, title, lines, texts):
    scenario = Scenario(server, texts)
    try:
        scenario.run(lines)
        print(f"ok - {os.path.basename(path)}: {title}")
        return True
    except Exception as error:
        print(f"not ok - {os.path.basename(path)}: {title}")
        print(f"    {error}" if isinstance(error, Failure) else traceback.format_exc())
        return False
    finally:
        scenario.close()
        for user in server.passwords:  # nothing is left over for the next one
            server.forget(user)


def main(paths):
    """One server for each file; each scenario finds the accounts new."""
    passed, failed = 0, 0
    for path in paths or sorted(glob.glob(os.path.join(FOLDER, "*.scenario"))):
        with open(path) as f:
            text = f.read()
        settings, texts = re.findall(r"(?m)^#set (\S+)$", text), re.findall(r"(?m)^#let (\w+) (.+)$", text)
        with Server(settings=settings) as server:
            for title, lines in split(path):
                good = run_one(server, path, title, lines, texts)
                passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
