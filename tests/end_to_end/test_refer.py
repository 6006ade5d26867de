"""Transfers message by message: SIPp asks for them by REFER, real phones prove by their tones who hears whom after it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.peers import sipp
from tests.peers.desk import BOB_HZ, hear_each_other, line
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


def pick_up(phone: Linphone) -> None:
    phone.wait_state("incoming")
    phone.answer()
    phone.wait_state("talking")


def is_done(phone: Sipp) -> None:
    outcome = phone.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors


def into(svara: Svara, extension: str, talk: Sipp) -> str:
    """A Refer-To that names another talk."""
    return f"{extension}@{svara.sip}?Replaces={quote(talk.dialog(), safe='')}"


@contextmanager
def nobody_answers(port: int) -> Iterator[None]:
    """What comes to the phone that had this port is neither answered nor refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", port))
        yield


def test_anna_sends_bob_on_and_is_told_each_step(svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    """RFC 3515: 202, then 100, 180 and 200 as fragments, the last of which ends the subscription."""
    with line(svara, tmp_path, "blind", "anna-desk", "102", refer_to=f"103@{svara.sip}", told="200 OK") as anna:
        pick_up(bob)
        bob.wait_to_hear(BOB_HZ)  # she gives back what she hears
        anna.go()
        pick_up(cecilie)
        hear_each_other(bob, cecilie)
        is_done(anna)
        bob.hangup()
        cecilie.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [(one["by_person"], one["to"], one["how"]) for one in record["transfers"]] == [
        ("anna", "person:cecilie", "blind")
    ]
    assert [leg["person"] for leg in record["legs"] if leg["answered_at"]] == ["bob", "cecilie"]


def test_anna_puts_two_talks_together(svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    """RFC 5589 section 7: REFER with Replaces, in the call in which she asked Cecilie."""
    with line(svara, tmp_path, "holding", "anna-desk", "102") as first:
        pick_up(bob)
        first.wait_for("SIP/2.0 200", 2)  # on hold
        refer_to = into(svara, "102", first)
        with line(svara, tmp_path, "attended", "anna-desk", "103", refer_to=refer_to, told="200 OK") as second:
            pick_up(cecilie)
            second.go()
            hear_each_other(bob, cecilie)
            is_done(second)
            is_done(first)
            bob.hangup()
            cecilie.wait_state("idle")
    consulted, through = sorted(svara.wait_records(2), key=lambda one: one["end_reason"] != "transferred")
    assert (consulted["end_reason"], consulted["transfers"]) == ("transferred", [])
    assert [(one["by_person"], one["how"]) for one in through["transfers"]] == [("anna", "attended")]
    assert [leg["person"] for leg in through["legs"] if leg["answered_at"]] == ["bob", "cecilie"]


def test_cecilie_is_busy_and_the_two_talk_on(svara: Svara, bob: Linphone, tmp_path: Path) -> None:
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with (
        Sipp(tmp_path, "busy", svara.sip, login="cecilie-desk", port=port, timeout_seconds=60) as cecilie,
        line(
            svara, tmp_path, "blind_refused", "anna-desk", "102", refer_to=f"103@{svara.sip}", told="486 Busy Here"
        ) as anna,
    ):
        pick_up(bob)
        bob.wait_to_hear(BOB_HZ)
        anna.go()
        is_done(cecilie)
        anna.wait_for("INVITE")  # her talk has sound again
        bob.wait_to_hear(BOB_HZ)
        anna.go()
        is_done(anna)
        bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [one["how"] for one in record["transfers"]] == ["blind", "taken-back"]
    assert (record["outcome"], record["answered_by"]) == ("answered", "bob")


def test_anna_parks_bob_by_the_code(svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    """`*85` is the one feature code that somebody can be sent to: the first free place, 801."""
    with line(svara, tmp_path, "parking", "anna-desk", "102", refer_to=f"*85@{svara.sip}", told="200 OK") as anna:
        pick_up(bob)
        anna.go()
        is_done(anna)
    cecilie.dial("801")
    hear_each_other(bob, cecilie)
    bob.hangup()
    cecilie.wait_state("idle")
    svara.wait_records(2)


def test_anna_is_gone_as_soon_as_she_has_asked(svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    """Nobody answers the NOTIFYs, and the BYE that comes when she does not hang up herself."""
    with line(svara, tmp_path, "vanish", "anna-desk", "102", refer_to=f"103@{svara.sip}") as anna:
        pick_up(bob)
        anna.go()
        is_done(anna)
    with nobody_answers(anna.port):
        pick_up(cecilie)
        hear_each_other(bob, cecilie)
        cecilie.hangup()
        bob.wait_state("idle")
        (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"]) == ("answered", "hung up")
    assert [leg["person"] for leg in record["legs"] if leg["answered_at"]] == ["bob", "cecilie"]
    svara.wait_quiet()


def test_anna_is_gone_after_she_has_put_two_together(svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path) -> None:
    with line(svara, tmp_path, "holding", "anna-desk", "102") as first:
        pick_up(bob)
        first.wait_for("SIP/2.0 200", 2)
        with line(svara, tmp_path, "vanish", "anna-desk", "103", refer_to=into(svara, "102", first)) as second:
            pick_up(cecilie)
            first.process.kill()
            first.process.wait(5)
            with nobody_answers(first.port):
                second.go()
                is_done(second)
                with nobody_answers(second.port):
                    hear_each_other(bob, cecilie)
                    bob.hangup()
                    cecilie.wait_state("idle")
                    consulted, through = sorted(
                        svara.wait_records(2, 10), key=lambda one: one["end_reason"] != "transferred"
                    )
    assert consulted["end_reason"] == "transferred"
    assert (through["end_reason"], [one["how"] for one in through["transfers"]]) == ("hung up", ["attended"])
    svara.wait_quiet()
