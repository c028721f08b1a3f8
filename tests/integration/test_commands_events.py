"""What the administrator sees and does of the event side: who, watchers, why, mailbox and token, the lines of status, and
phone profiles from the configuration file.

SPDX-License-Identifier: MIT
"""

import hashlib
import os
import re
import sys
import time
import urllib.error
import urllib.request

import cases
from cases import check
from server import Server
from sip import WAIT, Client

SUMMARY = "application/simple-message-summary"


def status(response):
    return response.status if response else None


def said(server, *words, returncode=0, **more):
    result = server.run(*words, **more)
    check(result.returncode == returncode, f"{words}: {result!r}")
    return result.stdout if returncode == 0 else result.stderr


def subscribe(client, user, event, accept, expires=600):
    """Subscribes and takes the first NOTIFY; returns it."""
    response = client.ask("SUBSCRIBE", client.aor(user), (("Event", event), ("Accept", accept), ("Expires", str(expires)),
                                                          ("Contact", f"<{client.contact}>")))
    check(status(response) == 200, f"SUBSCRIBE {event}: {response!r}")
    return take_notify(client)


def take_notify(client, wait=WAIT):
    notify = client.receive_request("NOTIFY", wait=wait)
    check(notify is not None, "no NOTIFY")
    client.answer(notify)
    return notify


def ask_api(server, path, token):
    """The status of a GET with that token."""
    request = urllib.request.Request(f"http://127.0.0.1:{server.web_port}/api/v1{path}",
                                     headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def wait_for(what, question, wait=WAIT):
    end = time.monotonic() + wait
    while not question():
        check(time.monotonic() < end, f"not in time: {what}")
        time.sleep(0.05)


def test_who_lists_each_device_with_its_way_and_its_user_agent(server):
    alice, bob = Client(server, "alice"), Client(server, "bob", transport="ws")
    check(said(server, "who") == "", "somebody is there before anybody has come")
    check(status(alice.register(headers=(("User-Agent", "Yealink SIP-T46G 28.81\x07"),))) == 200, "alice")
    check(status(bob.register(headers=(("User-Agent", "JsSIP 3.13.8"),))) == 200, "bob")
    lines = [line.split("\t") for line in said(server, "who").splitlines()]
    check([line[0] for line in lines] == ["alice@example.test", "bob@example.test"], repr(lines))
    check(lines[0][1] == "open" and lines[1][1] == "open", f"presence: {lines!r}")
    check(lines[0][2] == f"udp:127.0.0.1:{alice.wire.address[1]}" and lines[1][2].startswith("ws:127.0.0.1:"), repr(lines))
    check(re.fullmatch(r"3[56]\d\d s", lines[0][3]), repr(lines))
    check(lines[0][4] == "Yealink SIP-T46G 28.81?" and lines[1][4] == "JsSIP 3.13.8", repr(lines))
    bob.close()
    wait_for("bob is away", lambda: "\taway\t" in said(server, "who"))
    for client in (alice,):
        client.unregister()
        client.close()


def test_watchers_shows_both_directions_and_what_was_told(server):
    alice, bob = Client(server, "alice"), Client(server, "bob")
    check(status(alice.register()) == 200 and status(bob.register()) == 200, "REGISTER")
    subscribe(alice, "bob", "presence", "application/pidf+xml")
    wait_for("the answer is known", lambda: "answered 200" in said(server, "watchers", "bob"))
    line = "alice@example.test\twatches\tpresence\tbob@example.test\tactive\t"
    for name in ("bob", "alice", "bob@example.test", "sip:alice@example.test"):
        text = said(server, "watchers", name)
        check(text.count("\n") == 1 and text.startswith(line), f"{name}: {text!r}")
        check("profile any" in text and "udp:127.0.0.1:" in text, text)
    check(said(server, "watchers", "carol") == "", "carol")
    check("no address of this server" in said(server, "watchers", "bob@elsewhere.test", returncode=1), "elsewhere")
    check("no blanks" in said(server, "watchers", "b ob", returncode=1), "blanks")
    alice.close(), bob.close()


def test_why_explains_who_is_told_and_who_would_be_refused(server):
    alice = Client(server, "alice")
    check(status(alice.register()) == 200, "REGISTER")
    subscribe(alice, "carol", "presence", "application/pidf+xml")
    wait_for("the answer is known", lambda: "answered 200" in said(server, "why", "alice", "carol"))
    text = said(server, "why", "alice", "carol")
    check("presence: watches" in text and "has the current state" in text, text)
    check(re.search(r"message-summary: does not watch.*403", text), text)
    check("there is no account nobody" in said(server, "why", "nobody", "alice", returncode=1), "the watcher")
    check("there is no account or mailbox nobody" in said(server, "why", "alice", "nobody", returncode=1), "the watched")
    said(server, "mailbox", "share", "sales", "bob")
    check("refused with 403" in said(server, "why", "alice", "sales"), "a mailbox of others")
    check("accepted" in said(server, "why", "bob", "sales"), "a mailbox that is shared")
    said(server, "mailbox", "share", "sales")
    alice.close()


def test_mailbox_set_lights_the_lamp_and_is_listed(server):
    alice = Client(server, "alice")
    check(status(alice.register()) == 200, "REGISTER")
    notify = subscribe(alice, "alice", "message-summary", SUMMARY)
    check("Messages-Waiting: no" in notify.text, notify.text)
    text = said(server, "mailbox", "set", "alice", "voice=3/1", "voice-urgent=1/0", "fax=0/2")
    check(text == "alice\tvoice 3/1 (1/0), fax 0/2\n", text)
    notify = take_notify(alice)
    check("Messages-Waiting: yes" in notify.text and "Voice-Message: 3/1 (1/0)" in notify.text, notify.text)
    check(said(server, "mailbox", "show", "alice@example.test") == text, "show")
    check(text in said(server, "mailbox", "list"), "list")
    check(said(server, "mailbox", "set", "alice", "voice=3/1", "voice-urgent=1/0") == text, "fax stays")
    said(server, "mailbox", "share", "office", "alice", "bob")
    check(said(server, "mailbox", "set", "office", "voice=2") == "office\tvoice 2/0\tshared with alice, bob\n" or
          "shared with bob, alice" in said(server, "mailbox", "show", "office"), "shared")
    wait_for("both are summed", lambda: "Voice-Message: 5/1" in take_notify(alice).text)
    for words, sentence in ((("set", "nobody", "voice=1"), "no account or shared mailbox"),
                            (("show", "nobody"), "no account or shared mailbox"),
                            (("share", "office", "nobody"), "is no account"),
                            (("set", "alice@elsewhere.test", "voice=1"), "no address of this server")):
        check(sentence in said(server, "mailbox", *words, returncode=1), f"{words}")
    for words in (("set", "alice", "voice"), ("set", "alice", "smoke=1"), ("set", "alice", "voice-urgent=9/0"),
                  ("set", "alice"), ("show",), ("share",)):
        said(server, "mailbox", *words, returncode=2)
    check(said(server, "mailbox", "show", "bob") == "bob\tvoice 0/0\n", "of which nothing was told")
    alice.close()


def test_status_counts_the_event_side(server):
    alice = Client(server, "alice")
    check(status(alice.register()) == 200, "REGISTER")
    subscribe(alice, "carol", "presence", "application/pidf+xml")
    lines = dict(line.split(" ", 1) for line in said(server, "status").splitlines())
    for name in ("subscriptions", "subscriptions_suspended", "notifies_sent", "publications", "lamps_sent", "mailboxes",
                 "api_requests"):
        check(lines.get(name, "").isdigit(), f"{name}: {lines.get(name)}")
    check(int(lines["subscriptions"]) > 0 and int(lines["notifies_sent"]) > 0, repr(lines))
    alice.close()


def test_tokens_are_shown_once_and_kept_hashed(server):
    text = said(server, "token", "add", "ci", "mailboxes:write", "presence:read", "--expires", "30")
    token = text.splitlines()[-1]
    check(re.fullmatch(r"hgt_[A-Za-z0-9_-]{43}", token), text)
    rows = server.sql("SELECT name, scopes, encode(hash, 'hex'), expires_at - created_at FROM tokens")
    check(rows == [["ci", "mailboxes:write presence:read", hashlib.sha256(token.encode()).hexdigest(), str(30 * 86400)]],
          repr(rows))
    said(server, "token", "add", "boss", "admin")
    listed = said(server, "token", "list")
    check(re.fullmatch(r"boss\tadmin\tadded [-\d]+\tfor ever\n"
                       r"ci\tmailboxes:write presence:read\tadded [-\d]+\tends [-\d]+\n", listed), listed)
    check(token not in listed, "the token is shown again")
    check(ask_api(server, "/users/alice/presence", token) == 200, "a scope that it has")
    check(ask_api(server, "/watchers", token) == 403, "a scope that it has not")
    check("already" in said(server, "token", "add", "ci", "admin", returncode=1), "twice")
    for words in (("add", "x", "everything"), ("add", "x"), ("add", "a b", "admin"), ("add", "x", "admin", "--expires", "0"),
                  ("add", "x", "admin", "--expires", "soon"), ("list", "--expires", "3")):
        said(server, "token", *words, returncode=2)
    check(said(server, "token", "remove", "ci") == "removed ci\n", "remove")
    check(ask_api(server, "/users/alice/presence", token) == 401, "after its removal")
    check("no such token" in said(server, "token", "remove", "ci", returncode=1), "removed twice")


def test_mailboxes_are_changed_without_a_server_for_the_next_start(_server):
    with Server() as server:
        server.stop()
        check("does not run" in said(server, "who", returncode=1), "who")
        check(said(server, "mailbox", "set", "alice", "voice=2/1") == "alice\tvoice 2/1\n", "set")
        check(said(server, "mailbox", "share", "sales", "bob", "alice") ==
              "sales\tvoice 0/0\tshared with alice, bob\n", "share")
        check(said(server, "mailbox", "set", "sales", "voice=1", "fax=0/3").startswith("sales\tvoice 1/0, fax 0/3\t"), "sales")
        check(said(server, "mailbox", "set", "sales", "voice=1").startswith("sales\tvoice 1/0, fax 0/3\t"), "fax stays")
        listed = "alice\tvoice 2/1\nsales\tvoice 1/0, fax 0/3\tshared with alice, bob\n"
        check(said(server, "mailbox", "list") == listed, said(server, "mailbox", "list"))
        check("no account or mailbox" in said(server, "mailbox", "set", "nobody", "voice=1", returncode=1), "nobody")
        server.start()
        now = said(server, "mailbox", "list")
        check(sorted(re.split(r"[\t\n, ]+", now)) == sorted(re.split(r"[\t\n, ]+", listed)), now)
        alice = Client(server, "alice")
        check(status(alice.register()) == 200, "REGISTER")
        notify = subscribe(alice, "alice", "message-summary", SUMMARY)
        check("Voice-Message: 3/1" in notify.text and "Fax-Message: 0/3" in notify.text, notify.text)
        alice.close()


def test_a_profile_of_the_file_is_found_by_its_user_agent(_server):
    class FileServer(Server):
        def command(self, *words):
            return super().command(*words) + ["--config", os.path.join(self.folder, "heliograph.conf")]
    server = FileServer()
    with open(os.path.join(server.folder, "heliograph.conf"), "w") as f:
        f.write('profiles: ( { name = "doors"; user_agent = "Acme*"; urgent_counts = "no"; unsolicited_mwi = false; } );\n')
    with server:
        alice = Client(server, "alice")
        agent = (("User-Agent", "acme door 2"),)
        check(status(alice.register(headers=agent)) == 200, "REGISTER")
        response = alice.ask("SUBSCRIBE", alice.aor(), (("Event", "message-summary"), ("Contact", f"<{alice.contact}>"),
                                                        ("Accept", SUMMARY)) + agent)
        check(status(response) == 200, repr(response))
        notify = take_notify(alice)
        check("Voice-Message: 0/0\r\n" in notify.text, notify.text)
        check("profile doors" in said(server, "watchers", "alice"), said(server, "watchers", "alice"))
        alice.close()


if __name__ == "__main__":
    with Server() as one:
        sys.exit(cases.main(sys.modules[__name__], (one,)))
