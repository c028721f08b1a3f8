"""A limit of devices: a program that makes a new +sip.instance each time it starts does not gather debts without end, and no
message that nobody has taken is lost for it.

SPDX-License-Identifier: MIT
"""

import sys
import time

import cases
from cases import check
from server import Server
from sip import Client


def device(server, number, **wire):
    return Client(server, "bob", instance=f"00000000-0000-4000-8000-{number:012d}", **wire)


def comes(client, expires=3600):
    response = client.register(expires)
    check(response is not None and response.status == 200, f"200 to REGISTER, not {response!r}")


def comes_and_leaves(server, number):
    client = device(server, number)
    comes(client)
    comes(client, 0)
    client.close()


def send(server, text, wanted):
    alice = Client(server, "alice")
    response = alice.message("bob", text)
    check(response is not None and response.status == wanted, f"{wanted} to MESSAGE, not {response!r}")
    alice.close()


def numbers(server, table):
    """The numbers of the devices that have a row in `devices`, or that are owed something."""
    return sorted(int(row[0]) for row in server.sql(
        "SELECT DISTINCT substring(convert_from(v.instance, 'UTF8') FROM '([0-9]{12})>?$')"
        f" FROM devices v JOIN {table} t USING (account_id, device_id)"))


def read_log(server):
    with open(server.log, errors="replace") as f:
        return f.read()


def test_of_21_devices_the_first_is_forgotten_and_owed_nothing():
    with Server() as server:
        for number in range(21):
            comes_and_leaves(server, number)
            if number == 10:
                time.sleep(1.1)  # rows tell seconds apart
        check(numbers(server, "devices") == list(range(1, 21)), f"devices: {numbers(server, 'devices')}")
        check(read_log(server).count("device_forgotten") == 1, "one log line")
        send(server, "for many", 202)
        check(numbers(server, "debts") == list(range(1, 21)), f"debts: {numbers(server, 'debts')}")
        server.restart()

        # Nobody has taken it, so the one that was forgotten gets it, too. Another one goes for it, of those that were
        # seen in the first second.
        first = device(server, 0)
        comes(first)
        check(first.take_messages(1) == ["for many"], "the device that came back gets what nobody has taken")
        left = numbers(server, "devices")
        check(len(left) == 20 and set(left) >= {0, *range(11, 21)}, f"devices: {left}")
        last = device(server, 20)
        comes(last)
        check(last.take_messages(1) == ["for many"], "another device is owed it as before")

        # What a device has taken is not for those that are forgotten.
        gone = device(server, (set(range(1, 11)) - set(left)).pop())
        comes(gone)
        check(gone.receive_request(wait=1.0) is None, "the message was taken before it came back")
        first.close()
        last.close()
        gone.close()


def test_a_registered_device_is_never_forgotten():
    with Server(settings=["limits.devices_per_account=3"]) as server:
        phone = device(server, 0)
        comes(phone)
        for number in range(1, 5):
            comes_and_leaves(server, number)
        check(numbers(server, "devices") == [0, 3, 4], f"devices: {numbers(server, 'devices')}")
        server.restart()  # from here on the account is known by the phone's binding only
        for number in range(5, 8):
            comes_and_leaves(server, number)
        check(numbers(server, "devices") == [0, 6, 7], f"devices: {numbers(server, 'devices')}")
        tablets = [device(server, number) for number in range(10, 14)]
        for tablet in tablets:
            comes(tablet)
        check(numbers(server, "devices") == [0, 10, 11, 12, 13], "more are remembered while more are registered")
        for client in [phone, *tablets]:
            client.close()


def test_a_device_that_is_forgotten_while_it_is_asked():
    with Server(settings=["limits.devices_per_account=1", "message.answer_wait_s=3"]) as server:
        phone, tablet, alice = device(server, 0), device(server, 1), Client(server, "alice")
        comes(phone)
        alice.message("bob", "warm up", wait=0.1)  # has the challenge answered; the phone leaves it lying
        request = phone.receive_request()
        check(request is not None, "the phone is asked")
        comes(phone, 0)
        comes(tablet)
        check(numbers(server, "devices") == [1], f"devices: {numbers(server, 'devices')}")
        check(tablet.take_messages(1) == ["warm up"], "the device that came meanwhile is owed what nobody has taken")
        phone.answer(request)
        time.sleep(0.5)
        send_later(server, alice, tablet)
        for client in (phone, tablet, alice):
            client.close()


def send_later(server, alice, tablet):
    """All is settled, and the server goes on."""
    comes(tablet, 0)
    check(server.sql("SELECT count(*) FROM debts") == [["0"]], "no debts are left")
    send(server, "later", 202)
    check(numbers(server, "debts") == [1], f"debts: {numbers(server, 'debts')}")


def test_a_device_that_comes_while_another_is_asked_gets_the_message():
    with Server(settings=["message.answer_wait_s=3"]) as server:
        phone, page, alice = device(server, 0), device(server, 1), Client(server, "alice")
        comes(phone)
        alice.message("bob", "are you there?", wait=0.1)
        check(phone.receive_request() is not None, "the phone is asked, and does not answer")
        comes(page)
        check(page.take_messages(1) == ["are you there?"], "the page gets it")
        check(page.receive_request(wait=1.0) is None, "once")
        for client in (phone, page, alice):
            client.close()


if __name__ == "__main__":
    sys.exit(cases.main(sys.modules[__name__]))
