"""One's own figures and the company's: what is counted, for whom, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.history import stories as history
from tests.history.stories import NOON, Company

from svara.calls.events import Party
from svara.history.access import BadFilter
from svara.history.tallies import Tallies, Tally, access_company_tallies, access_own_tallies
from svara.people.access import NotFound
from svara.privacy.figures import council
from svara.privacy.rights import objections

pytestmark = pytest.mark.django_db
OSLO = Party(number="+4722000001", name="Kari Nordmann")
DAY = 86400.0


@pytest.fixture
def acme() -> Company:
    return history.company("acme")


def around(days: int = 3) -> dict[str, datetime]:
    noon = datetime.fromtimestamp(NOON, UTC)
    return {"since": noon - timedelta(days=days), "until": noon + timedelta(days=days)}


def own(company: Company, who: str) -> Tallies:
    return access_own_tallies(company.people[who], **around())


def a_day(acme: Company) -> None:
    history.happened(
        history.call(acme, "bob", "dag", talks=120.0),
        history.call(acme, "dag", "bob", talks=30.0, at=NOON + 3600),
        history.call(acme, "dag", "bob", talks=None, outcome="missed", at=NOON + 3700),
        history.call(acme, "bob", "anna", talks=None, outcome="busy", at=NOON - DAY),
        history.call(acme, "cecilie", "anna", talks=600.0),
    )


def test_bob_sees_what_he_took_missed_and_made(acme: Company) -> None:
    a_day(acme)
    found = own(acme, "bob")
    assert found.total == Tally(taken=1, missed=1, made=2, reached=1, talk_seconds=150.0)
    assert found.total.answer_rate == 0.5
    assert found.total.talk_average == 75.0
    assert found.total.calls == 4
    assert len(found.days) == 2
    assert sum(tally.calls for tally in found.days.values()) == sum(tally.calls for tally in found.hours.values()) == 4
    assert found.days[datetime.fromtimestamp(NOON, UTC).date()].calls == 3


def test_hours_are_those_of_the_companys_clock() -> None:
    oslo, riga = history.company("acme", "Europe/Oslo"), history.company("sia", "Europe/Riga")
    for company in (oslo, riga):
        history.happened(history.call(company, "bob", "dag"))
    [in_oslo], [in_riga] = own(oslo, "bob").hours, own(riga, "bob").hours
    assert in_riga == in_oslo + 1


def test_what_a_colleague_took_of_a_queue_is_not_missed_by_who_was_rung_before(acme: Company) -> None:
    history.queue_of(acme, "bob", "dag")
    history.happened(history.queue_call(acme, OSLO, [("bob", "no answer"), ("dag", "answered")]))
    assert own(acme, "bob").total == Tally()
    assert own(acme, "dag").total == Tally(taken=1, talk_seconds=60.0)


def test_nobody_has_figures_of_others(acme: Company) -> None:
    a_day(acme)
    beta = history.company("beta")
    assert own(beta, "bob").total == Tally()
    assert own(acme, "anna").total == Tally(taken=1, missed=1, talk_seconds=600.0)


def test_who_objected_to_statistics_is_not_counted_even_for_themselves(acme: Company) -> None:
    a_day(acme)
    objections.do_object(acme.people["dag"], "statistics", "I do not want it")
    found = own(acme, "dag")
    assert (found.objected, found.total) == (True, Tally())
    assert own(acme, "bob").total == Tally(made=1), "nor are the calls with them"


def test_the_company_is_counted_by_administrators_alone(acme: Company) -> None:
    a_day(acme)
    history.happened(
        history.call(acme, OSLO, "bob", direction="inbound", talks=40.0),
        history.call(acme, OSLO, "dag", direction="inbound", talks=None, outcome="missed"),
    )
    found = access_company_tallies(acme.people["anna"], **around())
    assert found.total == Tally(taken=1, missed=1, inside=5, talk_seconds=790.0)
    for who in ("bob", "cecilie"):
        with pytest.raises(NotFound):
            access_company_tallies(acme.people[who], **around())
    assert access_company_tallies(history.company("beta").people["anna"], **around()).total == Tally()


def test_a_works_council_hides_the_talk_time_of_the_company_not_ones_own(acme: Company) -> None:
    a_day(acme)
    council.do_choose(
        acme.people["anna"], usage=False, council=True, auditors=[acme.people["bob"].id, acme.people["dag"].id]
    )
    assert access_company_tallies(acme.people["anna"], **around()).total.talk_seconds is None
    assert own(acme, "bob").total.talk_seconds == 150.0


@pytest.mark.parametrize("days", [0, -1, 401])
def test_times_that_make_no_sense_are_refused(acme: Company, days: int) -> None:
    since = datetime.fromtimestamp(NOON, UTC)
    with pytest.raises(BadFilter):
        access_own_tallies(acme.people["bob"], since=since, until=since + timedelta(days=days))
