"""Watchers at bad moments: their subscription ends, or the server is busy with others, while something is committed or
to be told.

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
from sip import Client, credentials, token

FROZEN_S = 0.5  # long enough for everything that does not wait for the database


def freeze(server, number):
    """The database's processes that serve the server, stopped or going on again."""
    lines = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(server.postgres_pid())], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    for pid, words in (line.split(None, 1) for line in lines):
        if "heliograph" in words:
            os.kill(int(pid), number)


def subscribe(client, to, event="presence", expires=600):
    return client.ask("SUBSCRIBE", client.aor(to), (("Contact", f"<{client.contact}>"), ("Event", event),
                                                    ("Expires", str(expires))), call_id=token(14))


def send_within(client, answer, to, expires, contact=None):
    """A SUBSCRIBE in the dialog, authenticated, whose answer is not waited for; its bytes."""
    headers = (("To", answer.get("to")), ("Contact", f"<{contact or client.contact}>"), ("Event", "presence"),
               ("Expires", str(expires)))
    call_id, uri = answer.get("call-id"), client.aor(to)
    challenge = client.exchange(client.request("SUBSCRIBE", uri, headers, call_id=call_id))
    line = ("Authorization", credentials(challenge.get("www-authenticate"), client.user, client.password, "SUBSCRIBE",
                                         uri))
    request = client.request("SUBSCRIBE", uri, headers + (line,), call_id=call_id)
    client.wire.send(request)
    return request


def while_it_is_committed(server, expires, status, contact=None):
    """The answer to a SUBSCRIBE in a dialog whose NOTIFY gets that status between its arrival and its commit."""
    alice = Client(server, "alice")
    answer = subscribe(alice, "bob")
    notify = alice.receive_request("NOTIFY")
    freeze(server, signal.SIGSTOP)
    try:
        request = send_within(alice, answer, "bob", expires, contact)
        time.sleep(FROZEN_S)
        alice.answer(notify, status, "Whatever")
        time.sleep(FROZEN_S)
    finally:
        freeze(server, signal.SIGCONT)
    return alice, alice.response_to(request)


def test_an_end_is_answered_200_though_the_notify_before_it_is_answered_meanwhile(server):
    alice, response = while_it_is_committed(server, 0, 200)
    check(response.status == 200, f"not {response}")
    last = alice.receive(lambda m: m.method == "NOTIFY" and "terminated" in m.get("subscription-state"))
    check(last is not None, "the last NOTIFY is missing")
    alice.answer(last)


def test_an_end_is_answered_200_though_the_watcher_says_481_meanwhile(server):
    _, response = while_it_is_committed(server, 0, 481)
    check(response.status == 200, f"not {response}")


def test_a_refresh_is_answered_481_where_the_watcher_says_481_meanwhile(server):
    _, response = while_it_is_committed(server, 600, 481, contact="sip:alice@127.0.0.1:9")
    check(response.status == 481, f"not {response}")


def test_fetches_that_are_not_answered_count_for_the_limit(server):
    carol = Client(server, "carol")
    answers = [subscribe(carol, "bob", expires=0).status for _ in range(12)]
    check(answers == [200] * 10 + [403] * 2, f"not {answers}")


def change_all_the_time(server, number, is_over):
    phone = Client(server, "dave", instance=f"00000000-0000-4000-8000-{number:012d}")
    while not is_over.is_set():
        phone.register()
        phone.unregister()
    phone.close()


def answer_all(client, is_over):
    while not is_over.is_set():
        notify = client.receive_request("NOTIFY", 0.2)
        if notify:
            client.answer(notify)


def test_who_was_not_told_since_the_start_is_told_though_others_change_all_the_time(server):
    erin, dave = Client(server, "erin"), Client(server, "dave")
    wanted = {f"presence;id={number}" for number in range(10)}
    for event in wanted:
        subscribe(erin, "bob", event)
        erin.answer(erin.receive_request("NOTIFY"))
    check(subscribe(dave, "dave", "reg").status == 200, "dave watches his registrations")
    dave.answer(dave.receive_request("NOTIFY"))
    server.restart()
    is_over = threading.Event()
    threads = [threading.Thread(target=change_all_the_time, args=(server, number, is_over)) for number in range(6)]
    threads.append(threading.Thread(target=answer_all, args=(dave, is_over)))
    for thread in threads:
        thread.start()
    try:
        end = time.monotonic() + 5
        while wanted and time.monotonic() < end:
            notify = erin.receive_request("NOTIFY", 1)
            if notify:
                erin.answer(notify)
                wanted.discard(notify.get("event"))
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    check(not wanted, f"not told: {wanted}")


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in ("alice", "bob", "carol", "dave", "erin")}
    with Server(passwords, settings=["limits.subscriptions_per_account=10", "subscription.resumed_per_second=50",
                                     "log.level=warning"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
