"""When a grant opens a company, decided by its facts and the clock alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from svara.privacy.staff import rules

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OLGA = "a" * 32


@dataclass(frozen=True)
class Facts:
    staff_id: str = OLGA
    how: str = "asked"
    refused: bool = False
    content_wanted: bool = False
    asked_at: datetime = NOON
    until: datetime | None = None
    ended_at: datetime | None = None


OPEN = Facts(until=NOON + timedelta(hours=1))


def test_the_last_microsecond_still_counts_and_the_limit_does_not() -> None:
    limit = NOON + timedelta(hours=1)
    assert rules.opens(OPEN, OLGA, limit - timedelta(microseconds=1))
    assert not rules.opens(OPEN, OLGA, limit)
    assert rules.state(OPEN, limit) == "over"


def test_a_question_opens_nothing_and_lapses_after_a_day() -> None:
    assert rules.state(Facts(), NOON) == "waiting"
    assert not rules.opens(Facts(), OLGA, NOON)
    assert rules.state(Facts(), NOON + timedelta(hours=24)) == "lapsed"


def test_a_door_that_nobody_took_lets_nobody_in() -> None:
    door = replace(OPEN, staff_id="", how="opened")
    assert rules.state(door, NOON) == "offered"
    assert not rules.opens(door, "", NOON)
    assert not rules.opens(door, OLGA, NOON)


def test_an_emergency_is_one_only_half_an_hour_after_an_unanswered_question_and_where_it_is_allowed() -> None:
    half_an_hour = NOON + timedelta(minutes=30)
    assert rules.emergency_opens(Facts(), half_an_hour, allowed=True)
    assert not rules.emergency_opens(Facts(), half_an_hour - timedelta(seconds=1), allowed=True)
    assert not rules.emergency_opens(Facts(), half_an_hour, allowed=False)
    assert not rules.emergency_opens(Facts(refused=True), half_an_hour, allowed=True)
    assert not rules.emergency_opens(Facts(ended_at=NOON), half_an_hour, allowed=True)
    assert not rules.emergency_opens(Facts(), NOON + timedelta(hours=24), allowed=True)


def test_an_engineer_may_come_as_support_and_not_the_other_way_round() -> None:
    assert rules.covers("engineer", "support")
    assert not rules.covers("support", "engineer")
    assert not rules.covers("support", "")
    assert not rules.covers("root", "support")


def test_a_company_that_wants_only_to_be_told_is_asked_about_content() -> None:
    assert rules.works_at_once("tell", content_wanted=False)
    assert not rules.works_at_once("tell", content_wanted=True)
    assert not rules.works_at_once("ask", content_wanted=False)


moments = st.integers(-100, 100).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(st.builds(Facts, refused=st.booleans(), until=st.none() | moments, ended_at=st.none() | moments), moments)
def test_nothing_opens_that_was_refused_ended_never_agreed_to_or_is_over(facts: Facts, now: datetime) -> None:
    if rules.opens(facts, OLGA, now):
        assert not facts.refused
        assert facts.ended_at is None
        assert facts.until is not None
        assert now < facts.until
    assert not rules.opens(facts, "b" * 32, now)
