"""Subscriptions and publications under fire: the server, or its PostgreSQL, is killed with -9 while 20,000 SUBSCRIBEs
over UDP, TCP and WebSocket come in, and PUBLISHes with them. Whoever was answered 200 is told the next change in the same
dialog, with CSeq and version greater than before, and no publication that was answered 200 is lost.

KILL_SUBSCRIPTIONS is how many; KILL_SEED repeats a run.
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
from swarm import Publication, Swarm

SUBSCRIPTIONS = int(os.environ.get("KILL_SUBSCRIPTIONS", "20000"))
WATCHED = 50                # users; two packages each
EACH = 2 * WATCHED          # subscriptions of a device
DEVICES = max(4, SUBSCRIPTIONS // EACH)
UDP_SOCKETS = 4
UNWATCHED, DOCUMENTS = 50, 10
WAIT = int(os.environ.get("KILL_WAIT", "240"))


def passwords():
    users = [f"d{i}" for i in range(DEVICES)] + [f"u{i}" for i in range(WATCHED)] + [f"q{i}" for i in range(UNWATCHED)]
    return {user: "secret" for user in users}


def log(text, begin=time.monotonic()):
    print(f"    {time.monotonic() - begin:6.1f} s  {text}", flush=True)


class Fire:
    """Half of the devices over UDP, a quarter over TCP, a quarter over WebSocket; half of those with a connection come
    back by REGISTER, the others by SUBSCRIBE in their dialogs."""

    def __init__(self, server, kill_database):
        self.server, self.kill_database, self.killer = server, kill_database, None
        self.swarm = swarm = Swarm(server)
        sockets = [swarm.open_udp() for _ in range(UDP_SOCKETS)]
        self.watchers = []
        for i in range(DEVICES):
            transport = ("udp", "tcp", "udp", "ws")[i % 4]
            device = swarm.add(f"d{i}", transport, sockets[i // 4 % UDP_SOCKETS] if transport == "udp" else None)
            device.back = "register" if i // 4 % 2 else "subscribe"
            self.watchers.append(device)
        publishers = swarm.open_udp()
        users = [swarm.add(f"u{i}", "udp", publishers) for i in range(WATCHED)]
        others = [swarm.add(f"q{i}", "udp", publishers) for i in range(UNWATCHED)]
        self.watched = [Publication(user, package) for user in users for package in ("presence", "dialog")]
        self.unwatched = [Publication(user, "presence", n) for user in others for n in range(DOCUMENTS)]
        self.mark = 0

    # --- the fire

    def crash(self):
        """In a thread: the devices live on meanwhile."""
        def run():
            if self.kill_database:
                while not self.server.kill_postgres():
                    time.sleep(0.1)  # it is still coming back from the last time
            else:
                self.swarm.is_away = True
                self.server.restart()
                self.swarm.is_away = False
        self.killer = threading.Thread(target=run, daemon=True)
        self.killer.start()

    def is_burning(self):
        return self.killer is not None and self.killer.is_alive()

    def publish_some(self, count):
        """New states of some of the watched users."""
        for publication in random.sample(self.watched, count):
            if not publication.is_busy:
                self.mark += 1
                publication.publish(self.mark)

    def burn(self, crashes, progress, goal, seconds, what):
        """Until progress() is `goal`, with crashes at random points on the way, and changes all the time."""
        points = sorted(random.uniform(0.1, 0.9) * goal for _ in range(crashes))
        end, next_change = time.monotonic() + seconds, 0.0
        while progress() < goal or points or self.is_burning():
            check(time.monotonic() < end, f"not within {seconds} s: {what}; {self.swarm.state()}")
            self.swarm.turn()
            if points and progress() >= points[0] and not self.is_burning():
                points.pop(0)
                log(f"kill at {progress()} of {goal}")
                self.crash()
            if time.monotonic() > next_change:
                self.publish_some(1)
                next_change = time.monotonic() + 0.2

    # --- what happens

    def subscribe(self):
        for device in self.watchers:
            if device.transport != "udp":
                device.register()
        for publication in self.unwatched:
            publication.publish(0)
        for user in range(WATCHED):
            for device in self.watchers:
                for package in ("presence", "dialog"):
                    device.subscribe(package, f"u{user}")

    def count_subscribed(self):
        return sum(1 for s in self.swarm.subscriptions() if s.to_tag)

    def settle(self, what):
        self.swarm.until(self.swarm.is_idle, WAIT, what)

    def change_all(self):
        """Everybody's state changes once more; each watcher must be told that in his dialog."""
        for publication in self.watched:
            self.mark += 1
            publication.publish(self.mark)
        self.settle("the last changes are acknowledged")
        marks = {(p.device.user, p.package): p.mark for p in self.watched}

        def told():
            return all(s.mark == marks[s.user, s.package] for s in self.swarm.subscriptions())
        try:
            self.swarm.until(told, WAIT, "all watchers are told")
        except AssertionError as failure:
            dark = [s for s in self.swarm.subscriptions() if s.mark != marks[s.user, s.package]]
            raise AssertionError(f"{failure}; {len(dark)} are dark: " + ", ".join(
                f"{s.call_id} over {s.device.transport}, {s.package} of {s.user}, mark {s.mark} for "
                f"{marks[s.user, s.package]}, CSeq {s.notify_cseq}" for s in dark[:5])) from None

    def check_publications(self):
        """Each is there with the entity-tag that was acknowledged: a refresh is answered 200, not 412."""
        for publication in self.watched + self.unwatched:
            publication.publish()
        self.settle("refreshes of publications are answered 200")

    def check_quiet(self, what):
        complaints = self.swarm.complaints
        check(not complaints, f"{what}: {len(complaints)} complaints: {complaints[:5]}")


def run(kill_database, subscriptions_crashes=2, changes_crashes=2):
    settings = ["storage.wait_s=5", "log.level=warning", "subscription.retry_first_s=1", "subscription.retry_most_s=2",
                "limits.publications_per_resource=100"]
    with Server(passwords(), settings=settings) as server:
        fire = Fire(server, kill_database)
        fire.subscribe()
        total = DEVICES * EACH
        log(f"{total} subscriptions of {DEVICES} devices")
        fire.burn(subscriptions_crashes, fire.count_subscribed, total, WAIT, "all have subscribed")
        fire.settle("all that was asked is answered")
        log(fire.swarm.state())
        fire.check_quiet("while subscribing")
        before = fire.swarm.notified
        fire.burn(changes_crashes, lambda: fire.swarm.notified - before, total // 2, WAIT, "changes are told")
        fire.settle("all that was asked is answered")
        log(fire.swarm.state())
        if kill_database:
            server.restart()  # what is told now comes from the database
        rows = int(server.sql("SELECT count(*) FROM subscriptions")[0][0])
        check(rows == total, f"{rows} rows for {total} subscriptions")
        fire.change_all()
        log("all are told the last change")
        fire.check_publications()
        fire.check_quiet("in the end")
        fire.swarm.close()


def test_after_kill_of_the_server_all_subscriptions_and_publications_that_were_answered_200_are_there():
    run(kill_database=False)


def test_after_kill_of_postgresql_all_subscriptions_and_publications_that_were_answered_200_are_there():
    run(kill_database=True)


if __name__ == "__main__":
    random.seed(os.environ.get("KILL_SEED"))
    sys.exit(cases.main(sys.modules[__name__]))
