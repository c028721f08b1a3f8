"""Pages that watch lists, ask to see somebody, and are asked: what JsSIP was told of a list (RFC 4662) and of its own
watchers (RFC 3858), added up.

SPDX-License-Identifier: MIT
"""

import re
import xml.etree.ElementTree as ElementTree

from clients import wait_for
from watchers import PIDF, WatchingJsSip

from lists import LIST_TYPE, RLMI, list_document, parts_of

INFO = "{urn:ietf:params:xml:ns:watcherinfo}"
WINFO_TYPE = "application/watcherinfo+xml"


class Part:
    """A NOTIFY as parts_of takes it."""

    def __init__(self, event):
        self.headers, self.body = {"content-type": event["type"]}, event["body"].encode()

    def get(self, name):
        return self.headers.get(name, "")


class AskingJsSip(WatchingJsSip):
    def watch_list(self, users, to="rls", is_carried=True):
        """Its number; the list goes along, or is the server's."""
        accept = f"multipart/related, application/rlmi+xml, {PIDF}"
        carried = {"headers": ["Supported: eventlist", "Require: recipient-list-subscribe",
                               "Content-Disposition: recipient-list"], "type": LIST_TYPE,
                   "body": list_document(users, self.server.domain)}
        more = carried if is_carried else {"headers": ["Supported: eventlist"]}
        return self.write(subscribe=to, event="presence", accept=accept, expires=600, **more)

    def watch_own_watchers(self):
        return self.write(subscribe=self.user, event="presence.winfo", accept=WINFO_TYPE, expires=600)

    def notifies(self, number):
        return [event for event in self.events(self.lines) if event.get("notify") == number]

    def versions(self, number):
        """Of the documents, or of a list."""
        return [int(re.search(r'<(?:watcherinfo|list)\s[^>]*version="(\d+)"', event["body"]).group(1))
                for event in self.notifies(number)]

    def entries(self, number):
        """user: (state, reason, body)"""
        known = {}
        for event in self.notifies(number):
            parts = parts_of(Part(event))
            root = ElementTree.fromstring(parts[""])
            if root.get("fullState") in ("true", "1"):
                known = {}
            for resource in root.findall(RLMI + "resource"):
                user = resource.get("uri").removeprefix("sip:").split("@")[0]
                instance = resource.find(RLMI + "instance")
                if instance is None:
                    known[user] = (None, None, "")
                    continue
                body = parts[instance.get("cid")].decode() if instance.get("cid") else ""
                known[user] = (instance.get("state"), instance.get("reason"), body)
        return known

    def wait_entry(self, number, user, state, text="", reason=None):
        def is_so():
            entry = self.entries(number).get(user)
            return entry is not None and entry[:2] == (state, reason) and text in entry[2]
        wait_for(is_so, f"{self} sees {user} {state} {reason or ''} with {text!r}")

    def own_watchers(self, number):
        """user: status"""
        known = {}
        for event in self.notifies(number):
            root = ElementTree.fromstring(event["body"])
            if root.get("state") == "full":
                known = {}
            for watcher in root.iter(INFO + "watcher"):
                user = watcher.text.strip().removeprefix("sip:").split("@")[0]
                if watcher.get("status") == "terminated":
                    known.pop(watcher.get("id"), None)
                else:
                    known[watcher.get("id")] = (user, watcher.get("status"))
        return dict(known.values())

    def wait_watcher(self, number, user, status):
        wait_for(lambda: self.own_watchers(number).get(user) == status,
                 f"{self} sees that {user} is {status}, not {self.own_watchers(number)}")

    def wait_event(self, key, number):
        wait_for(lambda: any(event.get(key) == number for event in self.events(self.lines)), f"{self}: {key}")

    def tell(self, note, is_open=True):
        number = self.publish(self.pidf(is_open, note))
        answer = self.answer("published", number)
        assert answer["status"] == 200, answer
