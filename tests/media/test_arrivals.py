"""On which side of the relay sound was lost, from what arrived there and what the listener missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svara.media.arrivals import Came, lost_before, ptime_ms, share_missing


def came(seconds: float, packets: int, payload_bytes: int = 160, codec: str = "PCMA/8000") -> Came:
    return Came(1000 + seconds, packets, packets * (12 + payload_bytes), codec)


@pytest.mark.parametrize(
    ("payload_bytes", "codec", "expected_ms"),
    [(160, "PCMA/8000", 20), (240, "PCMU/8000", 30), (80, "G722/8000", 10), (87, "opus/48000/2", 20), (40, "PCMA/8000", 5)],
)
def test_how_much_sound_is_in_a_packet_shows_in_its_size(payload_bytes: int, codec: str, expected_ms: float) -> None:
    assert ptime_ms(came(10, 500, payload_bytes, codec)) == expected_ms


def test_of_annas_packets_every_tenth_stays_in_her_cellar() -> None:
    share = share_missing(came(0, 500), came(20, 1400))
    assert share == pytest.approx(0.1)
    assert lost_before(lost=380, packets=1935, share=share) == 215  # of 2,150 sent; 165 more got lost behind the relay


def test_a_phone_that_is_silent_now_and_then_is_blamed_for_no_more_than_was_missed() -> None:
    half = share_missing(came(0, 500), came(20, 1000))
    assert half == pytest.approx(0.5)
    assert lost_before(lost=4, packets=1000, share=half) == 4


def test_too_short_to_tell() -> None:
    assert share_missing(came(0, 0), came(5, 10)) is None
    assert share_missing(came(0, 500), came(20, 500)) is None  # it sends nothing at all: that is silence, not loss
    assert lost_before(3, 100, None) is None


@given(
    st.floats(0, 1e6),
    st.integers(0, 10**9),
    st.floats(0, 1e6),
    st.integers(0, 10**9),
    st.integers(0, 10**12),
    st.integers(0),
)
def test_whatever_an_engine_tells_the_figures_make_sense(
    at: float, packets: int, later: float, more: int, size_bytes: int, lost: int
) -> None:
    share = share_missing(Came(at, packets, size_bytes), Came(at + later, packets + more, size_bytes * 2, "PCMA/8000"))
    assert share is None or 0 <= share <= 1
    before = lost_before(lost, packets, share)
    assert before is None or 0 <= before <= lost
