"""Voicemail lamps: six ways in, two ways out (subscribed, and unasked), shared mailboxes, restarts, and phones as they are.

SPDX-License-Identifier: MIT
"""

import contextlib
import http.client
import json
import sys
import time

import cases
from cases import check
from server import Server
from sip import Client, WAIT, credentials, token
from voicemail import SUMMARY, VoicemailServer

NUMBER = "mailbox.number=*97"
YEALINK = "Yealink SIP-T46S 66.85.0.5"
BARESIP = "baresip v1.0.0 (x86_64/linux)"
TRUSTED = ["trusted.accounts=carol", "trusted.addresses=127.0.0.3/32"]
USERS = {user: f"{user}-secret" for user in ["carol"] + [f"user{i:02}" for i in range(50)]}
# A phone that subscribes does so within this time of its registration; what comes unasked comes after it.
SETTLING = 0.7
SETTLED = SETTLING + 0.8


class Servers:
    """Servers that tests share: each is started when it is first asked for, and its accounts are given out once."""

    settings = {
        "common": [NUMBER] + TRUSTED,
        "hasty": ["sip.t1_ms=20", "mailbox.retry_first_s=1", "mailbox.retry_most_s=2"] + TRUSTED,
    }

    def __init__(self, stack):
        self.stack, self.servers, self.voicemails, self.users = stack, {}, {}, iter(USERS)
        next(self.users)  # carol

    def get(self, name, extra=()):
        if name not in self.servers:
            settings = self.settings.get(name, []) + [f"mailbox.settling_ms={int(SETTLING * 1000)}", *extra]
            self.servers[name] = self.stack.enter_context(Server(passwords=USERS, settings=settings))
        return self.servers[name]

    def asking(self, transport="udp", password=None):
        """A server that asks a voicemail server, and the latter."""
        if transport not in self.voicemails:
            voicemail = self.voicemails[transport] = self.stack.enter_context(
                contextlib.closing(VoicemailServer(transport, password)))
            extra = [f"voicemail.server={voicemail.uri}", "voicemail.expires_s=600"]
            if password:
                extra += ["voicemail.user=heliograph", f"voicemail.password={password}"]
            self.get(f"asking {transport}", extra)
        return self.servers[f"asking {transport}"], self.voicemails[transport]

    def take_users(self, count):
        return [next(self.users) for _ in range(count)]

    def take_user(self):
        return next(self.users)


class Phone(Client):
    """A desk phone: registers with a User-Agent; its lamp shows what the last NOTIFY said. Without a `number` it does not
    say which phone it is."""

    def __init__(self, server, user, agent=YEALINK, number=1, place=None, **wire):
        instance = f"00000000-0000-4000-8000-{number:012d}" if number else None
        super().__init__(server, user, instance=instance, **wire)
        self.agent = agent
        self.place = place  # what its Contact says, whatever it sends from
        self.dialog = None  # the answer to SUBSCRIBE
        self.seen = set()   # NOTIFYs; others are repetitions

    @property
    def contact(self):
        return self.place or super().contact

    def comes(self, expires=3600):
        response = self.register(expires, (("User-Agent", self.agent),))
        check(response is not None and response.status == 200, f"200 to REGISTER, not {response!r}")
        return self

    def subscribes(self, to=None, expires=3600):
        """The first time, and then in the dialog."""
        headers = [("Event", "message-summary"), ("Expires", str(expires)), ("Contact", f"<{self.contact}>"),
                   ("User-Agent", self.agent), ("Accept", SUMMARY)]
        more = {"call_id": token()}
        if self.dialog:
            headers += [("To", self.dialog.get("to")), ("From", self.dialog.get("from"))]
            more = {"call_id": self.dialog.get("call-id")}
        uri = self.dialog.get("contact").strip("<>") if self.dialog else to or self.aor()
        response = self.ask("SUBSCRIBE", uri, headers, **more)
        check(response is not None and response.status == 200, f"200 to SUBSCRIBE, not {response!r}")
        self.dialog = self.dialog or response
        return self

    def told(self, wanted=None, wait=WAIT, in_dialog=None, status=200):
        """The next NOTIFY, answered. `wanted` is what its body holds."""
        notify = self.receive_new(wait, status)
        check(notify is not None, f"{self.user} is told {wanted!r}")
        if in_dialog is not None:
            check(("tag=" in notify.get("to")) == in_dialog, f"in dialog: {in_dialog}, not {notify.get('to')}")
        if wanted is not None:
            check(wanted in notify.text, f"{wanted!r} in {notify.text!r}")
        check("\n" not in notify.text.replace("\r\n", ""), f"CRLF only: {notify.text!r}")
        check("Voice-Message: " in notify.text, f"counts are always there: {notify.text!r}")
        return notify

    def receive_new(self, wait, status=200):
        end = time.monotonic() + wait
        while True:
            notify = self.receive_request("NOTIFY", max(end - time.monotonic(), 0))
            if notify is None:
                return None
            self.answer(notify, status, "Answer")
            if notify.get("via") not in self.seen:
                self.seen.add(notify.get("via"))
                return notify

    def is_not_told(self, wait=0.7):
        notify = self.receive_new(wait)
        check(notify is None, f"{self.user} is not told, but: {notify!r}")


def close(*clients):
    for client in clients:
        client.close()


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


def test_each_input_lights_the_lamp_and_puts_it_out(servers):
    server = servers.get("common")
    alice, bob = servers.take_users(2)
    subscribed = Phone(server, alice).comes().subscribes()
    subscribed.told("Voice-Message: 0/0", in_dialog=True)
    unasked = Phone(server, bob).comes()
    time.sleep(SETTLED)  # it could have subscribed by then
    for put in INPUTS:
        print(f"    {put.__name__}")
        lights_and_puts_out(server, put, subscribed, unasked)
    subscribed.is_not_told()
    unasked.is_not_told()
    close(subscribed, unasked)


def test_the_sixth_input_is_a_voicemail_server_that_we_ask(servers):
    for transport, password in (("udp", "v-secret"), ("tcp", None)):
        print(f"    {transport}{' with a password' if password else ''}")
        server, voicemail = servers.asking(transport, password)
        alice, bob = servers.take_users(2)
        subscribed = Phone(server, alice).subscribes()
        subscribed.told("Voice-Message: 0/0")
        unasked = Phone(server, bob).comes()
        users = {voicemail.subscribed.get(timeout=WAIT)[0] for _ in range(2)}
        check(users == {alice, bob}, f"asked for who watches and who is registered, not {users}")
        unasked.told("Messages-Waiting: no", in_dialog=False)  # the server has told us 0/0
        lights_and_puts_out(server, lambda _, user, new: voicemail.set(user, f"{new}/0"), subscribed, unasked)
        while not voicemail.answers.empty():
            check(voicemail.answers.get() == 200, "our answers to its NOTIFYs are 200")
        close(subscribed, unasked)


# --- as subscriber of a voicemail server --------------------------------------------------------------------------


def asked(voicemail, user):
    """The next SUBSCRIBE for that user: the time granted, and whether it was in a dialog."""
    while True:
        name, *what = voicemail.subscribed.get(timeout=WAIT)
        if name == user:
            return tuple(what)


def test_a_voicemail_server_that_wants_longer_subscriptions_gets_them(servers):
    server, voicemail = servers.asking("udp", "v-secret")
    alice = servers.take_user()
    voicemail.least_expires = voicemail.most_expires = 7200
    phone = Phone(server, alice).comes()
    check(asked(voicemail, alice) == (7200, False), "7200 s, after 423")
    while voicemail.refused.get(timeout=WAIT) != 423:
        pass  # it is asked for its challenge, too
    voicemail.least_expires, voicemail.most_expires = 0, 3600
    phone.close()


def test_what_is_granted_for_a_short_time_is_refreshed_in_its_dialog_and_ended_when_nobody_wants_it(servers):
    server, voicemail = servers.asking("udp", "v-secret")
    alice = servers.take_user()
    voicemail.most_expires = 2
    phone = Phone(server, alice).comes()
    check(asked(voicemail, alice) == (2, False), "first")
    check(asked(voicemail, alice) == (2, True), "refreshed")
    phone.comes(0)
    while True:
        expires, is_refresh = asked(voicemail, alice)
        check(is_refresh, "in its dialog")
        if expires == 0:
            break
    check(all(dialog["user"] != alice for dialog in voicemail.dialogs.values()), "it is over")
    voicemail.most_expires = 3600
    phone.close()


def test_a_voicemail_server_that_has_forgotten_us_or_ended_it_is_asked_anew(servers):
    server, voicemail = servers.asking("udp", "v-secret")
    alice = servers.take_user()
    voicemail.most_expires = 2
    phone = Phone(server, alice).comes()
    check(asked(voicemail, alice) == (2, False), "first")
    voicemail.forget()
    while voicemail.refused.get(timeout=WAIT) != 481:
        pass
    check(asked(voicemail, alice) == (2, False), "anew")
    time.sleep(0.3)
    voicemail.end(alice, "deactivated")
    while asked(voicemail, alice)[1]:
        pass  # one that was on its way
    voicemail.most_expires = 3600
    phone.close()


def test_after_a_restart_and_after_a_lost_connection_it_is_asked_again(servers):
    server, voicemail = servers.asking("tcp")
    alice = servers.take_user()
    phone = Phone(server, alice).comes()
    check(asked(voicemail, alice) == (600, False), "first")
    voicemail.set(alice, "2/0")
    while "2/0" not in phone.told(in_dialog=False).text:
        pass  # 0/0, with which it has begun
    voicemail.close_connections()
    check(asked(voicemail, alice) == (600, True), "in its dialog, over a new connection")
    voicemail.set(alice, "3/0")
    phone.told("Voice-Message: 3/0")
    server.restart()
    check(asked(voicemail, alice) == (600, False), "anew after the restart")
    phone.told("Voice-Message: 3/0", in_dialog=False)  # the lamp is right, whoever lost it
    phone.close()


def test_a_notify_in_no_dialog_of_ours_is_answered_481(servers):
    server = servers.get("common")
    alice = servers.take_user()
    stranger = Client(server, "pbx")
    response = stranger.ask("NOTIFY", stranger.aor(alice), (
        ("To", f"<{stranger.aor(alice)}>;tag=old"), ("Event", "message-summary"),
        ("Subscription-State", "active"), ("Content-Type", SUMMARY)), summary(9), authenticate=False)
    expect(response, 481)
    expect(stranger.ask("NOTIFY", stranger.aor(alice), (("Event", "message-summary"), ("Content-Type", SUMMARY)),
                        summary(9), authenticate=False), 401)
    phone = Phone(server, alice).subscribes()
    phone.told("Voice-Message: 0/0")
    close(stranger, phone)


# --- phones ---------------------------------------------------------------------------------------------------------


PHONES = [("Yealink SIP-T46S 66.85.0.5", True), ("PolycomVVX-VVX_411-UA/5.9.6.2327", True), ("snom760/8.9.3.80", True),
          ("Grandstream GXP2170 1.0.11.16", True), ("Cisco/SPA504G-7.6.2c", True), ("Aastra 6757i/3.3.1", True),
          ("Bria 5 release 5.9.4", True), (BARESIP, False), ("JsSIP 3.13.8", False),
          ("Linphone Desktop/5.1.65", False)]


def test_each_family_of_phones_is_told_in_its_own_way(servers):
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    phones = [(Phone(server, alice, agent, number + 1).comes(), wants) for number, (agent, wants) in enumerate(PHONES)]
    for phone, wants in phones:
        if not wants:
            continue
        notify = phone.told("Messages-Waiting: yes", in_dialog=False)
        check("Message-Account: sip:*97@example.test\r\n" in notify.text, "the key calls the voicemail")
        check(notify.get("subscription-state") and notify.get("contact"), "what every NOTIFY has")
    time.sleep(SETTLED)
    for phone, wants in phones:
        phone.is_not_told(0.05)
        phone.subscribes()
        phone.told("Messages-Waiting: yes", in_dialog=True)
        phone.comes(0)
        phone.close()


def test_a_phone_that_subscribes_is_never_told_unasked(servers):
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    phone = Phone(server, alice).comes().subscribes()
    phone.told("Voice-Message: 1/0", in_dialog=True)
    phone.is_not_told(SETTLED)
    for new in (2, 0):
        by_command(server, alice, new)
        phone.told(f"Voice-Message: {new}/0", in_dialog=True)
    phone.comes()
    phone.is_not_told(SETTLED)
    phone.close()


def test_phones_without_an_instance_are_lamps_of_their_own(servers):
    """RFC 3842 §3: two that are registered, and one that subscribes: which is told nothing unasked."""
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    first, second = (Phone(server, alice, number=None, transport=transport).comes() for transport in ("udp", "tcp"))
    third = Phone(server, alice, number=None).comes().subscribes()
    third.told("Voice-Message: 1/0", in_dialog=True)
    for phone in (first, second):
        phone.told("Voice-Message: 1/0", in_dialog=False)
    by_command(server, alice, 2)
    third.told("Voice-Message: 2/0", in_dialog=True)
    for phone in (first, second):
        phone.told("Voice-Message: 2/0", in_dialog=False)
    second.comes(0)
    fourth = Phone(server, alice, number=None).comes()
    fourth.told("Voice-Message: 2/0", in_dialog=False)
    by_command(server, alice, 3)
    for phone, in_dialog in ((first, False), (third, True), (fourth, False)):
        phone.told("Voice-Message: 3/0", in_dialog=in_dialog)
    first.comes()
    for phone in (first, second, third, fourth):
        phone.is_not_told(SETTLED if phone is first else 0.05)
    close(first, second, third, fourth)


def test_a_phone_that_registers_with_an_instance_and_subscribes_without_is_one_phone(servers):
    """Its SUBSCRIBE comes from another port: its Contact says that it is the same."""
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    registered = Phone(server, alice).comes()
    subscribed = Phone(server, alice, number=None, place=registered.contact + ";ob").subscribes()
    subscribed.told("Voice-Message: 1/0", in_dialog=True)
    other = Phone(server, alice, number=2).comes()
    other.told("Voice-Message: 1/0", in_dialog=False)
    by_command(server, alice, 2)
    subscribed.told("Voice-Message: 2/0", in_dialog=True)
    other.told("Voice-Message: 2/0", in_dialog=False)
    for phone in (registered, subscribed, other):
        phone.is_not_told(0.3)
    close(registered, subscribed, other)


def test_a_phone_that_is_back_after_a_restart_and_has_not_subscribed_again_is_told_nothing_unasked(servers):
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    place = f"sip:{alice}@192.0.2.7:5060;transport=tcp"
    phone = Phone(server, alice, number=None, transport="tcp", place=place).comes().subscribes()
    phone.told("Voice-Message: 1/0", in_dialog=True)
    server.restart()
    phone.close()
    phone.connect()
    phone.comes()
    phone.is_not_told(SETTLED)
    by_command(server, alice, 2)
    phone.is_not_told(0.5)
    phone.subscribes()
    phone.told("Voice-Message: 2/0", in_dialog=True)
    by_command(server, alice, 3)
    phone.told("Voice-Message: 3/0", in_dialog=True)
    phone.is_not_told(0.3)
    phone.close()


def test_it_is_told_again_at_each_new_registration_but_not_at_a_refresh(servers):
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 1)
    phone = Phone(server, alice, transport="tcp").comes()
    phone.told("Voice-Message: 1/0")
    phone.comes()
    phone.is_not_told(SETTLED)
    phone.close()
    phone.connect()
    phone.comes()
    phone.told("Voice-Message: 1/0")
    phone.call_id = "restarted"
    phone.comes()
    phone.told("Voice-Message: 1/0")
    phone.close()


def test_one_that_does_not_answer_is_told_again_with_what_is_current_then(servers):
    server = servers.get("hasty")
    alice = servers.take_user()
    phone = Phone(server, alice).comes()
    time.sleep(SETTLED)
    by_command(server, alice, 1)
    first = phone.receive_request("NOTIFY")
    check(first is not None and "1/0" in first.text, "told, and it does not answer")
    by_command(server, alice, 2)
    again = phone.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") != first.get("call-id"))
    check(again is not None and "Voice-Message: 2/0" in again.text, f"the newest, not {again!r}")
    phone.answer(again)
    phone.pending = [m for m in phone.pending if m.get("call-id") not in (first.get("call-id"), again.get("call-id"))]
    later = phone.receive(lambda m: m.get("call-id") not in (first.get("call-id"), again.get("call-id")), 2.5)
    check(later is None, f"it knows, and is left alone, not {later!r}")
    phone.close()


def test_only_one_that_does_not_know_the_event_is_told_no_more(servers):
    server = servers.get("hasty")
    alice = servers.take_user()
    by_command(server, alice, 1)
    phone = Phone(server, alice).comes()
    for status in (407, 404, 489):  # again after 1 s, after 2 s, and no more
        phone.told("Voice-Message: 1/0", status=status)
    phone.is_not_told(2.5)
    by_command(server, alice, 2)
    phone.is_not_told()
    phone.call_id = "restarted"
    phone.comes()
    phone.told("Voice-Message: 2/0")
    phone.close()


def test_one_notify_is_on_its_way_at_a_time_and_the_newest_wins(servers):
    server = servers.get("common")
    alice = servers.take_user()
    phone = Phone(server, alice).comes()
    time.sleep(SETTLED)
    by_command(server, alice, 1)
    first = phone.receive_request("NOTIFY")
    for new in (2, 3, 4):
        by_command(server, alice, new)
    time.sleep(0.3)
    others = [m for m in phone.pending if m.get("call-id") != first.get("call-id")]
    check(not others, f"none beside the first: {others!r}")
    phone.answer(first)
    newest = phone.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") != first.get("call-id"))
    check("Voice-Message: 4/0" in newest.text, f"the newest alone, not {newest!r}")
    phone.answer(newest)
    phone.seen |= {first.get("via"), newest.get("via")}  # a busy machine has them repeated
    phone.is_not_told()
    phone.close()


# --- restarts -------------------------------------------------------------------------------------------------------


def test_after_a_restart_all_lamps_are_right_and_told_in_turns(_):
    users = [user for user in USERS if user != "carol"][:4]
    with Server(passwords=USERS, settings=["mailbox.paced_per_second=2", "mailbox.settling_ms=200"]) as server:
        for i, user in enumerate(users):
            by_command(server, user, i + 1)
        # Three phones of the last user are three, though they do not say who they are.
        phones = [(Phone(server, user).comes(), i + 1) for i, user in enumerate(users)]
        phones += [(Phone(server, users[-1], number=None).comes(), len(users)) for _ in range(3)]
        for phone, new in phones:
            phone.told(f"Voice-Message: {new}/0")
        server.restart()
        begin = time.monotonic()
        for phone, new in phones:
            phone.told(f"Voice-Message: {new}/0", in_dialog=False)
        check(time.monotonic() - begin > 1.2, "two in a second, not all at once")
        for phone, _ in phones:
            phone.is_not_told(0.1)
            phone.close()


def test_a_subscriber_keeps_its_lamp_over_a_restart_in_its_dialog(servers):
    server = servers.get("common")
    alice = servers.take_user()
    phone = Phone(server, alice).comes().subscribes()
    before = phone.told("Voice-Message: 0/0")
    by_command(server, alice, 7)
    phone.told("Voice-Message: 7/0")
    server.restart()
    after = phone.told("Voice-Message: 7/0", in_dialog=True)
    check(after.get("call-id") == before.get("call-id"), "the same dialog")
    check(int(after.get("cseq").split()[0]) > 2, f"CSeq grows: {after.get('cseq')}")
    by_command(server, alice, 0)
    phone.told("Messages-Waiting: no")
    phone.is_not_told(SETTLED)
    phone.close()


# --- mailboxes ------------------------------------------------------------------------------------------------------


def share(server, mailbox, *users):
    result = server.run("mailbox", "share", mailbox, *users)
    check(result.returncode == 0, f"mailbox share: {result.stdout}{result.stderr}")


def test_a_shared_mailbox_is_seen_by_those_who_share_it_and_lights_their_lamps(servers):
    server = servers.get("common")
    alice, bob, chris = servers.take_users(3)
    share(server, "support", alice, bob)
    own = Phone(server, alice).subscribes()
    own.told("Message-Account: sip:*97@example.test\r\nVoice-Message: 0/0")
    shared = Phone(server, bob, number=2).subscribes("sip:support@example.test")
    shared.told("Message-Account: sip:support@example.test\r\nVoice-Message: 0/0")  # *97 would be one's own
    stranger = Client(server, chris)
    refused = stranger.ask("SUBSCRIBE", "sip:support@example.test", (
        ("Event", "message-summary"), ("Contact", f"<{stranger.contact}>")))
    expect(refused, 403)
    by_command(server, "support", 2)
    own.told("Voice-Message: 2/0")
    shared.told("Voice-Message: 2/0")
    by_command(server, alice, 3)
    own.told("Voice-Message: 5/0")
    shared.is_not_told()
    server.restart()
    own.told("Voice-Message: 5/0")
    shared.told("Voice-Message: 2/0")
    share(server, "support", bob)
    own.told("Voice-Message: 3/0")
    close(own, shared, stranger)


def test_its_users_publish_what_waits_in_a_shared_mailbox_and_nobody_else_does(servers):
    server = servers.get("common")
    alice, bob, chris = servers.take_users(3)
    share(server, "sales", alice, bob)
    phone = Phone(server, bob).subscribes("sip:sales@example.test")
    phone.told("Voice-Message: 0/0")
    publisher, stranger = Client(server, alice), Client(server, chris)
    headers = (("Event", "message-summary"), ("Content-Type", SUMMARY))
    response = expect(publisher.ask("PUBLISH", "sip:sales@example.test", headers, summary(4)), 200)
    phone.told("Voice-Message: 4/0")
    expect(publisher.ask("PUBLISH", "sip:sales@example.test", headers + (
        ("SIP-If-Match", response.get("sip-etag")),), summary(5)), 200)
    phone.told("Voice-Message: 5/0")
    expect(publisher.ask("PUBLISH", "sip:*97@example.test", headers, summary(1)), 200)  # one's own
    expect(stranger.ask("PUBLISH", "sip:sales@example.test", headers, summary(9)), 403)
    expect(stranger.ask("PUBLISH", f"sip:{alice}@example.test", headers, summary(9)), 403)
    phone.is_not_told()
    close(phone, publisher, stranger)


def read_mailbox(server, user):
    result = server.run("mailbox", "show", user)
    return result.stdout.strip().split("\t")[1]


def test_who_speaks_of_one_class_of_messages_leaves_the_others_as_they_are(servers):
    server = servers.get("common")
    alice = servers.take_user()
    phone = Phone(server, alice, BARESIP).subscribes()
    phone.told("Voice-Message: 0/0")
    carol = Client(server, "carol")
    headers = (("Event", "message-summary"), ("Content-Type", SUMMARY))

    def publish(text):
        expect(carol.ask("PUBLISH", carol.aor(alice), headers, text), 200)
    publish("Messages-Waiting: yes\r\nVoice-Message: 1/1\r\nFax-Message: 2/3 (1/0)\r\nText-Message: 0/4\r\n")
    phone.told("Fax-Message: 2/3 (1/0)\r\n")
    for put, new in ((by_asterisk, 5), (by_notify, 6), (by_publish, 7), (by_command, 8)):
        put(server, alice, new)
        notify = phone.told(f"Voice-Message: {new}/0")
        check("Fax-Message: 2/3 (1/0)\r\n" in notify.text and "Text-Message: 0/4" in notify.text, notify.text)
    publish("Messages-Waiting: no\r\nFax-Message: 0/3\r\n")
    notify = phone.told("Fax-Message: 0/3 (0/0)\r\n")
    check("Messages-Waiting: yes\r\n" in notify.text and "Voice-Message: 8/0" in notify.text, notify.text)
    publish("Messages-Waiting: no\r\n")  # of no class: of all
    notify = phone.told("Voice-Message: 0/0")
    check("Fax-Message: 0/0" in notify.text and "Text-Message: 0/0" in notify.text, notify.text)
    check(server.run("mailbox", "set", alice, "fax=1/2").returncode == 0, "mailbox set")
    phone.told("Fax-Message: 1/2")
    by_http(server, alice, 9)  # PUT is about all of it
    phone.told("Voice-Message: 9/0")
    check(read_mailbox(server, alice) == "voice 9/0", read_mailbox(server, alice))
    close(phone, carol)


def test_what_is_told_at_the_same_time_of_different_classes_is_all_kept(servers):
    server = servers.get("common")
    alice = servers.take_user()
    carol = Client(server, "carol")
    headers = (("Event", "message-summary"), ("Content-Type", SUMMARY))
    bodies = [f"Messages-Waiting: yes\r\n{name}-Message: {i + 1}/0\r\n"
              for i, name in enumerate(("Voice", "Fax", "Pager", "Multimedia", "Text"))]
    challenge = carol.exchange(carol.request("PUBLISH", carol.aor(alice), headers, bodies[0]))
    sent = []
    for i, body in enumerate(bodies):
        line = credentials(challenge.get("www-authenticate"), "carol", USERS["carol"], "PUBLISH", carol.aor(alice), i + 1)
        sent.append(carol.request("PUBLISH", carol.aor(alice), headers + (("Authorization", line),), body))
    for data in sent:
        carol.wire.send(data)
    for data in sent:
        expect(carol.response_to(data), 200)
    wanted = "voice 1/0, fax 2/0, pager 3/0, multimedia 4/0, text 5/0"
    check(read_mailbox(server, alice) == wanted, read_mailbox(server, alice))
    server.restart()
    check(read_mailbox(server, alice) == wanted, read_mailbox(server, alice))
    carol.close()


def test_the_mailbox_goes_with_its_account(servers):
    server = servers.get("common")
    alice = servers.take_user()
    by_command(server, alice, 4)
    server.forget(alice)
    phone = Phone(server, alice).subscribes()
    phone.told("Voice-Message: 0/0")
    phone.close()


def test_the_mailbox_of_nobody_cannot_be_set(servers):
    result = servers.get("common").run("mailbox", "set", "nobody", "voice=1/0")
    check(result.returncode != 0, "there is no such account")


def test_chat_messages_that_wait_light_the_lamp_where_that_is_wanted(_):
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
        # A receipt waits as well, but for no person.
        bob.ask("MESSAGE", bob.aor("alice"), (("Content-Type", "message/imdn+xml"),), "<imdn/>", wait=0.2)
        desk.answer(desk.receive_request("MESSAGE"), 480, "Temporarily Unavailable")
        page = Phone(server, "alice", "JsSIP 3.13.8", 2).comes()
        check(page.take_messages(2) == ["hello", "<imdn/>"], "the page takes both")
        desk.told("Text-Message: 0/0")
        close(desk, bob, page)


def main():
    with contextlib.ExitStack() as stack:
        return cases.main(sys.modules[__name__], [Servers(stack)])


if __name__ == "__main__":
    sys.exit(main())
