"""The registrar from outside: flows and instances (RFC 5626), Path (RFC 3327), GRUUs (RFC 5627), limits and expiry
(RFC 3261 §10), and what of it is there after kill -9. What one request and its answer show stands in registrar.scenario.

SPDX-License-Identifier: MIT
"""

import re
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import WAIT, Client, token

USERS = ["alice", "bob", "carol", "many", "shorty", "gruu", "flows", "paths", "browser", "quick", "lease"]
SETTINGS = ["registrar.min_expires_s=1", "message.answer_wait_s=1", "limits.contacts_per_account=100",
            "message.retry_first_s=1", "message.retry_most_s=1", "sip.t1_ms=100"]
INSTANCE = "00000000-0000-4000-8000-00000000000"
OUTBOUND = (("Supported", "path, outbound, gruu"),)


def flow_contact(client, reg_id, instance=1, more=""):
    return f'<{client.contact}>;+sip.instance="<urn:uuid:{INSTANCE}{instance}>";reg-id={reg_id}{more}'


def registered(client, **more):
    response = client.register(**more)
    check(response is not None and response.status == 200, repr(response))
    return response


def bindings(client):
    response = client.ask("REGISTER", f"sip:{client.server.domain}")
    check(response is not None and response.status == 200, repr(response))
    return response.all("contact")


def gets(client, sender, text=None, status=200):
    """A MESSAGE to the user arrives at this client; the request."""
    text = text or token()
    result = {}
    thread = threading.Thread(target=lambda: result.update(response=sender.message(client.user, text)))
    thread.start()
    request = client.receive(lambda m: m.method == "MESSAGE" and m.text == text)
    if request:
        client.answer(request)
    thread.join(WAIT)
    check(request is not None, f"{client.user} got nothing; the sender got {result.get('response')!r}")
    check(result["response"] is not None and result["response"].status == status, repr(result["response"]))
    return request


def test_a_flow_moves_to_the_new_connection(server):
    """RFC 5626 §6: same instance and reg-id over a new connection replace the old one."""
    alice, old = Client(server, "alice"), Client(server, "flows", transport="tcp")
    response = registered(old, contact=flow_contact(old, 1), headers=OUTBOUND)
    check(any("outbound" in value for value in response.all("require")), f"no Require: outbound: {response!r}")
    new = Client(server, "flows", transport="ws")
    registered(new, contact=flow_contact(new, 1), headers=OUTBOUND)
    check(len(bindings(new)) == 1, f"two bindings for one flow: {bindings(new)}")
    gets(new, alice)
    check(old.receive_request(wait=0.3) is None, "the old connection got it too")
    second = Client(server, "flows", transport="tls")
    registered(second, contact=flow_contact(second, 2), headers=OUTBOUND)
    check(len(bindings(new)) == 2, "the second flow is no binding of its own")
    gets(second, alice)
    check(new.receive_request(wait=0.3) is None, "one device got the message over both flows")
    second.close()
    gets(new, alice)
    registered(new, contact=flow_contact(new, 1), headers=OUTBOUND, expires=0)
    server.forget("flows")


def test_reg_id_rules(server):
    client = Client(server, "flows", transport="tcp")
    both = flow_contact(client, 1) + ", " + flow_contact(client, 2).replace("sip:flows@", "sip:flows2@")
    response = client.register(contact=both, headers=OUTBOUND)
    check(response.status == 400, f"two reg-ids in one REGISTER: {response!r}")
    via = ("Via", "SIP/2.0/TCP edge.example.test;branch=z9hG4bK" + token())
    for require, wanted in ((("Require", "outbound"),), 439), ((), 200):
        response = client.register(contact=flow_contact(client, 1), headers=OUTBOUND + require + (
            ("Path", "<sip:edge.example.test;lr>"),))
        check(response.status == wanted, f"a first hop without ob, {require}: {response!r}")
    response = client.register(contact=flow_contact(client, 1), headers=OUTBOUND + (("Path", "<sip:edge.example.test;lr;ob>"),))
    check(response.status == 200 and "outbound" in response.get("require"), f"a first hop with ob: {response!r}")
    response = client.register(contact=f"<{client.contact}>;reg-id=1", headers=OUTBOUND)
    check(response.status == 200 and "outbound" not in response.get("require"), f"reg-id without an instance: {response!r}")
    server.forget("flows")


def test_path_is_the_route_of_what_is_delivered(server):
    """RFC 3327 §5.1."""
    alice, bob = Client(server, "alice"), Client(server, "paths")
    registered(bob, headers=(("Supported", "path"), ("Path", "<sip:one.example.test;lr>"),
                             ("Path", "<sip:two.example.test;lr>, <sip:three.example.test;lr>")))
    request = gets(bob, alice)
    routes = ", ".join(request.all("route")).replace(" ", "")
    check(routes == "<sip:one.example.test;lr>,<sip:two.example.test;lr>,<sip:three.example.test;lr>", routes)
    server.restart()
    request = gets(bob, alice)
    check(", ".join(request.all("route")).replace(" ", "") == routes, "the Path is lost by kill -9")
    # The same from the store: refused for now, then delivered again.
    text = token()
    thread = threading.Thread(target=alice.message, args=("paths", text))
    thread.start()
    request = bob.receive_request()
    bob.answer(request, 480, "Later")
    thread.join()
    again = bob.receive(lambda m: m.method == "MESSAGE" and m.text == text)
    check(again is not None and ", ".join(again.all("route")).replace(" ", "") == routes, "no Route on what was stored")
    bob.answer(again)


def gruus(response, instance=INSTANCE + "1"):
    contact = next(value for value in response.all("contact") if instance in value)
    return [re.search(kind + r'="([^"]+)"', contact).group(1) for kind in ("pub-gruu", "temp-gruu")]


def test_gruus_lead_to_one_device_and_survive_kill_9(server):
    """RFC 5627 §3.1, §5.3: messages to a GRUU reach that instance alone."""
    alice = Client(server, "alice")
    one, two = (Client(server, "gruu", instance=INSTANCE + n) for n in "12")
    public, temporary = gruus(registered(one, headers=OUTBOUND))
    registered(two, headers=OUTBOUND)

    def reaches(uri, client, other, status=200):
        result, text = {}, token()
        thread = threading.Thread(target=lambda: result.update(r=alice.ask(
            "MESSAGE", uri, (("Content-Type", "text/plain"),), text)))
        thread.start()
        request = client and client.receive(lambda m: m.method == "MESSAGE" and m.text == text)
        if request:
            client.answer(request)
        thread.join(WAIT)
        check(result["r"] is not None and result["r"].status == status, f"{uri}: {result['r']!r}")
        check(not client or request is not None, f"{uri}: nothing came")
        check(other.receive_request(wait=0.2) is None, f"{uri}: another device got it")
    reaches(public, one, two)
    reaches(temporary, one, two)
    second = gruus(registered(one, headers=OUTBOUND))[1]
    check(second.startswith("sip:") and "gr" in second, second)
    reaches(temporary, one, two)  # of the same Call-ID: both live
    reaches(second, one, two)
    server.restart()
    reaches(public, one, two)
    reaches(temporary, one, two)
    one.call_id = token()
    third = gruus(registered(one, headers=OUTBOUND))[1]
    reaches(third, one, two)
    reaches(temporary, None, one, 404)
    reaches(second.replace("tgruu", "xgruu") if "tgruu" in second else "sip:x" + second[4:], None, one, 404)
    reaches("sip:gruu@example.test;gr=urn:uuid:" + INSTANCE + "9", None, one, 404)


def test_bindings_end_when_their_time_is_over(server):
    alice, bob = Client(server, "alice"), Client(server, "shorty")
    registered(bob, expires=1)
    check(len(bindings(bob)) == 1, "the binding is not there")
    gets(bob, alice)
    end = time.monotonic() + WAIT
    while bindings(bob) and time.monotonic() < end:
        time.sleep(0.1)
    check(not bindings(bob), "the binding is there for ever")
    check(alice.message("shorty", "gone").status == 202, "an expired binding was asked")
    check(bob.receive_request(wait=0.3) is None, "an expired binding got a message")
    server.restart()
    check(not bindings(bob), "the binding is back after kill -9")


def test_a_hundred_contacts_and_not_one_more(server):
    client = Client(server, "many")
    for n in range(10):
        contacts = ", ".join(f"<sip:many@192.0.2.{n};n={i}>" for i in range(10))
        check(client.register(contact=contacts).status == 200, f"the contacts {n}0 to {n}9")
    found = bindings(client)
    check(len(found) == 100, f"{len(found)} bindings")
    response = client.register(contact="<sip:many@192.0.2.99>")
    check(response.status == 403 and "100" in response.get("warning"), repr(response))
    check(client.register(contact="<sip:many@192.0.2.3;n=4>").status == 200, "one that is there is refreshed")
    check(client.register(contact="<sip:many@192.0.2.3;n=4>", expires=0).status == 200, "one goes")
    check(client.register(contact="<sip:many@192.0.2.99>").status == 200, "and another may come")
    server.restart()
    check(len(bindings(client)) == 100, "after kill -9")
    response = client.ask("REGISTER", "sip:example.test", (("Contact", "*"), ("Expires", "0")))
    check(response.status == 200 and not response.all("contact"), repr(response)[:300])
    check(not bindings(client), "bindings are left after *")


def test_browsers_with_invalid_hosts_are_reached_over_their_socket(server):
    """RFC 7118 §5: the host in the Contact is made up. After a cut the same contact comes over a new connection."""
    alice = Client(server, "alice")
    for transport in ("ws", "wss"):
        browser = Client(server, "browser", transport=transport)
        contact = f'<sip:x7f3@q2.invalid;transport=ws>;+sip.ice;reg-id=1;+sip.instance="<urn:uuid:{INSTANCE}7>"'
        registered(browser, contact=contact, headers=OUTBOUND)
        request = gets(browser, alice)
        check(request.uri == "sip:x7f3@q2.invalid;transport=ws", request.uri)
        browser.close()
        check(alice.message("browser", "while away").status == 202, "not kept while the browser is away")
        browser = Client(server, "browser", transport=transport)
        registered(browser, contact=contact, headers=OUTBOUND)
        check(browser.take_messages(1) == ["while away"], "what came meanwhile")
        check(sum("x7f3" in b for b in bindings(browser)) == 1, "the binding did not move")
        # SIP.js sends neither instance nor reg-id.
        registered(browser, contact="<sip:abc@r4.invalid;transport=ws>")
        browser.close()
        server.forget("browser")


def test_a_refresh_writes_no_row_and_survives_kill_9(server):
    """location.h: rows are leases for twice the time."""
    client = Client(server, "lease")
    state = "SELECT xmin, ctid FROM bindings"
    registered(client, expires=600)
    before = server.sql(state)
    check(before, "no row")
    for _ in range(3):
        registered(client, expires=600)
    registered(client, expires=300)
    check(server.sql(state) == before, "a refresh wrote a row")
    server.restart()
    check(len(bindings(client)) == 1, "the refreshed binding is lost")
    gets(client, Client(server, "alice"))
    registered(client, expires=7000)
    check(server.sql(state) != before, "a longer time than the row's wrote nothing")
    server.forget("lease")


def test_an_earlier_request_of_the_same_call_id_is_refused(server):
    """RFC 3261 §10.3 step 7; another Call-ID may begin anew (a phone that was restarted)."""
    client = Client(server, "quick")
    registered(client, cseq=100)
    response = client.register(cseq=90)
    check(response.status == 500, repr(response))
    client.call_id = token()
    registered(client, cseq=1)
    found = []  # many at once, of one account: each is answered, and the last word stands
    for n in range(12):
        found.append(client.request("REGISTER", "sip:example.test", (("Contact", f"<{client.contact}>"),), cseq=10 + n))
    for data in found:
        client.wire.send(data)
    for data in found:
        check(client.response_to(data) is not None, "one of many was not answered")


def main():
    with Server({user: "secret" for user in USERS}, settings=SETTINGS) as server:
        return cases.main(sys.modules[__name__], [server])


def test_a_client_that_loses_its_connection_again_and_again_is_never_shut_out(server):
    for transport in ("tcp", "udp", "ws"):
        statuses = []
        for number in range(13):
            instance = f"00000000-0000-4000-8000-{number if transport == 'ws' else 0:012d}"
            client = Client(server, "carol", transport=transport, instance=instance)
            statuses.append(client.register().status)
            client.close()
        check(statuses == [200] * 13, f"{transport}: {statuses}")


def test_a_path_that_cannot_be_read_is_refused_400(server):
    client = Client(server, "carol")
    check(client.register(headers=(("Path", "garbage<<"), ("Supported", "path"))).status == 400, "400")


if __name__ == "__main__":
    sys.exit(main())
