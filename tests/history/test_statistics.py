"""Queue statistics agree with what happened, counted another way; and only those see them who may."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.history.stories import NOON, Company, agreed, company, happened, queue_call, queue_of

from svara.calls.events import AgentChanged, Party
from svara.history.access import BadFilter
from svara.history.queue_facts import write_moments
from svara.history.statistics import Statistics, access_statistics
from svara.people.access import NotFound
from svara.people.models import Account
from svara.privacy.functions.port import do_erase_collected, do_switch
from svara.privacy.functions.registry import STATISTICS

pytestmark = pytest.mark.django_db
OSLO_TIME = ZoneInfo("Europe/Oslo")
MIDNIGHT = datetime(2026, 10, 30, tzinfo=OSLO_TIME)


@pytest.fixture
def acme() -> Company:
    acme = company("acme")
    queue_of(acme, "bob", "dag", service_seconds=20)
    queue_of(acme, "dag", name="sales", service_seconds=60)
    agreed(acme, STATISTICS)
    return acme


def day(actor: Account, **more: object) -> Statistics:
    return access_statistics(actor, since=MIDNIGHT, until=MIDNIGHT + timedelta(days=1), **more)


def caller(number: int) -> Party:
    return Party(number=f"+47220{number:05}")


def test_a_day_in_support(acme: Company) -> None:
    """Two are answered (after 10 and 30 seconds), one gives up at once, one after 25, one is sent on."""
    happened(
        queue_call(acme, caller(1), [("bob", "answered")], talks=100),
        queue_call(acme, caller(2), [("bob", "no answer"), ("bob", "declined"), ("dag", "answered")], talks=50),
        queue_call(acme, caller(3), []),
        queue_call(acme, caller(4), [("bob", "no answer"), ("dag", "no answer")]),
        queue_call(acme, caller(5), [], why="timeout"),
    )
    [support] = day(acme.cecilie).queues
    figures = support.figures
    assert (figures.offered, figures.answered, figures.abandoned, figures.passed_on) == (5, 2, 2, 1)
    assert figures.service_level == pytest.approx(1 / 4)  # one of four: who gave up within the promise does not count
    assert (figures.answer_seconds, figures.longest_seconds, figures.talk_seconds) == (20.0, 30.0, 75.0)
    assert [(a.username, a.offered, a.answered, a.talk_seconds) for a in day(acme.anna).agents] == [
        ("bob", 4, 1, 100.0),
        ("dag", 2, 1, 50.0),
    ]


def test_each_queue_keeps_its_own_promise(acme: Company) -> None:
    happened(
        queue_call(acme, caller(1), [("dag", "no answer"), ("dag", "no answer"), ("dag", "answered")]),
        queue_call(acme, caller(2), [("dag", "no answer"), ("dag", "no answer"), ("dag", "answered")], queue="sales"),
    )
    levels = {queue.name: queue.figures.service_level for queue in day(acme.anna).queues}
    assert levels == {"sales": 1.0, "support": 0.0}
    assert day(acme.anna, queue="sales").total.offered == 1


def test_a_random_day_adds_up(acme: Company) -> None:
    """300 calls at random, counted by hand beside."""
    dice = random.Random(7)
    calls, answered, hours = [], 0, dict.fromkeys(range(24), 0)
    for number in range(300):
        at = MIDNIGHT.timestamp() + dice.uniform(0, 86_000)
        taken = dice.random() < 0.7
        answered += taken
        hours[datetime.fromtimestamp(at, OSLO_TIME).hour] += 1
        calls.append(queue_call(acme, caller(number), [("bob", "answered")] if taken else [], at=at))
    happened(*calls)
    found = day(acme.anna)
    assert (found.total.offered, found.total.answered, found.total.abandoned) == (300, answered, 300 - answered)
    assert {slot.begins_at.hour: slot.figures.offered for slot in found.slots} == {h: n for h, n in hours.items() if n}
    longer = access_statistics(acme.anna, since=MIDNIGHT - timedelta(days=30), until=MIDNIGHT + timedelta(days=1))
    assert [(slot.begins_at.date(), slot.figures.offered) for slot in longer.slots] == [(MIDNIGHT.date(), 300)]


def test_the_time_that_agents_spent_in_each_state(acme: Company) -> None:
    """Bob works from 8 to 12 with a break of half an hour; he was logged in since the evening before."""

    def moment(hours: float, state: str) -> AgentChanged:
        at = MIDNIGHT.timestamp() + hours * 3600
        return AgentChanged("", at, tenant=acme.tenant.id, person=acme.bob.id, state=state)  # type: ignore[arg-type]

    changes = [moment(-2, "available"), moment(-1, "logged-out"), moment(8, "available"), moment(9, "paused")]
    write_moments([*changes, moment(9.5, "available"), moment(12, "logged-out")])
    [bob] = day(acme.cecilie).agents
    assert bob.states == {"available": 3.5 * 3600, "paused": 1800.0}


def test_an_agent_who_logged_in_days_ago_and_is_still_there(acme: Company) -> None:
    """Bob logged in three days ago, and nothing changed since; Dag logged out four days ago."""
    now = datetime.now(UTC)

    def told(person: Account, days: float, state: str) -> AgentChanged:
        at = (now - timedelta(days=days)).timestamp()
        return AgentChanged("", at, tenant=acme.tenant.id, person=person.id, state=state)  # type: ignore[arg-type]

    write_moments([told(acme.bob, 3.5, "paused"), told(acme.bob, 3, "available")])
    write_moments([told(acme.dag, 5, "available"), told(acme.dag, 4, "logged-out")])
    [bob] = access_statistics(acme.cecilie, since=now - timedelta(days=1), until=now).agents
    assert (bob.username, bob.states) == ("bob", {"available": 86_400.0})


def test_members_and_other_companies_see_nothing(acme: Company) -> None:
    globex = company("globex")
    happened(queue_call(acme, caller(1), [("bob", "answered")]))
    assert day(globex.anna).total.offered == 0
    with pytest.raises(NotFound):
        day(acme.bob)
    with pytest.raises(NotFound):
        day(globex.anna, queue="support")


def test_times_that_make_no_sense_are_refused(acme: Company) -> None:
    for until in (MIDNIGHT, MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=500)):
        with pytest.raises(BadFilter):
            access_statistics(acme.anna, since=MIDNIGHT, until=until)
    assert access_statistics(acme.anna, since=datetime(2026, 10, 30), until=datetime.fromtimestamp(NOON, UTC)).hourly  # noqa: DTZ001


@pytest.mark.claim("ADV-13")
@pytest.mark.claim("PHO-1")
def test_who_withdraws_has_no_figures_from_that_moment_and_may_have_them_erased(acme: Company) -> None:
    """Bob took a call and let one pass. Afterwards support has the same figures as before, without him."""
    happened(queue_call(acme, caller(1), [("dag", "no answer"), ("bob", "answered")], talks=100))
    before = day(acme.anna)
    assert [agent.username for agent in before.agents] == ["bob", "dag"]
    do_switch(acme.bob, STATISTICS, False)
    after = day(acme.anna)
    assert [agent.username for agent in after.agents] == ["dag"]
    assert after.queues == before.queues
    assert do_erase_collected(acme.bob, STATISTICS) == 2
    do_switch(acme.bob, STATISTICS, True)
    erased = day(acme.anna)
    assert [(agent.username, agent.offered) for agent in erased.agents] == [("dag", 1)]
    assert erased.queues == before.queues
