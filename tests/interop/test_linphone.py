"""Linphone watches lists in both of its ways: its own list, sent to the server, and one that the server has. What it
prints of its friends is right, across changes of others, of its list, and kill -9 of the server.

SPDX-License-Identifier: MIT
"""

import re
import sys

from clients import Baresip, wait_for
from linphone import Linphone

import start
from cases import check

PASSWORDS = {user: f"{user}-secret" for user in ("anna", "ben", "bea", "cleo", "dora")}
SETTINGS = ["registrar.min_expires_s=5", "presence.lost_connection_s=1"]
FILE = """
phone_lists: (
    { name = "team"; entries = ( "ben", { uri = "bea"; name = "Bea" } ); },
    { name = "empty"; entries = (); }
);
"""


class Publisher(Baresip):
    """Its module presence publishes half a second after each change."""

    def __init__(self, server, user, transport):
        super().__init__(server, user, transport, [user], outbound=False, account=";pubint=60", modules=("presence",))

    def count_publications(self):
        return self.statuses("PUBLISH").count(200)

    def start(self):
        super().start()
        wait_for(lambda: self.count_publications() > 0, f"{self} publishes")

    def set_presence(self, is_open):
        before = self.count_publications()
        self.program.write("/presence_online" if is_open else "/presence_offline")
        wait_for(lambda: self.count_publications() > before, f"{self} publishes")


def make(server):
    """anna watches; ben and bea are watched, cleo comes later; dora watches lists of the server."""
    return [Linphone(server, "anna", "udp", ["ben", "bea"]), Linphone(server, "ben", "tcp"),
            Publisher(server, "bea", "udp"), Linphone(server, "cleo", "udp", ["anna"]),
            Linphone(server, "dora", "udp", lists=["team", "empty"])]


def subscribes(peer):
    """Its SUBSCRIBE requests, as its log has them."""
    blocks = re.split(r"\n(?=SUBSCRIBE sip:)", peer.read_log().replace("\r", ""))[1:]
    return [block.split("\n\n")[0] for block in blocks]


def test_a_list_in_the_request_is_shown_as_it_is_then(server, peers):
    anna, ben, bea, _, _ = peers
    anna.start()
    for friend in (ben, bea):
        anna.wait_shows(friend.user, False)
    request = subscribes(anna)[0]
    check("\nRequire: recipient-list-subscribe" in request and "\nContent-Encoding: deflate" in request,
          f"its list is in the request, deflated:\n{request}")
    ben.start()
    anna.wait_shows("ben", True)
    bea.start()
    anna.wait_shows("bea", True)


def test_each_change_is_shown(server, peers):
    anna, ben, bea, _, _ = peers
    for is_open in (False, True):
        bea.set_presence(is_open)
        anna.wait_shows("bea", is_open)
    ben.leave()
    anna.wait_shows("ben", False)
    ben.start()
    anna.wait_shows("ben", True)
    check(anna.shows("bea", True), "nothing else has changed")


def test_lists_of_the_server_are_shown_with_who_is_in_them(server, peers):
    _, ben, bea, _, dora = peers
    dora.start()
    for friend in (ben, bea):
        dora.wait_shows(friend.user, True)
    wait_for(lambda: len(dora.statuses("SUBSCRIBE")) >= 2, "the empty list is answered, too")
    check(set(dora.statuses("SUBSCRIBE")) == {200}, f"all are accepted: {dora.statuses('SUBSCRIBE')}")
    check(all("recipient-list" not in request for request in subscribes(dora)), "it sends no list of its own")
    bea.set_presence(False)
    dora.wait_shows("bea", False)
    bea.set_presence(True)
    dora.wait_shows("bea", True)


def test_two_linphones_see_each_other(server, peers):
    anna, _, _, cleo, _ = peers
    cleo.start()
    cleo.wait_shows("anna", True)


def test_after_kill_of_the_server_lists_go_on_in_their_dialogs(server, peers):
    anna, ben, bea, _, dora = peers
    before = [len(subscribes(peer)) for peer in (anna, dora)]
    server.restart()
    for is_open in (False, True):
        bea.set_presence(is_open)
        anna.wait_shows("bea", is_open)
        dora.wait_shows("bea", is_open)
    check([len(subscribes(peer)) for peer in (anna, dora)] == before, "over UDP they have not noticed anything")


def test_the_end_of_a_list_subscription_is_accepted(server, peers):
    anna = peers[0]
    before = anna.statuses("SUBSCRIBE")
    anna.leave()
    wait_for(lambda: len(anna.statuses("SUBSCRIBE")) > len(before), "its last SUBSCRIBE is answered")
    last = subscribes(anna)[-1]
    check("\nExpires: 0" in last and "\nContent-Encoding: deflate" in last, f"it has an encoding, and no body:\n{last}")
    check(set(anna.statuses("SUBSCRIBE")) == {200}, f"all are accepted: {anna.statuses('SUBSCRIBE')}")


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS, SETTINGS, make, file=FILE, programs=["linphonec", "stdbuf"]))
