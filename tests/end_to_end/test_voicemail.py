"""Anna leaves Bob a message; Bob dials his mailbox and hears what she said, and deletes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.end_to_end.test_menu import with_menu
from tests.peers.baresip import Baresip
from tests.peers.mailbox import leave_a_message
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara() as svara:
        svara.apply(with_menu(svara.data.parent))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.mark.claim("PHO-4")
def test_what_anna_says_bob_hears_and_deletes(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        leave_a_message(anna)
        (record,) = svara.wait_records(1)
        assert (record["outcome"], record["end_reason"]) == ("voicemail", "left a message")
        svara.until(lambda: len(svara.get("/voicemail/messages", "bob")["items"]) == 1)
        bob.dial("*97")
        bob.wait_state("talking")
        time.sleep(1)
        bob.press("1")
        bob.wait_to_hear(ANNA_HZ, timeout_seconds=20)
        bob.press("3")
        svara.until(lambda: len(svara.get("/voicemail/messages", "bob")["items"]) == 0)
        bob.hangup()
        anna.wait_state("idle")


@pytest.mark.claim("ADV-14")
def test_the_greeting_that_bob_records_is_what_anna_hears(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
    ):
        bob.dial("*97")
        bob.wait_state("talking")
        time.sleep(1)
        bob.press("2")  # my greetings
        time.sleep(0.5)
        bob.press("1")  # the general one
        time.sleep(6)  # "record your greeting after the tone", the tone, and some of his own
        bob.press("#")
        bob.wait_to_hear(BOB_HZ, timeout_seconds=10)  # what he said
        bob.press("2")  # it is kept
        svara.until(lambda: [one["kind"] for one in svara.get("/voicemail/greetings", "bob")["items"]] == ["general"])
        bob.hangup()
        bob.wait_state("idle")
        anna.dial("700")
        anna.wait_state("talking")
        anna.press("2")
        anna.wait_to_hear(BOB_HZ, timeout_seconds=10)
        anna.hangup()


def test_bob_forwards_his_calls_by_a_code(svara: Svara, tmp_path: Path) -> None:
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ) as bob,
        Baresip(tmp_path / "c", svara.account("cecilie-desk"), tone_hz=880) as cecilie,
    ):
        bob.dial("*72103")
        bob.wait_state("talking")
        bob.wait_state("idle", timeout_seconds=20)
        anna.dial("102")
        cecilie.wait_state("incoming")
        anna.hangup()
        cecilie.wait_state("idle")
        bob.dial("*73")
        bob.wait_state("idle", timeout_seconds=20)
        anna.dial("102")
        bob.wait_state("incoming")
        anna.hangup()
