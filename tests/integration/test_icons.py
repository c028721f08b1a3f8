"""What a page asks before anybody has logged in, and the users' pictures: who may set one, who may fetch it, what is
none, and what becomes of it when it is replaced, after kill -9, and with its account.

SPDX-License-Identifier: MIT
"""

import json
import sys

import cases
from cases import check
from server import Server
from web import Web

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
JPEG = b"\xff\xd8\xff\xe0" + bytes(100)
WEBP = b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(32)
ICON = "/api/v1/users/%s/icon"


def put(server, user, picture, media_type="image/png", of=None):
    answer = Web(server, user).ask("PUT", ICON % (of or user), picture, {"Content-Type": media_type})
    answer.json = json.loads(answer.body)
    return answer


def fetch(server, path):
    return Web(server).once("GET", path)


def test_anybody_learns_the_domain_and_the_limits(server):
    answer = fetch(server, "/api/v1/site")
    site = json.loads(answer.body)
    check(answer.status == 200 and site["domain"] == "example.test", repr(answer))
    check(site["voicemail_url"] == "https://pbx.example.test/voicemail?a=b&c=d", repr(site))
    check(site["icon_bytes"] == 2000 and site["message_bytes"] > 1000 and site["keeps_history"] is True, repr(site))
    check(Web(server).once("POST", "/api/v1/site", b"{}").status == 405, "nothing to change")


def test_who_was_told_the_address_sees_the_picture(server):
    for picture, media_type in ((PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")):
        answer = put(server, "alice", picture, "application/octet-stream")
        check(answer.status == 200, repr(answer))
        shown = fetch(server, answer.json["path"])
        check(shown.status == 200 and shown.body == picture, repr(shown))
        check(shown.headers["Content-Type"] == media_type, repr(shown))
        check(shown.headers["X-Content-Type-Options"] == "nosniff", repr(shown))
        check("immutable" in shown.headers["Cache-Control"], repr(shown))
        check("default-src 'none'" in shown.headers["Content-Security-Policy"], repr(shown))


def test_nobody_sets_the_picture_of_somebody_else(server):
    check(put(server, "bob", PNG, of="alice").status == 403, "bob for alice")
    check(Web(server, "bob").ask("DELETE", ICON % "alice").status == 403, "bob removes")
    check(Web(server).once("PUT", ICON % "alice", PNG).status == 401, "nobody")
    check(Web(server, "alice", "wrong").ask("PUT", ICON % "alice", PNG).status == 401, "wrong password")


def test_what_is_no_picture_is_refused_with_a_sentence(server):
    for body in (b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"GIF89a", b"<script>alert(1)</script>"):
        answer = put(server, "alice", body)
        check(answer.status == 415 and "PNG" in answer.json["error"], repr(answer))
    answer = put(server, "alice", PNG + bytes(2000))
    check(answer.status == 413 and "2000" in answer.json["error"], repr(answer))


def test_a_new_picture_ends_the_old_address(server):
    first = put(server, "alice", PNG).json["path"]
    second = put(server, "alice", JPEG).json["path"]
    check(first != second, first)
    check(fetch(server, first).status == 404 and fetch(server, second).body == JPEG, "the newer one")
    other = put(server, "bob", WEBP).json["path"]
    check(Web(server, "alice").ask("DELETE", ICON % "alice").status == 200, "removed")
    check(fetch(server, second).status == 404 and fetch(server, other).status == 200, "alice's only")


def test_addresses_that_nobody_was_told_are_not_found(server):
    for name in ("x", "k" * 32, "k" * 65, "k" * 2000, "%00", "../../site", "%ff%fe", "'; DROP TABLE icons; --"):
        answer = fetch(server, "/api/v1/icons/" + name.replace(" ", "%20"))
        check(answer.status in (400, 404), f"{name[:20]}: {answer!r}")


def test_a_picture_outlives_a_kill_and_goes_with_its_account(server):
    path = put(server, "bob", PNG).json["path"]
    server.restart()
    check(fetch(server, path).body == PNG, "after kill -9")
    server.forget("bob")
    check(fetch(server, path).status == 404, "with its account")


def main():
    settings = ("icon.bytes=2000", "web.voicemail_url=https://pbx.example.test/voicemail?a=b&c=d")
    with Server(passwords={"alice": "a-secret", "bob": "b-secret"}, settings=settings) as server:
        return cases.main(sys.modules[__name__], (server,))


if __name__ == "__main__":
    sys.exit(main())
