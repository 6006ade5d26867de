"""One call is one record, whatever happened to its phones and in whatever order history learned of it."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallFigures,
    CallHeld,
    CallQuality,
    CallResumed,
    CallStarted,
    CallTransferred,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Party,
    Supervised,
)
from svara.history.fold import MAX_SWITCHES, Fold
from svara.history.record import CallRecord, Figures

NOON = 1_793_358_000.0
ANNA = Party(number="101", person="anna-id", login="acme-anna")
BOB_DESK = Party(number="102", person="bob-id", login="bob-desk")
BOB_SOFT = Party(number="102", person="bob-id", login="bob-soft")
OSLO = Party(number="+4722000001", name="Caller from Oslo")


def fold(*events: AnyEvent) -> CallRecord | None:
    state = Fold("c1")
    for event in events:
        state.add(event)
    return state.record()


def record_of(*events: AnyEvent) -> CallRecord:
    record = fold(*events)
    assert record is not None
    return record


def started(at: float = NOON, **fields: object) -> CallStarted:
    values = {"tenant": "acme", "caller": ANNA, "dialled": "102", "callee": Party(number="102", person="bob-id"), **fields}
    return CallStarted("c1", at, **values)


TALK = (
    started(),
    LegOffered("c1", NOON + 0.1, leg="1", to=BOB_DESK),
    LegOffered("c1", NOON + 0.1, leg="2", to=BOB_SOFT),
    LegRinging("c1", NOON + 0.3, leg="1"),
    LegRinging("c1", NOON + 0.5, leg="2"),
    LegAnswered("c1", NOON + 6.0, leg="2", to=BOB_SOFT),
    LegEnded("c1", NOON + 6.1, leg="1", status=487, reason="answered elsewhere"),
    CallHeld("c1", NOON + 20, by="callee"),
    CallResumed("c1", NOON + 25, by="callee"),
    LegEnded("c1", NOON + 66.0, leg="2", status=200, reason="hung up"),
    CallQuality("c1", NOON + 66.0, side="caller", packets=3000, lost=3, jitter_ms=1.5, mos=4.3),
    CallEnded("c1", NOON + 66.0, outcome="answered", by="callee", end_reason="hung up"),
)


def test_the_way_of_a_phone_into_another_call_is_no_call() -> None:
    """A page loaded again in a talk stood in the history with 0.1 s, and in the statistics as an answered call."""
    ended = CallEnded("c1", NOON + 0.2, outcome="answered", end_reason="moved to another phone", passing=True)
    assert fold(started(), ended) is None


def test_anna_calls_bob_who_picks_up_one_of_two_phones() -> None:
    record = record_of(*TALK)
    assert (record.outcome, record.end_reason, record.ended_by) == ("answered", "hung up", "callee")
    assert record.answered_by == BOB_SOFT
    assert (record.wait_seconds, record.talk_seconds) == (6.0, 60.0)
    assert [(leg.to.login, leg.status, leg.reason) for leg in record.legs] == [
        ("bob-desk", 487, "answered elsewhere"),
        ("bob-soft", 200, "hung up"),
    ]
    assert [(hold.by, hold.started_at - NOON, hold.ended_at - NOON) for hold in record.holds] == [("callee", 20, 25)]
    assert record.quality[0].mos == 4.3
    assert record.people == {"anna-id": "caller", "bob-id": "answered"}


def test_a_call_that_still_goes_on_has_no_record() -> None:
    assert fold(*TALK[:-1]) is None


def test_a_call_whose_start_was_never_seen_belongs_to_nobody() -> None:
    assert fold(*TALK[1:]) is None


def test_the_caller_from_oslo_gives_up_while_bobs_phones_ring() -> None:
    record = record_of(
        started(caller=OSLO, direction="inbound"),
        *TALK[1:5],
        CallEnded("c1", NOON + 12.0, outcome="abandoned", by="caller", end_reason="caller gave up"),
    )
    assert (record.outcome, record.answered_by, record.answered_at) == ("abandoned", None, None)
    assert (record.wait_seconds, record.talk_seconds) == (12.0, 0.0)
    assert record.people == {"bob-id": "called"}
    assert [leg.ended_at for leg in record.legs] == [NOON + 12.0] * 2, "legs nobody closed end with their call"


def test_bob_sees_the_call_he_missed_while_all_his_phones_were_off() -> None:
    record = record_of(started(), CallEnded("c1", NOON + 0.01, outcome="missed", end_reason="all phones are offline"))
    assert record.people == {"anna-id": "caller", "bob-id": "called"}


def test_a_number_that_means_nobody_is_shown_as_dialled() -> None:
    record = record_of(
        started(callee=None, dialled="999"), CallEnded("c1", NOON, outcome="failed", end_reason="nobody has that number")
    )
    assert (record.callee.number, record.outcome) == ("999", "failed")


def test_picking_up_ones_own_phone_to_dial_out_is_not_an_answer() -> None:
    """POST /calls rings Anna's own phone first; she picks up, Bob does not."""
    own = (LegOffered("c1", NOON, leg="0", to=ANNA), LegAnswered("c1", NOON + 2, leg="0", to=ANNA))
    unanswered = CallEnded("c1", NOON + 30, outcome="missed", end_reason="no answer")
    assert record_of(started(), *own, *TALK[1:5], unanswered).outcome == "missed"
    record = record_of(started(), *own, *TALK[1:])
    assert (record.answered_by, record.wait_seconds) == (BOB_SOFT, 6.0)


def test_facts_win_over_the_verdict() -> None:
    lost = CallEnded("c1", NOON + 9, outcome="failed", end_reason="media relay lost")
    record = record_of(*TALK[:6], lost)
    assert (record.outcome, record.end_reason, record.talk_seconds) == ("answered", "media relay lost", 3.0)
    nobody = CallEnded("c1", NOON + 9, outcome="answered", end_reason="hung up")
    assert record_of(started(), nobody).outcome == "failed"


def test_a_clock_that_was_set_back_during_the_call_gives_no_negative_times() -> None:
    record = record_of(*TALK[:6], CallEnded("c1", NOON - 3600, outcome="answered", end_reason="hung up"))
    assert (record.wait_seconds, record.talk_seconds) == (6.0, 0.0)
    assert record.started_at <= record.ended_at


def test_a_phone_that_toggles_hold_for_hours_does_not_grow_the_record() -> None:
    state = Fold("c1")
    for n in range(3000):
        state.add((CallHeld if n % 2 else CallResumed)("c1", NOON + n, by="caller"))
    assert len(state.switches) == MAX_SWITCHES


def test_a_figure_that_could_not_be_measured_is_left_out() -> None:
    odd = CallQuality("c1", NOON + 66.0, side="callee", packets=1, jitter_ms=float("nan"), mos=float("inf"))
    [quality] = [one for one in record_of(*TALK, odd).quality if one.side == "callee"]
    assert (quality.jitter_ms, quality.mos) == (0.0, None)


def test_what_the_phones_said_themselves_stands_beside_it_the_newest_of_each() -> None:
    said = [
        CallFigures("c1", NOON + 60, side="callee", packets=500, lost=5, jitter_ms=9, round_trip_ms=40, concealed=0.01),
        CallFigures("c1", NOON + 30, side="callee", packets=250, lost=2),
    ]
    for events in (said, said[::-1]):
        assert record_of(*TALK, *events).figures == (Figures("callee", 500, 5, 9, 40, 0.01),)
    assert record_of(*TALK).figures == ()


def test_each_way_in_which_a_supervisor_took_part_has_its_time() -> None:
    cecilie, dag = Party(number="103", person="p-cecilie"), Party(number="104", person="p-dag")

    def came(at: float, how: Literal["listen", "whisper", "barge", "left"], by: Party = cecilie) -> Supervised:
        return Supervised("call", NOON + at, by=by, how=how)

    record = record_of(
        started(),
        came(10, "listen"),
        came(12, "barge", dag),
        came(15, "whisper"),
        came(20, "left"),
        came(25, "left"),
        came(27, "barge"),
        CallEnded("call", NOON + 30, outcome="failed"),
    )
    assert [(one.by.person, one.how, one.at - NOON, one.until - NOON) for one in record.supervisions] == [
        ("p-cecilie", "listen", 10, 15),
        ("p-dag", "barge", 12, 30),
        ("p-cecilie", "whisper", 15, 20),
        ("p-cecilie", "barge", 27, 30),
    ]


def test_the_state_of_a_long_call_survives_a_restart() -> None:
    state = Fold("c1")
    for event in TALK[:8]:
        state.add(event)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(state), type=Fold)
    for event in TALK[6:]:
        again.add(event)
    assert again.record() == record_of(*TALK)


# --- whatever happens to the legs

PARTIES = [ANNA, BOB_DESK, BOB_SOFT, OSLO, Party(number="")]
seconds = st.one_of(st.integers(0, 5).map(float), st.floats(-10, 4000, allow_nan=False)).map(lambda s: NOON + s)
legs = st.sampled_from(["1", "2", "3"])
party = st.sampled_from(PARTIES)
sides = st.sampled_from(["caller", "callee", "system"])
outcomes = st.sampled_from(["answered", "missed", "abandoned", "busy", "rejected", "failed"])
starts = st.builds(
    CallStarted,
    st.just("c1"),
    seconds,
    tenant=st.just("acme"),
    caller=party,
    callee=st.none() | party,
    dialled=st.just("102"),
)
ends = st.builds(
    CallEnded, st.just("c1"), seconds, outcome=outcomes, by=sides, end_reason=st.sampled_from(["hung up", "busy"])
)
others = st.one_of(
    st.builds(LegOffered, st.just("c1"), seconds, leg=legs, to=party),
    st.builds(LegRinging, st.just("c1"), seconds, leg=legs),
    st.builds(LegAnswered, st.just("c1"), seconds, leg=legs, to=party),
    st.builds(LegEnded, st.just("c1"), seconds, leg=legs, status=st.sampled_from([200, 486, 487]), reason=st.just("")),
    st.builds(CallHeld, st.just("c1"), seconds, by=sides),
    st.builds(CallResumed, st.just("c1"), seconds, by=sides),
    st.builds(CallQuality, st.just("c1"), seconds, side=sides, packets=st.integers(0, 5)),
)
stories = st.builds(
    lambda start, end, rest: [*start, *rest, *end],
    st.lists(starts, max_size=2),
    st.lists(ends, max_size=2),
    st.lists(others),
)


def assert_consistent(record: CallRecord) -> None:
    assert (record.outcome == "answered") == (record.answered_at is not None) == (record.answered_by is not None)
    assert record.wait_seconds >= 0
    assert record.talk_seconds >= 0
    assert record.wait_seconds + record.talk_seconds == pytest.approx(record.ended_at - record.started_at, abs=0.002)
    if record.answered_at is None:
        assert record.talk_seconds == 0
    else:
        assert record.started_at <= record.answered_at <= record.ended_at
    for leg in record.legs:
        moments = [record.started_at, leg.offered_at, leg.ringing_at, leg.ended_at, record.ended_at]
        known = [moment for moment in moments if moment is not None]
        assert known == sorted(known)
        assert leg.answered_at is None or leg.offered_at <= leg.answered_at <= leg.ended_at
    for hold in record.holds:
        assert record.started_at <= hold.started_at <= hold.ended_at <= record.ended_at
    parties = [record.caller, record.callee, *(leg.to for leg in record.legs)]
    assert set(record.people) == {party.person for party in parties if party.person}
    assert list(record.people.values()).count("answered") <= 1


@settings(max_examples=400, deadline=None)
@given(stories, st.randoms(use_true_random=False))
def test_whatever_happens_to_the_legs_there_is_one_consistent_record(story: list[AnyEvent], dice) -> None:
    record = fold(*story)
    if not any(isinstance(e, CallStarted) for e in story) or not any(isinstance(e, CallEnded) for e in story):
        assert record is None
        return
    assert record is not None
    assert_consistent(record)
    arrived = story + dice.choices(story, k=len(story) // 2)
    dice.shuffle(arrived)
    assert fold(*arrived) == record, "neither order nor repetition changes what is told"


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, len(TALK) - 1)))
def test_lost_events_leave_a_consistent_record(lost: set[int]) -> None:
    record = fold(*(event for n, event in enumerate(TALK) if n not in lost))
    assert (record is None) == bool(lost & {0, len(TALK) - 1})
    if record is not None:
        assert_consistent(record)


# --- a call that is sent on

CECILIE = Party(number="103", person="cecilie-id", login="acme-cecilie")
SENT_ON = (
    *TALK[:9],
    CallTransferred("c1", NOON + 30, by=ANNA, leg="a", to="person:cecilie", how="blind"),
    LegOffered("c1", NOON + 30, leg="b2", to=CECILIE),
    LegAnswered("c1", NOON + 40, leg="b2", to=CECILIE),
    CallHeld("c1", NOON + 50, by="caller"),
    CallResumed("c1", NOON + 55, by="caller"),
    LegEnded("c1", NOON + 66.0, leg="2", status=200, reason="hung up"),
    LegEnded("c1", NOON + 66.0, leg="b2", status=200, reason="hung up"),
    CallEnded("c1", NOON + 66.0, outcome="answered", by="caller", end_reason="hung up"),
)


def test_a_call_that_is_sent_on_is_one_call_of_three_people() -> None:
    record = record_of(*SENT_ON)
    assert (record.caller, record.answered_by, record.talk_seconds) == (ANNA, BOB_SOFT, 60.0)
    assert record.people == {"anna-id": "caller", "bob-id": "answered", "cecilie-id": "answered"}
    assert [(one.by, one.to, one.how, one.at - NOON) for one in record.transfers] == [(ANNA, "person:cecilie", "blind", 30)]
    spoke = [(leg.to.number, leg.answered_at, leg.ended_at) for leg in record.legs if leg.answered_at]
    assert spoke == [("102", NOON + 6, NOON + 66), ("103", NOON + 40, NOON + 66)]


def test_after_the_caller_has_left_what_the_other_does_is_the_others_doing() -> None:
    record = record_of(*SENT_ON)
    assert record.ended_by == "callee"
    assert [hold.by for hold in record.holds] == ["callee", "callee"]


def test_who_is_sent_on_by_the_called_one_is_the_caller_still() -> None:
    story = [msgspec.structs.replace(one, leg="2", by=BOB_SOFT) if type(one) is CallTransferred else one for one in SENT_ON]
    assert record_of(*story).ended_by == "caller"


@settings(max_examples=200, deadline=None)
@given(st.sets(st.integers(1, len(SENT_ON) - 2)), st.permutations(SENT_ON), st.lists(st.sampled_from(SENT_ON)))
def test_a_call_that_is_sent_on_has_one_record_however_it_is_learned(
    lost: set[int], order: list[AnyEvent], again: list[AnyEvent]
) -> None:
    assert fold(*order, *again) == record_of(*SENT_ON)
    record = record_of(*(event for n, event in enumerate(SENT_ON) if n not in lost))
    assert (record.outcome == "answered") == (record.answered_by is not None)
    assert record.wait_seconds + record.talk_seconds == pytest.approx(record.ended_at - record.started_at, abs=0.002)
    assert len(record.transfers) == (9 not in lost)
    for leg in record.legs:
        assert record.started_at <= leg.offered_at <= leg.ended_at <= record.ended_at
