"""Lists, rules and watchers under fire: the server, or its PostgreSQL, is killed with -9 while hundreds of lists are
subscribed to over UDP, TCP and WebSocket, rules change, buddy lists are edited over XCAP, and states are published.
Nothing that was acknowledged is lost (subscriptions, rules, documents with their entity-tags, those who wait for a
decision); versions and CSeq only grow; nobody is ever shown what a rule forbids at that time, and in the end everybody
knows what he may.

KILL_LIST_DEVICES is how many watch, three lists each; KILL_SEED repeats a run.
SPDX-License-Identifier: MIT
"""

import http.client
import os
import random
import sys
import threading
import time

import cases
from cases import check
from lists import list_document
from server import Server
from swarm_lists import ListSwarm
from test_rules import ALL, RULES
from web import Web

DEVICES = int(os.environ.get("KILL_LIST_DEVICES", "80"))
WATCHED, LEAVERS, ENTRIES, DIRECT = 30, 4, 20, 2
UDP_SOCKETS = 3
WAIT = int(os.environ.get("KILL_WAIT", "60"))
SECONDS = 12.0  # of fire
DECISIONS = ("allow", "allow", "confirm", "polite-block", "block")
USERS = [f"u{i}" for i in range(WATCHED)]
WATCHERS = [f"d{i}" for i in range(DEVICES)]
LEFT = [f"l{i}" for i in range(LEAVERS)]
KIND = {"pres-rules": "application/auth-policy+xml", "resource-lists": "application/resource-lists+xml"}


def log(text, begin=time.monotonic()):
    print(f"    {time.monotonic() - begin:6.1f} s  {text}", flush=True)


def ruleset(decisions):
    """One rule for each decision, with all whom it is about."""
    rules = []
    for decision in sorted(set(decisions.values())):
        ones = "".join(f'<one id="sip:{who}@example.test"/>' for who, what in decisions.items() if what == decision)
        rules.append(f'<rule id="{decision}"><conditions><identity>{ones}</identity></conditions><actions>'
                     f"<pr:sub-handling>{decision}</pr:sub-handling></actions><transformations>{ALL}</transformations>"
                     "</rule>")
    return RULES.format("".join(rules))


class Document:
    """One that its owner edits over XCAP, whatever happens to the server; each change names the one before by its
    entity-tag (RFC 4825 §7.11)."""

    def __init__(self, editor, application, user):
        self.editor, self.application = editor, application
        self.web = Web(editor.server, user)
        self.target = f"/xcap/{application}/users/sip:{user}@example.test/index"
        self.text, self.etag = None, None

    def put(self, text):
        """Until it is acknowledged."""
        while not self.editor.has_stopped:
            try:
                condition = {"If-Match": self.etag} if self.etag else {"If-None-Match": "*"}
                answer = self.web.ask("PUT", self.target, text, {"Content-Type": KIND[self.application], **condition})
                if answer.status in (200, 201):
                    self.text, self.etag = text, answer.etag
                    return
                if answer.status == 412 and self.is_committed(text):
                    return
                if answer.status != 503:
                    self.editor.swarm.complain(f"PUT {self.target}: {answer!r}")
                    return
            except (OSError, http.client.HTTPException, AssertionError):
                pass  # the server is away
            time.sleep(0.1)

    def is_committed(self, text):
        """The answer was lost, not the change."""
        answer = self.web.ask("GET", self.target)
        if answer.status == 200 and answer.text == text:
            self.text, self.etag = text, answer.etag
            return True
        self.editor.swarm.complain(f"{self.target} is neither what it was nor what was put: {answer!r}")
        return False

    def check(self):
        answer = self.web.ask("GET", self.target)
        check(answer.status == 200 and answer.text == self.text and answer.etag == self.etag,
              f"{self.target}, put with {self.etag}: {answer!r}")


class Editor:
    """Threads that change rules and buddy lists all the time."""

    def __init__(self, server, swarm, buddies):
        self.server, self.swarm, self.buddies = server, swarm, buddies
        self.has_stopped, self.is_paused, self.changes = False, False, 0
        self.rules = {user: Document(self, "pres-rules", user) for user in USERS}
        self.lists = {watch.device.user: Document(self, "resource-lists", watch.device.user) for watch in buddies}
        self.threads = [threading.Thread(target=self.run, args=(what,), daemon=True)
                        for what in (self.change_rules, self.change_list)]

    def set_rules(self, user, decisions):
        self.swarm.rules[user].begin(decisions)
        self.rules[user].put(ruleset(decisions))
        self.swarm.rules[user].end()

    def change_rules(self):
        user = random.choice(USERS)
        decisions = dict(self.swarm.rules[user].now())
        for watcher in random.sample(WATCHERS, max(1, DEVICES // 8)):
            decisions[watcher] = random.choice(DECISIONS)
        self.set_rules(user, decisions)

    def change_list(self):
        watch = random.choice(self.buddies)
        names = random.sample(USERS, random.randint(0, ENTRIES))
        self.lists[watch.device.user].put(list_document(names))
        watch.names = names

    def run(self, change):
        while not self.has_stopped:
            if not self.is_paused:
                change()
                self.changes += 1
            time.sleep(0.15)

    def start(self):
        for thread in self.threads:
            thread.start()

    def stop(self, swarm):
        """What it is at is finished."""
        self.is_paused = True
        swarm.until(lambda: all(rules.changes[-1][1] is not None for rules in swarm.rules.values()), WAIT, "rules")
        self.has_stopped = True
        for thread in self.threads:
            thread.join(WAIT)


class Fire:
    def __init__(self, server, kill_database):
        self.server, self.kill_database, self.killer = server, kill_database, None
        self.swarm = swarm = ListSwarm(server, USERS)
        sockets = [swarm.open_udp() for _ in range(UDP_SOCKETS)]
        self.devices = []
        for i, user in enumerate(WATCHERS):
            transport = ("udp", "tcp", "udp", "ws")[i % 4]
            device = swarm.add(user, transport, sockets[i // 4 % UDP_SOCKETS] if transport == "udp" else None)
            device.back = "register" if i // 4 % 2 else "subscribe"
            if transport != "udp":
                device.register()
            self.devices.append(device)
        self.watched = [swarm.add(user, "udp", sockets[0]) for user in USERS]
        self.leavers = [swarm.add(user, "udp", sockets[0]) for user in LEFT]
        for device in self.watched:
            swarm.add_publication(device)

    def watches(self):
        return list(self.swarm.subscriptions())

    def subscribe(self):
        swarm = self.swarm
        for device in self.watched:
            device.watch("winfo", device.user)
            swarm.publish(device.user)
        for device in self.leavers:
            for user in USERS:
                device.watch("direct", user)
        for device in self.devices:
            for _ in range(2):
                device.watch("carried", "rls", random.sample(USERS, ENTRIES))
            device.watch("buddies", "rls")
            for user in random.sample(USERS, DIRECT):
                device.watch("direct", user)
        self.editor = Editor(self.server, swarm, [w for w in self.watches() if w.kind == "buddies"])

    def crash(self):
        def run():
            if self.kill_database:
                while not self.server.kill_postgres():
                    time.sleep(0.1)
            else:
                self.swarm.is_away = True
                self.server.restart()
                self.swarm.is_away = False
        self.killer = threading.Thread(target=run, daemon=True)
        self.killer.start()

    def burn(self, seconds, crashes):
        begin, next_change = time.monotonic(), 0.0
        points = sorted(begin + random.uniform(0.1, 0.9) * seconds for _ in range(crashes))
        while time.monotonic() < begin + seconds or points or self.killer.is_alive():
            self.swarm.turn()
            now = time.monotonic()
            check(now < begin + WAIT, f"it does not end: {self.swarm.state()}")
            if points and now > points[0] and not (self.killer and self.killer.is_alive()):
                points.pop(0)
                log(f"kill; {self.swarm.state()}, {self.editor.changes} documents changed")
                self.crash()
            if now > next_change:
                self.swarm.publish(random.choice(USERS))
                self.swarm.bring_back()
                next_change = now + 0.2

    def settle(self, what):
        self.swarm.until(self.swarm.is_idle, WAIT, what)

    def leave(self):
        """They have asked, are answered, and go: they are remembered."""
        for device in self.leavers:
            for watch in list(device.subscriptions.values()):
                device.leave(watch)
        self.settle("those who leave are answered")

    def end(self):
        """The last rules and states; everybody is told, who is refused asks once more."""
        self.editor.stop(self.swarm)
        self.settle("all that was asked is answered")
        for device in self.watched:
            self.swarm.publish(device.user)
        self.settle("the last states are acknowledged")
        self.swarm.note_marks()
        self.check_all_know("everybody is told what he may know, without asking")
        self.swarm.refresh_all()
        self.settle("refreshes are answered")

    def kill_once_more(self):
        for watch in self.watches():
            watch.entries = {}
        self.swarm.is_away = True
        self.server.restart()
        self.swarm.is_away = False
        self.settle("all are back")

    def all_know(self):
        self.swarm.bring_back()
        return self.swarm.is_idle() and all(watch.is_current() for watch in self.watches())

    def check_all_know(self, what):
        try:
            self.swarm.until(self.all_know, WAIT, what)
        except AssertionError as failure:
            dark = [watch for watch in self.watches() if not watch.is_current()]
            raise AssertionError(f"{failure}; {len(dark)} are wrong: " + "; ".join(map(str, dark[:5]))) from None

    # --- what there must be

    def wanted_watchers(self, user):
        """{(watcher, status)}: who watches by a list or by himself, and who has asked and left."""
        found = {(leaver, "waiting") for leaver in LEFT}
        for watch in self.watches():
            is_about = watch.user == user if watch.kind == "direct" else user in watch.names
            decision = self.swarm.rules[user].decision(watch.device.user)
            if is_about and decision != "block" and not watch.is_over:
                found.add((watch.device.user, "pending" if decision == "confirm" else "active"))
        return found

    def wrong_watchers(self, user):
        watch = next(w for w in self.swarm.by_user[user].subscriptions.values() if w.kind == "winfo")
        shown = {(who, status) for who, status in watch.watchers.values() if who != user}
        # Who had asked by a list that he is not on any more waits still.
        more = {(who, status) for who, status in shown
                if status == "waiting" and self.swarm.rules[user].decision(who) == "confirm"}
        return shown ^ (self.wanted_watchers(user) | more)

    def check_watchers(self):
        try:
            self.swarm.until(lambda: not any(map(self.wrong_watchers, USERS)), WAIT, "all see who watches them")
        except AssertionError as failure:
            wrong = [(user, sorted(self.wrong_watchers(user))) for user in USERS if self.wrong_watchers(user)]
            raise AssertionError(f"{failure}; {len(wrong)} do not: {wrong[:3]}") from None

    def check_documents(self):
        for document in [*self.editor.rules.values(), *self.editor.lists.values()]:
            if document.text is not None:
                document.check()

    def check_rows(self):
        # A row goes after the subscription: who was refused last may be seen for a moment.
        wanted = sum(1 for watch in self.watches() if not watch.is_over)
        end = time.monotonic() + 20
        while (rows := int(self.server.sql("SELECT count(*) FROM subscriptions")[0][0])) != wanted:
            check(time.monotonic() < end, f"{rows} rows for {wanted} subscriptions")
            self.swarm.until(lambda end=time.monotonic() + 0.5: time.monotonic() > end, WAIT, "a moment")

    def check_quiet(self, what):
        complaints = self.swarm.complaints
        check(not complaints, f"{what}: {len(complaints)} complaints: {complaints[:3]}")


def run(kill_database):
    settings = ["storage.wait_s=5", "log.level=warning", "subscription.retry_first_s=1", "subscription.retry_most_s=2",
                "presence.watch=ask", "limits.subscriptions_per_account=100"]
    with Server({user: "secret" for user in USERS + WATCHERS + LEFT}, settings=settings) as server:
        fire = Fire(server, kill_database)
        fire.subscribe()
        fire.settle("all have subscribed")
        fire.leave()
        log(fire.swarm.state())
        fire.check_quiet("while subscribing")
        fire.editor.start()
        fire.burn(SECONDS, 4)
        fire.end()
        fire.check_all_know("everybody knows what he may")
        fire.kill_once_more()
        fire.check_all_know("what is told comes from the database")
        log(f"all know what they may: {fire.swarm.state()}")
        fire.check_watchers()
        fire.check_documents()
        fire.check_rows()
        fire.check_quiet("in the end")
        fire.swarm.close()


def test_after_kill_of_the_server_lists_rules_and_watchers_are_as_they_were_acknowledged():
    run(kill_database=False)


def test_after_kill_of_postgresql_lists_rules_and_watchers_are_as_they_were_acknowledged():
    run(kill_database=True)


if __name__ == "__main__":
    random.seed(os.environ.get("KILL_SEED"))
    sys.exit(cases.main(sys.modules[__name__]))
