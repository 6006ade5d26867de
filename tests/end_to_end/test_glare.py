"""Both sides change a talk at the same moment: 491 to both, and each asks again when it is its turn (RFC 3261, 14.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers import sipp
from tests.peers.desk import CECILIE_HZ, line, talk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara
from tests.peers.sipp import Seen, Sipp

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


def asked_again_after(phone: Sipp) -> float:
    """Seconds from the phone's 491 until the server asked again."""
    seen: list[Seen] = phone.messages()
    refused = next(one for one in seen if one.way == "sent" and one.start.startswith("SIP/2.0 491"))
    again = next(one for one in seen if one.way == "received" and one.text.startswith("INVITE ") and one.at > refused.at)
    return again.at - refused.at


def test_anna_changes_her_talk_in_the_moment_in_which_bob_sends_her_on(
    svara: Svara, bob: Linphone, cecilie: Linphone, tmp_path: Path
) -> None:
    """The call is hers, and its Call-ID: the server waits at most two seconds, she longer."""
    with line(svara, tmp_path, "glare", "anna-desk", "102") as anna:
        bob.wait_state("incoming")
        bob.answer()
        bob.wait_state("talking")
        bob.hold()
        bob.wait_state("held")
        bob.transfer("103")
        cecilie.wait_state("incoming")
        cecilie.answer()
        cecilie.wait_to_hear(CECILIE_HZ)  # Anna gives back what she hears
        cecilie.hangup()
        outcome = anna.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert 0 <= asked_again_after(anna) < 2.1 + 2  # and what a busy machine takes
    (record,) = svara.wait_records(1)
    assert [leg["person"] for leg in record["legs"] if leg["answered_at"]] == ["bob", "cecilie"]


def test_cecilie_changes_her_talk_in_the_moment_in_which_she_is_put_through(
    svara: Svara, anna: Linphone, bob: Linphone, tmp_path: Path
) -> None:
    """The server called her: she asks again first, and the server not before two seconds have passed."""
    port = sipp.register(tmp_path, svara.sip, "cecilie-desk")
    with Sipp(tmp_path, "glare_called", svara.sip, login="cecilie-desk", port=port, timeout_seconds=90) as cecilie:
        talk(anna, bob, "102")
        anna.hold()
        anna.wait_state("held")
        anna.dial("103")
        cecilie.wait_for("ACK")
        anna.wait_state("talking")
        anna.put_together()
        cecilie.wait_for("INVITE", 3, 30)
        bob.wait_to_hear(bob.tone_hz)
        bob.hangup()
        outcome = cecilie.wait()
    assert (outcome.successful, outcome.failed) == (1, 0), outcome.errors
    assert asked_again_after(cecilie) >= 2.1
    through = next(one for one in svara.wait_records(2) if one["end_reason"] != "transferred")
    assert [leg["person"] for leg in through["legs"] if leg["answered_at"]] == ["bob", "cecilie"]
