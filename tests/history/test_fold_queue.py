"""A call that waited in a queue is one record too: waits and offers inside, no missed call for who did not pick up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svara.calls.events import (
    AgentOffered,
    AgentOfferEnded,
    AnyEvent,
    CallbackAsked,
    CallEnded,
    CallGreeted,
    CallRouted,
    CallStarted,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    MessageLeft,
    Party,
    QueueEntered,
    QueueLeft,
)
from svara.history.fold import Fold
from svara.history.record import CallRecord

NOON = 1_793_358_000.0
ANNA = Party(number="101", person="anna-id", login="acme-anna")
BOB = Party(number="102", person="bob-id", login="acme-bob")
OSLO = Party(number="+4721000999", name="Caller from Oslo")


def record_of(*events: AnyEvent) -> CallRecord:
    fold = Fold("c1")
    for event in events:
        fold.add(event)
    record = fold.record()
    assert record is not None
    return record


STARTED = CallStarted("c1", NOON, tenant="acme", direction="inbound", caller=OSLO, dialled="+4721000000")
WAITING = (
    STARTED,
    CallRouted("c1", NOON, to="queue:support", why="number"),
    CallGreeted("c1", NOON + 0.1),
    QueueEntered("c1", NOON + 0.1, queue="q1", name="support", position=2),
    AgentOffered("c1", NOON + 10, queue="q1", offer="o1", agent=ANNA),
    LegOffered("c1", NOON + 10, leg="b1", to=ANNA),
    LegRinging("c1", NOON + 10.2, leg="b1"),
    LegEnded("c1", NOON + 25, leg="b1", status=487, reason="no answer"),
    AgentOfferEnded("c1", NOON + 25, offer="o1", how="no answer"),
)
TAKEN = (
    *WAITING,
    AgentOffered("c1", NOON + 25, queue="q1", offer="o2", agent=BOB),
    LegOffered("c1", NOON + 25, leg="b2", to=BOB),
    LegAnswered("c1", NOON + 30, leg="b2", to=BOB),
    AgentOfferEnded("c1", NOON + 30, offer="o2", how="answered"),
    QueueLeft("c1", NOON + 30, queue="q1", why="answered"),
    LegEnded("c1", NOON + 90, leg="b2", status=200, reason="hung up"),
    CallEnded("c1", NOON + 90, outcome="answered", by="caller", end_reason="hung up"),
)


def test_the_caller_from_oslo_waits_and_bob_takes_the_call_that_anna_let_ring() -> None:
    record = record_of(*TAKEN)
    assert (record.queue, record.outcome, record.wait_seconds, record.talk_seconds) == ("support", "answered", 30.0, 60.0)
    assert [(wait.name, wait.position, round(wait.left_at - wait.entered_at, 3), wait.why) for wait in record.waits] == [
        ("support", 2, 29.9, "answered")
    ]
    assert [(offer.agent.person, offer.how) for offer in record.offers] == [("anna-id", "no answer"), ("bob-id", "answered")]
    assert [leg.offer for leg in record.legs] == ["o1", "o2"]
    assert [(stop.to, stop.why) for stop in record.stops] == [("queue:support", "number")]


def test_anna_who_did_not_pick_up_has_no_missed_call() -> None:
    assert record_of(*TAKEN).people == {"bob-id": "answered"}


def test_a_person_whom_the_queue_passed_the_caller_on_to_has_one() -> None:
    """The same Anna, rung as herself after the queue's time was over: that call was hers to miss."""
    record = record_of(
        *WAITING,
        QueueLeft("c1", NOON + 40, queue="q1", why="timeout"),
        CallRouted("c1", NOON + 40, to="person:anna", why="timeout"),
        LegOffered("c1", NOON + 40, leg="b2", to=ANNA),
        LegEnded("c1", NOON + 60, leg="b2", status=487, reason="no answer"),
        CallEnded("c1", NOON + 60, outcome="missed", by="system", end_reason="no answer"),
    )
    assert record.people == {"anna-id": "called"}
    assert (record.queue, record.outcome, record.waits[0].why) == ("support", "missed", "timeout")


def test_a_caller_who_gives_up_ends_the_wait_and_the_offer() -> None:
    record = record_of(
        *WAITING[:7], CallEnded("c1", NOON + 15, outcome="abandoned", by="caller", end_reason="caller gave up")
    )
    assert (record.outcome, record.wait_seconds, record.people) == ("abandoned", 15.0, {})
    assert record.waits[0].left_at == record.offers[0].ended_at == NOON + 15


def test_a_message_makes_it_voicemail_whatever_the_verdict_was() -> None:
    message = MessageLeft("c1", NOON + 50, box="person:anna-id", file="m.wav", seconds=9.5)
    ended = CallEnded("c1", NOON + 60, outcome="abandoned", by="caller", end_reason="hung up")
    record = record_of(STARTED, message, ended)
    assert record.outcome == "voicemail"
    assert [(one.box, one.seconds) for one in record.messages] == [("person:anna-id", 9.5)]
    nothing_said = CallEnded("c1", NOON + 60, outcome="voicemail", by="caller", end_reason="hung up")
    assert record_of(STARTED, nothing_said).outcome == "missed"


def test_a_kept_place_is_on_the_record() -> None:
    record = record_of(
        *WAITING,
        CallbackAsked("c1", NOON + 30, queue="q1", number="+4721000999"),
        QueueLeft("c1", NOON + 30, queue="q1", why="kept"),
        CallEnded("c1", NOON + 31, outcome="abandoned", by="caller", end_reason="hung up"),
    )
    assert (record.callback_number, record.waits[0].why) == ("+4721000999", "kept")


@given(st.permutations(TAKEN), st.lists(st.sampled_from(TAKEN)))
def test_the_record_does_not_depend_on_how_the_events_arrived(order: list[AnyEvent], again: list[AnyEvent]) -> None:
    assert record_of(*order, *again) == record_of(*TAKEN)


@given(st.lists(st.sampled_from(TAKEN[1:-1]), max_size=12))
def test_whatever_is_missing_the_times_add_up(some: list[AnyEvent]) -> None:
    record = record_of(STARTED, TAKEN[-1], *some)
    assert record.wait_seconds + record.talk_seconds == record.ended_at - record.started_at
    for part in (*record.waits, *((offer.offered_at, offer.ended_at) for offer in record.offers)):
        first, last = part if isinstance(part, tuple) else (part.entered_at, part.left_at)
        assert record.started_at <= first <= last <= record.ended_at
