"""`kill -9` in the middle of a talk: of the calls process, and of the media relay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(120)]


@pytest.fixture
def talking(svara: Svara, tmp_path: Path) -> Iterator[tuple[Baresip, Linphone]]:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660, auto_answer=True) as bob,
    ):
        anna.dial("102")
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        bob.wait_to_hear(440)
        yield anna, bob


def test_the_calls_process_is_killed_and_the_two_talk_on_and_hang_up(
    svara: Svara, talking: tuple[Baresip, Linphone]
) -> None:
    anna, bob = talking
    killed = svara.pid_of("calls")
    svara.kill("calls")
    began = time.monotonic()
    bob.wait_to_hear(440, timeout_seconds=2)
    anna.wait_to_hear(660, timeout_seconds=2)
    svara.until(lambda: svara.pid_of("calls") != killed and svara.going_on() == 1, timeout_seconds=8)
    assert time.monotonic() - began < 8
    bob.wait_to_hear(440, timeout_seconds=2)
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"], record["answered_by"]) == ("answered", "hung up", "bob")
    assert record["talk_seconds"] > 1


def test_the_one_who_was_called_hangs_up_after_it(svara: Svara, talking: tuple[Baresip, Linphone]) -> None:
    anna, bob = talking
    svara.kill("calls")
    bob.hangup()  # into the dark: the phone repeats it until somebody is there again
    anna.wait_state("idle", timeout_seconds=15)
    (record,) = svara.wait_records(1)
    assert record["outcome"] == "answered"


def test_the_relay_is_killed_and_the_sound_comes_back(svara: Svara, talking: tuple[Baresip, Linphone]) -> None:
    anna, bob = talking
    svara.kill("media")
    time.sleep(1)
    bob.wait_to_hear(440, timeout_seconds=15)
    anna.wait_for_packets()
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"]) == ("answered", "hung up")
