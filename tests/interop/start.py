"""Runs the functions named test_* of a script with a server and the clients that it wants.

SPDX-License-Identifier: MIT
"""

import cases
from clients import missing
from server import Server


def main(module, passwords, settings, make, file=None, programs=()):
    """`make(server)` gives the peers; each test gets the server and them. `file` is the text of a configuration file,
    `programs` are more than all tests here want. Returns the exit status."""
    reason = missing(programs)
    if reason:
        print(f"not ok - {reason}\n0 passed, 1 failed")
        return 1
    with Server(passwords, settings=settings, file=file) as server:
        peers = make(server)
        try:
            failed = cases.main(module, (server, peers))
            if failed:
                for peer in peers:
                    peer.show()
        finally:
            for peer in peers:
                peer.kill()
    return failed
