"""The program as its administrator meets it: commands, configuration, signals, databases of his own, and what goes wrong
when it starts.

SPDX-License-Identifier: MIT
"""

import glob
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import types

import cases
from cases import check
from server import PROGRAM, Server
from sip import WAIT, Client, Wire
from web import Web


def status(response):
    return response.status if response else None


def heliograph(*words, input=None, timeout=60):
    return subprocess.run([PROGRAM, *words], input=input, capture_output=True, text=True, timeout=timeout)


class Database:
    """A PostgreSQL of the administrator's, on a port of this machine."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix=os.environ.get("TEST_PREFIX", "heliograph-test-"))
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.who = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.who:
            shutil.chown(self.folder, "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.data, self.process = os.path.join(self.folder, "data"), None
        subprocess.run(self.who + [f"{self.programs}/initdb", "-D", self.data, "-U", "keeper", "-A", "trust", "-N"],
                       check=True, capture_output=True, cwd="/")
        self.uri = f"postgresql://keeper@127.0.0.1:{self.port}/postgres"

    def start(self):
        self.process = subprocess.Popen([f"{self.programs}/postgres", "-D", self.data, "-p", str(self.port), "-k",
                                         self.folder, "-c", "fsync=off", "-h", "127.0.0.1"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
                                        user="postgres" if self.who else None, group="postgres" if self.who else None)
        end = time.monotonic() + WAIT
        while subprocess.run([f"{self.programs}/pg_isready", "-qh", "127.0.0.1", "-p", str(self.port)]).returncode:
            check(time.monotonic() < end, "PostgreSQL does not start")
            time.sleep(0.05)
        return self

    def sql(self, statement):
        return subprocess.run(["psql", "-XqAt", self.uri, "-c", statement], capture_output=True, text=True,
                              check=True).stdout.strip()

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(WAIT)
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def test_version_help_and_usage(_server):
    check(re.fullmatch(r"heliograph \d+\.\d+\.\d+\n", heliograph("version").stdout), heliograph("version").stdout)
    said = heliograph("help")
    check(said.returncode == 0 and "user add" in said.stdout, repr(said))
    for words in ((), ("fly",), ("run", "--fly"), ("user",), ("user", "add"), ("user", "add", "a", "b"), ("message", "a")):
        said = heliograph(*words)
        check(said.returncode not in (0, 1) and said.stderr, f"{words}: {said!r}")


def test_user_alone_lists_its_commands(_server):
    said = heliograph("user")
    check(said.returncode == 2 and all(f"user {word}" in said.stderr for word in ("add", "remove", "list", "password")),
          repr(said))


def test_accounts_are_added_listed_changed_and_removed_while_the_server_runs(server):
    said = server.run("user", "add", "dave", input="d-secret\n")
    check(said.returncode == 0, repr(said))
    server.passwords["dave"] = "d-secret"
    dave = Client(server, "dave")
    check(status(dave.register()) == 200, "dave cannot register")
    check(server.run("user", "add", "dave", input="other\n").returncode == 1, "dave is there twice")
    said = server.run("user", "add", "erin", "--generate")
    password = re.search(r"(\S+)\s*$", said.stdout).group(1)
    check(said.returncode == 0 and status(Client(server, "erin", password).register()) == 200, repr(said))
    said = server.run("user", "list")
    check(all(user in said.stdout for user in ("alice", "dave", "erin")), repr(said))

    said = server.run("user", "password", "dave", input="changed\n")
    check(said.returncode == 0, repr(said))
    check(status(Client(server, "dave", "d-secret").register()) == 401, "the old password still does")
    check(status(Client(server, "dave", "changed").register()) == 200, "the new password does not")
    said = server.run("user", "password", "dave", "--generate")
    check(status(Client(server, "dave", re.search(r"(\S+)\s*$", said.stdout).group(1)).register()) == 200, repr(said))

    check(server.run("user", "remove", "dave").returncode == 0, "dave cannot be removed")
    check(status(Client(server, "dave", "changed").register()) == 401, "dave registers after his end")
    alice = Client(server, "alice")
    check(status(alice.message("dave", "are you there?")) == 404, "dave is still there")
    check(dave.receive_request(wait=0.3) is None, "dave's device got a message after his end")
    for words in (("remove", "dave"), ("password", "dave")):
        said = server.run("user", *words, input="x-secret\n")
        check(said.returncode == 1 and "no account" in said.stderr, repr(said))
    for user in ("", "a b", "x@elsewhere.test", "a" * 300):
        said = server.run("user", "add", user, input="x-secret\n")
        check(said.returncode != 0 and said.stderr, f"{user!r}: {said!r}")
    check(server.run("user", "add", "empty", input="\n").returncode == 1, "an empty password")


def test_status_and_message_ask_the_server_that_runs(server):
    said = server.run("status")
    check(said.returncode == 0 and "phase serving" in said.stdout, repr(said))
    bob = Client(server, "bob")
    check(status(bob.register()) == 200, "bob")
    for text, words, wanted in (("Grüße", ("alice", "bob"), "200"), ("hi", ("alice@example.test", "sip:bob@example.test"), "200")):
        result = {}
        thread = threading.Thread(target=lambda: result.update(r=server.run("message", *words, text)))
        thread.start()
        request = bob.receive_request()
        check(request is not None and request.text == text and "alice@example.test" in request.get("from"), repr(request))
        bob.answer(request)
        thread.join()
        check(result["r"].returncode == 0 and result["r"].stdout.startswith(wanted), repr(result["r"]))
    said = server.run("message", "alice", "carol", input="from standard input")
    check(said.returncode == 0 and said.stdout.startswith("202"), repr(said))
    carol = Client(server, "carol")
    check(status(carol.register()) == 200 and carol.take_messages(1) == ["from standard input"], "carol")
    for words in (("alice", "nobody"), ("alice", "bob@elsewhere.test")):
        said = server.run("message", *words, "x")
        check(said.returncode == 1 and said.stderr, f"{words}: {said!r}")
    said = server.run("message", "nobody", "bob", "x")
    check(said.returncode == 1 and "404 There is no account nobody@example.test" in said.stderr, repr(said))
    for words, text in ((("alice", "bob", ""), None), (("alice", "bob"), "")):
        said = server.run("message", *words, input=text)
        check(said.returncode == 1 and "the text is empty" in said.stderr, repr(said))
    with tempfile.TemporaryDirectory() as folder:
        said = heliograph("status", "--state", folder)
        check(said.returncode == 1 and "does not run" in said.stderr, repr(said))


def test_commands_take_the_domain_of_the_server(server):
    def user(*words):  # nothing but the state folder is given
        return heliograph("user", *words, "--state", server.state, input="g-secret\n")
    said = user("add", "gina")
    check(said.returncode == 0 and said.stdout == "added gina@example.test\n", repr(said))
    check(status(Client(server, "gina", "g-secret").register()) == 200, "gina cannot register")
    said = user("password", "gina@example.test")
    check(said.returncode == 0 and said.stdout == "password of gina@example.test changed\n", repr(said))
    said = user("add", "gina@elsewhere.test")
    check(said.returncode == 1 and "of the domain example.test, not of elsewhere.test" in said.stderr, repr(said))
    said = user("remove", "gina")
    check(said.returncode == 0 and said.stdout == "removed gina@example.test\n", repr(said))


def test_check_names_file_and_line(_server):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "heliograph.conf")

        def said(text):
            with open(path, "w") as f:
                f.write(text)
            return heliograph("check", "--config", path, "--state", folder)
        check(said('domain = "example.test";\n').returncode == 0, "a good one")
        for text, line, word in (('domain = "a.test";\n\nsip: {\n  prot = 5060;\n};\n', 4, "prot"),
                                 ('sip: {\n  port = 70000;\n};\n', 2, "65535"), ('sip: {\n  port = "x";\n};\n', 2, "sip.port"),
                                 ('domain = "a.test";\nlog = 5;\n', 2, "log"), ('log: {\n level = "loud";\n};\n', 2, "loud"),
                                 ('bind = [ "no address" ];\n', 1, "no address"), ('domain = \n;\n', 2, "syntax"),
                                 ('fly: { x = 1; };\n', 1, "fly"),
                                 ('tls: {\n certificate = "/none.pem";\n key = "/none.key";\n};\n', 2, "none.pem"),
                                 ('tls: {\n trusted = "/";\n};\n', 2, "tls.trusted"),
                                 ('web: {\n root = "/etc/passwd";\n};\n', 2, "no folder"),
                                 ('web: {\n port = 65535;\n};\n', 2, "web.tls_port"),
                                 ('web: {\n port = 5061;\n};\n', 2, "tls.port"),
                                 ('sip: {\n port = 8081;\n};\n', 2, "web.tls_port"),
                                 ('sip = 5060;\n', 1, "sip is a group; did you mean sip.port?"),
                                 ('sip: {\n port = 4294967296;\n};\n', 2, "4294967296 is above 65535"),
                                 ('sip: { port = 0xFFFFFFFFFFFFFFFFFF; };\n', 1, "FF is above 65535"),
                                 ('sip: {\n port = -1;\n};\n', 2, "-1 is below 0")):
            answer = said(text)
            check(answer.returncode == 1 and re.search(rf"{re.escape(path)}:{line}\b", answer.stderr) and
                  word in answer.stderr, f"{text!r}: {answer.stderr!r}")
            run = heliograph("run", "--config", path, "--state", folder)
            check(run.returncode == 1 and run.stderr == answer.stderr, f"run, {text!r}: {run.stderr!r}")
            check(os.listdir(folder) == ["heliograph.conf"], f"{text!r}: run has made {os.listdir(folder)}")
        sample = heliograph("check", "--print-sample").stdout
        check(said(sample).returncode == 0, f"the sample is wrong: {said(sample).stderr}")
        every = re.sub(r"(?m)^(\s*)# (\w+ = .*;)$", r"\1\2", sample)
        check(every != sample and said(every).returncode == 0, f"the sample without its #: {said(every).stderr}")
        check("limits" in heliograph("check", "--print-markdown").stdout, "no reference")
        check(heliograph("check", "--config", os.path.join(folder, "none")).returncode == 1, "a file that is not there")


class FileServer(Server):
    """A server whose settings stand in a file, so that SIGHUP finds them changed."""

    def command(self, *words):
        return super().command(*words) + ["--config", self.configuration]

    def configure(self, text):
        self.configuration = os.path.join(self.folder, "heliograph.conf")
        with open(self.configuration, "w") as f:
            f.write(text)
        return self

    def make_certificate(self, name):
        files = [os.path.join(self.folder, f"{name}.{kind}") for kind in ("pem", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", f"/CN={name}", "-out", files[0], "-keyout", files[1]], check=True, capture_output=True)
        return files

    def hang_up(self, word):
        """SIGHUP; waits until the log says what came of it."""
        with open(self.log) as f:
            before = len(f.read())
        self.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + WAIT
        while True:
            with open(self.log) as f:
                news = f.read()[before:]
            if word in news:
                return
            check(time.monotonic() < end, f"no {word!r} after SIGHUP: {news}")
            time.sleep(0.05)


def certificate_name(server, port):
    text = ssl.get_server_certificate((server.host, port))
    return subprocess.run(["openssl", "x509", "-noout", "-subject"], input=text, capture_output=True, text=True).stdout


def test_sighup_takes_new_certificates_and_settings(_server):
    server = FileServer()
    one, two = server.make_certificate("one"), server.make_certificate("two")
    current = [os.path.join(server.folder, "current.pem"), os.path.join(server.folder, "current.key")]

    def use(files):
        for source, target in zip(files, current):
            shutil.copy(source, target)
    use(one)
    text = f'tls: {{ certificate = "{current[0]}"; key = "{current[1]}"; }};\n' \
        'log: { level = "%s"; };\nregistrar: { min_expires_s = %d; };\n'
    server.configure(text % ("info", 60))
    with server:
        check("one" in certificate_name(server, server.tls_port), certificate_name(server, server.tls_port))
        alice = Client(server, "alice", transport="tls")
        check(status(alice.register(30)) == 423, "min_expires_s is 60")
        use(two)
        server.configure(text % ("debug", 10))
        server.hang_up("what=reloaded")
        check("two" in certificate_name(server, server.tls_port), "TLS has the old certificate")
        check("two" in certificate_name(server, server.web_tls_port), "HTTPS has the old certificate")
        check(status(alice.register(30)) == 200, "the connection that was there, or the new setting, does not do")
        with open(server.log) as f:
            check("level=debug" in f.read(), "the log's level did not change")
        server.configure("sip: { port = 99999999; };\n")
        server.hang_up("what=reload_failed")
        with open(current[0], "w") as f:
            f.write("nonsense")
        server.configure(text % ("info", 10))
        server.hang_up("certificate")
        check("two" in certificate_name(server, server.tls_port), "a bad file has replaced the certificate")
        check(status(alice.register(30)) == 200, "the server suffered")


def test_a_certificate_that_does_not_do_is_named_at_the_start(_server):
    with tempfile.TemporaryDirectory(prefix=os.environ.get("TEST_PREFIX", "heliograph-test-")) as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "nonsense.pem")
        with open(path, "w") as f:
            f.write("nonsense")
        settings = ("bind=127.0.0.1", "sip.port=0", "tls.port=0", "web.port=0", f"tls.certificate={path}", f"tls.key={path}")
        said = heliograph("run", "--state", os.path.join(folder, "state"),
                          *[word for setting in settings for word in ("--set", setting)])
        check(said.returncode == 1 and "what=certificate_failed" in said.stderr and path in said.stderr, repr(said))
        check("cannot_listen" not in said.stderr, repr(said))


def is_running(pid):
    try:
        os.kill(pid, 0)
        return True
    except OSError:
        return False


def test_sigterm_drains_and_ends_with_the_database(_server):
    with Server(settings=["message.answer_wait_s=2"]) as server:
        alice, bob = Client(server, "alice"), Client(server, "bob", transport="tcp")
        check(status(bob.register()) == 200, "bob")
        result, pid = {}, server.postgres_pid()
        thread = threading.Thread(target=lambda: result.update(r=alice.message("bob", "under way")))
        thread.start()
        request = bob.receive_request()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        bob.answer(request)
        thread.join()
        check(status(result["r"]) in (200, 202), f"what was under way is lost: {result['r']!r}")
        start = time.monotonic()
        check(server.process.wait(15) == 0, f"status {server.process.returncode}")
        check(time.monotonic() - start < 10, "it took too long")
        check(not is_running(pid), "the database goes on")
        check(bob.receive(wait=WAIT) is None and bob.wire.closed, "the connection is open")


def test_two_servers_side_by_side_and_none_in_one_folder(server):
    with Server() as other:
        for one in (server, other):
            check(status(Client(one, "alice").register()) == 200, "one of two does not serve")
        said = subprocess.run(other.command("run") + ["--set", "sip.port=0", "--set", "web.port=0", "--set", "tls.port=0"],
                              capture_output=True, text=True, timeout=60)
        check(said.returncode == 1 and "another server runs in it" in said.stderr, repr(said))
        check(status(Client(other, "alice").register()) == 200, "the server that was there suffered")


def test_a_taken_port_is_named(server):
    for name, port in (("sip", server.sip_port), ("tls", server.tls_port), ("web", server.web_port)):
        with tempfile.TemporaryDirectory(prefix=os.environ.get("TEST_PREFIX", "heliograph-test-")) as folder:
            os.chmod(folder, 0o755)
            settings = {"sip.port": 0, "tls.port": 0, "web.port": 0, "web.tls_port": 0, f"{name}.port": port}
            said = heliograph("run", "--state", folder, "--set", "bind=127.0.0.1",
                              *[word for key, value in settings.items() for word in ("--set", f"{key}={value}")])
            check(said.returncode == 1 and str(port) in said.stderr and "in use" in said.stderr, f"{name}: {said.stderr}")


def test_a_database_of_the_administrators_own(_server):
    with Database() as database:
        said = heliograph("migrate", "--set", f"database={database.uri}", "--set", "domain=example.test")
        check(said.returncode == 0 and "schema" in said.stdout, repr(said))
        with Server(settings=[f"database={database.uri}"]) as server:
            alice = Client(server, "alice")
            check(status(alice.register()) == 200 and status(alice.message("bob", "kept")) == 202, "alice")
            check(not os.path.exists(os.path.join(server.state, "postgres")), "a private database was made all the same")
            server.restart()
            bob = Client(server, "bob")
            check(status(bob.register()) == 200 and bob.take_messages(1) == ["kept"], "bob")
            database.stop()
            response = alice.message("carol", "cannot be kept")
            check(status(response) == 503 and response.get("retry-after"), repr(response))
            database.start()
            end = time.monotonic() + WAIT
            while status(alice.message("carol", "kept again")) != 202:
                check(time.monotonic() < end, "the database is not found again")
        version = database.sql("SELECT max(number) FROM schema_version")
        database.sql(f"INSERT INTO schema_version (number, name) VALUES ({int(version) + 1}, 'tomorrow')")
        with tempfile.TemporaryDirectory() as state:
            for words in (("run",), ("migrate",), ("user", "list")):
                said = heliograph(*words, "--state", state, *[word for setting in (
                    f"database={database.uri}", "sip.port=0", "web.port=0", "tls.port=0") for word in ("--set", setting)])
                check(said.returncode == 1 and "newer" in said.stderr, f"{words}: {said!r}")


def test_a_database_that_is_not_there_yet_is_waited_for(_server):
    database = Database()
    server = Server(settings=[f"database={database.uri}"])
    try:
        thread = threading.Thread(target=server.start)
        thread.start()
        end = time.monotonic() + WAIT
        while not os.path.exists(server.log) or str(database.port) not in open(server.log).read():
            check(time.monotonic() < end, "the log does not say which database is waited for")
            time.sleep(0.05)
        time.sleep(1)
        check(server.process.poll() is None, "the server gave up")
        check(len(open(server.log).read().split("\n")) < 20, "it fills the log while it waits")
        database.start()
        thread.join(60)
        check(status(Client(server, "alice").register()) == 200, "alice")
        check(server.stop() == 0, "the end")
        server.process = None

        database.stop()  # and SIGTERM ends the waiting
        process = subprocess.Popen(server.command("run") + ["--set", "sip.port=0"], stderr=subprocess.DEVNULL)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        check(process.wait(15) == 0, "SIGTERM while it waits")
    finally:
        if server.process and server.process.poll() is None:
            server.process.kill()
        server.remove()
        database.__exit__()


def demo_buddies(address, welcome):
    """Whom alice has in her buddy list; it is made as soon as the server is ready."""
    password = re.search(r"sip:alice@\S+ +password (\S+)", "".join(welcome)).group(1)
    asker = Web(types.SimpleNamespace(web_port=int(address[1]), passwords={}), "alice", password)
    deadline = time.monotonic() + WAIT
    names = set()
    while not names and time.monotonic() < deadline:
        names = {buddy["name"] for buddy in json.loads(asker.ask("GET", "/api/v1/users/alice/buddies").body)["buddies"]}
    return names


def test_the_welcome_shows_how_to_ask_and_ready_what_to_open(_server):
    with tempfile.TemporaryDirectory(prefix=os.environ.get("TEST_PREFIX", "heliograph-test-")) as folder:
        os.chmod(folder, 0o755)
        ports = [word for name in ("sip.port", "tls.port", "web.port", "web.tls_port") for word in ("--set", f"{name}=0")]
        process = subprocess.Popen([PROGRAM, "run", "--demo", "--state", os.path.join(folder, "a state"), *ports],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("ready"):
                    break
            found = re.findall(r"web=http://(\d[\d.]*):(\d+)", lines[-1])
            check(found and found[0][0] != "0.0.0.0" and "://[::]" not in lines[-1], lines[-1])
            with socket.create_connection((found[0][0], int(found[0][1])), WAIT):
                pass
            asked = [line for line in lines if " status --state " in line]
            said = subprocess.run(asked[0], shell=True, capture_output=True, text=True, timeout=60)
            check("phase serving" in said.stdout, f"{asked}: {said!r}")
            check(demo_buddies(found[0], lines) == {"bob", "carol"}, "the demo accounts know one another")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        check(process.returncode == 0, f"status {process.returncode}")


def owners(folder):
    return {os.lstat(os.path.join(where, name)).st_uid for where, _, names in os.walk(folder) for name in names + ["."]}


def test_root_becomes_the_owner_of_the_state_folder(_server):
    if os.geteuid() != 0:
        return
    owner = pwd.getpwnam("postgres")
    elsewhere = "/var/lib/heliograph-databases"
    before = set(os.listdir(elsewhere)) if os.path.isdir(elsewhere) else set()
    server = Server()
    os.mkdir(server.state, 0o700)
    os.chown(server.state, owner.pw_uid, owner.pw_gid)

    def add(user):
        said = server.run("user", "add", user, input="x-secret\n")
        check(said.returncode == 0, repr(said))
        check(owners(server.state) == {owner.pw_uid}, f"files of {owners(server.state)} after user add")
    add("before")  # nothing has run there yet
    with server:
        with open(f"/proc/{server.process.pid}/status") as f:
            said = f.read()
        check(f"Uid:\t{owner.pw_uid}\t{owner.pw_uid}\t{owner.pw_uid}\t" in said, said)
        check(re.search(r"CapPrm:\s*0+\n", said), said)
        add("beside")
        check("phase serving" in server.run("status").stdout, "status")
        os.chmod(server.folder, 0o700)  # as /var/lib/private is, outside of the unit
        add("behind")
        check("phase serving" in server.run("status").stdout, "status, behind a closed folder")
        server.stop()
        add("between")
        said = server.run("run")
        check(said.returncode == 1 and "state folder" in said.stderr, repr(said))  # a server does not keep that right
        os.chmod(server.folder, 0o755)
        server.start()
        for user in ("before", "beside", "behind", "between"):
            check(status(Client(server, user, "x-secret").register()) == 200, user)
    after = set(os.listdir(elsewhere)) if os.path.isdir(elsewhere) else set()
    check(after <= before, f"left behind: {after - before}")


def main():
    with Server() as server:
        return cases.main(sys.modules[__name__], [server])


if __name__ == "__main__":
    sys.exit(main())
