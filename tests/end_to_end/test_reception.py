"""A morning at the reception: one call in a queue, transferred, parked, in a conference; tones prove who hears whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.peers.baresip import Baresip
from tests.peers.desk import ANNA_HZ, CECILIE_HZ, DAG_HZ, hear_each_other, talk
from tests.peers.linphone import Linphone
from tests.peers.server import Svara

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def running(reception: Svara) -> Svara:
    return reception


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
    hear_each_other(bob, cecilie)
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
    anna.put_together()
    hear_each_other(bob, cecilie)
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
        hear_each_other(bob, cecilie)
        for phone in (bob, cecilie):
            phone.hangup()
        svara.wait_quiet()


def test_a_caller_is_taken_along_into_a_conference(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    """Anna goes in herself first, on her second line, and puts Bob in her place."""
    cecilie.dial("810")
    cecilie.wait_state("talking")
    talk(bob, anna, "101")
    bob.wait_to_hear(ANNA_HZ)
    anna.hold()
    anna.wait_state("held")
    anna.dial("810")
    cecilie.wait_to_hear(ANNA_HZ)
    anna.put_together()
    hear_each_other(bob, cecilie)
    anna.wait_state("idle", timeout_seconds=15)
    assert len(svara.get("/conferences/coffee")["members"]) == 2
    for phone in (bob, cecilie):
        phone.hangup()
    svara.wait_quiet()


def test_bob_s_phone_is_asked_to_answer_by_itself_where_he_is_spoken_to(svara: Svara, anna: Linphone, bob: Linphone) -> None:
    """Linphone knows it by the Call-Info of the INVITE, and leaves the answer to the program around it."""
    anna.dial("102")
    bob.wait_state("incoming")
    assert not bob.is_asked_to_answer()
    anna.hangup()
    bob.wait_state("idle")
    anna.dial("*80102")
    bob.wait_state("incoming")
    bob.wait(bob.is_asked_to_answer, lambda: "was not asked to answer by itself")
    bob.answer()
    hear_each_other(anna, bob)
    anna.hangup()
    bob.wait_state("idle")
    svara.wait_quiet()


def test_anna_is_called_when_bob_has_hung_up(svara: Svara, anna: Linphone, bob: Linphone, cecilie: Linphone) -> None:
    talk(cecilie, bob, "102")
    anna.dial("*37102")
    anna.wait_state("talking")
    anna.wait_state("idle", timeout_seconds=20)
    bob.wait_to_hear(CECILIE_HZ)
    assert anna.state == "idle"
    bob.hangup()
    anna.wait_state("incoming", timeout_seconds=30)
    anna.answer()
    bob.wait_state("incoming", timeout_seconds=20)
    bob.answer()
    hear_each_other(anna, bob)
    anna.hangup()
    bob.wait_state("idle")
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
