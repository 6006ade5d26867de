"""The tests' own phones, without any server: they call each other and hear each other's tone."""

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.phone import Account
from tests.peers.sipp import Sipp

pytestmark = pytest.mark.peer


def test_baresip_calls_linphone_and_both_hear_the_other(tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, Account("anna"), tone_hz=440) as anna,
        Linphone(tmp_path, Account("bob"), tone_hz=660) as bob,
    ):
        anna.dial(bob.uri)
        bob.wait_state("incoming")
        anna.wait_state("ringing")
        bob.answer()
        anna.wait_state("talking")
        bob.wait_state("talking")
        anna.wait_to_hear(660)
        bob.wait_to_hear(440)
        anna.press("5")
        bob.wait_digits("5")
        bob.press("7")
        anna.wait_digits("7")
        anna.hangup()
        bob.wait_state("idle")


def test_linphone_holds_and_takes_back_the_other(tmp_path: Path) -> None:
    with (
        Linphone(tmp_path, Account("anna"), tone_hz=440, auto_answer=True) as anna,
        Linphone(tmp_path, Account("bob"), tone_hz=660) as bob,
    ):
        bob.dial(anna.uri)
        bob.wait_state("talking")
        bob.wait_to_hear(440)
        bob.hold()
        bob.wait_state("held")
        bob.resume()
        bob.wait_state("talking")
        bob.wait_to_hear(440)
        anna.wait_to_hear(660)
        bob.hangup()
        anna.wait_state("idle")


def test_baresip_holds_and_takes_back_linphone(tmp_path: Path) -> None:
    with (
        Baresip(tmp_path, Account("anna"), tone_hz=440) as anna,
        Linphone(tmp_path, Account("bob"), tone_hz=660, auto_answer=True) as bob,
    ):
        anna.dial(bob.uri)
        anna.wait_state("talking")
        bob.wait_to_hear(440)
        anna.hold()
        assert bob.falls_silent()
        anna.resume()
        bob.wait_to_hear(440)
        anna.wait_for_packets()


def test_a_phone_that_declines_says_so(tmp_path: Path) -> None:
    with Baresip(tmp_path, Account("anna")) as anna, Baresip(tmp_path, Account("bob")) as bob:
        anna.dial(bob.uri)
        bob.wait_state("incoming")
        bob.hangup()
        anna.wait_state("idle")
        assert "486" in anna.ended_with


def test_sipp_answers_and_gives_back_what_it_hears(tmp_path: Path) -> None:
    with (
        Sipp(tmp_path, "answer", "127.0.0.1:5060", login="cecilie", ring_seconds=0.2) as cecilie,
        Linphone(tmp_path, Account("bob"), tone_hz=660) as bob,
    ):
        bob.dial(f"sip:cecilie@127.0.0.1:{cecilie.port}")
        bob.wait_state("ringing")
        bob.wait_state("talking")
        bob.wait_to_hear(660)
        bob.hangup()
        outcome = cecilie.wait()
        assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
