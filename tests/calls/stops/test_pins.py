"""Who guesses PINs has to wait, and nobody else."""

from __future__ import annotations

import pytest

from svara.calls.events import Party
from svara.calls.stops.pins import CALLER, OUTSIDE, PinGuard
from svara.people.pin import hash_pin

PIN = hash_pin("4711")
DOOR, OTHER_DOOR = "conference:c1", "person:p-acme-bob"
BOB, CECILIE = Party("102", "Bob Lind", person="p-acme-bob"), Party("103", "Cecilie Dahl", person="p-acme-cecilie")
OSLO, HIDDEN = Party("+4722000001"), Party("")


def guess(guard: PinGuard, who: Party, times: int, now: float = 0.0, door: str = DOOR) -> None:
    for _ in range(times):
        assert not guard.check(door, who, "9999", PIN, now)


@pytest.mark.parametrize("who", [BOB, OSLO, HIDDEN])
def test_ten_wrong_ones_make_the_caller_wait_at_that_door_alone(who: Party) -> None:
    guard = PinGuard()
    guess(guard, who, CALLER.free)
    assert guard.blocked(DOOR, who, 0)
    assert not guard.check(DOOR, who, "4711", PIN, 0), "not even the right one"
    assert guard.refused == CALLER.free + 1
    assert not guard.blocked(DOOR, CECILIE, 0)
    assert not guard.blocked(DOOR, Party("+4799999999"), 0)
    assert not guard.blocked(OTHER_DOOR, who, 0)
    assert guard.check(DOOR, who, "4711", PIN, CALLER.forgive_seconds)


def test_the_right_one_forgives_the_wrong_ones_before() -> None:
    guard = PinGuard()
    for _ in range(5):
        guess(guard, BOB, CALLER.free - 1)
        assert guard.check(DOOR, BOB, "4711", PIN, 0)


def test_forged_numbers_close_the_door_for_strangers_and_for_nobody_else() -> None:
    """A caller's number is no proof of anything: all numbers together have a count at each door."""
    guard = PinGuard()
    assert guard.check(DOOR, OSLO, "4711", PIN, 0)
    for number in range(OUTSIDE.free):
        guess(guard, Party(f"+47990000{number:02}"), 1)
    stranger = Party("+4799111111")
    assert guard.blocked(DOOR, stranger, 0)
    assert not guard.blocked(OTHER_DOOR, stranger, 0)
    assert not guard.blocked(DOOR, OSLO, 0), "the right PIN came from there before"
    assert not guard.blocked(DOOR, BOB, 0), "a colleague has an account"
    assert not guard.blocked(DOOR, stranger, OUTSIDE.forgive_seconds)


def test_several_pins_count_once_and_tell_which_it_was() -> None:
    guard = PinGuard()
    both = (hash_pin("2580"), PIN)
    assert guard.which(DOOR, BOB, "2580", both, 0) == 0
    assert guard.which(DOOR, BOB, "4711", both, 0) == 1
    assert guard.which(DOOR, BOB, "1", both, 0) is None
    assert guard.refused == 1
