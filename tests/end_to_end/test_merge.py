"""Anna's linphone has two talks: all three together, and tones prove that each hears both others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.peers import sound
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 1150


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


@pytest.fixture
def cecilie(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as phone:
        yield phone


def talk(caller: Linphone, callee: Linphone, dialled: str) -> None:
    caller.dial(dialled)
    callee.wait_state("incoming")
    callee.answer()
    caller.wait_state("talking")


def wait_to_hear_both(phone: Linphone, *tones_hz: float) -> None:
    """Until both tones are in what came last, and the phone's own is not."""
    grown_from = phone.recorded_bytes()

    def hears() -> bool:
        path = phone.recording()
        if path is None or phone.recorded_bytes() < grown_from + 16_000:
            return False
        samples, rate_hz = sound.read_wav(path)
        last = samples[-rate_hz // 2 :]
        spectrum = np.abs(np.fft.rfft(last * np.hanning(len(last))))
        floor = float(spectrum.max()) / 10

        def level(tone_hz: float) -> float:
            middle = round(tone_hz * len(last) / rate_hz)
            return float(spectrum[max(middle - 3, 0) : middle + 4].max())

        return all(level(one) > floor for one in tones_hz) and level(phone.tone_hz) < floor

    phone.wait(hears, lambda: f"did not hear {tones_hz} together but {phone.heard()}")


def test_three_talk_together_by_one_request(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.hold()
    anna.wait_state("held")
    talk(anna, cecilie, "103")
    cecilie.wait_to_hear(ANNA_HZ)
    running = {one["to_person"]: one["id"] for one in svara.get("/calls/running", "anna")["items"]}
    own = svara.send("POST", f"/calls/{running['cecilie']}/merge", {"with": running["bob"]}, "anna")["id"]
    wait_to_hear_both(anna, BOB_HZ, CECILIE_HZ)
    wait_to_hear_both(bob, ANNA_HZ, CECILIE_HZ)
    wait_to_hear_both(cecilie, ANNA_HZ, BOB_HZ)
    assert {one["id"] for one in svara.get("/calls/running", "anna")["items"]} >= {own}
    anna.hangup()
    bob.wait_to_hear(CECILIE_HZ)
    cecilie.wait_to_hear(BOB_HZ)
    bob.hangup()
    cecilie.wait_state("idle")
    records = svara.wait_records(3)
    assert sorted(len(one["conferences"][0]["met"]) for one in records) == [2, 2, 2]


def test_three_talk_together_by_a_code(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    for other, extension in ((bob, "102"), (cecilie, "103")):
        talk(anna, other, extension)
        other.wait_to_hear(ANNA_HZ)
        anna.hold()
        anna.wait_state("held")
    anna.dial("*3")
    wait_to_hear_both(bob, ANNA_HZ, CECILIE_HZ)
    wait_to_hear_both(cecilie, ANNA_HZ, BOB_HZ)
    wait_to_hear_both(anna, BOB_HZ, CECILIE_HZ)
    bob.hangup()
    cecilie.hangup()
    svara.wait_records(3)
