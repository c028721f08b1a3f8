"""Starts and stops a Heliograph of its own for a test: free ports, its own PostgreSQL, a folder that goes with it.

SPDX-License-Identifier: MIT
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("HELIOGRAPH", os.path.join(ROOT, "build", "dev", "heliograph"))
START_WAIT = 60


class Server:
    """with Server(passwords={"alice": "secret"}) as server: ...   `settings` are --set options, `file` is the text of
    a configuration file."""

    def __init__(self, passwords=None, domain="example.test", settings=(), tls=True, bind="127.0.0.1",
                 file=None):
        self.passwords = passwords or {"alice": "a-secret", "bob": "b-secret", "carol": "c-secret"}
        self.domain, self.host, self.host6 = domain, "127.0.0.1", "::1"
        self.settings = list(settings)
        self.bind = bind
        self.folder = tempfile.mkdtemp(prefix=os.environ.get("TEST_PREFIX", "heliograph-test-"))
        os.chmod(self.folder, 0o755)
        self.state = os.path.join(self.folder, "state")
        self.log = os.path.join(self.folder, "log")
        self.accounts = os.path.join(self.folder, "accounts")
        self.config = os.path.join(self.folder, "heliograph.conf")
        with open(self.config, "w") as f:
            f.write(file or "")
        self.sip_port = self.tls_port = self.web_port = self.web_tls_port = 0
        self.process = None
        self.write_accounts()

    def write_accounts(self):
        with open(self.accounts, "w") as f:
            f.writelines(f"{user},{password}\n" for user, password in self.passwords.items())

    def command(self, *words):
        return [PROGRAM, *words, "--config", self.config, "--state", self.state, "--set", f"domain={self.domain}"] + [
            word for setting in self.settings for word in ("--set", setting)]

    def start(self):
        words = self.command("run") + ["--accounts", self.accounts, "--set", f"bind={self.bind}",
                                       "--set", f"sip.port={self.sip_port}", "--set", f"tls.port={self.tls_port}",
                                       "--set", f"web.port={self.web_port}", "--set",
                                       f"web.tls_port={self.web_tls_port}"]
        self.log_file = open(self.log, "ab")
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=self.log_file, stdin=subprocess.DEVNULL)
        ready = {}

        def read():
            for line in self.process.stdout:
                if line.startswith(b"ready"):
                    ready["line"] = line.decode()
                    return
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(START_WAIT)
        if "line" not in ready:
            self.show_log()
            raise RuntimeError("the server did not become ready")
        self.read_ready(ready["line"])
        return self

    def read_ready(self, line):
        """ready domain=example.test sip=udp:127.0.0.1:5060,tcp:... tls=... web=http://... wss=..."""
        def port(pattern):
            found = re.search(pattern, line)
            return int(found.group(1)) if found else 0
        self.ready = line
        self.sip_port = port(r"udp:[^ ,]*?:(\d+)(?=[ ,\n])") or port(r"sip=\S*?:(\d+)")
        self.tls_port = port(r"tls[=:][^ ,]*?:(\d+)(?=[ ,\n]|$)")
        self.web_port = port(r"web=http://[^ ,]*?:(\d+)")
        self.web_tls_port = port(r"https://[^ ,]*?:(\d+)") or port(r"wss=\S*?:(\d+)")

    def show_log(self, lines=80):
        with open(self.log, errors="replace") as f:
            sys.stderr.write("".join(f.readlines()[-lines:]))

    def kill(self):
        """kill -9: what was acknowledged must be there after start()."""
        self.process.kill()
        self.process.wait()
        self.log_file.close()

    def stop(self, wait=30):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError("the server did not end within %d s of SIGTERM" % wait)
        finally:
            self.log_file.close()
        return status

    def restart(self):
        self.kill()
        return self.start()

    def run(self, *words, input=None, timeout=60):
        """A command of the program beside the server."""
        return subprocess.run(self.command(*words), input=input, capture_output=True, text=True, timeout=timeout)

    def forget(self, user):
        """The account as if it were new: no bindings, devices or messages."""
        self.run("user", "remove", user)
        self.run("user", "add", user, input=self.passwords[user] + "\n")

    def postgres_pid(self):
        return int(self.postmaster()[0])

    def postmaster(self):
        """The lines of PostgreSQL's postmaster.pid: the process's number comes first, the socket's folder fifth."""
        with open(os.path.join(self.state, "postgres", "data", "postmaster.pid")) as f:
            return f.read().split("\n")

    def sql(self, statement):
        """The rows that a statement finds in the private PostgreSQL, each a list of texts."""
        result = subprocess.run(["psql", "-XqAt", "-F", "\t", "-h", self.postmaster()[4], "-U", "heliograph", "-d",
                                 "postgres", "-c", statement], capture_output=True, text=True, timeout=60)
        if result.returncode != 0:
            raise RuntimeError(f"{statement}: {result.stderr}")
        return [line.split("\t") for line in result.stdout.splitlines()]

    def kill_postgres(self):
        """kill -9 of the postmaster and its children; False where none is running."""
        try:
            pid = self.postgres_pid()
            os.kill(pid, 0)
        except (OSError, ValueError):
            return False
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
        for number in [pid, *map(int, children.split())]:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it has ended by itself meanwhile
        return True

    def __enter__(self):
        try:
            return self.start()
        except Exception:  # then there is no __exit__
            if self.process and self.process.poll() is None:
                self.kill()
            self.remove()
            raise

    def __exit__(self, kind, value, trace):
        try:
            status = self.stop() if self.process.poll() is None else self.process.returncode
            with open(self.log, errors="replace") as f:
                log = f.read()
            if kind is None and (status != 0 or "ERROR: AddressSanitizer" in log or "runtime error:" in log or
                                 "LeakSanitizer" in log):
                self.show_log(200)
                raise RuntimeError(f"the server ended with status {status}; its log is above")
            if kind is not None:
                self.show_log()
        finally:
            self.remove()

    def remove(self):
        try:
            os.kill(self.postgres_pid(), signal.SIGQUIT)
            time.sleep(0.3)
        except (OSError, ValueError):
            pass
        shutil.rmtree(self.folder, ignore_errors=True)
