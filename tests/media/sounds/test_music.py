"""The music on hold: it has no seam, carries over a telephone line, and can be told from speech."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from tests.media.sounds.kinds import music_share

from svara.media.sounds import form, music, speech


@pytest.fixture(scope="module")
def piece() -> np.ndarray:
    return music.compose()


def test_it_is_the_same_every_time(piece: np.ndarray) -> None:
    assert np.array_equal(piece, music.compose())


def test_it_is_a_piece_of_about_a_minute_at_an_even_moderate_level(piece: np.ndarray) -> None:
    assert 60 <= piece.size / form.RATE_HZ <= 90
    assert np.abs(piece).max() < 0.5
    seconds = piece[: piece.size // form.RATE_HZ * form.RATE_HZ].reshape(-1, form.RATE_HZ)
    each = 20 * np.log10(np.sqrt(np.mean(seconds**2, axis=1)))
    assert each.max() - each.min() < 6
    assert 20 * np.log10(np.sqrt(np.mean(piece**2))) == pytest.approx(music.LEVEL_DBFS, abs=0.1)


def test_its_end_runs_into_its_beginning(piece: np.ndarray) -> None:
    """Around the seam nothing changes faster than it does elsewhere in the piece: no click, no gap."""
    twice = np.concatenate((piece, piece))
    bends = np.abs(np.diff(twice, 2))
    seam = bends[piece.size - 80 : piece.size + 80].max()
    assert seam < np.percentile(bends, 99.9)
    around = twice[piece.size - 800 : piece.size + 800]
    assert np.sqrt(np.mean(around**2)) > 0.3 * np.sqrt(np.mean(piece**2))


def test_a_telephone_line_carries_it(piece: np.ndarray) -> None:
    energy = np.abs(np.fft.rfft(piece)) ** 2
    hz = np.fft.rfftfreq(piece.size, 1 / form.RATE_HZ)
    assert energy[(hz > 300) & (hz < 3400)].sum() > 0.8 * energy.sum()
    assert energy[hz > 3500].sum() < 0.001 * energy.sum()


def test_it_can_be_told_from_speech(piece: np.ndarray) -> None:
    window = 4 * form.RATE_HZ
    shares = [music_share(piece[at : at + window]) for at in range(0, piece.size - window, window // 2)]
    assert min(shares) > 0.08
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    sentence = "We are closed at the moment. Please call again during our opening hours. All our lines are busy."
    said, _ = form.from_wav(speech.speak(sentence, "en"))
    assert music_share(said[:window]) < 0.04
