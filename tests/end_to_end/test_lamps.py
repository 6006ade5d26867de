"""Lamps and presence with real phones: SIPp watches a line through a call, baresip shows what a colleague does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.mark.claim("PHO-6")
def test_the_receptionist_s_lamp_follows_bob_through_a_call(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
        Sipp(tmp_path, "watch", svara.sip, login="cecilie-desk", secret="secret-cecilie-desk", target="102",
             timeout_seconds=60) as lamp,
    ):  # fmt: skip
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 1)
        anna.dial("102")
        bob.wait_state("incoming")
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 2)
        bob.answer()
        anna.wait_state("talking")
        svara.until(lambda: len(lamp.requests("NOTIFY")) == 3)
        anna.hangup()
        outcome = lamp.wait()
        assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
        assert len(lamp.requests("NOTIFY")) == 5, "each state once, and the end"


@pytest.mark.claim("PHO-6")
def test_baresip_shows_what_a_colleague_does(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("cecilie-desk"), tone_hz=880, watches=("102",)) as cecilie,
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
    ):
        svara.until(lambda: cecilie.shows("102") == "Offline", what=lambda: cecilie.ask("contacts"))
        with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob:
            svara.until(lambda: cecilie.shows("102") == "Online", what=lambda: cecilie.ask("contacts"))
            anna.dial("102")
            bob.wait_state("incoming")
            bob.answer()
            anna.wait_state("talking")
            svara.until(lambda: cecilie.shows("102") == "Busy", what=lambda: cecilie.ask("contacts"))
            anna.hangup()
            svara.until(lambda: cecilie.shows("102") == "Online", what=lambda: cecilie.ask("contacts"))
