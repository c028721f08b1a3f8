"""The web client's SIP layer without its pages: link.mjs, a server, and what is done to it.

SPDX-License-Identifier: MIT
"""

import os
import subprocess
import sys

from clients import FOLDER
from server import ROOT, Server
from web import Web

WEB_CLIENT = os.path.join(ROOT, "web-client")
ESBUILD = os.path.join(WEB_CLIENT, "node_modules", ".bin", "esbuild")
MAILBOX = 20
USERS = ("alice", "bob", "carol", "dave", "erin", "frank")


def missing():
    """What is not there, in a sentence; the commands are ./dev test's."""
    if not os.path.exists(ESBUILD):
        return "web-client/node_modules is missing: ./dev build"
    if not os.path.isdir(os.path.join(FOLDER, "node_modules")):
        return "tests/interop/node_modules is missing: npm ci"
    return None


def bundle(server):
    path = os.path.join(server.folder, "link.mjs")
    subprocess.run([ESBUILD, os.path.join(WEB_CLIENT, "src", "sip", "link.ts"), "--bundle", "--format=esm",
                    "--log-level=warning", f"--outfile={path}"], check=True)
    return path


def put(server, user, path, kind, body):
    answer = Web(server, user).ask("PUT", "/xcap/" + path, body, {"Content-Type": kind})
    if answer.status not in (200, 201):
        raise RuntimeError(f"PUT {path}: {answer!r}")


def obey(server, command):
    verb, _, rest = command[1:].partition(" ")
    if verb == "kill":
        server.kill()
    elif verb == "start":
        server.start()
    elif verb == "run":
        result = server.run(*rest.split())
        if result.returncode != 0:
            raise RuntimeError(f"{rest}: {result.stderr}")
    elif verb == "put":
        put(server, *rest.split(" ", 3))
    else:
        raise ValueError(command)


def run(server):
    environment = dict(os.environ, LINK=bundle(server), WEB_CLIENT=WEB_CLIENT, DOMAIN=server.domain,
                       MAILBOX=str(MAILBOX), URL_WS=f"ws://127.0.0.1:{server.web_port}/ws")
    links = subprocess.Popen(["node", os.path.join(FOLDER, "link.mjs"), *sys.argv[1:]], env=environment, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for line in links.stdout:
        if line.startswith("@"):
            obey(server, line.strip())
            links.stdin.write("done\n")
            links.stdin.flush()
        else:
            print(line, end="", flush=True)
    return links.wait()


def main():
    reason = missing()
    if reason:
        print(f"not ok - {reason}\n0 passed, 1 failed")
        return 1
    with Server({user: f"{user}-secret" for user in USERS}, settings=[f"limits.mailbox_messages={MAILBOX}"]) as server:
        return run(server)


if __name__ == "__main__":
    sys.exit(main())
