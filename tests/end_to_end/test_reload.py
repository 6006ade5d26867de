"""A page is loaded again while its person waits in a queue: they wait on, at the same place."""

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

MUSIC_HZ, ANNA_HZ, BOB_HZ = 880, 440, 660


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """With a queue in which nobody answers; its music is a tone that no phone sends."""
    build()
    with Svara((ANNA, BOB, CECILIE, DAG)) as svara:
        sound.write_wav(svara.data.parent / "music.wav", sound.tone(MUSIC_HZ, 4.0, 16_000), 16_000)
        office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
        office["sounds"] = [{"name": "music", "file": "music.wav"}]
        office["queues"] = [{"name": "support", "extension": "600", "members": ["dag"], "music": "music"}]
        office["menus"] = [
            {"name": "front", "extension": "700", "prompt": "prompt", "keys": {"1": "person:bob"}, "tries": 9}
        ]
        office["conferences"] = [{"name": "coffee", "extension": "810", "announce": False}]
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
