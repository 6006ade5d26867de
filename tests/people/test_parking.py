"""Parking places and pick-up groups in the office file."""

from __future__ import annotations

import pytest

from svara.people import linekeys
from svara.people.office import Key, Parking, Person, Tenant
from svara.people.officefile import OfficeFile, OfficeFileError, read
from svara.people.officefile.parking import written

HEAD = 'version: 1\ntenant: {slug: acme, name: Acme AS, country: "NO", timezone: Europe/Oslo}\n'
ANNA = 'people: [{username: anna, name: Anna, password: correct-horse-1, extension: "801", pickup: [sales, desk, sales]}]\n'


def office(parking: str, people: str = "people: []\n") -> OfficeFile:
    return read(f"{HEAD}{people}parking: {parking}\n".encode(), "office.yaml")


@pytest.mark.parametrize(
    ("file", "extensions", "seconds"),
    [
        ('{extensions: "801-803"}', ("801", "802", "803"), 120.0),
        ('{extensions: "099-101", seconds: 30}', ("099", "100", "101"), 30.0),
        ('{extensions: "70"}', ("70",), 120.0),
    ],
)
def test_a_row_of_places(file: str, extensions: tuple[str, ...], seconds: float) -> None:
    parking = office(file).parking
    assert parking == Parking(extensions, seconds)
    again = written(parking)
    assert office(f'{{extensions: "{again["extensions"]}", seconds: {again["seconds"]}}}').parking == parking


def test_nowhere() -> None:
    assert read(f"{HEAD}people: []\n".encode(), "office.yaml").parking == Parking()
    assert written(Parking()) == {}


@pytest.mark.parametrize(
    ("file", "objection"),
    [
        ('{extensions: "803-801"}', "expected a row"),
        ('{extensions: "1-9"}', "expected a row"),
        ('{extensions: "801-1801"}', "expected a row"),
        ('{extensions: "801-901"}', "expected a row"),
        ("{extensions: 801}", "in quotes"),
        ("{seconds: 20}", "needs 'extensions'"),
        ('{extensions: "801", seconds: 5}', "from 10 to 3600"),
        ('{extensions: "801", second: 50}', "did you mean 'seconds'?"),
        ("[]", "must be a list of"),
    ],
)
def test_places_that_cannot_be(file: str, objection: str) -> None:
    with pytest.raises(OfficeFileError) as refused:
        office(file)
    assert objection in str(refused.value)


def test_a_place_is_nobody_s_extension() -> None:
    with pytest.raises(OfficeFileError) as refused:
        office('{extensions: "801-803"}', ANNA)
    assert "extension '801' of parking is taken by anna" in str(refused.value)


def test_groups_of_a_person() -> None:
    file = office('{extensions: "901"}', ANNA)
    assert file.people[0].pickup == ("desk", "sales")


def test_a_key_leads_to_a_place_and_lights_while_somebody_is_there() -> None:
    keys = 'people: [{username: anna, name: Anna, password: correct-horse-1, keys: [line, "park:801"]}]\n'
    anna = office('{extensions: "801"}', keys).people[0]
    assert anna.keys == (Key("line"), Key("park", "801"))
    person = Person("a", "anna", "Anna Berg", "101", keys=anna.keys)
    company = Tenant("t", "acme", "Acme", "NO", "Europe/Oslo", ("nb",), people=(person,), parking=Parking(("801",)))
    assert linekeys.shown(company, person)[1] == linekeys.Shown("park", "801", "801", lamp=True)
    elsewhere = Tenant("t", "acme", "Acme", "NO", "Europe/Oslo", ("nb",), people=(person,))
    assert len(linekeys.shown(elsewhere, person)) == 1, "there is no such place"
    with pytest.raises(OfficeFileError) as refused:
        office('{extensions: "802"}', keys)
    assert "there is no park '801' in this file" in str(refused.value)
