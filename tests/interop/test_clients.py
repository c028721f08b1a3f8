"""baresip, JsSIP and SIPp with the server as it is: they register, chat in all directions, leave and come back.

SPDX-License-Identifier: MIT
"""

import sys

from clients import PASSWORDS, everybody

import start
from cases import check


def pairs(peers):
    return [(a, b) for a in peers for b in peers if a is not b]


def others(peers, peer):
    return [other for other in peers if other is not peer]


def received_once(peer, text):
    peer.wait_received(text)
    check(peer.received(text) == 1, f"{peer} received {text!r} {peer.received(text)} times")


def test_each_client_registers(server, peers):
    for peer in peers:
        peer.start()


def test_they_chat_in_all_directions(server, peers):
    for sender, receiver in pairs(peers):
        text = f"from {sender.user} to {receiver.user}"
        status = sender.send(receiver.user, text)
        check(status == 200, f"{sender} to {receiver}: {status}")
        receiver.wait_received(text)
    for sender, receiver in pairs(peers):
        received_once(receiver, f"from {sender.user} to {receiver.user}")


def test_who_left_receives_on_return_what_was_sent_meanwhile_once(server, peers):
    for away in peers:
        away.leave()
        texts = [f"{other.user} missed {away.user}" for other in others(peers, away)]
        for other, text in zip(others(peers, away), texts):
            status = other.send(away.user, text)
            check(status == 202, f"{other} to {away}, who is away: {status}")
        away.start()
        for text in texts:
            away.wait_received(text)
        # 202 where the device was still taking what it had missed: then this comes behind it.
        status = others(peers, away)[0].send(away.user, f"welcome back {away.user}")
        check(status in (200, 202), f"{away} is back: {status}")
        for text in texts + [f"welcome back {away.user}"]:
            received_once(away, text)


def test_who_disappears_without_a_word_receives_on_return_too(server, peers):
    for away in peers:
        away.kill()
        sender = others(peers, away)[0]
        text = f"{sender.user} looks for {away.user}"
        status = sender.send(away.user, text)
        check(status == 202, f"{sender} to {away}, who is gone: {status}")
        away.start()
        received_once(away, text)


def test_sipp_registers_and_sends_over_tcp_too(server, peers):
    sipp = next(peer for peer in peers if peer.name == "SIPp")
    sipp.register(transport="tcp")
    check(sipp.send("jws", "over TCP", transport="tcp") == 200, "SIPp over TCP")
    received_once(next(peer for peer in peers if peer.user == "jws"), "over TCP")


def test_nothing_was_received_twice_in_all_this(server, peers):
    for sender, receiver in pairs(peers):
        received_once(receiver, f"from {sender.user} to {receiver.user}")
        received_once(receiver, f"{sender.user} missed {receiver.user}")


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS, ["registrar.min_expires_s=10", "message.answer_wait_s=2"],
                        everybody))
