"""The history over the API: conversations, pages of messages, search, unread counts and read marks; that nobody reads
what is another's; what is kept becomes delivered; what bad requests are told. Where PyYAML and jsonschema are installed,
every answer is checked against docs/openapi.yaml.

SPDX-License-Identifier: MIT
"""

import json
import sys
import threading
import time
import zlib
from urllib.parse import quote

import cases
from cases import check
from server import Server
from sip import WAIT, Client
from test_api import Api, fits_document
from test_conversations_event import Watcher
from web import Target, Web

USERS = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia",
         "peggy", "rupert", "sybil", "trent", "victor", "walter", "möbius"]
INSTANCE = "00000000-0000-4000-8000-00000000000"
DEADLINE = 30

CPIM = ("From: <im:alice@example.test>\r\nTo: <im:bob@example.test>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
        "imdn.Message-ID: 34jk324j\r\nDateTime: 2026-11-22T10:00:00Z\r\n"
        "imdn.Disposition-Notification: positive-delivery, display\r\n\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nHällo, wrapped")
IMDN = ("<?xml version='1.0' encoding='UTF-8'?><imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>34jk324j</message-id>"
        "<datetime>2026-11-22T10:00:00Z</datetime>%s</imdn>")
DELIVERED = "<delivery-notification><status><delivered/></status></delivery-notification>"
DISPLAYED = "<display-notification><status><displayed/></status></display-notification>"


class History:
    """What a user reads of his own, with his password; or a token's bearer of somebody's."""

    def __init__(self, server, user, token=None):
        self.web, self.user = Web(server, None if token else user, token=token), user

    def ask(self, method, path, body=None, user=None):
        path = f"/users/{quote(user or self.user, safe='')}/{path}"
        text = json.dumps(body).encode() if isinstance(body, dict) else body
        answer = self.web.ask(method, "/api/v1" + path, text, {"Content-Type": "application/json"})
        answer.json = json.loads(answer.body)
        fits_document(method, path, answer)
        return answer

    def get(self, path):
        answer = self.ask("GET", path)
        check(answer.status == 200, repr(answer))
        return answer.json

    def conversations(self, **query):
        return self.get("conversations" + text_of(query))

    def conversation(self, peer):
        return self.get(f"conversations/{quote(peer, safe='')}")

    def messages(self, peer, **query):
        return self.get(f"conversations/{quote(peer, safe='')}/messages" + text_of(query))

    def texts(self, peer, **query):
        return [message.get("text") for message in self.messages(peer, **query)["messages"]]

    def search(self, words, **query):
        return self.get("messages" + text_of({"search": words, **query}))

    def found(self, words, **query):
        return [message["text"] for message in self.search(words, **query)["messages"]]

    def mark(self, peer, number):
        answer = self.ask("PUT", f"conversations/{quote(peer, safe='')}/read", {"id": str(number)})
        check(answer.status == 200, repr(answer))
        return answer.json


def text_of(query):
    return "?" + "&".join(f"{k.rstrip('_')}={quote(str(v), safe='')}" for k, v in query.items()) if query else ""


def until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        check(time.monotonic() < end, what)
        time.sleep(0.05)


def send(server, sender, to, text="hello", **more):
    client = Client(server, sender)
    response = client.message(to, text, **more)
    check(response is not None and response.status in (200, 202), repr(response))
    client.close()
    return response


def number_of(server, user):
    return int(server.sql(f"SELECT id FROM accounts WHERE user_name = '{user}'")[0][0])


def test_both_sides_read_what_was_said(server):
    alice, bob = History(server, "alice"), History(server, "bob")
    client = Client(server, "alice")
    response = client.message("bob", "hello, bob", call_id="call-hello")
    check(response.status == 202, repr(response))
    send(server, "bob", "alice", "hello, alice")
    page = alice.messages("bob")
    check(not page["more"] and len(page["messages"]) == 2, repr(page))
    first, second = page["messages"]
    check(first == {"id": first["id"], "peer": "bob@example.test", "direction": "sent", "at": first["at"], "kind": "text",
                    "text": "hello, bob", "content_type": "text/plain", "message_id": None, "wants": [], "state": "kept",
                    "call_id": "call-hello", "cseq": client.cseq}, repr(first))
    check(first["at"][-1] == "Z" and first["at"][-5] == "." and int(second["id"]) > int(first["id"]), repr(page))
    check(second["direction"] == "received" and "state" not in second, repr(second))
    page = bob.messages("sip:alice@example.test")
    check([(m["direction"], m["text"], m["peer"]) for m in page["messages"]] ==
          [("received", "hello, bob", "alice@example.test"), ("sent", "hello, alice", "alice@example.test")], repr(page))
    said = bob.conversation("alice@example.test")
    check(said["peer"] == "alice@example.test" and said["unread"] == 0 and said["read_id"] == "0" and
          said["last"] == page["messages"][1], repr(said))
    check([c["peer"] for c in alice.conversations()["conversations"]] == ["bob@example.test"], "alice's list")


def test_with_whom_nothing_was_said_there_is_an_empty_conversation(server):
    carol = History(server, "carol")
    for peer in ("alice", "nobody", "nobody@example.test", "sip:nobody@EXAMPLE.test"):
        said = carol.conversation(peer)
        check(said == {"peer": peer.lower().removeprefix("sip:").split("@")[0] + "@example.test", "unread": 0,
                       "read_id": "0", "last": None}, repr(said))
        check(carol.messages(peer) == {"messages": [], "more": False}, "messages")
    check(carol.conversations() == {"conversations": [], "next": None}, "the list")
    for peer in ("bob@elsewhere.test", "sip:@example.test", "@"):
        answer = carol.ask("GET", f"conversations/{quote(peer, safe='')}")
        check(answer.status == 404 and len(answer.json["error"]) > 10, repr(answer))


def everything():
    return [("GET", "conversations", None), ("GET", "conversations/bob", None), ("GET", "conversations/bob/messages", None),
            ("PUT", "conversations/bob/read", {"id": "1"}), ("GET", "messages?search=hello", None),
            ("GET", "messages?search=hello&with=bob", None)]


def test_nobody_reads_what_is_another_users(server):
    send(server, "alice", "bob", "hello: for nobody else")
    mallory = History(server, "mallory")
    for method, path, body in everything():
        for user in ("alice", "bob", "sip:alice@example.test", "nobody"):
            answer = mallory.ask(method, path, body, user=user)
            check(answer.status == 403, f"{method} {user}/{path}: {answer!r}")
    # Nor by asking about them as of his own.
    for peer in ("alice", "bob"):
        check(mallory.conversation(peer)["last"] is None and mallory.messages(peer)["messages"] == [], peer)
        check(mallory.mark(peer, 2 ** 63 - 1)["read_id"] == "0", "a mark of nothing")
        check(mallory.found("hello", with_=peer) == [], peer)
    check(mallory.found("hello") == [] and mallory.conversations()["conversations"] == [], "mallory has nothing")


def test_tokens_need_the_scope(server):
    send(server, "alice", "bob", "hello")
    reader, writer = Api(server, "conversations:read", name="reader"), Api(server, "conversations:write", name="writer")
    other = Api(server, "buddies:read", "rules:write", "mailboxes:read", name="other")
    for method, path, body in everything():
        allowed = reader if method == "GET" else writer
        for api in (reader, writer, other):
            answer = api.ask(method, f"/users/alice/{path}", json.dumps(body) if body else None)
            check(answer.status == (200 if api is allowed else 403), f"{method} {path}: {answer.status} {answer.json}")
        nobody = allowed.ask(method, f"/users/nobody/{path}", json.dumps(body) if body else None)
        check(nobody.status == 404, f"{method} {path}: {nobody.status} {nobody.json}")
        answer = Web(server, "alice").once(method, f"/api/v1/users/alice/{path}", json.dumps(body) if body else None,
                                           {"Content-Type": "application/json"})
        check(answer.status == 401 and answer.challenges("Digest") and answer.challenges("Bearer"), repr(answer))
    check("hello" in History(server, "alice", token=reader.token).found("hello"), "by token")


def test_what_is_kept_becomes_delivered(server):
    dave = History(server, "dave")
    check(send(server, "dave", "erin", "later").status == 202, "kept")
    check([m["state"] for m in dave.messages("erin")["messages"]] == ["kept"], "kept")
    phone = Client(server, "erin", instance=INSTANCE + "1")
    phone.register()
    check(phone.take_messages(1) == ["later"], "delivered")
    until(lambda: dave.conversation("erin")["last"]["state"] == "delivered", "delivered")
    # A device that is there has it at once, and then it is written to the history.
    answering = threading.Thread(target=phone.take_messages, args=(1,))
    answering.start()
    check(send(server, "dave", "erin", "now").status == 200, "delivered")
    answering.join()
    until(lambda: dave.texts("erin") == ["later", "now"], "both")
    check([m["state"] for m in dave.messages("erin")["messages"]] == ["delivered", "delivered"], "delivered")
    phone.close()


def test_texts_and_receipts_with_headers_of_their_own(server):
    frank, grace = History(server, "frank"), History(server, "grace")
    send(server, "frank", "grace", CPIM, content_type="message/cpim")
    send(server, "grace", "frank", IMDN % DELIVERED, content_type="message/imdn+xml")
    wrapped = CPIM.partition("Content-Type")[0].replace("imdn.Disposition-Notification: positive-delivery, display\r\n", "")
    send(server, "grace", "frank", wrapped + "Content-Type: message/imdn+xml\r\n\r\n" + IMDN % DISPLAYED,
         content_type="message/cpim")
    # Linphone's: deflated, without headers of its own (the receiver's client knows how to read it).
    send(server, "grace", "frank", zlib.compress((IMDN % DISPLAYED).encode()), content_type="message/imdn+xml",
         headers=(("Content-Encoding", "deflate"),))
    send(server, "grace", "frank", b"\x89PNG\r\n\x1a\n\x00", content_type="image/png")
    send(server, "grace", "frank", "broken", content_type="message/imdn+xml")
    said = frank.messages("grace")["messages"]
    text, others = said[0], said[1:]
    check(text["kind"] == "text" and text["text"] == "Hällo, wrapped" and text["message_id"] == "34jk324j" and
          text["wants"] == ["delivery", "display"] and text["content_type"] == "text/plain; charset=utf-8", repr(text))
    receipts = [{"of": "34jk324j", "status": s} for s in ("delivered", "displayed", "displayed")] + [None, None]
    check([m["kind"] for m in others] == ["receipt"] * 3 + ["other", "receipt"], repr(others))
    check([m.get("receipt") for m in others] == receipts, repr(others))
    check(all("text" not in m for m in others) and others[3]["content_type"] == "image/png", repr(others))
    # Receipts are no last message, and nothing but texts is unread; who sends a picture has read.
    check(frank.conversation("grace")["last"]["content_type"] == "image/png", "the last but for receipts")
    check(frank.conversation("grace")["unread"] == 0 and grace.conversation("frank")["unread"] == 0, "unread")
    send(server, "frank", "grace", CPIM, content_type="message/cpim")
    check(grace.conversation("frank")["unread"] == 1, "a wrapped text is one")
    check(frank.found("wrapped") == ["Hällo, wrapped"] * 2 and frank.found("DateTime") == [], "only the text is searched")


def fill(server, one, other, count, first=0):
    """Texts of a year ago, by one and the other."""
    a, b = number_of(server, one), number_of(server, other)
    server.sql(
        "INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, kind, identity, sender, call_id,"
        " request_uri, from_value, to_value, headers, content_type, body)"
        f" SELECT (200000000000::bigint + i) << 20, CASE WHEN i % 3 = 0 THEN {a} ELSE {b} END,"
        f" CASE WHEN i % 3 = 0 THEN {b} ELSE {a} END, 1777836800000 + i, 1, 1, 1, md5('{one} {other} ' || i)::uuid, '', '',"
        " '', '', '', '', 'text/plain', convert_to('text ' || i, 'UTF8')"
        f" FROM generate_series({first}, {first + count - 1}) i")


def test_pages_back_through_a_long_conversation_without_gap_or_double(server):
    heidi = History(server, "heidi")
    fill(server, "heidi", "ivan", 1200)
    send(server, "ivan", "heidi", "the last one")
    whole = [f"text {i}" for i in range(1200)] + ["the last one"]
    for limit in (500, 173):
        texts, query = [], {}
        while True:
            page = heidi.messages("ivan", limit=limit, **query)
            check(len(page["messages"]) <= limit, "a page of more than was asked for")
            texts = [m["text"] for m in page["messages"]] + texts
            if not page["more"]:
                break
            check(len(page["messages"]) == limit, "a page that is not full, and more")
            query = {"before": page["messages"][0]["id"]}
        check(texts == whole, f"{len(texts)} back")
        texts, after = [], "0"
        while True:
            page = heidi.messages("ivan", limit=limit, after=after)
            texts += [m["text"] for m in page["messages"]]
            if not page["more"]:
                break
            after = page["messages"][-1]["id"]
        check(texts == whole, f"{len(texts)} forth")
    check(len(heidi.messages("ivan")["messages"]) == 50, "50 unless something else is asked for")
    last = heidi.messages("ivan", limit=1)["messages"][0]["id"]
    check(heidi.messages("ivan", after=last) == {"messages": [], "more": False}, "nothing behind the last")
    # While somebody pages back, new ones come: nothing moves.
    page = heidi.messages("ivan", limit=10)
    send(server, "ivan", "heidi", "meanwhile")
    before = heidi.texts("ivan", limit=10, before=page["messages"][0]["id"])
    check(before == whole[-20:-10], repr(before))


def test_conversations_come_newest_first_and_in_pages(server):
    judy = History(server, "judy")
    names = ["alice", "bob", "carol", "dave", "erin", "frank", "grace"]
    for name in names:
        send(server, name, "judy", f"from {name}")
    send(server, "judy", "carol", "to carol")
    wanted = ["carol", "grace", "frank", "erin", "dave", "bob", "alice"]
    seen, query = [], {}
    while True:
        page = judy.conversations(limit=3, **query)
        seen += [c["peer"].split("@")[0] for c in page["conversations"]]
        if page["next"] is None:
            break
        query = {"before": page["next"]}
    check(seen == wanted, repr(seen))
    said = judy.conversations()["conversations"]
    check([c["unread"] for c in said] == [0, 1, 1, 1, 1, 1, 1], repr(said))
    check(said[0]["last"]["text"] == "to carol" and said[0]["last"]["direction"] == "sent", repr(said[0]))
    check(said[1]["last"]["text"] == "from grace", repr(said[1]))


SEARCHED = ["Ärger im Büro", "100% sicher", "snake_case", "C:\\temp", "plain text", "it's; a+b & c=d", "日本語のテキスト"]


def test_search_finds_letters_of_any_case_and_signs_as_they_are(server):
    niaj, reader = History(server, "niaj"), None
    for text in SEARCHED:
        send(server, "olivia", "niaj", text, content_type="text/plain;charset=UTF-8")
    reader = History(server, "niaj", token=Api(server, "conversations:read", name="searcher").token)
    for words, wanted in (("ärger", 0), ("ÄRGER", 0), ("büro  im", 0), ("%", 1), ("0%", 1), ("_", 2), ("e_c", 2), ("\\", 3),
                          ("c:\\T", 3), ("PLAIN", 4), ("'", 5), (";", 5), ("+", 5), ("&", 5), ("=d", 5), ("テキスト", 6)):
        for history in (niaj, reader):
            found = history.found(words)
            check(found == [SEARCHED[wanted]], f"{words}: {found!r}")
    for words in ("0_", "s%", "ab", "\\\\", "ärger plain", "hello"):
        check(niaj.found(words) == [], words)
    send(server, "niaj", "peggy", "plain for peggy")
    page = niaj.search("plain")
    check([(m["text"], m["peer"]) for m in page["messages"]] == [("plain for peggy", "peggy@example.test"),
                                                                 ("plain text", "olivia@example.test")], repr(page))
    check(not page["more"], "no more")
    check(niaj.found("plain", with_="olivia") == ["plain text"], "one conversation")
    page = niaj.search("plain", limit=1)
    check(page["more"] and niaj.found("plain", limit=1, before=page["messages"][0]["id"]) == ["plain text"], repr(page))


def test_search_goes_through_all_of_a_long_history(server):
    rupert = History(server, "rupert")
    fill(server, "rupert", "sybil", 6000)
    send(server, "rupert", "sybil", "text 77 is not 7")
    check(rupert.found("77", limit=3) == ["text 77 is not 7", "text 5977", "text 5877"], "the newest")
    numbers, query = [], {}
    while True:
        page = rupert.search("text 77", limit=50, **query)
        numbers += [m["text"] for m in page["messages"]]
        if not page["more"]:
            break
        query = {"before": page["messages"][-1]["id"]}
    check(sorted(numbers[1:]) == sorted(f"text {i}" for i in range(6000) if "77" in str(i)), repr(numbers))
    start = time.monotonic()
    check(rupert.found("absent") == [], "nothing")
    check(time.monotonic() - start < WAIT, "in time")


def test_unread_are_texts_behind_the_mark_and_the_last_answer(server):
    trent = History(server, "trent")
    ids = []
    for i in range(4):
        send(server, "victor", "trent", f"text {i}")
    ids = [m["id"] for m in trent.messages("victor")["messages"]]
    check(trent.conversation("victor")["unread"] == 4, "four")
    watcher = Watcher(server, "trent").begin()
    said = trent.mark("victor", ids[1])
    check(said["unread"] == 2 and said["read_id"] == ids[1], repr(said))
    check(watcher.learns("victor@example.test", 0) > int(ids[1]), "other devices are told")
    # Never back, and then nobody is told.
    for number in (ids[0], ids[1], "0"):
        said = trent.mark("victor", number)
        check(said["unread"] == 2 and said["read_id"] == ids[1], repr(said))
    watcher.is_quiet()
    # What the other side has read is its own.
    check(History(server, "victor").conversation("trent")["read_id"] == "0", "victor has read nothing")
    # Receipts go out and in and change nothing; who answers has read.
    send(server, "trent", "victor", IMDN % DISPLAYED, content_type="message/imdn+xml")
    send(server, "victor", "trent", IMDN % DISPLAYED, content_type="message/imdn+xml")
    check(trent.conversation("victor")["unread"] == 2, "receipts do not count")
    send(server, "trent", "victor", "answer")
    check(trent.conversation("victor")["unread"] == 0, "answered")
    send(server, "victor", "trent", "new")
    check(trent.conversation("victor")["unread"] == 1, "one more")
    # A mark beyond everything does not swallow what is to come.
    check(trent.mark("victor", 2 ** 63 - 1)["unread"] == 0, "all")
    send(server, "victor", "trent", "newer")
    check(trent.conversation("victor")["unread"] == 1, "one more")
    watcher.end()


def test_notes_to_oneself_stand_once(server):
    walter = History(server, "walter")
    send(server, "walter", "walter", "buy milk")
    page = walter.messages("walter")
    check([(m["direction"], m["text"], m["state"]) for m in page["messages"]] == [("sent", "buy milk", "kept")], repr(page))
    said = walter.conversations()["conversations"]
    check(len(said) == 1 and said[0]["peer"] == "walter@example.test" and said[0]["unread"] == 0, repr(said))
    check(walter.found("milk") == ["buy milk"], "found once")


def test_names_with_letters_of_any_script(server):
    reader = Api(server, "conversations:read", name="scripts").token
    mobius, alice = History(server, "möbius", token=reader), History(server, "alice")
    response = Client(server, "alice").ask("MESSAGE", "sip:m%C3%B6bius@example.test", (("Content-Type", "text/plain"),), "hi")
    check(response.status == 202, repr(response))
    check(alice.texts("möbius") == ["hi"] and mobius.texts("alice") == ["hi"], "by both")
    check(alice.conversation("möbius")["peer"] == "möbius@example.test", "peer")


def test_an_account_made_anew_reads_nothing_of_the_old_one(server):
    server.passwords["zoe"] = "z-secret"
    check(server.run("user", "add", "zoe", input="z-secret\n").returncode == 0, "added")
    send(server, "zoe", "sybil", "sent by the old zoe")
    send(server, "sybil", "zoe", "got by the old zoe")
    check(len(History(server, "zoe").messages("sybil")["messages"]) == 2, "the old zoe reads both")
    server.forget("zoe")
    zoe, sybil = History(server, "zoe"), History(server, "sybil")
    check(zoe.conversations()["conversations"] == [] and zoe.messages("sybil")["messages"] == [], "nothing")
    check(zoe.found("old") == [] and zoe.mark("sybil", 2 ** 63 - 1)["read_id"] == "0", "nothing")
    check(sybil.texts("zoe") == ["sent by the old zoe"], "sybil keeps what she got")
    send(server, "sybil", "zoe", "welcome")
    check(zoe.texts("sybil") == ["welcome"] and sybil.texts("zoe") == ["welcome"], "the new one")
    check(server.run("user", "remove", "zoe").returncode == 0, "removed")


def test_messages_of_the_command_line_are_their_senders(server):
    said = server.run("message", "peggy", "olivia", "by peggy")
    check(said.returncode == 0, repr(said))
    check(History(server, "peggy").texts("olivia") == ["by peggy"], "peggy's")
    olivia = History(server, "olivia")
    check(olivia.texts("peggy") == ["by peggy"] and olivia.conversation("peggy")["unread"] == 1, "olivia's")


BAD = [
    ("GET", "conversations?limit=0", 400), ("GET", "conversations?limit=501", 400), ("GET", "conversations?limit=x", 400),
    ("GET", "conversations?before=x", 400), ("GET", "conversations?after=1", 400), ("GET", "conversations/bob?limit=1", 400),
    ("GET", "conversations/bob/messages?before=-1", 400), ("GET", "conversations/bob/messages?after=", 400),
    ("GET", "conversations/bob/messages?before=1&after=1", 400),
    ("GET", "conversations/bob/messages?before=9223372036854775808", 400),
    ("GET", "conversations/bob/messages?since=1", 400), ("GET", "conversations/bob/read", 405),
    ("GET", "conversations/bob@elsewhere.test/messages", 404), ("GET", "messages", 400), ("GET", "messages?search=", 400),
    ("GET", "messages?search=%20%20", 400), ("GET", "messages?search=%ff", 400),
    ("GET", "messages?search=" + "x" * 257, 400), ("GET", "messages?search=" + "+".join("abcdefghijklmnopq"), 400),
    ("GET", "messages?search=a&with=bob@elsewhere.test", 404), ("GET", "messages?search=a&with=", 404),
    ("GET", "messages?search=a&after=1", 400),
]
BAD_MARKS = [b"", b"{", b"[]", b"{}", b'{"id":7}', b'{"id":null}', b'{"id":""}', b'{"id":"x"}', b'{"id":"-1"}',
             b'{"id":"9223372036854775808"}', b'{"id":"1","id":"2"}', b'{"id":"1","more":1}', b'{"read":"1"}']


def test_bad_requests_are_refused_with_a_sentence(server):
    alice = History(server, "alice")
    for method, path, status in BAD:
        answer = alice.ask(method, path)
        check(answer.status == status and answer.json["status"] == status and len(answer.json["error"]) > 10,
              f"{method} {path}: {answer!r}")
    for body in BAD_MARKS:
        answer = alice.ask("PUT", "conversations/bob/read", body)
        check(answer.status == 400 and len(answer.json["error"]) > 10, f"{body}: {answer!r}")
    answer = alice.web.ask("PUT", "/api/v1/users/alice/conversations/bob/read", b'{"id":"1"}', {"Content-Type": "text/plain"})
    check(answer.status == 415, repr(answer))
    check(len(alice.ask("GET", "messages?search=" + "x" * 256).json["messages"]) == 0, "256 bytes are none too many")


def test_who_goes_before_the_answer_harms_nothing(server):
    """Connections are cut while the history is looked through."""
    rupert = History(server, "rupert")
    fill(server, "rupert", "trent", 3000)
    for _ in range(20):
        rupert.web.challenge or rupert.found("x")
        lines = {"Authorization": rupert.web.credentials("GET", "/api/v1/users/rupert/messages?search=absent")}
        connection = Target("127.0.0.1", server.web_port, timeout=WAIT)
        connection.request("GET", "/api/v1/users/rupert/messages?search=absent", None, lines)
        connection.close()
    check(rupert.found("absent") == [], "still there")


def test_without_a_history_only_what_waits_is_shown(_):
    with Server({"alice": "a", "bob": "b"}, settings=["history.keep_days=0"]) as server:
        alice = History(server, "alice")
        phone = Client(server, "bob", instance=INSTANCE + "1")
        phone.register()
        answering = threading.Thread(target=phone.take_messages, args=(1,))
        answering.start()
        check(send(server, "alice", "bob", "at once").status == 200, "delivered")
        answering.join()
        check(alice.texts("bob") == [] and alice.conversations()["conversations"] == [], "nothing is kept")
        phone.unregister()
        check(send(server, "alice", "bob", "waits").status == 202, "kept")
        check([(m["text"], m["state"]) for m in alice.messages("bob")["messages"]] == [("waits", "kept")], "it waits")
        check(History(server, "bob").conversation("alice")["unread"] == 1, "and is unread")
        phone.close()


def test_after_a_crash_of_the_database_it_goes_on(server):
    send(server, "alice", "carol", "before the crash")
    alice = History(server, "alice")
    server.kill_postgres()
    answer = alice.ask("GET", "conversations/carol")
    check(answer.status in (200, 503), repr(answer))
    until(lambda: alice.ask("GET", "conversations/carol").status == 200, "it is back")
    check(alice.texts("carol") == ["before the crash"], "nothing is lost")
    until(lambda: Client(server, "alice").message("carol", "after it").status == 202, "kept")
    check("after it" in alice.texts("carol"), "new")


def main():
    with Server({user: "secret" for user in USERS}, settings=["message.answer_wait_s=1"]) as server:
        return cases.main(sys.modules[__name__], [server])


if __name__ == "__main__":
    sys.exit(main())
