"""SIPp as caller and as callee, through Svara."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.peers import sipp
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def recorded(svara: Svara) -> list[dict[str, Any]]:
    """The calls that ended since the test began."""
    return [call for call in svara.get("/calls?limit=200")["items"] if call["id"] not in svara.old and call["outcome"]]


def test_bob_calls_an_echo_and_hears_himself(svara: Svara, tmp_path: Path) -> None:
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with (
        Sipp(tmp_path, "answer", svara.sip, login="cecilie-desk", port=port) as echo,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
    ):
        bob.dial("103")
        bob.wait_state("talking")
        bob.wait_to_hear(660)
        bob.hangup()
        outcome = echo.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    (record,) = svara.wait_records(1)
    assert record["answered_by"] == "cecilie"


def test_bob_hears_early_media_before_anybody_answers(svara: Svara, tmp_path: Path) -> None:
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with (
        Sipp(tmp_path, "early", svara.sip, login="cecilie-desk", port=port, ring_seconds=6) as echo,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
    ):
        bob.command(f"call sip:103@{svara.sip} --early-media")
        bob.wait_to_hear(660, timeout_seconds=5)
        assert svara.presence("cecilie") == "ringing"
        bob.wait_state("talking")
        svara.wait_presence("cecilie", "in-call")
        bob.wait_to_hear(660)
        bob.hangup()
        outcome = echo.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    (record,) = svara.wait_records(1)
    assert record["wait_seconds"] > 5


def test_a_hundred_calls_leave_a_hundred_records_and_nothing_else(svara: Svara, tmp_path: Path) -> None:
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with Sipp(tmp_path, "answer", svara.sip, login="cecilie-desk", port=port, calls=100) as callee:
        caller = sipp.run(
            tmp_path, "call", svara.sip, login="anna-desk", secret="secret-anna-desk", target="103", calls=100,
            calls_per_second=25, talk_seconds=1,
        )  # fmt: skip
        outcome = callee.wait()
    assert (caller.successful, caller.failed) == (100, 0), caller.errors
    assert (outcome.successful, outcome.failed) == (100, 0), outcome.errors
    svara.wait_quiet()
    svara.until(lambda: len(recorded(svara)) >= 100)
    assert Counter((call["outcome"], call["answered_by"]) for call in recorded(svara)) == {("answered", "cecilie"): 100}


def test_fifty_callers_give_up(svara: Svara, tmp_path: Path) -> None:
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with Sipp(tmp_path, "ring", svara.sip, login="cecilie-desk", port=port, calls=50) as callee:
        caller = sipp.run(
            tmp_path, "cancel", svara.sip, login="anna-desk", secret="secret-anna-desk", target="103", calls=50,
            calls_per_second=25,
        )  # fmt: skip
        outcome = callee.wait()
    assert (caller.successful, caller.failed) == (50, 0), caller.errors
    assert (outcome.successful, outcome.failed) == (50, 0), outcome.errors
    svara.wait_quiet()
    svara.until(lambda: len(recorded(svara)) >= 50)
    assert Counter((call["outcome"], call["answered_by"]) for call in recorded(svara)) == {("abandoned", None): 50}
