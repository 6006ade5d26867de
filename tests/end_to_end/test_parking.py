"""Real phones park, take and pick up; tones and music tell who hears whom after each step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 880


@pytest.fixture(scope="module")
def svara() -> Iterator[Svara]:
    with Svara((ANNA, BOB, CECILIE)) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        office["parking"] = {"extensions": "801-803", "seconds": 60}
        for person in office["people"]:
            person["pickup"] = ["team"]
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def phones(svara: Svara, tmp_path: Path) -> Iterator[tuple[Baresip, Baresip, Linphone]]:
    svara.mark()
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        yield anna, bob, cecilie


def hears_music(phone: Baresip) -> None:
    """Sound, and nobody's tone."""
    phone.wait(
        lambda: phone.heard(1.0)[1] > 0.005 and all(abs(phone.heard(1.0)[0] - hz) > 15 for hz in (BOB_HZ, CECILIE_HZ)),
        lambda: f"heard {phone.heard(1.0)}",
    )


def test_anna_is_parked_hears_music_and_is_taken(svara: Svara, phones: tuple[Baresip, Baresip, Linphone]) -> None:
    anna, bob, cecilie = phones
    anna.dial("102")
    bob.wait_state("incoming")
    bob.answer()
    anna.wait_state("talking")
    anna.wait_to_hear(BOB_HZ)
    bob.transfer("801")
    bob.wait_state("idle", timeout_seconds=15)
    hears_music(anna)
    cecilie.dial("801")
    cecilie.wait_state("talking")
    anna.wait_to_hear(CECILIE_HZ)
    cecilie.wait_to_hear(ANNA_HZ)
    cecilie.hangup()
    anna.wait_state("idle")
    svara.wait_records(2)


def test_cecilie_picks_up_what_rings_at_bob_s_desk(svara: Svara, phones: tuple[Baresip, Baresip, Linphone]) -> None:
    anna, bob, cecilie = phones
    anna.dial("102")
    bob.wait_state("incoming")
    cecilie.dial("*8")
    bob.wait_state("idle")
    cecilie.wait_state("talking")
    anna.wait_state("talking")
    anna.wait_to_hear(CECILIE_HZ)
    cecilie.wait_to_hear(ANNA_HZ)
    anna.hangup()
    cecilie.wait_state("idle")
    svara.wait_records(2)
