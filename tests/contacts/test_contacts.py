"""Bob keeps contacts for himself: he adds, changes, finds, merges and deletes them, and nobody else sees one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.contacts.stories import KARI, OLE, keeps
from tests.people.conftest import person

from svara.contacts import access, actions, book
from svara.contacts.card import MAX_NAME, MAX_NUMBERS, Card, Number, Unfit
from svara.contacts.models import Contact, Reach
from svara.people.models import Account, Tenant
from svara.privacy import vault
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import restriction
from svara.privacy.vault.port import Unreadable, Why


def titles(account: Account, search: str = "") -> list[str]:
    return [each.title for each in access.access_contacts(account, search).items]


@contextmanager
def no_more_queries_than(most: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as asked:
        yield
    assert len(asked) <= most, [each["sql"][:120] for each in asked]


def test_bob_adds_changes_and_finds(bob: Account) -> None:
    kari, _ole = keeps(bob, KARI, OLE)
    assert access.access_contact(bob, kari.id).card == KARI
    changed = actions.do_change(bob, kari.id, Card("Kåre Østby", "", (Number("22 00 00 03"),)))
    assert changed.card == Card("Kåre Østby", "", (Number("+4722000003"),))
    assert titles(bob) == ["Kåre Østby", "Ole Dahl"]
    assert titles(bob, "kare") == titles(bob, "OST") == titles(bob, "2200") == ["Kåre Østby"]
    assert titles(bob, "033 00") == ["Ole Dahl"], "with the zero that is dialled inside of many countries"
    assert titles(bob, "dah ol") == ["Ole Dahl"]
    assert titles(bob, "n.example") == []


@pytest.mark.claim("ADV-14")
def test_nobody_else_sees_them(bob: Account, anna: Account, other_anna: Account) -> None:
    anna.roles = ["admin", "supervisor", "privacy-officer"]
    anna.save()
    [kari] = keeps(bob, KARI)
    for stranger in (anna, other_anna):
        assert titles(stranger) == []
        assert access.access_names(stranger, ["+4722000001"]) == {}
        assert access.access_twins(stranger, KARI) == []
        for act in (access.access_contact, actions.do_delete):
            with pytest.raises(NotFound):
                act(stranger, kari.id)
        with pytest.raises(NotFound):
            actions.do_change(stranger, kari.id, OLE)
        [own] = keeps(stranger, OLE)
        with pytest.raises(NotFound):
            actions.do_merge(stranger, own.id, kari.id)
    assert access.access_contact(bob, kari.id).card == KARI


def test_numbers_are_named_however_they_are_written(bob: Account) -> None:
    keeps(bob, KARI, Card("", "Taxi", (Number("07000"),)))
    asked = ["+4722000001", "22 00 00 01", "004722000001", "91234567", "07000", "+4722000009", "anonymous", ""]
    assert access.access_names(bob, asked) == {
        "+4722000001": "Kari Nordmann",
        "22 00 00 01": "Kari Nordmann",
        "004722000001": "Kari Nordmann",
        "91234567": "Kari Nordmann",
        "07000": "Taxi",
    }


def test_names_cost_a_few_questions_whatever_there_is(bob: Account) -> None:
    with no_more_queries_than(1):
        assert access.access_names(bob, ["+4722000001"]) == {}
    keeps(bob, KARI, OLE, *(Card(f"Number {n}", "", (Number(f"+47220001{n:02}"),)) for n in range(30)))
    bob.refresh_from_db()
    assert bob.tenant.country == "NO"
    with no_more_queries_than(6):
        assert len(access.access_names(bob, [f"+47220001{n:02}" for n in range(30)])) == 30


def test_who_has_two_contacts_of_a_number_sees_the_one_that_was_changed_last(bob: Account) -> None:
    first, _second = keeps(bob, KARI, Card("Switchboard", "", (Number("+4722000001"),)))
    assert access.access_names(bob, ["+4722000001"]) == {"+4722000001": "Switchboard"}
    actions.do_change(bob, first.id, KARI)
    assert access.access_names(bob, ["+4722000001"]) == {"+4722000001": "Kari Nordmann"}


@pytest.mark.parametrize(
    ("card", "field"),
    [
        (Card(), "name"),
        (Card(" \x00 "), "name"),
        (Card("Kari", "", (Number("call me"),)), "number-0"),
        (Card("Kari", "", (Number(""), Number("x"))), "number-1"),
        (Card("Kari", mail="kari at home"), "mail"),
        (Card("K" * (MAX_NAME + 1)), "name"),
        (Card("Kari", note="x" * 2001), "note"),
        (Card("Kari", "", tuple(Number(f"+47220001{n:02}") for n in range(MAX_NUMBERS + 1))), "numbers"),
    ],
)
def test_what_cannot_be_kept_says_where_it_is_wrong(bob: Account, card: Card, field: str) -> None:
    with pytest.raises(Unfit) as refused:
        actions.do_add(bob, card)
    assert list(refused.value.faults) == [field]
    assert refused.value.messages
    assert not Contact.all_tenants.exists()


def test_a_deleted_contact_comes_back_and_names_nobody_meanwhile(bob: Account) -> None:
    [kari] = keeps(bob, KARI)
    actions.do_delete(bob, kari.id)
    assert titles(bob) == []
    assert access.access_names(bob, ["+4722000001"]) == {}
    with pytest.raises(NotFound):
        actions.do_delete(bob, kari.id)
    actions.do_restore(bob, kari.id)
    assert titles(bob) == ["Kari Nordmann"]
    assert access.access_names(bob, ["+4722000001"]) == {"+4722000001": "Kari Nordmann"}
    with pytest.raises(NotFound):
        actions.do_restore(bob, kari.id)


def test_two_contacts_of_one_person_become_one(bob: Account) -> None:
    kari, twin, ole = keeps(bob, KARI, Card("K. N.", "", (Number("+4722000001"), Number("+4799999999")), "", "Tea"), OLE)
    assert [each.id for each in access.access_twins(bob, kari.card, kari.id)] == [twin.id]
    assert access.access_twins(bob, ole.card, ole.id) == []
    merged = actions.do_merge(bob, kari.id, twin.id)
    assert merged.card == Card(
        "Kari Nordmann", "Nordmann AS", (*KARI.numbers, Number("+4799999999")), "kari@n.example", "Tea"
    )
    assert titles(bob) == ["Kari Nordmann", "Ole Dahl"]
    assert access.access_names(bob, ["+4799999999"]) == {"+4799999999": "Kari Nordmann"}
    with pytest.raises(Invalid):
        actions.do_merge(bob, kari.id, kari.id)


@pytest.mark.claim("ADV-14")
@pytest.mark.parametrize(
    ("twins", "added", "merged", "skipped", "left"),
    [
        ("skip", 1, 0, 2, ["Kari Nordmann", "Ole Dahl"]),
        ("merge", 1, 2, 0, ["Kari Nordmann", "Ole Dahl"]),
        ("add", 3, 0, 0, ["Kari", "Kari Nordmann", "Ole Dahl", "Ole Dahl"]),
    ],
)
def test_what_was_chosen_is_kept_and_what_is_there_already_goes_as_bob_says(
    bob: Account, twins: actions.Twins, added: int, merged: int, skipped: int, left: list[str]
) -> None:
    keeps(bob, KARI)
    again = Card("Kari", "", (Number("91 23 45 67"), Number("+4755555555")))
    ole_too = Card("Ole Dahl", "", (Number("33000002"), Number("+4744444444")))
    taken = actions.do_take(bob, [again, OLE, ole_too, Card(mail="nonsense")], twins, "file")
    assert (taken.added, taken.merged, taken.skipped, len(taken.unfit)) == (added, merged, skipped, 1)
    assert titles(bob) == left
    known = access.access_names(bob, ["+4755555555", "+4744444444"])
    assert known == ({} if twins == "skip" else {"+4755555555": left[0], "+4744444444": "Ole Dahl"})
    assert set(Contact.all_tenants.values_list("source", flat=True)) == {"hand", "file"}


def test_there_is_an_end_to_how_many_one_keeps(bob: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_CONTACTS", 2)
    [kari] = keeps(bob, KARI)
    with pytest.raises(Invalid, match="at most 2"):
        actions.do_take(bob, [OLE, Card("Third")], "add", "file")
    assert titles(bob) == ["Kari Nordmann"], "all or nothing"
    actions.do_delete(bob, kari.id)
    keeps(bob, OLE, Card("Third"))
    with pytest.raises(Invalid):
        actions.do_restore(bob, kari.id)


@pytest.mark.claim("PHO-13")
def test_nothing_of_a_contact_lies_in_clear_in_the_tables(bob: Account, acme: Tenant) -> None:
    keeps(bob, KARI, OLE)
    for model in (Contact, Reach):
        for row in model.all_tenants.values_list():
            text = b"|".join(bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in row)
            for clear in (b"Kari", b"Nordmann", b"Ole", b"tea", b"22000001", b"33000002", b"n.example"):
                assert clear.lower() not in text.lower()
    indexes = set(Reach.all_tenants.values_list("index", flat=True))
    assert vault.current().index(acme.id, "number", "+4722000001") in indexes
    assert vault.current().index(acme.id, "mail", "kari@n.example") in indexes


def test_without_the_companys_key_nothing_is_shown_and_nothing_can_be_added(
    bob: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps(bob, KARI)
    assert titles(bob) == ["Kari Nordmann"]

    def away(*_args: object, **_more: object) -> bytes:
        raise Unreadable(Why.AWAY)

    keys = vault.current()
    monkeypatch.setattr(keys, "open", away)
    monkeypatch.setattr(keys, "open_many", lambda _tenant, things: [Unreadable(Why.AWAY) for _ in things])
    monkeypatch.setattr(keys, "seal_many", away)
    monkeypatch.setattr(keys, "index", away)
    assert titles(bob) == [], "not even what was opened before"
    assert access.access_names(bob, ["+4722000001"]) == {}
    with pytest.raises(Invalid):
        actions.do_add(bob, OLE)


def test_whoever_is_restricted_or_objected_is_kept_and_shown_to_nobody(bob: Account, anna: Account) -> None:
    anna.roles = ["admin"]
    anna.save()
    kari, _ole = keeps(bob, KARI, OLE)
    subject = subject_of(bob.tenant_id, "+4722000001")
    restricted = restriction.do_restrict(anna, subject, "claims", "a dispute")
    assert titles(bob) == ["Ole Dahl"]
    assert access.access_contacts(bob).hidden == 1
    assert access.access_names(bob, ["+4791234567"]) == {}
    with pytest.raises(NotFound):
        access.access_contact(bob, kari.id)
    with pytest.raises(NotFound):
        actions.do_change(bob, kari.id, OLE)
    restriction.do_lift(anna, restricted.id, "settled")
    assert titles(bob) == ["Ole Dahl"], "the person is told first"
    restriction.lift_due(timezone.now() + restriction.NOTICE + timedelta(minutes=1))
    assert titles(bob) == ["Kari Nordmann", "Ole Dahl"]


def test_opened_cards_are_let_go_of(bob: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    keeps(bob, KARI)
    titles(bob)
    monkeypatch.setattr(book, "MOST_KEPT", 1)
    eva = person(bob.tenant, "eva", "Eva", "105")
    keeps(eva, KARI, OLE)
    titles(eva)
    assert (bob.tenant_id, bob.id) not in book._books
    later = time.monotonic() + book.KEEP_SECONDS + 1
    monkeypatch.setattr(book.time, "monotonic", lambda: later)
    Contact.all_tenants.filter(account=eva).update(sealed=b"\x01nonsense")
    assert titles(eva) == [], "read anew after a minute"
