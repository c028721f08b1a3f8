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
    "subscribe-presence": "SUBSCRIBE to presence, and its NOTIFY",
    "subscribe-flood": "the same, 256 at a time instead of 32",
    "subscribe-summary": "SUBSCRIBE to message-summary, and its NOTIFY",
    "subscribe-presence-refresh": "SUBSCRIBE to presence as a refresh, and its NOTIFY",
    "subscribe-summary-refresh": "SUBSCRIBE to message-summary as a refresh, and its NOTIFY",
    "publish-new": "PUBLISH of presence, new, nobody watches",
    "publish-flood": "the same, 256 at a time instead of 32",
    "publish-change": "PUBLISH of presence, a new body, nobody watches",
    "mwi": "PUBLISH of message-summary, and the NOTIFY to its one watcher",
    "mwi-flood": "the same, 256 at a time instead of 32",
    "xcap-get": "XCAP GET of a document of 2 kB",
    "xcap-put": "XCAP PUT of a document of 2 kB, in place of another",
}
VARIANTS = {
    "heliograph": "Heliograph",
    "heliograph-no-history": "Heliograph, no history",
    "heliograph-token": "Heliograph, token",
    "kamailio-cached": "Kamailio",
    "kamailio-selected": "Kamailio, hashes by SELECT",
    "kamailio-memory": "Kamailio, in memory",
    "kamailio-open": "Kamailio, no password",
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

# And issue 3: each of these beside Kamailio's durable and in-memory figures.
for what, rows in (
    ("SUBSCRIBE", ("subscribe-presence", "subscribe-flood", "subscribe-summary", "subscribe-presence-refresh",
                   "subscribe-summary-refresh")),
    ("PUBLISH", ("publish-new", "publish-flood", "publish-change")),
    ("lamp's change", ("mwi", "mwi-flood")),
):
    CPU_AIMS += [(f"a durable {what} costs a tenth of Kamailio's", row, "heliograph", PEER, 1 / 10) for row in rows]
    CPU_AIMS += [
        (f"a durable {what} costs less than Kamailio's in memory", row, "heliograph", "kamailio-memory", 1)
        for row in rows
    ]
# Issue 4.
ENTRIES = (10, 100, 500)
LIST_SHARE = 1 / 10
LIST_ENTRIES = 100  # of those whose memory is measured
LIST_WATCHERS = 100  # of an entry that changes
WATCHERS = (1, 100, 1000, 10000)
FANOUT_SHARE = 1 / 6
FANOUT_MS = 1000


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


def fanout_lines(results):
    for watchers in WATCHERS:
        for variant, name in VARIANTS.items():
            fields = results.get(f"fanout-{watchers}", {}).get(variant)
            if not fields:
                continue
            peer = results[f"fanout-{watchers}"].get(PEER)
            rate = f"{fields['notified'] / fields['seconds']:,.0f}"
            if fields["repeated"] > 0:
                rate += f" ({fields['repeated']:,.0f} sent again)"
            yield (
                f"{watchers:,}",
                name,
                f"{fields['server_us'] / watchers:.1f}",
                f"{fields['database_us'] / watchers:.1f}",
                f"{cpu_us(fields) / watchers:.1f}",
                f"{cpu_us(fields) / cpu_us(peer):.2f}" if peer else "",
                rate,
                f"{fields['p50_ms']:.1f}",
                f"{fields['most_ms']:.1f}",
            )


def each_lines(results, row, title, each, share):
    """What `each` of an operation costs: it has `share` of them."""
    for variant, name in VARIANTS.items():
        fields = results.get(row, {}).get(variant)
        if not fields:
            continue
        peer = results[row].get(PEER)
        rate = f"{fields['rate'] * share:,.0f}"
        if fields["untold"] > 0:
            rate += f" ({fields['untold']:,.0f} {each} never told)"
        yield (
            title,
            name,
            f"{fields['server_us'] / share:.1f}",
            f"{fields['database_us'] / share:.1f}",
            f"{cpu_us(fields) / share:.1f}",
            f"{cpu_us(fields) / cpu_us(peer):.4f}" if peer else "",
            rate,
            f"{fields['p50_ms']:,.1f}",
            f"{fields['most_ms']:,.1f}",
        )


def list_lines(results):
    for entries in ENTRIES:
        yield from each_lines(results, f"list-{entries}", f"{entries}", "entries", entries)


def list_change_lines(results):
    yield from each_lines(results, "list-change", f"{LIST_WATCHERS}", "lists", LIST_WATCHERS)


def list_memory_lines(results):
    for variant, fields in sorted(results.get("list-memory", {}).items()):
        shared = [fields["shared_bytes"], fields["shared_bytes"] / LIST_ENTRIES] if fields["shared_bytes"] > 0 else []
        yield (
            f"{fields['lists']:,.0f}",
            VARIANTS[variant],
            f"{fields['each_bytes']:,.0f}",
            f"{fields['each_bytes'] / LIST_ENTRIES:,.0f}",
            *(f"{number:,.0f}" for number in shared or ()),
            *([""] * (2 - len(shared))),
            f"{fields['all_mb']:,.0f}",
        )


def lasting_lines(results):
    for size in ("few", "many"):
        memory = results.get(f"events-memory-{size}", {})
        restart = results.get(f"restart-{size}", {})
        for variant, fields in sorted(memory.items()):
            start = restart.get(variant, {})
            shared = f"{fields['shared_bytes']:,.0f}" if fields["shared_bytes"] > 0 else ""
            times = [f"{start[key] / 1000:.2f}" if start else "" for key in ("ready_ms", "first_ms", "all_ms")]
            yield (
                f"{fields['subscriptions']:,.0f}",
                VARIANTS[variant],
                f"{fields['each_bytes']:,.0f}",
                shared,
                f"{fields['all_mb']:,.0f}",
                *times,
            )


def aim(sentence, row, most, measured, digits=3):
    reached = "yes" if measured <= most else "**no**"
    return sentence, row, f"{most:,.{digits}f}", f"{measured:,.{digits}f}", reached


def event_aim_lines(results):
    for watchers in WATCHERS[1:]:
        row = f"fanout-{watchers}"
        variants = results.get(row, {})
        if "heliograph" in variants and "kamailio-memory" in variants:
            ratio = cpu_us(variants["heliograph"]) / cpu_us(variants["kamailio-memory"])
            yield aim("a NOTIFY costs a sixth of Kamailio's in memory", row, FANOUT_SHARE, ratio)
    most = results.get(f"fanout-{WATCHERS[-1]}", {}).get("heliograph")
    if most:
        row = f"fanout-{WATCHERS[-1]}"
        yield aim("10,000 watchers are told within so many ms", row, FANOUT_MS, most["p50_ms"], 0)
        yield aim("and for that much of one core's time, ms", row, FANOUT_MS, most["server_us"] / 1000, 0)
    for size in ("few", "many"):
        row = f"events-memory-{size}"
        variants = results.get(row, {})
        if "heliograph" in variants and PEER in variants:
            each = variants["heliograph"]["each_bytes"]
            yield aim("a subscription takes half of Kamailio's memory", row, MEMORY_SHARE, each / variants[PEER]["each_bytes"])
            yield aim("and half of its shared memory alone", row, MEMORY_SHARE, each / variants[PEER]["shared_bytes"])


def list_aim_lines(results):
    for row in [f"list-{entries}" for entries in ENTRIES] + ["list-change"]:
        for peer, way in ((PEER, ""), ("kamailio-memory", " in memory")):
            variants = results.get(row, {})
            if "heliograph" in variants and peer in variants:
                ratio = cpu_us(variants["heliograph"]) / cpu_us(variants[peer])
                yield aim(f"an entry of a list costs a tenth of Kamailio's{way}", row, LIST_SHARE, ratio, 4)


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
    yield from event_aim_lines(results)
    yield from list_aim_lines(results)


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
    costs = ("server µs", "PostgreSQL µs", "together", "ratio")
    head = ("watchers", "server", *(f"{cost} a NOTIFY" if "µs" in cost else cost for cost in costs))
    parts = (
        (("work", "server", *costs, "a second", "p50 ms", "p99 ms"), work_lines),
        ((*head, "NOTIFYs a second", "last, p50 ms", "last, most ms"), fanout_lines),
        (
            ("entries of a list", "server", *(f"{cost} an entry" if "µs" in cost else cost for cost in costs),
             "entries told a second", "all told, p50 ms", "most ms"),
            list_lines,
        ),
        (
            ("lists that the one who changes is on", "server",
             *(f"{cost} a list" if "µs" in cost else cost for cost in costs),
             "lists told a second", "all told, p50 ms", "most ms"),
            list_change_lines,
        ),
        (("registrations", "server", "bytes each", "MB in all"), memory_lines),
        (
            ("subscriptions", "server", "bytes each", "shared bytes each", "MB in all",
             "start: answers, s", "first told, s", "all told, s"),
            lasting_lines,
        ),
        (
            ("lists of 100 entries", "server", "bytes each", "bytes an entry", "shared bytes each", "shared bytes an entry",
             "MB in all"),
            list_memory_lines,
        ),
        (("aim", "row", "at most (or least)", "measured", "reached"), aim_lines),
    )
    for head, lines in parts:
        rows = list(lines(results))
        if rows:
            yield from table(head, rows)
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
