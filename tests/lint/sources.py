"""Our sources, line by line: banned calls, long functions, long files, missing SPDX lines, registry addresses.

SPDX-License-Identifier: MIT"""

import re
import subprocess
import sys

MOST_FUNCTION_LINES = 100
MOST_FILE_LINES = 900

BANNED = {
    "sprintf": "snprintf or buffer_format",
    "vsprintf": "vsnprintf",
    "strcpy": "memcpy with a known length",
    "strncpy": "memcpy with a known length",
    "strcat": "buffer_append",
    "strncat": "buffer_append",
    "strtok": "slice_take",
    "atoi": "slice_to_number",
    "atol": "slice_to_number",
    "sscanf": "a parser",
    "gets": "fgets",
    "alloca": "an arena",
    "rand": "random_bytes",
    "localtime": "localtime_r",
    "gmtime": "gmtime_r",
}
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))
TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', re.DOTALL)
REGISTRY = re.compile(r'"resolved"\s*:|https?://registry\.')


def tracked(*patterns):
    """The files that git knows or would know."""
    command = ["git", "ls-files", "-z", "-co", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return sorted(set(filter(None, names)))


def read(name):
    try:
        with open(name, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""  # removed, and not committed yet


def without_text(source):
    """The source with comments and literals blanked, line for line."""
    return TEXT_OR_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), source)


def long_functions(lines):
    """(line, length) of each function, which is what stands between braces in the first column."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            if number - start > MOST_FUNCTION_LINES:
                yield start, number - start
            start = None


def check_source(name):
    source = read(name)
    lines = source.split("\n")
    opening = source.split("*/")[0]
    if source and (not source.startswith("/*") or "SPDX-License-Identifier: MIT" not in opening):
        yield 1, "the opening comment says what the file is about and ends with the SPDX line"
    if len(lines) > MOST_FILE_LINES:
        yield 1, f"{len(lines)} lines: does it still hold one thing?"
    plain = without_text(source)
    for number, line in enumerate(plain.split("\n"), 1):
        for found in CALL.finditer(line):
            yield number, f"{found[1]}() is banned: {BANNED[found[1]]}"
    for number, length in long_functions(plain.split("\n")):
        yield number, f"a function of {length} lines"
    if name.endswith(".h") and "#pragma once" not in source:
        yield 1, "no #pragma once"


def check_lock(name):
    for number, line in enumerate(read(name).split("\n"), 1):
        if REGISTRY.search(line):
            yield number, "a lock file names no registry (.npmrc: omit-lockfile-registry-resolved=true)"


def main():
    findings = []
    for name in tracked("*.c", "*.h"):
        findings += [(name, *finding) for finding in check_source(name)]
    for name in tracked("*package-lock.json"):
        findings += [(name, *finding) for finding in check_lock(name)]
    for name, line, sentence in findings:
        print(f"{name}:{line}: {sentence}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
