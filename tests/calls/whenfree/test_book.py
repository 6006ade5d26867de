"""Who waits for whom."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from svara.calls.whenfree.book import (
    LASTS_SECONDS,
    MAX_FOR_ONE,
    MAX_OF_ASKER,
    MAX_TRIES,
    FreeWish,
    Wishes,
    added,
    lasting,
    seen,
    tried,
    without,
)

ANNA_FOR_BOB = FreeWish("anna", "bob", 1000.0)


def test_who_asks_twice_has_asked_once_and_later() -> None:
    again = FreeWish("anna", "bob", 2000.0)
    assert added((ANNA_FOR_BOB,), again) == (again,)


def test_nobody_waits_for_too_many_and_not_too_many_wait_for_one() -> None:
    many = tuple(FreeWish("anna", f"p{n}", 1.0) for n in range(MAX_OF_ASKER))
    assert added(many, ANNA_FOR_BOB) == "full"
    popular = tuple(FreeWish(f"p{n}", "bob", 1.0) for n in range(MAX_FOR_ONE))
    assert added(popular, ANNA_FOR_BOB) == "full"
    assert added(popular, FreeWish("p3", "bob", 5.0)) != "full", "in place of an earlier one"


def test_a_wish_lasts_an_hour_and_as_long_as_both_are_there() -> None:
    both = frozenset({"anna", "bob"})
    assert lasting((ANNA_FOR_BOB,), both, 1000.0 + LASTS_SECONDS - 1) == (ANNA_FOR_BOB,)
    assert lasting((ANNA_FOR_BOB,), both, 1000.0 + LASTS_SECONDS) == ()
    assert lasting((ANNA_FOR_BOB,), frozenset({"anna"}), 1001.0) == ()


def test_who_does_not_pick_up_is_tried_again_later_and_then_no_more() -> None:
    wishes: Wishes = (ANNA_FOR_BOB,)
    for tries in range(1, MAX_TRIES):
        wishes = tried(wishes, wishes[0], 5000.0)
        assert (wishes[0].tries, wishes[0].not_before > 5000.0) == (tries, True)
    assert tried(wishes, wishes[0], 6000.0) == ()
    newer = FreeWish("anna", "bob", 9000.0)
    assert tried((newer,), ANNA_FOR_BOB, 9001.0) == (newer,), "what was asked anew meanwhile stays"


def test_who_did_not_answer_is_back_once_a_phone_was_used() -> None:
    away = FreeWish("anna", "bob", 1.0, used=False)
    assert seen((away,), "cecilie") == (away,)
    assert seen((away,), "bob")[0].used


people = st.sampled_from(["anna", "bob", "cecilie", "dag"])


@given(st.lists(st.tuples(people, people, st.booleans()), max_size=40))
def test_whatever_is_asked_and_taken_back_no_pair_is_there_twice(steps: list[tuple[str, str, bool]]) -> None:
    wishes: Wishes = ()
    for number, (asker, wanted, wants) in enumerate(steps):
        if wants:
            after = added(wishes, FreeWish(asker, wanted, float(number)))
            wishes = wishes if after == "full" else after
        else:
            wishes = without(wishes, asker, wanted)
            assert (asker, wanted) not in [(one.asker, one.wanted) for one in wishes]
        pairs = [(one.asker, one.wanted) for one in wishes]
        assert len(pairs) == len(set(pairs))
