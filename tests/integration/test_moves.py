"""Watchers who move: to another connection while the old one seems to be open, to another address, at their limit; and
those who may not watch any more.

SPDX-License-Identifier: MIT
"""

import sys
import time

import cases
from cases import check
from server import Server
from sip import Client, token

INSTANCE = "00000000-0000-4000-8000-000000000001"
PIDF = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@example.test"><tuple id="t"><status>'
        "<basic>open</basic></status><note>%s</note></tuple></presence>")


def fresh(server):
    """The accounts as if nothing had happened before."""
    for user in server.passwords:
        server.forget(user)


def with_instance(client, outbound=True):
    return f'<{client.contact}>{";reg-id=1" if outbound else ""};+sip.instance="<urn:uuid:{INSTANCE}>"'


def subscribe(client, to, event="presence", contact=None, **more):
    return client.ask("SUBSCRIBE", client.aor(to), (("Contact", contact or f"<{client.contact}>"), ("Event", event),
                                                    ("Expires", "600")), call_id=token(14), **more)


def refresh(client, answer, event="presence"):
    return client.ask("SUBSCRIBE", answer.get("contact").strip("<>"),
                      (("To", answer.get("to")), ("Contact", f"<{client.contact}>"), ("Event", event),
                       ("Expires", "600")), call_id=answer.get("call-id"))


def told(client, wait=5):
    """The next NOTIFY, answered; None: there is none."""
    notify = client.receive_request("NOTIFY", wait)
    if notify is not None:
        client.answer(notify)
    return notify


def publish(bob, note):
    response = bob.ask("PUBLISH", bob.aor("bob"), (("Event", "presence"), ("Expires", "600"),
                                                   ("Content-Type", "application/pidf+xml")), PIDF % note)
    check(response.status == 200, f"not {response}")


def next_device(client, **more):
    """The same device again, elsewhere: what it says of itself goes on."""
    again = Client(client.server, client.user, **more)
    again.tag, again.call_id, again.cseq = client.tag, client.call_id, client.cseq + 5
    return again


def moves(server, transport):
    old = Client(server, "alice", transport=transport)
    old.register(contact=with_instance(old))
    check(subscribe(old, "bob", contact=with_instance(old)).status == 200, "no subscription")
    first = told(old)
    new = next_device(old, transport=transport)
    new.register(contact=with_instance(new))
    moved = told(new)
    check(moved is not None and moved.get("call-id") == first.get("call-id"), "not told over the new connection")
    publish(Client(server, "bob"), "moved")
    notify = told(new)
    check(notify is not None and "moved" in notify.text, "the change did not come over the new connection")
    old.close()
    time.sleep(0.5)
    publish(Client(server, "bob"), "closed")
    notify = told(new)
    check(notify is not None and "closed" in notify.text, "dark after the old connection was closed")


def test_a_device_that_is_back_over_tcp_before_its_old_connection_is_gone_is_told_there(server):
    fresh(server)
    moves(server, "tcp")


def test_a_device_that_is_back_over_ws_before_its_old_connection_is_gone_is_told_there(server):
    fresh(server)
    moves(server, "ws")


def test_a_phone_that_registers_from_another_address_is_told_there(server):
    fresh(server)
    old = Client(server, "alice")
    old.register(contact=with_instance(old, False))
    subscribe(old, "bob", contact=with_instance(old, False))
    told(old)
    new = next_device(old)
    new.register(contact=with_instance(new, False))
    check(told(new) is not None, "not told at its new address")


def test_a_refresh_from_another_address_is_told_at_once_though_a_notify_waits_at_the_old_one(server):
    fresh(server)
    old = Client(server, "alice")
    answer = subscribe(old, "bob")
    told(old)
    publish(Client(server, "bob"), "unheard")
    check(old.receive_request("NOTIFY") is not None, "no NOTIFY to leave unanswered")
    new = next_device(old)
    check(refresh(new, answer).status == 200, "no refresh")
    notify = told(new)
    check(notify is not None and "unheard" in notify.text, "the NOTIFY waits for the old address")


def test_a_device_at_its_limit_subscribes_anew_to_what_it_watches(server):
    fresh(server)
    alice = Client(server, "alice")
    for to in ("alice", "bob", "carol"):
        check(subscribe(alice, to).status == 200, "no subscription")
        told(alice)
    check(subscribe(alice, "bob", event="dialog").status == 403, "more than the limit")
    check(subscribe(alice, "bob").status == 200, "refused what it replaces")
    told(alice)


def test_what_a_closed_page_left_behind_makes_room_at_the_limit(server):
    fresh(server)
    for _ in range(5):  # each load of the page is another Contact and watches two users
        page = Client(server, "alice", transport="ws")
        for to in ("bob", "carol"):
            response = subscribe(page, to)
            check(response.status == 200, f"not {response}")
            told(page)
        page.close()
        time.sleep(0.3)


def test_who_shares_a_mailbox_no_more_is_told_so_and_nothing_else(server):
    fresh(server)
    server.run("mailbox", "share", "support", "alice", "bob")
    bob = Client(server, "bob")
    answer = subscribe(bob, "support", event="message-summary")
    check(answer.status == 200, f"not {answer}")
    told(bob)
    server.run("mailbox", "share", "support", "alice")
    last = told(bob)
    check(last is not None and last.get("subscription-state") == "terminated;reason=rejected", f"not {last}")
    check(last.text == "", "told a last time what he may not see")
    server.run("mailbox", "set", "support", "voice=9/0")
    check(told(bob, 1) is None, "told what he may not see")
    check(refresh(bob, answer, "message-summary").status == 481, "refreshed what has ended")


def test_a_policy_that_was_made_narrower_ends_what_it_forbids(server):
    fresh(server)
    alice = Client(server, "alice")
    answer = subscribe(alice, "bob")
    told(alice)
    server.settings.append("presence.watch=self")
    try:
        server.restart()
        publish(Client(server, "bob"), "private")
        last = told(alice)
        check(last is not None and last.get("subscription-state") == "terminated;reason=rejected", f"not {last}")
        check(last.text == "", "told a last time what she may not see")
        check(told(alice, 1) is None, "told what she may not see")
        check(refresh(alice, answer).status in (403, 481), "refreshed what is forbidden")
        check(subscribe(alice, "bob").status == 403, "subscribed to what is forbidden")
    finally:
        server.settings.remove("presence.watch=self")
        server.restart()


def test_a_notify_that_only_says_that_it_is_in_a_dialog_keeps_nothing(server):
    fresh(server)
    eve = Client(server, "carol")

    def transactions():
        status = dict(line.split(None, 1) for line in server.run("status").stdout.splitlines())
        return int(status["server_transactions"])
    before = transactions()
    for number in range(50):
        response = eve.exchange(eve.request("NOTIFY", eve.aor("alice"), (("To", f"<{eve.aor('alice')}>;tag=x{number}"),
                                                                         ("Event", "message-summary"))))
        check(response.status == 481, f"not {response}")
    for _ in range(50):
        check(eve.exchange(eve.request("OPTIONS", f"sip:{server.domain}")).status == 200, "no 200")
    check(transactions() <= before, f"{transactions()} transactions are kept, {before} before")


if __name__ == "__main__":
    with Server(settings=["limits.subscriptions_per_account=3"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
