"""xcap-diff (RFC 5875, RFC 5874): what is put over XCAP is told to who watches his documents, within a second; and
presence that is set by hand over XCAP (RFC 4827) is told to who watches the user.

SPDX-License-Identifier: MIT
"""

import sys
import time
import xml.etree.ElementTree as etree

import cases
from cases import check
from server import Server
from sip import Client, token
from web import Web

LISTS, RULES, PIDF, DIFF = ("application/resource-lists+xml", "application/auth-policy+xml", "application/pidf+xml",
                            "application/xcap-diff+xml")
SPACE = "{urn:ietf:params:xml:ns:xcap-diff}"
OWN = "users/sip:alice@example.test/"
SOON = 1.0


def lists(*names):
    return ('<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">' +
            "".join(f'<list name="{name}"/>' for name in names) + "</resource-lists>")


def chosen(*uris):
    """The body of a SUBSCRIBE (RFC 5875 §4.4)."""
    return ('<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>' +
            "".join(f'<entry uri="{uri}"/>' for uri in uris) + "</list></resource-lists>")


def pidf(basic, note):
    return ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.test"><tuple id="hand"><status>'
            f'<basic>{basic}</basic></status><note>{note}</note></tuple></presence>')


class Watcher:
    """A subscription of one's own, and what it was told: {selector: entity-tag}."""

    def __init__(self, server, user="alice", body="", to=None, event="xcap-diff"):
        self.client, self.call_id, self.event = Client(server, user), token(14), event
        self.to = to or self.client.aor(user)
        self.known, self.told = {}, 0
        self.answer = self.subscribe(600, body)

    def subscribe(self, expires, body="", kind=LISTS):
        headers = (("Contact", f"<{self.client.contact}>"), ("Event", self.event), ("Expires", str(expires)))
        if body:
            headers += (("Content-Type", kind),)
        return self.client.ask("SUBSCRIBE", self.to, headers, body, call_id=self.call_id)

    def receive(self, wait=SOON * 3):
        notify = self.client.receive(lambda m: m.method == "NOTIFY", wait=wait)
        if notify is not None:
            self.client.answer(notify)
            self.told += 1
        return notify

    def take(self, notify):
        """What a NOTIFY says has changed: [(selector, before, after)]."""
        check(notify.get("content-type") == DIFF, repr(notify))
        root = etree.fromstring(notify.body)
        check(root.tag == SPACE + "xcap-diff" and root.get("xcap-root").endswith("/xcap/"), notify.text)
        changes = []
        for document in root:
            check(document.tag == SPACE + "document" and len(document) == 0, notify.text)
            selector, before, after = (document.get(n) for n in ("sel", "previous-etag", "new-etag"))
            check(before or after, notify.text)
            changes.append((selector, before, after))
            if after:
                self.known[selector] = after
            else:
                self.known.pop(selector, None)
        return changes

    def wait_for(self, known):
        """Reads NOTIFYs until that is what it knows; seconds that it took."""
        start = time.monotonic()
        while self.known != known:
            notify = self.receive()
            check(notify is not None, f"{known}, not {self.known} after {self.told} NOTIFYs")
            self.take(notify)
        return time.monotonic() - start

    def is_quiet(self):
        notify = self.receive(wait=0.7)
        check(notify is None, f"nothing, not {notify!r}")


def etag(answer):
    return answer.etag.strip('"')


def put(web, name, body, kind=LISTS):
    answer = web.ask("PUT", f"/xcap/{name}", body, {"Content-Type": kind})
    check(answer.status in (200, 201), f"PUT {name}: {answer!r}")
    return etag(answer)


def remove_all(web):
    for name in ("index", "work/team", "other"):
        web.ask("DELETE", f"/xcap/resource-lists/{OWN}{name}")
    for name in (f"pres-rules/{OWN}index", f"pidf-manipulation/{OWN}index", f"pidf-manipulation/{OWN}second"):
        web.ask("DELETE", f"/xcap/{name}")


def test_what_there_is_is_told_first_and_then_what_changes_within_a_second(server, web):
    remove_all(web)
    index = f"resource-lists/{OWN}index"
    first = put(web, index, lists("a"))
    watcher = Watcher(server)
    check(watcher.answer.status == 200, repr(watcher.answer))
    watcher.wait_for({index: first})
    # another tag: the one before, and the new one (RFC 5874 §3)
    start = time.monotonic()
    second = put(web, index, lists("a", "b"))
    notify = watcher.receive()
    check(notify is not None and watcher.take(notify) == [(index, first, second)], repr(notify))
    check(time.monotonic() - start < SOON, "within a second")
    # a new one: its tag alone; a change of one node is a change of its document
    other = f"resource-lists/{OWN}work/team"
    third = put(web, other, lists("c"))
    notify = watcher.receive()
    check(notify is not None and watcher.take(notify) == [(other, None, third)], repr(notify))
    node = web.ask("PUT", f"/xcap/{index}/~~/resource-lists/list%5b@name=%22new%22%5d", '<list name="new"/>',
                   {"Content-Type": "application/xcap-el+xml"})
    check(node.status == 201, repr(node))
    notify = watcher.receive()
    check(notify is not None and watcher.take(notify) == [(index, second, etag(node))], repr(notify))
    # gone: the tag that it had
    check(web.ask("DELETE", f"/xcap/{other}").status == 200, "DELETE")
    notify = watcher.receive()
    check(notify is not None and watcher.take(notify) == [(other, third, None)], repr(notify))
    watcher.client.close()


def test_entries_of_the_body_select_documents_and_folders(server, web):
    remove_all(web)
    watcher = Watcher(server, body=chosen(f"resource-lists/{OWN}work/", "pres-rules/users/alice/index",
                                          "xcap-caps/global/index"))
    check(watcher.answer.status == 200, repr(watcher.answer))
    notify = watcher.receive()
    check(notify is not None, "the first NOTIFY")
    watcher.take(notify)
    capabilities = {name: tag for name, tag in watcher.known.items() if name == "xcap-caps/global/index"}
    put(web, f"resource-lists/{OWN}index", lists("a"))
    watcher.is_quiet()
    team = put(web, f"resource-lists/{OWN}work/team", lists("a"))
    watcher.wait_for({**capabilities, f"resource-lists/{OWN}work/team": team})
    rules = put(web, f"pres-rules/{OWN}index", '<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"/>', RULES)
    watcher.wait_for({**capabilities, f"resource-lists/{OWN}work/team": team, f"pres-rules/{OWN}index": rules})
    # a refresh without a body leaves the selection as it was
    check(watcher.client.ask("SUBSCRIBE", watcher.answer.get("contact").strip("<>"),
                             (("To", watcher.answer.get("to")), ("Contact", f"<{watcher.client.contact}>"),
                              ("Event", "xcap-diff"), ("Expires", "600"), ("From", watcher.answer.get("from"))),
                             call_id=watcher.call_id).status == 200, "a refresh")
    notify = watcher.receive()
    check(notify is not None, "a NOTIFY of the refresh")
    watcher.take(notify)
    check(f"resource-lists/{OWN}index" not in watcher.known, str(watcher.known))
    watcher.client.close()


def test_a_node_counts_as_its_document(server, web):
    remove_all(web)
    index = f"resource-lists/{OWN}index"
    first = put(web, index, lists("a"))
    watcher = Watcher(server, body=chosen(index + "/~~/resource-lists/list%5b@name=%22a%22%5d"))
    watcher.wait_for({index: first})
    second = put(web, index, lists("b"))
    watcher.wait_for({index: second})
    watcher.client.close()


def test_documents_of_others_are_not_watched(server, web):
    remove_all(web)
    for user, to, body, status in (
            ("bob", "sip:alice@example.test", "", 403), ("bob", None, chosen(f"resource-lists/{OWN}index"), 403),
            ("bob", None, chosen("resource-lists/users/sip:bob@elsewhere.test/index"), 403),
            ("bob", "sip:nobody@elsewhere.test", "", 404)):
        answer = Watcher(server, user, body, to).answer
        check(answer.status == status or (to and "elsewhere" in to and answer.status in (403, 404)),
              f"{user} {to} {body}: {answer!r}")
    watcher = Watcher(server, "bob")
    check(watcher.answer.status == 200, repr(watcher.answer))
    notify = watcher.receive()
    check(notify is not None and watcher.take(notify) == [], repr(notify))
    put(web, f"resource-lists/{OWN}index", lists("a"))
    watcher.is_quiet()
    watcher.client.close()


def test_what_cannot_be_read_is_refused_with_a_sentence(server, _web):
    watcher = Watcher(server)
    for body, kind, status in (("<resource-lists", LISTS, 400), (chosen(), LISTS, 400), (chosen("nowhere"), LISTS, 400),
                               ("x", "text/plain", 415), (chosen(*[f"a/global/{i}" for i in range(101)]), LISTS, 413)):
        watcher.call_id = token(14)
        answer = watcher.subscribe(600, body, kind)
        check(answer.status == status and (status == 415 or answer.get("warning")), f"{body[:40]}: {answer!r}")
    watcher.client.close()


def test_the_domains_address_and_any_processing_will_do(server, web):
    remove_all(web)
    watcher = Watcher(server, to="sip:example.test", event="xcap-diff;diff-processing=aggregate")
    check(watcher.answer.status == 200, repr(watcher.answer))
    first = put(web, f"resource-lists/{OWN}index", lists("a"))
    watcher.wait_for({f"resource-lists/{OWN}index": first})
    watcher.client.close()


def test_after_kill_9_it_goes_on(server, web):
    remove_all(web)
    index = f"resource-lists/{OWN}index"
    first = put(web, index, lists("a"))
    watcher = Watcher(server, body=chosen(index))
    watcher.wait_for({index: first})
    server.restart()
    second = put(Web(server, "alice"), index, lists("a", "b"))
    watcher.wait_for({index: second})
    watcher.client.close()


def test_documents_that_are_not_in_memory_yet_are_told_as_soon_as_they_are(server, _web):
    index = "resource-lists/users/sip:bob@example.test/index"
    first = put(Web(server, "bob"), index, lists("a"))
    server.restart()
    watcher = Watcher(server, "bob")
    check(watcher.answer.status == 200, repr(watcher.answer))
    check(watcher.wait_for({index: first}) < SOON, "within a second")
    watcher.client.close()


def presence(watcher, wanted, unwanted=()):
    """Reads NOTIFYs until one says all that, and nothing of the other."""
    end = time.monotonic() + 3 * SOON
    text = ""
    while time.monotonic() < end:
        notify = watcher.receive(wait=SOON)
        text = notify.text if notify is not None else text
        if all(w in text for w in wanted) and not any(u in text for u in unwanted):
            return
    raise AssertionError(f"{wanted} without {unwanted}, not {text}")


def test_presence_set_by_hand_counts_without_any_device(server, web):
    remove_all(web)
    watcher = Watcher(server, "bob", to="sip:alice@example.test", event="presence")
    check(watcher.answer.status == 200, repr(watcher.answer))
    presence(watcher, ["<basic>closed<"])
    target = f"pidf-manipulation/{OWN}index"
    put(web, target, pidf("open", "By hand"), PIDF)
    presence(watcher, ["<basic>open<", "By hand"])
    # what a device says comes first
    alice = Client(server, "alice")
    answer = alice.ask("PUBLISH", alice.aor(), (("Event", "presence"), ("Expires", "600"), ("Content-Type", PIDF)),
                       pidf("open", "By phone").replace("hand", "phone"))
    check(answer.status == 200, repr(answer))
    end = time.monotonic() + SOON * 2
    text = ""
    while "By phone" not in text and time.monotonic() < end:
        notify = watcher.receive(wait=SOON)
        text = notify.text if notify is not None else text
    check(0 < text.find("By phone") < text.find("By hand"), text)
    answer = alice.ask("PUBLISH", alice.aor(), (("Event", "presence"), ("Expires", "0"),
                                                ("SIP-If-Match", answer.get("sip-etag"))))
    check(answer.status == 200, repr(answer))
    presence(watcher, ["By hand"], ["By phone"])
    # another text, and after a start
    put(web, target, pidf("closed", "Away"), PIDF)
    presence(watcher, ["Away"], ["By hand"])
    server.restart()
    fresh = Watcher(server, "carol", to="sip:alice@example.test", event="presence")
    presence(fresh, ["Away"])
    check(Web(server, "alice").ask("DELETE", f"/xcap/{target}").status == 200, "DELETE")
    presence(fresh, ["<basic>closed<"], ["Away"])
    alice.close()
    watcher.client.close()
    fresh.client.close()


def main():
    with Server() as server:
        return cases.main(sys.modules[__name__], (server, Web(server, "alice")))


if __name__ == "__main__":
    sys.exit(main())
