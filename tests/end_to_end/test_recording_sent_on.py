"""A recorded talk is held and then sent on: both sides stay in the recording, and the next talk gets one of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.peers import sealed, sound
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 1150


@pytest.fixture
def svara() -> Iterator[Svara]:
    with Svara() as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        for person in office["people"]:
            if person["username"] in ("bob", "cecilie"):
                person["record"] = True
        svara.apply(json.dumps(office))
        for user in ("bob", "cecilie"):
            svara.put("/me/functions/call_recording", {"enabled": True}, user=user)
        svara.until((svara.data / "sounds" / "builtin" / "en" / "recorded.wav").exists, 60)
        svara.mark()
        yield svara


def ends_with(path: Path) -> list[float]:
    """The tone of each channel, in the last second but one."""
    import wave

    with wave.open(str(path)) as file:
        assert file.getnchannels() == 2
        rate_hz = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    last = samples[-2 * rate_hz : -rate_hz]
    return [sound.dominant(np.ascontiguousarray(last[:, side]), rate_hz)[0] for side in (0, 1)]


def test_what_is_said_after_a_hold_and_after_a_transfer_is_recorded(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        anna.dial("102")
        bob.wait_state("incoming", 20)
        bob.answer()
        bob.wait_to_hear(ANNA_HZ)
        time.sleep(6)
        bob.hold()
        bob.wait_state("held")
        anna.wait_for_music(BOB_HZ)
        bob.resume()
        bob.wait_state("talking")
        bob.wait_to_hear(ANNA_HZ)
        time.sleep(3)
        bob.hold()
        bob.wait_state("held")
        bob.dial("103")
        cecilie.wait_state("incoming", 20)
        cecilie.answer()
        cecilie.wait_to_hear(BOB_HZ)
        first, second = bob.calls()
        bob.command(f"transfer {first} --to-call {second}")
        cecilie.wait_to_hear(ANNA_HZ)
        anna.wait_to_hear(CECILIE_HZ)
        time.sleep(5)
        anna.hangup()
        cecilie.wait_state("idle")
    records = svara.wait_records(2)
    through = next(one for one in records if one["transfers"])
    assert len(through["recordings"]) == 2
    folder = svara.data / "recordings" / "calls"
    svara.until(lambda: len(list(folder.glob(f"{through['id']}-*.wav"))) == 2)
    files = sorted(folder.glob(f"{through['id']}-*.wav"), key=lambda path: path.stat().st_mtime)
    time.sleep(1)
    tones = [ends_with(sealed.opened_in(svara.data, path)) for path in files]
    heard = {tuple(round(hz / 10) * 10 for hz in one) for one in tones}
    assert (440, 1150) in heard, tones
