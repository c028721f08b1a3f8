"""Linphone's console client as a watcher of lists: its own list sent to the server, or lists that the server has.

It is driven over stdin; what it prints of its friends is what counts, its log has the SIP messages. Over TCP it takes a
minute to come back when its connection has broken.
SPDX-License-Identifier: MIT
"""

import os
import re
import shutil

from clients import Peer, Program, wait_for


class Linphone(Peer):
    name = "linphonec"

    def __init__(self, server, user, transport, friends=(), lists=()):
        """`friends` are users whom it sends in its SUBSCRIBE, `lists` names of lists that the server knows."""
        super().__init__(server, user, transport)
        self.friends, self.lists = list(friends), list(lists)
        self.starts = 0

    def configuration(self):
        route = f"<sip:127.0.0.1:{self.server.sip_port};transport={self.transport}>"
        domain = self.server.domain
        lines = ["[sip]", "sip_port=-1", "sip_tcp_port=-1", "sip_tls_port=-1", "default_proxy=0", "publish_presence=1",
                 f"rls_uri=sip:rls@{domain}", "use_rls_presence=1"]
        if self.lists:
            lines.append("bodyless_lists=" + ",".join(f"sip:{name}@{domain}" for name in self.lists))
        lines += ["[rtp]", "audio_rtp_port=-1", "[net]", "friendlist_subscription_enabled=1", "[proxy_0]",
                  f"reg_proxy={route}", f"reg_route={route}", f"reg_identity=sip:{self.user}@{domain}",
                  "reg_expires=600", "reg_sendregister=1", "publish=1", "[auth_info_0]", f"username={self.user}",
                  f"passwd={self.password}", f"domain={domain}", f"realm={domain}"]
        for number, friend in enumerate(self.friends):
            lines += [f"[friend_{number}]", f'url="{friend.title()}" <sip:{friend}@{domain}>', "pol=accept",
                      "subscribe=1"]
        return "\n".join(lines) + "\n"

    def start(self):
        """Everything that it would remember of an earlier start goes, but for what the server has."""
        self.starts += 1
        home = os.path.join(self.folder, "home")
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(os.path.join(home, ".local", "share", "linphone"))  # without it, it does not start its core
        configuration = os.path.join(home, "linphonerc")
        with open(configuration, "w") as f:
            f.write(self.configuration())
        self.log = os.path.join(self.folder, f"log-{self.starts}")
        self.program = Program(["stdbuf", "-oL", "linphonec", "-c", configuration, "-d", "6", "-l", self.log],
                               env={**os.environ, "HOME": home})
        wait_for(lambda: self.statuses("REGISTER")[-1:] == [200], f"{self} is registered")

    def read_log(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, errors="replace") as f:
            return f.read()

    def statuses(self, method):
        """Of the answers to its own requests, challenges left out."""
        blocks = self.read_log().split("\nSIP/2.0 ")[1:]
        heads = [block.split("\n\n")[0].replace("\r", "") for block in blocks]
        return [int(head[:3]) for head in heads if head.startswith(("2", "3", "4", "5", "6")) and
                not head.startswith(("401", "407")) and re.search(rf"^CSeq: *\d+ {method}$", head, re.MULTILINE) and
                re.search(rf"^From: *<?sip:{self.user}@", head, re.MULTILINE)]

    def shown(self):
        """What it has said of its friends since its start: (user, is online)."""
        found = re.findall(r"Friend .*<sip:([^@>]+)@[^>]*> is (\w+)", "\n".join(self.program.lines))
        return [(user, status == "Online") for user, status in found]

    def shows(self, user, is_online):
        return ([shown for shown in self.shown() if shown[0] == user] or [None])[-1] == (user, is_online)

    def wait_shows(self, user, is_online):
        wait_for(lambda: self.shows(user, is_online), f"{self} shows {user} {'online' if is_online else 'offline'}")

    def leave(self):
        self.program.write("quit")
        wait_for(lambda: not self.program.running(), f"{self} quits")
        self.ended()

    def show(self):
        super().show()
        print("\n".join(self.read_log().splitlines()[-200:]))
