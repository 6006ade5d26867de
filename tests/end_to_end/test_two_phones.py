"""Anna's baresip and Bob's linphone call each other through Svara; their tones are measured at the other end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ = 440, 660


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    with Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


def talk(caller: Baresip | Linphone, callee: Baresip | Linphone, dialled: str) -> None:
    caller.dial(dialled)
    callee.wait_state("incoming")
    caller.wait_state("ringing")
    callee.answer()
    caller.wait_state("talking")
    callee.wait_state("talking")


@pytest.mark.claim("PHO-6")
def test_anna_calls_bob_they_hear_each_other_and_the_call_is_one_true_record(
    svara: Svara, anna: Baresip, bob: Linphone
) -> None:
    svara.wait_presence("bob", "available")
    anna.dial("102")
    bob.wait_state("incoming")
    anna.wait_state("ringing")
    svara.wait_presence("bob", "ringing")
    bob.answer()
    anna.wait_state("talking")
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    svara.wait_presence("bob", "in-call")
    svara.wait_presence("anna", "in-call")
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1, timeout_seconds=2)
    assert (record["from"], record["to"], record["answered_by"]) == ("101", "102", "bob")
    assert (record["outcome"], record["end_reason"]) == ("answered", "hung up")
    assert 0 < record["talk_seconds"] < 30
    assert [leg["phone"] for leg in record["legs"]] == ["bob-desk"]
    assert {quality["packets"] > 20 for quality in record["quality"]} == {True}
    svara.wait_presence("anna", "available")


def test_bob_calls_anna_by_her_name_and_hangs_up_himself(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    talk(bob, anna, "anna")
    anna.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(ANNA_HZ)
    bob.hangup()
    anna.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["from_person"], record["to_person"], record["outcome"]) == ("bob", "anna", "answered")


def test_each_holds_the_other_and_takes_them_back(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    talk(anna, bob, "102")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_to_hear(BOB_HZ)
    bob.hold()
    bob.wait_state("held")
    bob.resume()
    bob.wait_state("talking")
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_for_packets()
    anna.hold()
    bob.wait_for_music(ANNA_HZ)
    anna.resume()
    bob.wait_to_hear(ANNA_HZ)
    anna.wait_for_packets()
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert [hold["by"] for hold in record["holds"]] == ["callee", "caller"]


def test_keys_pressed_on_one_phone_arrive_at_the_other(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    talk(anna, bob, "102")
    anna.wait_to_hear(BOB_HZ)
    anna.press("5")
    bob.wait_digits("5")
    bob.press("7")
    anna.wait_digits("7")
    anna.hangup()
    bob.wait_state("idle")


def test_neither_phone_learns_anything_of_the_others_network(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    talk(anna, bob, "102")
    anna.hangup()
    bob.wait_state("idle")
    trace = (bob.folder / "trace").read_text("utf-8", "replace")
    for secret in (f"127.0.0.1:{anna.port}", "baresip", "anna-desk"):
        assert secret not in trace
    received = re.search(r"m=audio (\d+) RTP/AVP.*?a=rtpmap", trace[trace.index("\nINVITE sip:") :], re.DOTALL)
    assert received
    assert f"a=rtcp:{anna.port}" not in trace


def test_bob_declines(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    anna.dial("102")
    bob.wait_state("incoming")
    bob.hangup()
    anna.wait_state("idle")
    assert re.match("486|603", anna.ended_with)
    (record,) = svara.wait_records(1)
    assert record["outcome"] in ("rejected", "busy")


def test_anna_gives_up_while_it_rings(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    anna.dial("102")
    bob.wait_state("incoming")
    anna.wait_state("ringing")
    anna.hangup()
    bob.wait_state("idle")
    (record,) = svara.wait_records(1)
    assert (record["outcome"], record["talk_seconds"]) == ("abandoned", 0)
    assert record["end_reason"] == "caller gave up"


def test_a_number_that_nobody_has(svara: Svara, anna: Baresip) -> None:
    anna.dial("999")
    anna.wait_state("idle")
    assert "404" in anna.ended_with
    (record,) = svara.wait_records(1)
    assert (record["to"], record["outcome"]) == ("999", "failed")


def test_somebody_whose_phones_are_all_off(svara: Svara, anna: Baresip) -> None:
    anna.dial("103")
    anna.wait_state("idle")
    assert "480" in anna.ended_with
    (record,) = svara.wait_records(1)
    assert record["end_reason"] == "all phones are offline"


def test_hanging_up_at_the_very_moment_of_the_answer(svara: Svara, anna: Baresip, bob: Linphone) -> None:
    delays_ms = (0, 5, 10, 15, 20, 30, 50, 100)
    for delay_ms in delays_ms:
        anna.dial("102")
        bob.wait_state("incoming")
        anna.wait_state("ringing")
        bob.answer()
        time.sleep(delay_ms / 1000)
        anna.hangup()
        anna.wait_state("idle")
        bob.wait_state("idle")
        svara.wait_quiet()
    records = svara.wait_records(len(delays_ms))
    assert {record["outcome"] for record in records} <= {"answered", "abandoned"}  # whichever was first, it is one record
    talk(anna, bob, "102")
    anna.wait_to_hear(BOB_HZ)
    anna.hangup()
