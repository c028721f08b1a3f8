"""Watchers of lists (RFC 4662): subscribing, and what NOTIFYs add up to.

SPDX-License-Identifier: MIT
"""

import re
import time
import zlib
import xml.etree.ElementTree as ElementTree

from cases import check
from sip import WAIT, Client, credentials, token

RLMI = "{urn:ietf:params:xml:ns:rlmi}"
LIST_TYPE = "application/resource-lists+xml"


def list_document(names, domain="example.test"):
    entries = "".join(f'<entry uri="sip:{name}@{domain}"><display-name>{name.title()}</display-name></entry>'
                      for name in names)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
            f"<list>{entries}</list></resource-lists>")


def parts_of(message):
    """The parts of a NOTIFY's body by Content-ID; the first one under "" as well."""
    kind, body = message.get("content-type"), message.body
    if message.get("content-encoding") == "deflate":
        body = zlib.decompress(body)
    check(kind.startswith("multipart/related"), f"not a list: {kind}")
    boundary = re.search(r'boundary="?([^";]+)', kind).group(1).encode()
    found = {}
    for piece in body.split(b"--" + boundary)[1:-1]:
        head, _, text = piece.partition(b"\r\n\r\n")
        content_id = re.search(rb"(?i)content-id:\s*<([^>]*)>", head).group(1).decode()
        found.setdefault("", text[:-2])
        found[content_id] = text[:-2]
    return found


def next_notify(watcher, wait):
    """The next NOTIFY of the watcher's dialog, answered; those that a busy machine has repeated are answered, too, and
    not given again."""
    end = time.monotonic() + wait
    while True:
        notify = watcher.client.receive(lambda m: m.method == "NOTIFY" and m.get("call-id") == watcher.call_id,
                                        max(end - time.monotonic(), 0))
        if notify is None:
            return None
        watcher.client.answer(notify)
        if notify.get("via") not in watcher.seen:
            watcher.seen.add(notify.get("via"))
            return notify


class ListWatcher:
    """One dialog for a list; `entries` is what its NOTIFYs have told: URI → (name, state, reason, body)."""

    def __init__(self, client, to="rls", event="presence", names=None, accept=True, headers=(), expires=600,
                 is_packed=False, call_id=None):
        self.client, self.to, self.event, self.expires = client, to, event, expires
        self.call_id, self.entries, self.versions, self.sizes = call_id or token(14), {}, [], []
        self.uri = to if ":" in to else client.aor(to)
        self.state, self.seen = "", set()
        self.headers = [("Event", event), ("Supported", "eventlist"), ("Contact", f"<{client.contact}>")]
        if accept:
            self.headers += [("Accept", "multipart/related"), ("Accept", "application/rlmi+xml"),
                             ("Accept", "application/pidf+xml" if event.startswith("presence") else "*/*")]
        self.headers += list(headers)
        body, more = b"", []
        if names is not None:
            body = names.encode() if isinstance(names, str) else list_document(names).encode()
            more = [("Require", "recipient-list-subscribe"), ("Content-Disposition", "recipient-list"),
                    ("Content-Type", LIST_TYPE)]
            if is_packed:
                body, more = zlib.compress(body), more + [("Content-Encoding", "deflate")]
        self.answer = client.ask("SUBSCRIBE", self.uri, self.headers + more + [("Expires", str(expires))], body,
                                 call_id=self.call_id)

    def again(self, expires=600, body=b"", more=()):
        """Within the dialog."""
        headers = self.headers + [("To", self.answer.get("to")), ("Expires", str(expires))] + list(more)
        return self.client.ask("SUBSCRIBE", self.uri, headers, body, call_id=self.call_id)

    def take(self, wait=WAIT):
        """The next NOTIFY of the dialog, answered and added up; None: there was none."""
        notify = next_notify(self, wait)
        if notify is None:
            return None
        self.state = notify.get("subscription-state")
        if notify.body:
            self.add(notify)
        return notify

    def add(self, notify):
        check(notify.get("require") == "eventlist", "Require: eventlist is missing")
        parts = parts_of(notify)
        root = ElementTree.fromstring(parts[""])
        check(root.tag == RLMI + "list" and root.get("uri") == self.uri, f"not the list: {parts['']}")
        self.versions.append(int(root.get("version")))
        self.sizes.append(len(notify.body))
        if root.get("fullState") in ("true", "1"):
            self.entries = {}
        for resource in root.findall(RLMI + "resource"):
            instance, name = resource.find(RLMI + "instance"), resource.find(RLMI + "name")
            state = instance.get("state") if instance is not None else None
            body = parts[instance.get("cid")].decode() if instance is not None and instance.get("cid") else None
            self.entries[resource.get("uri")] = (name.text if name is not None else None, state,
                                                 instance.get("reason") if instance is not None else None, body)

    def until(self, is_told, what, wait=WAIT):
        """Takes NOTIFYs until the entries are as wanted."""
        end = time.monotonic() + wait
        while not is_told(self.entries):
            left = end - time.monotonic()
            check(left > 0 and self.take(left) is not None, f"{what}: {self.entries}")
        return self

    def until_all(self, count, wait=WAIT):
        return self.until(lambda e: len(e) == count and all(entry[1] for entry in e.values()),
                          f"not all {count} entries were told", wait)

    def body(self, name):
        entry = self.entries.get(self.client.aor(name))
        return (entry[3] or "") if entry else ""


def publish(client, note, etag=None):
    """A note of the client's user, told to his watchers; the entity-tag."""
    document = (f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{client.aor()}"><tuple id="t"><status><basic>'
                f"open</basic></status><note>{note}</note></tuple></presence>")
    headers = [("Event", "presence"), ("Expires", "600"), ("Content-Type", "application/pidf+xml")]
    answer = client.ask("PUBLISH", client.aor(), headers + ([("SIP-If-Match", etag)] if etag else []), document)
    check(answer.status == 200, f"PUBLISH: {answer}")
    return answer.get("sip-etag")
