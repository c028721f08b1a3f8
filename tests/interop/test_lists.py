"""baresip and JsSIP ask to see somebody, wait, are allowed and blocked, by themselves and by lists; who is asked is
told. The server is killed between any two steps.

SPDX-License-Identifier: MIT
"""

import sys

from asking import AskingJsSip
from clients import wait_for
from watchers import PIDF, WatchingBaresip

import start
from cases import check
from test_list_races import buddies
from test_rules import remove_rules, rule, set_rules

PAGES = {"jws": "ws", "jwss": "wss", "bob": "ws"}
PHONES = {"budp": "udp", "btcp": "tcp", "btls": "tls"}
PASSWORDS = {user: f"{user}-secret" for user in [*PAGES, *PHONES, "carol"]}
SETTINGS = ["registrar.min_expires_s=5", "presence.lost_connection_s=1", "presence.watch=ask"]


def make(server):
    pages = [AskingJsSip(server, user, transport, []) for user, transport in PAGES.items()]
    return pages + [WatchingBaresip(server, user, transport, ["bob", user], with_mailbox=False)
                    for user, transport in PHONES.items()]


def restart(server, peers):
    """Killed and started; who was connected is back."""
    registrations = {peer: peer.count_registrations() for peer in peers if peer.online()}
    server.restart()
    for peer, count in registrations.items():
        peer.wait_registered_again(count)


def decide(server, decision, watcher):
    """On the command line, beside the server that runs."""
    done = server.run(decision, "bob", watcher)
    check(done.returncode == 0, f"{decision}: {done.stdout} {done.stderr}")


def check_growing(page, number):
    versions = page.versions(number)
    check(versions == sorted(set(versions)), f"{page}: versions are {versions}")


def test_pages_ask_by_a_list_are_allowed_and_blocked_and_the_server_is_killed_between_the_steps(server, peers):
    bob = next(peer for peer in peers if peer.user == "bob")
    pages = [peer for peer in peers if peer.user in ("jws", "jwss")]
    for page in [bob, *pages]:
        page.start()
    bob.tell("in his garden")
    info = bob.watch_own_watchers()
    lists = {page: page.watch_list(["bob", page.user]) for page in pages}
    for page, number in lists.items():
        page.wait_entry(number, "bob", "pending")
        page.wait_entry(number, page.user, "active")
        bob.wait_watcher(info, page.user, "pending")
    restart(server, peers)
    decide(server, "allow", "jws")
    lists[pages[0]] = pages[0].watch_list(["bob", "jws"])  # loaded again: the same list in another dialog
    set_rules(server, "bob", rule(1, "jws", "allow"), rule(2, "jwss", "allow"))
    for page, number in lists.items():
        page.wait_entry(number, "bob", "active", "in his garden")
        bob.wait_watcher(info, page.user, "active")
    restart(server, peers)
    bob.tell("on the road")
    for page, number in lists.items():
        page.wait_entry(number, "bob", "active", "on the road")
    decide(server, "block", "jws")
    restart(server, peers)
    bob.tell("where jws must not know")
    pages[0].wait_entry(lists[pages[0]], "bob", "terminated", reason="rejected")
    pages[1].wait_entry(lists[pages[1]], "bob", "active", "must not know")
    check("must not know" not in "".join(pages[0].lines), "jws is blocked")
    wait_for(lambda: "jws" not in bob.own_watchers(info), "bob sees that jws is gone")
    restart(server, peers)
    decide(server, "allow", "jws")
    pages[0].wait_entry(lists[pages[0]], "bob", "active", "must not know")
    bob.wait_watcher(info, "jws", "active")
    for page, number in [*lists.items(), (bob, info)]:
        check_growing(page, number)
    remove_rules(server, "bob")


def test_a_page_asks_by_itself_and_is_told_what_was_decided(server, peers):
    page = next(peer for peer in peers if peer.user == "jwss")
    bob = next(peer for peer in peers if peer.user == "bob")
    number = page.watch("presence", "bob", PIDF)
    page.wait_event("pending", number)
    check(page.notifies(number) == [], "nothing of him is shown")
    restart(server, peers)
    decide(server, "allow", "jwss")
    page.wait_event("active", number)
    wait_for(lambda: page.sees("bob", True), "bob is seen")
    bob.tell("gone", is_open=False)
    wait_for(lambda: page.sees("bob", False), "bob is seen gone")
    decide(server, "block", "jwss")
    page.wait_event("ended", number)
    ended = page.answer("ended", number)
    check(ended.get("reason") == "rejected" and ended["code"] == 6, f"{ended}")
    again = page.watch("presence", "bob", PIDF)
    page.wait_event("ended", again)
    check(page.notifies(again) == [], "refused, and nothing is shown")
    decide(server, "forget", "jwss")


def test_the_buddies_of_a_page_change_while_it_watches(server, peers):
    page = next(peer for peer in peers if peer.user == "jws")
    decide(server, "allow", "jws")
    buddies(server, "jws", ["bob"])
    number = page.watch_list([], is_carried=False)
    page.wait_entry(number, "bob", "active")
    buddies(server, "jws", ["bob", "carol", "jws"])
    page.wait_entry(number, "carol", "pending")
    restart(server, peers)
    buddies(server, "jws", ["jws"])
    wait_for(lambda: set(page.entries(number)) == {"jws"}, "bob and carol are gone from the list")
    check_growing(page, number)
    decide(server, "forget", "jws")


def test_phones_ask_and_get_him_after_he_has_allowed_them(server, peers):
    bob = next(peer for peer in peers if peer.user == "bob")
    phones = [peer for peer in peers if peer.user in PHONES]
    if not bob.online():
        bob.start()
    bob.tell("at his desk")
    info = bob.watch_own_watchers()
    for phone in phones:
        phone.start()
    for phone in phones:
        wait_for(lambda: phone.last("presence", "bob") is not None, f"{phone} asks")
        check(phone.last("presence", "bob").state.startswith("pending"), f"{phone.last('presence', 'bob').state}")
        check(not phone.shows("bob", True), f"{phone} shows nothing")
        bob.wait_watcher(info, phone.user, "pending")
    restart(server, peers)
    for phone in phones:
        decide(server, "allow", phone.user)
    for phone in phones:
        phone.wait_sees("bob", True)
        bob.wait_watcher(info, phone.user, "active")
    restart(server, peers)
    for is_open in (False, True):  # what it shows are changes of what it knew
        bob.tell("out and in", is_open)
        for phone in phones:
            wait_for(lambda phone=phone: phone.shows("bob", is_open), f"{phone} shows him")
    decide(server, "block", phones[0].user)
    restart(server, peers)
    bob.tell("what budp must not know")
    for phone in phones[1:]:
        wait_for(lambda phone=phone: "must not know" in phone.last("presence", "bob").body, f"{phone} is told")
    check(not any("must not know" in line for line in phones[0].lines), f"{phones[0]} is blocked")
    check_growing(bob, info)


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS, SETTINGS, make))
