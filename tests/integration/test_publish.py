"""What is published, while time passes, devices come and go, and the server is killed. The questions of RFC 3903 one by
one are in publish.scenario.

SPDX-License-Identifier: MIT
"""

import sys
import time
import uuid

import cases
from cases import check
from server import Server
from sip import Client, credentials
from voicemail import SUMMARY, VoicemailServer

LOST_S = 2  # presence.lost_connection_s
SETTINGS = ["publication.min_expires_s=1", f"presence.lost_connection_s={LOST_S}", "limits.publications_per_resource=4",
            "limits.event_body_bytes=4096", "trusted.accounts=pbx"]


def pidf(note, basic="open"):
    return ('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:x@example.test"><tuple id="t1"><status>'
            f"<basic>{basic}</basic></status><note>{note}</note></tuple></presence>")


def instance():
    return str(uuid.uuid4())


def publish(client, note="", expires=600, tag=None, user=None):
    headers = [("Event", "presence"), ("Expires", str(expires))]
    if tag:
        headers.append(("SIP-If-Match", tag))
    if note:
        headers.append(("Content-Type", "application/pidf+xml"))
    if client.instance:
        headers.append(("Contact", f'<{client.contact}>;+sip.instance="<urn:uuid:{client.instance}>"'))
    return client.ask("PUBLISH", client.aor(user), tuple(headers), pidf(note) if note else "")


def published(client, note="", **more):
    """The entity-tag of a PUBLISH that must succeed."""
    response = publish(client, note, **more)
    check(response is not None and response.status == 200, f"200 to PUBLISH, not {response!r}")
    return response.get("sip-etag")


class Watcher:
    """Watches one user's presence, and answers each NOTIFY."""

    def __init__(self, server, user, by="bob"):
        self.client, self.seen = Client(server, by), set()
        response = self.client.ask("SUBSCRIBE", self.client.aor(user),
                                   (("Event", "presence"), ("Contact", f"<{self.client.contact}>"),
                                    ("Expires", "600")))
        check(response is not None and response.status == 200, f"200 to SUBSCRIBE, not {response!r}")
        check(self.next() is not None, "a NOTIFY follows")

    def next(self, wait=20):
        """The next state, None where there is none."""
        end = time.monotonic() + wait
        while time.monotonic() < end:
            notify = self.client.receive_request("NOTIFY", end - time.monotonic())
            if notify is None:
                return None
            self.client.answer(notify)
            if notify.get("cseq") not in self.seen:
                self.seen.add(notify.get("cseq"))
                return notify.text
        return None

    def sees(self, *texts, lacks=()):
        state = self.next()
        check(state is not None, f"a NOTIFY with {texts}")
        for text in texts:
            check(text in state, f"{text} in {state}")
        for text in lacks:
            check(text not in state, f"no {text} in {state}")

    def sees_nothing(self, wait=1.5):
        state = self.next(wait)
        check(state is None, f"nothing, not {state}")


def fetch(server, user, event="presence"):
    """The state now, by a watcher who does not stay."""
    client = Client(server, "bob")
    response = client.ask("SUBSCRIBE", client.aor(user),
                          (("Event", event), ("Contact", f"<{client.contact}>"), ("Expires", "0")))
    check(response is not None and response.status == 200, f"200 to SUBSCRIBE, not {response!r}")
    notify = client.receive_request("NOTIFY")
    check(notify is not None, "a NOTIFY follows")
    client.answer(notify)
    client.close()
    return notify.text


def rows(server):
    return server.sql("SELECT id, revision, expires_at FROM publications ORDER BY id")


def test_a_publication_expires_on_time_and_watchers_are_told(server):
    alice = Client(server, "alice")
    watcher = Watcher(server, "alice")
    published(alice, "for a moment", expires=2)
    watcher.sees("for a moment")
    started = time.monotonic()
    watcher.sees("closed", lacks=["for a moment"])
    check(time.monotonic() - started > 0.5, "not before its time")
    check(publish(alice, tag="0" * 16 + "-1").status == 412, "it is gone")


def test_refreshes_write_no_row_while_it_is_good_for_long_enough(server):
    dave = Client(server, "dave")
    before = rows(server)
    tag = published(dave, "here", expires=600)
    row = [r for r in rows(server) if r not in before]
    check(len(row) == 1, f"one row more, not {row}")
    for _ in range(3):
        tag = published(dave, tag=tag)
    tag = published(dave, "here", tag=tag)  # the same body again
    check([r for r in rows(server) if r not in before] == row, "refreshes wrote the row")
    published(dave, tag=tag, expires=900)
    check([r for r in rows(server) if r not in before] != row, "another time is written")


def test_the_row_goes_with_the_publication(server):
    dave = Client(server, "dave")
    before = rows(server)
    tag = published(dave, "here")
    check(len(rows(server)) == len(before) + 1, "a row")
    published(dave, tag=tag, expires=0)
    check(rows(server) == before, "no row")


def test_a_page_that_is_closed_does_not_stay_online(server):
    page = Client(server, "erin", transport="ws", instance=instance())
    check(page.register().status == 200, "the page registers")
    tag = published(page, "on the web")
    watcher = Watcher(server, "erin")
    page.close()
    watcher.sees("closed", lacks=["on the web"])
    page.connect()
    check(page.register().status == 200, "the page registers again")
    watcher.sees("on the web")
    published(page, tag=tag, expires=0)
    watcher.sees("open", lacks=["on the web"])
    page.unregister()
    watcher.sees("closed")
    page.close()


def test_a_page_that_is_loaded_again_does_not_blink(server):
    page = Client(server, "frank", transport="ws", instance=instance())
    check(page.register().status == 200, "the page registers")
    published(page, "on the web")
    watcher = Watcher(server, "frank")
    page.close()
    page.connect()
    check(page.register().status == 200, "the page registers again")
    watcher.sees_nothing(LOST_S + 1)
    page.unregister()
    page.close()


def test_a_device_that_has_lost_its_entity_tag_replaces_what_it_published(server):
    page = Client(server, "grace", transport="ws", instance=instance())
    check(page.register().status == 200, "the page registers")
    old = published(page, "before the reload")
    watcher = Watcher(server, "grace")
    published(page, "after the reload")
    watcher.sees("after the reload", lacks=["before the reload"])
    check(publish(page, tag=old).status == 412, "what was replaced is gone")
    page.unregister()
    page.close()


class Handset:
    """A phone without +sip.instance, which tells its calls, and keeps its port on UDP when it starts again."""

    def __init__(self, server, user, transport, with_contact, contact=None):
        self.client = Client(server, user, transport=transport)
        self.contact = contact or self.client.contact
        self.with_contact, self.transport = with_contact, transport
        check(self.client.register(contact=f"<{self.contact}>").status == 200, "the phone registers")

    def starts_again(self):
        if self.transport != "udp":
            self.client.close()
            self.client.connect()
            self.contact = self.client.contact
        check(self.client.register(contact=f"<{self.contact}>").status == 200, "the phone registers again")

    def publishes(self, state):
        body = ('<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" '
                f'entity="{self.client.aor()}"><dialog id="1"><state>{state}</state></dialog></dialog-info>')
        headers = (("Event", "dialog"), ("Expires", "600"), ("Content-Type", "application/dialog-info+xml"))
        if self.with_contact:
            headers += (("Contact", f"<{self.contact}>"),)
        response = self.client.ask("PUBLISH", self.client.aor(), headers, body)
        check(response.status == 200, f"200 to PUBLISH, not {response!r}")
        return response.get("sip-etag")

    def leaves(self, tag):
        self.client.ask("PUBLISH", self.client.aor(), (("Event", "dialog"), ("Expires", "0"), ("SIP-If-Match", tag)))
        self.client.register(0, contact=f"<{self.contact}>")
        self.client.close()


def test_a_phone_without_an_instance_replaces_what_it_published_before_it_started_again(server):
    for transport, with_contact, restarts in (("udp", True, False), ("udp", False, False), ("tcp", True, False),
                                              ("tcp", False, True)):
        print(f"    {transport}" + ", Contact in PUBLISH" * with_contact + ", the server too" * restarts)
        phone = Handset(server, "mike", transport, with_contact)
        phone.publishes("confirmed")
        check(">confirmed<" in fetch(server, "mike", "dialog"), "in a call")
        if restarts:
            server.restart()
        phone.starts_again()
        tag = phone.publishes("terminated")
        state = fetch(server, "mike", "dialog")
        check(">confirmed<" not in state, f"what the phone says now holds: {state}")
        phone.leaves(tag)


def test_two_phones_without_an_instance_behind_one_address_are_two(server):
    desk = Handset(server, "mike", "udp", False, contact="sip:mike@192.0.2.10:5060")
    hall = Handset(server, "mike", "udp", False, contact="sip:mike@192.0.2.11:5060")
    tags = desk.publishes("confirmed"), hall.publishes("terminated")
    check(">confirmed<" in fetch(server, "mike", "dialog"), "the call at the desk goes on")
    desk.leaves(tags[0])
    hall.leaves(tags[1])


def test_a_body_that_is_refused_makes_nobody_a_watcher(server):
    nina = Client(server, "nina")
    response = nina.ask("PUBLISH", nina.aor(), (("Event", "message-summary"), ("Content-Type", SUMMARY)), "what?")
    check(response.status == 400, f"400, not {response!r}")
    time.sleep(1)
    asked = {server.voicemail.subscribed.get()[0] for _ in range(server.voicemail.subscribed.qsize())}
    check("nina" not in asked, "the voicemail server is not asked for a mailbox that nobody watches")


def test_several_devices_are_composed(server):
    first, second = Client(server, "heidi", instance=instance()), Client(server, "heidi", instance=instance())
    first_tag = published(first, "at home")
    published(second, "at work")
    state = fetch(server, "heidi")
    check("at home" in state and "at work" in state, f"both are seen: {state}")
    published(first, tag=first_tag, expires=0)
    state = fetch(server, "heidi")
    check("at home" not in state and "at work" in state, f"one is left: {state}")


def test_who_publishes_for_others_says_nothing_of_their_devices(server):
    pbx = Client(server, "pbx", instance=instance())
    check(pbx.register().status == 200, "the PBX registers")
    first = published(pbx, "one", user="heidi")
    published(pbx, "two", user="heidi")
    pbx.unregister()
    state = fetch(server, "heidi")
    check(">one<" in state and ">two<" in state, f"both are seen: {state}")
    published(pbx, user="heidi", tag=first, expires=0)
    state = fetch(server, "heidi")
    check(">one<" not in state and ">two<" in state, f"one is left: {state}")


def test_there_are_bounds(server):
    client = Client(server, "ivan")
    tags = [published(client, f"number {i}") for i in range(4)]
    response = publish(client, "one too many")
    check(response.status == 403 and "too many" in response.get("warning"), f"403, not {response!r}")
    check(publish(client, "number 0", tag=tags[0]).status == 200, "refreshes go on")
    response = publish(client, "x" * 5000)
    check(response.status == 413, f"413, not {response!r}")


def test_what_grows_by_parts_is_bounded_as_well(server):
    client = Client(server, "ivan")

    def add(state, first, tag=None):
        dialogs = "".join(f'<dialog id="{i}"><state>early</state></dialog>' for i in range(first, first + 50))
        headers = [("Event", "dialog"), ("Expires", "600"), ("Content-Type", "application/dialog-info+xml")]
        headers += [("SIP-If-Match", tag)] if tag else []
        return client.ask("PUBLISH", client.aor(), tuple(headers),
                          '<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" '
                          f'state="{state}" entity="{client.aor()}">{dialogs}</dialog-info>')
    first = add("full", 0)
    check(first.status == 200, f"200, not {first!r}")
    response = add("partial", 1000, first.get("sip-etag"))
    check(response.status == 413, f"413, not {response!r}")
    check(add("full", 1000, first.get("sip-etag")).status == 200, "what was refused has changed nothing")


def test_two_at_a_time_for_one_publication(server):
    client = Client(server, "judy", transport="tcp")
    tag = published(client, "one")
    headers = (("Event", "presence"), ("SIP-If-Match", tag), ("Content-Type", "application/pidf+xml"))
    challenge = client.ask("PUBLISH", client.aor(), headers, pidf("two"), authenticate=False)
    requests = []
    for count in (1, 2):
        line = ("Authorization", credentials(challenge.get("www-authenticate"), client.user, client.password, "PUBLISH",
                                             client.aor(), count))
        requests.append(client.request("PUBLISH", client.aor(), headers + (line,), pidf(f"take {count}")))
    client.wire.send(b"".join(requests))
    statuses = [client.response_to(request).status for request in requests]
    check(statuses[0] == 200 and statuses[1] in (503, 412), f"the first wins: {statuses}")
    check("take 1" in fetch(server, "judy"), "and it is what is seen")


def test_after_a_kill_all_is_as_it_was_answered(server):
    alice, dave = Client(server, "alice"), Client(server, "dave")
    kept = published(alice, "kept")
    for _ in range(2):
        kept = published(alice, tag=kept)
    removed = published(dave, "removed")
    published(dave, tag=removed, expires=0)
    short = published(dave, "short", expires=3)
    server.restart()
    check("kept" in fetch(server, "alice"), "what was answered is there")
    state = fetch(server, "dave")
    check("removed" not in state and "short" in state, f"what was removed is not: {state}")
    check(publish(dave, tag=removed).status == 412, "what was removed has no entity-tag")
    newest = published(alice, tag=kept)
    check(publish(alice, tag=kept).status == 412, "an entity-tag is good once")
    published(alice, tag=newest, expires=0)
    deadline = time.monotonic() + 20
    while "short" in fetch(server, "dave"):
        check(time.monotonic() < deadline, "it expires after the restart, too")
        time.sleep(0.3)
    check(publish(dave, tag=short).status == 412, "and is gone")


def test_a_device_that_went_while_no_server_ran_does_not_count(server):
    page = Client(server, "kate", transport="ws", instance=instance())
    check(page.register().status == 200, "the page registers")
    published(page, "on the web")
    bare = Client(server, "kate", instance=instance())
    published(bare, "never registered")
    server.sql("DELETE FROM bindings")  # as if they had expired
    server.restart()
    state = fetch(server, "kate")
    check("on the web" not in state and "never registered" in state, f"only who never registered: {state}")


def test_a_page_that_does_not_come_back_after_a_restart_counts_as_gone(server):
    page = Client(server, "erin", transport="ws", instance=instance())
    check(page.register().status == 200, "the page registers")
    published(page, "on the web")
    watcher = Watcher(server, "erin")
    server.restart()
    state = watcher.next()
    while state is not None and "on the web" in state:  # the restart itself may be told, with what was known
        state = watcher.next()
    check(state is not None and "closed" in state, f"gone, not {state}")


def test_an_account_that_is_removed_takes_its_publications_with_it(server):
    client = Client(server, "leo")
    tag = published(client, "before")
    server.run("user", "remove", "leo")
    server.run("user", "add", "leo", input=server.passwords["leo"] + "\n")
    deadline = time.monotonic() + 20
    while publish(client, tag=tag).status == 200:
        check(time.monotonic() < deadline, "the publication is gone")
        time.sleep(0.3)
    check("before" not in fetch(server, "leo"), "and is not seen")
    server.restart()
    check("before" not in fetch(server, "leo"), "nor after a restart")


def main():
    names = "alice bob dave erin frank grace heidi ivan judy kate leo mike nina pbx".split()
    voicemail = VoicemailServer()
    settings = SETTINGS + [f"voicemail.server={voicemail.uri}"]
    with Server({name: name + "-secret" for name in names}, settings=settings) as server:
        server.voicemail = voicemail
        return cases.main(sys.modules[__name__], (server,))


if __name__ == "__main__":
    sys.exit(main())
