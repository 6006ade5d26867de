"""A recorded conference with real phones: each one's own voice left, the others right, for the time they were there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.test_recording import channels
from tests.peers import sealed
from tests.peers.baresip import Baresip
from tests.peers.server import ANNA, BOB, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture(scope="module")
def svara() -> Iterator[Svara]:
    with Svara((ANNA, BOB)) as svara:
        office = json.loads(office_file((ANNA, BOB)))
        office["conferences"] = [{"name": "board", "extension": "803", "record": True, "announce": False}]
        svara.apply(json.dumps(office))
        words = svara.data / "sounds" / "builtin" / "en" / "recorded.wav"
        svara.until(words.exists, 60)  # nothing is recorded of which nobody could be told
        svara.mark()
        yield svara


def test_each_call_has_a_recording_of_its_own(svara: Svara, tmp_path: Path) -> None:
    folder = svara.data / "recordings"
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        for phone in (anna, bob):
            phone.dial("803")
            phone.wait_state("talking")
        anna.wait_to_hear(BOB_HZ, timeout_seconds=15)
        bob.wait_to_hear(ANNA_HZ, timeout_seconds=15)
        time.sleep(4)
        anna.hangup()
        bob.hangup()
    records = {record["from_person"]: record["id"] for record in svara.wait_records(2)}
    svara.until(lambda: len(list(folder.glob("calls/*.wav"))) == 2)
    for who, call in records.items():
        [sound] = svara.get(f"/calls/{call}", who)["recordings"]
        assert sound["seconds"] > 3
        [file] = folder.glob(f"calls/{call}-*.wav")
        left_hz, right_hz = channels(sealed.opened_in(svara.data, file))
        own, other = (ANNA_HZ, BOB_HZ) if who == "anna" else (BOB_HZ, ANNA_HZ)
        assert abs(left_hz - own) < 10
        assert abs(right_hz - other) < 10
