"""The catalogue in plain words: found by what people would ask, whole, and the same for machines."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from svara.privacy import words
from svara.privacy.catalogue import Basis, Item, Purpose, Recipient, Retention, catalogue, items, recipients_of
from svara.privacy.overview import as_plain, overview


def item(thing: str, field: str) -> Item:
    return next(each for each in items() if each.thing == thing and field in each.fields)


def test_every_field_and_every_file_is_in_the_overview() -> None:
    shown = [row for group in overview(personal=False) for row in group.rows]
    fields = {(row.item.thing, field) for row in shown for field in row.item.fields}
    assert fields == {(entry.model, entry.field) for entry in catalogue()}
    assert {"files.journal", "files.recordings"} <= {row.item.thing for row in shown}


@pytest.mark.claim("PHO-3")
def test_each_item_says_where_its_data_come_from_and_who_sees_them() -> None:
    assert item("people.Account", "name").declaration.source == "employer"
    assert item("people.Account", "forwards").declaration.source == "person"
    assert item("history.Call", "answered_at").declaration.source == "use"
    assert Recipient.CARRIER in item("people.Account", "mobile").recipients
    assert Recipient.COLLEAGUES in item("people.Account", "extension").recipients
    assert item("people.Account", "password").recipients == ()
    for each in items():
        assert each.personal or recipients_of(each.declaration) == frozenset()


def test_what_is_about_nobody_is_left_out_unless_asked_for() -> None:
    about_somebody = {row.item.thing for group in overview() for row in group.rows}
    everything = {row.item.thing for group in overview(personal=False) for row in group.rows}
    assert "people.Trunk" in everything - about_somebody
    assert {"people.Account", "voicemail.Message"} <= about_somebody


def test_anna_finds_what_is_kept_by_any_word_of_hers() -> None:
    def found(search: str) -> set[str]:
        return {row.item.thing for group in overview(search) for row in group.rows}

    assert "files.recordings" in found("recordings")
    assert found("voice messages left") <= {
        "voicemail.Message",
        "files.messages",
        "voicemail.NoticeChoice",
        "voicemail.Transcript",
        "files.mailboxes",
    }
    assert found("voicemail_pin") == {"people.Account"}
    assert found("horoscope") == set()
    assert found("TELEPHONE") == found("telephone")
    assert found("x" * 5000) == set()


def test_it_is_told_in_the_reader_s_language() -> None:
    with translation.override("nb"):
        (messages,) = (group for group in overview() if group.purpose is Purpose.MESSAGES)
        assert messages.title == "Oppbevare talemeldinger for dem de er lagt igjen til"
        assert words.basis(Basis.CONSENT) == "samtykke, personvernforordningen artikkel 6 nr. 1 bokstav a"
    with translation.override("cs"):
        rule = Retention("tenant", days=90, since="recorded")
        assert words.retention(rule) == "90 dní, počítáno od: kdy to bylo nahráno; nejdéle do odstranění společnosti"


def test_nothing_that_is_stored_lacks_its_words() -> None:
    stored = items()
    rules = [each.declaration.retention for each in stored]
    assert {each.thing for each in stored} - set(words.THINGS) == set()
    assert {each.declaration.category for each in stored} - set(words.CATEGORIES) == set()
    assert {rule.owner for rule in rules} - set(words.OWNERS) == set()
    assert {rule.since for rule in rules if rule.days is not None} - set(words.SINCES) == set()


def test_what_has_no_words_yet_is_shown_by_its_key() -> None:
    assert words.thing("planets.Moon") == "planets.Moon"
    assert words.retention(Retention("moon", days=2, since="full_moon")) == "2 days, counted from: full moon; at most moon"


def test_machines_get_keys() -> None:
    plain = json.loads(json.dumps([as_plain(each) for each in items()]))
    name = next(each for each in plain if each["thing"] == "people.Account" and each["fields"] == ["name"])
    assert name == {
        "thing": "people.Account",
        "fields": ["name"],
        "category": "user.name",
        "purpose": "directory",
        "basis": "6.1.b",
        "subject": "employee",
        "source": "employer",
        "vaulted": False,
        "recipients": ["colleagues"],
        "retention": {"owner": "account", "days": None, "since": None},
    }
