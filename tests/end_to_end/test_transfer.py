"""Calls are sent on by real phones, blind and attended; tones prove who hears whom after each step."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.desk import ANNA_HZ, BOB_HZ, hear_each_other, talk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


def test_a_linphone_sends_the_other_on(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.transfer("103")
    cecilie.wait_state("incoming")
    cecilie.answer()
    hear_each_other(bob, cecilie)
    anna.wait_state("idle")
    bob.hangup()
    cecilie.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["answered_by"], record["outcome"]) == ("anna", "bob", "answered")
    assert [(one["by_person"], one["to"], one["how"]) for one in record["transfers"]] == [
        ("anna", "person:cecilie", "blind")
    ]
    assert [leg["person"] for leg in record["legs"] if leg["answered_at"]] == ["bob", "cecilie"]


def test_a_baresip_sends_the_caller_on(svara: Svara, anna: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    with Baresip(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as bob:
        talk(anna, bob, "102")
        anna.wait_to_hear(BOB_HZ)
        bob.transfer("103")
        cecilie.wait_state("incoming")
        cecilie.answer()
        hear_each_other(anna, cecilie)
        bob.wait_state("idle")
        cecilie.hangup()
        anna.wait_state("idle")


def test_nobody_takes_it_and_the_two_talk_again(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.transfer("103")
    cecilie.wait_state("incoming")
    cecilie.hangup()
    hear_each_other(anna, bob)
    bob.hangup()
    anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [one["how"] for one in record["transfers"]] == ["blind", "taken-back"]


def test_anna_speaks_with_cecilie_first_and_puts_the_two_together(
    svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone
) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.hold()
    anna.wait_state("held")
    talk(anna, cecilie, "103")
    cecilie.wait_to_hear(ANNA_HZ)
    anna.put_together()
    hear_each_other(bob, cecilie)
    cecilie.hangup()
    bob.wait_state("idle")
    consulted, through = sorted(svara.wait_records(2), key=lambda one: one["end_reason"] != "transferred")
    assert consulted["end_reason"] == "transferred"
    assert [one["how"] for one in through["transfers"]] == ["attended"]


def test_a_click_holds_takes_back_and_sends_on(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    [call] = svara.get("/calls/running", "anna")["items"]
    svara.send("POST", f"/calls/{call['id']}/hold", {}, "anna")
    bob.wait_for_music(ANNA_HZ)
    svara.send("POST", f"/calls/{call['id']}/resume", {}, "anna")
    bob.wait_to_hear(ANNA_HZ)
    svara.send("POST", f"/calls/{call['id']}/transfer", {"to": "103"}, "anna")
    anna.wait_state("idle")
    cecilie.wait_state("incoming")
    cecilie.answer()
    hear_each_other(bob, cecilie)
    bob.hangup()
    cecilie.wait_state("idle")
