"""Who may see whom, decided over the API and on the command line: what the rules say then, what XCAP shows of it, who
waits for a decision, and what running subscriptions are told.

SPDX-License-Identifier: MIT
"""

import json
import sys
from urllib.parse import quote

import cases
from cases import check
from server import Server
from sip import Client, token
from test_api import Api
from web import Web

DOCUMENTS = "/xcap/pres-rules/users/sip:%s@example.test/%s"


class Rules:
    """Somebody's own rules, with his password."""

    def __init__(self, server, user):
        self.web, self.user = Web(server, user), user
        for name in ("index", "dialog", "message-summary", "reg"):
            self.web.ask("DELETE", DOCUMENTS % (user, name))

    def ask(self, method, path, body=None):
        answer = self.web.ask(method, f"/api/v1/users/{self.user}/{path}",
                              json.dumps(body).encode() if body is not None else None,
                              {"Content-Type": "application/json"})
        answer.json = json.loads(answer.body)
        return answer

    def decide(self, watcher, **words):
        """presence="allow", message_summary=None …"""
        answer = self.ask("PUT", f"rules/{quote(watcher, safe='')}", {k.replace("_", "-"): v for k, v in words.items()})
        check(answer.status == 200, repr(answer))
        return answer.json

    def shown(self):
        """{watcher: (presence, dialog, message-summary)}"""
        answer = self.ask("GET", "rules")
        check(answer.status == 200, repr(answer))
        return {r["watcher"]: (r["presence"], r["dialog"], r["message-summary"]) for r in answer.json["rules"]}

    def requests(self):
        answer = self.ask("GET", "requests")
        check(answer.status == 200, repr(answer))
        return [(r["watcher"], r["package"], r["status"]) for r in answer.json["requests"]]


def subscribe(client, to, event="presence", expires=600):
    answer = client.ask("SUBSCRIBE", client.aor(to), (("Contact", f"<{client.contact}>"), ("Event", event),
                                                      ("Expires", str(expires))), call_id=token(14))
    check(answer is not None, "no answer")
    return answer


def told(client, state):
    """The next NOTIFY with that Subscription-State, answered."""
    notify = client.receive(lambda m: m.method == "NOTIFY" and state in m.get("subscription-state"))
    check(notify is not None, f"no NOTIFY that says {state}")
    client.answer(notify)
    return notify


def test_decisions_are_made_and_forgotten(server):
    alice = Rules(server, "alice")
    check(alice.shown() == {}, "nothing yet")
    said = alice.decide("bob", presence="allow", dialog="block")
    check(said == {"watcher": "sip:bob@example.test", "presence": "allow", "dialog": "block", "message-summary": None,
                   "reg": None},
          repr(said))
    alice.decide("carol", presence="polite-block")
    alice.decide("sip:dave@elsewhere.test", presence="confirm")
    alice.decide("pres:bob@EXAMPLE.test", message_summary="allow")
    check(alice.shown() == {"sip:bob@example.test": ("allow", "block", "allow"),
                            "sip:carol@example.test": ("polite-block", None, None),
                            "sip:dave@elsewhere.test": ("confirm", None, None)}, repr(alice.shown()))
    alice.decide("bob", presence="block", dialog=None)
    check(alice.shown()["sip:bob@example.test"] == ("block", None, "allow"), repr(alice.shown()))
    answer = alice.ask("DELETE", "rules/bob")
    check(answer.status == 200 and answer.json["presence"] is None and answer.json["message-summary"] is None, repr(answer))
    check(set(alice.shown()) == {"sip:carol@example.test", "sip:dave@elsewhere.test"}, repr(alice.shown()))
    check(alice.ask("DELETE", "rules/nobody").status == 200, "forgetting is no error")


def test_xcap_shows_the_same_rules(server):
    alice = Rules(server, "alice")
    alice.decide("bob", presence="allow")
    document = alice.web.ask("GET", DOCUMENTS % ("alice", "index"))
    check(document.status == 200 and 'id="sip:bob@example.test"' in document.text and "allow" in document.text,
          repr(document))
    check(alice.web.ask("GET", DOCUMENTS % ("alice", "dialog")).status == 404, "nothing was decided there")
    check(alice.web.ask("DELETE", DOCUMENTS % ("alice", "index")).status == 200, "gone")
    check(alice.shown() == {}, repr(alice.shown()))


def test_bad_input_is_refused_with_a_sentence(server):
    alice = Rules(server, "alice")
    for word, watcher, body in (("decides nothing", "bob", {}), ("none of", "bob", {"presence": "maybe"}),
                                ("none of", "bob", {"presence": 1}), ("weather", "bob", {"weather": "allow"}),
                                ("no address", "sip:example.test", {"presence": "allow"}),
                                ("no JSON object", "bob", [])):
        answer = alice.ask("PUT", f"rules/{watcher}", body)
        check(answer.status == 400 and word in answer.json["error"], f"{body}: {answer!r}")
    check(alice.ask("PUT", "rules/tel:1", {"presence": "allow"}).status == 400, "a telephone does not watch")
    check(alice.shown() == {}, "nothing was decided")


def test_rules_are_their_users_own(server):
    for method, path in (("GET", "rules"), ("PUT", "rules/bob"), ("DELETE", "rules/bob"), ("GET", "requests")):
        answer = Web(server, "bob").ask(method, f"/api/v1/users/alice/{path}", b"{}", {"Content-Type": "application/json"})
        check(answer.status == 403, f"{method} {path}: {answer!r}")
    reader, writer = Api(server, "rules:read", name="reader"), Api(server, "rules:write", name="writer")
    check(reader.ask("GET", "/users/carol/rules").status == 200, "reading")
    check(reader.ask("GET", "/users/carol/requests").status == 200, "reading")
    check(reader.ask("PUT", "/users/carol/rules/bob", {"presence": "allow"}).status == 403, "no writing")
    check(writer.ask("PUT", "/users/carol/rules/bob", {"presence": "allow"}).status == 200, "writing")
    check(writer.ask("DELETE", "/users/carol/rules/bob").status == 200, "writing")
    for client, method, path in ((reader, "GET", "rules"), (reader, "GET", "requests"), (writer, "PUT", "rules/bob")):
        answer = client.ask(method, f"/users/nobody/{path}", {"presence": "allow"} if method == "PUT" else None)
        check(answer.status == 404, f"{path}: {answer.bytes}")


def test_who_asks_waits_until_he_is_allowed_and_again_after_a_kill(server):
    alice, bob = Rules(server, "alice"), Client(server, "bob")
    bob.register()
    check(subscribe(bob, "alice").status in (200, 202), "the SUBSCRIBE")
    told(bob, "pending")
    check(alice.requests() == [("bob", "presence", "pending")], repr(alice.requests()))
    alice.decide("bob", presence="allow")
    told(bob, "active")
    check(alice.requests() == [], repr(alice.requests()))
    server.restart()
    told(bob, "active")
    check(alice.shown() == {"sip:bob@example.test": ("allow", None, None)}, repr(alice.shown()))
    alice.decide("bob", presence="block")
    last = told(bob, "terminated")
    check("rejected" in last.get("subscription-state"), repr(last))
    check(subscribe(bob, "alice").status == 403, "he may not ask again")
    bob.close()


def test_what_was_taken_is_read_whatever_the_limits_are(_server):
    """Rules that were good when they were written hold, and are shown, when less is allowed"""
    wide, narrow = "documents.depth=64", "documents.depth=8"
    deep = "<x:a xmlns:x='urn:x'>" + "<x:a>" * 40 + "</x:a>" * 41
    text = ("<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' xmlns:pr='urn:ietf:params:xml:ns:pres-rules'><rule "
            "id='r'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions><actions>"
            f"<pr:sub-handling>allow</pr:sub-handling></actions><transformations>{deep}</transformations></rule></ruleset>")
    with Server(passwords={"alice": "a-secret", "bob": "b-secret"}, settings=("presence.watch=ask", wide)) as server:
        alice, bob = Rules(server, "alice"), Client(server, "bob")
        bob.register()
        for setting in (wide, narrow):
            server.settings[-1] = setting
            if setting == narrow:
                server.restart()
                alice.web = Web(server, "alice")
                check(alice.web.ask("PUT", DOCUMENTS % ("alice", "dialog"), text, {
                    "Content-Type": "application/auth-policy+xml"}).status == 413, "too deep now")
            else:
                check(alice.web.ask("PUT", DOCUMENTS % ("alice", "index"), text, {
                    "Content-Type": "application/auth-policy+xml"}).status == 201, "good")
            check(alice.shown() == {"sip:bob@example.test": ("allow", None, None)}, f"{setting}: {alice.shown()}")
            told_by = Client(server, "bob")
            subscribe(told_by, "alice")
            told(told_by, "active")
            told_by.close()
        bob.close()


def test_the_command_line_decides_as_well(server):
    alice = Rules(server, "alice")

    def run(*words, good=True):
        said = server.run(*words)
        check((said.returncode == 0) == good, f"{words}: {said!r}")
        return said.stdout if good else said.stderr

    check(run("rules", "alice") == "", "nothing yet")
    check(run("allow", "alice", "bob") == "sip:bob@example.test\tpresence allow\n", "what is decided now")
    run("allow", "sip:alice@example.test", "sip:bob@example.test", "--event", "dialog")
    run("block", "alice", "carol@example.test")
    run("block", "alice", "sip:dave@elsewhere.test", "--politely", "--event=presence")
    run("ask", "alice", "erin")
    check(alice.shown() == {"sip:bob@example.test": ("allow", "allow", None),
                            "sip:carol@example.test": ("block", "block", "block"),
                            "sip:dave@elsewhere.test": ("polite-block", None, None),
                            "sip:erin@example.test": ("confirm", None, None)}, repr(alice.shown()))
    check(run("rules", "alice").splitlines() == [
        "sip:bob@example.test\tpresence allow, dialog allow",
        "sip:carol@example.test\tpresence block, dialog block, message-summary block, reg block",
        "sip:dave@elsewhere.test\tpresence polite-block", "sip:erin@example.test\tpresence confirm"], "all of them")
    check(run("forget", "alice", "bob", "--event", "dialog") == "sip:bob@example.test\tpresence allow\n", "one event")
    check(run("forget", "alice", "bob") == "sip:bob@example.test\tno rule\n", "all events")
    for word, words in (("no such account", ("allow", "nobody", "bob")), ("domain", ("rules", "alice@elsewhere.test")),
                        ("no address", ("allow", "alice", "sip:example.test")),
                        ("--event is", ("allow", "alice", "bob", "--event", "weather")),
                        ("no such option", ("allow", "alice", "bob", "--politely")),
                        ("no such account", ("requests", "nobody"))):
        check(word in run(*words, good=False), repr(words))


def test_the_command_line_lists_who_waits(server):
    Rules(server, "carol")
    bob = Client(server, "bob")
    bob.register()
    check(server.run("requests", "carol").stdout == "", "nobody yet")
    subscribe(bob, "carol")
    told(bob, "pending")
    said = server.run("requests", "carol")
    check(said.stdout.startswith("bob@example.test\tpresence\t"), repr(said))
    server.run("allow", "carol", "bob")
    told(bob, "active")
    check(server.run("requests", "carol").stdout == "", "he is let in")
    bob.close()


def main():
    users = ("alice", "bob", "carol")
    with Server(passwords={user: user[0] + "-secret" for user in users}, settings=("presence.watch=ask",)) as server:
        return cases.main(sys.modules[__name__], (server,))


if __name__ == "__main__":
    sys.exit(main())
