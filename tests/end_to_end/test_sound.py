"""What becomes of the sound: a phone that dies, and an office whose phones send to each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def test_a_phone_that_dies_in_a_talk_ends_it_after_half_a_minute(svara: Svara, tmp_path: Path) -> None:
    # Nobody else rings Dag: a phone that dies stays registered until that expires.
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Linphone(tmp_path, svara.account("dag-desk"), tone_hz=660, auto_answer=True) as dag,
    ):
        anna.dial("104")
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        dag.kill()
        anna.wait_state("idle", timeout_seconds=60)
        (record,) = svara.wait_records(1)
        assert (record["outcome"], record["end_reason"]) == ("answered", "no sound for 30 seconds")
        assert 30 <= record["talk_seconds"] < 50


def test_where_the_office_says_so_phones_send_to_each_other(svara: Svara, tmp_path: Path) -> None:
    office = json.loads(office_file(svara.people))
    office["tenant"]["media"] = "direct"
    svara.apply(json.dumps(office))
    try:
        with (
            Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
            Linphone(tmp_path, svara.account("bob-desk"), tone_hz=660, auto_answer=True) as bob,
        ):
            anna.dial("102")
            anna.wait_state("talking")
            anna.wait_to_hear(660)
            bob.wait_to_hear(440)
            assert f":{bob.rtp_port}" in anna.ask("audio_debug")  # "remote: 127.0.0.1:PORT"
            bob.hold()
            bob.wait_state("held")
            bob.resume()
            bob.wait_to_hear(440)
            anna.hangup()
            bob.wait_state("idle")
        svara.wait_records(1)
    finally:
        svara.apply(office_file(svara.people))
