"""The rules of a queue, each as a story on plain numbers for time."""

from __future__ import annotations

import pytest
from tests.calls.queue.floor import Floor, queue, tenant

from svara.calls.queue.core import (
    BUSY_REST_SECONDS,
    CALLBACK_DIAL_SECONDS,
    CALLBACK_RETRY_SECONDS,
    EMPTY_GRACE_SECONDS,
    KEPT_SECONDS,
    LEASE_GRACE_SECONDS,
)
from svara.calls.queue.machine import Machine
from svara.calls.queue.model import CallBack, Offer, Overflow, Talk, Withdraw
from svara.people.office import Member

OSLO, BERGEN, TROMSO = "caller from Oslo", "caller from Bergen", "caller from Tromsø"
NUMBER = "+4721000000"


@pytest.mark.claim("PHO-4")
def test_the_first_to_come_is_the_first_to_be_served() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO, BERGEN, TROMSO)
    assert floor.ringing == {"anna": OSLO}
    assert floor.line() == [OSLO, BERGEN, TROMSO]
    assert floor.works_off("anna", 9) == [OSLO, BERGEN, TROMSO]
    assert floor.line() == []


def test_a_caller_waits_until_somebody_is_free() -> None:
    floor = Floor(queue("support", "anna"), online=[])
    floor.enters(OSLO)
    floor.passes(30)
    assert floor.ringing == {}
    floor.agent("anna", online=True)
    assert floor.ringing == {"anna": OSLO}


# --- strategies


def test_longest_idle_goes_to_whoever_rested_longest() -> None:
    floor = Floor(queue("support", "anna", "bob", "cecilie"))
    for seconds, person in ((1, "anna"), (1, "bob"), (1, "cecilie")):
        floor.enters(f"morning call of {person}")
        floor.passes(seconds)
        assert floor.answers(person) == f"morning call of {person}"
    for person in ("bob", "cecilie", "anna"):
        floor.passes(10)
        floor.hangs_up(person)
    floor.enters(OSLO, BERGEN, TROMSO)
    assert floor.ringing == {"bob": OSLO, "cecilie": BERGEN, "anna": TROMSO}


def test_longest_idle_does_not_ring_an_empty_chair_for_ever() -> None:
    floor = Floor(queue("support", "anna", "bob"))
    floor.enters(OSLO)
    floor.passes(15)
    floor.misses("anna")
    assert floor.ringing == {"bob": OSLO}
    floor.answers("bob")
    floor.passes(60)
    floor.hangs_up("bob")
    floor.passes(1)
    floor.enters(BERGEN)
    assert floor.ringing == {"anna": BERGEN}, "Anna is asked again, since she has been free longer than Bob by now"


def test_round_robin_goes_round() -> None:
    floor = Floor(queue("support", "anna", "bob", "cecilie", strategy="round-robin"))
    asked = []
    for n in range(7):
        floor.enters(f"caller {n}")
        person = next(iter(floor.ringing))
        asked.append(person)
        floor.answers(person)
        floor.passes(5)
        floor.hangs_up(person)
    assert asked == ["anna", "bob", "cecilie", "anna", "bob", "cecilie", "anna"]


def test_fewest_calls_levels_out() -> None:
    floor = Floor(queue("support", "anna", "bob", strategy="fewest-calls"))
    floor.enters(OSLO)
    floor.works_off("anna", 1)
    floor.enters(BERGEN)
    assert floor.ringing == {"bob": BERGEN}
    floor.works_off("bob", 1)
    floor.agent("bob", state="paused")
    for n in range(3):
        floor.enters(f"caller {n}")
        floor.works_off("anna", 1)
    floor.agent("bob", state="available")
    asked = []
    for n in range(3):
        floor.enters(f"later caller {n}")
        asked += floor.ringing
        floor.works_off(next(iter(floor.ringing)), 1)
    assert asked == ["bob", "bob", "bob"]


def test_a_new_colleague_does_not_get_all_calls_at_once() -> None:
    floor = Floor(queue("support", "anna", "bob", strategy="fewest-calls"))
    for n in range(8):
        floor.enters(f"caller {n}")
        floor.works_off(next(iter(floor.ringing)), 1)
    floor.take(floor.machine.office(tenant(queue("support", "anna", "bob", "cecilie", strategy="fewest-calls")), floor.now))
    floor.agent("cecilie", online=True)
    asked = []
    for n in range(3):
        floor.enters(f"later caller {n}")
        asked += floor.ringing
        floor.works_off(next(iter(floor.ringing)), 1)
    assert sorted(asked) == ["anna", "bob", "cecilie"]


def test_in_order_starts_at_the_top_each_time() -> None:
    floor = Floor(queue("support", Member("anna", order=2), Member("bob", order=1), "cecilie", strategy="in-order"))
    asked = []
    for n in range(2):
        floor.enters(f"caller {n}")
        for _ in range(3):
            person = next(iter(floor.ringing))
            asked.append(person)
            floor.misses(person)
        floor.leaves(f"caller {n}")
        floor.passes(2)
    assert asked == ["cecilie", "bob", "anna"] * 2


def test_ring_all_rings_all_and_the_first_to_pick_up_has_the_call() -> None:
    floor = Floor(queue("support", "anna", "bob", "cecilie", strategy="ring-all"))
    floor.enters(OSLO, BERGEN)
    assert floor.ringing == {"anna": OSLO, "bob": OSLO, "cecilie": OSLO}
    floor.answers("bob")
    assert floor.ringing == {"anna": BERGEN, "cecilie": BERGEN}
    assert floor.states() == {"anna": "ringing", "bob": "talking", "cecilie": "ringing"}


def test_ring_all_goes_on_when_one_of_them_declines() -> None:
    floor = Floor(queue("support", "anna", "bob", strategy="ring-all"))
    floor.enters(OSLO)
    floor.misses("anna", "declined")
    assert floor.ringing == {"bob": OSLO}
    floor.misses("bob")
    floor.passes(1)
    assert floor.ringing == {"anna": OSLO, "bob": OSLO}, "both are rung again after the retry time"


def test_ring_all_rings_all_in_every_round() -> None:
    floor = Floor(queue("support", "anna", "bob", "cecilie", strategy="ring-all", retry_seconds=1, auto_pause_after=0))
    floor.enters(OSLO)
    for _ in range(4):
        assert floor.ringing == {"anna": OSLO, "bob": OSLO, "cecilie": OSLO}
        floor.misses("anna", "declined")
        floor.passes(10)
        floor.misses("bob")
        floor.passes(0.01)
        floor.misses("cecilie")
        assert floor.ringing == {}
        floor.passes(1)


def test_while_ring_all_waits_for_its_next_round_nobody_overtakes() -> None:
    floor = Floor(queue("support", "anna", "bob", "cecilie", strategy="ring-all", retry_seconds=2), online=["anna", "bob"])
    floor.enters(OSLO, BERGEN)
    floor.misses("anna")
    floor.misses("bob")
    floor.agent("cecilie", online=True)
    floor.passes(1.9)
    assert floor.ringing == {}
    floor.passes(0.1)
    assert floor.ringing == {"anna": OSLO, "bob": OSLO, "cecilie": OSLO}
    floor.machine.office(tenant(), floor.now)
    floor.passes(60)


# --- skills, weights, priorities


def test_the_skilled_are_asked_first_and_others_when_the_wait_grows() -> None:
    skilled = Member("anna", skills={"norwegian": 5})
    some = Member("bob", skills={"norwegian": 4})
    floor = Floor(queue("support", skilled, some, "cecilie", skills={"norwegian": 5}, relax_seconds=30, ring_seconds=500))
    floor.enters(OSLO, BERGEN, TROMSO)
    assert floor.ringing == {"anna": OSLO}
    floor.passes(29)
    assert floor.ringing == {"anna": OSLO}
    floor.passes(1)
    assert floor.ringing == {"anna": OSLO, "bob": BERGEN}
    floor.passes(119)
    assert "cecilie" not in floor.ringing
    floor.passes(1)
    assert floor.ringing["cecilie"] == TROMSO, "after 150 seconds anyone will do"


def test_who_waited_long_enough_goes_before_a_newer_caller_of_higher_priority_that_must_have_an_expert() -> None:
    floor = Floor(queue("support", Member("bob", skills={"sql": 2}), skills={"sql": 3}, relax_seconds=10))
    floor.agent("bob", online=False)
    floor.enters(OSLO)
    floor.passes(10)
    floor.enters(BERGEN, priority=5)
    floor.agent("bob", online=True)
    assert floor.ringing == {"bob": OSLO}


def test_an_agent_of_several_queues_gets_one_call_at_a_time() -> None:
    floor = Floor(queue("support", "anna"), queue("sales", "anna"))
    floor.enters(OSLO)
    floor.enters(BERGEN, queue="sales")
    assert floor.ringing == {"anna": OSLO}
    floor.answers("anna")
    assert floor.ringing == {}
    floor.hangs_up("anna")
    assert floor.ringing == {"anna": BERGEN}


def test_a_queue_of_higher_priority_goes_first_then_the_heavier_weight_then_the_longer_wait() -> None:
    floor = Floor(
        queue("support", Member("anna", weight=1)),
        queue("sales", Member("anna", weight=3)),
        queue("emergency", "anna", priority=9),
        queue("billing", Member("anna", weight=3)),
        online=[],
    )
    for n, name in enumerate(("support", "billing", "sales", "emergency")):
        floor.enters(f"{name} caller {n}", queue=name)
        floor.passes(1)
    floor.agent("anna", online=True)
    assert floor.works_off("anna", 9) == ["emergency caller 3", "billing caller 1", "sales caller 2", "support caller 0"]


def test_priority_goes_first_and_order_holds_within_it() -> None:
    floor = Floor(queue("support", "anna"), online=[])
    for caller, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5)):
        floor.enters(caller, priority=priority)
        floor.passes(1)
    floor.agent("anna", online=True)
    assert floor.works_off("anna", 9) == ["b", "d", "a", "c"]


# --- agents


def test_wrap_up_keeps_an_agent_free_of_calls_for_a_while() -> None:
    floor = Floor(queue("support", "anna", wrap_up_seconds=5))
    floor.enters(OSLO, BERGEN)
    floor.answers("anna")
    floor.hangs_up("anna")
    assert floor.states() == {"anna": "wrap-up"}
    floor.passes(4.9)
    assert floor.ringing == {}
    floor.passes(0.1)
    assert floor.ringing == {"anna": BERGEN}


def test_wrap_up_ends_when_the_agent_says_so() -> None:
    floor = Floor(queue("support", "anna", wrap_up_seconds=60))
    floor.enters(OSLO, BERGEN)
    floor.answers("anna")
    floor.hangs_up("anna")
    floor.agent("anna", state="available")
    assert floor.ringing == {"anna": BERGEN}


def test_a_pause_has_a_reason_and_holds_for_all_queues() -> None:
    floor = Floor(queue("support", "anna"), queue("sales", "anna"))
    floor.agent("anna", state="paused", reason="lunch", queue="support")
    assert floor.shown["anna"] == ("paused", "lunch")
    floor.enters(OSLO, queue="sales")
    assert floor.ringing == {}
    assert floor.states("sales") == {"anna": "paused"}
    floor.agent("anna", state="available", queue="support")
    assert floor.ringing == {"anna": OSLO}


def test_logging_out_is_for_one_queue() -> None:
    floor = Floor(queue("support", "anna"), queue("sales", "anna"))
    floor.agent("anna", state="logged-out", queue="support")
    floor.enters(OSLO)
    assert floor.ringing == {}
    assert (floor.states("support"), floor.states("sales")) == ({"anna": "logged-out"}, {"anna": "available"})
    floor.enters(BERGEN, queue="sales")
    assert floor.ringing == {"anna": BERGEN}


def test_an_agent_whose_phones_are_offline_is_shown_so_and_not_rung() -> None:
    floor = Floor(queue("support", "anna"))
    floor.agent("anna", online=False)
    floor.enters(OSLO)
    assert floor.ringing == {}
    assert floor.shown["anna"] == ("logged-out", "offline")
    floor.agent("anna", online=True)
    assert floor.ringing == {"anna": OSLO}, "nobody has to log in again because a cable was loose"


def test_an_agent_on_another_call_is_not_rung() -> None:
    floor = Floor(queue("support", "anna"))
    floor.agent("anna", busy=True)
    floor.enters(OSLO)
    assert floor.ringing == {}
    assert floor.states() == {"anna": "talking"}
    floor.agent("anna", busy=False)
    assert floor.ringing == {"anna": OSLO}


def test_do_not_disturb_is_a_pause() -> None:
    floor = Floor(queue("support", "anna"))
    floor.agent("anna", dnd=True)
    floor.enters(OSLO)
    assert floor.ringing == {}
    assert floor.shown["anna"] == ("paused", "do not disturb")


@pytest.mark.parametrize(
    "away", [{"online": False}, {"busy": True}, {"state": "paused"}, {"state": "logged-out"}, {"dnd": True}]
)
def test_an_agent_who_goes_away_while_ringing_frees_the_caller_for_the_next(away: dict[str, object]) -> None:
    floor = Floor(queue("support", "anna", "bob"))
    floor.enters(OSLO)
    assert floor.ringing == {"anna": OSLO}
    floor.agent("anna", **away)
    assert floor.ringing == {"bob": OSLO}
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]


def test_who_does_not_pick_up_is_left_alone_for_the_retry_time() -> None:
    floor = Floor(queue("support", "anna", retry_seconds=3))
    floor.enters(OSLO)
    floor.misses("anna")
    floor.passes(2.9)
    assert floor.ringing == {}
    floor.passes(0.1)
    assert floor.ringing == {"anna": OSLO}


def test_a_phone_that_refuses_at_once_is_not_rung_in_a_tight_loop() -> None:
    floor = Floor(queue("support", "anna", retry_seconds=0))
    floor.enters(OSLO)
    for _ in range(3):
        floor.misses("anna", "busy")
        floor.passes(BUSY_REST_SECONDS)
    assert len(floor.all(Offer)) == 4


def test_missed_offers_in_a_row_pause_the_agent() -> None:
    floor = Floor(queue("support", "anna", auto_pause_after=2))
    floor.enters(OSLO)
    floor.misses("anna")
    floor.passes(1)
    floor.answers("anna")
    floor.hangs_up("anna")
    floor.enters(BERGEN)
    floor.misses("anna")
    assert floor.states() == {"anna": "available"}, "she picked up in between"
    floor.passes(1)
    floor.misses("anna", "declined")
    assert floor.shown["anna"] == ("paused", "missed offers")
    floor.passes(60)
    assert floor.ringing == {}
    floor.agent("anna", state="available")
    assert floor.ringing == {"anna": BERGEN}


def test_an_offer_of_which_nobody_tells_the_end_ends_by_itself() -> None:
    floor = Floor(queue("support", "anna", "bob", ring_seconds=15))
    floor.enters(OSLO)
    floor.passes(15 + LEASE_GRACE_SECONDS)
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]
    assert floor.ringing == {"bob": OSLO}
    late = floor.take(floor.machine.offer_answered("o1", "anna", floor.now))
    assert late == (Withdraw("o1", ("anna",)),), "her late answer is refused, the caller is with Bob"


def test_a_caller_who_hangs_up_is_taken_from_the_agent() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO, BERGEN)
    floor.leaves(OSLO)
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]
    assert floor.ringing == {"anna": BERGEN}
    assert floor.line() == [BERGEN]


def test_nobody_outside_the_queue_can_be_an_agent_of_it() -> None:
    floor = Floor(queue("support", "anna"))
    floor.agent("mallory", online=True, state="available")
    floor.enters(OSLO)
    assert floor.ringing == {"anna": OSLO}
    assert floor.states() == {"anna": "ringing"}


# --- overflow


def test_too_many_wait() -> None:
    floor = Floor(queue("support", "anna", max_waiting=2, when_full="voicemail:support"))
    floor.enters(OSLO)
    floor.answers("anna")
    floor.enters("a", "b", "c")
    assert floor.sent_on() == [("c", "voicemail:support", "full")]
    assert floor.line() == ["a", "b"]


def test_a_full_line_refuses_nobody_for_whom_an_agent_is_free() -> None:
    floor = Floor(queue("support", "anna", "bob", max_waiting=0))
    floor.enters(OSLO, BERGEN, TROMSO)
    assert floor.ringing == {"anna": OSLO, "bob": BERGEN}
    assert floor.sent_on() == [(TROMSO, "hangup", "full")]


def test_waiting_too_long_leads_on_even_while_a_phone_rings() -> None:
    floor = Floor(queue("support", "anna", ring_seconds=15, max_wait_seconds=10, when_timeout="voicemail:support"))
    floor.enters(OSLO)
    floor.passes(9.9)
    assert floor.sent_on() == []
    floor.passes(0.1)
    assert floor.sent_on() == [(OSLO, "voicemail:support", "timeout")]
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]
    assert floor.states() == {"anna": "available"}


def test_nobody_is_logged_in() -> None:
    floor = Floor(queue("support", "anna", when_empty="person:bob"))
    floor.agent("anna", state="logged-out")
    floor.enters(OSLO)
    assert floor.sent_on() == [(OSLO, "person:bob", "empty")]


def test_a_pause_does_not_make_a_queue_empty() -> None:
    floor = Floor(queue("support", "anna", when_empty="person:bob"))
    floor.agent("anna", state="paused")
    floor.enters(OSLO)
    assert (floor.sent_on(), floor.line()) == ([], [OSLO])


def test_those_who_wait_go_on_when_the_last_agent_stays_away() -> None:
    floor = Floor(queue("support", "anna", when_empty="person:bob"))
    floor.agent("anna", busy=True)
    floor.enters(OSLO)
    floor.agent("anna", busy=False, online=False)
    floor.passes(EMPTY_GRACE_SECONDS - 1)
    assert floor.sent_on() == [], "a phone that lost its connection comes back within seconds"
    floor.agent("anna", online=True)
    floor.agent("anna", online=False)
    floor.passes(EMPTY_GRACE_SECONDS - 1)
    assert floor.sent_on() == []
    floor.passes(1)
    assert floor.sent_on() == [(OSLO, "person:bob", "empty")]


def test_a_queue_that_is_taken_out_of_the_office_lets_its_callers_go() -> None:
    floor = Floor(queue("support", "anna"), queue("sales", "anna"))
    floor.enters(OSLO)
    floor.enters(BERGEN, queue="sales")
    floor.take(floor.machine.office(tenant(queue("sales", "anna")), floor.now))
    assert floor.sent_on() == [(OSLO, "hangup", "closed")]
    assert floor.ringing == {"anna": BERGEN}


def test_a_queue_that_does_not_exist_holds_nobody() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO, queue="nowhere")
    assert floor.sent_on() == [(OSLO, "hangup", "closed")]


def test_a_change_of_the_office_takes_effect_at_once() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO, BERGEN)
    floor.take(floor.machine.office(tenant(queue("support", "bob", "cecilie", max_wait_seconds=20)), floor.now))
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]
    floor.agent("cecilie", online=True)
    assert floor.ringing == {"cecilie": OSLO}
    floor.answers("cecilie")
    floor.passes(20)
    assert floor.sent_on() == [(BERGEN, "hangup", "timeout")]


# --- the place in the line


def test_the_place_is_told_on_entering_and_again_and_again() -> None:
    floor = Floor(queue("support", "anna", announce_position=True, announce_every_seconds=30))
    floor.enters(OSLO)
    floor.answers("anna")
    floor.enters(BERGEN, TROMSO)
    assert floor.told() == [(BERGEN, 1, None), (TROMSO, 2, None)]
    floor.passes(10)
    floor.leaves(BERGEN)
    floor.passes(20)
    assert floor.told()[2:] == [(TROMSO, 1, None)]
    floor.passes(60)
    assert len(floor.told()) == 5


def test_the_expected_wait_follows_the_calls_of_late() -> None:
    floor = Floor(queue("support", "anna", "bob", announce_position=True))
    for n in range(8):
        floor.enters(f"caller {n}")
        floor.works_off(next(iter(floor.ringing)), 1, talk_seconds=100)
    floor.enters("x", "y")
    floor.answers("anna")
    floor.answers("bob")
    floor.enters(OSLO, BERGEN)
    assert floor.told()[-2:] == [(OSLO, 1, 50.0), (BERGEN, 2, 100.0)]


def test_nothing_is_told_where_the_queue_does_not_announce() -> None:
    floor = Floor(queue("support", "anna"), online=[])
    floor.enters(OSLO)
    floor.passes(600)
    assert floor.told() == []


# --- keeping the place


def calls_back(floor: Floor, person: str) -> CallBack:
    made = floor.offers[floor.offer_of(person)]
    assert isinstance(made, CallBack)
    return made


def test_a_kept_place_moves_on_in_the_line_and_is_called_back_in_its_turn() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters("talking", OSLO, BERGEN, TROMSO)
    floor.answers("anna")
    floor.keeps(BERGEN, NUMBER)
    assert floor.line() == [OSLO, BERGEN, TROMSO]
    floor.hangs_up("anna")
    assert floor.works_off("anna", 1) == [OSLO], "a call-back overtakes nobody who waits"
    call_back = calls_back(floor, "anna")
    assert (call_back.number, call_back.caller) == (NUMBER, BERGEN), "... and is overtaken by nobody who came later"
    floor.take(floor.machine.callback_accepted(call_back.offer, floor.now))
    assert floor.states() == {"anna": "talking"}
    floor.passes(8)
    floor.answers("anna")
    floor.passes(60)
    floor.hangs_up("anna")
    assert floor.ringing == {"anna": TROMSO}


def test_no_more_call_backs_than_free_agents() -> None:
    floor = Floor(queue("support", "anna", "bob", strategy="ring-all"))
    floor.enters("x", "y")
    floor.answers("anna")
    floor.answers("bob")
    for n in range(5):
        floor.enters(f"kept {n}")
        floor.keeps(f"kept {n}", f"{NUMBER}{n}")
    floor.hangs_up("anna")
    assert [(one.agent, one.caller) for one in floor.all(CallBack)] == [("anna", "kept 0")]
    floor.hangs_up("bob")
    assert [(one.agent, one.caller) for one in floor.all(CallBack)] == [("anna", "kept 0"), ("bob", "kept 1")]


def test_keeping_the_place_while_somebodys_phone_rings_for_it() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    assert floor.all(Withdraw) == [Withdraw("o1", ("anna",))]
    assert calls_back(floor, "anna").number == NUMBER


def test_a_number_that_does_not_answer_is_tried_again_at_its_place_and_then_given_up() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    for _ in range(2):
        floor.take(floor.machine.callback_accepted(calls_back(floor, "anna").offer, floor.now))
        floor.misses("anna", "unreached")
        assert floor.states() == {"anna": "available"}, "it was not her fault"
        assert floor.line()[0] == OSLO, "the place is not lost"
        floor.enters(f"later {floor.now}")
        floor.works_off("anna", 1)
        floor.passes(CALLBACK_RETRY_SECONDS)
    assert floor.given_up() == []
    floor.misses("anna", "unreached")
    assert floor.given_up() == [(OSLO, "unreached")]
    floor.passes(KEPT_SECONDS)
    assert (floor.line(), len(floor.all(CallBack))) == ([], 3)


def test_a_place_that_comes_due_again_goes_before_those_who_came_later() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    floor.misses("anna", "unreached")
    floor.enters("long talk")
    floor.answers("anna")
    floor.enters(BERGEN)
    floor.passes(CALLBACK_RETRY_SECONDS)
    floor.hangs_up("anna")
    assert floor.ringing == {"anna": OSLO}


def test_an_agent_who_does_not_pick_up_a_call_back_costs_the_caller_no_try() -> None:
    floor = Floor(queue("support", "anna", "bob"))
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    for person in ("anna", "bob") * 4:
        floor.misses(person)
        floor.passes(1)
    assert calls_back(floor, "anna").number == NUMBER
    assert floor.given_up() == []


def test_a_call_back_whose_number_nobody_reports_on_ends_by_itself() -> None:
    floor = Floor(queue("support", "anna"))
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    floor.take(floor.machine.callback_accepted(calls_back(floor, "anna").offer, floor.now))
    floor.passes(CALLBACK_DIAL_SECONDS)
    assert floor.states() == {"anna": "available"}
    floor.passes(CALLBACK_RETRY_SECONDS)
    assert floor.ringing == {"anna": OSLO}


def test_a_kept_place_waits_without_a_limit_of_the_queue_but_not_for_ever() -> None:
    floor = Floor(queue("support", "anna", max_wait_seconds=60), online=[])
    floor.enters(OSLO)
    floor.keeps(OSLO, NUMBER)
    floor.passes(KEPT_SECONDS - 1)
    assert floor.line() == [OSLO]
    floor.passes(1)
    assert floor.given_up() == [(OSLO, "too late")]
    assert floor.line() == []


def test_who_called_in_and_who_is_called_back_are_served_in_the_order_in_which_they_came() -> None:
    """The promise of "never overtaken", over a long line: keeping the place changes nothing about the order."""
    floor = Floor(queue("support", "anna"), online=[])
    callers = [f"caller {n:02}" for n in range(40)]
    for n, caller in enumerate(callers):
        floor.enters(caller)
        floor.passes(1)
        if n % 3 == 0:
            floor.keeps(caller, f"{NUMBER}{n}")
    floor.agent("anna", online=True)
    assert floor.works_off("anna", 99) == callers


# --- another machine takes over


def test_a_new_machine_takes_over_the_line_the_talks_and_the_choices() -> None:
    rules = queue("support", "anna", "bob", "cecilie", wrap_up_seconds=5)
    floor = Floor(rules)
    floor.agent("cecilie", state="paused", reason="lunch")
    floor.enters("talking")
    floor.answers("anna")
    floor.enters("c1", "c2", "c3", "c4", "c5")
    floor.keeps("c3", NUMBER)
    floor.enters("urgent", priority=3)
    before, choices = floor.machine.standing("support"), floor.choices("anna", "bob", "cecilie")

    floor.machine = Machine(tenant(rules), floor.now, new_id=iter(f"new{n}" for n in range(99)).__next__)
    floor.ringing.clear()
    floor.take(floor.machine.choose(choices, floor.now))
    floor.take(floor.machine.take_over(reversed(before), [Talk("anna", "support", 0.0)], floor.now))
    assert floor.line() == ["urgent", "c1", "c2", "c3", "c4", "c5"]
    floor.agent("anna", online=True)
    floor.agent("cecilie", online=True)
    assert floor.ringing == {}, "Anna still talks, Cecilie is at lunch"
    floor.agent("bob", online=True)
    assert floor.ringing == {"bob": "urgent"}
    assert floor.works_off("bob", 9, 0.0) == ["urgent"]
    assert floor.states()["bob"] == "wrap-up"
    for expected in ("c1", "c2", "c3", "c4", "c5"):
        floor.passes(5)
        assert floor.works_off("bob", 1, 0.0) == [expected]


def test_choices_outlive_the_machine() -> None:
    rules = (queue("support", "anna", "bob"), queue("sales", "anna", "bob"))
    floor = Floor(*rules)
    floor.agent("anna", state="paused", reason="lunch")
    floor.agent("bob", state="logged-out", queue="sales")
    later = Floor(*rules)
    later.take(later.machine.choose(floor.choices("anna", "bob"), 0.0))
    assert later.shown == {"anna": ("paused", "lunch"), "bob": ("available", "")}
    assert later.states("sales") == {"anna": "paused", "bob": "logged-out"}


def test_what_is_not_there_any_more_is_let_go() -> None:
    floor = Floor(queue("support", "anna", "bob"))
    floor.enters("talking", OSLO, BERGEN)
    floor.answers("anna")
    floor.keeps(BERGEN, NUMBER)
    floor.take(floor.machine.reconcile(floor.now, callers={"talking"}, talking=set()))
    assert floor.line() == [BERGEN]
    assert set(floor.ringing) <= {"anna", "bob"}
    assert "talking" not in floor.states().values()


def test_time_never_goes_back() -> None:
    floor = Floor(queue("support", "anna", wrap_up_seconds=5))
    floor.enters(OSLO)
    floor.passes(100)
    floor.answers("anna")
    floor.take(floor.machine.talk_ended("anna", 3.0))
    floor.passes(4)
    assert floor.states() == {"anna": "wrap-up"}
    floor.passes(1)
    assert floor.states() == {"anna": "available"}


def test_the_same_caller_twice_stands_once() -> None:
    floor = Floor(queue("support"))
    floor.enters(OSLO, OSLO)
    assert floor.line() == [OSLO]
    floor.leaves(OSLO)
    floor.leaves(OSLO)
    assert (floor.line(), floor.all(Overflow)) == ([], [])
