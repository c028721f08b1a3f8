"""Desk phones, played by SIPp: lamps and busy lamps of each family, as that family asks for them.

SPDX-License-Identifier: MIT
"""

import re
import sys
import time

from phones import FAMILIES, LONGEST, NUMBER, WATCHED, Phone

import start
from cases import check
from sip import Client
from test_lamps import INPUTS, TRUSTED
from voicemail import VoicemailServer

VOICEMAIL = VoicemailServer()
PASSWORDS = {**{family.user: "secret" for family in FAMILIES}, WATCHED: "secret", "carol": "secret"}
SETTINGS = [f"mailbox.number={NUMBER}", f"voicemail.server={VOICEMAIL.uri}", *TRUSTED]


def lamps(phones):
    return [phone for phone in phones if phone.family.accepts_mwi]


def by_voicemail_server(server, user, new):
    VOICEMAIL.set(user, f"{new}/0")


def dialog(number, state):
    return f'<dialog id="call{number}"><state>{state}</state></dialog>'


class Boss:
    """Publishes his calls."""

    def __init__(self, server):
        self.client, self.etag = Client(server, WATCHED), None

    def publish(self, *states):
        aor = self.client.aor()
        body = ('<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" '
                f'entity="{aor}">' + "".join(dialog(i, state) for i, state in enumerate(states)) + "</dialog-info>")
        headers = [("Event", "dialog"), ("Expires", "600"), ("Content-Type", "application/dialog-info+xml")]
        if self.etag:
            headers.append(("SIP-If-Match", self.etag))
        response = self.client.ask("PUBLISH", aor, tuple(headers), body)
        check(response is not None and response.status == 200, f"200 to PUBLISH, not {response!r}")
        self.etag = response.get("sip-etag")

    def close(self):
        self.client.close()


def states(notify):
    return re.findall(r"<state[^>]*>(\w+)</state>", notify.text)


def check_document(phone, notify):
    check(f'entity="sip:{WATCHED}@' in notify.text, f"{phone}: the entity is whom it watches: {notify.text}")
    check('state="full"' in notify.text, f"{phone}: {notify.text}")


def check_idle(phone):
    wanted = ["terminated"] if phone.family.idle else []
    notify = phone.wait_last("dialog", lambda n: states(n) == wanted, f"idle is {wanted}")
    check_document(phone, notify)


def test_each_family_subscribes_as_it_does_and_is_told_at_once(server, peers):
    for phone in peers:
        phone.start()
    for phone in peers:
        check_idle(phone)
        if phone.family.mailbox:
            notify = phone.last("message-summary")
            check("Messages-Waiting: no\r\n" in notify.text and "Voice-Message: 0/0 (0/0)\r\n" in notify.text,
                  f"{phone}: counts are always there: {notify.text!r}")
            check(f"Message-Account: sip:{NUMBER}@" in notify.text, f"{phone}: what its key calls: {notify.text!r}")
            check(notify.text.endswith("\r\n"), f"{phone}: the last line ends, too")
            check(phone.granted("message-summary") == min(phone.family.expires, LONGEST),
                  f"{phone}: Expires {phone.granted('message-summary')}")
        for notify in phone.told():
            check("active;expires=" in notify.get("subscription-state") or not phone.in_dialog(notify),
                  f"{phone}: {notify!r}")


def test_each_of_six_inputs_lights_the_lamp_of_each_family_and_puts_it_out(server, peers):
    for put in [*INPUTS, by_voicemail_server]:
        for new in (2, 0):
            for phone in lamps(peers):
                put(server, phone.user, new)
            for phone in lamps(peers):
                notify = phone.wait_last("message-summary", lambda n: f"Voice-Message: {new}/0" in n.text,
                                         f"{new} by {put.__name__}")
                check(phone.lamp() == (new > 0), f"{phone} by {put.__name__}: {notify.text!r}")


def test_nobody_is_told_both_in_his_dialog_and_unasked(server, peers):
    for phone in peers:
        told = phone.told("message-summary")
        in_dialog = [notify for notify in told if phone.in_dialog(notify)]
        if phone.family.mailbox:
            check(len(in_dialog) == len(told), f"{phone} subscribes, and is told unasked, too")
        elif phone.family.accepts_mwi:
            check(told and not in_dialog, f"{phone} does not subscribe, and is told unasked")
        else:
            check(not told, f"{phone} knows nothing of mailboxes, and is told of one: {told!r}")


def test_busy_lamps_show_all_calls_or_the_one_that_matters(server, peers):
    boss = Boss(server)
    for calls, single in ((("confirmed",), "confirmed"), (("confirmed", "early"), "early"), (("early",), "early")):
        boss.publish(*calls)
        for phone in peers:
            wanted = [single] if phone.family.single else sorted(calls)
            notify = phone.wait_last("dialog", lambda n: sorted(states(n)) == wanted, f"{calls} is shown as {wanted}")
            check_document(phone, notify)
    boss.publish()
    for phone in peers:
        check_idle(phone)
    boss.close()


def test_presence_names_the_user_as_the_family_does(server, peers):
    boss = Client(server, WATCHED)
    check(boss.register().status == 200, "he is there")
    for phone in peers:
        notify = phone.wait_last("presence", lambda n: "<basic>open</basic>" in n.text, "he is there")
        scheme = "pres" if phone.user == "snom" else "sip"
        check(f'entity="{scheme}:{WATCHED}@' in notify.text, f"{phone}: {notify.text}")
        check(not set(re.findall(r"<basic>(\w+)", notify.text)) - {"open", "closed"}, f"{phone}: {notify.text}")
    boss.unregister()
    for phone in peers:
        phone.wait_last("presence", lambda n: "<basic>closed</basic>" in n.text, "he is gone")
    boss.close()


def order(phone):
    """Call-ID: CSeqs and versions as they came"""
    found = {}
    for notify in phone.told():
        if phone.in_dialog(notify):
            version = re.search(r'<dialog-info[^>]* version="(\d+)"', notify.text)
            found.setdefault(notify.get("call-id"), []).append(
                (int(notify.get("cseq").split()[0]), int(version.group(1)) if version else None))
    return found


def test_after_kill_of_the_server_all_lamps_are_right_in_the_old_dialogs(server, peers):
    boss = Boss(server)
    boss.publish("confirmed")
    for phone in lamps(peers):
        INPUTS[0](server, phone.user, 5)
        phone.wait_last("message-summary", lambda n: "Voice-Message: 5/0" in n.text, "lit")
    for phone in peers:
        phone.wait_last("dialog", lambda n: states(n) == ["confirmed"], "busy")
    dialogs = {phone: set(order(phone)) for phone in peers}
    server.restart()
    boss.publish("early")
    for phone in lamps(peers):
        INPUTS[0](server, phone.user, 0)
    for phone in peers:
        phone.wait_last("dialog", lambda n: states(n) == ["early"], "rings")
        if phone.family.accepts_mwi:
            phone.wait_last("message-summary", lambda n: "Voice-Message: 0/0" in n.text, "out")
        check(set(order(phone)) == dialogs[phone], f"{phone} is in other dialogs")
    time.sleep(2)  # what would be wrong or too much comes now
    for phone in peers:
        for call_id, told in order(phone).items():
            check(told == sorted(told, key=lambda pair: pair[0]) and len(set(told)) == len(told),
                  f"{phone}: CSeq goes back in {call_id}: {told}")
            versions = [version for _, version in told if version is not None]
            check(versions == sorted(set(versions)), f"{phone}: versions go back in {call_id}: {versions}")
    test_nobody_is_told_both_in_his_dialog_and_unasked(server, peers)
    boss.close()


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], PASSWORDS, SETTINGS,
                        lambda server: [Phone(server, family) for family in FAMILIES]))
