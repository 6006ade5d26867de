"""A morning at the reception: one call in a queue, transferred, parked, in a conference; tones prove who hears whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.linphone import Linphone
from tests.peers.server import ANNA, BOB, CECILIE, DAG, Svara, office_file

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ, BOB_HZ, CECILIE_HZ, DAG_HZ = 440, 660, 880, 1150


@pytest.fixture(scope="module")
def running() -> Iterator[Svara]:
    with Svara((ANNA, BOB, CECILIE, DAG)) as svara:
        office = json.loads(office_file((ANNA, BOB, CECILIE, DAG)))
        office["queues"] = [
            {
                "name": "reception",
                "extension": "600",
                "strategy": "longest-idle",
                "members": ["anna"],
                "ring": 30,
                "wrap_up": 0,
            }
        ]
        office["parking"] = {"extensions": "801-803", "seconds": 60}
        office["conferences"] = [{"name": "coffee", "extension": "810", "announce": False}]
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def svara(running: Svara) -> Svara:
    running.mark()
    return running


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as phone:
        yield phone


@pytest.fixture
def bob(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("bob-desk"), tone_hz=BOB_HZ) as phone:
        yield phone


@pytest.fixture
def cecilie(svara: Svara, tmp_path: Path) -> Iterator[Linphone]:
    with Linphone(tmp_path, svara.account("cecilie-desk"), tone_hz=CECILIE_HZ) as phone:
        yield phone


def to_the_reception(svara: Svara, caller: Linphone, anna: Linphone) -> None:
    """The caller waits in the line, and Anna takes the call."""
    svara.until(lambda: svara.get("/queues/reception")["members"][0]["state"] == "available", 15)
    caller.dial("600")
    anna.wait_state("incoming")
    anna.answer()
    caller.wait_to_hear(ANNA_HZ)


def test_a_caller_of_the_queue_is_parked_and_taken_by_a_colleague(
    svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone
) -> None:
    to_the_reception(svara, bob, anna)
    anna.transfer("801")
    anna.wait_state("idle", timeout_seconds=15)
    svara.until(lambda: svara.get("/queues/reception")["members"][0]["state"] == "available", 15)
    cecilie.dial("801")
    cecilie.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(CECILIE_HZ)
    bob.hangup()
    cecilie.wait_state("idle")
    svara.wait_quiet()
    (through,) = [one for one in svara.wait_records(2) if one["queue"]]
    assert (through["from_person"], through["queue"], through["outcome"]) == ("bob", "reception", "answered")
    assert [leg["person"] for leg in through["legs"] if leg["answered_at"]] == ["anna", "cecilie"]


def test_a_caller_of_the_queue_is_announced_and_put_through(
    svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone
) -> None:
    to_the_reception(svara, bob, anna)
    anna.hold()
    anna.wait_state("held")
    anna.dial("103")
    cecilie.wait_state("incoming")
    cecilie.answer()
    cecilie.wait_to_hear(ANNA_HZ)
    first, second = anna.calls()
    anna.command(f"transfer {first} --to-call {second}")
    cecilie.wait_to_hear(BOB_HZ)
    bob.wait_to_hear(CECILIE_HZ)
    svara.until(lambda: svara.get("/queues/reception")["members"][0]["state"] == "available", 15)
    svara.kill("calls")
    svara.until(lambda: svara.going_on() == 1, 20, lambda: f"{svara.going_on()} calls go on")
    cecilie.hangup()
    bob.wait_state("idle", timeout_seconds=15)
    svara.wait_records(2, 10)


def test_a_caller_is_sent_into_a_conference_where_others_talk(
    svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone, tmp_path: Path
) -> None:
    with Baresip(tmp_path, svara.account("dag-desk"), tone_hz=DAG_HZ) as dag:
        for phone in (cecilie, dag):
            phone.dial("810")
            phone.wait_state("talking")
        cecilie.wait_to_hear(DAG_HZ)
        bob.dial("101")
        anna.wait_state("incoming")
        anna.answer()
        bob.wait_to_hear(ANNA_HZ)
        anna.transfer("810")
        svara.until(lambda: len(svara.get("/conferences/coffee")["members"]) == 3, 15)
        anna.wait_state("idle", timeout_seconds=15)
        dag.hangup()
        bob.wait_to_hear(CECILIE_HZ)
        cecilie.wait_to_hear(BOB_HZ)
        for phone in (bob, cecilie):
            phone.hangup()
        svara.wait_quiet()


def test_who_is_sent_on_goes_to_voicemail_of_nobody_but_back_to_the_reception(
    svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone
) -> None:
    """Cecilie declines, so Bob is Anna's again: he does not end in a mailbox that he did not call."""
    to_the_reception(svara, bob, anna)
    anna.transfer("103")
    cecilie.wait_state("incoming")
    cecilie.hangup()
    bob.wait_to_hear(ANNA_HZ)
    bob.hangup()
    anna.wait_state("idle")
    svara.wait_quiet()
