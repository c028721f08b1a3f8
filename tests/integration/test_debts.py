"""What is owed to a device reaches it once, whenever it answers, leaves, returns or comes for the first time.

SPDX-License-Identifier: MIT
"""

import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import Client

ROUNDS = 20
BACK_OFF_S = 5  # message.retry_first_s
PASSWORDS = {name: name + "-secret" for name in ("alice", "bob", "carol", "dave", "erin")}


def device(server, user, number, transport="udp"):
    return Client(server, user, transport=transport, instance=f"00000000-0000-4000-8000-{number:012d}")


def next_message(client, wait=20):
    return client.receive(lambda m: m.method == "MESSAGE", wait)


def takes(client, text):
    message = next_message(client)
    check(message is not None and message.text == text, f"the message {text!r}, not {message!r}")
    client.answer(message, 200, "OK")


def gets_nothing(client, wait=1.0):
    message = next_message(client, wait)
    check(message is None, f"nothing, not {message!r}")


def send(client, user, text, wanted):
    response = client.ask("MESSAGE", client.aor(user), [("Content-Type", "text/plain")], text)
    check(response is not None and response.status == wanted, f"{wanted} to MESSAGE, not {response!r}")


def sending(client, user, text, wanted):
    thread = threading.Thread(target=send, args=(client, user, text, wanted))
    thread.start()
    return thread


def test_a_device_that_answers_after_another_does_not_get_the_message_again(server):
    alice, first, second = Client(server, "alice"), device(server, "bob", 1), device(server, "bob", 2, "tcp")
    first.register()
    second.register()
    for number in range(ROUNDS):
        sent = sending(alice, "bob", str(number), 200)
        takes(first, str(number))
        sent.join()
        takes(second, str(number))
        gets_nothing(second, 0.15)


def test_a_late_answer_counts_even_while_the_database_is_away(server):
    alice, first, second = Client(server, "alice"), device(server, "bob", 1), device(server, "bob", 2)
    first.register()
    second.register()
    sent = sending(alice, "bob", "late", 200)
    takes(first, "late")
    sent.join()
    check(server.kill_postgres(), "a PostgreSQL to kill")
    takes(second, "late")
    gets_nothing(second, 15)


def test_a_new_device_that_leaves_in_the_middle_gets_the_rest_when_it_returns(server):
    alice = Client(server, "alice")
    for text in "123":
        send(alice, "carol", text, 202)
    carol = device(server, "carol", 1, "tcp")
    carol.register()
    takes(carol, "1")
    check(next_message(carol) is not None, "the second message")
    carol.close()
    time.sleep(BACK_OFF_S + 2)  # nobody tries any more
    carol.connect().register()
    takes(carol, "2")
    takes(carol, "3")
    gets_nothing(carol)


def test_what_one_device_refuses_for_good_a_new_one_inherits(server):
    alice, first, second = Client(server, "alice"), device(server, "dave", 1), device(server, "dave", 2)
    send(alice, "dave", "strange", 202)
    first.register()
    first.answer(next_message(first), 415, "Unsupported Media Type")
    gets_nothing(first)
    second.register()
    takes(second, "strange")


def test_messages_that_come_while_others_are_delivered_from_the_store_come_too(server):
    alice = Client(server, "alice")
    for number in range(3):
        send(alice, "erin", f"kept {number}", 202)
    erin, got, branches = device(server, "erin", 1), [], set()

    def answer():
        while (message := next_message(erin, 8)) is not None:
            if message.get("via") not in branches:  # else a retransmission, which a busy machine makes
                got.append(message.text)
            branches.add(message.get("via"))
            erin.answer(message, 200, "OK")
    answering = threading.Thread(target=answer)
    answering.start()
    erin.register()
    senders = [Client(server, "alice") for _ in range(4)]

    def send_many(client, name):
        for number in range(ROUNDS):
            client.ask("MESSAGE", client.aor("erin"), [("Content-Type", "text/plain")], f"{name}-{number}")
    threads = [threading.Thread(target=send_many, args=(client, name)) for name, client in enumerate(senders)]
    for thread in threads:
        thread.start()
    for thread in threads + [answering]:
        thread.join()
    wanted = 3 + len(senders) * ROUNDS
    check(len(got) == wanted and len(set(got)) == wanted, f"{wanted} messages once each, not {len(got)}")


if __name__ == "__main__":
    with Server(PASSWORDS, settings=["message.answer_wait_s=2"]) as server:
        status = cases.main(sys.modules[__name__], (server,))
    sys.exit(status)
