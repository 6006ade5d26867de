"""Who may register, and that a phone stays reachable when the server is started anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def test_a_wrong_secret_opens_nothing(svara: Svara, tmp_path: Path) -> None:
    thief = Baresip(tmp_path, svara.account("anna-desk", secret="guessed"))
    other = Linphone(tmp_path, svara.account("bob-desk", secret="guessed"))
    try:
        thief.launch()
        other.launch()
        thief.wait(lambda: bool(thief.seen("REGISTER_FAIL")), lambda: "was not refused")
        other.wait(lambda: not other.is_registered() and "40" in other.ended_with, lambda: "was not refused")
    finally:
        thief.kill()
        other.kill()
    assert svara.presence("anna") == "offline"
    assert "guessed" not in svara.errors()
    assert "anna-desk" not in svara.errors()


def test_after_a_restart_of_the_server_phones_are_reached_and_register_again(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660, auto_answer=True) as bob,
    ):
        port = svara.sip
        svara.stop()
        svara.start()
        assert svara.sip == port
        anna.dial("102")
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        bob.wait_to_hear(440)
        anna.hangup()
        bob.wait_state("idle")
        svara.wait_records(1)


def test_a_phone_that_quits_is_offline_at_once(svara: Svara, tmp_path: Path) -> None:
    with Baresip(tmp_path, svara.account("anna-desk")):
        svara.wait_presence("anna", "available")
    svara.wait_presence("anna", "offline")
