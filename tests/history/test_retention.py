"""What agents did and who was missed is forgotten in time, and what a removed person did within the hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.history.stories import NOON, Company, agreed, company, happened, queue_call, queue_of

from svara.calls.events import AgentChanged, Party
from svara.history import main
from svara.history.missed import access_missed
from svara.history.models import AgentMoment, Call, MissedCaller, QueueOffer
from svara.history.queue_facts import write_moments
from svara.history.retention import forget_history
from svara.privacy.catalogue import entries
from svara.privacy.functions.registry import STATISTICS

pytestmark = pytest.mark.django_db
DAY = 86_400.0
OSLO = Party(number="+4722000001", name="Kari Nordmann")


@pytest.fixture
def acme() -> Company:
    """Bob and Dag work in support: Kari gave up after Bob did not pick up, and the caller from Bergen reached Dag."""
    acme = company("acme")
    queue_of(acme, "bob", "dag")
    agreed(acme, STATISTICS)
    happened(
        queue_call(acme, OSLO, [("bob", "no answer")], call="q1"),
        queue_call(acme, Party(number="+4755000001"), [("dag", "answered")], call="q2"),
    )
    write_moments(
        [
            AgentChanged("", NOON, tenant=acme.tenant.id, person=person.id, state="available")
            for person in (acme.bob, acme.dag)
        ]
    )
    return acme


def test_a_missed_caller_is_kept_for_ninety_days(acme: Company) -> None:
    assert forget_history(NOON + 90 * DAY) == 0
    assert [missed.number for missed in access_missed(acme.bob)] == [OSLO.number]
    assert forget_history(NOON + 91 * DAY) == 1
    assert access_missed(acme.bob) == []
    assert not MissedCaller.all_tenants.exists()


def test_what_agents_did_and_calls_are_kept_for_four_hundred_days(acme: Company) -> None:
    forget_history(NOON + 400 * DAY - 1)
    assert (AgentMoment.all_tenants.count(), QueueOffer.all_tenants.count(), Call.all_tenants.count()) == (2, 2, 2)
    forget_history(NOON + 401 * DAY)
    assert (AgentMoment.all_tenants.count(), QueueOffer.all_tenants.count(), Call.all_tenants.count()) == (0, 0, 0)


def test_what_a_removed_person_did_in_queues_goes_and_nobody_elses(acme: Company) -> None:
    acme.bob.delete()
    assert forget_history(NOON + DAY) == 2
    assert [moment.person for moment in AgentMoment.all_tenants.all()] == [acme.dag.id]
    assert [offer.person for offer in QueueOffer.all_tenants.all()] == [acme.dag.id]


def test_the_jobs_process_does_so(acme: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly clean-up, once."""
    long_ago = datetime.now(UTC) - timedelta(days=91)
    MissedCaller.all_tenants.update(missed_at=long_ago)

    class OnceIsEnoughError(Exception):
        pass

    async def here(work: Callable[[], None]) -> None:
        work()

    async def once(seconds: float) -> None:
        if seconds == main.FORGET_SECONDS:
            raise OnceIsEnoughError

    monkeypatch.setattr(main.asyncio, "to_thread", here)
    monkeypatch.setattr(main.asyncio, "sleep", once)
    monkeypatch.setattr(connection, "close", lambda: None)
    with pytest.raises(OnceIsEnoughError):
        main._forget_expired(deleting := main._Deleting()).send(None)
    assert not MissedCaller.all_tenants.exists()
    assert deleting.done_at > 0, "whoever asks how it is finds when that was"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (Call, "400 days after the call, at most until the tenant is removed"),
        (MissedCaller, "90 days after missed_at, at most until the tenant is removed"),
        (QueueOffer, "400 days after offered_at, at most until the account is removed"),
        (AgentMoment, "400 days after at, at most until the account is removed"),
    ],
)
def test_the_catalogue_says_the_same(table: type[MissedCaller | QueueOffer | AgentMoment], said: str) -> None:
    told = {row.field: str(row.declaration.retention) for row in entries(table) if row.declaration is not None}
    told.pop("tenant")
    assert set(told.values()) == {said}
