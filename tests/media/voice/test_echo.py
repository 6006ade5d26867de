"""Somebody hears themselves: a second later, softer, under what is said to them, in every codec; and it is told once."""

from __future__ import annotations

import numpy as np
import pytest
from tests.media.voice.studio import Studio

from svara.media.voice.echo import DELAY_FRAMES, ENOUGH_FRAMES, SOFTER, Echo
from svara.media.voice.port import Heard, Playing, Tone


@pytest.mark.parametrize("codec", ["pcma", "pcmu", "g722", "opus"])
def test_a_phone_hears_its_own_tone_a_second_later(studio: Studio, codec: str) -> None:
    anna = studio.phone("anna.v", codec, frequency_hz=660)
    studio.engine.echo("calls", "anna.v", on=True)
    studio.pass_time(0.9)
    assert anna.tone(0.5) == 0, "not yet"
    studio.pass_time(1.0)
    assert anna.tone(0.4) == pytest.approx(660, abs=8)
    assert [event for event in studio.events if isinstance(event, Heard)] == [Heard("anna.v")], "told once"
    studio.engine.echo("calls", "anna.v", on=False)
    studio.pass_time(0.6)
    assert anna.tone(0.4) == 0


def test_who_says_nothing_is_not_heard(studio: Studio) -> None:
    studio.phone("anna.v")
    studio.engine.echo("calls", "anna.v", on=True)
    studio.pass_time(3.0)
    assert not [event for event in studio.events if isinstance(event, Heard)]


def test_what_is_played_is_heard_over_it(studio: Studio) -> None:
    anna = studio.phone("anna.v", frequency_hz=1200)
    studio.engine.echo("calls", "anna.v", on=True)
    studio.pass_time(1.5)
    studio.engine.play("calls", "anna.v", Playing("1", (Tone("congestion", "NO"),), loop=True))
    studio.pass_time(0.6)
    assert anna.tone(0.15) != pytest.approx(1200, abs=8)
    studio.engine.stop("calls", "anna.v")
    studio.pass_time(0.6)
    assert anna.tone(0.4) == pytest.approx(1200, abs=8)


def test_others_cannot_make_a_leg_hear_itself(studio: Studio) -> None:
    anna = studio.phone("anna.v", frequency_hz=660)
    studio.engine.echo("somebody else", "anna.v", on=True)
    studio.pass_time(2.0)
    assert anna.tone(0.4) == 0


def test_it_dies_away_and_outlives_a_change_of_codec() -> None:
    told: list[str] = []
    echo = Echo(lambda: told.append("heard"))
    loud = np.full(160, 10_000, np.int16)
    for _ in range(DELAY_FRAMES):
        assert echo.turn(loud, 160) is None
    back = echo.turn(None, 160)
    assert back is not None
    assert int(back[0]) == round(10_000 * SOFTER), "softer, so that a loudspeaker does not howl"
    assert echo.turn(loud, 320) is None, "frames of another size are let go"
    assert told == ["heard"]
    quiet = Echo(lambda: told.append("noise"))
    for _ in range(10 * ENOUGH_FRAMES):
        quiet.turn(np.full(160, 100, np.int16), 160)
    assert told == ["heard"]
