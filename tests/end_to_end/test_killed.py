"""`kill -9` in the middle of a talk: of the calls process, and of the media relay."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import sipp
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.ports import free_port
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """A server of its own, since it is hurt here."""
    with Svara(many_talks=True) as svara:
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


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
    killed = svara.kill("calls")
    began = time.monotonic()
    bob.wait_to_hear(440, timeout_seconds=2)
    anna.wait_to_hear(660, timeout_seconds=2)
    svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 1, timeout_seconds=8)
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


def test_two_hundred_talks_outlive_the_calls_process(svara: Svara, tmp_path: Path) -> None:
    port, answered = free_port(), svara.figure("calls_answered_total")
    sipp.run(tmp_path, "register", svara.sip, login="cecilie-desk", secret="secret-cecilie-desk", port=port)
    with (
        Sipp(tmp_path, "answer", svara.sip, login="cecilie-desk", port=port, calls=200, timeout_seconds=60) as callee,
        Sipp(
            tmp_path, "call", svara.sip, login="anna-desk", secret="secret-anna-desk", target="103", calls=200,
            calls_per_second=40, talk_seconds=16, tone_hz=None, timeout_seconds=60,
        ) as caller,
    ):  # fmt: skip
        svara.until(lambda: svara.figure("calls_answered_total") == answered + 200, timeout_seconds=15)
        killed = svara.kill("calls")
        began = time.monotonic()
        svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 200, timeout_seconds=10)
        back_after_seconds = time.monotonic() - began
        made, taken = caller.wait(), callee.wait()
    assert (made.successful, made.failed) == (200, 0), made.errors
    assert (taken.successful, taken.failed) == (200, 0), taken.errors
    assert back_after_seconds < 8  # three on a machine that does nothing else
    svara.wait_quiet()
    svara.until(lambda: len(svara.records()) >= 50)
    assert {(record["outcome"], record["end_reason"]) for record in svara.records()} == {("answered", "hung up")}
