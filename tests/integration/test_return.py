"""A phone that went silent and returns from another port gets what is owed at once, not when the server has given up on
the old port (Timer F, 32 s).

SPDX-License-Identifier: MIT
"""

import sys
import uuid

import cases
from cases import check
from server import Server
from sip import Client

SOON = 12  # s; far below Timer F, and enough for a slow machine


def keep_one(server, alice, silent):
    """A message that `silent`, who is registered, does not answer."""
    check(silent.register().status == 200, "the phone registers")
    response = alice.message(silent.user, "are you there?")
    check(response is not None and response.status == 202, f"202 expected, not {response}")


def come_back(server, silent):
    """The same phone, with another port."""
    phone = Client(server, silent.user, instance=silent.instance)
    check(phone.register().status == 200, "the phone registers again")
    return phone


def takes_it_once(phone):
    check(phone.take_messages(1, SOON) == ["are you there?"], "the message did not come with the registration")
    check(phone.take_messages(1, 2) == [], "it came twice")
    phone.unregister()


def test_a_phone_without_instance_while_the_first_attempt_still_waits(server):
    silent = Client(server, "bob")
    keep_one(server, Client(server, "alice"), silent)
    takes_it_once(come_back(server, silent))


def test_a_phone_with_instance_while_the_first_attempt_still_waits(server):
    silent = Client(server, "carol", instance=str(uuid.uuid4()))
    keep_one(server, Client(server, "alice"), silent)
    takes_it_once(come_back(server, silent))


def test_a_phone_whose_stored_message_is_being_offered_to_the_old_port(server):
    silent = Client(server, "dave")
    alice = Client(server, "alice")
    keep_one(server, alice, silent)
    first = silent.receive_request()
    silent.answer(first, 480, "Temporarily Unavailable")
    offered = silent.receive(lambda m: m.method == "MESSAGE" and m.get("via") != first.get("via"))
    check(offered is not None, "the stored message was not offered again")
    takes_it_once(come_back(server, silent))


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in ("alice", "bob", "carol", "dave")}
    with Server(passwords, settings=["message.answer_wait_s=1", "message.retry_first_s=1"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
