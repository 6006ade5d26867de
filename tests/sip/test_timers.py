"""Timers by the thousand: exact on virtual time, none lost, none leaked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.clock import VirtualClock
from svara.sip.timers import ExpiringMap, Timers
from svara.sip.tokens import Tokens


def test_each_fires_at_its_own_moment() -> None:
    clock, fired = VirtualClock(), list[tuple[str, float]]()
    timers = Timers(clock)
    timers.after(0.5, lambda: fired.append(("a", clock.monotonic())))
    clock.advance(0.2)
    timers.after(0.5, lambda: fired.append(("b", clock.monotonic())))
    timers.after(32, lambda: fired.append(("c", clock.monotonic())))
    clock.advance(100)
    assert [name for name, _ in fired] == ["a", "b", "c"]
    assert [when for _, when in fired] == pytest.approx([0.5, 0.7, 32.2])
    assert clock.pending == 0


def test_a_cancelled_one_does_not_fire_and_a_failing_one_does_not_stop_the_rest() -> None:
    clock, fired = VirtualClock(), list[str]()
    timers = Timers(clock)
    timers.after(1, lambda: fired.append("cancelled")).cancel()
    timers.after(1, lambda: 1 // 0)
    timers.after(1, lambda: fired.append("kept"))
    clock.advance(1)
    assert fired == ["kept"]


def test_a_timer_may_make_the_next() -> None:
    clock, fired = VirtualClock(), list[float]()
    timers = Timers(clock)

    def again() -> None:
        fired.append(clock.monotonic())
        if len(fired) < 4:
            timers.after(1, again)

    timers.after(1, again)
    clock.advance(10)
    assert fired == pytest.approx([1, 2, 3, 4])


def test_a_hundred_thousand_cost_one_timer_of_the_clock() -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    tickets = [timers.after(32, lambda: None) for _ in range(100_000)]
    assert clock.pending == 1
    for ticket in tickets:
        ticket.cancel()
    assert timers.waiting == 0
    clock.advance(33)
    assert clock.pending == 0


STEPS = st.lists(st.tuples(st.sampled_from(["make", "cancel", "wait"]), st.integers(0, 7)), max_size=60)


@given(STEPS)
def test_whatever_is_made_and_cancelled_the_rest_fires_once_and_in_time(steps: list[tuple[str, int]]) -> None:
    clock = VirtualClock()
    timers = Timers(clock)
    due: dict[int, float] = {}
    fired: dict[int, float] = {}
    tickets = []
    for kind, value in steps:
        if kind == "make":
            delay = (0.5, 1.0, 2.0, 4.0)[value % 4]
            number = len(tickets)
            due[number] = clock.monotonic() + delay

            def fire(number: int = number) -> None:
                assert number not in fired
                fired[number] = clock.monotonic()

            tickets.append(timers.after(delay, fire))
        elif kind == "cancel" and tickets:
            tickets[value % len(tickets)].cancel()
            if value % len(tickets) not in fired:
                due.pop(value % len(tickets), None)
        else:
            clock.advance(value * 0.3)
    clock.advance(10)
    assert fired.keys() == due.keys()
    assert all(abs(fired[number] - due[number]) < 0.002 for number in due)
    assert clock.pending == 0


class TestExpiringMap:
    def test_entries_live_their_time(self) -> None:
        clock, ended = VirtualClock(), list[tuple[str, int]]()
        kept: ExpiringMap[str, int] = ExpiringMap(clock, 32, 100, lambda key, value: ended.append((key, value)))
        kept.put("a", 1)
        clock.advance(10)
        kept.put("b", 2)
        kept.replace("a", 3)
        clock.advance(22)
        assert (kept.get("a"), kept.get("b")) == (None, 2)
        clock.advance(10)
        assert ended == [("a", 3), ("b", 2)]
        assert (len(kept), clock.pending) == (0, 0)

    def test_put_again_lives_longer_and_popped_does_not_end(self) -> None:
        clock, ended = VirtualClock(), list[str]()
        kept: ExpiringMap[str, int] = ExpiringMap(clock, 5, 100, lambda key, _: ended.append(key))
        kept.put("a", 1)
        kept.put("b", 1)
        clock.advance(3)
        kept.put("a", 2)
        assert kept.pop("b") == 1
        clock.advance(3)
        assert (kept.get("a"), "b" in kept) == (2, False)
        clock.advance(3)
        assert ended == ["a"]

    def test_above_its_limit_the_oldest_go(self) -> None:
        kept: ExpiringMap[int, int] = ExpiringMap(VirtualClock(), 5, 10)
        for number in range(1000):
            kept.put(number, number)
        assert (len(kept), kept.get(999), kept.get(0)) == (10, 999, None)


def test_tokens_do_not_repeat() -> None:
    tokens = Tokens()
    taken = [tokens.take(16) for _ in range(10_000)]
    assert len(set(taken)) == 10_000
    assert all(len(one) == 16 for one in taken)
