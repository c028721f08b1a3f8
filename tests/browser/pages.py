"""The web client in headless Chromium: starts a server that serves the page, and one of the scripts beside this file,
which uses it. What the script asks for (harness.mjs) is done here.

    python3 pages.py chat.mjs [PART OF A TEST'S NAME]

SPDX-License-Identifier: MIT
"""

import json
import os
import shutil
import subprocess
import sys
from xml.sax.saxutils import escape

FOLDER = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(FOLDER)
sys.path[:0] = [os.path.join(TESTS, "integration"), os.path.join(TESTS, "interop")]
from clients import Baresip  # noqa: E402
from server import ROOT, Server  # noqa: E402
from sip import Client  # noqa: E402
from web import Web  # noqa: E402

PAGE = os.path.join(ROOT, "web-client", "dist")
MOST_TESTS = 24
MAILBOX_MESSAGES = 20  # most that may wait for one account


def missing():
    """What is not there, in a sentence; the commands are ./dev test's."""
    if not os.path.exists(os.path.join(PAGE, "index.html")):
        return "web-client/dist is not built: ./dev build"
    if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
        return "tests/browser/node_modules is missing: npm ci"
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium")):
        return "there is no chromium"
    return None


class World:
    """The server, and whoever is there beside the browsers. Each public method is a command of harness.mjs."""

    def __init__(self, server):
        self._server = server
        self._phones = {}

    def kill(self):
        self._server.kill()

    def start(self):
        self._server.start()

    def restart(self):
        self._server.restart()

    def silent(self, user):
        """A phone that registers and then answers nothing."""
        Client(self._server, user).register()

    def run(self, words, input=None):
        """A command of the program."""
        said = self._server.run(*words, input=input)
        if said.returncode != 0:
            raise RuntimeError(said.stderr or said.stdout)
        return said.stdout

    def sql(self, statement):
        return self._server.sql(statement)

    def buddies(self, user, others):
        """The user's buddy list has these, in one group."""
        self.people(user, [["Colleagues", [[other, ""] for other in others]]])

    def people(self, user, groups):
        """The user's buddy list: groups of users, each with the name that he is given."""
        def entry(other, name):
            shown = f"<display-name>{escape(name)}</display-name>" if name else ""
            return f'<entry uri="sip:{other}@{self._server.domain}">{shown}</entry>'
        lists = "".join(f'<list name="{escape(name.lower())}"><display-name>{escape(name)}</display-name>'
                        f"{''.join(entry(*person) for person in people)}</list>" for name, people in groups)
        answer = Web(self._server, user).ask(
            "PUT", f"/xcap/resource-lists/users/{user}/index",
            f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">{lists}</resource-lists>'.encode(),
            {"Content-Type": "application/resource-lists+xml"})
        if answer.status not in (200, 201):
            raise RuntimeError(repr(answer))

    def fill_mailbox(self, sender, receiver):
        """So much waits for the receiver that nothing more is kept."""
        for number in range(MAILBOX_MESSAGES):
            self.run(["message", sender, receiver, f"filling {number}"])

    def history(self, one, other, count):
        """Texts "message 1" and so on, of last year but for the last one, by one and the other."""
        self.sql(
            "INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, kind, identity, sender,"
            " call_id, request_uri, from_value, to_value, headers, content_type, body)"
            " SELECT (200000000000::bigint + i) << 20, r.id, s.id, 1777836800000 + i * 60000, 1, 1, 1,"
            f" md5('{one} {other} ' || i)::uuid, '', convert_to('{one} {other} ' || i, 'UTF8'), '', '', '', '',"
            " 'text/plain', convert_to('message ' || i, 'UTF8')"
            f" FROM generate_series(1, {count - 1}) i"
            f" JOIN accounts r ON r.user_name = CASE WHEN i % 3 = 0 THEN '{one}' ELSE '{other}' END"
            f" JOIN accounts s ON s.user_name = CASE WHEN i % 3 = 0 THEN '{other}' ELSE '{one}' END")
        self.run(["message", one, other, f"message {count}"])

    def mailbox_counts(self, user, fresh):
        """What a voicemail system tells by the API."""
        token = self.run(["token", "add", f"voicemail-{user}", "mailboxes:write"]).split()[-1]
        answer = Web(self._server, token=token).ask("PUT", f"/api/v1/mailboxes/{user}",
                                                    json.dumps({"voice": {"new": fresh, "old": 0}}).encode(),
                                                    {"Content-Type": "application/json"})
        if answer.status != 200:
            raise RuntimeError(repr(answer))

    def phone(self, user, users):
        """baresip for `user`, registered; `users` are in its contacts."""
        phone = Baresip(self._server, user, "tcp", users, modules=("presence",), contact=";presence=p2p")
        self._phones[user] = phone
        phone.start()

    def says(self, user, to, text):
        """The phone sends; the status of the answer."""
        return self._phones[user].send(to, text)

    def hears(self, user, text):
        """Until the phone has received the text; how often."""
        self._phones[user].wait_received(text)
        return self._phones[user].received(text)

    def hang_up(self, user):
        """The phone is switched off."""
        self._phones.pop(user).kill()

    def _end(self):
        for phone in self._phones.values():
            phone.kill()


def obey(world, line):
    command = json.loads(line)
    name = command.pop("do")
    try:
        if name.startswith("_"):
            raise ValueError("no command")
        return {"result": getattr(world, name)(**command)}
    except Exception as error:  # the script's test fails with it
        return {"error": f"{type(error).__name__}: {error}"}


def run(server, script, words, make_world=World):
    environment = dict(os.environ, HTTP_URL=f"http://127.0.0.1:{server.web_port}/",
                       HTTPS_URL=f"https://127.0.0.1:{server.web_tls_port}/",
                       CHROMIUM=os.environ.get("CHROMIUM") or shutil.which("chromium"))
    process = subprocess.Popen(["node", os.path.join(FOLDER, script), *words], env=environment, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    world = make_world(server)
    try:
        for line in process.stdout:
            if line.startswith("@"):
                process.stdin.write(json.dumps(obey(world, line[1:])) + "\n")
                process.stdin.flush()
            else:
                print(line, end="", flush=True)
        return process.wait()
    finally:
        world._end()


def main():
    reason = missing()
    if reason:
        print(f"not ok - {reason}\n0 passed, 1 failed")
        return 1
    script, *words = sys.argv[1:]
    settings = [f"web.root={PAGE}", "web.voicemail_url=https://pbx.example.test/voicemail",
                f"limits.mailbox_messages={MAILBOX_MESSAGES}"]
    passwords = {f"{name}{n}": f"{name}{n}-secret" for n in range(1, MOST_TESTS + 1) for name in ("alice", "bob")}
    with Server(passwords, settings=settings) as server:
        return run(server, script, words)


if __name__ == "__main__":
    sys.exit(main())
