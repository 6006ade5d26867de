"""Files of vCards: what phones and programs write is read, and whatever else there may be in a file hurts nobody."""

from __future__ import annotations

import time
from itertools import islice

import msgspec
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from tests.contacts import exports

from svara.contacts import picked, vcard
from svara.contacts.card import KINDS, MAX_NAME, MAX_NOTE, MAX_NUMBERS, Card, Number, Unfit, checked, packed, unpacked
from svara.contacts.vcard_writing import written


def one(data: bytes, country: str = "NO") -> Card:
    [found] = vcard.read(data, country)
    assert found.card is not None
    return found.card


@pytest.mark.claim("ADV-14")
def test_an_iphones_card() -> None:
    assert one(exports.IPHONE) == Card(
        "Kari Marie Nordmann",
        "Nordmann & Sønn AS, Salg",
        (Number("+4791234567", "mobile"), Number("+4722000001", "work"), Number("+4722000002", "fax")),
        "kari@nordmann.example",
        "Ring after ten, not before\nand never on Fridays",
    )


@pytest.mark.claim("ADV-14")
def test_an_androids_card_in_quoted_printable_with_a_soft_line_end_and_a_picture() -> None:
    assert one(exports.ANDROID) == Card(
        "Håkon Østby",
        "",
        (Number("+4791234568", "mobile"), Number("+4722000009", "fax"), Number("+4722000008", "other")),
        "",
        "Two\nlines",
    )


def test_outlooks_card_in_the_letters_of_its_country() -> None:
    assert one(exports.OUTLOOK, "CZ") == Card(
        "Ing. Eva Nováková",
        "Škoda Servis, Nákup",
        (Number("+420224000111", "work"), Number("+420777000111", "mobile")),
        "eva@skoda.example",
    )


def test_letters_of_a_country_that_nobody_named() -> None:
    unnamed = exports.OUTLOOK.replace(b";CHARSET=windows-1250", b"")
    assert one(unnamed, "CZ").name == "Ing. Eva Nováková"
    cyrillic = "BEGIN:VCARD\nVERSION:2.1\nFN:Ольга\nTEL:112\nEND:VCARD".encode("cp1251")
    assert one(cyrillic, "RU").name == "Ольга"


def test_thunderbirds_card_with_telephone_addresses() -> None:
    assert one(exports.THUNDERBIRD, "RU") == Card(
        "Ольга Орлова",
        "",
        (Number("+74950000011", "work"), Number("+79120000012", "mobile")),
        "olga@orlova.example",
        "Длинная заметка, которая в файле разорвана на несколько строк: так пишут программы",
    )


def test_nextclouds_cards_of_which_one_is_a_list() -> None:
    filip, friends = vcard.read(exports.NEXTCLOUD, "LV")
    assert filip.card == Card("Filip Ozoliņš", "", (Number("+37167000001", "home"),), "filip@ozolins.example")
    assert (friends.card, friends.fault, friends.title, friends.place) == (None, "group", "Friends", 2)


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_the_same_card_in_other_letters_and_with_other_ends_of_lines(charset: str, ends: str) -> None:
    other = exports.IPHONE.decode().replace("\r\n", ends).encode(charset)
    assert vcard.is_vcard(other)
    assert one(other) == one(exports.IPHONE)


def test_what_cannot_be_kept_of_a_card_is_told() -> None:
    many = "".join(f"TEL:+47220001{place:02}\n" for place in range(MAX_NUMBERS + 2))
    data = f"BEGIN:VCARD\nFN:Ole\nTEL:call me\nEMAIL:ole at home\n{many}END:VCARD".encode()
    [found] = vcard.read(data, "NO")
    assert found.card is not None
    assert len(found.card.numbers) == MAX_NUMBERS
    assert found.left_out == ("call me", "+4722000108", "+4722000109", "ole at home")


def test_cards_that_break_off_or_say_nothing_are_told_and_the_others_read() -> None:
    broken, nothing = b"BEGIN:VCARD\nFN:Broken\nTEL:22000001\n", b"BEGIN:VCARD\nEND:VCARD\n"
    data = broken + nothing + b"BEGIN:VCARD\nFN:Whole\nEND:VCARD\nBEGIN:VCARD\nFN:Cut"
    assert [(found.place, found.title, found.fault) for found in vcard.read(data, "NO")] == [
        (1, "Broken", "unfinished"),
        (2, "", "empty"),
        (3, "Whole", ""),
        (4, "Cut", "unfinished"),
    ]


def test_a_card_within_a_card_is_not_another_contact() -> None:
    data = b"BEGIN:VCARD\nFN:Boss\nAGENT:\nBEGIN:VCARD\nFN:Secretary\nTEL:22000002\nEND:VCARD\nTEL:22000001\nEND:VCARD\n"
    assert one(data) == Card("Boss", "", (Number("+4722000001"),))


def test_a_soft_end_that_nothing_follows_does_not_swallow_the_end_of_the_card() -> None:
    data = b"BEGIN:VCARD\nFN;ENCODING=QUOTED-PRINTABLE:Ole=\nEND:VCARD\nBEGIN:VCARD\nFN:Kari\nEND:VCARD\n"
    assert [found.title for found in vcard.read(data, "NO")] == ["Ole", "Kari"]


@pytest.mark.parametrize(
    ("written_so", "number"),
    [
        ("+47 22 00 00 01", "+4722000001"),
        ("0047 22 00 00 01", "+4722000001"),
        ("\u202a22\u201100 00.01\u202c", "+4722000001"),
        ("tel:+47-22-00-00-01;phone-context=x", "+4722000001"),
        ("22000001,,5#", "+4722000001"),
        ("22 00 00 01 ext. 5", "+4722000001"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("٢٢٠٠٠٠٠١", "+4722000001"),
        ("101", "101"),
        ("112", "112"),
        ("*21*22000001#", "*21*22000001#"),
        ("1-800-FLOWERS", ""),
        ("", ""),
        ("+", ""),
    ],
)
def test_numbers_as_people_write_them(written_so: str, number: str) -> None:
    [found] = vcard.read(f"BEGIN:VCARD\nFN:X\nTEL:{written_so}\nEND:VCARD\n".encode(), "NO")
    assert found.card is not None
    assert [each.number for each in found.card.numbers] == ([number] if number else [])


# --- whatever there may be in a file

_pieces = st.lists(
    st.one_of(
        st.sampled_from(
            [b"BEGIN:VCARD", b"END:VCARD", b"AGENT:", b"VERSION:2.1", b"VERSION:4.0", b"KIND:group", b"item1.X-ABLabel:x"]
        ),
        st.sampled_from([b"FN", b"N", b"TEL", b"EMAIL", b"NOTE", b"ORG", b"PHOTO", b"item1.TEL"]).flatmap(
            lambda name: st.tuples(
                st.sampled_from(
                    [b"", b";CELL", b';TYPE="a,b', b";ENCODING=QUOTED-PRINTABLE", b";ENCODING=b", b";CHARSET=utf-7", b";=;"]
                ),
                st.binary(max_size=40),
            ).map(lambda more: name + more[0] + b":" + more[1])
        ),
        st.binary(max_size=60),
    ),
    max_size=30,
)


@given(_pieces, st.sampled_from([b"\r\n", b"\n", b"=\n", b"\n "]), st.sampled_from(["NO", "CZ", "RU", "LV", ""]))
def test_no_file_breaks_the_reading(pieces: list[bytes], ends: bytes, country: str) -> None:
    data = ends.join(pieces)
    found = list(vcard.read(data, country))
    assert [each.place for each in found] == list(range(1, len(found) + 1))
    assert len(found) <= data.upper().count(b"BEGIN:VCARD")
    for each in found:
        assert (each.card is None) == bool(each.fault)
        if each.card is not None:
            assert each.card == checked(each.card, country or "NO"), "what is offered can be kept as it is"
            assert unpacked(packed(each.card)) == each.card


@given(st.binary(max_size=400))
def test_what_is_no_file_of_vcards_gives_nobody(data: bytes) -> None:
    if b"BEGIN:VCARD" not in data.upper().replace(b"\0", b""):
        assert not vcard.is_vcard(data)
        assert list(vcard.read(data, "NO")) == []


_texts = st.text(max_size=120)
_cards = st.builds(
    Card,
    _texts,
    _texts,
    st.lists(
        st.builds(Number, st.integers(0, 9999).map(lambda end: f"+472200{end:04}"), st.sampled_from(KINDS)), max_size=4
    ).map(tuple),
    st.sampled_from(["", "kari@nordmann.example", "ø+x@bygd.example"]),
    st.text(max_size=300),
)


@given(_cards)
def test_what_is_written_is_read_again(card: Card) -> None:
    try:
        kept = checked(card, "NO")
    except Unfit:
        return
    text = "".join(written([("0" * 32, kept)]))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    [found] = vcard.read(text.encode(), "NO")
    named = kept if kept.name or kept.organisation else msgspec.structs.replace(kept, name=kept.title)
    assert found.card == named


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=60))
def test_others_read_what_is_written(name: str) -> None:
    kept = Card(" ".join(name.split()), "Acme; Sons, Ltd\\", (Number("+4722000001", "work"),), "a@b.example", "one\ntwo")
    if not kept.name:
        return
    read = vobject.readOne("".join(written([("0" * 32, checked(kept, "NO"))])))
    assert read.fn.value == checked(kept, "NO").title
    assert read.tel.value == "+4722000001"
    assert read.note.value == "one\ntwo"


def test_a_large_file_is_read_in_time_with_its_size() -> None:
    """Twice the file, about twice the work: what would be ten times that is a fault."""
    card = exports.IPHONE.replace(b"PHOTO", b"X" * 50 + b":\r\nPHOTO")

    def cost(cards: int) -> float:
        data = card * cards
        began = time.process_time()
        assert sum(1 for _found in vcard.read(data, "NO")) == cards
        return time.process_time() - began

    cost(100)
    assert cost(4000) < 10 * max(cost(1000), 0.05)


def test_a_line_without_end_is_cut_and_costs_no_more_than_its_bytes() -> None:
    folded = b"BEGIN:VCARD\nFN:Ole\nNOTE:" + b"x\n " * 400_000 + b"\nEND:VCARD"
    began = time.process_time()
    assert len(one(folded).note) == MAX_NOTE
    assert len(one(b"BEGIN:VCARD\nFN:" + b"y" * 3_000_000 + b"\nEND:VCARD").name) == MAX_NAME
    assert len(one(b'BEGIN:VCARD\nFN:Ole\nTEL;TYPE="' + b'"' * 60_000 + b":1\nEND:VCARD").name) == 3
    assert time.process_time() - began < 10


# --- what the phone's own book gives


def test_those_whom_somebody_chose_in_the_phones_book() -> None:
    data = b'[{"name":["","Kari Nordmann"],"tel":["912 34 567","+4791234567"],"email":["x","kari@n.example"]},{"tel":[]}]'
    kari, nobody = picked.read(data, "NO")
    assert kari.card == Card("Kari Nordmann", "", (Number("+4791234567"),), "kari@n.example")
    assert kari.left_out == ("x",)
    assert (nobody.card, nobody.fault) == (None, "empty")


@pytest.mark.parametrize("data", [b"", b"{}", b'[{"name":"Kari"}]', b"[1]", b'[{"tel":[1]}]', b"[" * 10_000])
def test_what_is_no_choice_is_refused(data: bytes) -> None:
    with pytest.raises(picked.BadChoiceError):
        list(islice(picked.read(data, "NO"), 3))
