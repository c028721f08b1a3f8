"""Promise 1 under fire: the server and its PostgreSQL are killed with -9 at random moments while 10,000 offline messages
come in and go out. What was acknowledged is delivered, once; only the one message that a device was answering
in the instant of a crash may reach it twice, with the same Call-ID and CSeq.

SPDX-License-Identifier: MIT
"""

import os
import random
import sys
import threading
import time

import cases
from cases import check
from server import Server
from sip import Client, Message, credentials

MESSAGES = int(os.environ.get("KILL_MESSAGES", "10000"))
SENDERS, RECEIVERS = 4, 8
KILLS = int(os.environ.get("KILLS", "5"))
PASSWORDS = {**{f"s{i}": "sender" for i in range(SENDERS)}, **{f"r{i}": "receiver" for i in range(RECEIVERS)}}


class Sender(threading.Thread):
    """Keeps a window of MESSAGEs outstanding and repeats each until it is answered, whatever happens to the server."""

    def __init__(self, server, number, count, acknowledged):
        super().__init__(daemon=True)
        self.client = Client(server, f"s{number}")
        self.number, self.count, self.acknowledged = number, count, acknowledged
        self.refused, self.unanswered = [], 0
        self.challenge, self.uses = None, 0

    def line(self, uri):
        self.uses += 1
        return ("Authorization", credentials(self.challenge, self.client.user, "sender", "MESSAGE", uri, self.uses))

    def build(self, n):
        receiver = f"r{random.randrange(RECEIVERS)}"
        uri = self.client.aor(receiver)
        headers = [("Content-Type", "text/plain")]
        if self.challenge:
            headers.append(self.line(uri))
        text = f"{self.number}/{n}"
        return {"receiver": receiver, "uri": uri, "text": text, "call_id": f"kill-{self.number}-{n}",
                "data": self.client.request("MESSAGE", uri, headers, text, call_id=f"kill-{self.number}-{n}"),
                "sent": 0, "first": time.monotonic()}

    def again(self, item):
        """The same message (Call-ID and CSeq) with fresh credentials."""
        cseq = Message(item["data"]).get("cseq").split()[0]
        headers = [("Content-Type", "text/plain"), self.line(item["uri"])]
        item["data"] = self.client.request("MESSAGE", item["uri"], headers, item["text"], call_id=item["call_id"],
                                           cseq=cseq)
        item["sent"] = 0

    def run(self):
        outstanding, next_one = {}, 0
        while next_one < self.count or outstanding:
            while next_one < self.count and len(outstanding) < (32 if self.challenge else 1):
                item = self.build(next_one)
                outstanding[item["call_id"]] = item
                next_one += 1
            now = time.monotonic()
            for item in list(outstanding.values()):
                if now - item["sent"] > 1.0:
                    item["sent"] = now
                    self.client.wire.send(item["data"])
            response = self.client.receive(lambda m: m.status >= 200, 0.2)
            if response is None:
                continue
            item = outstanding.get(response.get("call-id"))
            if item is None:
                continue
            if response.status == 401:
                self.challenge, self.uses = response.get("www-authenticate"), 0
                self.again(item)
            elif response.status == 503:
                self.again(item)  # refused in plain words: nothing was promised
                item["sent"] = now + 0.5
            else:
                outstanding.pop(item["call_id"])
                if response.status in (200, 202):
                    self.acknowledged.setdefault(item["receiver"], []).append(item["text"])
                else:
                    self.refused.append((item["text"], response.status))


class Receiver(threading.Thread):
    """A phone with an instance: answers every MESSAGE, and notes each new one (not a retransmission)."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.client = Client(server, f"r{number}", instance=f"00000000-0000-4000-8000-{number:012d}")
        self.got, self.branches, self.ended = [], set(), False

    def run(self):
        while not self.ended:
            request = self.client.receive_request(wait=0.3)
            if request is None:
                continue
            self.client.answer(request)
            if request.get("via") not in self.branches:
                self.branches.add(request.get("via"))
                self.got.append((request.text, request.get("call-id"), request.get("cseq")))


def register(receiver, server):
    for _ in range(20):
        response = receiver.client.register(wait=10)
        if response is not None and response.status == 200:
            return
        time.sleep(0.5)
    raise AssertionError("no registration")


def crashes(server, count, kill_database, done):
    """Kills at random moments, at least once, until `count` is reached or `done` is set; how many there were."""
    killed = 0
    while killed < count and not (killed and done.is_set()):
        time.sleep(random.uniform(0.05, 0.4 if killed == 0 else 1.2))
        if not kill_database:
            server.restart()
        elif not server.kill_postgres():
            continue  # it is still coming back from the last time
        killed += 1
    return killed


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return condition()


def run(kill_database):
    settings = ["limits.mailbox_messages=100000", "message.retry_first_s=1", "message.retry_most_s=2",
                "storage.wait_s=5", "log.level=warning"]
    with Server(PASSWORDS, settings=settings) as server:
        acknowledged, done = {}, threading.Event()
        # First half: nobody is online, everything is kept.
        senders = [Sender(server, i, MESSAGES // SENDERS, acknowledged) for i in range(SENDERS)]
        for sender in senders:
            sender.start()
        first_counts, killer_counts = [], []
        killer = threading.Thread(target=lambda: first_counts.append(crashes(server, KILLS, kill_database, done)),
                                  daemon=True)
        killer.start()
        for sender in senders:
            sender.join(240)
            check(not sender.is_alive(), "a sender is stuck")
            check(not sender.refused, f"refused: {sender.refused[:5]}")
        done.set()
        killer.join(120)
        check(first_counts and first_counts[0] > 0, "nothing was killed while messages came in")
        kept = sum(len(texts) for texts in acknowledged.values())
        check(kept == MESSAGES // SENDERS * SENDERS, f"{kept} acknowledged")

        # Second half: the phones come, and the server is killed while it delivers.
        receivers = [Receiver(server, i) for i in range(RECEIVERS)]
        for receiver in receivers:
            register(receiver, server)
            receiver.start()
        done.clear()
        killer = threading.Thread(target=lambda: killer_counts.append(crashes(server, KILLS, kill_database, done)),
                                  daemon=True)
        killer.start()
        wanted = {r.client.user: set(acknowledged.get(r.client.user, [])) for r in receivers}

        def complete():
            return all(wanted[r.client.user] <= {text for text, _, _ in r.got} for r in receivers)
        good = wait_until(complete, 200)
        done.set()
        killer.join(120)
        time.sleep(3)  # what would come twice comes now
        for receiver in receivers:
            receiver.ended = True
            receiver.join(10)
        missing = {r.client.user: len(wanted[r.client.user] - {t for t, _, _ in r.got}) for r in receivers}
        check(killer_counts and killer_counts[0] > 0, "nothing was killed while messages went out")
        check(good, f"acknowledged and not delivered: {missing}")
        for receiver in receivers:
            judge(receiver, killer_counts[0] if killer_counts else KILLS)


def judge(receiver, killed):
    """Once each, but for one message per crash."""
    seen, repeated = {}, 0
    for text, call_id, cseq in receiver.got:
        if text in seen:
            repeated += 1
            check(seen[text] == (call_id, cseq), f"{text} came again with another Call-ID or CSeq")
            continue
        seen[text] = (call_id, cseq)
    check(repeated <= killed, f"{receiver.client.user}: {repeated} messages came twice after {killed} crashes")
    check(len(seen) > 0 or MESSAGES < 1000, "nothing was delivered at all")


def test_nothing_acknowledged_is_lost_when_the_server_is_killed():
    run(kill_database=False)


def test_nothing_acknowledged_is_lost_when_postgresql_is_killed():
    run(kill_database=True)


if __name__ == "__main__":
    random.seed(os.environ.get("KILL_SEED"))
    sys.exit(cases.main(sys.modules[__name__]))
