"""Which algorithms a 401 offers: both (RFC 8760), unless the client is known to stumble over that.

SPDX-License-Identifier: MIT
"""

import sys

import cases
from cases import check
from server import Server
from sip import Client, parameters


def offers(server, transport, user_agent=None):
    client = Client(server, "alice", transport=transport)
    headers = (("Contact", f"<{client.contact}>"),) + ((("User-Agent", user_agent),) if user_agent else ())
    response = client.ask("REGISTER", f"sip:{server.domain}", headers, authenticate=False)
    check(response is not None and response.status == 401, f"401 expected, not {response}")
    client.close()
    return [parameters(line)["algorithm"] for line in response.all("www-authenticate")]


def test_md5_and_sha256_are_offered_in_that_order_over_udp_tcp_and_tls(server):
    for transport in ("udp", "tcp", "tls"):
        check(offers(server, transport) == ["MD5", "SHA-256"], transport)


def test_over_websocket_md5_is_the_last_since_browsers_libraries_keep_the_last_challenge(server):
    for transport in ("ws", "wss"):
        check(offers(server, transport, "JsSIP 3.13.8") == ["SHA-256", "MD5"], transport)


def test_baresip_that_fails_with_any_sha256_challenge_gets_md5_alone(server):
    for transport in ("udp", "tcp", "tls"):
        check(offers(server, transport, "baresip v1.0.0 (x86_64/linux)") == ["MD5"], transport)
    check(offers(server, "udp", "Not a baresip v1.0.0") == ["MD5", "SHA-256"], "another client is taken for baresip")


def test_sha256_is_accepted_where_it_was_offered(server):
    for transport in ("udp", "ws"):
        client = Client(server, "alice", transport=transport)
        client.algorithm = "SHA-256"
        check(client.register().status == 200, transport)
        client.close()


def test_a_server_without_md5_offers_sha256_to_everybody(_server):
    with Server(settings=["authentication.algorithms=SHA-256"]) as strict:
        check(offers(strict, "ws") == ["SHA-256"], "ws")
        check(offers(strict, "udp", "baresip v1.0.0 (x86_64/linux)") == ["SHA-256"], "baresip")


if __name__ == "__main__":
    with Server() as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
