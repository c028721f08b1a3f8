"""The buddy list as JSON: groups and buddies, read and edited with an account's password or a token; what is refused;
that XCAP shows the same document with the same entity-tag, and that it is there after kill -9.

SPDX-License-Identifier: MIT
"""

import json
import sys
import threading
import time
from urllib.parse import quote

import cases
from cases import check
from server import Server
from test_api import Api
from web import Web

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:x="urn:example:x">
  <!-- made by a softphone -->
  <list name="friends" x:colour="blue">
    <display-name>Friends</display-name>
    <entry uri="sip:bob@example.test" x:since="1999"><display-name>Bob</display-name></entry>
    <list name="near"><entry uri="pres:carol@example.test"/></list>
  </list>
</resource-lists>
"""
INDEX = "/xcap/resource-lists/users/sip:%s@example.test/index"


class Buddies:
    """Somebody's own list, with his password."""

    def __init__(self, server, user):
        self.web, self.user = Web(server, user), user
        self.web.ask("DELETE", INDEX % user)

    def ask(self, method, path, body=None, headers=()):
        lines = {"Content-Type": "application/json", **dict(headers)}
        answer = self.web.ask(method, f"/api/v1/users/{self.user}/{path}",
                              json.dumps(body).encode() if body is not None else None, lines)
        answer.json = json.loads(answer.body)
        return answer

    def good(self, status, *words, **more):
        answer = self.ask(*words, **more)
        check(answer.status == status, f"{words}: {answer!r}")
        return answer.json

    def refused(self, status, word, *words, **more):
        answer = self.ask(*words, **more)
        check(answer.status == status and word in answer.json["error"], f"{words}: {answer!r}")

    def shown(self):
        """{uri: (name, groups)}"""
        return {b["uri"]: (b["name"], b["groups"]) for b in self.good(200, "GET", "buddies")["buddies"]}

    def document(self):
        return self.web.ask("GET", INDEX % self.user)


def test_a_list_is_made_buddy_by_buddy(server):
    alice = Buddies(server, "alice")
    answer = alice.ask("GET", "buddies")
    check(answer.json == {"groups": [], "buddies": []} and answer.etag is None, repr(answer))
    answer = alice.ask("POST", "buddies", {"uri": "bob", "name": "Bob <1>", "groups": ["friends", "work"]})
    check(answer.status == 201 and answer.etag, repr(answer))
    check(answer.json == {"uri": "sip:bob@example.test", "name": "Bob <1>", "groups": ["friends", "work"]}, repr(answer))
    check(alice.document().etag == answer.etag, "one entity-tag")
    alice.good(201, "POST", "buddies", {"uri": "sip:dave@elsewhere.test"})
    alice.good(201, "POST", "buddies", {"uri": "tel:+4930123", "groups": ["work"]})
    check(alice.shown() == {"sip:bob@example.test": ("Bob <1>", ["friends", "work"]),
                            "sip:dave@elsewhere.test": (None, ["friends"]), "tel:+4930123": (None, ["work"])},
          repr(alice.shown()))
    groups = alice.good(200, "GET", "buddies")["groups"]
    check(groups == [{"name": "friends", "display_name": None}, {"name": "work", "display_name": None}], repr(groups))


def test_a_buddy_is_renamed_moved_and_removed(server):
    alice = Buddies(server, "alice")
    alice.good(201, "POST", "buddies", {"uri": "bob", "name": "Bob", "groups": ["friends"]})
    for name in ("bob", "sip:bob@example.test", "pres:bob@EXAMPLE.test", "sips:bob@example.test;transport=tcp"):
        path = "buddies/" + quote(name, safe="")
        check(alice.good(200, "PUT", path, {"name": name})["name"] == name, name)
    moved = alice.good(200, "PUT", "buddies/bob", {"groups": ["work", "friends/near"], "name": None})
    check(moved == {"uri": "sip:bob@example.test", "name": None, "groups": ["work", "friends/near"]}, repr(moved))
    alice.refused(400, "one group", "PUT", "buddies/bob", {"groups": []})
    alice.refused(404, "not in the list", "PUT", "buddies/carol", {"name": "C"})
    alice.refused(404, "not in the list", "DELETE", "buddies/carol")
    check(alice.good(200, "DELETE", "buddies/bob") == {"removed": "sip:bob@example.test"}, "removed")
    check(alice.shown() == {}, repr(alice.shown()))
    alice.refused(404, "not in the list", "DELETE", "buddies/bob")


def test_groups_are_made_renamed_and_removed(server):
    alice = Buddies(server, "alice")
    made = alice.good(201, "POST", "groups", {"name": "old friends", "display_name": "Old"})
    check(made == {"name": "old friends", "display_name": "Old"}, repr(made))
    alice.refused(409, "already", "POST", "groups", {"name": "old friends"})
    alice.good(201, "POST", "buddies", {"uri": "bob", "groups": ["old friends"]})
    changed = alice.good(200, "PUT", "groups/old%20friends", {"name": "friends", "display_name": None})
    check(changed == {"groups": [{"name": "friends", "display_name": None}],
                      "buddies": [{"uri": "sip:bob@example.test", "name": None, "groups": ["friends"]}]}, repr(changed))
    alice.refused(404, "no group", "PUT", "groups/old%20friends", {"name": "x"})
    alice.good(201, "POST", "groups", {"name": "work"})
    alice.refused(409, "already", "PUT", "groups/work", {"name": "friends"})
    check(alice.good(200, "DELETE", "groups/friends") == {"removed": "friends"}, "removed")
    check(alice.shown() == {}, "with all that was in it")


def test_what_others_have_made_stays(server):
    alice = Buddies(server, "alice")
    made = alice.web.ask("PUT", INDEX % "alice", DOCUMENT.encode(), {"Content-Type": "application/resource-lists+xml"})
    check(made.status == 201, repr(made))
    check(alice.shown() == {"sip:bob@example.test": ("Bob", ["friends"]),
                            "pres:carol@example.test": (None, ["friends/near"])}, repr(alice.shown()))
    alice.good(200, "PUT", "buddies/bob", {"name": "Robert"})
    check(alice.document().text == DOCUMENT.replace(">Bob<", ">Robert<"), alice.document().text)
    alice.good(201, "POST", "buddies", {"uri": "erin", "groups": ["friends"]})
    text = alice.document().text
    check("made by a softphone" in text and 'x:since="1999"' in text and
          '    <entry uri="sip:erin@example.test"/>\n  </list>' in text, text)


def test_conditions_are_heeded(server):
    alice = Buddies(server, "alice")
    alice.refused(412, "If-Match", "POST", "buddies", {"uri": "bob"}, headers={"If-Match": "*"})
    first = alice.ask("POST", "buddies", {"uri": "bob"}, headers={"If-None-Match": "*"})
    check(first.status == 201, repr(first))
    alice.refused(412, "If-Match", "POST", "buddies", {"uri": "carol"}, headers={"If-None-Match": "*"})
    second = alice.ask("POST", "buddies", {"uri": "carol"}, headers={"If-Match": first.etag})
    check(second.status == 201 and second.etag != first.etag, repr(second))
    for method, path, body in (("DELETE", "buddies/bob", None), ("PUT", "buddies/bob", {"name": "B"}),
                               ("POST", "groups", {"name": "g"})):
        alice.refused(412, "read it again", method, path, body, headers={"If-Match": first.etag})
    check(alice.ask("DELETE", "buddies/bob", headers={"If-Match": f'"x", {second.etag}'}).status == 200, "one of two")


def test_bad_input_is_refused_with_a_sentence(server):
    alice = Buddies(server, "alice")
    for word, body in (("uri is missing", {}), ("no address", {"uri": "sip:example.test"}), ("nobody", {"nobody": 1}),
                       ("uri is no text", {"uri": 1}), ("no array", {"uri": "bob", "groups": "friends"}),
                       ("no text", {"uri": "bob", "groups": [1]}), ("is empty", {"uri": "bob", "groups": [" "]}),
                       ("no text", {"uri": "bob", "name": "a\nb"}), ("255", {"uri": "bob", "name": "n" * 256}),
                       ("no address", {"uri": "a b@example.test@"}), ("no JSON object", [])):
        alice.refused(400, word, "POST", "buddies", body)
    alice.good(201, "POST", "buddies", {"uri": "bob"})
    alice.refused(409, "already", "POST", "buddies", {"uri": "sip:bob@example.test"})
    answer = alice.ask("POST", "buddies", {"uri": "x"}, headers={"Content-Type": "text/plain"})
    check(answer.status == 415, repr(answer))
    check(alice.ask("GET", "buddies/bob").status == 405, "a buddy alone is not read")


def test_nobody_edits_the_list_of_another(server):
    for method, path, body in (("GET", "buddies", None), ("POST", "buddies", {"uri": "x"}), ("DELETE", "buddies/bob", None),
                               ("POST", "groups", {"name": "x"}), ("DELETE", "groups/friends", None)):
        answer = Web(server, "bob").ask(method, f"/api/v1/users/alice/{path}",
                                        json.dumps(body).encode() if body else None, {"Content-Type": "application/json"})
        check(answer.status == 403, f"{method} {path}: {answer!r}")


def test_groups_are_those_that_were_written(server):
    """libwebsockets makes a space of '+' (transport/http.h): credentials by digest have the path as it was."""
    alice, token = Buddies(server, "alice"), Api(server, "buddies:write", "buddies:read", name="groups")
    for name in ("a b", "a+b", "R;D", "R&D", "old friends"):
        alice.good(201, "POST", "groups", {"name": name})

    def names():
        return [group["name"] for group in alice.good(200, "GET", "buddies")["groups"]]
    alice.good(200, "DELETE", "groups/a+b")
    check(names() == ["a b", "R;D", "R&D", "old friends"], repr(names()))
    alice.good(200, "PUT", "groups/R&D", {"name": "Q&A"})
    check(names() == ["a b", "R;D", "Q&A", "old friends"], repr(names()))
    alice.good(201, "POST", "groups", {"name": "a+b"})
    for path in ("a+b", "a%20b"):
        answer = token.ask("DELETE", "/users/alice/groups/" + path)
        check(answer.status == 400 and "another group" in answer.json["error"].lower(), f"{path}: {answer.json}")
    check(token.ask("PUT", "/users/alice/groups/old%20friends", {"name": "friends"}).status == 200, "nothing else is meant")
    check(token.ask("DELETE", "/users/alice/groups/a%2Bb").status == 200, "escaped")
    check(names() == ["a b", "R;D", "Q&A", "friends"], repr(names()))
    for path in ("/users/alice/buddies/c+d", "/users/c+d/buddies", "/users/alice/buddies/sip:c&d@example.test"):
        answer = token.ask("DELETE" if "alice" in path else "GET", path)
        check(answer.status == 400 and "escaped" in answer.json["error"], f"{path}: {answer.json}")


def test_long_names_of_groups_within_each_other_are_too_much(_server):
    lists = "".join(f'<list name="{i}"/>' for i in range(6000))
    document = f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list name="{"n" * 30000}">{lists}</list></resource-lists>'
    with Server() as server:
        alice = Buddies(server, "alice")
        made = alice.web.ask("PUT", INDEX % "alice", document, {"Content-Type": "application/resource-lists+xml"})
        check(made.status == 201, repr(made))
        begin = time.monotonic()
        for words in (("GET", "buddies"), ("POST", "buddies", {"uri": "bob"}), ("POST", "groups", {"name": "friends"})):
            alice.refused(413, "names of the groups", *words)
        check(time.monotonic() - begin < 10, "it takes long")


def test_tokens_need_their_scope(server):
    reader, writer = Api(server, "buddies:read", name="reader"), Api(server, "buddies:write", name="writer")
    check(reader.ask("GET", "/users/bob/buddies").status == 200, "reading")
    check(reader.ask("POST", "/users/bob/buddies", {"uri": "alice"}).status == 403, "no writing")
    check(writer.ask("GET", "/users/bob/buddies").status == 403, "no reading")
    check(writer.ask("POST", "/users/bob/buddies", {"uri": "alice"}).status == 201, "writing")
    check(writer.ask("PUT", "/users/bob/buddies/alice", {"name": "A"}).status == 200, "writing")
    check(writer.ask("DELETE", "/users/bob/buddies/alice").status == 200, "writing")
    for client in (reader, writer):
        path = "/users/nobody/buddies"
        answer = client.ask("GET", path) if client is reader else client.ask("POST", path, {"uri": "alice"})
        check(answer.status == 404 and "user" in answer.json["error"], repr(answer.json))


def test_many_at_once_lose_nothing(server):
    Buddies(server, "carol")

    def add(number):
        client = Web(server, "carol")
        for i in range(5):
            answer = client.ask("POST", "/api/v1/users/carol/buddies", json.dumps({"uri": f"b{number}-{i}"}).encode(),
                                {"Content-Type": "application/json"})
            check(answer.status == 201, repr(answer))
    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = json.loads(Web(server, "carol").ask("GET", "/api/v1/users/carol/buddies").body)["buddies"]
    check(len(found) == 40, f"{len(found)} of 40")


def test_the_list_is_there_after_a_kill(server):
    alice = Buddies(server, "alice")
    before = alice.ask("POST", "buddies", {"uri": "bob", "groups": ["friends"]})
    server.restart()
    after = alice.ask("GET", "buddies")
    check(after.etag == before.etag and [b["uri"] for b in after.json["buddies"]] == ["sip:bob@example.test"],
          repr(after))


def test_the_list_goes_with_its_account(server):
    alice = Buddies(server, "alice")
    alice.good(201, "POST", "buddies", {"uri": "bob"})
    server.forget("alice")
    check(Buddies(server, "alice").shown() == {}, "another alice")


def test_a_quota_is_told_with_its_limit(server):
    alice = Buddies(server, "alice")
    alice.good(201, "POST", "buddies", {"uri": "b0", "name": "n" * 250})
    for i in range(1, 100):
        answer = alice.ask("POST", "buddies", {"uri": f"b{i}", "name": "n" * 250})
        if answer.status != 201:
            break
    check(answer.status == 413 and ("bytes" in answer.json["error"] or "large" in answer.json["error"]), repr(answer))
    check(len(alice.shown()) == i, "all that were told to be there")


def main():
    users = ("alice", "bob", "carol")
    with Server(passwords={user: user[0] + "-secret" for user in users}, settings=("documents.bytes=8192",)) as server:
        return cases.main(sys.modules[__name__], (server,))


if __name__ == "__main__":
    sys.exit(main())
