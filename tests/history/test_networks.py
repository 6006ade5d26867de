"""Whose network was at fault: told where it can be told, and to whom it may be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.history.stories import NOON, Company, call, company, happened

from svara.calls.events import AnyEvent, CallHeld, CallQuality, CallResumed, EndedBy
from svara.history.networks import Networks, Trouble, access_networks, troubles
from svara.history.record import Quality
from svara.people.access import NotFound
from svara.privacy.audit.models import Entry
from svara.privacy.figures.council import do_choose

NOW = datetime.fromtimestamp(NOON + 3600, UTC)


def heard(side: EndedBy, **figures: float) -> Quality:
    return Quality(side, packets=900, **figures)  # type: ignore[arg-type]


def test_nobody_is_blamed_for_what_nobody_notices() -> None:
    assert troubles((heard("caller", lost=10, lost_before=10), heard("callee", jitter_ms=8, round_trip_ms=120))) == ()
    assert troubles(()) == ()


def test_what_does_not_reach_us_is_the_speakers_network_the_rest_the_listeners() -> None:
    assert troubles((heard("caller", lost=100, lost_before=100),)) == (Trouble("caller", "sent", 10.0),)
    assert troubles((heard("caller", lost=100, lost_before=0),)) == (Trouble("callee", "received", 10.0),)
    both = troubles((heard("callee", lost=100, lost_before=40),))
    assert both == (Trouble("callee", "sent", 4.0), Trouble("caller", "received", 6.0))


def test_a_little_on_both_ways_is_told_of_the_worse_one() -> None:
    assert troubles((heard("caller", lost=25, lost_before=16),)) == (Trouble("caller", "sent", 100 * 16 / 925),)


def test_what_cannot_be_told_apart_is_unclear() -> None:
    assert troubles((heard("caller", lost=100),)) == (Trouble("caller", "unclear", 10.0),)
    assert troubles((heard("caller", jitter_ms=45),)) == (Trouble("caller", "uneven", 45),)


def test_a_long_way_is_told_of_whose_it_is() -> None:
    found = troubles((heard("caller", round_trip_ms=420), heard("callee", lost=90, lost_before=90)))
    assert found == (Trouble("callee", "sent", 100 * 90 / 990), Trouble("caller", "delay", 420))


# --- the company's page


def measured(events: list[AnyEvent], *figures: CallQuality) -> list[AnyEvent]:
    return [*events[:-1], *figures, events[-1]]


@pytest.fixture
def acme(transactional_db: None) -> Company:
    acme, beta = company("acme"), company("beta")
    for number in range(3):
        bad = call(acme, "anna", "bob", call=f"bad{number}", at=NOON + number)
        quality = {"packets": 900, "lost": 100, "lost_before": 95, "mos": 2.9}
        happened(measured(bad, CallQuality(f"bad{number}", NOON + 70, side="callee", **quality)))  # type: ignore[arg-type]
    fine = call(acme, "dag", "anna", call="fine", at=NOON + 9)
    happened(measured(fine, CallQuality("fine", NOON + 90, side="caller", packets=900, mos=4.4)))
    theirs = call(beta, "anna", "bob", call="theirs")
    happened(measured(theirs, CallQuality("theirs", NOON + 70, side="callee", packets=9, lost=9, lost_before=9, mos=1.0)))
    return acme


def told(found: Networks) -> list[tuple[str, int]]:
    return [("outside" if item.who is None else item.who.username, item.at_fault) for item in found.items]


def test_cecilie_sees_that_it_is_bobs_network(acme: Company) -> None:
    found = access_networks(acme.cecilie, 7, NOW)
    assert told(found) == [("bob", 3)]
    assert (found.talks, found.poor, found.unclear) == (4, 3, 0)
    assert found.items[0].mos == 2.9
    assert [(entry.act, entry.what) for entry in Entry.of(acme.bob)] == [("view", "sound")]


def test_who_looks_after_nobody_sees_nothing(acme: Company) -> None:
    with pytest.raises(NotFound):
        access_networks(acme.bob, 7, NOW)


def test_in_works_council_mode_nobody_is_named(acme: Company) -> None:
    do_choose(acme.anna, usage=False, council=True, auditors=[acme.cecilie.id, acme.dag.id])
    found = access_networks(acme.cecilie, 7, NOW)
    assert (found.items, found.poor, found.per_person) == ((), 3, False)


def test_a_bad_talk_of_which_nobody_knows_the_cause_is_counted_as_that(acme: Company) -> None:
    events = call(acme, "anna", "dag", call="held", at=NOON + 20)
    quality = CallQuality("held", NOON + 90, side="callee", packets=900, lost=300, lost_before=300, mos=2.0)
    hold = [CallHeld("held", NOON + 40, by="callee"), CallResumed("held", NOON + 50, by="callee")]
    happened(measured(events, *hold, quality))  # type: ignore[arg-type]
    found = access_networks(acme.cecilie, 7, NOW)
    assert (found.poor, found.unclear) == (4, 1)


def test_longer_ago_than_asked_for(acme: Company) -> None:
    found = access_networks(acme.cecilie, 1, datetime.fromtimestamp(NOON + 3 * 86_400, UTC))
    assert (found.talks, found.items) == (0, ())
