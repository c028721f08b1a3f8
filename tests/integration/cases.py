"""Runs the functions named test_* of a script, one line each; the name is the sentence that it proves.

SPDX-License-Identifier: MIT
"""

import sys
import time
import traceback


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def main(module, arguments=None):
    """`arguments` are given to each test (a server, say). Returns the exit status."""
    passed, failed = 0, 0
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, function in list(vars(module).items()):
        if not name.startswith("test_") or not callable(function) or only not in name:
            continue
        start = time.monotonic()
        try:
            function(*(arguments or ()))
            passed += 1
            print(f"ok - {name[5:]} ({time.monotonic() - start:.1f} s)")
        except Exception:
            failed += 1
            print(f"not ok - {name[5:]}")
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return failed != 0
