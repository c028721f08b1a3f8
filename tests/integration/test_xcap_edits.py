"""Any sequence of edits over XCAP comes to the same document as the same edits made by a plain XML library (lxml), or is
refused where the RFC's rules (RFC 4825 §8.2, 8.3; RFC 4826 §3.4) say so: random edits, from a seed that is printed.

    python3 test_xcap_edits.py [SEED]

SPDX-License-Identifier: MIT
"""

import copy
import os
import random
import sys
import time
from urllib.parse import quote

try:
    from lxml import etree
except ImportError:  # Debian's Python has it, where another one stands first in PATH
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

from cases import check
from server import Server
from web import Web

SECONDS, EDITS_EACH = 15, 40
SPACE = "urn:ietf:params:xml:ns:resource-lists"
ERRORS = "{urn:ietf:params:xml:ns:xcap-error}"
INDEX = "/xcap/resource-lists/users/alice/index"
LISTS, ELEMENT, ATTRIBUTE = "application/resource-lists+xml", "application/xcap-el+xml", "application/xcap-att+xml"
START = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- before --><resource-lists xmlns="{SPACE}" xmlns:o="urn:test:other">
  <list name="a"><!-- within -->
    <display-name>A &amp; B</display-name>
    <entry uri="sip:1@x"/> <entry uri="sip:2@x"><display-name>Zwei</display-name></entry>
    <list name="b"/>
  </list>
</resource-lists><!-- behind -->
"""
NAMES = ("a", "b", "c d", "e'f", "gü", "h&i", "j<k", 'l"m', "n]", "o/p")
URIS = ("sip:1@x", "sip:2@x", "sip:3;p=q@x", "sip:+4@x", "http://a//b?c&d", "sip:%41@x", "sip:ä@x", "tel:+1", "sip:'@x")


def escaped(text):
    """As a value in XML, and so in a selector (RFC 4825 §6.3)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


class Step:
    """One step of a node selector: a name or "*", maybe a position, maybe a test of an attribute."""

    def __init__(self, name, position=None, test=None):
        self.name, self.position, self.test = name, position, test

    def __str__(self):
        text = self.name + (f"[{self.position}]" if self.position else "")
        return text + (f'[@{self.test[0]}="{escaped(self.test[1])}"]' if self.test else "")

    def among(self, element):
        """Those that it counts."""
        return [child for child in element if isinstance(child.tag, str) and self.name in ("*", etree.QName(child).localname)]

    def below(self, element):
        found = self.among(element)
        found = found[self.position - 1:self.position] if self.position else found
        return [child for child in found if not self.test or child.get(self.test[0]) == self.test[1]]


class Refused(Exception):
    pass


class Model:
    """The document in lxml, edited by the RFC's rules."""

    def __init__(self, text):
        self.root = etree.fromstring(text.encode())

    def find(self, steps):
        found = [self.root]
        for step in steps:
            found = [child for element in found for child in step.below(element)]
        return found

    def parent_of(self, steps):
        found = self.find(steps)
        if len(found) != 1:
            raise Refused("no-parent")
        return found[0]

    def put(self, steps, text):
        """200 or 201."""
        element = etree.fromstring(f'<x xmlns="{SPACE}" xmlns:o="urn:test:other">{text}</x>')[0]
        old, last = self.find(steps), steps[-1]
        if len(old) == 1:
            element.tail = old[0].tail
            old[0].getparent().replace(old[0], element)
            status = 200
        else:
            parent = self.parent_of(steps[:-1])
            if old:
                raise Refused("cannot-insert")
            kin = last.among(parent)
            if last.name == "*" and not last.position:
                kin = [child for child in kin if child.tag == element.tag]
            if last.position and last.position > len(kin) + 1:
                raise Refused("cannot-insert")
            before = last.position - 1 if last.position else len(kin)
            if before > 0:
                kin[before - 1].addnext(element)
            elif kin:
                kin[0].addprevious(element)
            else:
                parent.append(element)
            status = 201
        if self.find(steps) != [element]:
            raise Refused("cannot-insert")
        return status

    def put_attribute(self, steps, name, value):
        element = self.parent_of(steps)
        status = 200 if name in element.attrib else 201
        element.set(name, value)
        if self.find(steps) != [element]:
            # The value of a test has been changed; a test that nothing passed has found no parent before.
            raise Refused("cannot-insert")
        return status

    def delete(self, steps):
        found = self.find(steps)
        if len(found) != 1:
            raise Refused("404")
        self.take_out(found[0])
        if len(self.find(steps)) == 1:
            raise Refused("cannot-delete")
        return 200

    def delete_attribute(self, steps, name):
        found = self.find(steps)
        if len(found) != 1 or name not in found[0].attrib:
            raise Refused("404")
        del found[0].attrib[name]
        return 200

    @staticmethod
    def take_out(element):
        """The text behind it stays."""
        parent, before, tail = element.getparent(), element.getprevious(), element.tail or ""
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
        parent.remove(element)

    def judge(self):
        """RFC 4826 §3.2, §3.4.5."""
        for element in self.root.iter(etree.Element):
            kind = etree.QName(element).localname
            children = [etree.QName(child).localname for child in element if isinstance(child.tag, str)]
            allowed = {"resource-lists": ("list",), "list": ("list", "entry"), "entry": ()}.get(kind)
            if kind in ("list", "entry"):
                if children[:1] == ["display-name"]:
                    children = children[1:]
                if set(element.attrib) - {"name" if kind == "list" else "uri"} or (kind == "entry" and "uri" not in element.attrib):
                    raise Refused("schema-validation-error")
            elif element.attrib:
                raise Refused("schema-validation-error")
            if set(children) - set(allowed or ()):
                raise Refused("schema-validation-error")
        for element in self.root.iter(etree.Element):
            for kind, name in (("list", "name"), ("entry", "uri")):
                values = [child.get(name) for child in element.iterchildren(f"{{{SPACE}}}{kind}") if name in child.attrib]
                if len(values) != len(set(values)):
                    raise Refused("uniqueness-failure")


class Edits:
    """Random edits, and what they come to."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def element(self, depth=0):
        kind = self.random.choice(("entry", "entry", "list", "list", "display-name", "other"))
        if kind == "display-name":
            return f"<display-name>{escaped(self.random.choice(NAMES))}</display-name>"
        if kind == "other" and self.random.random() < 0.9:
            kind = "entry"
        inner = "".join(self.element(depth + 1) for _ in range(self.random.choice((0, 0, 1, 2)))) if depth < 2 else ""
        if kind == "entry":
            inner = "<display-name>X</display-name>" if self.random.random() < 0.3 else ""
            return f'<entry uri="{escaped(self.random.choice(URIS))}">{inner}</entry>'
        name = f' name="{escaped(self.random.choice(NAMES))}"' if self.random.random() < 0.9 else ""
        return f"<{kind}{name}>{inner}</{kind}>"

    def fitting(self, step):
        """An element that the step may select."""
        if step.name == "display-name":
            return f"<display-name>{escaped(self.random.choice(NAMES))}</display-name>"
        key, values = ("name", NAMES) if step.name == "list" else ("uri", URIS)
        inner = "<display-name>Y</display-name>" if self.random.random() < 0.3 else ""
        return f'<{step.name} {key}="{escaped(step.test[1] if step.test else self.random.choice(values))}">{inner}</{step.name}>'

    def step(self):
        name = self.random.choice(("list", "list", "list", "entry", "entry", "display-name", "*"))
        position = self.random.choice((None, None, 1, 2, 3))
        test = None
        if self.random.random() < (0.3 if position else 0.7):
            test = ("uri", self.random.choice(URIS)) if name == "entry" else ("name", self.random.choice(NAMES))
        return Step(name, position, test)

    def steps(self, model):
        """Often those of an element that there is."""
        elements = [e for e in model.root.iter(etree.Element) if e is not model.root]
        if not elements or self.random.random() < 0.1:
            return [self.step() for _ in range(self.random.choice((1, 2, 2, 3)))]
        steps, element = [], self.random.choice(elements)
        adds = self.random.random() < (0.7 if etree.QName(element).localname == "list" else 0.1)
        while element is not model.root:
            name = etree.QName(element).localname
            key = {"list": "name", "entry": "uri"}.get(name)
            step = Step(self.random.choice((name, name, "*")))
            if key and element.get(key) is not None and self.random.random() < 0.6:
                step.test = (key, element.get(key))
            if not step.test or self.random.random() < 0.2:
                step.position = step.among(element.getparent()).index(element) + 1
            steps.insert(0, step)
            element = element.getparent()
        if adds:
            steps.append(self.step())
        return steps

    def next(self, model):
        """The request (method, selector, body, type) and what it is in the model."""
        steps = self.steps(model)
        kind = self.random.random()
        selector = "/".join(["resource-lists", *map(str, steps)])
        if kind < 0.6:
            body = self.element()
            if steps[-1].name != "*" and self.random.random() < 0.85:
                body = self.fitting(steps[-1])
            return ("PUT", selector, body, ELEMENT), lambda m: m.put(steps, body)
        if kind < 0.75:
            return ("DELETE", selector, None, None), lambda m: m.delete(steps)
        name = self.random.choice(("name", "uri"))
        if kind < 0.92:
            value = self.random.choice(NAMES if name == "name" else URIS)
            return ("PUT", f"{selector}/@{name}", escaped(value), ATTRIBUTE), lambda m: m.put_attribute(steps, name, value)
        return ("DELETE", f"{selector}/@{name}", None, None), lambda m: m.delete_attribute(steps, name)


def canonical(node):
    """All that there is of it, however it is written."""
    text = f"{node.text or ''}{''.join(canonical(child) + (child.tail or '') for child in node)}"
    if not isinstance(node.tag, str):
        return f"<!--{text}-->"
    return f"<{node.tag}{''.join(f' {key}={value!r}' for key, value in sorted(node.attrib.items()))}>{text}</>".replace(SPACE, "")


def outcome_of(answer):
    if answer.status == 409:
        return etree.fromstring(answer.body)[0].tag.replace(ERRORS, "")
    return answer.status if answer.status < 300 else str(answer.status)


def edit(web, model, request, apply):
    """Both do it; the model as it is then, and what came of it."""
    after = copy.deepcopy(model)
    try:
        wanted = apply(after)
        after.judge()
    except Refused as refused:
        wanted, after = str(refused), model
    method, selector, body, kind = request
    target = f"{INDEX}/~~/{quote(selector, safe='/@=*')}"
    answer = web.ask(method, target, body.encode() if body is not None else None, {"Content-Type": kind})
    got = outcome_of(answer)
    check(got == wanted, f"{wanted}, not {answer!r}\nto {method} {selector}\n{body} on {canonical(model.root)}")
    return after, wanted


def run(web, edits, counts, end):
    answer = web.ask("PUT", INDEX, START.encode(), {"Content-Type": LISTS})
    check(answer.status in (200, 201), repr(answer))
    model = Model(START)
    for _ in range(EDITS_EACH):
        if time.monotonic() > end:
            return
        request, apply = edits.next(model)
        before, etag = canonical(model.root), web.ask("HEAD", INDEX).etag
        model, outcome = edit(web, model, request, apply)
        counts[outcome] = counts.get(outcome, 0) + 1
        answer = web.ask("GET", INDEX)
        got = canonical(etree.fromstring(answer.body))
        check(got == canonical(model.root), f"after {request}\nof {before}\nit is\n{got}\nnot\n{canonical(model.root)}")
        check(all(f"<!-- {word} -->" in answer.text for word in ("before", "within", "behind")) or "within" not in got, answer.text)
        check(outcome in (200, 201) or answer.etag == etag, f"{request} was refused, and has changed the entity-tag")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 32)
    print(f"seed {seed}")
    counts, end = {}, time.monotonic() + SECONDS
    with Server(passwords={"alice": "a-secret"}) as server:
        edits, web = Edits(seed), Web(server, "alice")
        while time.monotonic() < end:
            run(web, edits, counts, end)
    print(", ".join(f"{outcome}: {count}" for outcome, count in sorted(counts.items(), key=str)))
    wanted = {200, 201, "404", "no-parent", "cannot-insert", "cannot-delete", "schema-validation-error", "uniqueness-failure"}
    check(wanted <= set(counts), f"nothing came to {wanted - set(counts)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
