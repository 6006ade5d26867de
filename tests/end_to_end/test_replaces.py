"""INVITE with Replaces (RFC 3891), as a phone makes it out of what a colleague's lamp tells (RFC 4235): a ringing call is
picked up, a talk is taken over; and what nobody can take."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.peers.desk import ANNA_HZ, line, talk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

NAMES = {"d": "urn:ietf:params:xml:ns:dialog-info"}


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


def told(lamp: Sipp, state: str) -> str:
    """The Replaces of the call that the lamp shows in this state, once it is told."""

    def dialogs() -> list[ET.Element]:
        documents = [ET.fromstring(text.partition("<?xml")[1] + text.partition("<?xml")[2]) for text in bodies(lamp)]
        return [
            one
            for each in documents
            for one in each.findall("d:dialog", NAMES)
            if one.findtext("d:state", "", NAMES) == state
        ]

    lamp.wait_for("NOTIFY")
    for count in range(2, 6):
        if dialogs():
            break
        lamp.wait_for("NOTIFY", count)
    one = dialogs()[-1]
    return f"{one.get('call-id')};to-tag={one.get('local-tag')};from-tag={one.get('remote-tag')}"


def bodies(lamp: Sipp) -> list[str]:
    return [text.strip() for text in lamp.requests("NOTIFY")]


def instead(svara: Svara, folder: Path, login: str, replaces: str) -> Sipp:
    """A call of this phone that takes the place of another."""
    return line(svara, folder, "talk", login, "102", invited_with=f"Require: replaces\nReplaces: {replaces}")


def is_refused(svara: Svara, folder: Path, login: str, status: int, replaces: str) -> None:
    asked = f"Require: replaces\nReplaces: {replaces}"
    with line(svara, folder, "refused", login, "102", invited_with=asked, status=str(status)) as phone:
        outcome = phone.wait()
        assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors


@pytest.mark.claim("PHO-6")
def test_cecilie_s_key_blinks_and_takes_the_call_that_rings_at_bob_s_desk(
    svara: Svara, anna: Linphone, bob: Linphone, tmp_path: Path
) -> None:
    with line(svara, tmp_path, "lamp", "cecilie-desk", "102") as lamp:
        lamp.wait_for("NOTIFY")
        anna.dial("102")
        bob.wait_state("incoming")
        with instead(svara, tmp_path, "cecilie-desk", told(lamp, "early") + ";early-only") as cecilie:
            anna.wait_state("talking")
            anna.wait_to_hear(ANNA_HZ)  # Cecilie gives back what she hears
            bob.wait_state("idle")
            anna.hangup()
            outcome = cecilie.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    taken = next(one for one in svara.wait_records(2) if one["from_person"] == "anna")
    assert (taken["answered_by"], taken["outcome"]) == ("cecilie", "answered")
    assert [(one["by_person"], one["how"]) for one in taken["transfers"]] == [("cecilie", "pick-up")]


def test_bob_takes_his_talk_along_to_his_other_phone(svara: Svara, anna: Linphone, bob: Linphone, tmp_path: Path) -> None:
    with line(svara, tmp_path, "lamp", "bob-soft", "102") as lamp:
        lamp.wait_for("NOTIFY")
        talk(anna, bob, "102")
        bob.wait_to_hear(ANNA_HZ)
        with instead(svara, tmp_path, "bob-soft", told(lamp, "confirmed")) as soft:
            soft.wait_for("SIP/2.0 200")
            bob.wait_state("idle")
            anna.wait_to_hear(ANNA_HZ)
            soft.go()
            outcome = soft.wait()
            anna.wait_state("idle")
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    (talked,) = svara.wait_records(1)  # going on at another phone is no call of its own
    assert [leg["person"] for leg in talked["legs"] if leg["answered_at"]] == ["bob", "bob"]


def test_nobody_takes_what_is_not_theirs(svara: Svara, anna: Linphone, bob: Linphone, tmp_path: Path) -> None:
    with line(svara, tmp_path, "lamp", "bob-soft", "102") as lamp:
        lamp.wait_for("NOTIFY")
        talk(anna, bob, "102")
        bob.wait_to_hear(ANNA_HZ)
        dialog = told(lamp, "confirmed")
        is_refused(svara, tmp_path, "cecilie-desk", 403, dialog)  # a colleague's talk
        is_refused(svara, tmp_path, "eva-desk", 481, dialog)  # another company's: as if there were none
        is_refused(svara, tmp_path, "bob-soft", 486, f"{dialog};early-only")  # it does not ring any more
        is_refused(svara, tmp_path, "bob-soft", 481, "nobody;to-tag=1;from-tag=2")
        is_refused(svara, tmp_path, "bob-soft", 400, "nobody")
        is_refused(svara, tmp_path, "bob-soft", 400, f"{'x' * 600};to-tag=1;from-tag=2")
        bob.wait_to_hear(ANNA_HZ)
        svara.until(lambda: svara.going_on() == 1)
        anna.hangup()
        bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["answered_by"], record["transfers"]) == ("bob", [])
