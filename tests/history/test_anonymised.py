"""Acme shares figures with its holding company: without names, never about fewer than five, and with an entry."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.history.stories import NOON, Company, call, company, happened

from svara.calls.events import Party
from svara.history.anonymised import Behind, do_share, pseudonym, shareable
from svara.history.models import Call
from svara.people.models import Account
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers import recipients
from svara.privacy.registers.models import Share
from svara.privacy.rights import restriction
from svara.privacy.subject import person

DAY = date(2026, 10, 30)
LATER = datetime(2026, 11, 5, tzinfo=UTC)
PARTNER = {
    "name": "Acme Holding AB",
    "purpose": "statistics",
    "data": "figures",
    "country": "SE",
    "role": "controller",
    "confidential": "yes",
}
SECRETS = re.compile(r"(?<![\w-])\+?47\d{5,}|Agent|Kari|agent-\d|\b20\d\b")


@pytest.fixture
def acme(db: None) -> Company:
    """With six agents."""
    one = company("acme")
    for number in range(6):
        one.people[f"agent-{number}"] = Account.all_tenants.create(
            tenant=one.tenant, username=f"agent-{number}", name=f"Agent {number}", extension=f"20{number}"
        )
    return one


@pytest.fixture
def partner(acme: Company) -> str:
    return recipients.do_add(acme.anna, PARTNER).key


def calls(acme: Company, agents: int, callers: int = 6, at: float = NOON) -> None:
    """Callers from outside, one after the other, each to the next agent."""
    for number in range(max(agents, callers)):
        caller = Party(number=f"+4722001{number % callers:03d}", name=f"Kari {number % callers}")
        happened(call(acme, caller, f"agent-{number % agents}", at=at + 60 * number, direction="inbound"))


def share(acme: Company, key: str, what: str, form: str = "json", since: date = DAY, until: date = DAY) -> list[Any]:
    made = do_share(acme.anna, key, what, since, until, form, LATER)
    text = made.content.decode()
    assert not SECRETS.search(text)
    assert made.share.digest == hashlib.sha256(made.content).hexdigest()
    return json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))


@pytest.mark.claim("ADV-10")
def test_figures_of_six_people_are_shared_and_entered(acme: Company, partner: str) -> None:
    calls(acme, 6)
    [row] = share(acme, partner, "figures")
    assert row == {
        "day": "2026-10-30",
        "queue": "",
        "direction": "inbound",
        "calls": 6,
        "answered": 6,
        "talk_minutes": 6,
        "wait_seconds": 5,
    }
    entry = Share.of(acme.anna).get()
    assert (entry.name, entry.purpose, entry.rows, entry.left_out, entry.by) == (
        "Acme Holding AB",
        "statistics",
        1,
        0,
        acme.anna.id,
    )
    assert Entry.of(acme.anna).filter(act="export", what="share", ref=entry.id).exists()


@pytest.mark.claim("ADV-10")
def test_what_fewer_than_five_stand_behind_is_left_out(acme: Company, partner: str) -> None:
    calls(acme, 6)
    calls(acme, 4, at=NOON + 86400)
    calls(acme, 6, callers=3, at=NOON + 2 * 86400)
    rows = share(acme, partner, "figures", until=DAY + timedelta(days=3))
    assert [row["day"] for row in rows] == ["2026-10-30"]
    assert Share.of(acme.anna).get().left_out == 12
    with pytest.raises(Invalid, match="fewer than five"):
        share(acme, partner, "calls", since=DAY + timedelta(days=1), until=DAY + timedelta(days=3))
    assert Share.of(acme.anna).count() == 1


@pytest.mark.claim("ADV-10")
def test_single_calls_go_under_pseudonyms_that_change_with_every_file(acme: Company, partner: str) -> None:
    calls(acme, 6)
    first, second = share(acme, partner, "calls"), share(acme, partner, "calls", "csv")
    assert [row["hour"] for row in first] == ["2026-10-30T12:00:00+01:00"] * 6
    assert {(row["wait_seconds"], row["talk_seconds"]) for row in first} == {(5, 60)}
    for side in ("staff", "others"):
        here, there = {row[side] for row in first}, {row[side] for row in second}
        assert len(here) == len(there) == 6
        assert not here & there
    assert pseudonym(b"k" * 32, "staff", "a") != pseudonym(b"k" * 32, "other", "a")


def test_whose_data_are_restricted_is_in_none(acme: Company, partner: str) -> None:
    calls(acme, 6)
    acme.anna.roles = ["admin", "privacy-officer"]
    for subject in (person(acme.people["agent-0"].id), subject_of(acme.tenant.id, "+4722001001")):
        restriction.Restriction.all_tenants.create(
            tenant=acme.tenant, subject=subject, ground="accuracy", state="in-force", asked_at=LATER
        )
    with pytest.raises(Invalid, match="fewer than five"):
        share(acme, partner, "figures")


@pytest.mark.claim("ADV-10")
def test_sharing_goes_through_the_register(acme: Company, partner: str) -> None:
    calls(acme, 6)
    recipients.do_close(acme.anna, partner)
    with pytest.raises(Invalid, match="closed"):
        share(acme, partner, "figures")
    recipients.do_close(acme.anna, partner, closed=False)
    recipients.do_describe(acme.anna, partner, PARTNER | {"confidential": ""})
    with pytest.raises(Invalid, match="Complete"):
        share(acme, partner, "figures")
    with pytest.raises(NotFound):
        share(acme, "partner:nobody", "figures")
    other = company("beta")
    with pytest.raises(NotFound):
        do_share(other.anna, partner, "figures", DAY, DAY, "csv", LATER)
    with pytest.raises(Forbidden):
        do_share(acme.cecilie, partner, "figures", DAY, DAY, "csv", LATER)
    assert not Share.all_tenants.exists()


def test_only_days_that_are_over_and_a_year_at_most(acme: Company, partner: str) -> None:
    calls(acme, 6)
    today = LATER.date()
    for since, until in ((today, today), (DAY, today), (DAY, DAY - timedelta(days=1)), (DAY - timedelta(days=366), DAY)):
        with pytest.raises(Invalid, match="days that are over"):
            share(acme, partner, "figures", since=since, until=until)
    for what, form in (("names", "csv"), ("figures", "xlsx")):
        with pytest.raises(Invalid):
            do_share(acme.anna, partner, what, DAY, DAY, form, LATER)


people = st.frozensets(st.sampled_from("abcdefgh"), max_size=4)


@given(st.lists(st.tuples(st.integers(0, 2), people, people), max_size=30))
def test_no_cell_of_few_people_is_ever_shared(some: list[tuple[int, frozenset[str], frozenset[str]]]) -> None:
    behind = [
        Behind(Call(queue="", direction="inbound", started_at=LATER + timedelta(days=day)), staff, others)
        for day, staff, others in some
    ]
    kept, left_out = shareable(behind, ZoneInfo("Europe/Oslo"))
    assert sum(map(len, kept.values())) + left_out == len(behind)
    for found in kept.values():
        sides = [len(frozenset().union(*(getattr(each, side) for each in found))) for side in ("staff", "others")]
        assert all(size == 0 or size >= 5 for size in sides)
        assert max(sides) >= 5
