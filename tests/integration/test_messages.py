"""Messages from outside: what is kept and for how long, in which order it comes, what is untouched on the way, what the
database holds, and what happens while it is away. What one message and its answer show stands in message.scenario.

SPDX-License-Identifier: MIT
"""

import os
import signal
import subprocess
import sys
import threading
import time
import zlib

import cases
from cases import check
from server import Server
from sip import WAIT, Client, credentials, token

USERS = ["alice", "bob", "carol", "expiry", "full", "crash", "two", "order", "backoff", "bodies", "history", "late", "stop"]
SETTINGS = ["limits.mailbox_messages=60", "limits.body_bytes=8000", "message.answer_wait_s=1", "sip.t1_ms=100",
            "message.retry_first_s=1", "message.retry_most_s=4", "storage.wait_s=1", "authentication.nonce_s=3600"]
INSTANCE = "00000000-0000-4000-8000-00000000000"


def status(response):
    return response.status if response else None


def kept(sender, user, text, **more):
    response = sender.message(user, text, **more)
    check(status(response) == 202, f"202 to {text!r}, not {response!r}")


def registered(client, **more):
    response = client.register(**more)
    check(status(response) == 200, repr(response))
    return client


def nothing_comes(client, wait=0.5):
    request = client.receive_request(wait=wait)
    check(request is None, f"nothing more, not {request!r}")


def test_a_message_that_expires_before_the_device_returns_is_not_delivered(server):
    alice, bob = Client(server, "alice"), Client(server, "expiry")
    kept(alice, "expiry", "short", headers=(("Expires", "1"),))
    kept(alice, "expiry", "long", headers=(("Expires", "600"),))
    kept(alice, "expiry", "for ever")
    time.sleep(2.1)
    registered(bob)
    texts = bob.take_messages(2)
    check(texts == ["long", "for ever"], repr(texts))
    nothing_comes(bob)


def test_a_full_mailbox_is_480_with_a_warning_until_it_is_emptied(server):
    alice, bob = Client(server, "alice"), Client(server, "full")
    for n in range(60):
        kept(alice, "full", f"{n}")
    response = alice.message("full", "one too many")
    check(status(response) == 480 and "full" in response.get("warning"), repr(response))
    registered(bob)
    check(len(bob.take_messages(60)) == 60, "not all came")
    nothing_comes(bob)
    bob.unregister()
    kept(alice, "full", "room again")


def test_a_body_over_the_limit_is_413(server):
    alice = Client(server, "alice", transport="tcp")
    kept(alice, "carol", "x" * 8000)
    response = alice.message("carol", "x" * 8001)
    check(status(response) == 413, repr(response))


def message_with_credentials(client, user, text, call_id, cseq, challenge, count):
    uri = client.aor(user)
    line = ("Authorization", credentials(challenge, client.user, client.password, "MESSAGE", uri, count))
    return client.request("MESSAGE", uri, (("Content-Type", "text/plain"), line), text, call_id=call_id, cseq=cseq)


def test_a_message_repeated_after_kill_9_is_recognised(server):
    alice, bob = Client(server, "alice"), Client(server, "crash", instance=INSTANCE + "1")
    call_id = token()
    challenge = alice.ask("MESSAGE", alice.aor("crash"), authenticate=False).get("www-authenticate")
    first = alice.exchange(message_with_credentials(alice, "crash", "once", call_id, 7, challenge, 1))
    check(status(first) == 202, repr(first))
    server.restart()
    again = alice.exchange(message_with_credentials(alice, "crash", "once", call_id, 7, challenge, 2))
    check(status(again) in (200, 202), repr(again))
    check(server.sql("SELECT count(*) FROM messages WHERE call_id = '%s'" % call_id) == [["1"]], "not one row")
    other = alice.exchange(message_with_credentials(alice, "crash", "another", call_id, 8, challenge, 3))
    check(status(other) == 202, repr(other))
    registered(bob)
    texts = bob.take_messages(2)
    check(texts == ["once", "another"], repr(texts))
    nothing_comes(bob)
    again = alice.exchange(message_with_credentials(alice, "crash", "once", call_id, 7, challenge, 4))
    check(status(again) in (200, 202), repr(again))
    server.restart()
    again = alice.exchange(message_with_credentials(alice, "crash", "once", call_id, 7, challenge, 5))
    check(status(again) in (200, 202), repr(again))
    nothing_comes(bob)


def test_two_devices_that_return_at_the_same_time_get_everything_once(server):
    alice = Client(server, "alice")
    devices = [registered(Client(server, "two", transport=t, instance=INSTANCE + n)) for t, n in (("tcp", "1"), ("ws", "2"))]
    for device in devices:
        device.close()
    wanted = [f"{n}" for n in range(20)]
    for text in wanted:
        kept(alice, "two", text)
    got = [[], []]

    def come_back(n):
        device = Client(server, "two", transport=("tcp", "ws")[n], instance=INSTANCE + str(n + 1))
        registered(device)
        got[n] += device.take_messages(20)
        got[n] += device.take_messages(1, 1)
    threads = [threading.Thread(target=come_back, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    check(got == [wanted, wanted], repr(got))


def test_fifty_messages_come_in_order_with_what_they_were_sent_with(server):
    alice, bob = Client(server, "alice"), Client(server, "order")
    sent = {}
    for n in range(50):
        response = alice.message("order", f"{n}", headers=(("X-Number", str(n)), ("Subject", "Zählen")))
        check(status(response) == 202, repr(response))
        sent[f"{n}"] = response
    date = time.time()
    registered(bob)
    texts, seen = [], set()
    while len(texts) < 50:
        request = bob.receive_request()
        check(request is not None, f"only {len(texts)} came")
        bob.answer(request)
        if request.get("via") in seen:
            continue
        seen.add(request.get("via"))
        texts.append(request.text)
        before = sent[request.text]
        for name in ("call-id", "from"):
            check(request.get(name) == before.get(name), f"{name}: {request.get(name)}, was {before.get(name)}")
        check(request.get("to") == before.get("to").split(";tag")[0], request.get("to"))
        check(request.get("x-number") == request.text and request.get("subject") == "Zählen", repr(request))
        check(request.get("date") and request.get("content-type") == "text/plain", repr(request))
        check(abs(time.mktime(time.strptime(request.get("date"), "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone - date) < 120,
              request.get("date"))
    check(texts == [f"{n}" for n in range(50)], repr(texts))
    nothing_comes(bob)


def test_a_device_that_does_not_answer_is_tried_again_less_and_less_often(server):
    """retry_first_s is 1, retry_most_s 4; 480 makes it wait."""
    alice, bob = Client(server, "alice"), registered(Client(server, "backoff"))
    thread = threading.Thread(target=kept, args=(alice, "backoff", "busy"))
    thread.start()
    times = []
    for _ in range(4):
        request = bob.receive_request()
        check(request is not None, f"not tried again after {times}")
        times.append(time.monotonic())
        bob.answer(request, 480, "Busy")
    thread.join()
    gaps = [b - a for a, b in zip(times[1:], times[2:])]
    check(0.8 < gaps[0] < 1.8 and 1.6 < gaps[1] < 3.5, f"waited {gaps}")
    # A registration is a reason to try at once.
    registered(bob)
    start = time.monotonic()
    check(bob.take_messages(1) == ["busy"], "not delivered")
    check(time.monotonic() - start < 2, "the registration was no reason to try again")
    nothing_comes(bob)


def test_bodies_and_foreign_headers_pass_untouched(server):
    """CPIM, IMDN, deflated and binary bodies, online and from the store; linphone's ways of writing."""
    cpim = b"From: <sip:alice@example.test>\r\nTo: <sip:bodies@example.test>\r\nNS: imdn <urn:ietf:params:imdn>\r\n" \
        b"imdn.Message-ID: 34jk324j\r\nDateTime: 2026-04-04T12:16:49-05:00\r\n\r\nContent-type: text/plain\r\n\r\nHi \xc3\xa4"
    imdn = b'<?xml version="1.0"?><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>34jk324j</message-id></imdn>'
    bodies = [("message/cpim", (), cpim), ("message/imdn+xml", (("Content-Encoding", "deflate"),), zlib.compress(imdn)),
              ("application/octet-stream", (), bytes(range(256)) * 4), ("text/plain; charset=UTF-8", (), "ÄÖ€😀".encode()),
              ("multipart/mixed;boundary=x", (), b"--x\r\n\r\na\r\n--x--\r\n"), ("application/x-unheard-of", (), b"\r\n\r\n")]
    alice, bob = Client(server, "alice", transport="tcp"), Client(server, "bodies", instance=INSTANCE + "1")
    foreign = (("P-Strange", "a, b;c=\"d\""), ("Subject", "=?x"), ("Conversation-ID", "77"), ("Priority", "urgent"))
    for online in (True, False):
        if online:
            registered(bob)
        for kind, headers, body in bodies:
            result = {}
            thread = threading.Thread(target=lambda: result.update(r=alice.ask(
                "MESSAGE", alice.aor("bodies"), (("Content-Type", kind),) + headers + foreign, body)))
            thread.start()
            if online:
                check_body(bob, kind, headers + foreign, body)
            thread.join()
            check(status(result["r"]) == (200 if online else 202), f"{kind}: {result['r']!r}")
        if online:
            bob.close()
            server.forget("bodies")
            bob.connect()
    registered(bob)
    for kind, headers, body in bodies:
        check_body(bob, kind, headers + foreign, body)


def check_body(client, kind, headers, body):
    request = client.receive_request()
    check(request is not None, f"{kind}: nothing came")
    client.answer(request)
    check(request.body == body, f"{kind}: {request.body!r}, was {body!r}")
    check(request.get("content-type") == kind, request.get("content-type"))
    for name, value in headers:
        check(request.get(name) == value, f"{name}: {request.get(name)}, was {value}")


def test_linphones_ways_without_content_length_and_brackets(server):
    """clients.md: no Content-Length over UDP where there is no body, To: sip:b@d."""
    server.forget("carol")  # and what the test of large bodies has left
    alice, bob = Client(server, "alice"), Client(server, "carol")
    data = bob.request("REGISTER", "sip:example.test", (("Contact", f"<{bob.contact}>"), ("Content-Length", None)))
    challenge = bob.exchange(data).get("www-authenticate")
    line = ("Authorization", credentials(challenge, "carol", "secret", "REGISTER", "sip:example.test"))
    response = bob.exchange(bob.request("REGISTER", "sip:example.test",
                                        (("Contact", f"<{bob.contact}>"), ("Content-Length", None), line)))
    check(status(response) == 200, repr(response))
    result = {}
    thread = threading.Thread(target=lambda: result.update(r=alice.message(
        "carol", "hello", headers=(("To", "sip:carol@example.test"), ("Content-Length", None)))))
    thread.start()
    request = bob.receive_request()
    check(request is not None and request.text == "hello" and request.get("to") == "sip:carol@example.test", repr(request))
    check(request.get("content-length") == "5", "no Content-Length was added")
    lines = "".join(f"{key}: {value}\r\n" for key, value in request.headers if key in ("via", "from", "to", "call-id", "cseq"))
    bob.wire.send(f"SIP/2.0 200 OK\r\n{lines}\r\n")  # none in the answer either
    thread.join()
    check(status(result["r"]) == 200, repr(result["r"]))


def test_a_sender_that_repeats_over_udp_gets_one_copy_delivered(server):
    alice, bob = Client(server, "alice"), registered(Client(server, "late"))
    bob.take_messages(1, 0.3)
    challenge = alice.ask("MESSAGE", alice.aor("late"), authenticate=False).get("www-authenticate")
    data = message_with_credentials(alice, "late", "one copy", token(), 1, challenge, 1)
    for _ in range(5):
        alice.wire.send(data)
        time.sleep(0.05)
    request = bob.receive_request()
    alice.wire.send(data)
    bob.answer(request)
    alice.wire.send(data)
    check(status(alice.response_to(data)) == 200, "no 200")
    alice.wire.send(data)
    check(status(alice.response_to(data)) == 200, "the repeated request is not answered")
    others = [m for m in iter(lambda: bob.receive_request(wait=0.5), None) if m.get("via") != request.get("via")]
    check(not others, f"another copy: {others}")


def count_rows(server, text):
    return server.sql("SELECT count(*) FROM messages WHERE body = '%s'" % text)[0][0]


def wait_for_rows(server, text, wanted):
    end = time.monotonic() + WAIT
    while count_rows(server, text) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    check(count_rows(server, text) == wanted, f"{count_rows(server, text)} rows of {text!r}, wanted {wanted}")


def exchange(server, alice, bob, text, **more):
    thread = threading.Thread(target=bob.take_messages, args=(1,))
    thread.start()
    response = alice.message(bob.user, text, **more)
    thread.join()
    check(status(response) == 200, repr(response))


def test_history_has_what_was_delivered_and_never_what_is_fleeting(server):
    alice, bob = Client(server, "alice"), registered(Client(server, "history", instance=INSTANCE + "1"))
    exchange(server, alice, bob, "delivered at once")
    wait_for_rows(server, "delivered at once", "1")
    exchange(server, alice, bob, "is composing", content_type="application/im-iscomposing+xml")
    exchange(server, alice, bob, "expires 0", headers=(("Expires", "0"),))
    bob.unregister()
    kept(alice, "history", "for later")
    check(count_rows(server, "for later") == "1", "what is owed has no row")
    check((count_rows(server, "is composing"), count_rows(server, "expires 0")) == ("0", "0"), "fleeting messages are stored")
    registered(bob)
    check(bob.take_messages(1) == ["for later"], "not delivered")
    check(count_rows(server, "for later") == "1", "history has lost what was delivered")


def test_without_history_only_what_is_owed_is_kept(_server):
    passwords = {"alice": "secret", "bob": "secret"}
    with Server(passwords, settings=["history.keep_days=0", "sip.t1_ms=100"]) as server:
        alice, bob = Client(server, "alice"), registered(Client(server, "bob", instance=INSTANCE + "1"))
        exchange(server, alice, bob, "not to be kept")
        bob.unregister()
        kept(alice, "bob", "owed")
        check(count_rows(server, "owed") == "1", "what is owed is not kept")
        check(count_rows(server, "not to be kept") == "0", "history is off and yet written")
        registered(bob)
        check(bob.take_messages(1) == ["owed"], "not delivered")


def children(pid):
    lines = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(line) for line in lines.split()]


def check_away(server, alice, bob, where):
    """What is promised while PostgreSQL is away: bob is online, stop is not."""
    exchange(server, alice, bob, token())
    start = time.monotonic()
    response = alice.message("stop", "cannot be kept")
    check(status(response) == 503 and response.get("retry-after"), f"{where}: offline MESSAGE: {response!r}")
    check(time.monotonic() - start < 10, f"{where}: 503 only after {time.monotonic() - start:.1f} s")
    other = Client(server, "stop")
    response = other.register(contact="<sip:new@192.0.2.77>")
    check(status(response) == 503 and response.get("retry-after"), f"{where}: REGISTER: {response!r}")


def wait_until_back(alice, user, seconds=30):
    end = time.monotonic() + seconds
    while True:
        response = alice.message(user, "kept again")
        if status(response) == 202:
            return
        check(time.monotonic() < end, f"not back: {response!r}")
        time.sleep(0.1)


def test_while_postgresql_hangs_or_is_killed_online_messages_go_on(server):
    alice, bob = Client(server, "alice"), registered(Client(server, "bob", instance=INSTANCE + "1"))
    stop = registered(Client(server, "stop", instance=INSTANCE + "1"))
    stop.unregister()  # the account and its device are known
    pid = server.postgres_pid()
    pids = [pid] + children(pid)
    for one in pids:
        os.kill(one, signal.SIGSTOP)
    try:
        check_away(server, alice, bob, "stopped")
    finally:
        for one in pids:
            os.kill(one, signal.SIGCONT)
    wait_until_back(alice, "stop")
    check(server.kill_postgres(), "there was no PostgreSQL to kill")
    exchange(server, alice, bob, "right after the kill")
    wait_until_back(alice, "stop")
    registered(stop)
    check(all(text == "kept again" for text in stop.take_messages(2)), "what came back was never acknowledged")


def main():
    with Server({user: "secret" for user in USERS}, settings=SETTINGS) as server:
        return cases.main(sys.modules[__name__], [server])


if __name__ == "__main__":
    sys.exit(main())
