"""Acme's administrator adds a conference: its PINs are hashes, stay when they are not said again, and go when told."""

from __future__ import annotations

import pytest

from svara.data import DataFolder
from svara.people import administration, plan
from svara.people.linekeys import shown
from svara.people.models import Account, Conference
from svara.people.office import read_office
from svara.people.officefile import OfficeFile, OfficeFileError, read
from svara.people.pin import check_pin

ACME = """\
version: 1
tenant: {slug: acme, name: Acme AS, country: "NO", languages: [nb, en], timezone: Europe/Oslo}
people:
  - username: anna
    name: Anna Berg
    email: anna@acme.test
    password: correct-horse-1
    extension: "101"
    roles: [admin]
    phones: [{login: acme-anna, secret: s3cret-anna}]
    unanswered: {after: 20, to: "conference:monday"}
    keys: [line, "conference:monday"]
conferences:
  - {name: monday, extension: "800", pin: "471106", moderator_pin: "258013", wait_for_moderator: true}
"""


def office(text: str = ACME) -> OfficeFile:
    return read(text.encode(), "acme.yaml")


def complaints(was: str, is_: str) -> list[str]:
    assert was in ACME
    with pytest.raises(OfficeFileError) as refused:
        office(ACME.replace(was, is_))
    return refused.value.lines


@pytest.mark.parametrize(
    ("was", "is_", "said"),
    [
        ('pin: "471106"', "pin: 471106", "'pin' must be text: write it in quotes"),
        ('pin: "471106"', 'pin: "47"', "'pin' must have four to ten digits, or be none"),
        ('"258013"', '"471106"', "'moderator_pin' must be another than 'pin'"),
        ("wait_for_moderator: true", "max_members: 51", "'max_members'"),
        ("wait_for_moderator: true", "max_members: 1", "'max_members'"),
        ('extension: "800"', 'extension: "101"', "extension '101' of conference monday is taken by anna"),
        ("conference:monday", "conference:mondy", "did you mean 'monday'?"),
        ("wait_for_moderator", "wait_for_moderater", "wait_for_moderator"),
    ],
)
def test_a_mistake_is_told(was: str, is_: str, said: str) -> None:
    assert any(said in line for line in complaints(was, is_)), complaints(was, is_)


def test_waiting_for_a_moderator_whom_nobody_can_be_is_unwise() -> None:
    [warning] = office(ACME.replace(', moderator_pin: "258013"', "")).warnings
    assert "waits for a moderator" in warning


@pytest.mark.django_db(transaction=True)
def test_pins_are_hashes_that_stay_until_they_are_taken_away(data_folder: DataFolder) -> None:
    plan.apply(office())
    row = Conference.all_tenants.get()
    assert check_pin("471106", row.pin)
    assert check_pin("258013", row.moderator_pin)
    assert plan.plan(office()) == ()
    assert plan.plan(office(ACME.replace('pin: "471106", ', ""))) == ()
    [change] = plan.plan(office(ACME.replace("471106", "471107")))
    assert str(change) == "~ conference monday: another PIN"
    [change] = plan.apply(office(ACME.replace('"471106"', "none"))).changes
    assert str(change) == "~ conference monday: no PIN"
    [tenant] = read_office(data_folder.root).tenants
    assert tenant.target_by_extension["800"] == "conference:monday"
    assert tenant.conference_by_name["monday"].pin == ""
    assert check_pin("258013", tenant.conference_by_name["monday"].moderator_pin)
    assert [(key.kind, key.number, key.lamp) for key in shown(tenant, tenant.people[0])] == [
        ("line", "", False),
        ("conference", "800", True),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_page_changes_it_without_knowing_the_pin_and_renames_it(data_folder: DataFolder) -> None:
    plan.apply(office())
    anna = Account.all_tenants.get(username="anna")
    _document, item = administration.access_item(anna, "conferences", "monday")
    assert item == {"name": "monday", "extension": "800", "wait_for_moderator": True}
    administration.do_save(anna, "conferences", "monday", item | {"max_members": 12})
    row = Conference.all_tenants.get()
    assert row.max_members == 12
    assert check_pin("471106", row.pin)
    administration.do_save(anna, "conferences", "monday", item | {"moderator_pin": "9911"})
    assert check_pin("9911", Conference.all_tenants.get().moderator_pin)
    with pytest.raises(administration.Rejected):
        administration.do_remove(anna, "conferences", "monday")
    administration.do_rename(anna, "conferences", "monday", "weekly")
    [tenant] = read_office(data_folder.root).tenants
    assert check_pin("471106", tenant.conference_by_name["weekly"].pin)
    assert tenant.by_username["anna"].unanswered.to == "conference:weekly"  # type: ignore[union-attr]
