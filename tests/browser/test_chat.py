"""The web client in headless Chromium: starts a server that serves the page, and chat.mjs, which uses it.

SPDX-License-Identifier: MIT
"""

import os
import shutil
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(FOLDER), "integration"))
from server import ROOT, Server  # noqa: E402
from sip import Client  # noqa: E402

PAGE = os.path.join(ROOT, "web-client", "dist")
MOST_TESTS = 20


def missing():
    """What is not there, in a sentence; the commands are ./dev test's."""
    if not os.path.exists(os.path.join(PAGE, "index.html")):
        return "web-client/dist is not built: ./dev build"
    if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
        return "tests/browser/node_modules is missing: npm ci"
    if not (os.environ.get("CHROMIUM") or shutil.which("chromium")):
        return "there is no chromium"
    return None


def obey(server, command):
    if command == "@kill":
        server.kill()
    elif command == "@start":
        server.start()
    elif command.startswith("@silent "):  # a phone that registers and then answers nothing
        Client(server, command.split()[1]).register()
    else:
        raise ValueError(command)


def run(server):
    environment = dict(os.environ, HTTP_URL=f"http://127.0.0.1:{server.web_port}/",
                       HTTPS_URL=f"https://127.0.0.1:{server.web_tls_port}/",
                       CHROMIUM=os.environ.get("CHROMIUM") or shutil.which("chromium"))
    page = subprocess.Popen(["node", os.path.join(FOLDER, "chat.mjs"), *sys.argv[1:]], env=environment, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for line in page.stdout:
        if line.startswith("@"):
            obey(server, line.strip())
            page.stdin.write("done\n")
            page.stdin.flush()
        else:
            print(line, end="", flush=True)
    return page.wait()


def main():
    reason = missing()
    if reason:
        print(f"not ok - {reason}\n0 passed, 1 failed")
        return 1
    passwords = {f"{name}{n}": f"{name}{n}-secret" for n in range(1, MOST_TESTS + 1) for name in ("alice", "bob")}
    with Server(passwords, settings=[f"web.root={PAGE}"]) as server:
        return run(server)


if __name__ == "__main__":
    sys.exit(main())
