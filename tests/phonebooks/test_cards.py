"""Cards are read by others as they were meant, whatever people are called."""

from __future__ import annotations

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from svara.phonebooks import cards
from svara.phonebooks.cards import Version
from svara.phonebooks.entries import Entry

ANNA = Entry("a" * 32, "person", "Anna Marie Øst; Berg", "101", ("+4721000009",), "+4790000001", "anna@acme.test")


def read(entry: Entry, version: Version = "3.0", company: str = "Acme AS"):
    return vobject.readOne(cards.card(entry, company, version))


@pytest.mark.parametrize("version", cards.VERSIONS)
def test_another_program_reads_annas_card(version: Version) -> None:
    seen = read(ANNA, version, "Acme, Sønner & Co; Oslo")
    assert seen.version.value == version
    assert seen.fn.value == "Anna Marie Øst; Berg"
    assert (seen.n.value.family, seen.n.value.given) == ("Berg", "Anna Marie Øst;")
    assert seen.org.value == ["Acme, Sønner & Co; Oslo"]
    assert [each.value for each in seen.tel_list] == ["+4721000009", "101", "+4790000001"]
    assert "cell" in str(seen.tel_list[2].params).lower()
    assert seen.email.value == "anna@acme.test"
    assert seen.uid.value == ANNA.id


def test_a_queue_is_no_person() -> None:
    card = cards.card(Entry("q", "queue", "support", "600"), "Acme", "4.0")
    assert "KIND:org\r\n" in card
    assert "EMAIL" not in card
    assert read(Entry("q", "queue", "support", "600")).n.value.family == "support"


def test_the_tag_changes_with_whatever_changes() -> None:
    others = [
        Entry(ANNA.id, "person", "Anna Vik", "101", ANNA.direct, ANNA.mobile, ANNA.email),
        Entry(ANNA.id, "person", ANNA.name, "102", ANNA.direct, ANNA.mobile, ANNA.email),
        Entry(ANNA.id, "person", ANNA.name, "101", (), ANNA.mobile, ANNA.email),
        Entry(ANNA.id, "person", ANNA.name, "101", ANNA.direct, "", ANNA.email),
        Entry(ANNA.id, "person", ANNA.name, "101", ANNA.direct, ANNA.mobile, ""),
    ]
    tags = [cards.tag(each, "Acme") for each in (ANNA, *others)] + [cards.tag(ANNA, "Acme 2")]
    assert len(set(tags)) == len(tags)
    assert cards.tag(ANNA, "Acme") == cards.tag(ANNA, "Acme")


@given(st.text(max_size=300), st.text(max_size=50), st.sampled_from(cards.VERSIONS))
def test_no_name_breaks_a_card(name: str, email: str, version: Version) -> None:
    card = cards.card(Entry("x", "person", name, "1", (), "", email), "Acme", version)
    lines = card.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "\n" not in card.replace("\r\n", "")
    assert [line for line in lines if line.startswith(("BEGIN", "END"))] == ["BEGIN:VCARD", "END:VCARD"]
    assert vobject.readOne(card).tel.value == "1"
