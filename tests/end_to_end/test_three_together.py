"""Three who talk together out of two talks of one of them, with real phones: tones prove that each hears both others."""

from __future__ import annotations

import pytest
from tests.peers import sound
from tests.peers.desk import ANNA_HZ, BOB_HZ, CECILIE_HZ, talk
from tests.peers.linphone import Linphone
from tests.peers.phone import Phone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


def hears(phone: Phone) -> set[float]:
    """Which of the tones of the three it hears now."""
    path = phone.recording()
    if path is None or not path.exists():
        return set()
    samples, rate_hz = sound.read_wav(path)
    end = samples[-int(0.6 * rate_hz) :]
    return {hz for hz in (ANNA_HZ, BOB_HZ, CECILIE_HZ) if sound.strength(end, hz, rate_hz) > 0.15}


def wait_to_hear(phone: Phone, *others: Phone) -> None:
    tones = {one.tone_hz for one in others}
    phone.wait(lambda: hears(phone) == tones, lambda: f"hears {hears(phone)} and not {tones}", 20)


def two_talks(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.hold()
    anna.wait_state("held")
    talk(anna, cecilie, "103")
    cecilie.wait_to_hear(ANNA_HZ)


def all_hear_each_other(anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    wait_to_hear(bob, anna, cecilie)
    wait_to_hear(cecilie, anna, bob)
    wait_to_hear(anna, bob, cecilie)


def test_anna_asks_for_it_on_a_page(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    two_talks(svara, anna, bob, cecilie)
    newest, older = svara.get("/calls/running", "anna")["items"]
    svara.send("POST", f"/calls/{newest['id']}/merge", {"with": older["id"]}, "anna")
    all_hear_each_other(anna, bob, cecilie)
    anna.hangup()
    wait_to_hear(bob, cecilie)
    wait_to_hear(cecilie, bob)
    bob.hangup()
    cecilie.wait_state("idle", timeout_seconds=20)  # who is left alone is hung up
    svara.wait_quiet()


def test_anna_dials_the_code_on_a_third_line(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    two_talks(svara, anna, bob, cecilie)
    anna.hold()
    anna.wait_state("held")
    anna.dial("*3")
    all_hear_each_other(anna, bob, cecilie)
    bob.hangup()
    wait_to_hear(cecilie, anna)
    wait_to_hear(anna, cecilie)
    cecilie.hangup()
    anna.wait_state("idle", timeout_seconds=20)
    svara.wait_quiet()
