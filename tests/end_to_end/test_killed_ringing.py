"""`kill -9` of the calls process while a phone rings: real phones notice nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """A server of its own, since it is hurt here."""
    with Svara() as svara:
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture(params=[(Baresip, Linphone), (Linphone, Baresip)], ids=["linphone-rings", "baresip-rings"])
def ringing(svara: Svara, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Baresip | Linphone, ...]]:
    """Anna calls Bob, whose phone rings; then the process is killed, and the next one is there."""
    callers, callees = request.param
    with (
        callers(tmp_path, svara.account("anna-desk"), tone_hz=440) as anna,
        callees(tmp_path, svara.account("bob-desk"), tone_hz=660) as bob,
    ):
        anna.dial("102")
        bob.wait_state("incoming")
        anna.wait_state("ringing")
        killed = svara.kill("calls")
        svara.until(lambda: svara.is_anew("calls", killed) and svara.going_on() == 1, timeout_seconds=25)
        yield anna, bob


def rang(phone: Baresip | Linphone) -> int:
    """How many calls came in, as the phone itself counts them."""
    if isinstance(phone, Baresip):
        return len(phone.seen("CALL_INCOMING"))
    trace = (phone.folder / "trace").read_text(errors="replace")
    return trace.count("to LinphoneCallIncomingReceived")


def test_it_rings_on_as_one_call_and_who_picks_up_is_heard(svara: Svara, ringing: tuple[Baresip | Linphone, ...]) -> None:
    anna, bob = ringing
    svara.wait_presence("bob", "ringing")
    assert (rang(bob), bob.state, anna.state) == (1, "incoming", "ringing")
    bob.answer()
    anna.wait_state("talking")
    anna.wait_to_hear(660)
    bob.wait_to_hear(440)
    assert rang(bob) == 1
    bob.hangup()
    anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"], record["answered_by"]) == ("answered", "hung up", "bob")


def test_the_caller_gives_up_and_the_phone_falls_silent(svara: Svara, ringing: tuple[Baresip | Linphone, ...]) -> None:
    anna, bob = ringing
    anna.hangup()
    bob.wait_state("idle")
    anna.wait_state("idle")
    assert rang(bob) == 1
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["end_reason"]) == ("abandoned", "caller gave up")
