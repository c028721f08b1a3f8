"""Lists that are watched (RFC 4662, RFC 5367): in the SUBSCRIBE, by the configuration, by the database.

SPDX-License-Identifier: MIT
"""

import sys
import time

import cases
from cases import check
from lists import LIST_TYPE, ListWatcher, list_document, publish
from server import Server
from sip import Client

NAMES = ["alice", "bob", "carol", "dave"]
CONFIGURATION = """phone_lists: (
	{ name = "sales-keys"; entries = ( "bob", { uri = "sip:carol@example.test"; name = "Carol at the desk"; } ); },
	{ name = "nobody-yet"; entries = ( ); }
);
profiles: ( { name = "Few keys"; user_agent = "Key-Phone*"; list_entries = 2; } );
"""


def test_a_list_in_the_subscribe_is_told_in_one_dialog_with_names_first(server):
    """RFC 5367 §4, RFC 4662 §4.3, RFC 4662 §5.2: full state, every entry with its name and state"""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    publish(bob, "at the desk")
    watcher = ListWatcher(alice, names=["bob", "carol"])
    check(watcher.answer.status == 200 and "eventlist" in watcher.answer.get("require"), f"{watcher.answer}")
    notify = watcher.take()
    check(b'fullState="true"' in notify.body, "the first NOTIFY is of full state")
    watcher.until_all(2)
    check("at the desk" in watcher.body("bob"), f"{watcher.entries}")
    check(watcher.entries[alice.aor("carol")][:2] == ("Carol", "active"), f"{watcher.entries}")


def test_a_packed_list_is_read_and_refreshed_without_a_body(server):
    """What Linphone sends: Content-Encoding: deflate, and refreshes in the dialog with no list"""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    watcher = ListWatcher(alice, names=["bob", "carol"], is_packed=True, headers=[("Accept-Encoding", "deflate")])
    check(watcher.answer.status == 200, f"{watcher.answer}")
    watcher.until_all(2)
    answer = watcher.again(more=[("Require", "recipient-list-subscribe")])
    check(answer.status == 200, f"{answer}")
    watcher.entries = {}
    watcher.until_all(2)
    publish(bob, "after the refresh")
    watcher.until(lambda e: "after the refresh" in watcher.body("bob"), "the change was not told")
    check(watcher.again(expires=0, more=[("Require", "recipient-list-subscribe")]).status == 200, "the end")
    watcher.take()
    check(watcher.state.startswith("terminated"), watcher.state)


def test_changes_of_several_entries_are_told_together_and_alone(server):
    """RFC 4662 §4.5, RFC 4662 §4.6: a partial notification has what has changed, with the next version"""
    alice = Client(server, "alice")
    others = [Client(server, name) for name in ("bob", "carol")]
    watcher = ListWatcher(alice, names=["bob", "carol", "dave"]).until_all(3)
    for client in others:
        publish(client, "both now")
    watcher.entries = {}
    watcher.until(lambda e: all("both now" in watcher.body(name) for name in ("bob", "carol")), "not told")
    check(alice.aor("dave") not in watcher.entries, "dave has not changed")
    check(watcher.versions == list(range(watcher.versions[0], watcher.versions[0] + len(watcher.versions))),
          f"versions are {watcher.versions}")


def test_what_cannot_be_shown_is_said_per_entry(server):
    """RFC 4662 §5.6: no such user, another domain, the same twice"""
    alice = Client(server, "alice")
    document = list_document(["bob", "nobody-at-all", "bob"]).replace(
        "</list>", '<entry uri="sip:x@elsewhere.test"/><entry uri="pres:carol@example.test"/></list>')
    watcher = ListWatcher(alice, names=document)
    watcher.until(lambda e: (e.get(alice.aor("nobody-at-all")) or (0, 0, 0))[2] == "noresource", "noresource")
    check(len(watcher.entries) == 4, f"{watcher.entries}")
    check(watcher.entries["sip:x@elsewhere.test"][1] == "terminated", f"{watcher.entries}")
    watcher.until(lambda e: e["pres:carol@example.test"][1] == "active", "pres: is a user of ours")


def test_an_empty_list_is_answered_200(server):
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, names=[])
    check(watcher.answer.status == 200, f"{watcher.answer}")
    check(watcher.take() is not None and watcher.entries == {}, "one NOTIFY with nobody in it")


def test_bad_lists_are_refused_with_a_sentence(server):
    """RFC 5367 §5, RFC 4662 §4.1"""
    alice = Client(server, "alice")
    cases_of = [("<nonsense", 400), ("<resource-lists/>", 400), ("", 400)]
    for body, status in cases_of:
        answer = ListWatcher(alice, names=body).answer
        check(answer.status == status and answer.get("warning"), f"{body}: {answer}")
    headers = [("Event", "presence"), ("Contact", f"<{alice.contact}>"), ("Content-Type", LIST_TYPE),
               ("Content-Disposition", "recipient-list")]
    answer = alice.ask("SUBSCRIBE", alice.aor("rls"), headers, list_document(["bob"]))
    check(answer.status == 421 and answer.get("require") == "eventlist", f"{answer}")
    answer = alice.ask("SUBSCRIBE", alice.aor("bob"), headers[:2] + [("Content-Type", "text/plain")], "hello")
    check(answer.status == 415 and answer.get("accept"), f"{answer}")
    answer = alice.ask("SUBSCRIBE", alice.aor("rls"), headers + [("Supported", "eventlist"),
                                                                ("Content-Encoding", "gzip")], b"x")
    check(answer.status == 415 and "deflate" in answer.get("accept-encoding"), f"{answer}")
    answer = alice.ask("SUBSCRIBE", alice.aor("rls"), headers + [("Supported", "eventlist"),
                                                                ("Content-Encoding", "deflate")], b"no deflate")
    check(answer.status == 400, f"{answer}")
    answer = alice.ask("SUBSCRIBE", alice.aor("rls"), headers + [("Require", "no-such-thing")], list_document([]))
    check(answer.status == 420 and "no-such-thing" in answer.get("unsupported"), f"{answer}")
    many = list_document([f"user{i}" for i in range(600)])
    answer = ListWatcher(Client(server, "alice", transport="tcp"), names=many).answer
    check(answer.status == 413 and "500" in answer.get("warning"), f"{answer}")


def test_lists_as_large_as_the_limits_allow_come_over_connections(server):
    """A list of 500 entries with long names: 90 KB, 250 KB, and more than lists.document_bytes, which is named"""
    names = "".join(f'<entry uri="sip:user{i}@example.test"><display-name>{"n" * 100}</display-name></entry>' for i in range(499))
    names += '<entry uri="sip:bob@example.test"><display-name>Bob</display-name></entry>'
    document = f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>{names}</list></resource-lists>'
    check(80000 < len(document) < 95000, f"{len(document)}")
    for transport in ("tcp", "tls", "ws", "wss"):
        alice = Client(server, "alice", transport=transport)
        watcher = ListWatcher(alice, names=document)
        check(watcher.answer.status == 200, f"{transport}: {watcher.answer}")
        watcher.until(lambda e, own=alice: own.aor("bob") in e and len(e) == 500, f"{transport}: not all are told")
        check(watcher.again(expires=0).status == 200, transport)
        padded = document.replace("</list>", " " * (260000 - len(document)) + "</list>")
        watcher = ListWatcher(alice, names=padded)
        check(watcher.answer.status == 200, f"{transport}: {watcher.answer}")
        check(watcher.again(expires=0).status == 200, transport)
        for is_packed in (False, True) if transport in ("tcp", "tls") else (False,):  # no packed bytes in text frames
            answer = ListWatcher(alice, names=padded + " " * 4000, is_packed=is_packed).answer
            check(answer and answer.status == 413 and "262144" in answer.get("warning"), f"{transport}, {is_packed}: {answer}")
        alice.close()


def test_keys_of_phones_are_told_by_their_list(server):
    """A list of the configuration, watched as lines (dialog), with the names that the keys show"""
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, to="sales-keys", event="dialog").until_all(2)
    check(watcher.entries[alice.aor("carol")][0] == "Carol at the desk", f"{watcher.entries}")
    check("dialog-info" in watcher.body("bob"), f"{watcher.entries}")
    empty = ListWatcher(alice, to="nobody-yet", event="dialog")
    check(empty.answer.status == 200 and empty.take() is not None and empty.entries == {}, "an empty list")
    check(ListWatcher(alice, to="no-such-list", event="dialog").answer.status == 404, "no such list")


def test_lists_of_the_database_change_while_they_are_watched(server):
    alice = Client(server, "alice")
    server.sql("INSERT INTO phone_lists (list, position, uri, name) VALUES ('table-keys', 1, 'bob', 'Bob'),"
               " ('table-keys', 2, 'carol', 'Carol')")
    end = time.monotonic() + 20
    while (watcher := ListWatcher(alice, to="table-keys", event="dialog")).answer.status == 404:
        check(time.monotonic() < end, "the table is not read again")
        time.sleep(0.3)
    watcher.until_all(2)
    server.sql("UPDATE phone_lists SET uri = 'dave', name = 'Dave' WHERE list = 'table-keys' AND position = 2")
    watcher.until(lambda e: alice.aor("dave") in e and alice.aor("carol") not in e, "the list has not changed")
    server.sql("DELETE FROM phone_lists")
    end = time.monotonic() + 20
    while not watcher.state.startswith("terminated"):
        check(time.monotonic() < end and watcher.take() is not None, "it is no list any more")
    check("noresource" in watcher.state, watcher.state)


def test_a_long_list_is_told_in_pieces_that_fit(server):
    """Over UDP no NOTIFY is larger than lists.udp_notify_bytes by more than one entry; over TCP it is one"""
    names = [f"user{i:03}" for i in range(100)]
    small = ListWatcher(Client(server, "alice"), names=names)
    small.until(lambda e: len(e) == 100 and all(entry[1] for entry in e.values()), "not all told", 30)
    check(max(small.sizes) < 12000 and len(small.sizes) > 2, f"sizes {small.sizes}")
    large = ListWatcher(Client(server, "alice", transport="tcp"), names=names)
    large.until(lambda e: len(e) == 100 and all(entry[1] for entry in e.values()), "not all told", 30)
    check(len(large.sizes) < len(small.sizes), f"sizes {large.sizes}")


def test_a_phone_that_takes_few_entries_is_told_few_at_a_time(server):
    grandstream = ListWatcher(Client(server, "alice"), names=["bob", "carol", "dave", "alice"],
                              headers=[("User-Agent", "Key-Phone 1.0")])
    first = grandstream.take()
    check(len(grandstream.entries) == 2 and b'fullState="true"' in first.body, f"{grandstream.entries}")
    grandstream.until_all(4)


def test_a_rate_is_kept_for_lists_too(server):
    """RFC 6446 §5.3"""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    watcher = ListWatcher(alice, names=["bob"], event="presence;max-rate=0.5").until_all(1)
    first = time.monotonic()
    etag = publish(bob, "one")
    etag = publish(bob, "two", etag)
    watcher.until(lambda e: "two" in watcher.body("bob"), "not told")
    check(time.monotonic() - first > 1, "the rate is one in two seconds")


def test_a_least_rate_does_not_tell_the_whole_list_again(server):
    """RFC 6446 §6.2: a NOTIFY though nothing has changed, of no entry"""
    watcher = ListWatcher(Client(server, "alice"), names=["bob", "carol"], event="presence;min-rate=1").until_all(2)
    size = watcher.sizes[-1]
    notify = watcher.take(10)
    check(notify is not None and b'fullState="false"' in notify.body, f"{notify}")
    check(len(notify.body) < size, f"{len(notify.body)} of {size}")


def test_a_list_is_its_watchers_own_whatever_his_dialog_is_called(server):
    """Call-ID and From tag are the clients' to choose: two of them may be the same"""
    alice, dave = Client(server, "alice"), Client(server, "dave")
    dave.tag = alice.tag
    first = ListWatcher(alice, names=["bob"], call_id="the-same").until_all(1)
    second = ListWatcher(dave, names=["carol"], call_id="the-same").until_all(1)
    check(first.take(1) is None, "alice is not told what dave asked for")
    check(list(first.entries) == [alice.aor("bob")] and list(second.entries) == [alice.aor("carol")], "each his own")


def test_fetching_a_list_tells_all_of_it_once(server):
    """RFC 6665 §4.4.3"""
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, names=["bob", "carol"], expires=0)
    check(watcher.answer.status == 200, f"{watcher.answer}")
    watcher.take()
    check(watcher.state.startswith("terminated") and len(watcher.entries) == 2, f"{watcher.state} {watcher.entries}")


def test_lists_survive_kill_9_with_versions_that_only_grow(server):
    alice, bob = Client(server, "alice"), Client(server, "bob")
    etag = publish(bob, "before")
    carried = ListWatcher(alice, names=["bob", "carol"]).until_all(2)
    keys = ListWatcher(alice, to="sales-keys").until_all(2)
    before = carried.versions[-1], keys.versions[-1]
    server.restart()
    publish(bob, "after the restart", etag)
    for watcher in (carried, keys):
        watcher.until(lambda e: "after the restart" in watcher.body("bob"), "not told after the restart", 30)
    check(carried.versions[-1] > before[0] and keys.versions[-1] > before[1], "versions fell back")
    check(carried.again().status == 200, "the refresh")


def test_a_list_that_is_sent_again_takes_the_place_of_the_one_before(server):
    """RFC 5367 §4: a SUBSCRIBE in the dialog with another list"""
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, names=["bob", "carol"]).until_all(2)
    answer = watcher.again(body=list_document(["dave"]), more=[
        ("Require", "recipient-list-subscribe"), ("Content-Disposition", "recipient-list"), ("Content-Type", LIST_TYPE)])
    check(answer.status == 200, f"{answer}")
    watcher.until(lambda e: list(e) == [alice.aor("dave")], "the new list")
    server.restart()
    watcher.entries = {}
    watcher.until(lambda e: list(e) == [alice.aor("dave")], "the new list after a restart")


def test_large_bodies_are_packed_for_who_accepts_it(server):
    alice, bob = Client(server, "alice", transport="tcp"), Client(server, "bob")
    publish(bob, "word " * 600)
    watcher = ListWatcher(alice, names=["bob", "carol"], headers=[("Accept-Encoding", "deflate")])
    notify = watcher.take()
    check(notify.get("content-encoding") == "deflate" and "word word" in watcher.body("bob"), f"{notify}")
    plain = ListWatcher(alice, names=["bob", "carol"])
    check(plain.take().get("content-encoding") == "", "not asked for")


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in NAMES}
    with Server(passwords, settings=["lists.entries=500", "lists.table_s=1", "limits.subscriptions_per_account=100",
                                     "log.level=warning"], file=CONFIGURATION) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
