"""A place in the line that is kept, with real phones: the caller confirms the number, hangs up, and is called back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, DAG, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

MUSIC_HZ, ANNA_HZ, DAG_HZ = 880, 440, 1200


def with_queue(folder: Path) -> str:
    """The office file of a company where Dag answers for support."""
    sound.write_wav(folder / "music.wav", sound.tone(MUSIC_HZ, 4.0, 16_000), 16_000)
    office = json.loads(office_file((ANNA, DAG)))
    office["sounds"] = [{"name": "hold", "file": "music.wav"}]
    office["queues"] = [
        {"name": "support", "extension": "600", "members": ["dag"], "ring": 15, "music": "hold", "callback_key": "1"}
    ]
    return json.dumps(office)


@pytest.mark.claim("PHO-4")
def test_anna_keeps_her_place_and_dag_calls_her_back(tmp_path: Path) -> None:
    with Svara((ANNA, DAG)) as svara:
        svara.apply(with_queue(svara.data.parent))
        with (
            Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
            Linphone(tmp_path / "d", svara.account("dag-desk"), tone_hz=DAG_HZ) as dag,
        ):
            dag.dial("*42")
            dag.wait_state("talking")
            dag.wait_state("idle", timeout_seconds=20)
            anna.dial("600")
            anna.wait_to_hear(MUSIC_HZ, timeout_seconds=20)
            anna.press("1")
            time.sleep(2)
            anna.press("#")
            anna.wait_state("idle", timeout_seconds=20)
            [kept] = svara.get("/queues/support")["waiting"]
            assert kept["called_back"]
            dag.dial("*43")
            dag.wait_state("talking")
            dag.wait_state("idle", timeout_seconds=20)
            dag.wait_state("incoming", timeout_seconds=20)
            dag.answer()
            dag.wait_state("talking")
            time.sleep(1)
            assert anna.state == "idle", "Dag hears first whom he calls"
            anna.wait_state("incoming", timeout_seconds=20)
            anna.answer()
            anna.wait_to_hear(DAG_HZ)
            dag.wait_to_hear(ANNA_HZ)
            assert svara.get("/queues/support")["waiting"] == []
            anna.hangup()
            dag.wait_state("idle")
