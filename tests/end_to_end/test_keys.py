"""A baresip sends the other side on by keys within the talk; tones prove who hears whom."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Phone
from tests.peers.server import Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ = 440, 660, 1150


@pytest.fixture
def switched_on(svara: Svara) -> Iterator[Svara]:
    office = json.loads(office_file(svara.people))
    office["tenant"]["codes"] = {"transfer": "*1"}
    svara.apply(json.dumps(office))
    yield svara
    svara.apply(office_file(svara.people))


def press(phone: Phone, keys: str) -> None:
    for key in keys:
        phone.press(key)
        time.sleep(0.4)


def test_a_phone_without_a_key_for_it_sends_the_other_on(switched_on: Svara, tmp_path: Path) -> None:
    svara = switched_on
    with (
        Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        anna.dial("102")
        bob.wait_state("incoming")
        bob.answer()
        bob.wait_to_hear(ANNA_HZ)
        time.sleep(1)
        press(anna, "*1")
        bob.wait_for_music(ANNA_HZ)
        press(anna, "*")  # on second thoughts
        bob.wait_to_hear(ANNA_HZ)
        press(anna, "*1")
        bob.wait_for_music(ANNA_HZ)
        press(anna, "103#")
        cecilie.wait_state("incoming")
        anna.wait_state("idle")
        cecilie.answer()
        cecilie.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(CECILIE_HZ)
        bob.hangup()
        cecilie.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [(one["by_person"], one["to"]) for one in record["transfers"]] == [("anna", "person:cecilie")]
