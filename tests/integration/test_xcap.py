"""XCAP over HTTP (RFC 4825): documents, elements, attributes and namespaces; who may what; conditions; every error element;
what clients write into their URIs; what happens while the database is away.

SPDX-License-Identifier: MIT
"""

import io
import re
import socket
import sys
import threading
import time
import xml.etree.ElementTree as etree

import cases
from cases import check
from server import Server
from sip import WAIT, parameters
from test_api import Api
from test_program import Database
from web import Web, old_credentials

LISTS, ELEMENT, ATTRIBUTE, NAMESPACES = ("application/resource-lists+xml", "application/xcap-el+xml",
                                         "application/xcap-att+xml", "application/xcap-ns+xml")
SPACE = "urn:ietf:params:xml:ns:resource-lists"
ERRORS = "urn:ietf:params:xml:ns:xcap-error"
ALICE = "/xcap/resource-lists/users/sip:alice@example.test"
INDEX = ALICE + "/index"
NODES = INDEX + "/~~/resource-lists"

DOCUMENT = f"""<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="{SPACE}">
  <list name="friends">
    <!-- kept as it is -->
    <display-name>Friends</display-name>
    <entry uri="sip:bob@example.test"><display-name>Bob</display-name></entry>
    <entry uri="sip:carol@example.test"/>
  </list>
  <list name="work"/>
</resource-lists>
"""


def typed(kind, **more):
    return {"Content-Type": kind, **{name.replace("_", "-"): value for name, value in more.items()}}


def put(web, target=INDEX, body=DOCUMENT, kind=LISTS, status=None, **headers):
    """A PUT that succeeds, or ends with that status."""
    answer = web.ask("PUT", target, body, typed(kind, **headers))
    check(answer.status == status if status else answer.status in (200, 201), f"PUT {target}: {answer!r}")
    if answer.status in (200, 201):
        check(re.fullmatch(r'"[!#-~]+"', answer.etag or "") and not answer.body, f"PUT {target}: {answer!r}")
    return answer


def get(web, target, kind=None, status=200):
    answer = web.ask("GET", target)
    check(answer.status == status, f"GET {target}: {answer!r}")
    check(status != 200 or (answer.etag and kind in (None, answer.headers["Content-Type"])), f"GET {target}: {answer!r}")
    return answer


def fresh(web, body=DOCUMENT):
    """The document as it is at the beginning of a test."""
    web.ask("DELETE", INDEX)
    return put(web, body=body, status=201)


def conflict(answer, element):
    """The element of a 409."""
    check(answer.status == 409 and answer.headers["Content-Type"] == "application/xcap-error+xml", repr(answer))
    root = etree.fromstring(answer.body)
    check(root.tag == f"{{{ERRORS}}}xcap-error" and len(root) == 1, answer.text)
    found = root[0]
    check(found.tag == f"{{{ERRORS}}}{element}", f"{element}, not {answer.text}")
    if element != "extension":
        check(len(found.get("phrase", "")) > 10, f"a phrase: {answer.text}")
    return found


# ---- documents


def test_a_document_is_made_read_replaced_and_removed(_server, alice, *_):
    alice.ask("DELETE", INDEX)
    get(alice, INDEX, status=404)
    first = put(alice, status=201)
    answer = get(alice, INDEX, LISTS)
    check(answer.text == DOCUMENT and answer.etag == first.etag, repr(answer))
    second = put(alice, body=DOCUMENT.replace("Bob", "Robert"), status=200)
    check(second.etag != first.etag, "another entity-tag")
    head = alice.ask("HEAD", INDEX)
    check(head.status == 200 and head.etag == second.etag and head.body == b"" and
          head.headers["Content-Length"] == str(len(DOCUMENT) + 3), repr(head))
    answer = alice.ask("DELETE", INDEX)
    check(answer.status == 200 and answer.etag is None, repr(answer))
    check(alice.ask("DELETE", INDEX).status == 404, "gone")
    get(alice, INDEX, status=404)


def test_documents_have_any_name_and_are_the_users_however_he_is_written(_server, alice, *_):
    for name in ("index", "index.xml", "work/colleagues", "caf%C3%A9", "a b".replace(" ", "%20"), "pres-rules", "x" * 100):
        put(alice, f"{ALICE}/{name}", status=None)
        check(get(alice, f"{ALICE}/{name}", LISTS).text == DOCUMENT, name)
    for user in ("alice", "alice@example.test", "sip:alice@EXAMPLE.test", "sip%3Aalice%40example.test", "%61lice"):
        check(get(alice, f"/xcap/resource-lists/users/{user}/work/colleagues").text == DOCUMENT, user)
    for name in ("index", "index.xml", "work/colleagues", "caf%C3%A9", "a%20b", "pres-rules", "x" * 100):
        check(alice.ask("DELETE", f"{ALICE}/{name}").status == 200, name)


def test_a_name_is_not_too_long(_server, alice, *_):
    for name, status in (("n" * 255, 201), ("n" * 256, 404), ("n" * 3000, 404)):
        answer = alice.ask("PUT", f"{ALICE}/{name}", DOCUMENT, typed(LISTS))
        check(answer.status == status and (status == 201 or "255" in answer.text), f"{len(name)}: {answer!r}")
    check(alice.ask("DELETE", f"{ALICE}/{'n' * 255}").status == 200, "DELETE")


def test_what_there_is_not_is_404_with_a_sentence(_server, alice, *_):
    fresh(alice)
    for target in ("/xcap/", "/xcap/resource-lists", "/xcap/resource-lists/", "/xcap/resource-lists/users/", "/xcap/nothing/users/alice/a",
                   "/xcap/resource-lists/nobody/alice/a", ALICE, ALICE + "/", ALICE + "/other", INDEX + "/", INDEX + "/index",
                   "/xcap/resource-lists/users/alice@elsewhere.test/index", "/xcap/resource-lists/users/@example.test/index",
                   "/xcap/resource-lists/global/index", "/xcap/xcap-caps/global/other", "/xcap/xcap-caps/users/alice/index",
                   INDEX + "/~~/other", INDEX + "/~~/resource-lists/list", NODES + "/list%5B3%5D", NODES + "/list/@nothing",
                   NODES + "/list%5B@name=%22friends%22%5D/entry/@uri", INDEX + "/~~", INDEX + "/~~/"):
        answer = get(alice, target, status=404)
        check(answer.headers["Content-Type"] == "text/plain; charset=utf-8" and len(answer.text) > 20, f"{target}: {answer!r}")
    for selector in ("%5B", "resource-lists/list%5B", "resource-lists/list%5B@name%5D", "resource-lists//list/", "p:resource-lists"):
        answer = alice.ask("GET", f"{INDEX}/~~/{selector}")
        check(answer.status in (400, 404) and len(answer.text) > 20, f"{selector}: {answer!r}")


def test_only_four_methods_are_allowed(_server, alice, _bob, _reader, _writer):
    fresh(alice)
    for method in ("POST", "OPTIONS", "PATCH"):
        answer = alice.once(method, INDEX, "x" if method != "OPTIONS" else None)
        check(answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, PUT, DELETE", f"{method}: {answer!r}")
    for method, target, kind in (("PUT", NODES + "/namespace::*", NAMESPACES), ("DELETE", NODES + "/namespace::*", NAMESPACES)):
        answer = alice.ask(method, target, "x", typed(kind))
        check(answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", f"{method} {target}: {answer!r}")


def test_content_types_are_checked(_server, alice, *_):
    fresh(alice)
    element = '<list name="new"/>'
    for target, kind, body, status in (
            (INDEX, "application/xml", DOCUMENT, 415), (INDEX, None, DOCUMENT, 415), (INDEX, ELEMENT, DOCUMENT, 415),
            (INDEX, "application/rls-services+xml", DOCUMENT, 415), (INDEX, "Application/Resource-Lists+XML; charset=utf-8", DOCUMENT, 200),
            (INDEX, LISTS + '; charset="UTF-8"; x=y', DOCUMENT, 200), (NODES + "/list%5B3%5D", LISTS, element, 415),
            (NODES + "/list%5B3%5D", ATTRIBUTE, element, 415), (NODES + "/list%5B3%5D", ELEMENT, element, 201),
            (NODES + "/list%5B3%5D/@name", ELEMENT, "newer", 415), (NODES + "/list%5B3%5D/@name", ATTRIBUTE, "newer", 200)):
        answer = alice.ask("PUT", target, body, typed(kind))
        check(answer.status == status, f"{kind}: {answer!r}")
        check(status != 415 or "Content-Type application/" in answer.text, answer.text)
    conflict(alice.ask("PUT", INDEX, DOCUMENT, typed(LISTS + "; charset=iso-8859-1")), "not-utf-8")
    for target, kind, text in ((INDEX, LISTS, DOCUMENT.replace("friends", "\xe9")), (NODES + "/list%5B1%5D", ELEMENT, '<list name="\xe9"/>'),
                               (NODES + "/list%5B1%5D/@name", ATTRIBUTE, "\xe9")):
        conflict(alice.ask("PUT", target, text.encode("latin-1"), typed(kind)), "not-utf-8")


# ---- nodes


def test_elements_are_put_read_and_removed_and_the_rest_stays_as_it_was(_server, alice, *_):
    fresh(alice)
    entry = NODES + "/list%5B@name=%22friends%22%5D/entry%5B@uri=%22sip:dave@example.test%22%5D"
    body = '<entry uri="sip:dave@example.test"><display-name>Dave</display-name></entry>'
    made = put(alice, entry, body, ELEMENT, 201)
    whole = get(alice, INDEX)
    check(whole.etag == made.etag and "<!-- kept as it is -->" in whole.text and body in whole.text, whole.text)
    answer = get(alice, entry, ELEMENT)
    root = etree.fromstring(answer.body)
    check(root.tag == f"{{{SPACE}}}entry" and root[0].text == "Dave" and answer.etag == made.etag, repr(answer))
    replaced = put(alice, entry, body.replace("Dave", "David"), ELEMENT, 200)
    check(replaced.etag != made.etag and "David" in get(alice, entry).text, "replaced")
    answer = alice.ask("DELETE", entry)
    check(answer.status == 200 and answer.etag not in (None, replaced.etag), repr(answer))
    check(alice.ask("DELETE", entry).status == 404 and get(alice, INDEX).etag == answer.etag, "gone")
    check("dave" not in get(alice, INDEX).text, "gone from the document")
    put(alice, NODES + "/list%5B1%5D", '<list name="first"/>', ELEMENT, 200)
    check(etree.fromstring(get(alice, INDEX).body)[0].get("name") == "first", "by position")


def test_attributes_are_put_read_and_removed(_server, alice, *_):
    fresh(alice)
    name = NODES + "/list%5B2%5D/@name"
    check(get(alice, name, ATTRIBUTE).text == "work", "read")
    put(alice, name, "work &amp; play", ATTRIBUTE, 200)
    check(get(alice, name).text in ("work & play", "work &amp; play") and
          etree.fromstring(get(alice, INDEX).body)[1].get("name") == "work & play", get(alice, INDEX).text)
    answer = alice.ask("DELETE", name)
    check(answer.status == 200 and get(alice, name, status=404), repr(answer))
    put(alice, name, "new", ATTRIBUTE, 201)


def test_namespaces_are_read(_server, alice, *_):
    fresh(alice, DOCUMENT.replace("<list name=\"work\"/>", '<list name="work" xmlns:a="urn:test:a"/>'))
    answer = get(alice, NODES + "/list%5B2%5D/namespace::*", NAMESPACES)
    spaces = {space for _, space in etree.iterparse(io.BytesIO(answer.body), ["start-ns"])}
    check(spaces == {("", SPACE), ("a", "urn:test:a")} and len(etree.fromstring(answer.body)) == 0, answer.text)


def test_prefixes_are_bound_in_the_query(_server, alice, *_):
    fresh(alice, DOCUMENT.replace("<list name=\"work\"/>",
                                  '<list name="work"><x:note xmlns:x="urn:test:x">kept</x:note></list>'))
    note = INDEX + "/~~/rl:resource-lists/rl:list%5B2%5D/n:note"
    for query in (f"xmlns(rl={SPACE})xmlns(n=urn:test:x)", f"xmlns(rl=urn%3Aietf:params:xml:ns:resource-lists)%20xmlns(n=urn:test:x)",
                  f"xmlns(n=urn:test:x)xmlns(rl={SPACE})"):
        check("kept" in get(alice, f"{note}?{query}", ELEMENT).text, query)
    check(alice.ask("GET", f"{note}?xmlns(rl={SPACE})").status in (400, 404), "n is not bound")
    get(alice, f"{note}?xmlns(rl={SPACE})xmlns(n=urn:test:y)", status=404)


# ---- what clients write into URIs


def entry_of(uri, quote="%22", brackets=("%5B", "%5D")):
    return f"{NODES}/list{brackets[0]}@name={quote}friends{quote}{brackets[1]}/entry{brackets[0]}@uri={quote}{uri}{quote}{brackets[1]}"


def test_selectors_may_be_escaped_or_not(server, alice, _bob, reader, _writer):
    fresh(alice)
    for web in (alice, Web(server, "alice", algorithm="SHA-256"), reader):
        for target in (entry_of("sip:bob@example.test"), entry_of("sip:bob@example.test", '"', "[]"), entry_of("sip:bob@example.test", "'", "[]"),
                       entry_of("sip:bob@example.test", '"'), entry_of("sip%3abob%40example%2Etest", "%27", ("%5b", "%5d")),
                       entry_of("sip:bob@example.test").replace("/list", "/*"), NODES.replace("~~", "%7E%7E") + "/list%5B1%5D/entry%5B1%5D"):
            check("Bob" in get(web, target, ELEMENT).text, target)


def test_uris_within_selectors(_server, alice, _bob, reader, _writer):
    """libwebsockets changes them (transport/http.h); credentials by digest have them as they were, a token has not."""
    lost = ("http://a.test//b", "sip:a&amp;b@example.test", "urn:a+b")
    uris = ("http://a.test/b", "https://a.test:8080/b/c", "sip:a;b=c@example.test", "sip:+1555@example.test;user=phone", *lost)
    body = "".join(f'<entry uri="{uri}"/>' for uri in uris)  # RFC 4825 §6.3: values stand in selectors as in XML
    fresh(alice, DOCUMENT.replace("<list name=\"work\"/>", f"<list name=\"work\">{body}</list>"))
    for uri in uris:
        for target in (f'{NODES}/list%5B2%5D/entry%5B@uri=%22{uri}%22%5D', f'{NODES}/list[2]/entry[@uri="{uri}"]'):
            check(uri in get(alice, target, ELEMENT).text, target)
            if uri not in lost:
                check(uri in get(reader, target, ELEMENT).text, target)
    for uri in ("sip%3Aa%26amp%3Bb@example.test", "urn:a%2Bb"):
        get(reader, f"{NODES}/list%5B2%5D/entry%5B@uri=%22{uri}%22%5D", ELEMENT)
    for uri in ("sip:a&amp;b@example.test", "urn:a+b"):
        answer = reader.ask("GET", f"{NODES}/list%5B2%5D/entry%5B@uri=%22{uri}%22%5D")
        check(answer.status == 400 and "escaped" in answer.text, f"{uri}: {answer!r}")


def test_tokens_remove_no_list_but_the_one_they_wrote(_server, alice, _bob, reader, writer):
    names = ("a b", "a+b", "R;D", "R&amp;D")
    lists = "".join(f'<list name="{name}"/>' for name in names)
    fresh(alice, f'<resource-lists xmlns="{SPACE}">{lists}</resource-lists>')
    for name in ("a+b", "a%20b", "R&amp;D"):
        answer = writer.ask("DELETE", f"{NODES}/list%5B@name=%22{name}%22%5D")
        check(answer.status == 400 and "%2B" in answer.text, f"{name}: {answer!r}")
    for target in (ALICE + "/a+b", ALICE + "/a%20b", ALICE + "/a&b", "/xcap/resource-lists/users/a+b/index"):
        check(reader.ask("GET", target).status == 400, target)
    for name in ("a%2Bb", "a%26%2332%3Bb", "R%26amp%3BD", "R;D"):
        check(writer.ask("DELETE", f"{NODES}/list%5B@name=%22{name}%22%5D").status == 200, name)
    check("<list" not in get(alice, INDEX).text, "all four are gone")


def test_numbers_are_users(server, *_):
    web = Web(server, "+4930123")
    for user in ("+4930123", "%2B4930123", "sip:+4930123@example.test", "sip:%2B4930123@example.test"):
        put(web, f"/xcap/resource-lists/users/{user}/index")
        get(web, f"/xcap/resource-lists/users/{user}/index", LISTS)


# ---- conditions


def test_conditions_of_documents(_server, alice, *_):
    etag = fresh(alice).etag
    for headers, method, status in (
            ({"If-None-Match": etag}, "GET", 304), ({"If-None-Match": f'"x", W/{etag}'}, "GET", 304), ({"If-None-Match": "*"}, "HEAD", 304),
            ({"If-None-Match": '"x"'}, "GET", 200), ({"If-Match": etag}, "GET", 200), ({"If-Match": "*"}, "GET", 200),
            ({"If-Match": '"x"'}, "GET", 412), ({"If-Match": "W/" + etag}, "GET", 412), ({"If-None-Match": "*"}, "PUT", 412),
            ({"If-None-Match": etag}, "PUT", 412), ({"If-Match": '"x", "y"'}, "PUT", 412), ({"If-Match": '"x"'}, "DELETE", 412),
            ({"If-None-Match": etag}, "DELETE", 412)):
        answer = alice.ask(method, INDEX, DOCUMENT if method == "PUT" else None, typed(LISTS if method == "PUT" else None, **headers))
        check(answer.status == status, f"{method} {headers}: {answer!r}")
        check(status != 304 or (answer.etag == etag and not answer.body), repr(answer))
    check(get(alice, INDEX).etag == etag, "nothing has changed")
    second = put(alice, body=DOCUMENT.replace("Bob", "Robert"), status=200, If_Match=f'"x", {etag}').etag
    put(alice, status=412, If_Match=etag)
    check(alice.ask("DELETE", INDEX, headers={"If-Match": second}).status == 200, "DELETE with If-Match")
    put(alice, status=412, If_Match="*")
    put(alice, status=412, If_Match=second)
    check(alice.ask("DELETE", INDEX, headers={"If-Match": second}).status == 404, "nothing to delete")
    put(alice, status=201, If_None_Match="*")


def test_conditions_of_nodes(_server, alice, *_):
    etag = fresh(alice).etag
    dave, body = entry_of("sip:dave@example.test"), '<entry uri="sip:dave@example.test"/>'
    put(alice, dave, body, ELEMENT, 412, If_Match='"x"')
    put(alice, dave, body, ELEMENT, 412, If_Match="*")
    second = put(alice, dave, body, ELEMENT, 201, If_Match=etag, If_None_Match="*").etag
    put(alice, dave, body, ELEMENT, 412, If_None_Match="*")
    put(alice, dave, body, ELEMENT, 200, If_Match="*")
    third = get(alice, INDEX).etag
    check(alice.ask("DELETE", dave, headers={"If-Match": second if second != third else '"x"'}).status == 412, "an old one")
    answer = alice.ask("GET", dave, headers={"If-None-Match": third})
    check(answer.status == 304 and answer.etag == third, repr(answer))
    check(alice.ask("DELETE", dave, headers={"If-Match": third}).status == 200, "DELETE")


# ---- errors


def test_each_conflict_has_its_element(_server, alice, *_):
    etag = fresh(alice).etag
    friends = NODES + "/list%5B@name=%22friends%22%5D"
    for target, kind, body, element in (
            (INDEX, LISTS, "<resource-lists", "not-well-formed"),
            (INDEX, LISTS, "", "not-well-formed"),
            (INDEX, LISTS, DOCUMENT.replace("Bob", "B\u00f6b").encode("latin-1"), "not-utf-8"),
            (INDEX, LISTS, f'<other xmlns="{SPACE}"/>', "schema-validation-error"),
            (INDEX, LISTS, DOCUMENT.replace("uri=", "url="), "schema-validation-error"),
            (friends, ELEMENT, "<list", "not-xml-frag"),
            (friends, ELEMENT, '<list name="friends"/><list/>', "not-xml-frag"),
            (friends, ELEMENT, "text", "not-xml-frag"),
            (friends, ELEMENT, "", "not-xml-frag"),
            (friends + "/@name", ATTRIBUTE, "a<b", "not-xml-att-value"),
            (friends + "/@name", ATTRIBUTE, "a & b", "not-xml-att-value"),
            (friends, ELEMENT, '<list name="other"/>', "cannot-insert"),
            (NODES + "/list%5B9%5D", ELEMENT, "<list/>", "cannot-insert"),
            (friends + "/@name", ATTRIBUTE, "other", "cannot-insert"),
            (friends + "/entry", ELEMENT, "<other/>", "cannot-insert"),
            (NODES + "/list%5B2%5D", ELEMENT, "<list><wrong/></list>", "schema-validation-error"),
            (NODES + "/other", ELEMENT, "<other/>", "schema-validation-error")):
        answer = alice.ask("PUT", target, body, typed(kind))
        try:
            conflict(answer, element)
        except AssertionError as error:
            raise AssertionError(f"{target} {body!r}: {error}") from None
    check("line 6" in conflict(alice.ask("PUT", INDEX, DOCUMENT.replace("uri=", "url="), typed(LISTS)),
                             "schema-validation-error").get("phrase").lower(), "the phrase names the line")
    conflict(alice.ask("DELETE", NODES + "/list%5B1%5D"), "cannot-delete")
    conflict(alice.ask("DELETE", INDEX + "/~~/resource-lists"), "cannot-delete")
    conflict(alice.ask("DELETE", entry_of("sip:bob@example.test") + "/@uri"), "schema-validation-error")
    check(get(alice, INDEX).etag == etag and get(alice, INDEX).text == DOCUMENT, "nothing has changed")


def test_no_parent_tells_how_far_there_is_something(server, alice, *_):
    fresh(alice)
    root = f"http://127.0.0.1:{server.web_port}"
    for target, kind, ancestor in (
            (NODES + "/list%5B@name=%22none%22%5D/entry%5B@uri=%22a%22%5D", ELEMENT, NODES),
            (NODES + "/list%5B@name=%22friends%22%5D/list%5B@name=%22none%22%5D/@name", ATTRIBUTE, NODES + "/list%5B@name=%22friends%22%5D"),
            (ALICE + "/none/~~/resource-lists/list%5B1%5D", ELEMENT, ALICE)):
        body = "x" if kind == ATTRIBUTE else '<entry uri="a"/>' if "entry" in target else "<list/>"
        found = conflict(alice.ask("PUT", target, body, typed(kind)), "no-parent")
        told = found.findtext(f"{{{ERRORS}}}ancestor")
        check(told == root + ancestor, f"{told}, not {root + ancestor}")
    get(alice, ALICE + "/none", status=404)


SERVICES = """<rls-services xmlns="urn:ietf:params:xml:ns:rls-services">
<service uri="{uri}"><resource-list>{lists}</resource-list><packages><package>presence</package></packages></service>
</rls-services>"""
FRIENDS = "https://sip.example.test/xcap/resource-lists/users/{}/index/~~/resource-lists/list%5B1%5D"
RULES = """<ruleset xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules">
<rule id="a"><conditions><identity><one id="sip:bob@example.test"/></identity></conditions>
<actions><pr:sub-handling>allow</pr:sub-handling></actions><transformations/></rule></ruleset>"""
PIDF = """<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:{}@example.test">
<tuple id="a"><status><basic>open</basic></status></tuple></presence>"""


def test_applications_have_constraints_of_their_own(_server, alice, bob, *_):
    fresh(alice)
    found = conflict(alice.ask("PUT", INDEX, DOCUMENT.replace('name="work"', 'name="friends"'), typed(LISTS)), "uniqueness-failure")
    check(found.find(f"{{{ERRORS}}}exists").get("field") == "resource-lists/list%5B2%5D/@name", etree.tostring(found))
    services, kind = "/xcap/rls-services/users/{}/index", "application/rls-services+xml"
    mine = SERVICES.format(uri="sip:friends@example.test", lists=FRIENDS.format("alice"))
    put(alice, services.format("alice"), mine, kind)
    for body, element in (
            (SERVICES.format(uri="sip:friends@example.test", lists=FRIENDS.format("bob")), "uniqueness-failure"),
            (SERVICES.format(uri="sip:bobs@example.test", lists=FRIENDS.format("alice")), "constraint-failure"),
            (SERVICES.format(uri="mailto:bobs@example.test", lists=FRIENDS.format("bob")), "constraint-failure"),
            (SERVICES.format(uri="sip:bobs@example.test", lists="a").replace("package>", "other>"), "schema-validation-error")):
        found = conflict(bob.ask("PUT", services.format("bob"), body, typed(kind)), element)
        check(element != "uniqueness-failure" or found[0].get("field") == "rls-services/service%5B1%5D/@uri", etree.tostring(found))
    put(bob, services.format("bob"), SERVICES.format(uri="sip:bobs@example.test", lists=FRIENDS.format("bob")), kind)
    hand = "/xcap/pidf-manipulation/users/alice/index"
    conflict(alice.ask("PUT", hand, PIDF.format("bob"), typed("application/pidf+xml")), "constraint-failure")
    put(alice, hand, PIDF.format("alice"), "application/pidf+xml")
    put(alice, "/xcap/pres-rules/users/alice/index", RULES, "application/auth-policy+xml")
    check(get(alice, "/xcap/org.openmobilealliance.pres-rules/users/alice/index", "application/auth-policy+xml").text == RULES, "OMA's name")
    rule = "/xcap/pres-rules/users/alice/index/~~/cp:ruleset/cp:rule%5B@id=%22{}%22%5D?xmlns(cp=urn:ietf:params:xml:ns:common-policy)"
    put(alice, rule.format("b"), '<cp:rule xmlns:cp="urn:ietf:params:xml:ns:common-policy" id="b"/>', ELEMENT, 201)
    check(alice.ask("DELETE", rule.format("a")).status == 200, "a rule")
    conflict(alice.ask("PUT", "/xcap/pres-rules/users/alice/index", DOCUMENT, typed("application/auth-policy+xml")), "schema-validation-error")
    for web, targets in ((alice, (services.format("alice"), hand, "/xcap/pres-rules/users/alice/index")), (bob, (services.format("bob"),))):
        for target in targets:
            check(web.ask("DELETE", target).status == 200, target)


def test_limits_are_named(_server, alice, *_):
    fresh(alice)
    for size, word in ((70000, "bytes"), (250000, "bytes")):
        answer = alice.ask("PUT", INDEX, DOCUMENT + " " * size, typed(LISTS))
        check(answer.status == 413 and word in answer.text, f"{size}: {answer.status} {answer.text[:100]}")
        answer = alice.ask("PUT", NODES + "/list%5B1%5D", '<list name="friends">' + " " * size + "</list>", typed(ELEMENT))
        check(answer.status == 413 and word in answer.text, f"{size}: {answer.status} {answer.text[:100]}")
    answer = alice.ask("PUT", INDEX, DOCUMENT + " " * 1000000, typed(LISTS))
    check(answer.status == 413 and re.search(r"\d+ bytes", answer.text), f"not even read: {answer!r}")
    deep = DOCUMENT.replace('<list name="work"/>', "<list>" * 60 + "</list>" * 60)
    answer = alice.ask("PUT", INDEX, deep, typed(LISTS))
    check(answer.status == 413 and re.search(r"\d", answer.text), f"too deep: {answer!r}")
    check(get(alice, INDEX).text == DOCUMENT, "nothing has changed")


def test_a_quota_is_an_extension_of_ours(_server, _alice, bob, *_):
    made, answer = [], None
    for n in range(200):
        name = f"/xcap/resource-lists/users/bob/list{n}"
        answer = bob.ask("PUT", name, DOCUMENT, typed(LISTS))
        if answer.status != 201:
            break
        made.append(name)
    limit = conflict(answer, "extension")[0]
    check(limit.tag == "{urn:heliograph:xcap-error}limit" and str(len(made)) in limit.get("phrase"), answer.text)
    for name in made:
        check(bob.ask("DELETE", name).status == 200, name)
    put(bob, "/xcap/resource-lists/users/bob/list0")


# ---- who may


def test_everybody_has_his_own_documents_only(server, alice, bob, reader, writer):
    fresh(alice)
    for web in (bob, Web(server, "bob", algorithm="SHA-256")):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            for target in (INDEX, NODES + "/list%5B1%5D", ALICE + "/none", "/xcap/resource-lists/users/nobody/index"):
                answer = web.ask(method, target, DOCUMENT if method == "PUT" else None, typed(LISTS))
                check(answer.status == 403, f"{method} {target}: {answer!r}")
    answer = alice.once("GET", INDEX)
    check(answer.status == 401 and len(answer.challenges()) == 2 and not answer.challenges("Bearer"), repr(answer))
    check(alice.once("GET", "/xcap/nothing").status == 401, "first of all, who asks")
    for wrong in (Web(server, "alice", password="wrong"), Web(server, "nobody", password="x")):
        answer = wrong.ask("GET", INDEX)
        check(answer.status == 401 and answer.challenges(), repr(answer))
    check(get(reader, INDEX, LISTS).text == DOCUMENT, "a token with xcap:read")
    answer = reader.ask("PUT", INDEX, DOCUMENT, typed(LISTS))
    check(answer.status == 403 and "xcap:write" in answer.text and 'scope="xcap:write"' in answer.headers["WWW-Authenticate"], repr(answer))
    check(writer.ask("GET", INDEX).status == 403, "a token without xcap:read")
    put(writer, INDEX, DOCUMENT.replace("Bob", "Rob"), status=200)
    check("Rob" in get(alice, INDEX).text, "written by a token")
    answer = Web(server, token="wrong").ask("GET", INDEX)
    check(answer.status == 401 and answer.challenges("Bearer error"), repr(answer))
    check(writer.ask("PUT", "/xcap/resource-lists/users/nobody/index", DOCUMENT, typed(LISTS)).status == 404, "no such account")


def test_global_documents_are_written_by_tokens_and_read_by_all_accounts(_server, alice, bob, reader, writer):
    book = "/xcap/resource-lists/global/phone-book"
    put(writer, book, status=201)
    for web in (alice, bob, reader):
        check(get(web, book, LISTS).text == DOCUMENT, "read")
        check("Bob" in get(web, book + "/~~/resource-lists/list%5B1%5D", ELEMENT).text, "a node")
    check(alice.once("GET", book).status == 401, "not by anybody")
    for method in ("PUT", "DELETE"):
        check(alice.ask(method, book, DOCUMENT, typed(LISTS)).status == 403, method)
    check(writer.ask("DELETE", book).status == 200, "DELETE")


def test_capabilities_are_made_by_the_server(_server, alice, _bob, _reader, writer):
    caps = "/xcap/xcap-caps/global/index"
    answer = alice.once("GET", caps)
    check(answer.status == 200 and answer.headers["Content-Type"] == "application/xcap-caps+xml" and answer.etag, repr(answer))
    root = etree.fromstring(answer.body)
    space = "{urn:ietf:params:xml:ns:xcap-caps}"
    known = {node.text for node in root.iter(space + "auid")}
    check({"xcap-caps", "resource-lists", "rls-services", "pres-rules", "pidf-manipulation"} <= known, f"{known}")
    check(SPACE in {node.text.strip() for node in root.iter(space + "namespace")}, answer.text)
    check(alice.once("GET", caps, headers={"If-None-Match": answer.etag}).status == 304, "conditions")
    check(b"auids" in get(alice, caps + "/~~/xcap-caps/auids", ELEMENT).body, "a node")
    for method in ("PUT", "DELETE"):
        answer = writer.ask(method, caps, DOCUMENT, typed(LISTS))
        check(answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", f"{method}: {answer!r}")


def test_old_clients_without_qop(server, alice, *_):
    fresh(alice)
    challenge = alice.once("GET", INDEX).challenges()[0]
    line = {"Authorization": old_credentials(challenge, "alice", alice.password, "GET", INDEX)}
    check(alice.once("GET", INDEX, headers=line).status == 200, "without qop")
    answer = alice.once("GET", INDEX, headers=line)
    check(answer.status == 401 and parameters(answer.challenges()[0])["stale"] == "true", repr(answer))


def test_wrong_passwords_are_logged(server, *_):
    Web(server, "alice", password="wrong").ask("GET", INDEX)
    with open(server.log, errors="replace") as f:
        lines = [line for line in f if "what=authentication_failed" in line and "over HTTP" in line]
    check(lines and "alice" in lines[-1] and "wrong password" in lines[-1] and "127.0.0.1" in lines[-1], repr(lines[-1:]))


# ---- many, and those who leave


def test_edits_at_once_are_made_one_after_the_other(server, alice, *_):
    fresh(alice)
    failures = []

    def work(n):
        web = Web(server, "alice", algorithm=("MD5", "SHA-256")[n % 2])
        for i in range(8):
            uri = f"sip:{n}-{i}@example.test"
            answer = web.ask("PUT", entry_of(uri), f'<entry uri="{uri}"/>', typed(ELEMENT))
            if answer.status != 201:
                failures.append(answer)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not failures, repr(failures))
    uris = [node.get("uri") for node in etree.fromstring(get(alice, INDEX).body).iter(f"{{{SPACE}}}entry")]
    check({f"sip:{n}-{i}@example.test" for n in range(8) for i in range(8)} <= set(uris), f"{sorted(uris)}")


def test_clients_who_do_not_wait_harm_nobody(server, alice, _bob, reader, writer):
    fresh(alice)
    for i in range(60):
        peer = socket.create_connection(("127.0.0.1", server.web_port))
        body = DOCUMENT.replace("Bob", f"Bob {i}") if i % 2 else ""
        peer.sendall((f"{'PUT' if i % 2 else 'GET'} /xcap/resource-lists/users/{('alice', 'carol', 'nobody')[i % 3]}/index HTTP/1.1\r\n"
                      f"Host: x\r\nAuthorization: Bearer {(writer if i % 2 else reader).token}\r\nContent-Type: {LISTS}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
        if i % 4 < 2:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset
        peer.close()
    check(get(alice, INDEX).status == 200, "it goes on")


# ---- the database


def test_documents_survive_kill_9(server, alice, *_):
    etag = fresh(alice).etag
    server.restart()
    answer = get(Web(server, "alice"), INDEX, LISTS)
    check(answer.text == DOCUMENT and answer.etag == etag, repr(answer))


def test_a_restart_makes_no_recorded_change_good_again(server, alice, *_):
    started = int(time.time())
    while int(time.time()) < started + 2:  # a process that has just begun gives nonces of its next second
        fresh(alice)
    recorder = Web(server, "alice")
    recorder.choose(recorder.once("GET", INDEX))
    lines = {**typed(LISTS), "Authorization": recorder.credentials("PUT", INDEX)}
    check(recorder.once("PUT", INDEX, DOCUMENT, lines).status == 200, "the first time")
    server.restart()
    answer = recorder.once("PUT", INDEX, DOCUMENT.replace("Bob", "Mallory"), lines)
    check(answer.status == 401 and "stale=true" in answer.challenges()[0], repr(answer))
    check(get(Web(server, "alice"), INDEX).text == DOCUMENT, "nothing has changed")


def test_503_while_the_database_is_away(_server, *_):
    with Database() as database, Server(settings=[f"database={database.uri}", "storage.wait_s=1"]) as server:
        alice = Web(server, "alice")
        etag = put(alice).etag
        database.stop()
        changed = DOCUMENT.replace("Bob", "Robert")
        answer = alice.ask("PUT", INDEX, changed, typed(LISTS))
        check(answer.status == 503 and int(answer.headers["Retry-After"]) > 0 and len(answer.text) > 20, repr(answer))
        check(alice.ask("GET", INDEX).status in (200, 503), "what is in memory may be read")
        database.start()
        end = time.monotonic() + WAIT
        while alice.ask("PUT", INDEX, changed, typed(LISTS)).status == 503 and time.monotonic() < end:
            time.sleep(0.1)
        answer = get(alice, INDEX)
        check(answer.text == changed and answer.etag != etag, "back again")


def main():
    passwords = {user: user[0] + "-secret" for user in ("alice", "bob", "carol", "+4930123")}
    with Server(passwords=passwords, settings=["documents.bytes=65536"]) as server:
        tokens = [Web(server, token=Api(server, scope, name=scope).token) for scope in ("xcap:read", "xcap:write")]
        return cases.main(sys.modules[__name__], (server, Web(server, "alice"), Web(server, "bob"), *tokens))


if __name__ == "__main__":
    sys.exit(main())
