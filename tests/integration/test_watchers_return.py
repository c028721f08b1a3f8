"""Watchers whose SUBSCRIBE, or whose connection, was cut by a restart of the server: they stay in their dialogs.

SPDX-License-Identifier: MIT
"""

import re
import sys
import time

import cases
from cases import check
from server import Server
from sip import Client, credentials

INSTANCE = "00000000-0000-4000-8000-000000000001"


def headers(client, contact=None):
    return [("Event", "presence"), ("Expires", "600"), ("Contact", contact or f"<{client.contact}>")]


def subscribe(client, call_id, **more):
    """The request that was answered 200, as it was sent, and the answer."""
    uri = client.aor("bob")
    challenge = client.exchange(client.request("SUBSCRIBE", uri, headers(client), call_id=call_id, **more))
    check(challenge.status == 401, f"401, not {challenge!r}")
    authorization = ("Authorization", credentials(challenge.get("www-authenticate"), client.user, client.password,
                                                  "SUBSCRIBE", uri))
    data = client.request("SUBSCRIBE", uri, (*headers(client), authorization), call_id=call_id, **more)
    return data, answered(client, data)


def answered(client, data):
    response = client.exchange(data)
    check(response is not None and response.status == 200, f"200, not {response!r}")
    return response


def notified(client):
    notify = client.receive_request("NOTIFY")
    check(notify is not None, "a NOTIFY")
    client.answer(notify)
    return notify


def tag(text):
    return re.search(r"tag=([^;]+)", text).group(1)


def count(server):
    return int(server.sql("SELECT count(*) FROM subscriptions")[0][0])


def test_a_subscribe_that_is_sent_again_after_a_restart_goes_on_in_its_dialog(server):
    alice = Client(server, "alice")
    data, first = subscribe(alice, "lost-answer")
    notified(alice)
    server.restart()
    notified(alice)
    again = answered(alice, data)
    check(tag(again.get("to")) == tag(first.get("to")), f"{again.get('to')} after {first.get('to')}")
    notify = notified(alice)
    check(tag(notify.get("from")) == tag(first.get("to")), "and is told in it")
    check(count(server) == 1, f"{count(server)} rows")
    check(alice.receive_request("NOTIFY", 1) is None, "once")
    alice.close()
    server.forget("alice")


def test_a_refresh_that_is_sent_again_after_a_restart_is_answered_200(server):
    alice = Client(server, "alice")
    _, first = subscribe(alice, "lost-refresh")
    notified(alice)
    # Another Contact: the row is written with the CSeq of the refresh.
    refresh = (*headers(alice, f"<{alice.contact};moved>"), ("To", first.get("to")))
    for is_restarted in (False, True):
        if is_restarted:
            server.restart()
            notified(alice)
        response = alice.ask("SUBSCRIBE", alice.aor("bob"), refresh, call_id="lost-refresh", cseq=100)
        check(response.status == 200, f"200, not {response!r}")
        notified(alice)
    alice.close()
    server.forget("alice")


def test_a_subscription_made_before_the_device_registered_comes_back_with_the_device(server):
    for transport in ("tcp", "ws"):
        alice = Client(server, "alice", transport=transport, instance=INSTANCE)
        _, response = subscribe(alice, f"before-{transport}")
        notified(alice)
        check(alice.register().status == 200, "registered")
        alice.close()
        server.restart()
        alice.connect()
        check(alice.register().status == 200, "registered again")
        notify = notified(alice)
        check(notify.get("call-id") == f"before-{transport}", "it is told in its dialog")
        check(tag(notify.get("from")) == tag(response.get("to")), "it is told in its dialog")
        check(int(notify.get("cseq").split()[0]) > 1, "CSeq has grown")
        alice.close()
        server.forget("alice")


def test_the_ports_are_free_when_the_server_is_killed_after_its_postgresql_was(server):
    check(server.kill_postgres(), "a PostgreSQL to kill")
    end = time.monotonic() + 30
    while (answer := Client(server, "bob").register(wait=5)) is None or answer.status != 200:
        check(time.monotonic() < end, "it is started again")
        time.sleep(0.2)
    server.restart()
    check(Client(server, "bob").register().status == 200, "it serves again")


if __name__ == "__main__":
    with Server() as server:
        sys.exit(cases.main(sys.modules[__name__], (server,)))
