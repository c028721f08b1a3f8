"""Lists while something else happens: pieces of a list are on their way and the watcher leaves, the list changes, its
entries come and go, the watcher is slow, the limits are reached.

SPDX-License-Identifier: MIT
"""

import re
import sys
import time
import uuid

import cases
from cases import check
from lists import LIST_TYPE, ListWatcher, list_document, publish
from server import Server
from sip import Client
from test_rules import Watcher, WatchersOf, remove_rules, rule, set_rules
from web import Web

NAMES = ["alice", "bob", "carol", "dave", "erin", "frank"]
MANY = [f"user{i:02}" for i in range(60)]  # two pieces over UDP, at least
XCAP = "/xcap/{}/users/sip:{}@example.test/index"
DOMAIN = "example.test"
SERVICES = ('<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" '
            'xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
            "{}</rls-services>")
LISTS = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">{}</resource-lists>'


def put(server, user, document, application="resource-lists", kind=LIST_TYPE):
    answer = Web(server, user).ask("PUT", XCAP.format(application, user), document, {"Content-Type": kind})
    check(answer.status in (200, 201), f"{answer!r}")


def remove(server, user, application="resource-lists"):
    Web(server, user).ask("DELETE", XCAP.format(application, user))


def buddies(server, user, names):
    put(server, user, list_document(names))


def remove_account(server, user):
    """For good: a restart does not make it again."""
    check(server.run("user", "remove", user).returncode == 0, f"{user} is removed")
    del server.passwords[user]
    server.write_accounts()


def add_account(server, user):
    check(server.run("user", "add", user, input="secret\n").returncode == 0, f"{user} is added")
    server.passwords[user] = "secret"
    server.write_accounts()


def names_of(watcher):
    return {re.sub("^sip:|@.*$", "", uri) for uri in watcher.entries}


def waiting_notify(watcher):
    """The next NOTIFY, not answered."""
    notify = watcher.client.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") == watcher.call_id)
    check(notify is not None, "no NOTIFY")
    return notify


def take(watcher, notify):
    watcher.client.answer(notify)
    watcher.state = notify.get("subscription-state")
    if notify.body:
        watcher.add(notify)


def drain(watcher, wait=1.0):
    """What still comes until there is silence; how many there were, repetitions left out."""
    seen = set()
    while notify := watcher.take(wait):
        seen.add(notify.get("cseq"))
    return len(seen)


def is_full(notify):
    return b'fullState="true"' in notify.body


# --- pieces on their way ----------------------------------------------------------------------------------------------

def test_who_leaves_while_a_piece_is_on_its_way_is_told_the_end_and_nothing_after_it(server):
    """RFC 6665 §4.2.2"""
    for transport in ("udp", "tcp", "ws"):
        alice = Client(server, "alice", transport=transport)
        watcher = ListWatcher(alice, names=MANY, headers=[("User-Agent", "Few-at-a-time")])
        first = waiting_notify(watcher)
        answer = watcher.again(expires=0, more=[("Require", "recipient-list-subscribe")])
        check(answer is not None and answer.status == 200, f"{answer!r}")
        take(watcher, first)
        while not watcher.state.startswith("terminated"):
            check(watcher.take() is not None, f"{transport}: no end: {watcher.state}")
        check(drain(watcher) == 0, f"{transport}: something follows the end")
        check(watcher.again().status == 481, "it is over")
        alice.close()


def test_an_account_that_is_removed_while_a_piece_is_on_its_way_is_told_the_end(server):
    """RFC 6665 §4.2.2: rejected, and nothing is shown any more"""
    carol = Client(server, "carol")
    watcher = ListWatcher(carol, names=MANY, headers=[("User-Agent", "Few-at-a-time")])
    first = waiting_notify(watcher)
    remove_account(server, "carol")
    take(watcher, first)
    last = watcher.take()
    check(last is not None and watcher.state.startswith("terminated;reason=rejected") and not last.body, f"{last!r}")
    check(drain(watcher) == 0, "something follows the end")
    add_account(server, "carol")


def test_a_list_that_changes_while_pieces_are_on_their_way_is_told_anew(server):
    """RFC 4662 §5.2: by a full state with a higher version"""
    for transport in ("udp", "tcp", "ws"):
        buddies(server, "alice", MANY)
        alice = Client(server, "alice", transport=transport)
        watcher = ListWatcher(alice, to="rls", headers=[("User-Agent", "Few-at-a-time")])
        first = waiting_notify(watcher)
        buddies(server, "alice", MANY[10:20] + ["bob"])
        time.sleep(0.2)
        take(watcher, first)
        check(is_full(first) and watcher.take() is not None, "it goes on")
        wanted = set(MANY[10:20] + ["bob"])
        watcher.until(lambda e: names_of(watcher) == wanted and all(entry[1] for entry in e.values()), "the new list")
        check(drain(watcher) == 0, f"{transport}: more than the new list")
        check(watcher.versions == sorted(watcher.versions), f"{watcher.versions}")
        check(watcher.again(expires=0).status == 200, "the end")
        alice.close()
    remove(server, "alice")


def test_states_that_change_while_pieces_are_on_their_way_are_told_as_they_are(server):
    alice, bob = Client(server, "alice"), Client(server, MANY[0])
    etag = publish(bob, "old state")
    watcher = ListWatcher(alice, names=MANY, headers=[("User-Agent", "Few-at-a-time")])
    first = waiting_notify(watcher)
    for note in ("newer state", "newest state"):
        etag = publish(bob, note, etag)
    take(watcher, first)
    watcher.until_all(len(MANY))
    watcher.until(lambda e: "newest state" in watcher.body(MANY[0]), "the newest state")
    check(drain(watcher) == 0 and "newest state" in watcher.body(MANY[0]), f"{watcher.body(MANY[0])}")
    check(watcher.again(expires=0, more=[("Require", "recipient-list-subscribe")]).status == 200, "the end")


def test_a_piece_that_was_not_taken_is_told_again_with_all_of_the_list(server):
    """RFC 4662 §5.2: what the watcher has not got is not counted on"""
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, names=MANY, headers=[("User-Agent", "Few-at-a-time")])
    check(watcher.take() is not None, "the first piece")
    alice.answer(waiting_notify(watcher), 503, "Busy")
    watcher.entries = {}
    again = waiting_notify(watcher)
    while not is_full(again):  # a copy of the second piece
        alice.answer(again, 503, "Busy")
        again = waiting_notify(watcher)
    take(watcher, again)
    watcher.until_all(len(MANY), 30)
    check(watcher.again(expires=0, more=[("Require", "recipient-list-subscribe")]).status == 200, "the end")


def test_a_connection_that_breaks_in_a_piece_is_made_up_for(server):
    for transport in ("tcp", "ws"):
        alice = Client(server, "alice", transport=transport)
        watcher = ListWatcher(alice, names=MANY, headers=[("User-Agent", "Few-at-a-time")])
        waiting_notify(watcher)
        alice.close()
        alice.connect()
        watcher.headers = [(k, f"<{alice.contact}>" if k == "Contact" else v) for k, v in watcher.headers]
        check(watcher.again(more=[("Require", "recipient-list-subscribe")]).status == 200, "it is still there")
        check(is_full(watcher.take()), "it begins anew")
        watcher.until_all(len(MANY))
        alice.close()


# --- entries and owners that come and go ------------------------------------------------------------------------------

def test_an_account_on_a_list_that_is_removed_and_made_again_is_told(server):
    """RFC 4662 §5.6: noresource"""
    alice, erin = Client(server, "alice"), Client(server, "erin")
    publish(erin, "before")
    watcher = ListWatcher(alice, names=["erin", "bob"]).until_all(2)
    check("before" in watcher.body("erin"), f"{watcher.entries}")
    remove_account(server, "erin")
    watcher.until(lambda e: e[alice.aor("erin")][1:3] == ("terminated", "noresource"), "erin is gone")
    server.restart()
    watcher.entries = {}
    watcher.until(lambda e: len(e) == 2 and e[alice.aor("erin")][2] == "noresource", "she is gone after kill -9", 30)
    add_account(server, "erin")
    watcher.until(lambda e: e[alice.aor("erin")][1] == "active", "erin is back")
    check("before" not in watcher.body("erin"), "with nothing of what she was")
    publish(Client(server, "erin"), "after")
    watcher.until(lambda e: "after" in watcher.body("erin"), "her state is told")


def test_an_account_that_owns_a_list_and_is_removed_leaves_nothing_behind(server):
    frank, bob = Client(server, "frank"), Client(server, "bob")
    set_rules(server, "bob", rule(1, "alice", "allow"))
    buddies(server, "frank", ["bob", "carol"])
    set_rules(server, "frank", rule(1, "bob", "allow"))
    info = WatchersOf(bob)
    watchers = [ListWatcher(frank, to="rls").until_all(2), ListWatcher(frank, names=["bob"]).until_all(1)]
    info.until("frank", "active")
    remove_account(server, "frank")
    for watcher in watchers:
        while not watcher.state.startswith("terminated"):
            check(watcher.take() is not None, f"no end: {watcher.state}")
    info.until("frank", None)
    for table in ("subscriptions", "documents", "watch_requests"):
        rows = server.sql(f"SELECT count(*) FROM {table} WHERE {'account' if table == 'documents' else 'watcher'}_id "
                          "IS NOT NULL AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = "
                          f"{table}.{'account' if table == 'documents' else 'watcher'}_id)")
        check(rows == [["0"]], f"{table}: {rows}")
    add_account(server, "frank")
    anew = ListWatcher(Client(server, "frank"), to="rls")
    check(anew.answer.status == 200 and anew.take() is not None and anew.entries == {}, f"{anew.entries}")
    check(Web(server, "frank").ask("GET", XCAP.format("pres-rules", "frank")).status == 404, "no rules of the other")
    remove_rules(server, "bob")


def test_an_account_that_waits_on_somebody_and_is_removed_does_not_wait_any_more(server):
    bob = Client(server, "bob")
    set_rules(server, "bob", rule(1, "frank", "confirm"))
    info = WatchersOf(bob)
    Watcher(Client(server, "frank"), "bob").until("pending")
    info.until("frank", "pending")
    remove_account(server, "frank")
    info.until("frank", None)
    server.restart()
    info.known = {"?": ("frank", "pending", "subscribe")}
    info.until("frank", None, 30)
    add_account(server, "frank")
    remove_rules(server, "bob")


# --- limits -----------------------------------------------------------------------------------------------------------

def test_a_list_that_grows_beyond_the_limit_is_refused_and_a_running_one_stays(server):
    """lists.entries is 100 here"""
    most, many = [f"n{i}" for i in range(100)], [f"n{i}" for i in range(101)]
    alice = Client(server, "alice", transport="tcp")
    buddies(server, "alice", most)
    watcher = ListWatcher(alice, to="rls").until_all(100)
    buddies(server, "alice", many)
    refused = ListWatcher(Client(server, "alice", transport="tcp"), to="rls").answer
    check(refused.status == 413 and "100" in refused.get("warning"), f"{refused!r}")
    drain(watcher, 0.5)
    check(len(watcher.entries) == 100 and watcher.state.startswith("active"), f"{len(watcher.entries)}")
    buddies(server, "alice", ["bob"])
    watcher.until(lambda e: names_of(watcher) == {"bob"}, "it is short again")
    buddies(server, "alice", many)
    server.restart()
    alice.close()
    alice.connect()
    watcher.headers = [(k, f"<{alice.contact}>" if k == "Contact" else v) for k, v in watcher.headers]
    answer = watcher.again()
    if answer.status == 200:  # it had not been read by then
        while not watcher.state.startswith("terminated"):
            check(watcher.take() is not None, "a list that nobody can read does not stay dark")
    else:
        check(answer.status == 481, f"{answer!r}")
    remove(server, "alice")


def test_of_too_many_who_wait_for_a_decision_the_oldest_are_given_up(server):
    """subscription.requests is 3 here; who is there is seen all the same"""
    dave = Client(server, "dave")
    set_rules(server, "dave", rule(1, "", "confirm"))
    watchers = [Watcher(Client(server, name), "dave").until("pending") for name in MANY[:5]]
    info = WatchersOf(dave)
    for name in MANY[:5]:
        info.until(name, "pending")
    for watcher in watchers:
        check(watcher.again(expires=0).status == 200, "the end")
    for name in MANY[2:5]:
        info.until(name, "waiting")
    info.until(MANY[0], None)
    check(server.sql("SELECT count(*) FROM watch_requests WHERE resource = 'dave'") == [["3"]], "three rows")
    server.restart()
    info.known = {}
    for name in MANY[2:5]:
        info.until(name, "waiting", 30)
    check(len(info.known) == 3, f"{info.known}")
    remove_rules(server, "dave")


def test_who_watches_by_himself_is_told_after_kill_9_whoever_watches_by_lists(server):
    lists = [ListWatcher(Client(server, name), names=["bob", "carol"]).until_all(2) for name in MANY[:5]]
    alone = Watcher(Client(server, "alice"), "bob").until("active")
    more = [ListWatcher(Client(server, name), names=["bob"]).until_all(1) for name in MANY[5:8]]
    server.restart()
    alone.state = ""
    alone.until("active", wait=30)
    for watcher in lists + more:
        watcher.entries = {}
        watcher.until(lambda e, w=watcher: w.client.aor("bob") in e and all(entry[1] for entry in e.values()), "told")


def test_who_was_blocked_while_the_server_was_away_is_told_the_end_and_nothing_else(server):
    """RFC 6665 §4.2.2: also over a connection, when he is back"""
    bob = Client(server, "bob")
    publish(bob, "secret")
    set_rules(server, "bob", rule(1, "", "allow"))
    watchers = []
    for name, transport in zip(MANY, ("udp", "tcp", "ws")):
        client = Client(server, name, transport=transport, instance=str(uuid.uuid4()))
        client.register()
        watchers.append(Watcher(client, "bob").until("active", "secret"))
    leaving = Watcher(Client(server, "alice"), "bob").until("active", "secret")
    server.kill()
    server.sql("UPDATE documents SET etag = 'another', body = convert_to(replace(convert_from(body, 'UTF8'), '>allow<',"
               " '>block<'), 'UTF8') WHERE application = 'pres-rules'")
    server.start()
    for watcher in watchers:
        if watcher.client.wire.transport != "udp":
            watcher.client.close()
            watcher.client.connect()
            watcher.client.register()
        watcher.until("terminated", wait=30)
        check("rejected" in watcher.state and "secret" not in watcher.body, f"{watcher.state} {watcher.body}")
    check(leaving.until("terminated") and leaving.again().status == 481, "it is over")
    rows = server.sql("SELECT count(*) FROM subscriptions s JOIN accounts a ON a.id = s.watcher_id WHERE resource ="
                      " 'bob' AND package = 'presence' AND user_name IN ('user00', 'user01', 'user02')")
    check(rows == [["0"]], f"rows are left: {rows}")
    remove_rules(server, "bob")


# --- slow watchers ----------------------------------------------------------------------------------------------------

def test_a_slow_watcher_of_a_list_delays_nobody(server):
    """One never answers, one never reads"""
    publisher = Client(server, "bob")
    dumb = ListWatcher(Client(server, "carol"), names=["bob"])
    check(dumb.answer.status == 200, f"{dumb.answer!r}")
    deaf = Client(server, "dave", transport="tcp")
    deaf_watchers = [ListWatcher(deaf, names=["bob"] + MANY) for _ in range(10)]
    check(all(watcher.answer.status == 200 for watcher in deaf_watchers), "subscribed")
    quick = ListWatcher(Client(server, "alice"), names=["bob", "carol"]).until_all(2)
    etag, seconds = None, []
    for i in range(10):
        etag = publish(publisher, f"note {i}.", etag)
        begin = time.monotonic()
        quick.until(lambda e: f"note {i}." in quick.body("bob"), f"note {i}", 10)
        seconds.append(time.monotonic() - begin)
    check(sorted(seconds)[5] < 2, f"{seconds}")
    last = ListWatcher(Client(server, "carol"), names=["bob"]).until_all(1)
    check("note 9." in last.body("bob"), f"{last.entries}")


# --- lists of lists ---------------------------------------------------------------------------------------------------

def test_lists_in_lists_are_one_list_and_loops_are_refused(server):
    """RFC 4826 §3, RFC 4662 §4.2: an entry is there once, wherever it stands"""
    inner = ('<list name="a"><entry uri="sip:bob@example.test"><display-name>Bob</display-name></entry>'
             '<list name="b"><entry uri="sip:carol@example.test"/><entry uri="pres:bob@example.test"/></list></list>'
             '<list name="c"><entry-ref ref="resource-lists/users/sip:alice@example.test/index/~~/resource-lists/'
             'list%5B@name=%22a%22%5D/entry%5B@uri=%22sip:bob@example.test%22%5D"/>'
             '<entry uri="sip:dave@example.test"/></list>')
    put(server, "alice", LISTS.format(inner))
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, to="rls").until_all(3)
    check(names_of(watcher) == {"bob", "carol", "dave"} and watcher.entries[alice.aor("bob")][0] == "Bob",
          f"{watcher.entries}")
    info = WatchersOf(Client(server, "bob"))
    set_rules(server, "bob", rule(1, "alice", "allow"))
    info.until("alice", "active")
    ids = re.findall(r'<(?:\w+:)?watcher [^>]*\bid="([^"]*)"', info.watcher.bodies[-1])
    check(len(ids) == len(set(ids)), f"each watch has a number of its own: {info.watcher.bodies[-1]}")
    deep = "<list>" * 9 + '<entry uri="sip:erin@example.test"/>' + "</list>" * 9
    carried = ListWatcher(alice, names=LISTS.format(deep)).answer
    check(carried.status == 413 and "8" in carried.get("warning"), f"{carried!r}")
    remove(server, "alice")
    remove_rules(server, "bob")


def test_a_service_is_watched_in_its_packages_and_follows_what_it_refers_to(server):
    """RFC 4826 §4.2, §4.4"""
    own = ('<service uri="sip:team@example.test"><resource-list>http://example.test/xcap/resource-lists/users/'
           "sip:alice@example.test/index/~~/resource-lists/list%5B@name=%22team%22%5D</resource-list><packages>"
           "<package>presence</package></packages></service>")
    team = '<list name="team">{}</list>'
    entry = '<entry uri="sip:{}@example.test"/>'
    put(server, "alice", LISTS.format(team.format(entry.format("bob"))))
    put(server, "alice", SERVICES.format(own), "rls-services", "application/rls-services+xml")
    alice = Client(server, "alice")
    watcher = ListWatcher(alice, to="team").until_all(1)
    put(server, "alice", LISTS.format(team.format(entry.format("bob") + entry.format("carol"))))
    watcher.until(lambda e: names_of(watcher) == {"bob", "carol"}, "carol was added")
    server.restart()
    watcher.entries = {}
    watcher.until(lambda e: names_of(watcher) == {"bob", "carol"}, "after kill -9", 30)
    check(ListWatcher(Client(server, "bob"), to="team").answer.status == 404, "a list of her own")
    answer = ListWatcher(alice, to="team", event="dialog").answer
    check(answer.status == 489, f"it is for presence only: {answer!r}")
    remove(server, "alice", "rls-services")
    while not watcher.state.startswith("terminated"):
        check(watcher.take() is not None, f"the service is gone: {watcher.state}")
    check("noresource" in watcher.state, watcher.state)
    remove(server, "alice")


if __name__ == "__main__":
    passwords = {name: "secret" for name in NAMES + MANY}
    settings = ["lists.entries=100", "subscription.requests=3", "subscription.retry_first_s=1",
                "limits.subscriptions_per_account=100", "log.level=warning"]
    file = 'profiles: ( { name = "Few"; user_agent = "Few-at-a-time*"; list_entries = 7; } );\n'
    with Server(passwords, settings=settings, file=file) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
