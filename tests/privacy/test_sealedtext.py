"""Free words about people are sealed: requests, why support looked, what an authority wanted, why something is held."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from tests import migrated
from tests.database import schema
from tests.history import stories
from tests.history.stories import Company
from tests.privacy.old_words import OLD, READ, UPDATED, WORDS, run

from svara.data import DataFolder
from svara.privacy import vault
from svara.privacy.catalogue import Subject as About
from svara.privacy.catalogue import declaration_of
from svara.privacy.errors import Invalid
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers import cases, disclosures
from svara.privacy.registers.models import Case, Disclosure
from svara.privacy.rights import erasing, exporting, holds, links, port
from svara.privacy.sealedtext import SealedText
from svara.privacy.staff import deciding
from svara.privacy.subject import Subject, person

KARI = "kari@outside.test"
WHY = "Because of Kari Nordmann"


@pytest.fixture
def acme(db: None) -> Company:
    return stories.company("acme")


@pytest.fixture
def office(acme: Company) -> cases.Office:
    return cases.Office(acme.tenant.id, "NO", "Europe/Oslo")


def columns(table: type[models.Model]) -> Iterator[bytes]:
    """What the database itself holds in a table, in all columns."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table._meta.db_table}"')
        for row in cursor.fetchall():
            yield from (bytes(each) if isinstance(each, bytes | memoryview) else str(each).encode() for each in row)


def in_clear(*words: str) -> list[str]:
    """Which words stand in a table that has sealed texts."""
    tables = [table for table in apps.get_models() if any(isinstance(field, SealedText) for field in table._meta.fields)]
    return [word for word in words for table in tables for column in columns(table) if word.encode() in column]


@pytest.mark.claim("PHO-13")
def test_no_free_words_about_people_stand_in_clear() -> None:
    """Whoever adds a column for words about people seals it, or says here why not."""
    clear = {
        f"{field.model._meta.label}.{field.attname}"
        for table in apps.get_models()
        for field in table._meta.local_concrete_fields
        if (said := declaration_of(field)) is not None
        and said.category == "user.content.private"
        and said.subject is not About.NOBODY
        and not said.vaulted
    }
    assert clear == {"people.Greeting.file", "voicemail.Message.file"}, "these two are names of files, which are sealed"


def test_what_somebody_outside_asks_is_read_by_officers_and_is_nowhere_in_clear(
    acme: Company, office: cases.Office, data_folder: DataFolder
) -> None:
    cases.do_enter(acme.anna, office, "rectify", "My name is Kari Nordmann, not Normann", KARI)
    cases.do_open(acme.bob, office, "complaint", "Dag listens to my calls")
    told, mine = Case.of(acme.anna).order_by("opened_at")
    cases.do_answer(acme.anna, told.id, "It is corrected, Kari Nordmann")
    cases.do_extend(acme.anna, office, mine.id, "Dag is on holiday")
    assert in_clear("Nordmann", "Normann", KARI, "Dag ") == []
    shown = {case.id: (case.contact, case.text, case.extension, case.answer) for case in cases.access_cases(acme.anna)}
    assert shown == {
        told.id: (KARI, "My name is Kari Nordmann, not Normann", "", "It is corrected, Kari Nordmann"),
        mine.id: ("", "Dag listens to my calls", "Dag is on holiday", ""),
    }
    assert [case.text for case in cases.access_my_cases(acme.bob)] == ["Dag listens to my calls"]
    [exported] = [
        section.rows
        for room in port.capabilities()
        for section in room.export(acme.tenant.id, subject_of(acme.tenant.id, KARI))
        if section.key == "cases"
    ]
    assert [row["text"] for row in exported] == ["My name is Kari Nordmann, not Normann"]
    assert exporting.KIND


def test_erasing_somebody_takes_their_words_out_of_older_copies_too(acme: Company, office: cases.Office) -> None:
    kari = subject_of(acme.tenant.id, KARI)
    case = cases.do_enter(acme.anna, office, "erase", "Forget me", KARI)
    [copy] = [bytes(each.__dict__["text"]) for each in Case.of(acme.anna)]
    Case.of(acme.anna).filter(pk=case.id).update(kind="question")
    assert Case.of(acme.anna).get().text == "Forget me", "another column was written"
    erasing.erase(acme.tenant.id, kari, reason="asked", by=acme.anna.id)
    after = Case.of(acme.anna).get()
    assert (after.text, after.contact, after.index) == ("", "", "")
    assert list(columns(Case)).count(b"") >= 5
    after.__dict__["text"] = copy
    assert after.text == "", "a row out of a backup says nothing"
    after.save()
    assert bytes(Case.of(acme.anna).get().__dict__["text"]) == copy, "and stays what it is"


def test_reasons_of_accesses_holds_and_disclosures_are_sealed(acme: Company, office: cases.Office) -> None:
    tenant, kari = acme.tenant.id, subject_of(acme.tenant.id, KARI)
    deciding.do_open(acme.anna, WHY, role="support", minutes=60)
    holds.do_hold(acme.anna, subject=kari, reason=WHY, until=timezone.now() + timedelta(days=9))
    links.do_give(acme.anna, kari, WHY)
    disclosures.do_open(acme.anna, authority=WHY, reference="R 1", basis="Law 1", scope=WHY)
    assert in_clear("Nordmann") == []
    assert WHY in (erasing.preview(tenant, kari).hold)
    assert [hold.reason for hold in holds.access_holds(acme.anna)] == [WHY]
    assert [link.verified for link in links.access_links(acme.anna)] == [WHY]
    [shown] = Disclosure.of(acme.anna)
    assert (shown.authority, shown.scope, shown.reference) == (WHY, WHY, "R 1")


def test_copied_into_another_row_or_column_it_does_not_open(acme: Company, office: cases.Office) -> None:
    for text in ("mine", "yours"):
        cases.do_open(acme.bob, office, "question", text)
    one, other = Case.of(acme.anna).order_by("opened_at")
    other.__dict__["text"] = bytes(one.__dict__["text"])
    one.__dict__["answer"] = bytes(one.__dict__["text"])
    assert (other.text, one.answer, one.text) == ("", "", "mine")


def test_while_the_company_s_key_is_away_nothing_is_read_or_added(acme: Company, office: cases.Office) -> None:
    cases.do_open(acme.bob, office, "question", "Where is it?")
    keeping, key = vault.current().keeping, os.urandom(32)
    keeping.bring(acme.tenant.id, key)
    keeping.take_away(acme.tenant.id)
    assert [case.text for case in cases.access_my_cases(acme.bob)] == [""]
    with pytest.raises(Invalid, match="key"):
        cases.do_open(acme.bob, office, "question", "And now?")
    keeping.bring(acme.tenant.id, key)
    assert [case.text for case in cases.access_my_cases(acme.bob)] == ["Where is it?"]


def test_it_is_found_by_nothing_but_being_there(acme: Company, office: cases.Office) -> None:
    cases.do_open(acme.bob, office, "question", "Where is it?")
    assert Case.of(acme.anna).exclude(text="").count() == 1
    assert Case.of(acme.anna).filter(answer="").count() == 1
    with pytest.raises(TypeError):
        Case.of(acme.anna).filter(text="Where is it?").count()
    assert Case.all_tenants.only("kind").get().text == "Where is it?"
    assert Case(tenant=acme.tenant, person=acme.bob.id, text="not saved yet").text == "not saved yet"
    whose: Subject = Case.of(acme.anna).get().sealed_for()
    assert whose == person(acme.bob.id)


def bytes_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.mark.timeout(300)
@pytest.mark.claim("PHO-13")
def test_words_in_clear_are_sealed_by_the_update_and_no_byte_of_them_is_left(tmp_path: Path) -> None:
    data = DataFolder(tmp_path / "office").create()
    run(data.root, "-c", OLD)
    before = bytes_below(data.root)
    assert [word for word in WORDS if word.encode() not in before] == []
    run(data.root, "-m", "svara", "prepare")
    left = bytes_below(data.root)
    assert [word for word in WORDS if word.encode() in left] == []
    found: dict[str, Any] = json.loads(run(data.root, "-c", UPDATED))
    assert found == READ
    new = tmp_path / "new.sqlite3"
    migrated.copy_to(new)
    assert schema.of_sqlite(data.database) == schema.of_sqlite(new), "its tables are a new office's"
    assert len(schema.of_sqlite(new)) > 150
