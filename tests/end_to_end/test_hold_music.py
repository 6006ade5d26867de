"""Who is on hold hears music, and the other again when taken back: whichever phone holds, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Phone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660
ROUNDS = 10


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def talk(caller: Phone, callee: Phone, dialled: str) -> None:
    caller.dial(dialled)
    callee.wait_state("incoming")
    callee.answer()
    caller.wait_state("talking")


def test_a_baresip_holds_and_takes_back_ten_times(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    with Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
        talk(anna, bob, "102")
        bob.wait_to_hear(ANNA_HZ)
        for _ in range(ROUNDS):
            anna.hold()
            bob.wait_for_music(ANNA_HZ)
            anna.resume()
            bob.wait_to_hear(ANNA_HZ)
            anna.wait_for_packets()
        anna.hangup()
        bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [hold["by"] for hold in record["holds"]] == ["caller"] * ROUNDS


def test_a_linphone_holds_a_linphone_and_takes_it_back_ten_times(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    with Linphone(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
        talk(anna, bob, "102")
        bob.wait_to_hear(ANNA_HZ)
        anna.wait_to_hear(BOB_HZ)
        for holds, held, tone_hz in ((anna, bob, ANNA_HZ), (bob, anna, BOB_HZ)) * (ROUNDS // 2):
            holds.hold()
            holds.wait_state("held")
            held.wait_for_music(tone_hz)
            holds.resume()
            holds.wait_state("talking")
            bob.wait_to_hear(ANNA_HZ)
            anna.wait_to_hear(BOB_HZ)
        anna.hangup()
        bob.wait_state("idle")


def test_a_linphone_holds_a_baresip_which_hears_it_again(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    with Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna:
        talk(anna, bob, "102")
        bob.wait_to_hear(ANNA_HZ)
        for _ in range(3):  # it counts eight sources in a call, and each piece of music is one
            bob.hold()
            bob.wait_state("held")
            anna.wait_for_packets()  # the music
            bob.resume()
            bob.wait_state("talking")
            bob.wait_to_hear(ANNA_HZ)
            anna.wait_for_packets()
        anna.hangup()
        bob.wait_state("idle")
