"""What queues did, as rows: waits, offers, missed callers who are closed when somebody reaches them, agents' moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.history.stories import NOON, Company, agreed, call, company, happened, queue_call, queue_of
from tests.keys import journal_in

from svara.calls.events import AgentChanged, CallbackGivenUp, CallEnded, CallStarted, LegAnswered, LegOffered, Party
from svara.calls.journal import Journal
from svara.history.follow import Follower
from svara.history.missed import access_missed
from svara.history.models import AgentMoment, MissedCaller, QueueOffer, QueueWait
from svara.history.queue_facts import write_moments
from svara.privacy.functions.registry import STATISTICS

pytestmark = pytest.mark.django_db
OSLO = Party(number="+4722000001", name="Kari Nordmann")


@pytest.fixture
def acme() -> Company:
    """Everybody but Cecilie agreed to figures of their own."""
    acme = company("acme")
    agreed(acme, STATISTICS, "anna", "bob", "dag")
    return acme


@pytest.fixture
def globex() -> Company:
    return company("globex")


def states(company: Company) -> dict[str, str]:
    return dict(MissedCaller.of(company.anna).order_by("id").values_list("id", "state"))


def outbound(company: Company, username: str, to: Party, *, at: float, answered: bool = True) -> list:
    """Somebody of the company calls outside."""
    caller = company.party(username)
    call_id = f"out-{at}"
    events = [
        CallStarted(call_id, at, tenant=company.tenant.id, direction="outbound", caller=caller, dialled=to.number, callee=to)
    ]
    events.append(LegOffered(call_id, at, leg="b1", to=to))
    if answered:
        events.append(LegAnswered(call_id, at + 5, leg="b1", to=to))
    outcome = "answered" if answered else "missed"
    return [*events, CallEnded(call_id, at + 60, outcome=outcome, by="caller", end_reason="hung up")]


def test_a_taken_call_is_a_wait_and_its_offers_and_no_missed_caller(acme: Company) -> None:
    happened(queue_call(acme, OSLO, [("bob", "no answer"), ("dag", "answered")], call="q1"))
    [wait] = QueueWait.of(acme.anna)
    assert (wait.name, wait.wait_seconds, wait.why, wait.answered_person, wait.talk_seconds) == (
        "support",
        20.0,
        "answered",
        acme.dag.id,
        60.0,
    )
    assert [(o.person, o.how, o.ring_seconds) for o in QueueOffer.of(acme.anna).order_by("offered_at")] == [
        (acme.bob.id, "no answer", 10.0),
        (acme.dag.id, "answered", 10.0),
    ]
    assert states(acme) == {}


@pytest.mark.claim("PHO-4")
def test_who_gave_up_waits_for_a_call_back_until_anybody_reaches_the_number(acme: Company, globex: Company) -> None:
    """At Acme and at Globex the same caller gave up; only Acme calls back."""
    happened(queue_call(acme, OSLO, [("bob", "no answer")], call="q1"), queue_call(globex, OSLO, [], call="g1"))
    assert states(acme) == {"q1": "waiting"}
    happened(outbound(acme, "dag", OSLO, at=NOON + 100, answered=False))
    assert states(acme) == {"q1": "waiting"}
    happened(outbound(acme, "dag", OSLO, at=NOON + 200))
    assert states(acme) == {"q1": "handled"}
    handled = MissedCaller.of(acme.anna).get(id="q1")
    assert (handled.handled_by, handled.handled_call) == (acme.dag.id, "out-1793358200.0")
    assert states(globex) == {"g1": "waiting"}


def test_a_caller_who_gets_through_at_the_next_try_is_handled(acme: Company) -> None:
    happened(queue_call(acme, OSLO, [], call="q1"))
    happened(queue_call(acme, OSLO, [("dag", "answered")], call="q2", at=NOON + 300))
    assert states(acme) == {"q1": "handled"}


def test_an_earlier_talk_does_not_close_a_later_miss(acme: Company) -> None:
    happened(queue_call(acme, OSLO, [], call="q1", at=NOON + 100))
    happened(outbound(acme, "dag", OSLO, at=NOON))
    assert states(acme) == {"q1": "waiting"}


def test_a_kept_place_a_hidden_number_and_a_colleague_are_nobodys_missed_callers(acme: Company) -> None:
    happened(
        queue_call(acme, OSLO, [], call="kept", why="kept"),
        queue_call(acme, Party(number=""), [], call="hidden"),
        queue_call(acme, acme.party("bob"), [], call="colleague"),
        call(acme, OSLO, "bob", talks=None, outcome="missed", direction="inbound"),
    )
    assert states(acme) == {}
    assert QueueWait.of(acme.anna).count() == 3


def test_what_is_written_twice_stands_once_and_stays_handled(acme: Company) -> None:
    """After a crash the journal is read again from before its newest records."""
    told = [queue_call(acme, OSLO, [("bob", "declined")], call="q1"), outbound(acme, "dag", OSLO, at=NOON + 200)]
    happened(*told)
    happened(*told)
    assert states(acme) == {"q1": "handled"}
    assert QueueWait.of(acme.anna).count() == QueueOffer.of(acme.anna).count() == 1


def test_agents_moments_are_kept_for_their_own_company(acme: Company) -> None:
    paused = AgentChanged("", NOON, tenant=acme.tenant.id, person=acme.bob.id, state="paused", reason="lunch")
    write_moments([paused, paused, AgentChanged("", NOON, tenant="gone", person="somebody", state="available")])
    assert list(AgentMoment.all_tenants.values_list("person", "state", "reason")) == [(acme.bob.id, "paused", "lunch")]


def given_up(company: Company, asked: str, **more: Any) -> CallbackGivenUp:
    fields = {"tenant": company.tenant.id, "queue": "acme-support", "name": "support", "number": OSLO.number}
    return CallbackGivenUp("", NOON + 900, asked=asked, **fields | {"joined_at": NOON} | more)


def test_a_kept_place_that_was_given_up_comes_into_the_list_of_its_queue(acme: Company) -> None:
    queue_of(acme, "bob")
    happened(queue_call(acme, OSLO, [], call="q1", why="kept"))
    assert access_missed(acme.bob) == []
    write_moments([given_up(acme, "q1"), given_up(acme, "q1"), given_up(acme, "q9", tenant="gone")])
    [kari] = access_missed(acme.bob)
    assert (kari.number, kari.name, kari.queue, kari.tries) == (OSLO.number, "Kari Nordmann", "support", 1)
    assert (kari.given_up, kari.longest_wait_seconds, kari.left_message) == ("unreached", 900.0, False)
    happened(outbound(acme, "bob", OSLO, at=NOON + 1000))
    assert access_missed(acme.bob) == []


def test_the_number_that_was_entered_bears_nobody_s_name(acme: Company) -> None:
    queue_of(acme, "bob")
    happened(queue_call(acme, OSLO, [], call="q1", why="kept"))
    write_moments([given_up(acme, "q1", number="+4722334455", why="too late")])
    [entry] = access_missed(acme.bob)
    assert (entry.number, entry.name, entry.given_up) == ("+4722334455", "", "too late")


def test_the_journal_brings_it_into_the_list(acme: Company, tmp_path: Path) -> None:
    queue_of(acme, "bob")
    journal = Journal(journal_in(tmp_path))
    journal.write([given_up(acme, "q1")])
    journal.close()
    follower = Follower(journal_in(tmp_path))
    follower.load()
    follower.step()
    follower.step()
    assert [one.number for one in access_missed(acme.bob)] == [OSLO.number]


@pytest.mark.claim("PHO-1")
def test_of_who_has_not_agreed_nothing_is_written_but_the_queue_counts_the_call(acme: Company) -> None:
    happened(queue_call(acme, OSLO, [("bob", "no answer"), ("cecilie", "answered")], call="q1"))
    write_moments([AgentChanged("", NOON, tenant=acme.tenant.id, person=acme.cecilie.id, state="paused")])
    [wait] = QueueWait.of(acme.anna)
    assert (wait.why, wait.talk_seconds, wait.answered_person) == ("answered", 60.0, "")
    assert [offer.person for offer in QueueOffer.of(acme.anna)] == [acme.bob.id]
    assert not AgentMoment.all_tenants.exists()
