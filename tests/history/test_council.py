"""Works-council mode: managers see nothing of one person, unless an auditor agreed; talk times are those of groups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.history.stories import Company, agreed, company, happened, queue_call, queue_of

from svara.calls.events import Party
from svara.history.statistics import Statistics, access_statistics
from svara.people.models import Account
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.figures import council
from svara.privacy.functions.registry import STATISTICS

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2026, 10, 30, tzinfo=ZoneInfo("Europe/Oslo"))
REASON = "a customer complained about three calls"
MORE = ("eva", "filip", "galina")


@pytest.fixture
def acme() -> Company:
    acme = company("acme")
    for username in MORE:
        Account(tenant=acme.tenant, username=username, name=username.title(), email=f"{username}@acme.test").save()
    queue_of(acme, "bob", "dag")
    agreed(acme, STATISTICS)
    council.do_choose(acme.anna, usage=False, council=True, auditors=[acme.bob.id, acme.dag.id])
    return acme


def seen(actor: Account, days: int = 1, begin: datetime = MIDNIGHT) -> Statistics:
    return access_statistics(actor, since=begin, until=begin + timedelta(days=days))


def talks(acme: Company, day: int, *usernames: str) -> None:
    """Each takes a call of 100 seconds and one more for each who took one before, so that no two are the same."""
    at = MIDNIGHT.timestamp() + day * 86_400 + 9 * 3600
    told = [
        queue_call(
            acme,
            Party(number=f"+4722{day:02}{place:04}"),
            [("bob", "answered")],
            talks=100 + place,
            at=at + 600 * place,
        )
        for place in range(len(usernames))
    ]
    happened(*told)
    from svara.history.models import QueueWait
    from svara.history.outside import find

    for place, username in enumerate(usernames):
        who = Account.of(acme.tenant).get(username=username)
        caller = find(acme.tenant.id, f"+4722{day:02}{place:04}")
        QueueWait.of(acme.tenant).filter(call__outside__index=caller).update(answered_person=who.id)


@pytest.mark.claim("ADV-4")
def test_talk_times_of_four_are_not_told_and_cannot_be_worked_out(acme: Company) -> None:
    talks(acme, 0, "bob", "dag", "anna", "cecilie", "eva")
    talks(acme, 1, "bob", "dag", "anna", "cecilie")
    first, second, both = seen(acme.anna), seen(acme.anna, begin=MIDNIGHT + timedelta(days=1)), seen(acme.anna, 2)
    assert first.total.talk_seconds == 102.0
    assert second.total.talk_seconds is None
    assert both.total.talk_seconds == first.total.talk_seconds, "the second day adds nothing that could be subtracted"
    assert [queue.figures.talk_seconds for queue in both.queues] == [102.0]
    assert first.total.offered + second.total.offered == both.total.offered == 9


def test_a_part_of_a_day_is_in_no_figure(acme: Company) -> None:
    talks(acme, 0, "bob", "dag", "anna", "cecilie", "eva")
    for hours in (9.5, 10, 23):
        part = access_statistics(acme.anna, since=MIDNIGHT, until=MIDNIGHT + timedelta(hours=hours))
        assert part.total.talk_seconds is None
    assert all(slot.figures.talk_seconds is None for slot in seen(acme.anna).slots), "an hour is smaller than its group"
    week = seen(acme.anna, 7, MIDNIGHT - timedelta(days=3))
    assert [slot.figures.talk_seconds for slot in week.slots] == [102.0]


def test_nobody_is_in_the_figures_by_name_though_they_once_agreed(acme: Company) -> None:
    talks(acme, 0, "bob", "dag", "anna", "cecilie", "eva")
    assert seen(acme.anna).agents == ()
    assert seen(acme.cecilie).agents == ()


def test_four_eyes_reveal_one_person_for_a_week_and_the_log_knows(acme: Company) -> None:
    talks(acme, 0, "bob", "dag", "anna", "cecilie", "eva")
    asked = council.do_ask(acme.cecilie, "eva", REASON)
    assert seen(acme.cecilie).agents == ()
    for nobody in (acme.cecilie, acme.anna):
        with pytest.raises(Forbidden):
            council.do_decide(nobody, asked.id, agree=True)
    council.do_decide(acme.bob, asked.id, agree=True)
    assert [agent.username for agent in seen(acme.cecilie).agents] == ["eva"]
    assert seen(acme.anna).agents == (), "who did not ask sees nothing"
    eva = Account.of(acme.tenant).get(username="eva")
    entries = Entry.all_tenants.filter(tenant=acme.tenant, concerned__subject=f"person:{eva.id}").order_by("number")
    assert [(entry.actor, entry.act, entry.why) for entry in entries] == [
        (acme.cecilie.id, "reveal", "asked"),
        (acme.bob.id, "reveal", "agreed"),
        (acme.cecilie.id, "view", "reveal"),
    ]
    later = datetime.now(UTC) + timedelta(days=8)
    assert council.revealed(acme.cecilie, later) == frozenset()
    with pytest.raises(NotFound):
        council.do_decide(acme.dag, asked.id, agree=False)


def test_nobody_decides_about_themselves_and_a_refusal_shows_nothing(acme: Company) -> None:
    about_bob = council.do_ask(acme.cecilie, "bob", REASON)
    with pytest.raises(Forbidden):
        council.do_decide(acme.bob, about_bob.id, agree=False)
    council.do_decide(acme.dag, about_bob.id, agree=False)
    assert council.revealed(acme.cecilie) == frozenset()


def test_a_request_needs_a_manager_a_person_and_a_reason(acme: Company) -> None:
    for username, reason, error in (("nobody", REASON, NotFound), ("eva", "because", Invalid)):
        with pytest.raises(error):
            council.do_ask(acme.cecilie, username, reason)
    with pytest.raises(Forbidden):
        council.do_ask(acme.bob, "eva", REASON)


def test_an_administrator_alone_cannot_lift_it(acme: Company) -> None:
    for auditors, on in (([acme.bob.id, acme.dag.id], False), ([acme.anna.id, acme.bob.id], True)):
        with pytest.raises(Invalid, match="Only an auditor"):
            council.do_choose(acme.anna, usage=False, council=on, auditors=auditors)
    with pytest.raises(Forbidden):
        council.do_choose(acme.cecilie, usage=False, council=False, auditors=[])
    council.do_choose(acme.bob, usage=False, council=False, auditors=[])
    assert council.choice_of(acme.anna).council is False
    with pytest.raises(Invalid, match="two auditors"):
        council.do_choose(acme.anna, usage=False, council=True, auditors=[acme.bob.id, "somebody else"])
