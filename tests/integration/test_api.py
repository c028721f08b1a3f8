"""The API over HTTP: tokens, mailboxes and the lamps that they light, presence, registrations, watchers; what is refused
with which sentence; what happens while the database is away, and to clients who do not wait. Where PyYAML and jsonschema
are installed, every answer is checked against docs/openapi.yaml.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import os
import signal
import socket
import sys
import threading
import time
from urllib.parse import quote

import cases
from cases import check
from server import ROOT, Server
from sip import WAIT, Client
from test_program import Database
from web import Web, old_credentials

try:
    import jsonschema
    import yaml
    with open(os.path.join(ROOT, "docs", "openapi.yaml"), encoding="utf-8") as f:
        DOCUMENT = yaml.safe_load(f)
except ImportError:
    DOCUMENT = None

PIDF = """<?xml version="1.0"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
 xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:bob@example.test">
<tuple id="a"><status><basic>open</basic></status><note>gr\u00fcn</note></tuple>
<dm:person id="p"><rpid:activities><rpid:meeting/></rpid:activities></dm:person>
</presence>"""


class Answer:
    def __init__(self, response, method):
        self.status, self.headers, self.bytes = response.status, response.headers, response.read()
        self.json = json.loads(self.bytes) if method != "HEAD" else None


class Api:
    """A client with a token."""

    def __init__(self, server, *scopes, name="admin"):
        self.server = server
        said = server.run("token", "add", name, *(scopes or ("admin",)))
        check(said.returncode == 0, repr(said))
        self.token = said.stdout.split("\n")[-2]

    def ask(self, method, path, body=None, headers=(), token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.web_port, timeout=WAIT)
        lines = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json", **dict(headers)}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        connection.request(method, "/api/v1" + path, body, {k: v for k, v in lines.items() if v})
        response = connection.getresponse()
        answer = Answer(response, method)
        connection.close()
        check(response.headers["Content-Type"] == "application/json", f"{method} {path}: {response.headers}")
        check("Access-Control-Allow-Origin" not in response.headers, "other origins are allowed")
        if method in ("GET", "PUT"):
            fits_document(method, path, answer)
        if answer.status >= 400 and answer.json is not None:
            check(set(answer.json) == {"error", "status"} and answer.json["status"] == answer.status and
                  len(answer.json["error"]) > 10, repr(answer.json))
        return answer

    def get(self, path, **more):
        """The JSON of a 200."""
        answer = self.ask("GET", path, **more)
        check(answer.status == 200, f"GET {path}: {answer.status} {answer.bytes}")
        return answer.json

    def put(self, path, body):
        answer = self.ask("PUT", path, body)
        check(answer.status == 200, f"PUT {path}: {answer.status} {answer.bytes}")
        return answer.json

    def all(self, path, key, limit=7):
        """The whole list, page by page."""
        items, after = [], None
        while True:
            page = self.get(f"{path}{'&' if '?' in path else '?'}limit={limit}" + (f"&after={after}" if after else ""))
            check(len(page[key]) <= limit, f"{len(page[key])} of at most {limit}")
            items += page[key]
            after = page["next"]
            if not after:
                return items
            check(len(page[key]) == limit, "a page that is not full has a next one")


def fits_document(method, path, answer):
    if not DOCUMENT:
        return
    words, operation = path.partition("?")[0].split("/"), None
    for pattern, item in DOCUMENT["paths"].items():
        wanted = pattern.split("/")
        if len(wanted) == len(words) and all(w == p or p[:1] == "{" for w, p in zip(words, wanted)):
            operation = item.get(method.lower())
    if not operation or answer.status == 405:
        return
    response = operation["responses"].get(str(answer.status))
    check(response is not None, f"{method} {path}: {answer.status} is not in the document")
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    schema = response["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(answer.json)
    for name, header in response.get("headers", {}).items():
        check(name in answer.headers or not header.get("required"), f"{method} {path}: no {name}")


def subscribed(client, uri, event):
    """A watcher's first NOTIFY, answered."""
    response = client.ask("SUBSCRIBE", uri, (("Event", event), ("Expires", "600"), ("Contact", f"<{client.contact}>")))
    check(response is not None and response.status == 200, f"200 to SUBSCRIBE, not {response!r}")
    return notified(client)


def notified(client):
    notify = client.receive_request("NOTIFY")
    check(notify is not None, "no NOTIFY")
    client.answer(notify)
    return notify


def test_only_tokens_open_it(server, api):
    for authorization, error in ((None, ""), ("Basic YTpi", ""), ("Bearer", 'error="invalid_token"'),
                                 ("Bearer wrong", 'error="invalid_token"'), ("Bearer a b", 'error="invalid_token"')):
        answer = api.ask("GET", "/mailboxes", headers={"Authorization": authorization})
        challenge = answer.headers["WWW-Authenticate"]
        check(answer.status == 401 and challenge.startswith("Bearer") and error in challenge, f"{authorization}: {challenge}")
    check(api.ask("GET", "/mailboxes", headers={"Authorization": f"bearer  {api.token} "}).status == 200, "blanks, case")
    other = Api(server, "admin", name="other")
    check(other.ask("GET", "/mailboxes").status == 200, "a new token")
    server.sql("UPDATE tokens SET expires_at = 1000 WHERE name = 'other'")
    check(other.ask("GET", "/mailboxes").status == 401, "an expired token")
    server.sql("UPDATE tokens SET expires_at = 0 WHERE name = 'other'")
    check(other.ask("GET", "/mailboxes").status == 200, "it never expires")
    check(server.run("token", "remove", "other").returncode == 0, "token remove")
    check(other.ask("GET", "/mailboxes").status == 401, "a removed token")


ENDPOINTS = (("GET", "/mailboxes", "mailboxes:read"), ("GET", "/mailboxes/alice", "mailboxes:read"),
             ("PUT", "/mailboxes/alice", "mailboxes:write"), ("GET", "/mailboxes/alice/users", "mailboxes:read"),
             ("PUT", "/mailboxes/team/users", "mailboxes:write"), ("GET", "/users/alice/presence", "presence:read"),
             ("GET", "/users/alice/registrations", "registrations:read"), ("GET", "/users/alice/watchers", "watchers:read"),
             ("GET", "/users/alice/watching", "watchers:read"), ("GET", "/registrations", "registrations:read"),
             ("GET", "/watchers", "watchers:read"), ("GET", "/why?watcher=alice&presentity=bob", "watchers:read"),
             ("GET", "/users/alice/buddies", "buddies:read"), ("POST", "/users/alice/buddies", "buddies:write"),
             ("PUT", "/users/alice/buddies/bob", "buddies:write"), ("POST", "/users/alice/groups", "buddies:write"),
             ("PUT", "/users/alice/groups/friends", "buddies:write"), ("DELETE", "/users/alice/buddies/bob", "buddies:write"),
             ("DELETE", "/users/alice/groups/friends", "buddies:write"), ("GET", "/users/alice/rules", "rules:read"),
             ("PUT", "/users/alice/rules/bob", "rules:write"), ("DELETE", "/users/alice/rules/bob", "rules:write"),
             ("GET", "/users/alice/requests", "rules:read"), ("GET", "/users/alice/sessions", "sessions:read"))
BODIES = {("PUT", "/mailboxes/team/users"): {"users": []}, ("POST", "/users/alice/buddies"): {"uri": "bob", "groups": ["friends"]},
          ("POST", "/users/alice/groups"): {"name": "work"}, ("PUT", "/users/alice/rules/bob"): {"presence": "allow"}}


def test_each_endpoint_needs_its_scope(server, _api):
    scopes = sorted({scope for _, _, scope in ENDPOINTS})
    clients = {scope: Api(server, scope, name=scope) for scope in scopes}
    for method, path, needed in ENDPOINTS:
        for scope, client in clients.items():
            answer = client.ask(method, path, BODIES.get((method, path), {} if method == "PUT" else None))
            good = 201 if method == "POST" else 200
            check(answer.status == (good if scope == needed else 403), f"{method} {path} with {scope}: {answer.bytes}")
            if answer.status == 403:
                check(needed in answer.json["error"] and f'scope="{needed}"' in answer.headers["WWW-Authenticate"],
                      f"{answer.json} {answer.headers['WWW-Authenticate']}")
    for scope in scopes:
        server.run("token", "remove", scope)


def test_an_account_speaks_of_itself_with_its_password(server, _api):
    for algorithm in ("MD5", "SHA-256"):
        alice = Web(server, "alice", algorithm=algorithm)
        for path in ("presence", "registrations", "watchers?limit=5", "watching"):
            for name in ("alice", "sip:alice@example.test", "alice%40example.test"):
                answer = alice.ask("GET", f"/api/v1/users/{name}/{path}")
                check(answer.status == 200, f"{name}/{path}: {answer!r}")
        check(alice.count > 5, "the nonce is used again")
        for path, status in (("users/bob/presence", 403), ("users/nobody/presence", 403), ("mailboxes", 403), ("watchers", 403),
                             ("users/alice@elsewhere.test/presence", 404), ("nothing", 404)):
            answer = alice.ask("GET", "/api/v1/" + path)
            check(answer.status == status and json.loads(answer.body)["status"] == status, f"{path}: {answer!r}")


def test_credentials_are_for_one_request_and_its_path(server, _api):
    path = "/api/v1/users/alice/presence"
    alice = Web(server, "alice")
    answer = alice.once("GET", path)
    check(answer.status == 401 and len(answer.challenges()) == 2 and answer.challenges("Bearer") == ["Bearer"], repr(answer))
    check(not alice.once("GET", "/api/v1/mailboxes").challenges(), "no digest where no account may")
    alice.choose(answer)
    line = alice.credentials("GET", path)
    check(alice.once("GET", path, headers={"Authorization": line}).status == 200, "the first time")
    again = alice.once("GET", path, headers={"Authorization": line})
    check(again.status == 401 and "stale=true" in again.challenges()[0], f"the same again: {again!r}")
    for uri in ("/api/v1/users/bob/presence", "/api/v1/users/alice/presenc", path + "/", path + "?x", "/", "", "%", "http://x"):
        answer = alice.ask("GET", path, uri=uri or "*")
        check(answer.status == 400, f"{uri}: {answer!r}")
    for uri in (path.replace("alice", "al%69ce"), "http://example.test:80" + path, path.replace("/users", "//users")):
        check(alice.ask("GET", path, uri=uri).status == 200, uri)
    for web in (Web(server, "alice", password="wrong"), Web(server, "nobody"), Web(server, "bob", password=alice.password)):
        answer = web.ask("GET", path)
        check(answer.status == 401 and answer.challenges() and "stale" not in answer.challenges()[0], repr(answer))
    check(alice.once("GET", path, headers={"Authorization": alice.credentials("PUT", path)}).status == 401, "another method")


def test_credentials_without_qop_are_taken_once(server, _api):
    path = "/api/v1/users/alice/presence"
    alice = Web(server, "alice")
    alice.choose(alice.once("GET", path))
    line = {"Authorization": old_credentials(alice.challenge, "alice", alice.password, "GET", path)}
    check(alice.once("GET", path, headers=line).status == 200, "the first time")
    again = alice.once("GET", path, headers=line)
    check(again.status == 401 and "stale=true" in again.challenges()[0], f"the same again: {again!r}")


def test_a_put_lights_the_lamp_and_survives_kill_9(server, api):
    alice = Client(server, "alice")
    check("Voice-Message: 0/0" in subscribed(alice, alice.aor(), "message-summary").text, "dark at first")
    state = api.put("/mailboxes/alice", {"voice": {"new": 3, "old": 1, "urgent_new": 1}, "fax": {"old": 2}})
    check(state == {"name": "alice", "waiting": True,
                    "counts": {"voice": {"new": 3, "old": 1, "urgent_new": 1, "urgent_old": 0},
                               "fax": {"new": 0, "old": 2, "urgent_new": 0, "urgent_old": 0}}}, repr(state))
    text = notified(alice).text
    check("Messages-Waiting: yes" in text and "Voice-Message: 3/1 (1/0)" in text and "Fax-Message: 0/2" in text, text)
    check(api.get("/mailboxes/alice") == state and state in api.all("/mailboxes", "mailboxes"), "it is told again")
    server.restart()
    check(api.get("/mailboxes/alice") == state, "after kill -9")
    check(api.put("/mailboxes/alice@example.test", {})["waiting"] is False, "out again")
    check("Messages-Waiting: no" in [notified(alice).text, notified(alice).text][-1], "the lamp is out")


def test_shared_mailboxes(server, api):
    bob = Client(server, "bob")
    check(api.ask("GET", "/mailboxes/front%2Fdesk").status == 404, "not there yet")
    shared = api.put("/mailboxes/front%2Fdesk/users", {"users": ["bob", "carol@example.test", "bob"]})
    check(shared == {"mailbox": "front/desk", "users": ["bob", "carol"], "next": None}, repr(shared))
    check(api.get("/mailboxes/front%2Fdesk")["counts"]["voice"]["new"] == 0, "empty at first")
    api.put("/mailboxes/front/desk", {"voice": {"new": 2}})
    check("Voice-Message: 2/0" in subscribed(bob, bob.aor(), "message-summary").text, "whose lamp it is, too")
    check(api.all("/mailboxes/front%2Fdesk/users", "users", limit=1) == ["bob", "carol"], "by pages")
    for users, status in ((["nobody"], 404), (["bob@elsewhere.test"], 404), ([], 200)):
        answer = api.ask("PUT", "/mailboxes/front%2Fdesk/users", {"users": users})
        check(answer.status == status, f"{users}: {answer.bytes}")
    check("Voice-Message: 0/0" in notified(bob).text, "not his any more")


def test_names_of_all_kinds(server, api):
    for path in ("/mailboxes/nobody", "/mailboxes/%ff%fe", "/mailboxes/%40x", "/users/nobody/presence", "/users/%c3%28/watchers",
                 "/users/alice@elsewhere.test/presence", "/users/%22%5c%3c/registrations", "/users/@example.test/watching",
                 "/users/alice", "/nothing", "/", "/mailboxes/" + "x" * 300, "/watchers?resource=a@b", "/watchers?watcher=%ff@b",
                 "/why?watcher=nobody&presentity=alice", "/why?watcher=alice&presentity=nobody", "/why?watcher=alice&presentity=@x"):
        answer = api.ask("GET", path)
        check(answer.status == 404, f"{path}: {answer.status} {answer.bytes}")
    for name in ("alice", "alice@example.test", "alice@EXAMPLE.test", "sip:alice@example.test", "alice%40127.0.0.1"):
        check(api.get(f"/users/{name}/presence")["user"] == "alice", name)
    for name in ("+4930123", "%2B4930123", "%2b4930123@example.test", "sip:+4930123@example.test"):
        check(api.get(f"/users/{name}/presence")["user"] == "+4930123", name)
        check(api.get(f"/mailboxes/{name}")["name"] == "+4930123", name)


BAD_BODIES = (("", "not well-formed"), ("[1]", "no JSON object"), ("{} x", "behind the end"), ('{"voice":{},"voice":{}}', "twice"),
              ('{"voice":{"new":-1}}', "voice.new"), ('{"voice":{"new":1.5}}', "voice.new"), ('{"voice":{"old":4294967296}}', "voice.old"),
              ('{"voice":{"old":1e400}}', "too large"), ('{"voice":{"new":"1"}}', "voice.new"), ('{"smoke":{}}', "smoke"),
              ('{"voice":{"burnt":1}}', "burnt"), ('{"voice":' + "[" * 5000 + "]" * 5000 + "}", "nested"),
              ('{"voice":{"new":1,"urgent_new":2}}', "voice.urgent_new"), (b'{"\xff":{}}', "not well-formed"))


def test_wrong_requests_are_refused_with_a_sentence(_server, api):
    for body, word in BAD_BODIES:
        answer = api.ask("PUT", "/mailboxes/alice", body)
        check(answer.status == 400 and word in answer.json["error"], f"{body[:60]!r}: {answer.status} {answer.bytes}")
    for path, word in (("/mailboxes?limit=0", "limit"), ("/mailboxes?limit=1001", "limit"), ("/mailboxes?limit=x", "limit"),
                       ("/mailboxes?after=zz", "after"), ("/mailboxes?after=616c", "after"), ("/mailboxes?lmit=3", "lmit"),
                       ("/mailboxes/alice?limit=3", "limit"), ("/why", "watcher"), ("/why?watcher=alice", "presentity")):
        answer = api.ask("GET", path)
        check(answer.status == 400 and word in answer.json["error"], f"{path}: {answer.status} {answer.bytes}")
    for method, path, allowed in (("DELETE", "/mailboxes/alice", "GET, HEAD, PUT"), ("POST", "/mailboxes", "GET, HEAD"),
                                  ("OPTIONS", "/watchers", "GET, HEAD"), ("PATCH", "/why", "GET, HEAD")):
        answer = api.ask(method, path, "{}" if method in ("POST", "PATCH") else None)
        check(answer.status == 405 and answer.headers["Allow"] == allowed, f"{method} {path}: {answer.status}")
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", "application/json5"):
        answer = api.ask("PUT", "/mailboxes/alice", "{}", {"Content-Type": kind})
        check(answer.status == 415, f"{kind}: {answer.status}")
    check(api.ask("PUT", "/mailboxes/alice", "{}", {"Content-Type": "Application/JSON; charset=utf-8"}).status == 200, "case")
    check(api.ask("PUT", "/mailboxes/alice", "{}" + " " * 65535).status == 413, "a large body")
    answer = api.ask("PUT", "/mailboxes/alice", "{}" + " " * 300000)
    check(answer.status == 413 and "bytes that are read" in answer.json["error"], f"one that is not even read: {answer!r}")
    check(api.ask("PUT", "/mailboxes/alice", "{}" + " " * 65534).status == 200, "the largest body")
    check(api.get("/mailboxes/alice")["waiting"] is False, "nothing has changed")


def test_head_is_get_without_its_body(_server, api):
    for path in ("/mailboxes", "/users/alice/presence", "/users/nobody/presence"):
        get, head = api.ask("GET", path), api.ask("HEAD", path)
        check(head.status == get.status and head.bytes == b"" and
              head.headers["Content-Length"] == str(len(get.bytes)), f"{path}: {head.headers}")


def test_registrations_by_pages(server, api):
    users = ["alice", "bob", "carol", "dave"]
    wanted = set()
    for user in users:
        client = Client(server, user)
        contacts = [f"<sip:{user}@192.0.2.{n}:5070>" for n in range(6)]
        response = client.register(contact=", ".join(contacts), headers=(("User-Agent", "Phone 1.0"),))
        check(response.status == 200, repr(response))
        wanted |= {(user, contact[1:-1]) for contact in contacts}
    for limit in (1, 5, 7, 1000):
        found = api.all("/registrations", "registrations", limit)
        check(len(found) == len(wanted) and {(r["user"], r["contact"]) for r in found} == wanted, f"{limit}: {found}")
        check([r["user"] for r in found] == sorted(r["user"] for r in found), "in their order")
    mine = api.all("/users/bob@example.test/registrations", "registrations", 4)
    check({r["contact"] for r in mine} == {c for u, c in wanted if u == "bob"}, repr(mine))
    check(all(r["user_agent"] == "Phone 1.0" and r["reachable"] and 3500 < r["expires_in_s"] <= 3600 and
              r["flow"].startswith("udp:127.0.0.1:") and r["instance"] is None for r in mine), repr(mine))
    for user in users:
        server.forget(user)
    check(api.get("/users/bob/registrations") == {"registrations": [], "next": None}, "gone")


def test_what_is_no_utf8_makes_valid_json(server, api):
    client = Client(server, "carol")
    send = client.wire.send
    client.wire.send = lambda data: send(data.replace(b"@@", b"\xff\xc3("))
    response = client.register(headers=(("User-Agent", 'Odd @@ "phone" \\'),))
    check(response is not None and response.status == 200, repr(response))
    found = api.get("/users/carol/registrations")["registrations"]
    check([r["user_agent"] for r in found] == ['Odd \ufffd\ufffd( "phone" \\'], repr(found))
    server.forget("carol")


def test_presence_is_what_watchers_see(server, api):
    bob = Client(server, "bob")
    before = api.get("/users/bob/presence")
    check(before["status"] == "closed" and before["aor"] == "sip:bob@example.test" and not before["in_call"], repr(before))
    check(bob.register().status == 200, "REGISTER")
    check(api.get("/users/bob/presence")["status"] == "open", "a device that publishes nothing")
    response = bob.ask("PUBLISH", bob.aor(), (("Event", "presence"), ("Expires", "600"),
                                              ("Content-Type", "application/pidf+xml")), PIDF)
    check(response is not None and response.status == 200, repr(response))
    state = api.get("/users/bob/presence")
    check(state["activities"] == ["meeting"] and any(t["notes"] == ["gr\u00fcn"] and t["published"] and t["status"] == "open"
                                                     for t in state["tuples"]), repr(state))
    server.forget("bob")


def test_who_watches_whom_and_why(server, api):
    erin, dave = Client(server, "erin"), Client(server, "dave")
    subscribed(erin, dave.aor(), "presence")
    subscribed(erin, erin.aor(), "message-summary")
    subscribed(dave, erin.aor(), "presence")
    watchers = api.get("/users/dave/watchers")["watchers"]
    check([(w["watcher"], w["resource"], w["package"], w["state"]) for w in watchers] ==
          [("erin", "dave", "presence", "active")], repr(watchers))
    check(watchers[0]["media_type"] == "application/pidf+xml" and watchers[0]["flow"].startswith("udp:127.0.0.1"), repr(watchers))
    watching = api.all("/users/erin/watching", "watchers", 1)
    check([(w["package"], w["resource"]) for w in watching] == [("message-summary", "erin"), ("presence", "dave")], repr(watching))
    for query, count in (("watcher=erin", 2), ("resource=erin", 2), ("watcher=erin@example.test&resource=erin", 1),
                         ("package=presence&watcher=dave", 1), ("package=presence&resource=sip:dave@example.test", 1),
                         ("package=dialog", 0), ("watcher=alice&resource=bob", 0), ("resource=@erin", 0)):
        found = api.all(f"/watchers?{query}", "watchers", 1)
        check(len(found) == count, f"{query}: {found}")
    check(len(api.all("/watchers?package=presence&resource=dave", "watchers")) == 1, "to one resource")
    why = api.get("/why?watcher=erin&presentity=dave@example.test")
    check(why["watcher"] == "erin" and why["presentity"] == "dave" and
          any(line.startswith("presence: watches (dave), active") for line in why["explanation"]), repr(why))
    why = api.get("/why?watcher=erin&presentity=@dave")
    check(len(why["explanation"]) == 1 and "403" in why["explanation"][0], repr(why))
    end = time.monotonic() + WAIT
    while api.get("/users/dave/watchers")["watchers"][0]["last_status"] != 200 and time.monotonic() < end:
        time.sleep(0.05)
    check(api.get("/users/dave/watchers")["watchers"][0]["behind"] is False, "the answer to the NOTIFY is seen")


def request_bytes(api, method, path, body=b""):
    return (f"{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def test_clients_who_do_not_wait_harm_nobody(server, api):
    for i in range(60):
        peer = socket.create_connection(("127.0.0.1", server.web_port))
        if i % 2:
            peer.sendall(request_bytes(api, "PUT", "/mailboxes/alice", b'{"voice":{"new":%d}}' % i))
        else:
            peer.sendall(request_bytes(api, "GET", "/users/never-heard-of-%d/presence" % i))
        if i % 3 == 0:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
        peer.close()
    check(api.get("/mailboxes/alice")["name"] == "alice", "it goes on")


def test_many_at_once(_server, api):
    failures = []

    def work(n):
        for i in range(10):
            state = api.put(f"/mailboxes/{('alice', 'bob', 'carol', 'dave')[n % 4]}", {"voice": {"old": n * 100 + i}})
            if "counts" not in state:
                failures.append(state)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, repr(failures))
    old = {name: api.get(f"/mailboxes/{name}")["counts"]["voice"]["old"] for name in ("alice", "bob", "carol", "dave")}
    check(all(count % 100 == 9 for count in old.values()), repr(old))


def test_503_while_the_database_is_away_and_an_end_in_spite_of_it(_server, _api):
    with Database() as database, Server(settings=[f"database={database.uri}", "storage.wait_s=1"]) as server:
        api = Api(server)
        api.put("/mailboxes/alice", {"voice": {"new": 1}})
        database.stop()
        end = time.monotonic() + WAIT
        for method, path in (("GET", "/mailboxes/alice"), ("PUT", "/mailboxes/alice"), ("GET", "/watchers")):
            answer = api.ask(method, path, {} if method == "PUT" else None)
            check(answer.status == 503 and int(answer.headers["Retry-After"]) > 0, f"{method} {path}: {answer.status}")
        database.start()
        while api.ask("GET", "/mailboxes/alice").status != 200 and time.monotonic() < end:
            time.sleep(0.1)
        check(api.get("/mailboxes/alice")["waiting"], "back again")
        # Requests wait for a database that says nothing any more, some of their clients are gone, and we end.
        os.kill(database.process.pid, signal.SIGSTOP)
        children = [int(pid) for pid in os.popen(f"ps -o pid= --ppid {database.process.pid}").read().split()]
        for pid in children:
            os.kill(pid, signal.SIGSTOP)
        try:
            peers = [socket.create_connection(("127.0.0.1", server.web_port)) for _ in range(8)]
            for i, peer in enumerate(peers):
                peer.sendall(request_bytes(api, "PUT", "/mailboxes/alice", b"{}") if i % 2 else
                             request_bytes(api, "GET", "/users/somebody/presence"))
            for peer in peers[:4]:
                peer.close()
            time.sleep(0.2)
            check(server.stop() == 0, "the server ends")
        finally:
            for pid in [database.process.pid, *children]:
                os.kill(pid, signal.SIGCONT)


def main():
    passwords = {user: user[0] + "-secret" for user in ("alice", "bob", "carol", "dave", "erin", "+4930123")}
    with Server(passwords=passwords) as server:
        return cases.main(sys.modules[__name__], (server, Api(server)))


if __name__ == "__main__":
    sys.exit(main())
