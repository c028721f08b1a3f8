"""kill -9 and restart of the server between any two steps of what the clients do: what was acknowledged stays so.

SPDX-License-Identifier: MIT
"""

import sys

from clients import PASSWORDS, everybody

import start
from cases import check
from test_clients import others, received_once


def restart(server, peers):
    """Killed, started, and everybody who was online is registered again by himself."""
    registrations = {peer: peer.count_registrations() for peer in peers if peer.online()}
    server.restart()
    for peer, count in registrations.items():
        peer.wait_registered_again(count)


def test_the_server_is_killed_between_any_two_steps(server, peers):
    sent = []  # (receiver, text) of all that was acknowledged

    def send(sender, receiver, text):
        status = sender.send(receiver.user, text)
        check(status in (200, 202), f"{sender} to {receiver}: {status}")
        sent.append((receiver, text))
        return status

    for peer in peers:
        peer.start()
    restart(server, peers)
    for sender, receiver in zip(peers, peers[1:] + peers[:1]):
        send(sender, receiver, f"{sender.user} to {receiver.user}")
    restart(server, peers)
    for away, sender in zip(peers, peers[1:] + peers[:1]):
        away.leave()
        # Half of the steps have a kill before them, half behind: each pair of neighbours is parted once.
        if peers.index(away) % 2:
            restart(server, peers)
        check(send(sender, away, f"{sender.user} misses {away.user}") == 202, f"{away} is away")
        if not peers.index(away) % 2:
            restart(server, peers)
        away.start()
        away.wait_received(f"{sender.user} misses {away.user}")
    restart(server, peers)
    for sender, receiver in zip(peers, others(peers, peers[0]) + peers[:1]):
        send(sender, receiver, f"{sender.user} at last to {receiver.user}")
    for receiver, text in sent:
        received_once(receiver, text)


def test_a_phone_over_udp_that_never_noticed_is_reached_right_after_the_restart(server, peers):
    phone = next(peer for peer in peers if str(peer) == "SIPp over UDP")
    sender = next(peer for peer in peers if peer.name == "JsSIP")
    count = sender.count_registrations()
    server.restart()
    sender.wait_registered_again(count)
    check(sender.send(phone.user, "still there?") == 200, "the binding over UDP survived")
    received_once(phone, "still there?")


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS,
                        ["registrar.min_expires_s=5", "message.answer_wait_s=2", "message.retry_first_s=1"],
                        lambda server: everybody(server, outbound=False)))
