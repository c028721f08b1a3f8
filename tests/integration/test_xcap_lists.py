"""Lists that are documents (RFC 4826), watched (RFC 4662) while they are edited over XCAP (RFC 4825), and told as
changed (RFC 5875).

SPDX-License-Identifier: MIT
"""

import sys
import threading
import time
import urllib.parse

import cases
from cases import check
from lists import ListWatcher, publish
from server import Server
from sip import Client, token
from web import Web

NAMES = ["alice", "bob", "carol", "dave", "erin"]
LISTS = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">{}</resource-lists>'
SERVICES = ('<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
            "{}</rls-services>")
ENTRY = '<entry uri="sip:{0}@example.test"><display-name>{0}</display-name></entry>'


class Documents:
    """A user's documents over XCAP."""

    def __init__(self, server, user, token=None):
        self.web = Web(server, user, token=token)
        self.user = f"users/sip:{user}@example.test" if user else "global"

    def path(self, application, selector=None, name="index"):
        node = f"/~~/{urllib.parse.quote(selector, safe='/=@:')}" if selector else ""
        return f"/xcap/{application}/{self.user}/{name}{node}"

    def put(self, application, text, selector=None, name="index", status=(200, 201)):
        kind = "application/xcap-el+xml" if selector else f"application/{application}+xml"
        answer = self.web.ask("PUT", self.path(application, selector, name), text, {"Content-Type": kind})
        check(answer.status in status, f"PUT {self.path(application, selector, name)}: {answer}")
        return answer

    def delete(self, application, selector=None, name="index"):
        answer = self.web.ask("DELETE", self.path(application, selector, name))
        check(answer.status == 200, f"DELETE: {answer}")


def service(uri, inside, package="presence"):
    return f'<service uri="{uri}">{inside}<packages><package>{package}</package></packages></service>'


def has(watcher, names):
    return lambda entries: sorted(entries) == sorted(watcher.client.aor(name) for name in names)


def test_the_buddy_list_is_watched_and_followed(server):
    alice, bob = Client(server, "alice"), Client(server, "bob")
    documents = Documents(server, "alice")
    watcher = ListWatcher(alice)
    check(watcher.answer.status == 200 and watcher.take() is not None and not watcher.entries, "no list yet")
    documents.put("resource-lists", LISTS.format(f'<list name="friends">{ENTRY.format("bob")}</list>'
                                                 f'<list name="work">{ENTRY.format("carol")}</list>'))
    watcher.until(has(watcher, ["bob", "carol"]), "the lists together")
    publish(bob, "hello from bob")
    watcher.until(lambda e: "hello from bob" in watcher.body("bob"), "bob")
    selector = 'resource-lists/list[@name="friends"]/entry[@uri="sip:dave@example.test"]'
    documents.put("resource-lists", ENTRY.format("dave"), selector)
    watcher.until(has(watcher, ["bob", "carol", "dave"]), "dave is on it")
    documents.delete("resource-lists", selector)
    watcher.until(has(watcher, ["bob", "carol"]), "dave is not on it any more")
    server.restart()
    watcher.entries = {}
    watcher.until(has(watcher, ["bob", "carol"]), "after kill -9", 30)
    documents.put("resource-lists", ENTRY.format("erin"), selector.replace("dave", "erin"))
    watcher.until(has(watcher, ["bob", "carol", "erin"]), "it is followed after kill -9")
    documents.delete("resource-lists")
    watcher.until(lambda e: not e, "the list is gone, and empty")


def test_services_of_a_user_are_watched_by_him_alone(server):
    """RFC 4826 §4: a list inside, a list referred to, lists within lists, <entry-ref> and <external>"""
    bob, carol = Client(server, "bob"), Client(server, "carol")
    documents = Documents(server, "bob")
    root = "https://example.test/xcap/"
    own = "resource-lists/users/sip:bob@example.test/index"
    reference = urllib.parse.quote('/~~/resource-lists/list[@name="outer"]', safe="/=@:")
    documents.put("resource-lists", LISTS.format(
        f'<list name="outer">{ENTRY.format("alice")}<list name="inner">{ENTRY.format("carol")}{ENTRY.format("alice")}'
        f'</list><external anchor="{root}{own}/~~/resource-lists/list%5b@name=%22more%22%5d"/></list>'
        f'<list name="more">{ENTRY.format("dave")}</list>'))
    documents.put("rls-services", SERVICES.format(
        service("sip:bob-friends@example.test", f"<resource-list>{root}{own}{reference}</resource-list>") +
        service("sip:bob-inline@example.test", '<list><rl:entry uri="sip:erin@example.test"/></list>')))
    referred = ListWatcher(bob, to="bob-friends")
    check(referred.answer.status == 200, f"{referred.answer}")
    referred.until(has(referred, ["alice", "carol", "dave"]), "flat, and each once")
    inline = ListWatcher(bob, to="bob-inline")
    inline.until(has(inline, ["erin"]), "the list inside")
    check(ListWatcher(carol, to="bob-friends").answer.status == 404, "it is bob's alone")
    documents.put("resource-lists", ENTRY.format("erin"), 'resource-lists/list[@name="more"]/entry[2]')
    referred.until(has(referred, ["alice", "carol", "dave", "erin"]), "what it refers to has changed")
    documents.delete("rls-services")
    while not referred.state.startswith("terminated"):
        check(referred.take() is not None, "the service is gone")
    check("noresource" in referred.state, referred.state)


def test_a_service_is_nobody_elses_address(server):
    """RFC 4826 §4.4.5: neither another user's service, nor an account, nor a list of phones"""
    dave, erin = Documents(server, "dave"), Documents(server, "erin")
    inside = '<list><rl:entry uri="sip:alice@example.test"/></list>'
    dave.put("rls-services", SERVICES.format(service("sip:only-daves@example.test", inside)))
    for taken in ("only-daves", "alice", "rls"):
        answer = erin.put("rls-services", SERVICES.format(service(f"sip:{taken}@example.test", inside)),
                          status=(409,))
        check("uniqueness-failure" in answer.text, f"{taken}: {answer}")
    watcher = ListWatcher(Client(server, "erin"), to="alice", headers=[("Accept", "application/pidf+xml")])
    check(watcher.answer.status == 200 and "eventlist" not in watcher.answer.get("require"), "alice is alice")


INSIDE = '<list><rl:entry uri="sip:alice@example.test"/></list>'


def test_one_of_two_who_want_the_same_name_at_once_gets_it(server):
    """RFC 4826 §4.4.5: the second is judged while the commit of the first is under way"""
    both = [Documents(server, user) for user in ("dave", "erin")]
    for documents in both:
        documents.web.ask("DELETE", documents.path("rls-services"))
    text = SERVICES.format(service("sip:wanted@example.test", INSIDE))
    lock = threading.Thread(target=server.sql, args=("BEGIN; LOCK TABLE documents; SELECT pg_sleep(2); COMMIT",))
    answers = []
    puts = [threading.Thread(target=lambda d=d: answers.append(d.web.ask(
        "PUT", d.path("rls-services"), text, {"Content-Type": "application/rls-services+xml"}))) for d in both]
    lock.start()
    time.sleep(0.5)
    for put in puts:
        put.start()
    for thread in puts + [lock]:
        thread.join()
    check(sorted(a.status for a in answers) == [201, 409], f"{answers}")
    loser = both[0 if "uniqueness-failure" in answers[0].text and answers[0].status == 409 else 1]
    check(any("uniqueness-failure" in a.text for a in answers), f"{loser.user}: {answers}")
    for documents in both:
        documents.web.ask("DELETE", documents.path("rls-services"))
    both[0].put("rls-services", text)
    both[0].delete("rls-services")
    both[1].put("rls-services", text)


def test_services_go_with_their_account(_server):
    """Whether their document is in memory or not: then somebody else may have the name"""
    with Server({"alice": "a-secret", "bob": "b-secret"}, settings=["documents.cached_bytes=0"]) as server:
        text = SERVICES.format(service("sip:passed-on@example.test", INSIDE))
        Documents(server, "bob").put("rls-services", text)
        alice = Documents(server, "alice")
        alice.put("rls-services", text, status=(409,))
        check(server.run("user", "remove", "bob").returncode == 0, "bob is removed")
        end = time.monotonic() + 20
        while alice.put("rls-services", text, status=(201, 409)).status == 409:
            check(time.monotonic() < end, "the name is free")
            time.sleep(0.1)
        with open(server.log) as log:
            check("list_services_not_read" not in log.read(), "nothing goes wrong")


def test_no_service_hides_an_account(_server):
    """One that nobody had in memory when the service was written, and one that came later"""
    with Server({"alice": "a-secret", "bob": "b-secret"}) as server:
        alice = Client(server, "alice")
        check(server.run("user", "add", "later", input="l-secret\n").returncode == 0, "an account nobody has asked for")
        Documents(server, "alice").put("rls-services", SERVICES.format("".join(
            service(f"sip:{name}@example.test", INSIDE) for name in ("later", "latest", "mine"))))
        check(server.run("user", "add", "latest", input="l-secret\n").returncode == 0, "another one")
        for name in ("later", "latest"):
            answer = ListWatcher(alice, to=name, headers=[("Accept", "application/pidf+xml")]).answer
            check(answer.status == 200 and "eventlist" not in (answer.get("require") or ""), f"{name}: {answer}")
        answer = ListWatcher(alice, to="mine").answer
        check(answer.status == 200 and answer.get("require") == "eventlist", f"{answer}")


def test_a_global_service_comes_before_a_users(server):
    bob = Documents(server, "bob")
    bob.put("rls-services", SERVICES.format(service("sip:company@example.test", INSIDE)))
    words = server.run("token", "add", "before", "xcap:write").stdout.split()
    everybody = Documents(server, None, token=max(words, key=len))
    everybody.put("rls-services", SERVICES.format(service(
        "sip:company@example.test", '<list><rl:entry uri="sip:carol@example.test"/></list>')))
    for user in ("bob", "dave"):
        watcher = ListWatcher(Client(server, user), to="company")
        watcher.until(has(watcher, ["carol"]), user)
    everybody.delete("rls-services")
    watcher = ListWatcher(Client(server, "bob"), to="company")
    watcher.until(has(watcher, ["alice"]), "bob's own is there again")
    bob.delete("rls-services")


def test_services_stand_in_one_document(server):
    """RFC 4826 §4.4.7: "index"; of a service in another one nobody could say whether it counts"""
    documents = Documents(server, "dave")
    answer = documents.put("rls-services", SERVICES.format(service("sip:elsewhere@example.test", "<list/>")),
                           name="other", status=(409,))
    check("constraint-failure" in answer.text and "index" in answer.text, f"{answer}")


def test_global_services_are_for_everybody(server):
    words = server.run("token", "add", "lists", "xcap:write").stdout.split()
    documents = Documents(server, None, token=max(words, key=len))
    documents.put("rls-services", SERVICES.format(service(
        "sip:everybody@example.test", "<list>" + "".join(f'<rl:entry uri="sip:{name}@example.test"/>'
                                                         for name in ("bob", "carol")) + "</list>")))
    for user in ("alice", "dave"):
        watcher = ListWatcher(Client(server, user), to="everybody")
        watcher.until(has(watcher, ["bob", "carol"]), user)
    server.restart()
    watcher.entries = {}
    watcher.until(has(watcher, ["bob", "carol"]), "after kill -9", 30)


def test_loops_are_refused(server):
    documents = Documents(server, "carol")
    own = "https://example.test/xcap/resource-lists/users/sip:carol@example.test/index/~~/resource-lists"
    documents.put("resource-lists", LISTS.format(
        f'<list name="a"><external anchor="{own}/list%5b@name=%22b%22%5d"/></list>'
        f'<list name="b"><external anchor="{own}/list%5b@name=%22a%22%5d"/></list>'))
    answer = ListWatcher(Client(server, "carol")).answer
    check(answer.status == 400 and answer.get("warning"), f"{answer}")


def test_an_edit_is_seen_in_the_list_and_as_xcap_diff_within_a_second(server):
    """What the field wants: one list for all. (The bound here is wide; the second is what a quiet machine keeps.)"""
    erin = Client(server, "erin")
    documents = Documents(server, "erin")
    documents.put("resource-lists", LISTS.format(f'<list name="l">{ENTRY.format("bob")}</list>'))
    watcher = ListWatcher(erin)
    watcher.until(has(watcher, ["bob"]), "the list")
    call_id = token(14)
    answer = erin.ask("SUBSCRIBE", erin.aor(), [("Event", "xcap-diff"), ("Contact", f"<{erin.contact}>"),
                                                ("Expires", "600")], call_id=call_id)
    check(answer.status == 200, f"{answer}")
    is_diff = lambda m: m.method == "NOTIFY" and m.get("call-id") == call_id
    while True:
        first = erin.receive(is_diff)
        erin.answer(first)
        if b"new-etag" in first.body:
            break
    start = time.monotonic()
    etag = documents.put("resource-lists", ENTRY.format("carol"), "resource-lists/list/entry[2]").etag.strip('"')
    watcher.until(has(watcher, ["bob", "carol"]), "the edit")
    notify = erin.receive(is_diff)
    erin.answer(notify)
    took = time.monotonic() - start
    check(f'new-etag="{etag}"'.encode() in notify.body and b"previous-etag" in notify.body, f"{notify}")
    check(took < 5, f"{took:.1f} s")


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in NAMES}
    with Server(passwords, settings=["limits.subscriptions_per_account=100", "log.level=warning"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
