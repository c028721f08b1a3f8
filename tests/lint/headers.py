"""Every header compiles alone, with the flags of its layer, which show it only what the layer may use.

The argument is compile_commands.json. SPDX-License-Identifier: MIT"""

import json
import os
import shlex
import subprocess
import sys

DROPPED_WITH_VALUE = ("-o", "-c", "-MF", "-MT", "-MQ")
DROPPED = ("-MD",)


def flags_of(entry):
    """The compiler and its flags, without input and output."""
    words = shlex.split(entry["command"])
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in DROPPED_WITH_VALUE:
            skip = True
        elif word not in DROPPED:
            kept.append(word)
    return kept


def compile_alone(header, entry):
    # As the input of a file that holds nothing but the #include: "#pragma once" in the main file is a warning.
    command = [*flags_of(entry), "-fsyntax-only", "-x", "c", "-"]
    include = f'#include "{os.path.abspath(header)}"\n'
    run = subprocess.run(command, input=include, capture_output=True, text=True, cwd=entry["directory"], check=False)
    if run.returncode != 0:
        print(f"{header}: does not compile alone\n{run.stderr}")
    return run.returncode == 0


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        entries = json.load(file)
    # Of several programs in one folder (tests), the one that sees most.
    by_folder = {os.path.dirname(entry["file"]): entry for entry in sorted(entries, key=lambda e: len(e["command"]))}
    good = True
    for folder, entry in sorted(by_folder.items()):
        if not folder.startswith(os.getcwd() + os.sep) or "/build/" in folder:
            continue
        for name in sorted(os.listdir(folder)):
            if name.endswith(".h"):
                good = compile_alone(os.path.join(folder, name), entry) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
