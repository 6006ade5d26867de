"""Anna speaks to the warehouse: tones on real phones prove who hears whom, and what is left when a process is killed."""

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
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]
DAG_HZ = 1900


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    """A server of its own, since it is hurt here. Dag did not allow that his phone answers by itself."""
    with Svara((ANNA, BOB, CECILIE, DAG)) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
        office["queues"] = [{"name": "warehouse", "extension": "600", "members": ["anna", "bob", "cecilie", "dag"]}]
        for person in office["people"]:
            person["intercom"] = person["username"] != "dag"
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture
def phones(svara: Svara, tmp_path: Path) -> Iterator[tuple[Phone, ...]]:
    """Bob's and Cecilie's phones (of two makers) answer by themselves, and so would Dag's."""
    with (
        Baresip(tmp_path / "a", svara.account("anna-desk"), tone_hz=ANNA_HZ) as anna,
        Baresip(tmp_path / "b", svara.account("bob-desk"), tone_hz=BOB_HZ, auto_answer=True) as bob,
        Linphone(tmp_path / "c", svara.account("cecilie-desk"), tone_hz=CECILIE_HZ, auto_answer=True) as cecilie,
        Baresip(tmp_path / "d", svara.account("dag-desk"), tone_hz=DAG_HZ, auto_answer=True) as dag,
    ):
        yield anna, bob, cecilie, dag


def test_all_hear_the_speaker_nobody_is_heard_and_who_does_not_want_it_is_left_alone(
    svara: Svara, phones: tuple[Baresip, Baresip, Linphone, Baresip]
) -> None:
    anna, bob, cecilie, dag = phones
    anna.dial("*81600")
    for phone in (anna, bob, cecilie):
        phone.wait_state("talking")
    for phone in (bob, cecilie):
        phone.wait_to_hear(ANNA_HZ)
    time.sleep(1.5)
    assert heard(anna) == set(), "the speaker hears none of them"
    assert heard(bob) == {ANNA_HZ}
    assert dag.state == "idle"
    assert dag.seen("CALL_INCOMING") == []

    bob.hangup()
    cecilie.wait_to_hear(ANNA_HZ)
    assert anna.state == "talking"
    anna.hangup()
    cecilie.wait_state("idle")
    [record] = svara.wait_records(1)
    assert (record["from_person"], record["to"], record["outcome"]) == ("anna", "*81600", "answered")
    legs = svara.get(f"/calls/{record['id']}")["legs"]
    assert {leg["person"] for leg in legs if leg["answered_at"]} == {None, "bob", "cecilie"}
    assert svara.get(f"/calls/{record['id']}", "cecilie")["outcome"] == "answered", "it is in her history, and not missed"


def test_who_talks_is_left_alone(svara: Svara, phones: tuple[Baresip, Baresip, Linphone, Baresip]) -> None:
    anna, bob, cecilie, dag = phones
    dag.dial("102")
    bob.wait_to_hear(DAG_HZ)
    anna.dial("*81600")
    cecilie.wait_to_hear(ANNA_HZ)
    assert heard(bob) == set(), "nobody of the others"
    bob.wait_to_hear(DAG_HZ)
    assert heard(dag) == {BOB_HZ}
    for phone in (anna, dag):
        phone.hangup()
    cecilie.wait_state("idle")
    svara.wait_records(2)


@pytest.mark.parametrize("process", ["calls", "voice", "media"])
def test_whatever_is_killed_all_phones_are_hung_up(
    svara: Svara, phones: tuple[Baresip, Baresip, Linphone, Baresip], process: str
) -> None:
    anna, bob, cecilie, _ = phones
    anna.dial("*81600")
    for phone in (bob, cecilie):
        phone.wait_to_hear(ANNA_HZ)
    svara.kill(process)
    for phone in (anna, bob, cecilie):
        phone.wait_state("idle", timeout_seconds=25)
    [record] = svara.wait_records(1)
    assert record["outcome"] == "answered"
