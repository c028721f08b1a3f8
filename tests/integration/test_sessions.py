"""Sessions: a page logs in once with the password and goes on with a secret, in SIP and over HTTP, until it is ended, not
used, one too many, or the password is another one (docs/web-client.md).

SPDX-License-Identifier: MIT
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import WAIT, Client, credentials, parameters, token
from test_api import Api, fits_document
from test_watchers import FROZEN_S, freeze
from web import Web

SETTINGS = ["log.level=debug", "session.per_account=4"]
PATH = "/api/v1/users/{}/sessions"
UUID = "6f1a3c52-9d0e-4f6b-8a7c-0123456789ab"


def ask(web, method, path, body=None):
    headers = {"Content-Type": "application/json"} if body is not None else {}
    text = json.dumps(body) if isinstance(body, dict) else body
    answer = web.ask(method, path, text, headers)
    answer.json = json.loads(answer.body)
    fits_document(method, path.removeprefix("/api/v1"), answer)
    return answer


def log_in(server, user, name="Firefox on Linux", stay=False, device=None):
    answer = ask(Web(server, user), "POST", PATH.format(user), {"name": name, "stay": stay, "device": device})
    check(answer.status == 201, repr(answer))
    return answer.json


def web_of(server, session, **more):
    return Web(server, session["user"], session["secret"], **more)


def sip_of(server, session, transport="udp", **more):
    return Client(server, session["user"], session["secret"], transport, **more)


def listed(web):
    answer = ask(web, "GET", PATH.format(web.user))
    check(answer.status == 200, repr(answer))
    return answer.json["sessions"]


def is_good(web):
    answer = ask(web, "GET", f"/api/v1/users/{web.user}/presence")
    check(answer.status in (200, 401), repr(answer))
    return answer.status == 200


def end(web, session_id):
    return ask(web, "DELETE", PATH.format(web.user) + f"/{session_id}")


def end_all(server, user):
    said = server.run("session", "end", user, "all")
    check(said.returncode == 0, repr(said))


def until(condition, what, wait=WAIT):
    limit = time.monotonic() + wait
    while not condition():
        check(time.monotonic() < limit, what)
        time.sleep(0.1)


def contacts(server, admin, user):
    return [r["contact"] for r in admin.all(f"/users/{user}/registrations", "registrations")]


def watching(admin):
    """How alice's subscriptions to somebody's presence are."""
    return [w["state"] for w in admin.get("/users/alice/watching")["watchers"] if w["package"] == "presence"]


def test_the_secret_takes_the_passwords_place(server, admin):
    session = log_in(server, "alice", device=f"urn:uuid:{UUID}")
    check(len(session["secret"]) == 52 and session["user"] == "alice" and session["domain"] == server.domain and
          session["stay"] is False, repr(session))
    for algorithm in ("MD5", "SHA-256"):
        web = web_of(server, session, algorithm=algorithm)
        for path in ("/api/v1/users/alice/presence", "/xcap/xcap-caps/global/index"):
            check(web.ask("GET", path).status == 200, f"{algorithm}: {path}")
        for transport in ("udp", "tcp", "tls", "ws", "wss"):
            client = sip_of(server, session, transport)
            client.algorithm = algorithm
            check(client.register().status == 200, f"{algorithm} over {transport}")
            check(client.unregister().status == 200, f"{algorithm} over {transport}")
            client.close()
    page, bob = sip_of(server, session, "ws", instance=UUID), Client(server, "bob")
    check(page.register().status == 200 and bob.register().status == 200, "REGISTER")
    answers = []
    sender = threading.Thread(target=lambda: answers.append(page.message("bob", "from the page")))
    sender.start()
    check(bob.take_messages(1) == ["from the page"], "bob has it")
    sender.join()
    check(answers[0].status == 200, repr(answers))
    check(Web(server, "alice").ask("GET", "/api/v1/users/alice/presence").status == 200, "the password still does")
    page.close()
    bob.unregister()
    end_all(server, "alice")


def test_only_the_password_makes_sessions(server, admin):
    session = log_in(server, "alice")
    body = {"name": "another"}
    answer = ask(web_of(server, session), "POST", PATH.format("alice"), body)
    check(answer.status == 403 and "password itself" in answer.json["error"], repr(answer))
    answer = admin.ask("POST", "/users/alice/sessions", body)
    check(answer.status == 403 and "no token" in answer.json["error"], repr(answer.bytes))
    nobody = Web(server, "alice")
    answer = nobody.once("POST", PATH.format("alice"), json.dumps(body), {"Content-Type": "application/json"})
    check(answer.status == 401 and len(answer.challenges()) == 2 and not answer.challenges("Bearer"), repr(answer))
    for web, path, status in ((Web(server, "alice", "wrong"), "alice", 401), (Web(server, "bob"), "alice", 403),
                              (Web(server, "nobody", "none"), "nobody", 401)):
        check(ask(web, "POST", PATH.format(path), body).status == status, f"{web.user} for {path}")
    check([s["name"] for s in listed(Web(server, "alice"))] == ["Firefox on Linux"], "there is no other")
    check(listed(Web(server, "bob")) == [], "nor bob's")
    end_all(server, "alice")


BAD_BODIES = (("", "not well-formed"), ("[]", "no JSON object"), ("{}", "name is missing"), ('{"name":""}', "name"),
              ('{"name":null}', "name"), ('{"name":"a\\u0007b"}', "control"), ('{"name":"%s"}' % ("x" * 129), "128"),
              ('{"name":"a","stay":1}', "stay"), ('{"name":"a","device":"6f1a"}', "URN"),
              ('{"name":"a","device":"urn:uuid:<>"}', "URN"), ('{"name":"a","device":"urn:%s"}' % ("x" * 255), "URN"),
              ('{"name":"a","device":"urn:x y"}', "URN"), ('{"name":"a","secret":"x"}', "secret"),
              ('{"name":"a","device":""}', "URN"))


def test_wrong_bodies_are_refused_with_a_sentence(server, _admin):
    web = Web(server, "alice")
    for body, word in BAD_BODIES:
        answer = ask(web, "POST", PATH.format("alice"), body)
        check(answer.status == 400 and word in answer.json["error"], f"{body[:60]}: {answer!r}")
    answer = web.ask("POST", PATH.format("alice"), "{}", {"Content-Type": "text/plain"})
    check(answer.status == 415, repr(answer))
    check(listed(web) == [], "none was made")
    longest = log_in(server, "alice", "\u00fc" * 64, device="urn:" + "x" * 251)
    check(listed(web)[0]["name"] == "\u00fc" * 64 and listed(web)[0]["device"] == "urn:" + "x" * 251, "the longest")
    check(end(web, longest["id"]).status == 200, "ended")


def test_sessions_are_listed_for_their_user(server, admin):
    first, second = log_in(server, "alice", "one", device="urn:uuid:1"), log_in(server, "alice", "two", True)
    web = web_of(server, second)
    found = listed(web)
    check([(s["name"], s["current"], s["stay"], s["device"]) for s in found] ==
          [("two", True, True, None), ("one", False, False, "urn:uuid:1")], repr(found))
    check(found[1]["id"] == first["id"] and found[1]["created_at"] == found[1]["used_at"], repr(found))
    check(found[0]["used_at"] > found[0]["created_at"], "it was used")
    days = int(found[0]["expires_at"][8:10]) - int(found[0]["used_at"][8:10])
    check(found[0]["expires_at"][:7] != found[0]["used_at"][:7] or days >= 28, "it stays for a month")
    check(not any(s["current"] for s in listed(Web(server, "alice"))), "the password is no session")
    check("secret" not in json.dumps(found) and second["secret"] not in json.dumps(found), "no secret")
    check([s["name"] for s in admin.get("/users/alice/sessions")["sessions"]] == ["two", "one"], "by token")
    check(ask(web, "GET", PATH.format("bob")).status == 403, "bob's are bob's")
    said = server.run("session", "list", "alice")
    lines = said.stdout.splitlines()
    check([line.split("\t")[:2] for line in lines] == [[first["id"], "one"], [second["id"], "two"]] and
          lines[1].endswith("stays") and "ends by 2" in lines[0], said.stdout)
    end_all(server, "alice")


def test_a_session_is_good_for_its_account_only(server, _admin):
    session = log_in(server, "alice")
    check(not is_good(Web(server, "bob", session["secret"])), "bob with alice's secret")
    bob = Client(server, "bob", session["secret"])
    check(bob.register().status == 401, "in SIP")
    page = sip_of(server, session)
    check(page.ask("MESSAGE", "sip:carol@example.test", (("Content-Type", "text/plain"),), "x", from_user="bob").status
          == 403, "alice as bob")
    check(page.ask("REGISTER", "sip:example.test", to="sip:bob@example.test").status == 403, "for bob")
    check(end(Web(server, "bob"), session["id"]).status == 404, "bob ends it")
    check(ask(Web(server, "bob"), "DELETE", PATH.format("alice") + "/" + session["id"]).status == 403, "as alice")
    for wrong in ("0", "-1", "x", "99999999999999999999", session["id"] + "0"):
        check(end(Web(server, "alice"), wrong).status == 404, wrong)
    check(is_good(web_of(server, session)), "it is good still")
    end_all(server, "alice")


def test_ending_takes_hold_at_once(server, admin):
    session, other = log_in(server, "alice", device=f"urn:uuid:{UUID}"), log_in(server, "alice", "other")
    page, phone, bob = sip_of(server, session, "ws", instance=UUID), Client(server, "alice"), Client(server, "bob")
    check(page.register().status == 200 and phone.register().status == 200, "REGISTER")
    watch = phone.ask("SUBSCRIBE", phone.aor(), (("Event", "reg"), ("Expires", "600"), ("Contact", f"<{phone.contact}>")))
    check(watch.status == 200, repr(watch))
    reginfo = phone.receive_request("NOTIFY")
    phone.answer(reginfo)
    check(page.contact.split(";")[0] in reginfo.text, reginfo.text)
    subscribed = page.ask("SUBSCRIBE", "sip:bob@example.test",
                          (("Event", "presence"), ("Expires", "600"), ("Contact", f"<{page.contact}>")))
    check(subscribed.status == 200, repr(subscribed))
    page.answer(page.receive_request("NOTIFY"))
    udp = sip_of(server, session)
    check(udp.ask("SUBSCRIBE", "sip:bob@example.test", (("Event", "presence"), ("Expires", "600"),
                                                        ("Contact", f"<{udp.contact}>"))).status == 200, "over UDP")
    udp.answer(udp.receive_request("NOTIFY"))
    web = web_of(server, session)
    check(is_good(web), "good before")
    answer = end(web_of(server, other), session["id"])
    check(answer.status == 200 and answer.json == {"removed": session["id"]}, repr(answer))
    check(not is_good(web) and not is_good(web_of(server, session)), "refused over HTTP")
    check(udp.register().status == 401, "refused in SIP")
    last = page.receive_request("NOTIFY")
    check(last is not None and "terminated;reason=rejected" in last.get("subscription-state"), repr(last))
    check(page.receive(lambda m: True) is None and page.wire.closed, "its connection is closed")
    last = udp.receive_request("NOTIFY")
    check(last is not None and "terminated;reason=rejected" in last.get("subscription-state"), repr(last))
    udp.answer(last)
    told = phone.receive_request("NOTIFY")
    phone.answer(told)
    check(page.contact.split(";")[0] not in told.text and phone.contact in told.text, told.text)
    check(contacts(server, admin, "alice") == [phone.contact], "only the phone is registered")
    page.connect()
    check(page.register().status == 401, "nor with a new connection")
    bob_sent = []
    sender = threading.Thread(target=lambda: bob_sent.append(bob.message("alice", "still there?")))
    sender.start()
    check(phone.take_messages(1) == ["still there?"], "others go on")
    sender.join()
    check(is_good(web_of(server, other)), "and so do other sessions")
    check(end(web_of(server, other), other["id"]).status == 200, "it ends itself")
    check(not is_good(web_of(server, other)), "and is over")
    phone.unregister()
    page.close()


def test_what_was_said_is_so_after_kill_9(server, admin):
    session, gone = log_in(server, "alice", "kept", True), log_in(server, "alice", "gone")
    page, lost = sip_of(server, session, instance=UUID), sip_of(server, gone)
    check(page.register().status == 200 and lost.register().status == 200, "REGISTER")
    check(end(Web(server, "alice"), gone["id"]).status == 200, "ended")
    newest = log_in(server, "bob", "newest")
    server.restart()
    check(is_good(web_of(server, newest)), "the one of which 201 was said last")
    check([s["name"] for s in listed(web_of(server, session))] == ["kept"], "and the older, alone")
    check(not is_good(web_of(server, gone)), "what was ended stays so")
    check(contacts(server, admin, "alice") == [page.contact], "and its binding is gone")
    check(page.register().status == 200, "the page goes on")
    page.unregister()
    # One whose account was loaded with its registration, and has never authenticated since.
    check(page.register().status == 200, "REGISTER")
    server.restart()
    check(end(Web(server, "alice"), session["id"]).status == 200, "ended after a restart")
    until(lambda: contacts(server, admin, "alice") == [], "its binding has ended")
    end_all(server, "bob")


def test_a_new_password_ends_all(server, admin):
    session, page = log_in(server, "carol"), None
    page = sip_of(server, session, "ws", instance=UUID)
    check(page.register().status == 200, "REGISTER")
    said = server.run("user", "password", "carol", input="another\n")
    check(said.returncode == 0, repr(said))
    check(page.receive(lambda m: True) is None and page.wire.closed, "its connection is closed")
    check(not is_good(web_of(server, session)), "over")
    check(contacts(server, admin, "carol") == [], "not registered")
    check(not is_good(Web(server, "carol")), "the old password")
    check(server.sql("SELECT count(*) FROM sessions WHERE name = 'Firefox on Linux'") == [["0"]], "its row is gone")
    old, server.passwords["carol"] = server.passwords["carol"], "another"
    session = log_in(server, "carol")
    # However the password came to be another: nobody tells the server of this one.
    server.sql("UPDATE accounts SET ha1_sha256 = sha256('x') WHERE user_name = 'carol'")
    server.restart()
    check(not is_good(web_of(server, session)), "over")
    server.passwords["carol"] = old
    check(server.run("user", "password", "carol", input=old + "\n").returncode == 0, "as before")


def test_a_removed_account_takes_its_sessions_along(server, _admin):
    session = log_in(server, "carol")
    server.forget("carol")
    check(not is_good(web_of(server, session)), "the account of the same name is another one")
    check(listed(Web(server, "carol")) == [], "which has none")
    check(server.sql("SELECT count(*) FROM sessions s LEFT JOIN accounts a ON a.id = s.account_id WHERE a.id IS NULL")
          == [["0"]], "no rows are left")


def test_the_command_line_ends_them(server, _admin):
    sessions = [log_in(server, "alice", name) for name in ("one", "two", "three")]
    said = server.run("session", "end", "alice", sessions[1]["id"])
    check(said.returncode == 0 and said.stdout == "ended 1 session of alice@example.test\n", repr(said))
    until(lambda: not is_good(web_of(server, sessions[1])), "the second is over")
    check(is_good(web_of(server, sessions[0])), "the first is not")
    for words, word in ((("alice", sessions[1]["id"]), "no such session"), (("nobody", "all"), "no account"),
                        (("alice", "one"), "number"), (("alice", "0"), "number")):
        said = server.run("session", "end", *words)
        check(said.returncode != 0 and word in said.stderr, repr(said))
    check(server.run("session", "list", "nobody").returncode == 1, "nobody")
    said = server.run("session", "end", "alice", "all")
    check(said.returncode == 0 and said.stdout == "ended 2 sessions of alice@example.test\n", repr(said))
    until(lambda: not any(is_good(web_of(server, s)) for s in sessions), "all are over")
    check(server.run("session", "list", "alice").stdout == "", "none")


def test_the_longest_unused_gives_way(server, _admin):
    sessions = [log_in(server, "alice", f"page {n}") for n in range(4)]
    for n in (0, 2, 3):
        check(is_good(web_of(server, sessions[n])), f"page {n}")
    fifth = log_in(server, "alice", "page 4")
    until(lambda: not is_good(web_of(server, sessions[1])), "page 1 has given way")
    check([s["name"] for s in listed(web_of(server, fifth))] == ["page 4", "page 3", "page 2", "page 0"], "the rest")
    check(server.sql("SELECT count(*) FROM sessions") == [["4"]], "so are the rows")
    threads = [threading.Thread(target=log_in, args=(server, "alice", f"at once {n}")) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: server.sql("SELECT count(*) FROM sessions") == [["4"]], "many at once")
    check(all(s["name"].startswith("at once") for s in listed(Web(server, "alice"))), "the newest stay")
    end_all(server, "alice")


def test_requests_of_one_page_may_overtake_each_other(server, _admin):
    web = web_of(server, log_in(server, "alice"))
    path = "/api/v1/users/alice/presence"
    check(web.choose(web.once("GET", path)), "a challenge")
    lines = [web.credentials("GET", path) for _ in range(40)]
    statuses = []

    def fetch(line):
        statuses.append(web.once("GET", path, headers={"Authorization": line}).status)
    threads = [threading.Thread(target=fetch, args=(line,)) for line in reversed(lines)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(statuses == [200] * 40, repr(statuses))
    again = web.once("GET", path, headers={"Authorization": lines[7]})
    check(again.status == 401 and "stale=true" in again.challenges()[0], f"once each: {again!r}")
    end_all(server, "alice")


def test_a_nonce_of_before_a_restart_is_stale_and_no_more(server, _admin):
    web = web_of(server, log_in(server, "alice"))
    path = "/api/v1/users/alice/presence"
    check(is_good(web), "good")
    server.restart()
    old = web.once("GET", path, headers={"Authorization": web.credentials("GET", path)})
    check(old.status == 401 and all("stale=true" in c for c in old.challenges()), repr(old))
    check(is_good(web), "with a new nonce")
    end_all(server, "alice")
    over = web.ask("GET", path)
    check(over.status == 401 and not any(parameters(c).get("stale") for c in over.challenges()), repr(over))
    body = json.loads(over.body)
    wrong = json.loads(Web(server, "alice", "wrong").ask("GET", path).body)
    check(body == wrong, f"what is over looks like what is wrong: {body} {wrong}")


def test_what_waits_for_the_database_when_its_session_ends_comes_to_nothing(server, admin):
    """A REGISTER that has its turn, and a SUBSCRIBE that is committed, after the end of their session."""
    session = log_in(server, "alice")
    first, second, watcher = (sip_of(server, session, "tcp") for _ in range(3))
    lines, requests = [], []
    for client in (first, second):
        uri, headers = f"sip:{server.domain}", (("Contact", f"<{client.contact}>"), ("Expires", "600"))
        lines.append((client, "REGISTER", uri, headers))
    lines.append((watcher, "SUBSCRIBE", "sip:bob@example.test", (("Event", "presence"), ("Expires", "600"),
                                                                 ("Contact", f"<{watcher.contact}>"))))
    for client, method, uri, headers in lines:
        challenge = client.exchange(client.request(method, uri, headers))
        line = ("Authorization", credentials(challenge.get("www-authenticate"), "alice", session["secret"], method, uri))
        requests.append(client.request(method, uri, headers + (line,)))
    web, answers = web_of(server, session), []
    check(is_good(web), "good")
    ending = threading.Thread(target=lambda: answers.append(end(web, session["id"])))
    freeze(server, signal.SIGSTOP)
    try:
        for client, request in zip((first, second, watcher), requests):
            client.wire.send(request)
            time.sleep(FROZEN_S)
        ending.start()
        time.sleep(FROZEN_S)
    finally:
        freeze(server, signal.SIGCONT)
    ending.join()
    check(answers[0].status == 200, repr(answers))
    check(first.response_to(requests[0]).status in (200, 503), "the first came before the end")
    check(second.response_to(requests[1]).status == 503, "the second had its turn after it")
    check(watcher.response_to(requests[2]).status in (200, 403), "the SUBSCRIBE")
    until(lambda: contacts(server, admin, "alice") == [], "nothing is registered")
    check(watching(admin) in ([], ["ending"]), f"nothing is watched: {watching(admin)}")
    server.restart()
    check(contacts(server, admin, "alice") == [], "nor after a restart")
    check(watching(admin) == [], "nor watched")


def test_no_secret_is_kept_or_logged(server, _admin):
    session = log_in(server, "alice", device=f"urn:uuid:{UUID}")
    page = sip_of(server, session, "ws", instance=UUID)
    check(page.register().status == 200 and is_good(web_of(server, session)), "it is used")
    check(not is_good(Web(server, "alice", session["secret"] + "x")), "and a wrong one")
    dump = subprocess.run(["pg_dump", "-h", server.postmaster()[4], "-U", "heliograph", "-d", "postgres", "-t",
                           "sessions", "-a"], capture_output=True, text=True, timeout=60)
    check(session["id"] in dump.stdout and session["secret"] not in dump.stdout, dump.stdout + dump.stderr)
    with open(server.log, errors="replace") as f:
        log = f.read()
    check("what=session_made" in log and session["secret"] not in log, "the log")
    page.close()
    end_all(server, "alice")


def short_sessions(server):
    """With session.idle_s=4."""
    admin = Api(server)
    kept, idle = log_in(server, "alice", "kept"), log_in(server, "alice", "idle")
    staying = log_in(server, "alice", "staying", True)
    page = sip_of(server, idle, "ws", instance=UUID)
    check(page.register().status == 200, "REGISTER")
    web, used = web_of(server, kept), time.monotonic()
    while not page.wire.closed and time.monotonic() < used + WAIT:
        check(is_good(web), "it is used, and so goes on")
        time.sleep(0.5)
    check(page.wire.closed and contacts(server, admin, "alice") == [], "the idle one has ended, and its binding")
    check(not is_good(web_of(server, idle)), "it is over")
    check(time.monotonic() > used + 3.5, "not before its time")
    check({s["name"] for s in listed(web)} == {"kept", "staying"}, "what is left")
    until(lambda: server.sql("SELECT count(*) FROM sessions") == [["2"]], "its row has gone")
    check(is_good(web), "used just before")
    server.restart()
    check(is_good(web) and is_good(web_of(server, staying)), "the row says that it was used")
    until(lambda: [s["name"] for s in listed(Web(server, "alice"))] == ["staying"], "then it was not")
    check(not is_good(web), "and is over")
    end_all(server, "alice")


def test_one_that_is_not_used_ends_by_itself(_server, _admin):
    with Server(settings=["session.idle_s=4"]) as server:
        short_sessions(server)


def test_one_password_changed_while_pages_log_in_leaves_none(server, _admin):
    """Sessions that are made with the old password while it is changed do not outlive it."""
    made, stop = [], threading.Event()

    def log_in_again():
        while not stop.is_set():
            answer = Web(server, "bob", "b-secret").ask("POST", PATH.format("bob"), json.dumps({"name": token()}),
                                                        {"Content-Type": "application/json"})
            if answer.status == 201:
                made.append(json.loads(answer.body))
            else:
                check(answer.status in (401, 403), repr(answer))
                return
    threads = [threading.Thread(target=log_in_again) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(made) > 5, "some have logged in")
    check(server.run("user", "password", "bob", input="fresh\n").returncode == 0, "a new password")
    until(lambda: not any(thread.is_alive() for thread in threads), "they are refused now")
    stop.set()
    for session in made:
        check(not is_good(web_of(server, session)), session["id"])
    server.restart()
    check(not any(is_good(web_of(server, session)) for session in made[-4:]), "nor do they come back")
    check(server.run("user", "password", "bob", input="b-secret\n").returncode == 0, "as before")


if __name__ == "__main__":
    os.environ.setdefault("PGCONNECT_TIMEOUT", "20")
    with Server(settings=SETTINGS) as running:
        status = cases.main(sys.modules[__name__], (running, Api(running)))
    sys.exit(status)
