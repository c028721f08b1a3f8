"""What was acknowledged holds when the database hesitates, and after kill -9 (promise 1).

SPDX-License-Identifier: MIT
"""

import os
import signal
import subprocess
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import Client, credentials


class hesitation:
    """with hesitation(server): the database answers nobody, but is not away."""

    def __init__(self, server):
        pid = server.postgres_pid()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
        self.pids = [pid] + [int(child) for child in children.split()]

    def signal(self, number):
        for pid in self.pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def __enter__(self):
        self.signal(signal.SIGSTOP)

    def __exit__(self, *_):
        self.signal(signal.SIGCONT)


def refreshing(client):
    """A REGISTER that changes what the row says, so that it needs a commit; its answer is waited for elsewhere."""
    answers, contact = [], f"<{client.contact}>;q=0.5"
    thread = threading.Thread(target=lambda: answers.append(client.register(60, contact=contact)))
    thread.start()
    return thread, answers


def send(client, user, text, wanted):
    response = client.ask("MESSAGE", client.aor(user), [("Content-Type", "text/plain")], text)
    check(response is not None and response.status == wanted, f"{wanted} to MESSAGE, not {response!r}")


def test_a_binding_that_ends_while_its_refresh_is_committed_is_there_after_kill_9(server):
    alice, bob = Client(server, "alice"), Client(server, "bob")
    check(bob.register(2).status == 200, "200 to REGISTER")
    with hesitation(server):
        thread, answers = refreshing(bob)
        time.sleep(3)  # the old binding ends meanwhile
    thread.join()
    check(answers[0] is not None and answers[0].status == 200, f"200 to REGISTER, not {answers[0]!r}")
    time.sleep(0.5)
    server.restart()
    thread = threading.Thread(target=send, args=(alice, "bob", "after the crash", 200))
    thread.start()
    message = bob.receive(lambda m: m.method == "MESSAGE")
    check(message is not None, "the message, at a phone that never noticed the crash")
    bob.answer(message, 200, "OK")
    thread.join()


def test_an_account_that_is_removed_while_it_registers_is_not_registered(server):
    carol = Client(server, "carol")
    check(carol.register(60).status == 200, "200 to REGISTER")
    with hesitation(server):
        thread, answers = refreshing(carol)
        time.sleep(0.5)
        removing = threading.Thread(target=server.run, args=("user", "remove", "carol"))
        removing.start()
        time.sleep(0.5)
    removing.join()
    thread.join()
    check(answers[0] is None or answers[0].status in (200, 401, 503), f"an answer, not {answers[0]!r}")
    server.run("user", "add", "carol", input=server.passwords["carol"] + "\n")


def test_a_repeated_request_is_served_once_though_its_sender_is_still_looked_up(server):
    dave = Client(server, "dave")  # nobody has asked for him before
    server_uri, contact = f"sip:{server.domain}", [("Contact", f"<{dave.contact}>")]
    challenge = dave.exchange(dave.request("REGISTER", server_uri, contact)).get("www-authenticate")
    line = ("Authorization", credentials(challenge, "dave", dave.password, "REGISTER", server_uri))
    data = dave.request("REGISTER", server_uri, contact + [line])
    with hesitation(server):
        for _ in range(3):
            dave.wire.send(data)
            time.sleep(0.5)
    statuses = []
    while (response := dave.response_to(data, 1)) is not None:
        statuses.append(response.status)
    check(statuses and set(statuses) == {200}, f"200 to REGISTER each time, not {statuses}")


if __name__ == "__main__":
    accounts = {name: name + "-secret" for name in ("alice", "bob", "carol", "dave")}
    with Server(accounts, settings=["registrar.min_expires_s=1"]) as server:
        status = cases.main(sys.modules[__name__], (server,))
    sys.exit(status)
