"""A conference with real phones: tones prove who hears whom, muted and not, and after processes behind it were killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.test_supervision import ANNA_HZ, BOB_HZ, CECILIE_HZ, heard
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Phone
from tests.peers.server import ANNA, BOB, CECILIE, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
EVERYBODY = {ANNA_HZ, BOB_HZ, CECILIE_HZ}


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """A server of its own, since it is hurt here."""
    with Svara((ANNA, BOB, CECILIE)) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE)))
        office["conferences"] = [
            {"name": "monday", "extension": "800", "pin": "471106", "moderator_pin": "258013", "announce": False},
            {"name": "coffee", "extension": "801"},
        ]
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


def wait_to_hear(phone: Phone, *tones: int, timeout_seconds: float = 15.0) -> None:
    """Until a phone hears exactly these tones, and no other of the three."""
    phone.wait(
        lambda: heard(phone) == set(tones),  # type: ignore[arg-type]
        lambda: f"hears {heard(phone)} and not {set(tones)}",  # type: ignore[arg-type]
        timeout_seconds=timeout_seconds,
    )


def enter(phone: Phone, pin: str) -> None:
    for key in f"{pin}#":
        phone.press(key)
        time.sleep(0.3)


def people(svara: Svara, name: str = "monday") -> list[str]:
    return [one["person"] for one in svara.get(f"/conferences/{name}")["members"] or ()]


@pytest.fixture
def phones(svara: Svara, tmp_path: Path) -> Iterator[tuple[Baresip, Baresip, Baresip]]:
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Baresip(tmp_path / "c", svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as cecilie,
    ):
        yield anna, bob, cecilie


def test_three_hear_each_other_and_the_moderator_mutes_and_removes(
    svara: Svara, phones: tuple[Baresip, Baresip, Baresip]
) -> None:
    anna, bob, cecilie = phones
    for phone, pin in ((anna, "258013"), (bob, "471106"), (cecilie, "471106")):
        phone.dial("800")
        phone.wait_state("talking")
        enter(phone, pin)
    for phone, own in ((anna, ANNA_HZ), (bob, BOB_HZ), (cecilie, CECILIE_HZ)):
        wait_to_hear(phone, *(EVERYBODY - {own}))
    assert people(svara) == ["anna", "bob", "cecilie"]

    bob.press("1")
    wait_to_hear(anna, CECILIE_HZ)
    wait_to_hear(cecilie, ANNA_HZ)
    bob.press("1")
    wait_to_hear(anna, BOB_HZ, CECILIE_HZ)

    members = svara.get("/conferences/monday")["members"]
    third = next(one["id"] for one in members if one["person"] == "cecilie")
    svara.send("POST", f"/conferences/monday/members/{third}/remove", {}, "anna")
    cecilie.wait_state("idle")
    wait_to_hear(anna, BOB_HZ)
    anna.hangup()
    bob.hangup()
    records = {record["from_person"]: record for record in svara.wait_records(3)}
    [conferred] = svara.get(f"/calls/{records['cecilie']['id']}", "cecilie")["conferences"]
    assert (conferred["name"], conferred["why"]) == ("monday", "removed")
    assert {met["person"] for met in conferred["met"]} == {"anna", "bob"}
    assert records["cecilie"]["end_reason"] == "removed from the conference"


def test_the_calls_process_is_killed_and_nobody_hears_anything_of_it(
    svara: Svara, phones: tuple[Baresip, Baresip, Baresip]
) -> None:
    anna, bob, cecilie = phones
    for phone in (anna, bob):
        phone.dial("801")
        phone.wait_state("talking")
    wait_to_hear(anna, BOB_HZ)
    wait_to_hear(bob, ANNA_HZ)
    killed = svara.kill("calls")
    wait_to_hear(anna, BOB_HZ, timeout_seconds=2)
    svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 2, timeout_seconds=10)
    wait_to_hear(anna, BOB_HZ, timeout_seconds=2)
    svara.until(lambda: people(svara, "coffee") == ["anna", "bob"], timeout_seconds=5)
    svara.until(lambda: cecilie.registered, timeout_seconds=10)
    cecilie.dial("801")
    wait_to_hear(cecilie, ANNA_HZ, BOB_HZ)
    wait_to_hear(anna, BOB_HZ, CECILIE_HZ)
    for phone in phones:
        phone.hangup()
    assert [record["outcome"] for record in svara.wait_records(3)] == ["answered"] * 3


def test_the_voice_process_is_killed_and_all_are_together_again(svara: Svara, tmp_path: Path) -> None:
    with (
        Linphone(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Linphone(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        for phone in (anna, bob):
            phone.dial("801")
            phone.wait_state("talking")
        anna.wait_to_hear(BOB_HZ)
        bob.wait_to_hear(ANNA_HZ)
        svara.kill("voice")
        time.sleep(1)
        anna.wait_to_hear(BOB_HZ, timeout_seconds=20)
        bob.wait_to_hear(ANNA_HZ, timeout_seconds=20)
        anna.hangup()
        bob.hangup()
    records = svara.wait_records(2)
    assert [record["end_reason"] for record in records] == ["hung up", "hung up"]
