"""The schedule: even, without drift, and with one timer however legs come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svara.clock import VirtualClock
from svara.media.voice.schedule import PERIOD_SECONDS, SLOTS, Schedule


def test_each_slot_comes_once_a_period_and_periods_are_counted() -> None:
    clock = VirtualClock()
    calls: list[tuple[int, int, float]] = []
    schedule = Schedule(clock, lambda slot, period: calls.append((slot, period, clock.monotonic())))
    first, second = schedule.join(), schedule.join()
    assert first != second
    clock.advance(100 * PERIOD_SECONDS)
    for slot in (first, second):
        mine = [(period, at) for number, period, at in calls if number == slot]
        assert len(mine) in (99, 100)
        assert [period for period, _ in mine] == list(range(mine[0][0], mine[0][0] + len(mine)))


def test_nothing_is_woken_for_nobody() -> None:
    clock = VirtualClock()
    schedule = Schedule(clock, lambda _slot, _period: None)
    assert clock.pending == 0
    slots = [schedule.join() for _ in range(25)]
    assert clock.pending == 1
    for slot in slots:
        schedule.leave(slot)
    assert clock.pending == 0


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_legs_that_come_and_go_while_it_works_leave_one_timer(story: list[bool]) -> None:
    clock = VirtualClock()
    users: list[int] = []
    steps = iter(story)

    def work(_slot: int, _period: int) -> None:
        comes = next(steps, None)
        if comes is None:
            return
        if comes:
            users.append(schedule.join())
        elif users:
            schedule.leave(users.pop())
            if not users:
                users.append(schedule.join())

    schedule = Schedule(clock, work)
    users.append(schedule.join())
    for _ in range(80):
        clock.advance(PERIOD_SECONDS)
        assert clock.pending == 1
    assert sum(schedule._users) == len(users)
    assert max(schedule._users) <= len(users) // SLOTS + len(users) % SLOTS + 1
