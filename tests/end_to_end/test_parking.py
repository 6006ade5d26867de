"""Real phones park, take and pick up; tones and music tell who hears whom after each step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.desk import ANNA_HZ, BOB_HZ, CECILIE_HZ, hear_each_other, hears_music, line, talk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


@pytest.fixture
def phones(svara: Svara, tmp_path: Path) -> Iterator[tuple[Baresip, Baresip, Linphone]]:
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        yield anna, bob, cecilie


def test_anna_is_parked_hears_music_and_is_taken(svara: Svara, phones: tuple[Baresip, Baresip, Linphone]) -> None:
    anna, bob, cecilie = phones
    talk(anna, bob, "102")
    anna.wait_to_hear(BOB_HZ)
    bob.transfer("801")
    bob.wait_state("idle", timeout_seconds=15)
    hears_music(anna)
    cecilie.dial("801")
    cecilie.wait_state("talking")
    hear_each_other(anna, cecilie)
    cecilie.hangup()
    anna.wait_state("idle")
    svara.wait_records(2)


def test_the_key_of_a_parking_place_is_lit_while_somebody_is_there(
    svara: Svara, phones: tuple[Baresip, Baresip, Linphone], tmp_path: Path
) -> None:
    """Cecilie's desk phone has a key for 802 beside its display; pressed, it dials what it shows."""
    anna, bob, cecilie = phones
    with line(svara, tmp_path, "lamp", "cecilie-desk", "802") as key:
        assert "<state>" not in key.wait_for("NOTIFY").text
        talk(anna, bob, "102")
        anna.wait_to_hear(BOB_HZ)
        bob.transfer("802")
        assert "<state>confirmed</state>" in key.wait_for("NOTIFY", 2).text
        bob.wait_state("idle", timeout_seconds=15)
        hears_music(anna)
        cecilie.dial("802")
        hear_each_other(anna, cecilie)
        assert "<state>" not in key.wait_for("NOTIFY", 3).text
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
    hear_each_other(anna, cecilie)
    anna.hangup()
    cecilie.wait_state("idle")
    svara.wait_records(2)
