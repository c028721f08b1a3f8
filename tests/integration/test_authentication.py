"""Digest from outside (RFC 3261 §22, RFC 7616): nonces and their counts, what is refused and how, and who may say that he
is whom. Which algorithms are offered to which client stands in test_challenge.py.

SPDX-License-Identifier: MIT
"""

import re
import socket
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import Client, credentials, parameters, token

SETTINGS = ["authentication.nonce_s=10"]


def challenge_of(client):
    response = client.ask("REGISTER", f"sip:{client.server.domain}", authenticate=False)
    check(response is not None and response.status == 401, repr(response))
    return response


def offer(response, algorithm="MD5"):
    return next(line for line in response.all("www-authenticate") if parameters(line)["algorithm"] == algorithm)


def register(client, authorization, **more):
    """A fetch of the bindings with that Authorization header."""
    return client.exchange(client.request("REGISTER", f"sip:{client.server.domain}", (("Authorization", authorization),), **more))


def right(client, challenge, count=1, **more):
    return credentials(challenge, client.user, client.password, "REGISTER", f"sip:{client.server.domain}", count, **more)


def is_challenge(response, stale=False):
    lines = response.all("www-authenticate") if response is not None and response.status == 401 else []
    return bool(lines) and all(("stale=true" in line.lower()) == stale and "nonce=" in line for line in lines)


def counter(server, name):
    found = re.search(rf"(?m)^\s*{name}[ :=]+(\d+)", server.run("status").stdout)
    check(found, f"no {name} in status: {server.run('status').stdout}")
    return int(found.group(1))


def test_md5_and_sha256_on_every_transport_and_family(server):
    for transport in ("udp", "tcp", "tls", "ws", "wss"):
        for family in (socket.AF_INET, socket.AF_INET6):
            client = Client(server, "alice", transport=transport, family=family)
            for algorithm in ("MD5", "SHA-256"):
                line = right(client, offer(challenge_of(client), algorithm))
                check(register(client, line).status == 200, f"{transport}, {family}, {algorithm}")
            client.close()


def test_a_nonce_is_used_again_with_growing_counts_and_never_twice_with_one(server):
    client = Client(server, "alice")
    challenge = offer(challenge_of(client))
    for count in (1, 2, 3, 7, 5, 6):  # requests overtake each other
        response = register(client, right(client, challenge, count))
        check(response.status == 200, f"count {count}: {response!r}")
    replayed = counter(server, "replayed_nonces")
    for count in (7, 1, 5):
        response = register(client, right(client, challenge, count))
        check(is_challenge(response, stale=True), f"count {count} again: {response!r}")
        check(parameters(offer(response))["nonce"] != parameters(challenge)["nonce"], "the challenge is not fresh")
    check(counter(server, "replayed_nonces") == replayed + 3, "replays are not counted")
    check(register(client, right(client, challenge, 8)).status == 200, "a new count after a replay")
    line = right(client, challenge, 9)
    other = Client(server, "alice", transport="tcp")  # the same bytes by another way
    check(register(client, line).status == 200, "count 9")
    check(register(other, line).status == 401, "the same credentials were taken twice")


def test_a_replay_is_no_retransmission(server):
    """The same bytes again within the transaction get the same answer, and use up no count."""
    client = Client(server, "alice")
    challenge = offer(challenge_of(client))
    data = client.request("REGISTER", "sip:example.test", (("Authorization", right(client, challenge)),))
    first = client.exchange(data)
    client.wire.send(data)
    second = client.response_to(data)
    check(first.status == 200 and second is not None and second.status == 200, repr(second))
    check(register(client, right(client, challenge, 2)).status == 200, "count 2 is not taken any more")


def test_a_nonce_survives_the_restart_and_ages(server):
    client = Client(server, "alice")
    challenge, start = offer(challenge_of(client)), time.monotonic()
    server.restart()
    check(time.monotonic() - start > 9 or register(client, right(client, challenge)).status == 200,
          "the nonce was lost by kill -9")
    time.sleep(max(0.0, start + 11.5 - time.monotonic()))
    stale = counter(server, "stale_nonces")
    response = register(client, right(client, challenge, 2))
    check(is_challenge(response, stale=True), f"an old nonce: {response!r}")
    check(counter(server, "stale_nonces") == stale + 1, "stale nonces are not counted")
    check(register(client, right(client, offer(response))).status == 200, "the fresh challenge is no good")


def test_a_wrong_password_is_challenged_again_and_counted(server):
    client = Client(server, "alice", password="wrong")
    before = counter(server, "wrong_passwords")
    for algorithm in ("MD5", "SHA-256"):
        response = register(client, right(client, offer(challenge_of(client), algorithm)))
        check(is_challenge(response), f"{algorithm}: {response!r}")
    check(counter(server, "wrong_passwords") == before + 2, "wrong passwords are not counted")


def shape(response):
    """A response without what is different in each."""
    text = repr(response).lower()
    return re.sub(r'nonce="[^"]*"|tag=[^;\s]+|call-id: \S+|branch=[^;\s]+|cseq: \d+|rport=\d+|via: [^;]*|from: .*|to: .*', "", text)


def test_nobody_can_tell_which_accounts_exist(server):
    shapes = []
    for user in ("alice", "nobody-here", "Alice", "al%69ce"):
        client = Client(server, user, password="wrong")
        line = right(client, offer(challenge_of(client)))
        shapes.append(shape(register(client, line)))
    check(len(set(shapes)) == 1, f"{shapes}")


def test_what_was_not_offered_is_not_taken(server):
    client = Client(server, "alice")
    challenge = offer(challenge_of(client))
    good = right(client, challenge)
    p = parameters(good)
    for what, line in (
            ("no qop", re.sub(r", qop=auth|, nc=\w+|, cnonce=\"\w+\"", "", good)),
            ("auth-int", good.replace("qop=auth", "qop=auth-int")),
            ("no nc", re.sub(r", nc=\w+", "", good)),
            ("another algorithm", good.replace("algorithm=MD5", "algorithm=SHA-512-256")),
            ("the other algorithm's name", good.replace("algorithm=MD5", "algorithm=SHA-256")),
            ("another realm", good.replace('realm="example.test"', 'realm="elsewhere.test"')),
            ("another nonce", good.replace(p["nonce"], "0" * len(p["nonce"]))),
            ("a nonce with one character turned", good.replace(p["nonce"], ("B" if p["nonce"][0] == "A" else "A") + p["nonce"][1:])),
            ("no response", re.sub(r', response="\w+"', "", good)),
            ("garbage", "Digest ,,,=,\"\"=;"), ("Basic", "Basic YWxpY2U6YS1zZWNyZXQ=")):
        response = register(client, line)
        check(response is not None and response.status in (401, 400), f"{what}: {response!r}")
        check(response.status == 400 or response.all("www-authenticate"), f"{what}: no challenge")
    check(register(client, right(client, challenge, 2)).status == 200, "and the right one is")


def test_several_authorization_headers_of_several_realms(server):
    client = Client(server, "alice")
    line = right(client, offer(challenge_of(client)))
    other = line.replace('realm="example.test"', 'realm="elsewhere.test"')
    response = client.exchange(client.request("REGISTER", "sip:example.test", (("Authorization", other), ("Authorization", line))))
    check(response is not None and response.status == 200, repr(response))


def test_from_is_the_authenticated_user(server):
    alice = Client(server, "alice")
    for sender in ("<sip:bob@example.test>", "<sip:alice@elsewhere.test>", '"alice" <sip:bob@example.test>',
                   "<sip:Alice@example.test>", "<tel:+1555>", "<sip:example.test>"):
        response = alice.ask("MESSAGE", "sip:bob@example.test", (("From", f"{sender};tag=x"),), "x")
        check(response.status == 403 and "From" in response.get("warning"), f"{sender}: {response!r}")
    for sender in ("sip:alice@example.test", "<sip:%61lice@EXAMPLE.test>", '"Somebody" <sip:alice@example.test;x=y>',
                   f"<sip:alice@127.0.0.1:{server.sip_port}>"):
        response = alice.ask("REGISTER", "sip:example.test", (("From", f"{sender};tag=x"),))
        check(response.status == 200, f"{sender}: {response!r}")


def test_nobody_registers_for_somebody_else(server):
    alice = Client(server, "alice")
    for to in ("sip:bob@example.test", "sip:nobody@example.test"):
        response = alice.register(to=to)
        check(response.status == 403 and "To" in response.get("warning"), f"{to}: {response!r}")
    bob = Client(server, "bob")
    check(not bob.ask("REGISTER", "sip:example.test").all("contact"), "bob has a binding of alice's")


def test_a_digest_uri_that_is_not_the_request_uri_is_taken(server):
    """SIPp and others write what they like into it; the response is computed over what stands there (clients.md)."""
    client = Client(server, "alice")
    challenge = offer(challenge_of(client))
    for count, uri in enumerate(("sip:127.0.0.1", "sip:alice@example.test", "sip:example.test:5060"), 1):
        line = credentials(challenge, "alice", client.password, "REGISTER", uri, count)
        check(register(client, line).status == 200, uri)


def test_many_wrong_passwords_disturb_nobody(server):
    bob = Client(server, "bob")
    check(bob.register().status == 200, "bob")
    done = threading.Event()

    def guess():
        client = Client(server, "alice", password="wrong")
        challenge = offer(challenge_of(client))
        for count in range(1, 200):
            response = register(client, credentials(challenge, "alice", token(), "REGISTER", "sip:example.test", count))
            if not is_challenge(response):
                return
        done.set()
    thread = threading.Thread(target=guess)
    thread.start()
    while thread.is_alive():
        check(bob.register().status == 200, "bob is disturbed")
    check(done.is_set(), "a guess was not challenged")
    check(Client(server, "alice").register().status == 200, "alice herself is locked out")


def main():
    with Server(settings=SETTINGS, bind="127.0.0.1,::1") as server:
        return cases.main(sys.modules[__name__], [server])


if __name__ == "__main__":
    sys.exit(main())
