"""How the system is used: counted for who wants it, under names that change, and told of five people or more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.web import office
from tests.web.office import Company

from svara.privacy.figures import usage
from svara.privacy.figures.models import Choice, Figure, Use, WeekKey
from svara.privacy.figures.subjects import FiguresCapability
from svara.privacy.subject import person

MONDAY = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def acme(db: None) -> Company:
    acme = office.company("acme", "Acme AS", office.ACME)
    Choice.all_tenants.create(tenant=acme.tenant, usage=True)
    return acme


def used(company: Company, page: str, *usernames: str, times: int = 2) -> dict[tuple[str, str, str], int]:
    return {(company.tenant.id, company[username].id, page): times for username in usernames}


@pytest.mark.claim("ADV-4")
def test_a_page_of_five_becomes_a_figure_and_one_of_four_is_forgotten(acme: Company) -> None:
    usage.write(used(acme, "history", "anna", "bob", "cecilie", "dag", "eva"), MONDAY)
    usage.write(used(acme, "voicemail", "anna", "bob", "cecilie", "dag"), MONDAY)
    assert usage.figures(acme.tenant) == [], "nothing is told of a week that still runs"
    assert usage.close_weeks(MONDAY + timedelta(days=6)) == 0
    assert usage.close_weeks(MONDAY + timedelta(days=7)) == 10
    assert [(each.page, each.people, each.times) for each in usage.figures(acme.tenant)] == [("history", 5, 10)]
    assert not Use.all_tenants.exists()
    assert not WeekKey.all_tenants.exists()
    assert usage.close_weeks(MONDAY + timedelta(days=8)) == 0


def test_next_week_nobody_knows_who_was_who(acme: Company) -> None:
    usage.write(used(acme, "history", "bob"), MONDAY)
    first = Use.all_tenants.get().pseudonym
    usage.write(used(acme, "history", "bob"), MONDAY + timedelta(days=2))
    assert (Use.all_tenants.get().pseudonym, Use.all_tenants.get().times) == (first, 4)
    usage.write(used(acme, "history", "bob"), MONDAY + timedelta(days=7))
    assert Use.all_tenants.exclude(pseudonym=first).count() == 1
    assert acme["bob"].id not in first


def test_who_did_not_want_it_is_not_counted(acme: Company) -> None:
    beta = office.company("beta", "Beta AB", office.BETA)
    usage.write(used(beta, "history", "anna"), MONDAY)
    assert not Use.all_tenants.filter(tenant=beta.tenant).exists()
    assert not Figure.all_tenants.exists()


def test_who_is_erased_is_gone_from_the_week_that_runs(acme: Company) -> None:
    room = FiguresCapability()
    usage.write(used(acme, "history", "bob", "dag"), MONDAY)
    bob = person(acme["bob"].id)
    assert [holding.count for holding in room.holdings(acme.tenant.id, bob)] == [1]
    assert [gone.count for gone in room.erase(acme.tenant.id, bob, reason="asked")] == [1]
    assert Use.all_tenants.count() == 1
    assert list(room.holdings(acme.tenant.id, bob)) == []


def test_opening_pages_writes_once_a_minute() -> None:
    tally = usage.Tally()
    assert tally.note("acme", "bob", "history", 0.0) is None
    assert tally.note("acme", "bob", "history", 30.0) is None
    assert tally.note("acme", "dag", "home", 61.0) == {("acme", "bob", "history"): 2, ("acme", "dag", "home"): 1}
    assert tally.note("acme", "dag", "home", 62.0) is None
