"""Desk phones get XML that they can read, whatever people are called."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.phonebooks import vendors
from svara.phonebooks.entries import Entry
from svara.phonebooks.vendors import Words

WORDS = Words("Acme & Sønner", "Name or number", "Extension", "Direct", "Mobile")
ANNA = Entry("a", "person", "Anna Marie Berg", "101", ("+4721000009",), "+4790000001", "anna@acme.test")
SUPPORT = Entry("s", "queue", "support & <sales>", "600")
BOOK = (ANNA, SUPPORT)


def texts(node: Xml.Element, path: str) -> list[str]:
    return [each.text or "" for each in node.findall(path)]


@pytest.mark.parametrize(("vendor", "root"), [("yealink", "YealinkIPPhoneDirectory"), ("plain", "IPPhoneDirectory")])
def test_yealink_and_others(vendor: str, root: str) -> None:
    tree = Xml.fromstring(vendors.VENDORS[vendor](BOOK, WORDS))
    assert tree.tag == root
    assert texts(tree, "DirectoryEntry/Name") == ["Anna Marie Berg", "support & <sales>"]
    numbers = tree.findall("DirectoryEntry[1]/Telephone")
    assert [(each.get("label"), each.text) for each in numbers] == [
        ("Extension", "101"),
        ("Direct", "+4721000009"),
        ("Mobile", "+4790000001"),
    ]


def test_snom_asks_whom_one_looks_for_and_shows_a_line_for_each_number() -> None:
    asked = Xml.fromstring(vendors.snom_question("https://acme.test/x?a=1&b=2", WORDS))
    assert asked.tag == "SnomIPPhoneInput"
    assert texts(asked, "URL") == ["https://acme.test/x?a=1&b=2"]
    assert texts(asked, "InputItem/QueryStringParam") == ["search"]
    shown = Xml.fromstring(vendors.snom(BOOK, WORDS))
    assert texts(shown, "Title") == ["Acme & Sønner"]
    assert texts(shown, "DirectoryEntry/Name") == [
        "Anna Marie Berg",
        "Anna Marie Berg (Direct)",
        "Anna Marie Berg (Mobile)",
        "support & <sales>",
    ]
    many = Xml.fromstring(vendors.snom([SUPPORT] * 500, WORDS))
    assert len(many.findall("DirectoryEntry")) == vendors.MAX_ON_SNOM


def test_grandstream() -> None:
    tree = Xml.fromstring(vendors.grandstream(BOOK, WORDS))
    assert tree.tag == "AddressBook"
    assert texts(tree, "Contact/FirstName") == ["Anna Marie", ""]
    assert texts(tree, "Contact/LastName") == ["Berg", "support & <sales>"]
    phones = tree.findall("Contact[1]/Phone")
    assert [(each.get("type"), each.findtext("phonenumber")) for each in phones] == [
        ("Work", "101"),
        ("Work", "+4721000009"),
        ("Cell", "+4790000001"),
    ]


def test_poly_cuts_names_as_its_phones_do() -> None:
    tree = Xml.fromstring(vendors.poly(BOOK, WORDS))
    assert texts(tree, "item_list/item/ct") == ["101", "+4721000009", "+4790000001", "600"]
    assert texts(tree, "item_list/item/fn") == ["Anna Marie", "Anna Marie (Direct)", "Anna Marie (Mobile)", ""]
    long = Entry("l", "person", "Å" * 60, "1")
    [name] = texts(Xml.fromstring(vendors.poly([long], WORDS)), "item_list/item/ln")
    assert name == "Å" * 20


anything = st.text(max_size=40)


@given(st.builds(Entry, anything, st.sampled_from(["person", "queue"]), anything, anything, st.tuples(anything), anything))
def test_no_name_breaks_a_file(entry: Entry) -> None:
    for rendering in vendors.VENDORS.values():
        Xml.fromstring(rendering([entry], WORDS))
