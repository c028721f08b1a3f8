"""SIPp as desk phones: each family registers and subscribes as it does in the field (User-Agent, what it subscribes to,
for how long), and shows its lamps by the NOTIFYs that it was sent.

SPDX-License-Identifier: MIT
"""

import os
import re

from clients import Program, Sipp, wait_for

from sip import Message

SUMMARY = "application/simple-message-summary"
DIALOG = "application/dialog-info+xml"
NUMBER = "*97"
LONGEST = 86400  # subscription.max_expires_s


class Family:
    """`mailbox`: whom it asks for messages, None where it waits to be told unasked; `idle`: its key needs a <dialog>
    also where there is no call; `single`: it cannot take two."""

    def __init__(self, user, agent, mailbox="own", expires=3600, idle=False, single=False, accepts_mwi=True):
        self.user, self.agent, self.mailbox, self.expires = user, agent, mailbox, expires
        self.idle, self.single, self.accepts_mwi = idle, single, accepts_mwi


FAMILIES = [
    Family("yealink", "Yealink SIP-T46S 66.85.0.15", idle=True),
    Family("yealinkvm", "Yealink SIP-T23G 44.84.0.60", mailbox="number", idle=True),
    Family("poly", "PolycomVVX-VVX_410-UA/5.9.5.0614"),
    Family("snom", "snom370/8.7.5.35"),
    Family("grandstream", "Grandstream GXP2160 1.0.9.26", mailbox=None),
    Family("spa", "Cisco/SPA504G-7.5.5", expires=2147483647, single=True),
    Family("linksys", "Linksys/SPA962-6.1.5(a)", expires=2147483647, single=True),
    Family("bria", "Bria 5 release 5.8.3 stamp 100000", idle=True),
    Family("aastra", "Aastra 6757i/3.3.1.4365", idle=True),
    Family("linphone", "Linphone/5.1.65 (belle-sip/5.1.0)", mailbox=None, accepts_mwi=False),
]
WATCHED = "boss"


class Phone(Sipp):
    """One process for its subscriptions, or one that waits to be told."""
    dialogue = "subscribe"  # the scenario of a subscription

    def __init__(self, server, family):
        self.family, self.agent = family, family.agent
        super().__init__(server, family.user, "udp", [])
        self.traces = []

    def __str__(self):
        return self.agent

    def subscriptions(self):
        domain, wanted = self.server.domain, []
        if self.family.mailbox:
            name = self.user if self.family.mailbox == "own" else NUMBER
            wanted.append(f"message-summary;sip:{name}@{domain};{self.family.expires};{SUMMARY};")
        wanted.append(f"dialog;sip:{WATCHED}@{domain};1800;{DIALOG};")
        # Old Linphones write it with a capital letter.
        wanted.append(f"{'Presence' if self.user == 'linphone' else 'presence'};sip:{WATCHED}@{domain};600;"
                      "application/pidf+xml;")
        return wanted

    def start(self):
        self.register()
        values = os.path.join(self.folder, "subscriptions.csv")
        with open(values, "w") as f:
            f.write("\n".join(["SEQUENTIAL", *self.subscriptions()]) + "\n")
        self.runs += 1
        trace = os.path.join(self.folder, f"trace-{self.runs}.log")
        self.traces.append(trace)
        log = os.path.join(self.folder, f"phone-{self.runs}.log")
        count = str(len(self.subscriptions()))
        self.program = Program(self.words(self.dialogue, log, "-inf", values, "-m", count, "-l", count, "-r", "50",
                                          "-oocsf", self.scenario("unasked"), "-trace_msg", "-message_file", trace,
                                          port=self.port), cwd=self.folder)
        wait_for(lambda: len({told.get("call-id") for told in self.told() if self.in_dialog(told)}) == int(count),
                 f"{self} has {count} subscriptions")

    @staticmethod
    def in_dialog(notify):
        return "tag=" in notify.get("to")

    def messages(self):
        for trace in self.traces:
            for block in re.split(r"^-{40,}.*\n", self.read(trace), flags=re.MULTILINE):
                found = re.search(r"message (received|sent)\b.*\n", block)
                if found:
                    yield found.group(1), Message(block[found.end():].lstrip("\n").replace("\r\n", "\n")
                                                  .replace("\n", "\r\n").encode())

    def told(self, event=None):
        """The NOTIFYs that it was sent, repetitions left out."""
        seen, notifies = set(), []
        for direction, message in self.messages():
            if direction == "received" and message.method == "NOTIFY" and \
                    (event is None or message.get("event").split(";")[0] == event) and \
                    (message.get("call-id"), message.get("cseq")) not in seen:
                seen.add((message.get("call-id"), message.get("cseq")))
                notifies.append(message)
        return notifies

    def granted(self, event):
        """Expires of the 200 to its SUBSCRIBE."""
        calls = {m.get("call-id") for direction, m in self.messages() if direction == "sent" and
                 m.method == "SUBSCRIBE" and m.get("event") == event}
        return [int(m.get("expires")) for direction, m in self.messages() if direction == "received" and
                m.status == 200 and m.get("call-id") in calls][0]

    def last(self, event):
        told = self.told(event)
        return told[-1] if told else None

    def wait_last(self, event, condition, what):
        wait_for(lambda: self.last(event) is not None and condition(self.last(event)), f"{self}: {what}")
        return self.last(event)

    def lamp(self):
        """True: lit."""
        last = self.last("message-summary")
        return last is not None and "Messages-Waiting: yes\r\n" in last.text

    def leave(self):
        self.kill()
