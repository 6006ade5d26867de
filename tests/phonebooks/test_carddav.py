"""What address books ask and are told; what is no question, or a trap, gets no further."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.phonebooks.dav import answers, asked, names
from svara.phonebooks.dav.asked import Unmet, Unreadable
from svara.phonebooks.dav.library import BOOK, HOME, PRINCIPAL, ROOT, Library
from svara.phonebooks.entries import Entry

ANNA = Entry("a1", "person", "Anna Berg", "101", (), "+4790000001", "anna@acme.test")
BOB = Entry("b2", "person", "Bob Øst", "102")
SUPPORT = Entry("s3", "queue", "support & more", "600")
LIBRARY = Library((ANNA, BOB, SUPPORT), "Acme & Co", "Phonebook")
DECLARED = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav" xmlns:S="http://calendarserver.org/ns/"'
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<propfind xmlns="DAV:"><prop><displayname>&b;</displayname></prop></propfind>'
)


def propfind(path: str, body: str = "", depth: str = "0") -> dict[str, Xml.Element]:
    node = LIBRARY.find(path)
    assert node is not None
    return responses(answers.properties(LIBRARY, node, depth, asked.propfind(body.encode())))


def report(body: str) -> dict[str, Xml.Element]:
    return responses(answers.report(LIBRARY, asked.report(body.encode())))


def responses(text: str) -> dict[str, Xml.Element]:
    tree = Xml.fromstring(text)
    return {each.findtext("{DAV:}href", ""): each for each in tree.findall("{DAV:}response")}


def values(response: Xml.Element) -> dict[str, Xml.Element]:
    """The properties that are there."""
    for part in response.findall("{DAV:}propstat"):
        if "200" in part.findtext("{DAV:}status", ""):
            return {each.tag: each for each in part.find("{DAV:}prop") or ()}
    return {}


def missing(response: Xml.Element) -> set[str]:
    return {
        each.tag
        for part in response.findall("{DAV:}propstat")
        if "404" in part.findtext("{DAV:}status", "")
        for each in part.find("{DAV:}prop") or ()
    }


def test_a_program_finds_its_way_from_the_root_to_the_cards() -> None:
    root = propfind(ROOT, f"<propfind {DECLARED}><prop><current-user-principal/></prop></propfind>")
    assert values(root[ROOT])[names.PRINCIPAL].findtext("{DAV:}href") == PRINCIPAL
    me = propfind(PRINCIPAL, f"<propfind {DECLARED}><prop><C:addressbook-home-set/></prop></propfind>")
    assert values(me[PRINCIPAL])[names.HOME].findtext("{DAV:}href") == HOME
    home = propfind(HOME, f"<propfind {DECLARED}><prop><resourcetype/><displayname/></prop></propfind>", "1")
    assert list(home) == [HOME, BOOK]
    book = values(home[BOOK])
    assert book[names.RESOURCE_TYPE].find("{urn:ietf:params:xml:ns:carddav}addressbook") is not None
    assert book[names.DISPLAY_NAME].text == "Acme & Co"
    assert missing(home[HOME]) == {names.DISPLAY_NAME}
    listed = propfind(BOOK, f"<propfind {DECLARED}><prop><getetag/></prop></propfind>", "1")
    assert list(listed) == [BOOK, f"{BOOK}a1.vcf", f"{BOOK}b2.vcf", f"{BOOK}s3.vcf"]
    assert propfind(BOOK.rstrip("/")).keys() == {BOOK}


def test_without_a_wish_the_usual_is_told_and_unknown_things_are_said_to_be_missing() -> None:
    for path in (ROOT, PRINCIPAL, HOME, BOOK, f"{BOOK}a1.vcf"):
        told = values(propfind(path)[path])
        assert names.RESOURCE_TYPE in told
        assert names.DATA not in told
    there = propfind(BOOK, f"<propfind {DECLARED}><propname/></propfind>")[BOOK]
    assert names.SYNC_TOKEN in values(there)
    strange = propfind(BOOK, f'<propfind {DECLARED}><prop><x:colour xmlns:x="http://&quot;odd&quot;/"/></prop></propfind>')
    assert missing(strange[BOOK]) == {'{http://"odd"/}colour'}


def test_the_tag_of_the_book_changes_when_somebody_does() -> None:
    body = f"<propfind {DECLARED}><prop><S:getctag/><sync-token/></prop></propfind>"
    before = values(propfind(BOOK, body)[BOOK])
    other = Library((ANNA, BOB), "Acme & Co", "Phonebook")
    assert before[names.COLLECTION_TAG].text == f'"{LIBRARY.state}"' != f'"{other.state}"'
    assert (before[names.SYNC_TOKEN].text or "").startswith("urn:")


def test_cards_are_fetched_by_their_places() -> None:
    found = report(
        f"<C:addressbook-multiget {DECLARED}><prop><getetag/><C:address-data/></prop>"
        f"<href>{BOOK}a1.vcf</href><href>https://acme.test{BOOK}%62%32.vcf</href><href>{BOOK}nobody.vcf</href>"
        f"<href>{HOME}</href><href>https://[</href></C:addressbook-multiget>"
    )
    assert "TEL;TYPE=CELL,VOICE:+4790000001" in (values(found[f"{BOOK}a1.vcf"])[names.DATA].text or "")
    assert "FN:Bob Øst" in (values(found[f"{BOOK}b2.vcf"])[names.DATA].text or "")
    gone = [path for path, each in found.items() if "404" in each.findtext("{DAV:}status", "")]
    assert gone == [f"{BOOK}nobody.vcf", HOME, "https://["]
    newer = report(
        f'<C:addressbook-multiget {DECLARED}><prop><C:address-data content-type="text/vcard" version="4.0"/></prop>'
        f"<href>{BOOK}a1.vcf</href></C:addressbook-multiget>"
    )
    assert "VERSION:4.0" in (values(newer[f"{BOOK}a1.vcf"])[names.DATA].text or "")


def query(filters: str, more: str = "") -> list[str]:
    body = (
        f"<C:addressbook-query {DECLARED}><prop><getetag/></prop><C:filter{filters}</C:filter>{more}</C:addressbook-query>"
    )
    return [path.removeprefix(BOOK).removesuffix(".vcf") for path in report(body)]


def test_address_books_search() -> None:
    def match(name: str, text: str, more: str = "") -> str:
        return f'<C:prop-filter name="{name}"><C:text-match {more}>{text}</C:text-match></C:prop-filter>'

    assert query(">") == ["a1", "b2", "s3"]
    assert query(">" + match("FN", "bERG")) == ["a1"]
    assert query(">" + match("FN", "bob", 'match-type="starts-with"') + match("TEL", "600")) == ["b2", "s3"]
    assert query(' test="allof">' + match("FN", "b") + match("TEL", "101")) == ["a1"]
    assert query(">" + match("FN", "b", 'match-type="equals"')) == []
    assert query(">" + match("FN", "anna", 'negate-condition="yes"')) == ["b2", "s3"]
    assert query('><C:prop-filter name="EMAIL"/>') == ["a1"]
    assert query('><C:prop-filter name="EMAIL"><C:is-not-defined/></C:prop-filter>') == ["b2", "s3"]
    assert query('><C:prop-filter name="X-SECRET"/>') == []
    assert query(">", "<C:limit><C:nresults>2</C:nresults></C:limit>") == ["a1", "b2"]


def test_who_comes_again_with_the_same_token_has_nothing_to_fetch() -> None:
    def sync(token: str) -> Xml.Element:
        body = (
            f"<sync-collection {DECLARED}><sync-token>{token}</sync-token><sync-level>1</sync-level><prop><getetag/></prop>"
        )
        return Xml.fromstring(answers.report(LIBRARY, asked.report(f"{body}</sync-collection>".encode())))

    first = sync("")
    assert len(first.findall("{DAV:}response")) == 3
    token = first.findtext("{DAV:}sync-token", "")
    assert sync(token).findall("{DAV:}response") == []
    with pytest.raises(Unmet, match="valid-sync-token"):
        sync("urn:svara:phonebook:older")


@pytest.mark.parametrize(
    "body",
    [
        b"<",
        b"hello",
        b"<a/>",
        BOMB,
        b'<!DOCTYPE propfind SYSTEM "file:///etc/passwd"><propfind xmlns="DAV:"/>',
        BOMB.decode().encode("utf-16"),
        b'<?xml version="1.0" encoding="no-such"?><propfind xmlns="DAV:"/>',
        b'<propfind xmlns="DAV:"><prop>' + b"".join(b"<p%d/>" % number for number in range(100)) + b"</prop></propfind>",
        b"<propfind xmlns='DAV:'>" + b" " * asked.MAX_BODY_BYTES + b"</propfind>",
        b"\xff\xfe\x00",
    ],
)
def test_what_cannot_be_read_is_no_question(body: bytes) -> None:
    with pytest.raises(Unreadable):
        asked.propfind(body)
    with pytest.raises((Unreadable, Unmet)):
        asked.report(body)


def test_a_well_of_elements_is_read_and_nothing_more() -> None:
    deep = b"<a>" * 50_000 + b"</a>" * 50_000
    asked.propfind(b"<propfind xmlns='DAV:'><prop>" + deep + b"</prop></propfind>")


def searching(inner: str) -> str:
    tel = f'<C:filter><C:prop-filter name="TEL">{inner}</C:prop-filter></C:filter>'
    return f"<C:addressbook-query {DECLARED}>{tel}</C:addressbook-query>"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (f"<acl-principal-prop-set {DECLARED}/>", "supported-report"),
        (
            f'<C:addressbook-query {DECLARED}><prop><C:address-data version="2.1"/></prop></C:addressbook-query>',
            "supported-address-data",
        ),
        (searching('<C:param-filter name="TYPE"/>'), "supported-filter"),
        (searching('<C:text-match collation="i;klingon">x</C:text-match>'), "supported-collation"),
    ],
)
def test_what_we_do_not_do_is_said_by_name(body: str, name: str) -> None:
    with pytest.raises(Unmet, match=name):
        asked.report(body.encode())
    Xml.fromstring(answers.unmet(f"{{DAV:}}{name}"))


def test_nobody_asks_for_the_whole_world() -> None:
    node = LIBRARY.find(ROOT)
    assert node is not None
    for depth in ("infinity", "2", ""):
        with pytest.raises(Unmet, match="propfind-finite-depth"):
            answers.properties(LIBRARY, node, depth, asked.propfind(b""))


@given(st.text(max_size=200))
def test_no_path_leads_elsewhere(path: str) -> None:
    for start in ("", ROOT, BOOK):
        node = LIBRARY.find(start + path)
        assert node is None or node.path in {ROOT, PRINCIPAL, HOME, BOOK} or node.entry in LIBRARY.entries


@given(st.binary(max_size=300))
def test_garbage_is_refused_in_order(body: bytes) -> None:
    for read in (asked.propfind, asked.report):
        try:
            read(body)
        except (Unreadable, Unmet):
            continue
