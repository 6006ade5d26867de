"""Sorted keys against a plain sorted list, and the small rules beside them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from svara.calls.queue.estimate import MOST_SECONDS, Estimate
from svara.calls.queue.ordered import BLOCK, Ordered, Timers
from svara.calls.queue.strategy import open_tiers, shortfall

keys = st.tuples(st.integers(-2, 2), st.integers(0, 5000))


@settings(max_examples=60)
@given(st.lists(keys, unique=True, max_size=200), st.randoms(use_true_random=False), keys)
def test_it_is_a_sorted_list(some: list[tuple[int, int]], random: object, asked: tuple[int, int]) -> None:
    ordered, plain = Ordered(), []
    crowd = [(0, 6000 + n) for n in range(3 * BLOCK)]
    everything = [*some, *crowd]
    random.shuffle(everything)  # type: ignore[attr-defined]
    for key in everything:
        ordered.add(key)
    for key in everything[::2]:
        ordered.remove(key)
    plain = sorted(everything[1::2])
    assert list(ordered) == plain
    assert len(ordered) == len(plain)
    assert ordered.first() == (plain[0] if plain else None)
    assert ordered.first_from(asked) == next((key for key in plain if key >= asked), None)
    assert [ordered.rank(key) for key in plain] == list(range(len(plain)))
    for key in plain:
        ordered.remove(key)
    assert (len(ordered), ordered.first(), ordered.first_from(asked)) == (0, None, None)


def test_a_key_that_is_not_there_is_said_to_be() -> None:
    ordered = Ordered()
    ordered.add((1, "a"))
    for ask in (ordered.remove, ordered.rank):
        for key in ((0, "a"), (1, "b"), (2, "a")):
            try:
                ask(key)
            except KeyError:
                continue
            raise AssertionError(key)


def test_timers_fall_due_in_order_and_are_set_anew() -> None:
    timers = Timers()
    timers.set("ring", "anna", 5)
    timers.set("ring", "bob", 4)
    timers.set("wait", "anna", 4)
    timers.set("ring", "anna", 3)
    timers.cancel("wait", "nobody")
    assert (timers.next(), len(timers)) == (3, 3)
    assert timers.pop_due(2.9) is None
    assert [timers.pop_due(4) for _ in range(4)] == [("ring", "anna"), ("ring", "bob"), ("wait", "anna"), None]
    assert (timers.next(), len(timers)) == (None, 0)


def test_nothing_is_estimated_from_nothing() -> None:
    estimate = Estimate()
    assert estimate.wait_seconds(1, 5) is None
    for _ in range(3):
        estimate.served(120)
    assert estimate.wait_seconds(1, 0) is None
    assert estimate.wait_seconds(1, 2) == 60
    assert estimate.wait_seconds(10_000, 1) == MOST_SECONDS


def test_the_estimate_forgets_what_was_long_ago() -> None:
    estimate = Estimate()
    for _ in range(50):
        estimate.served(600)
    for _ in range(80):
        estimate.served(60)
    seconds = estimate.wait_seconds(1, 1)
    assert seconds is not None
    assert 60 <= seconds < 75


def test_levels_fall_by_one_each_time_and_never_below_nothing() -> None:
    assert shortfall({"sql": 3, "norwegian": 5}, {"sql": 5, "norwegian": 4}) == 1
    assert shortfall({"sql": 5}, {}) == 5
    assert shortfall({}, {"sql": 5}) == 0
    assert [open_tiers(waited, 30) for waited in (0, 29.9, 30, 59, 60, 149, 150, 9999)] == [0, 0, 1, 1, 2, 4, 5, 5]
    assert open_tiers(9999, 0) == 0
