"""lxml: what the server writes is held against its schemas, and what it says has changed is applied, by a library that
is not the server's own code.

SPDX-License-Identifier: MIT
"""

import os
import re
import sys

try:
    from lxml import etree
except ImportError:  # Debian's Python has it, where another one stands first in PATH
    if os.path.realpath(sys.executable) == os.path.realpath("/usr/bin/python3"):
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

from server import ROOT

SCHEMAS = os.path.join(ROOT, "presence", "documents", "schemas")
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


def read(text):
    return etree.fromstring(text if isinstance(text, bytes) else text.encode(), PARSER)


class Schemas:
    """The server's schemas, each found by the namespace that it is for."""

    def __init__(self):
        self.files, self.compiled = {}, {}
        for name in os.listdir(SCHEMAS):
            path = os.path.join(SCHEMAS, name)
            self.files[etree.parse(path).getroot().get("targetNamespace")] = path

    def complaint(self, root):
        """What is not valid about a document; None: it is valid."""
        space = etree.QName(root).namespace
        if space not in self.files:
            return f"no schema for {space}"
        if space not in self.compiled:
            self.compiled[space] = etree.XMLSchema(etree.parse(self.files[space]))
        schema = self.compiled[space]
        return None if schema.validate(root) else str(schema.error_log.last_error)


def same(a, b, ignored=()):
    """Do both say the same? Prefixes, and attributes of the root that are `ignored`, do not matter."""
    attributes = [{key: value for key, value in node.attrib.items() if key not in ignored} for node in (a, b)]
    return (a.tag == b.tag and attributes[0] == attributes[1] and (a.text or "") == (b.text or "") and len(a) == len(b)
            and all((x.tail or "") == (y.tail or "") and same(x, y) for x, y in zip(a, b)))


# --- RFC 5261

DEFAULT = "default-of-the-diff"


def with_default(selector):
    """RFC 5261 §4.2.2: a name without a prefix is one of the diff's default namespace, of which XPath has none."""
    pieces = re.split(r"""('[^']*'|"[^"]*")""", selector)
    return "".join(piece if i % 2 else re.sub(r"(^|/)(?=[\w])(?![\w.-]+[:(])", rf"\g<1>{DEFAULT}:", piece)
                   for i, piece in enumerate(pieces))


def select(document, operation):
    spaces = {prefix or DEFAULT: space for prefix, space in operation.nsmap.items()}
    path = with_default(operation.get("sel"))
    found = document.getroottree().xpath("/" + path.lstrip("/"), namespaces=spaces)
    if len(found) != 1:
        raise ValueError(f"{operation.get('sel')} selects {len(found)} nodes in {etree.tostring(document)}")
    return found[0]


def append_text(element, index, text):
    """Behind the child before `index`, or at the beginning."""
    if not text:
        return
    if index == 0:
        element.text = text + (element.text or "") if len(element) else (element.text or "") + text
    else:
        element[index - 1].tail = (element[index - 1].tail or "") + text


def copied(nodes):
    return [etree.fromstring(etree.tostring(node, with_tail=False)) for node in nodes]


def add(document, operation):
    target, position, kind = select(document, operation), operation.get("pos"), operation.get("type")
    if kind:
        name = kind.removeprefix("@")
        prefix, colon, local = name.partition(":")
        target.set(f"{{{operation.nsmap[prefix]}}}{local}" if colon else name, operation.text or "")
        return
    parent = target if position in (None, "prepend") else target.getparent()
    index = {None: len(target), "prepend": 0}.get(position)
    if index is None:
        index = parent.index(target) + (position == "after")
    children = copied(operation)
    for child, original in zip(children, operation):
        child.tail = original.tail
    if position == "prepend" and children:
        children[-1].tail = (children[-1].tail or "") + (parent.text or "")
        parent.text = operation.text
    else:
        append_text(parent, index, operation.text)
    for offset, child in enumerate(children):
        parent.insert(index + offset, child)


def replace(document, operation):
    target = select(document, operation)
    if isinstance(target, etree._Element):
        child = copied(operation)[0]
        child.tail = target.tail
        target.getparent().replace(target, child)
    elif target.is_attribute:
        target.getparent().set(target.attrname, operation.text or "")
    elif target.is_text:
        target.getparent().text = operation.text
    else:
        target.getparent().tail = operation.text


def remove(document, operation):
    target = select(document, operation)
    if isinstance(target, etree._Element):
        parent, index = target.getparent(), target.getparent().index(target)
        tail = target.tail
        parent.remove(target)
        append_text(parent, index, tail)
    elif target.is_attribute:
        del target.getparent().attrib[target.attrname]
    elif target.is_text:
        target.getparent().text = None
    else:
        target.getparent().tail = None


def patch(document, difference):
    """The operations of a difference, one after the other (RFC 5261 §4.1)."""
    for operation in difference:
        {"add": add, "replace": replace, "remove": remove}[etree.QName(operation).localname](document, operation)
    return document
