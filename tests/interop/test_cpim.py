"""Texts in CPIM (RFC 3862), as the page writes them, to real clients: baresip and a SIPp phone that know text/plain
alone, and Linphone, which reads CPIM itself and sends receipts (RFC 5438).

SPDX-License-Identifier: MIT
"""

import sys
import zlib

from clients import Baresip, Program, Sipp, wait_for
from linphone import Linphone

import start
from cases import check
from sip import Client

USERS = ("budp", "btcp", "btls", "sipp", "lin", "page")
SETTINGS = ["registrar.min_expires_s=10", "message.answer_wait_s=2", "message.retry_first_s=1"]


class PlainSipp(Sipp):
    def start(self):
        self.register()
        self.runs += 1
        self.log = f"{self.folder}/receive-{self.runs}.log"
        self.program = Program(self.words("plain", self.log, port=self.port), cwd=self.folder)


class LinphoneChat(Linphone):
    def received(self, text):
        return sum(line.endswith(f": {text}") for line in self.lines)


def cpim(receiver, text, message_id):
    """As the page writes it; Linphone answers 488 where From or To is missing."""
    return (f"From: <sip:page@example.test>\r\nTo: <sip:{receiver}@example.test>\r\n"
            "DateTime: 2026-11-23T10:00:00.123Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
            f"imdn.Message-ID: {message_id}\r\n"
            "imdn.Disposition-Notification: positive-delivery, display\r\n\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\n\r\n{text}")


def send(page, receiver, text):
    body = cpim(receiver.user, text, "id-" + text.replace(" ", "-"))
    answer = page.message(receiver.user, body, "message/cpim")
    check(answer is not None and answer.status in (200, 202), f"{text!r} to {receiver}: {answer!r}")
    return answer.status


def received_once(peer, text):
    peer.wait_received(text)
    check(peer.received(text) == 1, f"{peer} received {text!r} {peer.received(text)} times")


def page(server):
    client = Client(server, "page", transport="tcp")
    check(client.register().status == 200, "the page registers")
    return client


def end(client):
    client.unregister()
    client.close()


def refusals(peer):
    """How often it has answered 415."""
    if isinstance(peer, PlainSipp):
        return peer.read(peer.log).splitlines().count("refused")
    return "\n".join(peer.program.lines).count("SIP/2.0 415 ")


def test_each_client_shows_the_text_and_refuses_cpim_at_most_once(server, peers):
    client = page(server)
    for peer in peers:
        peer.start()
        for text in (f"first to {peer.user}", f"second to {peer.user}"):
            check(send(client, peer, text) == 200, f"{peer} takes {text!r}")
            received_once(peer, text)
        if not isinstance(peer, Linphone):
            check(refusals(peer) == 1, f"{peer} was asked {refusals(peer)} times for CPIM")
    end(client)


def test_linphone_sends_a_receipt_for_the_message_id(server, peers):
    client, linphone = page(server), peers[-1]
    send(client, linphone, "with a receipt")
    wanted = b"<message-id>id-with-a-receipt</message-id>"

    def has_come():
        receipt = client.receive_request(wait=1)
        if receipt is None:
            return False
        client.answer(receipt)
        # Over UDP it packs them.
        xml = zlib.decompress(receipt.body) if receipt.get("content-encoding") == "deflate" else receipt.body
        return receipt.get("content-type").startswith("message/imdn+xml") and wanted in xml
    wait_for(has_come, "a receipt")
    end(client)


def test_what_was_kept_is_shown_on_return(server, peers):
    client = page(server)
    for peer in peers:
        peer.leave()
        check(send(client, peer, f"{peer.user} is away") == 202, f"{peer} is away")
        peer.start()
        received_once(peer, f"{peer.user} is away")
    end(client)


def test_after_kill_of_the_server_texts_are_shown_as_before(server, peers):
    server.restart()
    client = page(server)
    for peer in peers:
        # Connections are made anew when the phones notice; meanwhile it is kept for them.
        send(client, peer, f"after the kill to {peer.user}")
    for peer in peers:
        received_once(peer, f"after the kill to {peer.user}")
    end(client)


def make(server):
    phones = [Baresip(server, user, transport, USERS, outbound=False) for user, transport in
              (("budp", "udp"), ("btcp", "tcp"), ("btls", "tls"))]
    return phones + [PlainSipp(server, "sipp", "udp", USERS), LinphoneChat(server, "lin", "udp")]


if __name__ == "__main__":
    sys.exit(start.main(sys.modules[__name__], {user: f"{user}-secret" for user in USERS}, SETTINGS, make,
                        programs=("linphonec",)))
