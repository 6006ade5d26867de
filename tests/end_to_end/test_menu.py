"""Anna calls a menu with a real phone: what she hears is measured, and the keys that she presses take her to Bob."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.peers import sealed, sound
from tests.peers.baresip import Baresip
from tests.peers.browser import BrowserPhone
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file

from svara.web.build import build

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

PROMPT_HZ, ANNA_HZ, BOB_HZ = 880, 440, 660


def with_menu(folder: Path) -> str:
    """The office file of a company with a menu whose prompt is a tone."""
    sound.write_wav(folder / "welcome.wav", sound.tone(PROMPT_HZ, 4.0, 16_000), 16_000)
    office = json.loads(office_file((ANNA, BOB, CECILIE)))
    office["sounds"] = [{"name": "welcome", "file": "welcome.wav"}]
    office["menus"] = [
        {
            "name": "front",
            "extension": "700",
            "prompt": "welcome",
            "keys": {"1": "person:bob", "2": "voicemail:bob"},
            "otherwise": "person:cecilie",
            "direct_dial": False,
        }
    ]
    return json.dumps(office)


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara() as svara:
        svara.apply(with_menu(svara.data.parent))
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


@pytest.mark.claim("PHO-4")
def test_a_key_leads_from_the_prompt_to_bob_and_both_hear_each_other(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    anna.dial("700")
    anna.wait_state("talking")
    anna.wait_to_hear(PROMPT_HZ)
    anna.press("1")
    bob.wait_state("incoming")
    time.sleep(0.5)
    bob.answer()
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")


def test_the_calls_process_is_killed_while_anna_hears_the_menu(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    anna.dial("700")
    anna.wait_to_hear(PROMPT_HZ)
    killed = svara.kill("calls")
    svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 1, timeout_seconds=8)
    anna.wait_to_hear(PROMPT_HZ, timeout_seconds=6)
    anna.press("1")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    anna.hangup()
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")


@pytest.mark.parametrize("role", ["voice", "media"])
def test_a_process_that_makes_sound_is_killed_and_the_menu_is_heard_again(
    svara: Svara, anna: Baresip, bob: Linphone, role: str
) -> None:
    anna.dial("700")
    anna.wait_to_hear(PROMPT_HZ)
    killed = svara.kill(role)
    svara.until(lambda: svara.is_anew(role, killed), timeout_seconds=8)
    time.sleep(1)
    anna.wait_to_hear(PROMPT_HZ, timeout_seconds=15)
    anna.press("1")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    anna.hangup()
    bob.wait_state("idle")


def test_a_message_for_bob_is_what_anna_said(svara: Svara, anna: Baresip) -> None:
    anna.dial("700")
    anna.wait_to_hear(PROMPT_HZ)
    anna.press("2")
    time.sleep(6)
    anna.hangup()
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"]) == ("voicemail", "left a message")
    files = list((svara.data / "recordings" / "voicemail").glob("*.wav"))
    assert len(files) == 1
    samples, rate_hz = sound.read_wav(sealed.opened_in(svara.data, files[0]))
    heard_hz, _ = sound.dominant(samples, rate_hz)
    assert abs(heard_hz - ANNA_HZ) < 10


@pytest.mark.browser
def test_in_her_browser_anna_hears_the_prompt_and_her_key_leads_to_bob(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    build()
    with sync_playwright() as playwright:
        anna = BrowserPhone(playwright, tmp_path, svara, "anna", ANNA_HZ)
        anna.sign_in()
        anna.turn_on()
        call = anna.dial("700")
        anna.wait_to_hear(PROMPT_HZ)
        anna.do("keys", call, "1")
        bob.wait_state("incoming")
        bob.answer()
        anna.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(ANNA_HZ)
        anna.do("hangup", call)
        bob.wait_state("idle")
        anna.close()
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")


@pytest.mark.browser
def test_a_key_that_is_led_elsewhere_on_the_page_leads_the_next_call_there(
    svara: Svara, anna: Baresip, bob: Linphone, tmp_path: Path
) -> None:
    build()
    with sync_playwright() as playwright:
        at_her_desk = BrowserPhone(playwright, tmp_path, svara, "anna", ANNA_HZ)
        at_her_desk.sign_in()
        page = at_her_desk.page
        for key, to in (("2", "person:bob"), ("2", "voicemail:bob")):
            page.goto(f"http://{svara.http}/administration/menus/")
            page.locator(".flow-drawing").get_by_role("button").filter(has_text=f"Key {key}").click()
            page.get_by_role("dialog").get_by_label("Leads to", exact=True).select_option(to)
            page.get_by_role("dialog").get_by_role("button", name="Save").click()
            expect(page.locator(".notice.good")).to_contain_text("Calls go the new way already")
            if to == "person:bob":
                anna.dial("700")
                anna.wait_to_hear(PROMPT_HZ)
                anna.press(key)
                bob.wait_state("incoming")
                bob.answer()
                anna.wait_to_hear(BOB_HZ)
                anna.hangup()
                bob.wait_state("idle")
        at_her_desk.close()
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")
