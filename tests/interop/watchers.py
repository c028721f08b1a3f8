"""baresip and JsSIP as watchers: each publishes its own presence and sees that of the others, and its mailbox.

SPDX-License-Identifier: MIT
"""

import json
import re

from clients import WAIT, Baresip, JsSip, wait_for

PIDF = "application/pidf+xml"
SUMMARY = "application/simple-message-summary"


class Told:
    """A NOTIFY as the client was told."""

    def __init__(self, event, user, call_id, cseq, state, body):
        self.event, self.user, self.call_id, self.cseq = event, user, call_id, cseq
        self.state, self.body = state, body

    @property
    def is_open(self):
        return "<basic>open</basic>" in self.body


class Watching:
    """What both can be asked; `told` lists all NOTIFYs since the first start."""

    def last(self, event, user):
        found = [told for told in self.told() if told.event == event and told.user == user]
        return found[-1] if found else None

    def sees(self, user, is_open):
        last = self.last("presence", user)
        return last is not None and last.is_open == is_open

    def wait_sees(self, user, is_open, wait=WAIT):
        wait_for(lambda: self.sees(user, is_open), f"{self} sees {user} {'open' if is_open else 'closed'}", wait)

    def wait_counts(self, counts):
        wait_for(lambda: (self.last("message-summary", self.user) or Told(*[""] * 6)).body.count(counts),
                 f"{self} has counts {counts}")


class WatchingBaresip(Watching, Baresip):
    """Its module presence publishes, and watches whoever of its contacts has presence=p2p; mwi shows its mailbox, but
    loops for ever where its REGISTER is answered within a millisecond."""

    def __init__(self, server, user, transport, users, with_mailbox=True):
        super().__init__(server, user, transport, users, outbound=False, contact=";presence=p2p",
                         account=";pubint=60" + (";mwi=yes" if with_mailbox else ""),
                         modules=("presence", "mwi") if with_mailbox else ("presence",))
        self.notifies, self.taken, self.block = [], 0, None

    def told(self):
        """The trace has whole messages; each is taken once."""
        lines = self.lines
        for line in lines[self.taken:]:
            if line.startswith("NOTIFY sip:"):
                self.block = []
            if self.block is not None:
                self.block.append(line)
                if "\033[;m" in line:
                    told = self.take("\n".join(self.block))
                    # Its port may have been another's, whose notifier goes on.
                    if told.user == self.user or told.user in self.contacts:
                        self.notifies.append(told)
                    self.block = None
        self.taken = len(lines)
        return self.notifies

    @staticmethod
    def take(text):
        head, _, body = text.partition("\n\n")

        def header(name, pattern):
            return re.search(rf"^{name}: *{pattern}", head, re.MULTILINE).group(1)
        return Told(header("Event", r"([\w-]+)"), header("From", r"<sip:([^@]+)@"), header("Call-ID", r"(\S+)"),
                    int(header("CSeq", r"(\d+)")), header("Subscription-State", r"(\S+)"), body)

    def watch_all(self):
        """It does by itself, a second after its start."""

    def set_presence(self, is_open):
        self.program.write("/presence_online" if is_open else "/presence_offline")

    def shows(self, user, is_open):
        """The program itself, not only its trace, says that the state has become so."""
        status = "Online" if is_open else "Offline"
        return any(re.search(rf"<sip:{user}@.* changed status from .* to \S*{status}", line) for line in self.lines)


class WatchingJsSip(Watching, JsSip):
    def __init__(self, server, user, transport, users):
        super().__init__(server, user, transport, users)
        self.users = [other for other in users if other != user]
        self.number = 1000
        self.watched = {}  # number of the subscription: event, user

    def write(self, **command):
        self.number += 1
        self.program.write(json.dumps({**command, "id": self.number}))
        return self.number

    def answer(self, key, number):
        """The first event that is about that number."""
        return wait_for(lambda: [event for event in self.events(self.lines) if event.get(key) == number],
                        f"{self}: {key}")[0]

    def watch(self, event, user, accept, expires=600):
        number = self.write(subscribe=user, event=event, accept=accept, expires=expires)
        self.watched[number] = (event, user)
        return number

    def watch_all(self):
        for user in self.users:
            self.watch("presence", user, PIDF)
        self.watch("message-summary", self.user, SUMMARY)

    def told(self):
        return [Told(*self.watched[event["notify"]], event["call_id"], event["cseq"], event["state"], event["body"])
                for event in self.events(self.lines) if event.get("notify") in self.watched]

    def pidf(self, is_open, note=""):
        return (f'<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" '
                f'entity="sip:{self.user}@{self.server.domain}"><tuple id="page"><status>'
                f'<basic>{"open" if is_open else "closed"}</basic></status><note>{note}</note></tuple></presence>')

    def publish(self, body, expires=600, **more):
        return self.write(publish=body, event="presence", type=PIDF, expires=expires, **more)

    def set_presence(self, is_open):
        return self.publish(self.pidf(is_open))

    def shows(self, user, is_open):
        return self.sees(user, is_open)


def watchers(server):
    kinds = {"budp": (WatchingBaresip, "udp"), "btcp": (WatchingBaresip, "tcp"), "btls": (WatchingBaresip, "tls"),
             "jws": (WatchingJsSip, "ws"), "jwss": (WatchingJsSip, "wss")}
    return [kind(server, user, transport, list(kinds)) for user, (kind, transport) in kinds.items()]
