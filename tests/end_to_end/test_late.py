"""Phones that come while their person is rung: switched on, started again, or loaded again as a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers.baresip import Baresip
from tests.peers.browser import BrowserPhone
from tests.peers.server import Svara

from svara.web.build import build

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 880


def test_bob_switches_on_a_phone_while_another_of_his_rings_and_answers_there(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=500) as desk,
    ):
        anna.dial("102")
        desk.wait_state("incoming")
        with Baresip(tmp_path, svara.account("bob-soft"), tone_hz=BOB_HZ) as soft:
            soft.wait_state("incoming")
            soft.answer()
            anna.wait_state("talking")
            desk.wait_state("idle")
            anna.wait_to_hear(BOB_HZ)
            soft.wait_to_hear(ANNA_HZ)
            soft.hangup()
            anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert {leg["phone"]: bool(leg["answered_at"]) for leg in record["legs"]} == {"bob-desk": False, "bob-soft": True}


def test_bobs_only_phone_is_killed_while_it_rings_and_rings_when_it_is_back(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as desk,
    ):
        anna.dial("102")
        desk.wait_state("incoming")
        desk.kill()
        desk.state, desk.registered = "idle", False
        desk.launch()
        desk.wait_state("incoming")
        assert anna.state == "ringing"
        desk.answer()
        anna.wait_state("talking")
        anna.wait_to_hear(BOB_HZ)
        desk.wait_to_hear(ANNA_HZ)
        anna.hangup()
        desk.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")


@pytest.mark.browser
def test_cecilies_page_is_loaded_again_while_it_rings_and_she_answers_on_the_new_one(svara: Svara, tmp_path: Path) -> None:
    build()
    with (
        sync_playwright() as playwright,
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
    ):
        cecilie = BrowserPhone(playwright, tmp_path, svara, "cecilie", CECILIE_HZ)
        cecilie.sign_in()
        cecilie.turn_on()
        svara.wait_presence("cecilie", "available")
        anna.dial("103")
        cecilie.wait_state("ringing")
        cecilie.page.reload()
        cecilie.turn_on()
        cecilie.wait_state("ringing")
        assert anna.state == "ringing"
        cecilie.answer()
        anna.wait_state("talking")
        anna.wait_to_hear(CECILIE_HZ)
        cecilie.wait_to_hear(ANNA_HZ)
        anna.hangup()
        cecilie.wait_state("idle")
        cecilie.close()
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "cecilie")
    pages = [leg for leg in record["legs"] if leg["phone"].startswith("~")]  # a desk phone of another test may ring too
    assert [bool(leg["answered_at"]) for leg in pages] == [False, True]
