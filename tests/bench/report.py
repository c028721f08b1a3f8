"""From the lines of a run to the tables of docs/performance.md.

report.py RESULTS.tsv [--write docs/performance.md] [--versions TEXT]

SPDX-License-Identifier: MIT"""

import argparse
import collections
import datetime
import os
import platform
import re
import statistics

BEGIN = "<!-- Written by ./dev bench; edits between these two lines are lost. -->"
END = "<!-- End of what ./dev bench wrote. -->"

ROWS = {
    "register-new": "REGISTER, new users; challenged",
    "register-again": "REGISTER of a contact that is known, new Call-ID; challenged",
    "register-flood": "the same, 512 at a time instead of 32",
    "register-refresh": "REGISTER as a refresh, same Call-ID; credentials reused",
    "online-challenged": "MESSAGE to a user who is online; challenged",
    "online-reused": "MESSAGE to a user who is online; credentials reused",
    "offline-challenged": "MESSAGE to a user who is away, stored; challenged",
    "offline-reused": "MESSAGE to a user who is away, stored; credentials reused",
    "offline-flood": "the same, 512 at a time instead of 32",
}
VARIANTS = {
    "heliograph": "Heliograph",
    "heliograph-no-history": "Heliograph, no history",
    "kamailio-cached": "Kamailio",
    "kamailio-selected": "Kamailio, hashes by SELECT",
    "kamailio-memory": "Kamailio, in memory",
}
PEER = "kamailio-cached"

# What issue 2 asks for: the sum of a variant's CPU over that of a peer in the same row, at most.
CPU_AIMS = [
    ("a durable REGISTER costs a sixth of Kamailio's", "register-new", "heliograph", PEER, 1 / 6),
    ("a durable REGISTER costs a sixth of Kamailio's", "register-again", "heliograph", PEER, 1 / 6),
    ("a durable REGISTER costs a sixth of Kamailio's", "register-flood", "heliograph", PEER, 1 / 6),
    ("a durable REGISTER costs no more than Kamailio's in memory", "register-new", "heliograph", "kamailio-memory", 1),
    ("a durable REGISTER costs no more than Kamailio's in memory", "register-again", "heliograph", "kamailio-memory", 1),
    ("a stored MESSAGE costs a sixth of Kamailio's", "offline-challenged", "heliograph", PEER, 1 / 6),
    ("a stored MESSAGE costs a sixth of Kamailio's", "offline-reused", "heliograph", PEER, 1 / 6),
    ("a stored MESSAGE costs a sixth of Kamailio's", "offline-flood", "heliograph", PEER, 1 / 6),
    ("an online MESSAGE without history costs a quarter of Kamailio's", "online-challenged", "heliograph-no-history", PEER, 1 / 4),
    ("an online MESSAGE without history costs a quarter of Kamailio's", "online-reused", "heliograph-no-history", PEER, 1 / 4),
    ("an online MESSAGE with history costs less than Kamailio's", "online-challenged", "heliograph", PEER, 1),
    ("an online MESSAGE with history costs less than Kamailio's", "online-reused", "heliograph", PEER, 1),
]
STORED_PER_SECOND = 40000
MEMORY_SHARE = 1 / 2


def read(name):
    """{row: {variant: {field: median over the rounds}}}, and the least and most number of rounds."""
    values = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    with open(name, encoding="utf-8") as file:
        for line in file:
            row, variant, fields = line.rstrip("\n").split("\t")
            for field in fields.split():
                key, value = field.split("=")
                values[row][variant][key].append(float(value))
    rounds = max(len(numbers) for row in values.values() for fields in row.values() for numbers in fields.values())
    medians = {
        row: {
            variant: {key: statistics.median(numbers) for key, numbers in fields.items()}
            for variant, fields in variants.items()
        }
        for row, variants in values.items()
    }
    return medians, rounds


def cpu_us(fields):
    return fields["server_us"] + fields["database_us"]


def table(head, lines):
    yield "| " + " | ".join(head) + " |"
    yield "| " + " | ".join("---" if i < 2 else "---:" for i in range(len(head))) + " |"
    for line in lines:
        yield "| " + " | ".join(line) + " |"


def work_lines(results):
    for row, title in ROWS.items():
        for variant, name in VARIANTS.items():
            fields = results.get(row, {}).get(variant)
            if not fields:
                continue
            peer = results[row].get(PEER)
            rate = f"{fields['rate']:,.0f}"
            if fields["sent_again"] > 0:
                rate += f" ({fields['sent_again']:,.0f} sent again)"
            yield (
                title,
                name,
                f"{fields['server_us']:.1f}",
                f"{fields['database_us']:.1f}",
                f"{cpu_us(fields):.1f}",
                f"{cpu_us(fields) / cpu_us(peer):.2f}" if peer else "",
                rate,
                f"{fields['p50_ms']:.1f}",
                f"{fields['p99_ms']:.1f}",
            )


def memory_lines(results):
    for row in ("memory-few", "memory-many"):
        for variant, fields in sorted(results.get(row, {}).items()):
            name = VARIANTS[variant].split(",")[0]
            count = f"{fields['registrations']:,.0f}"
            yield (count, name, f"{fields['each_bytes']:,.0f}", f"{fields['all_mb']:,.0f}")


def aim_lines(results):
    for sentence, row, variant, peer, most in CPU_AIMS:
        variants = results.get(row, {})
        if variant in variants and peer in variants:
            ratio = cpu_us(variants[variant]) / cpu_us(variants[peer])
            yield sentence, row, f"{most:.3f}", f"{ratio:.3f}", "yes" if ratio <= most else "**no**"
    flood = results.get("offline-flood", {}).get("heliograph")
    if flood:
        reached = "yes" if flood["rate"] >= STORED_PER_SECOND else "**no**"
        yield "stored MESSAGEs a second", "offline-flood", f"{STORED_PER_SECOND:,}", f"{flood['rate']:,.0f}", reached
    for row in ("memory-few", "memory-many"):
        variants = results.get(row, {})
        if "heliograph" in variants and "kamailio-selected" in variants:
            ratio = variants["heliograph"]["each_bytes"] / variants["kamailio-selected"]["each_bytes"]
            reached = "yes" if ratio <= MEMORY_SHARE else "**no**"
            yield "a registration takes half of Kamailio's memory", row, f"{MEMORY_SHARE:.3f}", f"{ratio:.3f}", reached


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^model name\s*:\s*(.*)$", file.read(), re.MULTILINE)
    return found[1] if found else platform.machine()


def circumstances(results, rounds, arguments):
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    yield (
        f"{date}, `./dev bench`, medians of {rounds}: {os.cpu_count()} cores of {processor()}, Linux {platform.release()}; "
        f"{arguments.versions}."
    )
    floor = results.get("floor", {}).get("machine")
    if floor:
        yield ""
        yield (
            f"The machine's floor in the same run: {floor['echo_us']:.1f} µs of CPU to receive and send one 400-byte datagram "
            f"in batches, and {floor['rows']:,.0f} rows a second into PostgreSQL in batches of 500."
        )


def compose(results, rounds, arguments):
    yield BEGIN
    yield ""
    yield from circumstances(results, rounds, arguments)
    yield ""
    head = ("work", "server", "server µs", "PostgreSQL µs", "together", "ratio", "a second", "p50 ms", "p99 ms")
    yield from table(head, work_lines(results))
    yield ""
    yield from table(("registrations", "server", "bytes each", "MB in all"), memory_lines(results))
    yield ""
    yield from table(("aim", "row", "at most (or least)", "measured", "reached"), aim_lines(results))
    yield ""
    yield END


def replace_section(name, section):
    with open(name, encoding="utf-8") as file:
        text = file.read()
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{name} has no section of ours")
    with open(name, "w", encoding="utf-8") as file:
        file.write(before + section + after)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    parser.add_argument("--write")
    parser.add_argument("--versions", default="")
    arguments = parser.parse_args()
    results, rounds = read(arguments.results)
    section = "\n".join(compose(results, rounds, arguments))
    print(section)
    if arguments.write:
        replace_section(arguments.write, section)


main()
