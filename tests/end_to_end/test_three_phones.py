"""Bob has a desk phone, a softphone and one at home: all ring, one answers, and it is one call."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def test_all_of_bobs_phones_ring_one_answers_and_the_others_know_why_they_stopped(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=500) as desk,
        Linphone(tmp_path, svara.account("bob-soft"), tone_hz=660) as soft,
        Linphone(tmp_path, svara.account("bob-home"), tone_hz=880) as home,
    ):
        anna.dial("102")
        for phone in (desk, soft, home):
            phone.wait_state("incoming")
        soft.answer()
        anna.wait_state("talking")
        desk.wait_state("idle")
        home.wait_state("idle")
        anna.wait_to_hear(660)
        soft.wait_to_hear(440)
        trace = (home.folder / "trace").read_text("utf-8", "replace")
        assert 'Reason: SIP;cause=200;text="Call completed elsewhere"' in trace
        soft.hangup()
        anna.wait_state("idle")
        (record,) = svara.wait_records(1)
        assert record["answered_by"] == "bob"
        assert {leg["phone"]: bool(leg["answered_at"]) for leg in record["legs"]} == {
            "bob-desk": False, "bob-soft": True, "bob-home": False,
        }  # fmt: skip


def test_when_anna_gives_up_all_of_bobs_phones_stop_and_it_is_one_record(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=500) as desk,
        Baresip(tmp_path, svara.account("bob-soft"), tone_hz=660) as soft,
    ):
        anna.dial("102")
        desk.wait_state("incoming")
        soft.wait_state("incoming")
        anna.hangup()
        desk.wait_state("idle")
        soft.wait_state("idle")
        (record,) = svara.wait_records(1)
        assert (record["outcome"], len(record["legs"])) == ("abandoned", 2)


def test_one_phone_rejects_and_the_other_answers(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=500) as desk,
        Baresip(tmp_path, svara.account("bob-soft"), tone_hz=660) as soft,
    ):
        anna.dial("102")
        desk.wait_state("incoming")
        soft.wait_state("incoming")
        desk.hangup()
        desk.wait_state("idle")
        assert soft.state == "incoming"
        soft.answer()
        anna.wait_state("talking")
        anna.wait_to_hear(660)
        soft.wait_to_hear(440)
        anna.hangup()
        (record,) = svara.wait_records(1)
        assert (record["outcome"], len(record["legs"])) == ("answered", 2)
