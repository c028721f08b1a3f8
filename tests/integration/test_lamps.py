"""Voicemail lamps: six ways in, two ways out (subscribed, and unasked), shared mailboxes, restarts, and phones as they are.

SPDX-License-Identifier: MIT
"""

import http.client
import json
import re
import sys
import time

import cases
from cases import check
from server import Server
from sip import Client, WAIT
from voicemail import SUMMARY, VoicemailServer

NUMBER = "mailbox.number=*97"
YEALINK = "Yealink SIP-T46S 66.85.0.5"
TRUSTED = ["trusted.accounts=carol", "trusted.addresses=127.0.0.3/32"]


class Phone(Client):
    """A desk phone: registers with a User-Agent; its lamp shows what the last NOTIFY said."""

    def __init__(self, server, user, agent=YEALINK, number=1, **wire):
        super().__init__(server, user, instance=f"00000000-0000-4000-8000-{number:012d}", **wire)
        self.agent = agent
        self.seen = set()  # NOTIFYs; others are repetitions

    def comes(self, expires=3600):
        response = self.register(expires, (("User-Agent", self.agent),))
        check(response is not None and response.status == 200, f"200 to REGISTER, not {response!r}")
        return self

    def subscribes(self, to=None, expires=3600):
        response = self.ask("SUBSCRIBE", to or self.aor(), (
            ("Event", "message-summary"), ("Expires", str(expires)), ("Contact", f"<{self.contact}>"),
            ("User-Agent", self.agent), ("Accept", SUMMARY)))
        check(response is not None and response.status == 200, f"200 to SUBSCRIBE, not {response!r}")
        return self

    def told(self, wanted=None, wait=WAIT, in_dialog=None):
        """The next NOTIFY, answered; None where none comes. `wanted` is what its body holds."""
        notify = self.receive_new(wait)
        if notify is None:
            check(wanted is None, f"{self.user} is told {wanted!r}")
            return None
        if in_dialog is not None:
            check(("tag=" in notify.get("to")) == in_dialog, f"in dialog: {in_dialog}, not {notify.get('to')}")
        if wanted is not None:
            check(wanted in notify.text, f"{wanted!r} in {notify.text!r}")
        check("\n" not in notify.text.replace("\r\n", ""), f"CRLF only: {notify.text!r}")
        check("Voice-Message: " in notify.text, f"counts are always there: {notify.text!r}")
        return notify

    def receive_new(self, wait):
        end = time.monotonic() + wait
        while True:
            notify = self.receive_request("NOTIFY", max(end - time.monotonic(), 0))
            if notify is None:
                return None
            self.answer(notify)
            if notify.get("via") not in self.seen:
                self.seen.add(notify.get("via"))
                return notify

    def is_not_told(self, wait=1.0):
        notify = self.receive_new(wait)
        check(notify is None, f"{self.user} is not told, but: {notify!r}")


def summary(new, old=0):
    return f"Messages-Waiting: {'yes' if new else 'no'}\r\nVoice-Message: {new}/{old}\r\n"


def expect(response, status):
    check(response is not None and response.status == status, f"{status}, not {response!r}")
    return response


# --- the six inputs -------------------------------------------------------------------------------------------------


def by_publish(server, user, new):
    carol = Client(server, "carol")
    expect(carol.ask("PUBLISH", carol.aor(user), (("Event", "message-summary"), ("Content-Type", SUMMARY)),
                     summary(new)), 200)
    carol.close()


def by_asterisk(server, user, new):
    carol = Client(server, "carol")
    body = json.dumps({"type": "mailboxstate", "uniqueid": f"{user}@default", "new": new, "old": 0,
                       "eid": "02:42:ac:11:00:02"})
    expect(carol.ask("PUBLISH", "sip:asterisk@" + server.domain,
                     (("Event", "asterisk-mwi"), ("Content-Type", "application/json")), body), 200)
    carol.close()


def by_notify(server, user, new):
    """From an address that is trusted, without a password."""
    pbx = Client(server, "pbx", source="127.0.0.3")
    expect(pbx.ask("NOTIFY", pbx.aor(user), (("Event", "message-summary"), ("Content-Type", SUMMARY),
                                             ("Subscription-State", "active")), summary(new), authenticate=False), 200)
    pbx.close()


def by_command(server, user, new):
    result = server.run("mailbox", "set", user, f"voice={new}/0")
    check(result.returncode == 0, f"mailbox set: {result.stdout}{result.stderr}")


def api_token(server):
    if not getattr(server, "token", None):
        result = server.run("token", "add", "tests", "mailboxes:write", "mailboxes:read")
        check(result.returncode == 0, f"token add: {result.stdout}{result.stderr}")
        server.token = result.stdout.split()[-1]
    return server.token


def by_http(server, user, new):
    connection = http.client.HTTPConnection("127.0.0.1", server.web_port, timeout=WAIT)
    connection.request("PUT", f"/api/v1/mailboxes/{user}", json.dumps({"voice": {"new": new, "old": 0}}),
                       {"Authorization": f"Bearer {api_token(server)}", "Content-Type": "application/json"})
    response = connection.getresponse()
    text = response.read().decode()
    check(response.status == 200, f"200 to PUT, not {response.status}: {text}")
    connection.close()


INPUTS = [by_publish, by_asterisk, by_notify, by_command, by_http]


def lights_and_puts_out(server, put, subscribed, unasked):
    for new in (3, 0):
        for phone in (subscribed, unasked):
            put(server, phone.user, new)
        status = "yes" if new else "no"
        subscribed.told(f"Messages-Waiting: {status}\r\n", in_dialog=True)
        unasked.told(f"Messages-Waiting: {status}\r\n", in_dialog=False)


def test_each_input_lights_the_lamp_and_puts_it_out():
    with Server(settings=[NUMBER] + TRUSTED) as server:
        subscribed = Phone(server, "alice").comes().subscribes()
        subscribed.told("Voice-Message: 0/0", in_dialog=True)
        unasked = Phone(server, "bob").comes()
        time.sleep(2)  # it could have subscribed by then
        for put in INPUTS:
            print(f"    {put.__name__}")
            lights_and_puts_out(server, put, subscribed, unasked)
        subscribed.is_not_told()
        unasked.is_not_told()
        subscribed.close()
        unasked.close()


def test_the_sixth_input_is_a_voicemail_server_that_we_ask():
    for transport, password in (("udp", None), ("udp", "v-secret"), ("tcp", None)):
        print(f"    {transport}{' with a password' if password else ''}")
        voicemail = VoicemailServer(transport, password)
        settings = [NUMBER, f"voicemail.server={voicemail.uri}"]
        if password:
            settings += ["voicemail.user=heliograph", f"voicemail.password={password}"]
        with Server(settings=settings) as server:
            subscribed = Phone(server, "alice").subscribes()
            subscribed.told("Voice-Message: 0/0")
            unasked = Phone(server, "bob").comes()
            users = {voicemail.subscribed.get(timeout=WAIT)[0] for _ in range(2)}
            check(users == {"alice", "bob"}, f"asked for who watches and who is registered, not {users}")
            unasked.told("Messages-Waiting: no", in_dialog=False)  # the server has told us 0/0
            lights_and_puts_out(server, lambda _, user, new: voicemail.set(user, f"{new}/0"), subscribed, unasked)
            while not voicemail.answers.empty():
                check(voicemail.answers.get() == 200, "our answers to its NOTIFYs are 200")
            subscribed.close()
            unasked.close()
        voicemail.close()


# --- as subscriber of a voicemail server --------------------------------------------------------------------------


def asked(voicemail, wait=WAIT):
    return voicemail.subscribed.get(timeout=wait)


def test_a_voicemail_server_that_wants_longer_subscriptions_gets_them():
    voicemail = VoicemailServer(least_expires=7200, most_expires=7200)
    with Server(settings=[f"voicemail.server={voicemail.uri}", "voicemail.expires_s=600"]) as server:
        phone = Phone(server, "alice").comes()
        check(asked(voicemail) == ("alice", 7200, False), "7200 s, after 423")
        check(voicemail.refused.get(timeout=WAIT) == 423, "423")
        phone.close()
    voicemail.close()


def test_what_is_granted_for_a_short_time_is_refreshed_in_its_dialog_and_ended_when_nobody_wants_it():
    voicemail = VoicemailServer(most_expires=2)
    with Server(settings=[f"voicemail.server={voicemail.uri}"]) as server:
        phone = Phone(server, "alice").comes()
        check(asked(voicemail) == ("alice", 2, False), "first")
        check(asked(voicemail) == ("alice", 2, True), "refreshed")
        phone.comes(0)
        while True:
            user, expires, is_refresh = asked(voicemail)
            check(is_refresh, "in its dialog")
            if expires == 0:
                break
        check(not voicemail.dialogs, "it is over")
        phone.close()
    voicemail.close()


def test_a_voicemail_server_that_has_forgotten_us_or_ended_it_is_asked_anew():
    voicemail = VoicemailServer(most_expires=2)
    with Server(settings=[f"voicemail.server={voicemail.uri}"]) as server:
        phone = Phone(server, "alice").comes()
        check(asked(voicemail) == ("alice", 2, False), "first")
        voicemail.forget()
        check(voicemail.refused.get(timeout=WAIT) == 481, "481 to the refresh")
        check(asked(voicemail) == ("alice", 2, False), "anew")
        time.sleep(0.3)
        voicemail.end("alice", "deactivated")
        while asked(voicemail)[2]:
            pass  # one that was on its way
        phone.close()
    voicemail.close()


def test_after_a_restart_and_after_a_lost_connection_it_is_asked_again():
    voicemail = VoicemailServer("tcp")
    with Server(settings=[f"voicemail.server={voicemail.uri}"]) as server:
        phone = Phone(server, "alice").comes()
        check(asked(voicemail) == ("alice", 3600, False), "first")
        voicemail.set("alice", "2/0")
        phone.told("Voice-Message: 2/0", in_dialog=False)
        voicemail.close_connections()
        check(asked(voicemail) == ("alice", 3600, True), "in its dialog, over a new connection")
        voicemail.set("alice", "3/0")
        phone.told("Voice-Message: 3/0")
        server.restart()
        check(asked(voicemail) == ("alice", 3600, False), "anew after the restart")
        phone.told("Voice-Message: 3/0", in_dialog=False)  # the lamp is right, whoever lost it
        phone.close()
    voicemail.close()


def test_a_notify_in_no_dialog_of_ours_is_answered_481():
    with Server(settings=TRUSTED) as server:
        stranger = Client(server, "pbx")
        response = stranger.ask("NOTIFY", stranger.aor("alice"), (
            ("To", f"<{stranger.aor('alice')}>;tag=old"), ("Event", "message-summary"),
            ("Subscription-State", "active"), ("Content-Type", SUMMARY)), summary(9), authenticate=False)
        expect(response, 481)
        expect(stranger.ask("NOTIFY", stranger.aor("alice"), (("Event", "message-summary"), ("Content-Type", SUMMARY)),
                            summary(9), authenticate=False), 401)
        stranger.close()
        alice = Phone(server, "alice").subscribes()
        alice.told("Voice-Message: 0/0")
        alice.close()


# --- phones ---------------------------------------------------------------------------------------------------------


PHONES = [("Yealink SIP-T46S 66.85.0.5", True), ("PolycomVVX-VVX_411-UA/5.9.6.2327", True), ("snom760/8.9.3.80", True),
          ("Grandstream GXP2170 1.0.11.16", True), ("Cisco/SPA504G-7.6.2c", True), ("Aastra 6757i/3.3.1", True),
          ("Bria 5 release 5.9.4", True), ("baresip v1.0.0 (x86_64/linux)", False), ("JsSIP 3.13.8", False),
          ("Linphone Desktop/5.1.65", False)]


def test_each_family_of_phones_is_told_in_its_own_way():
    with Server(settings=[NUMBER] + TRUSTED) as server:
        by_command(server, "alice", 1)
        for number, (agent, wants) in enumerate(PHONES):
            phone = Phone(server, "alice", agent, number).comes()
            if wants:
                notify = phone.told("Messages-Waiting: yes", in_dialog=False)
                check("Message-Account: sip:*97@example.test\r\n" in notify.text, "the key calls the voicemail")
                check(notify.get("subscription-state") and notify.get("contact"), "what every NOTIFY has")
            else:
                phone.is_not_told(3)
            phone.subscribes()
            phone.told("Messages-Waiting: yes", in_dialog=True)
            phone.comes(0)
            phone.close()


def test_a_phone_that_subscribes_is_never_told_unasked():
    with Server(settings=TRUSTED) as server:
        by_command(server, "alice", 1)
        phone = Phone(server, "alice").comes().subscribes()
        phone.told("Voice-Message: 1/0", in_dialog=True)
        phone.is_not_told(3)
        for new in (2, 0):
            by_command(server, "alice", new)
            phone.told(f"Voice-Message: {new}/0", in_dialog=True)
        phone.comes()
        phone.is_not_told(2.5)
        phone.close()


def test_it_is_told_again_at_each_new_registration_but_not_at_a_refresh():
    with Server(settings=[]) as server:
        by_command(server, "alice", 1)
        phone = Phone(server, "alice", transport="tcp").comes()
        phone.told("Voice-Message: 1/0")
        phone.comes()
        phone.is_not_told(2.5)
        phone.close()
        phone.connect()
        phone.comes()
        phone.told("Voice-Message: 1/0")
        phone.call_id = "restarted"
        phone.comes()
        phone.told("Voice-Message: 1/0")
        phone.close()


def test_one_that_does_not_answer_is_told_again_with_what_is_current_then():
    with Server(settings=["sip.t1_ms=20", "mailbox.retry_first_s=1", "mailbox.retry_most_s=2"]) as server:
        phone = Phone(server, "alice").comes()
        time.sleep(2)
        by_command(server, "alice", 1)
        first = phone.receive_request("NOTIFY")
        check(first is not None and "1/0" in first.text, "told, and it does not answer")
        by_command(server, "alice", 2)
        again = phone.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") != first.get("call-id"))
        check(again is not None and "Voice-Message: 2/0" in again.text, f"the newest, not {again!r}")
        phone.answer(again)
        phone.pending = [m for m in phone.pending if m.get("call-id") not in (first.get("call-id"), again.get("call-id"))]
        later = phone.receive(lambda m: m.get("call-id") not in (first.get("call-id"), again.get("call-id")), 3)
        check(later is None, f"it knows, and is left alone, not {later!r}")
        phone.close()


def test_one_notify_is_on_its_way_at_a_time_and_the_newest_wins():
    with Server(settings=[]) as server:
        phone = Phone(server, "alice").comes()
        time.sleep(2)
        by_command(server, "alice", 1)
        first = phone.receive_request("NOTIFY")
        for new in (2, 3, 4):
            by_command(server, "alice", new)
        time.sleep(0.3)
        others = [m for m in phone.pending if m.get("call-id") != first.get("call-id")]
        check(not others, f"none beside the first: {others!r}")
        phone.answer(first)
        newest = phone.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") != first.get("call-id"))
        check("Voice-Message: 4/0" in newest.text, f"the newest alone, not {newest!r}")
        phone.answer(newest)
        phone.pending.clear()
        phone.is_not_told()
        phone.close()


# --- restarts -------------------------------------------------------------------------------------------------------


def test_after_a_restart_all_lamps_are_right_and_told_in_turns():
    users = {f"user{i}": "secret" for i in range(6)}
    with Server(passwords=users, settings=["mailbox.paced_per_second=2"]) as server:
        for i, user in enumerate(users):
            by_command(server, user, i + 1)
        phones = [Phone(server, user).comes() for user in users]
        for i, phone in enumerate(phones):
            phone.told(f"Voice-Message: {i + 1}/0")
        server.restart()
        begin = time.monotonic()
        for i, phone in enumerate(phones):
            phone.told(f"Voice-Message: {i + 1}/0", in_dialog=False)
        check(time.monotonic() - begin > 1.5, "two in a second, not all at once")
        for phone in phones:
            phone.is_not_told(0.2)
            phone.close()


def test_a_subscriber_keeps_its_lamp_over_a_restart_in_its_dialog():
    with Server(settings=TRUSTED) as server:
        phone = Phone(server, "alice").comes().subscribes()
        before = phone.told("Voice-Message: 0/0")
        by_command(server, "alice", 7)
        phone.told("Voice-Message: 7/0")
        server.restart()
        after = phone.told("Voice-Message: 7/0", in_dialog=True)
        check(after.get("call-id") == before.get("call-id"), "the same dialog")
        check(int(after.get("cseq").split()[0]) > 2, f"CSeq grows: {after.get('cseq')}")
        by_command(server, "alice", 0)
        phone.told("Messages-Waiting: no")
        phone.is_not_told(2)
        phone.close()


# --- mailboxes ------------------------------------------------------------------------------------------------------


def test_a_shared_mailbox_is_seen_by_those_who_share_it_and_lights_their_lamps():
    with Server(settings=[NUMBER]) as server:
        result = server.run("mailbox", "share", "support", "alice", "bob")
        check(result.returncode == 0, f"mailbox share: {result.stdout}{result.stderr}")
        own = Phone(server, "alice").subscribes()
        own.told("Voice-Message: 0/0")
        shared = Phone(server, "bob", number=2).subscribes("sip:support@example.test")
        shared.told("Voice-Message: 0/0")
        stranger = Client(server, "carol")
        refused = stranger.ask("SUBSCRIBE", "sip:support@example.test", (
            ("Event", "message-summary"), ("Contact", f"<{stranger.contact}>")))
        expect(refused, 403)
        by_command(server, "support", 2)
        own.told("Voice-Message: 2/0")
        shared.told("Voice-Message: 2/0")
        by_command(server, "alice", 3)
        own.told("Voice-Message: 5/0")
        shared.is_not_told()
        server.restart()
        own.told("Voice-Message: 5/0")
        shared.told("Voice-Message: 2/0")
        result = server.run("mailbox", "share", "support", "bob")
        check(result.returncode == 0, f"mailbox share: {result.stdout}{result.stderr}")
        own.told("Voice-Message: 3/0")
        for client in (own, shared, stranger):
            client.close()


def test_the_mailbox_goes_with_its_account():
    with Server(settings=[]) as server:
        by_command(server, "alice", 4)
        server.forget("alice")
        phone = Phone(server, "alice").subscribes()
        phone.told("Voice-Message: 0/0")
        phone.close()


def test_the_mailbox_of_nobody_cannot_be_set():
    with Server(settings=[]) as server:
        result = server.run("mailbox", "set", "nobody", "voice=1/0")
        check(result.returncode != 0, "there is no such account")


def test_chat_messages_that_wait_light_the_lamp_where_that_is_wanted():
    with Server(settings=["mailbox.count_text_messages=yes", "message.answer_wait_s=1"]) as server:
        desk = Phone(server, "alice").comes().subscribes()
        desk.told()
        bob = Client(server, "bob")
        response = bob.ask("MESSAGE", bob.aor("alice"), (("Content-Type", "text/plain"),), "hello", wait=0.2)
        request = desk.receive_request("MESSAGE")
        desk.answer(request, 480, "Temporarily Unavailable")  # it is kept; a phone like that never takes it
        notify = desk.told()
        while "Text-Message: 1/0" not in notify.text:  # it may have been told that there are none
            notify = desk.told("Text-Message")
        check("Messages-Waiting: yes" in notify.text, f"lit: {notify.text!r} ({response!r})")
        page = Phone(server, "alice", "JsSIP 3.13.8", 2).comes()
        check(page.take_messages(1) == ["hello"], "the page takes it")
        desk.told("Text-Message: 0/0")
        for client in (desk, bob, page):
            client.close()


if __name__ == "__main__":
    sys.exit(cases.main(sys.modules[__name__]))
