"""A queue with real phones: music while one waits, the agent when it is one's turn, and a hundred who wait when the calls
process is killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

MUSIC_HZ, ANNA_HZ, BOB_HZ, DAG_HZ = 880, 440, 660, 1200
WAITING = 100
MUSIC_AGAIN_SECONDS = 3.0


def with_queue(folder: Path) -> str:
    """The office file of a company where Dag answers for support; its music is a tone that no phone sends."""
    sound.write_wav(folder / "music.wav", sound.tone(MUSIC_HZ, 4.0, 16_000), 16_000)
    office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
    office["sounds"] = [{"name": "hold", "file": "music.wav"}]
    office["queues"] = [{"name": "support", "extension": "600", "members": ["dag"], "ring": 15, "music": "hold"}]
    return json.dumps(office)


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara((ANNA, BOB, CECILIE, DAG), many_talks=True) as svara:
        svara.apply(with_queue(svara.data.parent))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def waiting(svara: Svara) -> list[str]:
    """The ids of those who wait, in their order."""
    return [one["id"] for one in svara.get("/queues/support")["waiting"]]


@pytest.mark.claim("PHO-4")
def test_a_caller_hears_music_and_then_the_agent(svara: Svara, anna: Baresip, tmp_path: Path) -> None:
    anna.dial("600")
    anna.wait_state("talking")
    anna.wait_to_hear(MUSIC_HZ)
    assert len(waiting(svara)) == 1
    with Linphone(tmp_path, svara.account("dag-desk"), tone_hz=DAG_HZ) as dag:
        dag.wait_state("incoming")
        anna.wait_to_hear(MUSIC_HZ)
        dag.answer()
        anna.wait_to_hear(DAG_HZ)
        dag.wait_to_hear(ANNA_HZ)
        assert svara.get("/queues/support")["members"][0]["state"] == "talking"
        anna.hangup()
        dag.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"], record["queue"]) == ("answered", "dag", "support")


def test_a_hundred_wait_when_the_calls_process_is_killed(svara: Svara, anna: Baresip, bob: Linphone, tmp_path: Path) -> None:
    """They hear music within three seconds, stand in the same order, and the first of them is the next to be served."""
    anna.dial("600")
    anna.wait_to_hear(MUSIC_HZ)
    crowd = Sipp(
        tmp_path, "call", svara.sip, login="cecilie-desk", secret="secret-cecilie-desk", target="600", calls=WAITING - 2,
        calls_per_second=25, talk_seconds=24, tone_hz=None, timeout_seconds=80,
    )  # fmt: skip
    with crowd:
        svara.until(lambda: len(waiting(svara)) == WAITING - 1, timeout_seconds=20, what=lambda: f"{len(waiting(svara))}")
        bob.dial("600")
        bob.wait_to_hear(MUSIC_HZ)
        before = waiting(svara)
        assert len(before) == WAITING

        killed = svara.kill("calls")
        began = time.monotonic()
        anna.wait_to_hear(MUSIC_HZ, timeout_seconds=MUSIC_AGAIN_SECONDS)
        bob.wait_to_hear(MUSIC_HZ, timeout_seconds=MUSIC_AGAIN_SECONDS)
        svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == WAITING, timeout_seconds=10)
        svara.until(lambda: len(waiting(svara)) == WAITING)
        assert waiting(svara) == before
        assert time.monotonic() - began < 8  # one on a machine that does nothing else
        anna.wait_to_hear(MUSIC_HZ, timeout_seconds=MUSIC_AGAIN_SECONDS)
        bob.wait_to_hear(MUSIC_HZ, timeout_seconds=MUSIC_AGAIN_SECONDS)

        with Linphone(tmp_path, svara.account("dag-desk"), tone_hz=DAG_HZ, auto_answer=True) as dag:
            anna.wait_to_hear(DAG_HZ)
            dag.wait_to_hear(ANNA_HZ)
            assert waiting(svara) == before[1:]
            made = crowd.wait()
            assert (made.successful, made.failed) == (WAITING - 2, 0), made.errors
            bob.hangup()
            anna.hangup()
            svara.wait_quiet()
