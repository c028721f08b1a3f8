"""Everything that the server writes is valid by its own schemas: bodies of NOTIFYs of every package, whole and partial,
and what XCAP answers.

SPDX-License-Identifier: MIT
"""

import json
import sys

from xml_library import Schemas, etree, read

import cases
from cases import check
from lists import LIST_TYPE, list_document, parts_of
from server import Server
from sip import Client, token
from web import Web

NAMES = ["alice", "bob", "carol"]
SCHEMA = Schemas()

PIDF = """<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" xmlns:c="urn:ietf:params:xml:ns:pidf:cipid" entity="sip:bob@example.test">
<note xml:lang="de">erst &amp; dann</note><dm:person id="p"><c:card>http://b.test/</c:card><r:mood><r:happy/></r:mood>
<r:activities><r:note>so</r:note><r:meeting/></r:activities><x:own xmlns:x="urn:own" y="1"/><dm:note>{}</dm:note>
<dm:timestamp>2026-01-01T10:00:00Z</dm:timestamp></dm:person><tuple id="t"><status><basic>open</basic></status>
<r:class>a</r:class><dm:deviceID>urn:x:1</dm:deviceID><contact priority="0.2">sip:b@192.0.2.1</contact><note>n</note>
<timestamp>2026-01-01T10:00:00Z</timestamp></tuple><dm:device id="d"><dm:deviceID>urn:x:1</dm:deviceID></dm:device>
</presence>"""
DIALOG = """<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="{}" state="full" entity="sip:bob@example.test">
<dialog id="a1" call-id="c1" local-tag="l" remote-tag="r" direction="recipient"><state>{}</state><remote><identity
 display="Carol">sip:carol@example.test</identity><target uri="sip:carol@192.0.2.7"/></remote></dialog></dialog-info>"""
CONFERENCE = """<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:bob@example.test" version="{0}">
<conference-description><subject>Talk</subject></conference-description><users><user entity="sip:carol@example.test">
<display-text>Carol {0}</display-text><endpoint entity="sip:carol@192.0.2.7"><status>connected</status></endpoint></user>
<user entity="sip:alice@example.test"/></users></conference-info>"""


class Watch:
    """A subscription whose bodies are all checked; `kinds`: the names of the roots that came."""

    def __init__(self, server, user, to, event, accept="", body="", kind="", headers=()):
        self.client, self.call_id, self.kinds = Client(server, user), token(14), set()
        lines = [("Event", event), ("Contact", f"<{self.client.contact}>"), ("Expires", "600"), *headers]
        lines += [("Accept", accept)] if accept else []
        lines += [("Content-Type", kind)] if body else []
        answer = self.client.ask("SUBSCRIBE", self.client.aor(to), lines, body, call_id=self.call_id)
        check(answer.status == 200, repr(answer))
        check(self.take(), f"no NOTIFY of {event}")

    def take(self, wait=20):
        notify = self.client.receive_request("NOTIFY", wait)
        if notify is None:
            return False
        self.client.answer(notify)
        bodies = [notify.body]
        if notify.get("content-type").startswith("multipart/"):
            parts = parts_of(notify)
            bodies = [parts[name] for name in parts if name]
        for body in bodies:
            self.check_valid(body)
        return True

    def check_valid(self, body):
        root = read(body)
        complaint = SCHEMA.complaint(root)
        check(complaint is None, f"{complaint}\n{body.decode()}")
        self.kinds.add(etree.QName(root).localname + ("-" + root.get("state") if root.get("state") else ""))

    def until(self, kinds):
        while not set(kinds) <= self.kinds:
            check(self.take(10), f"{kinds}, not {self.kinds}")
        self.client.close()


def publish(client, event, kind, body, etag=None):
    headers = [("Event", event), ("Expires", "600"), ("Content-Type", kind)]
    answer = client.ask("PUBLISH", client.aor(), headers + ([("SIP-If-Match", etag)] if etag else []), body)
    check(answer.status == 200, repr(answer))
    return answer.get("sip-etag")


def test_presence_whole_partial_and_filtered(server):
    bob = Client(server, "bob")
    filters = ('<filter-set xmlns="urn:ietf:params:xml:ns:simple-filter"><ns-bindings><ns-binding prefix="r" '
               'urn="urn:ietf:params:xml:ns:pidf:rpid"/></ns-bindings><filter id="1"><what><include>//r:class</include>'
               "</what></filter></filter-set>")
    etag = publish(bob, "presence", "application/pidf+xml", PIDF.format("one"))
    whole = Watch(server, "alice", "bob", "presence")
    partial = Watch(server, "alice", "bob", "presence", "application/pidf-diff+xml")
    filtered = Watch(server, "alice", "bob", "presence", body=filters, kind="application/simple-filter+xml")
    publish(bob, "presence", "application/pidf+xml", PIDF.format("two"), etag)
    bob.register()
    whole.until({"presence"})
    partial.until({"pidf-full", "pidf-diff"})
    filtered.until({"presence"})


def test_watchers(server):
    watchers = Watch(server, "bob", "bob", "presence.winfo")
    Watch(server, "alice", "bob", "presence").until(set())
    watchers.until({"watcherinfo-full", "watcherinfo-partial"})


def test_dialogs_conferences_and_registrations(server):
    bob = Client(server, "bob")
    lines = Watch(server, "alice", "bob", "dialog")
    conference = Watch(server, "alice", "bob", "conference")
    registrations = Watch(server, "bob", "bob", "reg")
    etag = publish(bob, "dialog", "application/dialog-info+xml", DIALOG.format(0, "early"))
    publish(bob, "dialog", "application/dialog-info+xml", DIALOG.format(1, "confirmed"), etag)
    etag = publish(bob, "conference", "application/conference-info+xml", CONFERENCE.format(1))
    publish(bob, "conference", "application/conference-info+xml", CONFERENCE.format(2), etag)
    bob.register()
    lines.until({"dialog-info-full"})
    conference.until({"conference-info-full", "conference-info-partial"})
    registrations.until({"reginfo-full"})


def test_lists_with_all_that_an_entry_may_be(server):
    document = list_document(["bob", "carol", "nobody"]).replace("</list>", '<entry uri="sip:x&amp;y@elsewhere.test"/>'
                                                                "</list>")
    for accept in ("", "multipart/related, application/rlmi+xml, application/pidf-diff+xml"):
        watch = Watch(server, "alice", "rls", "presence", accept, document, LIST_TYPE,
                      (("Supported", "eventlist"), ("Content-Disposition", "recipient-list")))
        publish(Client(server, "bob"), "presence", "application/pidf+xml", PIDF.format("in a list"))
        watch.until({"list", "pidf-full" if accept else "presence"})


def test_documents_their_changes_and_errors(server):
    web = Web(server, "alice")
    watch = Watch(server, "alice", "alice", "xcap-diff")
    home = "/xcap/resource-lists/users/sip:alice@example.test/index"
    for method, body in (("PUT", list_document(["bob"])), ("PUT", list_document(["carol"])), ("DELETE", None)):
        answer = web.ask(method, home, body, {"Content-Type": LIST_TYPE})
        check(answer.status in (200, 201), repr(answer))
    watch.until({"xcap-diff"})
    capabilities = web.ask("GET", "/xcap/xcap-caps/global/index")
    check(capabilities.status == 200 and SCHEMA.complaint(read(capabilities.body)) is None, repr(capabilities))
    twice = list_document(["bob"]).replace("</list>", '</list><list name="a"/><list name="a"/>')
    errors = set()
    for body in ("<resource-lists", list_document([]).replace("list", "lost"), twice, list_document([]).encode("utf-16")):
        answer = web.ask("PUT", home, body, {"Content-Type": LIST_TYPE})
        check(answer.status == 409, repr(answer))
        root = read(answer.body)
        check(SCHEMA.complaint(root) is None, f"{SCHEMA.complaint(root)} {answer!r}")
        errors.add(etree.QName(root[0]).localname)
    check({"not-well-formed", "schema-validation-error", "uniqueness-failure"} <= errors, str(errors))


def test_documents_that_are_written_for_users(server):
    web = Web(server, "carol")
    for method, path, body in (("POST", "buddies", {"uri": "bob", "name": "B & <ob>", "groups": ["Work"]}),
                               ("POST", "buddies", {"uri": "sip:other@elsewhere.test"})):
        answer = web.ask(method, f"/api/v1/users/carol/{path}", json.dumps(body).encode(),
                         {"Content-Type": "application/json"})
        check(answer.status in (200, 201, 204), repr(answer))
    for words in (("allow", "carol", "bob"), ("block", "carol", "alice"), ("allow", "carol", "alice")):
        result = server.run(*words)
        check(result.returncode == 0, f"{words}: {result}")
    for document in ("resource-lists", "pres-rules"):
        answer = web.ask("GET", f"/xcap/{document}/users/sip:carol@example.test/index")
        check(answer.status == 200 and SCHEMA.complaint(read(answer.body)) is None,
              f"{SCHEMA.complaint(read(answer.body))} {answer!r}")


if __name__ == "__main__":
    passwords = {name: f"{name}-secret" for name in NAMES}
    with Server(passwords, settings=["limits.subscriptions_per_account=100", "log.level=warning"]) as shared:
        sys.exit(cases.main(sys.modules[__name__], (shared,)))
