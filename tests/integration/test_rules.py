"""Who may see whom: rules (RFC 5025, RFC 4745), the site's policy, those who wait (RFC 3857), and lists and views of
what is seen.

SPDX-License-Identifier: MIT
"""

import sys
import time
import xml.etree.ElementTree as ElementTree

import cases
from cases import check
from lists import ListWatcher, next_notify, publish
from server import Server
from sip import WAIT, Client, token
from web import Web

NAMES = ["alice", "bob", "carol", "dave", "erin", "frank", "grace"]
INFO = "{urn:ietf:params:xml:ns:watcherinfo}"
RULES = ('<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"'
         ' xmlns:cp="urn:ietf:params:xml:ns:common-policy">{}</ruleset>')
ALL = "<pr:provide-services><pr:all-services/></pr:provide-services><pr:provide-persons><pr:all-persons/>" \
      "</pr:provide-persons><pr:provide-devices><pr:all-devices/></pr:provide-devices><pr:provide-all-attributes/>"


def rule(number, who, handling, transformations=ALL, conditions=""):
    identity = f'<identity><one id="sip:{who}@example.test"/></identity>' if who else ""
    return (f'<rule id="r{number}"><conditions>{identity}{conditions}</conditions><actions><pr:sub-handling>{handling}'
            f"</pr:sub-handling></actions><transformations>{transformations}</transformations></rule>")


def set_rules(server, user, *rules, document="index"):
    answer = Web(server, user).ask("PUT", f"/xcap/pres-rules/users/sip:{user}@example.test/{document}",
                                   RULES.format("".join(rules)), {"Content-Type": "application/auth-policy+xml"})
    check(answer.status in (200, 201), f"{answer}")


def remove_rules(server, user, document="index"):
    Web(server, user).ask("DELETE", f"/xcap/pres-rules/users/sip:{user}@example.test/{document}")


class Watcher:
    """One subscription; `state` and `body` are those of the last NOTIFY."""

    def __init__(self, client, to, event="presence", headers=(), expires=600, body=b""):
        self.client, self.call_id, self.state, self.body, self.bodies = client, token(14), "", "", []
        self.to, self.event, self.seen = to, event, set()
        self.headers = [("Event", event), ("Contact", f"<{client.contact}>")] + list(headers)
        self.answer = client.ask("SUBSCRIBE", client.aor(to), self.headers + [("Expires", str(expires))], body,
                                 call_id=self.call_id)

    def again(self, expires=600):
        return self.client.ask("SUBSCRIBE", self.client.aor(self.to), self.headers + [
            ("To", self.answer.get("to")), ("Expires", str(expires))], call_id=self.call_id)

    def take(self, wait=WAIT):
        notify = next_notify(self, wait)
        if notify:
            self.state, self.body = notify.get("subscription-state"), notify.body.decode()
            self.bodies.append(self.body)
        return notify

    def until(self, state, text="", without=None, wait=WAIT):
        """Takes NOTIFYs until one says that."""
        end = time.monotonic() + wait
        while not (self.state.startswith(state) and text in self.body and (not without or without not in self.body)):
            left = end - time.monotonic()
            check(left > 0 and self.take(left), f"not {state} with {text!r} without {without!r}: {self.state} {self.body}")
        return self


class WatchersOf:
    """A client's own winfo: watcher → (status, event), added up from full and partial documents."""

    def __init__(self, client, event="presence.winfo"):
        self.watcher = Watcher(client, client.user, event)
        check(self.watcher.answer.status == 200, f"{self.watcher.answer}")
        self.by_id, self.versions, self.states = {}, [], []

    def take(self, wait=WAIT):
        if not self.watcher.take(wait):
            return False
        if not self.watcher.body:
            return True
        root = ElementTree.fromstring(self.watcher.body)
        self.versions.append(int(root.get("version")))
        self.states.append(root.get("state"))
        if root.get("state") == "full":
            self.by_id = {}
        for watcher in root.iter(INFO + "watcher"):
            user = watcher.text.strip().removeprefix("sip:").split("@")[0]
            if watcher.get("status") == "terminated":
                self.by_id.pop(watcher.get("id"), None)
            else:
                self.by_id[watcher.get("id")] = user, watcher.get("status"), watcher.get("event")
        return True

    @property
    def known(self):
        """What is known of each; of several watches the one that says most: active, then pending, then waiting."""
        return {user: (status, event) for user, status, event in
                sorted(self.by_id.values(), key=lambda w: ("waiting", "pending", "active").index(w[1]))}

    @known.setter
    def known(self, nothing):
        self.by_id = dict(nothing)

    def until(self, user, status, wait=WAIT):
        end = time.monotonic() + wait
        while self.known.get(user, (None,))[0] != status:
            left = end - time.monotonic()
            check(left > 0 and self.take(left), f"{user} is not {status}: {self.known}")
        return self


def test_alice_asks_bob_is_told_allows_and_blocks_and_all_of_it_survives_kill_9(server):
    """RFC 3856 §6.6.2, RFC 3857 §4.7.1, RFC 5025 §3.2.1: pending, active, rejected"""
    alice, bob = Client(server, "alice"), Client(server, "bob")
    etag = publish(bob, "at home")
    info = WatchersOf(bob)
    watcher = Watcher(alice, "bob")
    check(watcher.answer.status == 200, f"{watcher.answer}")
    watcher.until("pending")
    check(watcher.body == "", "nothing is told to who waits")
    info.until("alice", "pending")
    server.restart()
    watcher.state = ""
    watcher.until("pending", wait=30)
    set_rules(server, "bob", rule(1, "alice", "allow"))
    watcher.until("active", "at home")
    info.until("alice", "active")
    server.restart()
    publish(bob, "out", etag)
    watcher.until("active", "out", wait=30)
    set_rules(server, "bob", rule(1, "alice", "block"))
    watcher.until("terminated")
    check("rejected" in watcher.state and watcher.body == "", f"{watcher.state}")
    info.until("alice", None)
    check(Watcher(alice, "bob").answer.status == 403, "blocked")
    server.restart()
    check(Watcher(alice, "bob").answer.status == 403, "blocked after kill -9, too")
    check(info.versions == sorted(set(info.versions)) and "partial" in info.states, f"{info.versions} {info.states}")
    remove_rules(server, "bob")


def test_who_is_blocked_politely_sees_somebody_who_is_not_there(server):
    """RFC 5025 §3.2.1"""
    alice, carol = Client(server, "alice"), Client(server, "carol")
    publish(carol, "secret")
    set_rules(server, "carol", rule(1, "alice", "polite-block"))
    watcher = Watcher(alice, "carol").until("active", "closed", without="secret")
    publish(Client(server, "carol"), "another secret")
    check(watcher.take(1) is None, "changes are not told")
    set_rules(server, "carol", rule(1, "alice", "allow"))
    watcher.until("active", "secret")


def test_a_view_shows_what_the_rule_provides_and_nothing_else(server):
    """RFC 5025 §3.3: notes and activities are left out; those who see the same are told the same"""
    dave = Client(server, "dave")
    seers = [Client(server, name) for name in ("alice", "carol", "erin")]
    services = "<pr:provide-services><pr:all-services/></pr:provide-services>"
    set_rules(server, "dave", rule(1, "alice", "allow"), rule(2, "carol", "allow", services),
              rule(3, "erin", "allow", services))
    publish(dave, "in the garden")
    watchers = [Watcher(client, "dave") for client in seers]
    watchers[0].until("active", "in the garden")
    for watcher in watchers[1:]:
        watcher.until("active", "<basic>open</basic>")
        check("garden" not in watcher.body, watcher.body)
    set_rules(server, "dave", rule(1, "alice", "allow", services), rule(2, "carol", "allow"),
              rule(3, "erin", "allow", services))
    watchers[0].until("active", "<basic>open</basic>", without="garden")
    watchers[1].until("active", "garden")
    check(watchers[2].take(1) is None, "erin sees what she saw")


def test_rules_hold_for_a_time(server):
    """RFC 4745 §7.3"""
    alice = Client(server, "alice")
    def clock(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    validity = f"<validity><from>{clock(-60)}</from><until>{clock(4)}</until></validity>"
    set_rules(server, "erin", rule(1, "alice", "allow", conditions=validity))
    watcher = Watcher(alice, "erin").until("active")
    watcher.until("pending", wait=20)


def test_rules_follow_the_sphere(server):
    """RFC 4745 §7.2, RFC 4480 §3.10"""
    alice, frank = Client(server, "alice"), Client(server, "frank")
    set_rules(server, "frank", rule(1, "alice", "allow", conditions='<sphere value="work"/>'))
    watcher = Watcher(alice, "frank").until("pending")
    document = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
                'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:frank@example.test"><tuple id="t"><status>'
                '<basic>open</basic></status></tuple><dm:person id="p"><rpid:sphere><rpid:{}/></rpid:sphere></dm:person>'
                "</presence>")
    def tell(sphere, etag=None):
        headers = [("Event", "presence"), ("Expires", "600"), ("Content-Type", "application/pidf+xml")]
        answer = frank.ask("PUBLISH", frank.aor(), headers + ([("SIP-If-Match", etag)] if etag else []),
                           document.format(sphere))
        check(answer.status == 200, f"{answer}")
        return answer.get("sip-etag")
    etag = tell("work")
    watcher.until("active", "open")
    tell("home", etag)
    watcher.until("pending")


def test_a_sphere_that_ends_with_its_publication_ends_the_last_watcher(server):
    """The watcher is away, so his subscription ends at once, while the change is being announced"""
    alice, frank = Client(server, "alice", transport="tcp"), Client(server, "frank")
    document = ('<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
                'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:frank@example.test"><tuple id="t"><status>'
                "<basic>open</basic></status></tuple><dm:person id='p'><rpid:sphere><rpid:work/></rpid:sphere>"
                "</dm:person></presence>")
    headers = [("Event", "presence"), ("Content-Type", "application/pidf+xml")]
    etag = frank.ask("PUBLISH", frank.aor(), headers + [("Expires", "600")], document).get("sip-etag")
    set_rules(server, "frank", rule(1, "alice", "allow", conditions='<sphere value="work"/>'),
              rule(2, None, "block"))
    Watcher(alice, "frank").until("active")
    alice.close()
    time.sleep(0.5)
    answer = frank.ask("PUBLISH", frank.aor(), [("Event", "presence"), ("Expires", "0"), ("SIP-If-Match", etag)])
    check(answer.status == 200, f"{answer}")
    check(Watcher(Client(server, "alice"), "frank").answer.status == 403, "the server goes on, and blocks")
    remove_rules(server, "frank")


def test_who_is_blocked_politely_is_told_what_somebody_is_who_has_gone(server):
    """RFC 5025 §3.2.1: nothing in the document, not even its entity-tag, tells the one from the other"""
    alice, carol, erin = (Client(server, name) for name in ("alice", "carol", "erin"))
    set_rules(server, "erin", rule(1, "alice", "polite-block"), rule(2, "carol", "allow"))
    blocked, allowed = Watcher(alice, "erin").until("active"), Watcher(carol, "erin").until("active")
    check(erin.register().status == 200, "erin comes")
    allowed.until("active", "open")
    check(erin.unregister().status == 200, "and goes")
    allowed.until("active", "closed", wait=30)
    check(blocked.body == allowed.body, f"{blocked.body} is not {allowed.body}")


def test_lines_and_lamps_have_rules_of_their_own(server):
    alice, bob = Client(server, "alice"), Client(server, "bob")
    check(Watcher(alice, "bob", "dialog").until("active").answer.status == 200, "everybody may watch lines here")
    set_rules(server, "bob", rule(1, "alice", "block"), document="dialog")
    check(Watcher(alice, "bob", "dialog").answer.status == 403, "alice is blocked")
    Watcher(alice, "bob").until("pending")
    check(Watcher(alice, "bob", "message-summary").answer.status == 403, "lamps are one's own")
    set_rules(server, "bob", rule(1, "alice", "allow"), document="message-summary")
    Watcher(alice, "bob", "message-summary").until("active", "Messages-Waiting")
    check(Watcher(bob, "bob", "message-summary").until("active").answer.status == 200, "and one's own stays so")
    for document in ("dialog", "message-summary"):
        remove_rules(server, "bob", document)


def test_who_asked_and_went_is_seen_as_waiting(server):
    """RFC 3857 §4.7.1: waiting; the decision is made though he is not there"""
    alice, grace = Client(server, "alice"), Client(server, "grace")
    watcher = Watcher(alice, "grace").until("pending")
    check(watcher.again(expires=0).status == 200, "the end")
    info = WatchersOf(grace).until("alice", "waiting")
    server.restart()
    info.known = {}
    info.until("alice", "waiting", 30)
    set_rules(server, "grace", rule(1, "alice", "allow"))
    info.until("alice", None)
    Watcher(alice, "grace").until("active")
    info.until("alice", "active")


def test_clients_of_omas_xdm_make_the_same_rules(server):
    alice, dave = Client(server, "alice"), Client(server, "dave")
    publish(dave, "seen")
    set_rules(server, "dave", rule(1, "alice", "block"))
    answer = Web(server, "dave").ask(
        "PUT", "/xcap/org.openmobilealliance.pres-rules/users/sip:dave@example.test/pres-rules",
        RULES.format(rule(1, "alice", "allow")), {"Content-Type": "application/auth-policy+xml"})
    check(answer.status == 200, f"{answer}")
    Watcher(alice, "dave").until("active", "seen")


def test_rules_that_nobody_would_read_are_refused(server):
    """RFC 5025 §9.7: presence reads "index"; who writes another document would believe that it holds"""
    answer = Web(server, "dave").ask("PUT", "/xcap/pres-rules/users/sip:dave@example.test/mine", RULES.format(""),
                                     {"Content-Type": "application/auth-policy+xml"})
    check(answer.status == 409 and "constraint-failure" in answer.text and "message-summary" in answer.text,
          f"{answer}")


def test_nobody_watches_the_watchers_of_somebody_else(server):
    check(Watcher(Client(server, "alice"), "bob", "presence.winfo").answer.status == 403, "winfo of bob")


def test_entries_of_a_list_wait_and_are_decided_each(server):
    """RFC 4662 §5.6: pending, and rejected; the watched see who watches by a list"""
    dave, bob = Client(server, "dave"), Client(server, "bob")
    remove_rules(server, "bob")
    remove_rules(server, "carol")
    info = WatchersOf(bob)
    watcher = ListWatcher(dave, names=["bob", "carol", "dave"]).until_all(3)
    check([watcher.entries[dave.aor(name)][1] for name in ("bob", "carol", "dave")] ==
          ["pending", "pending", "active"], f"{watcher.entries}")
    info.until("dave", "pending")
    check(watcher.again(expires=0).status == 200, "the list ends")
    info.until("dave", "waiting")
    watcher = ListWatcher(dave, names=["bob", "carol", "dave"]).until_all(3)
    info.until("dave", "pending")
    set_rules(server, "bob", rule(1, "dave", "allow"))
    watcher.until(lambda e: e[dave.aor("bob")][1] == "active" and "pidf" in watcher.body("bob"), "allowed")
    info.until("dave", "active")
    set_rules(server, "bob", rule(1, "dave", "block"))
    watcher.until(lambda e: e[dave.aor("bob")][1:3] == ("terminated", "rejected"), "blocked")
    server.restart()
    watcher.entries = {}
    watcher.until(lambda e: len(e) == 3 and e[dave.aor("bob")][2] == "rejected", "blocked after kill -9", 30)
    remove_rules(server, "bob")


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in NAMES}
    with Server(passwords, settings=["presence.watch=ask", "limits.subscriptions_per_account=100",
                                     "log.level=warning"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
