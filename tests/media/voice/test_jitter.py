"""The jitter buffer: order, loss, delay that grows and shrinks, clocks that differ, streams that begin anew."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from svara.media.voice.jitter import FULL_FRAMES, LEAST_FRAMES, MOST_FRAMES, SHRINK_AFTER_FRAMES, JitterBuffer
from svara.media.voice.rtp import Packet


def packet(number: int, ssrc: int = 1, start: int = 2**32 - 800) -> Packet:
    return Packet(False, 8, number & 0xFFFF, (start + number * 160) % 2**32, ssrc, b"%d" % number)


def taken(buffer: JitterBuffer) -> int | None:
    parts = buffer.take()
    return int(parts[0]) if parts else None


def delay_frames(buffer: JitterBuffer) -> int:
    """How much of a stream that begins now has to be there before any of it is heard."""
    fresh = copy.deepcopy(buffer)
    for number in range(FULL_FRAMES):
        fresh.put(packet(number, ssrc=77))
        if fresh.take() is not None:
            return number + 1
    raise AssertionError("nothing is heard")


def waiting_frames(buffer: JitterBuffer) -> int:
    """How much would still be heard if nothing more came."""
    rest = copy.deepcopy(buffer)
    return sum(rest.take() is not None for _ in range(3 * FULL_FRAMES))


def test_it_begins_with_forty_milliseconds_and_keeps_the_order() -> None:
    buffer = JitterBuffer(160)
    buffer.put(packet(0))
    assert taken(buffer) is None
    buffer.put(packet(2))
    buffer.put(packet(1))
    assert [taken(buffer) for _ in range(4)] == [0, 1, 2, None]


def test_a_lost_packet_is_a_gap_and_one_that_came_twice_is_one() -> None:
    buffer = JitterBuffer(160)
    for number in (0, 1, 1, 3, 3):
        buffer.put(packet(number))
    assert [buffer.take() for _ in range(4)] == [[b"0"], [b"1"], None, [b"3"]]


def test_it_waits_longer_once_a_packet_came_too_late_and_less_again_later() -> None:
    buffer = JitterBuffer(160)
    for number in range(10):
        buffer.put(packet(number))
        taken(buffer)
    taken(buffer)
    taken(buffer)
    buffer.put(packet(10))
    assert delay_frames(buffer) == LEAST_FRAMES + 1
    for number in range(11, 11 + 2 * SHRINK_AFTER_FRAMES):
        buffer.put(packet(number))
        taken(buffer)
    assert delay_frames(buffer) == LEAST_FRAMES


def test_a_pause_of_the_sender_makes_nobody_wait_longer() -> None:
    buffer = JitterBuffer(160)
    number = 0
    for _ in range(20):
        for _ in range(10):
            buffer.put(packet(number))
            taken(buffer)
            number += 1
        for _ in range(15):
            taken(buffer)
            number += 1
    assert delay_frames(buffer) == LEAST_FRAMES


def test_a_sender_whose_clock_is_too_fast_does_not_fall_behind() -> None:
    buffer = JitterBuffer(160)
    number = 0
    latest: list[int] = []
    for step in range(30_000):
        buffer.put(packet(number))
        number += 1
        if step % 100 == 0:  # one percent
            buffer.put(packet(number))
            number += 1
        got = taken(buffer)
        if got is not None:
            latest.append(number - 1 - got)
    assert max(latest[1000:]) <= 8


def test_a_new_source_or_a_jump_of_its_time_starts_anew() -> None:
    buffer = JitterBuffer(160)
    for number in range(5):
        buffer.put(packet(number))
        taken(buffer)
    for number in range(3):
        buffer.put(packet(number, ssrc=2, start=77))
    assert [taken(buffer) for _ in range(3)] == [0, 1, 2]
    for number in range(9000, 9003):
        buffer.put(packet(number, ssrc=2, start=77))
    assert [taken(buffer) for _ in range(3)] == [9000, 9001, 9002]


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 3), st.booleans()), max_size=200))
def test_whatever_comes_it_stays_small_and_never_fails(story: list[tuple[int, int, bool]]) -> None:
    buffer = JitterBuffer(160)
    for stamp, ssrc, take in story:
        buffer.put(Packet(False, 8, 0, stamp, ssrc, b"x"))
        if take:
            buffer.take()
    assert waiting_frames(buffer) <= FULL_FRAMES + 1
    assert LEAST_FRAMES <= delay_frames(buffer) <= MOST_FRAMES


@given(st.permutations(range(30)))
def test_any_order_within_the_delay_comes_out_in_order(order: list[int]) -> None:
    buffer = JitterBuffer(160)
    for number in order:
        buffer.put(packet(number))
    assert [taken(buffer) for _ in range(30)] == list(range(30))
