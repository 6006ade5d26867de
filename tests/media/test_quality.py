"""Mean opinion scores at the points that the E-model's users know."""

from hypothesis import given
from hypothesis import strategies as st

from svara.media.quality import mos


def test_a_perfect_g711_call_is_4_41() -> None:
    assert mos(0, 0) == 4.41


def test_known_ratings() -> None:
    # R = 93.2 - 95 * 1 / 26.1 = 89.56, and R = 93.2 - 95 * 5 / 30.1 = 77.42, through equation B-4
    assert mos(1, 0) == 4.33
    assert mos(5, 0) == 3.92
    # 400 ms one way: Id = 9.6 + 24.5, R = 59.1
    assert mos(0, 0, 800) == 3.05


@given(st.floats(0, 100), st.floats(0, 1000), st.floats(0, 5000))
def test_it_stays_within_its_scale_and_loss_never_helps(loss: float, jitter: float, delay: float) -> None:
    score = mos(loss, jitter, delay)
    assert 1.0 <= score <= 4.5
    assert mos(min(100.0, loss + 5), jitter, delay) <= score
