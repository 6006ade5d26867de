"""A page is loaded again while its person waits in a queue, is in a menu or a conference: they go on at the same place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.peers import sound
from tests.peers.baresip import Baresip
from tests.peers.browser import BrowserPhone
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file

from svara.web.build import build

pytestmark = [pytest.mark.browser, pytest.mark.peer, pytest.mark.timeout(300)]

MUSIC_HZ, PROMPT_HZ, ANNA_HZ, BOB_HZ = 880, 1320, 440, 660


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """With a queue in which nobody answers; its music is a tone that no phone sends."""
    build()
    with Svara((ANNA, BOB, CECILIE, DAG)) as svara:
        sound.write_wav(svara.data.parent / "music.wav", sound.tone(MUSIC_HZ, 4.0, 16_000), 16_000)
        office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
        sound.write_wav(svara.data.parent / "prompt.wav", sound.tone(PROMPT_HZ, 8.0, 16_000), 16_000)
        office["sounds"] = [{"name": "music", "file": "music.wav"}, {"name": "prompt", "file": "prompt.wav"}]
        office["queues"] = [{"name": "support", "extension": "600", "members": ["dag"], "music": "music"}]
        office["menus"] = [
            {"name": "front", "extension": "700", "prompt": "prompt", "keys": {"1": "person:bob"}, "tries": 9}
        ]
        office["conferences"] = [{"name": "coffee", "extension": "810", "announce": False, "pin": "4711"}]
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[BrowserPhone]:
    with sync_playwright() as playwright:
        phone = BrowserPhone(playwright, tmp_path, svara, "anna", ANNA_HZ)
        phone.sign_in()
        phone.turn_on()
        yield phone
        phone.close()


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def load_again(anna: BrowserPhone) -> None:
    anna.page.reload()
    anna.turn_on()
    anna.wait_state("talking")


def places(svara: Svara) -> list[str]:
    """The calls that wait, in their order."""
    return [one["id"] for one in svara.get("/queues/support")["waiting"]]


def members(svara: Svara) -> list[tuple[str, str]]:
    """Who is in the conference, and by which call."""
    return [(one["person"], one["id"]) for one in svara.get("/conferences/coffee")["members"]]


def test_in_a_queue_anna_keeps_her_place_and_hears_the_music_again(
    svara: Svara, anna: BrowserPhone, bob: Baresip, tmp_path: Path
) -> None:
    call = anna.dial("600")
    anna.wait_state("talking")
    anna.wait_to_hear(MUSIC_HZ)
    bob.dial("600")
    bob.wait_state("talking")
    svara.until(lambda: len(places(svara)) == 2)
    before = places(svara)
    load_again(anna)
    anna.wait_to_hear(MUSIC_HZ)
    assert places(svara) == before
    assert [one["id"] for one in anna.calls] == [call]
    bob.hangup()
    svara.until(lambda: len(places(svara)) == 1)
    with Baresip(tmp_path, svara.account("dag-desk"), tone_hz=BOB_HZ) as dag:
        dag.wait_state("incoming")
        dag.answer()
        dag.wait_to_hear(ANNA_HZ)
        anna.wait_to_hear(BOB_HZ)
        anna.do("hangup", call)
        dag.wait_state("idle")
    svara.wait_quiet()


def test_in_a_menu_anna_hears_the_prompt_again_and_a_key_leads_her_on(
    svara: Svara, anna: BrowserPhone, bob: Baresip
) -> None:
    anna.dial("700")
    anna.wait_state("talking")
    anna.wait_to_hear(PROMPT_HZ)
    load_again(anna)
    anna.wait_to_hear(PROMPT_HZ)
    anna.do("keys", anna.calls[0]["id"], "1")
    bob.wait_state("incoming")
    bob.answer()
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    anna.do("hangup", anna.calls[0]["id"])
    bob.wait_state("idle")
    svara.wait_quiet()


def test_in_a_conference_both_hear_each_other_again_and_nobody_asks_for_the_pin(
    svara: Svara, anna: BrowserPhone, bob: Baresip
) -> None:
    call = anna.dial("810")
    anna.wait_state("talking")
    anna.do("keys", call, "4711#")
    bob.dial("810")
    bob.wait_state("talking")
    for key in "4711#":
        bob.press(key)
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    before = members(svara)
    load_again(anna)
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    assert members(svara) == before
    assert [who for who, _ in before] == ["anna", "bob"]
    anna.do("hangup", call)
    bob.hangup()
    svara.wait_quiet()


def test_who_tries_the_phone_hears_herself_again(svara: Svara, anna: BrowserPhone) -> None:
    call = anna.dial("*96")
    anna.wait_state("talking")
    anna.wait_to_hear(ANNA_HZ, seconds=40)
    load_again(anna)
    anna.wait_to_hear(ANNA_HZ)
    anna.do("hangup", call)
    svara.wait_quiet()
