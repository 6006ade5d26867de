"""Feature codes dialled on a real phone: what is said is heard, and what was wanted is so."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.peers import sipp
from tests.peers.baresip import Baresip
from tests.peers.server import ANNA, BOB, Svara, office_file

from svara.people.office import Person, Tenant, read_office

pytestmark = [pytest.mark.peer, pytest.mark.timeout(300)]

ANNA_HZ = 440


@pytest.fixture(scope="module")
def svara() -> Iterator[Svara]:
    with Svara((ANNA, BOB)) as svara:
        office = json.loads(office_file((ANNA, BOB)))
        office["queues"] = [{"name": "support", "extension": "600", "members": ["anna"]}]
        office["people"][1]["unanswered"] = {"after": 3, "to": "voicemail:bob"}
        svara.apply(json.dumps(office))
        yield svara


@pytest.fixture
def anna(svara: Svara, tmp_path: Path) -> Iterator[Baresip]:
    svara.mark()
    with Baresip(tmp_path, svara.account("anna-desk"), tone_hz=ANNA_HZ) as phone:
        yield phone


def acme(svara: Svara) -> Tenant:
    return next(one for one in read_office(svara.data).tenants if one.slug == "acme")


def anna_in(svara: Svara) -> Person:
    return acme(svara).by_username["anna"]


def dials(anna: Baresip, code: str) -> None:
    """Dial it and listen until we are hung up on, which is soon where the words are not made yet."""
    before = len(anna.seen("CALL_ESTABLISHED"))
    anna.dial(code)
    anna.wait(lambda: len(anna.seen("CALL_ESTABLISHED")) > before, lambda: f"{code} was not answered")
    anna.wait_state("idle", timeout_seconds=20)


def test_forwarding_and_do_not_disturb(svara: Svara, anna: Baresip) -> None:
    dials(anna, "*72102")
    assert [(one.when, one.to) for one in anna_in(svara).forwards] == [("always", "person:bob")]
    dials(anna, "*73")
    assert anna_in(svara).forwards == ()
    dials(anna, "*78")
    assert anna_in(svara).choice == "dnd"
    dials(anna, "*79")
    assert anna_in(svara).choice == "available"


def test_logging_in_to_the_queue_and_pausing(svara: Svara, anna: Baresip) -> None:
    def state() -> str:
        (member,) = svara.get("/queues/support")["members"]
        return str(member["state"])

    for code, then in (("*41", "logged-out"), ("*40600", "available"), ("*42", "paused"), ("*43", "available")):
        dials(anna, code)
        assert state() == then, code


def test_the_own_mailbox_opens_without_a_pin(svara: Svara, anna: Baresip) -> None:
    anna.dial("*97")
    anna.wait_state("talking")
    anna.wait(lambda: anna.heard(1.0)[1] > 0.01, lambda: "heard nothing")
    anna.hangup()
    anna.wait_state("idle")
    svara.until(lambda: any(one["to"] == "*97" for one in svara.records()))
    (record,) = [one for one in svara.records() if one["to"] == "*97"]
    assert (record["outcome"], record["ended_by"]) == ("answered", "caller")


def test_an_announcement_is_recorded_heard_and_kept(svara: Svara, anna: Baresip) -> None:
    anna.dial("*95")
    anna.wait_state("talking")
    time.sleep(1.0)  # she knows what is asked of her
    anna.press("#")
    time.sleep(2.5)
    anna.press("#")
    anna.wait_to_hear(ANNA_HZ)
    anna.press("1")
    anna.wait_state("idle", timeout_seconds=20)
    svara.until(lambda: len(acme(svara).sounds) == 1)
    (sound,) = acme(svara).sounds
    assert sound.name.startswith("recorded-20")
    assert (svara.data / "sounds" / sound.file).stat().st_size > 16_000


def test_a_caller_without_a_word_is_hung_up_on_and_left_no_message(svara: Svara, tmp_path: Path) -> None:
    svara.mark()
    outcome = sipp.run(
        tmp_path,
        "call",
        svara.sip,
        login="anna-desk",
        secret="secret-anna-desk",
        target="102",
        talk_seconds=25,
        tone_hz=None,
    )
    assert outcome.failed <= 1  # it is hung up on, which is not in its scenario
    svara.until(lambda: any(one["to"] == "102" for one in svara.records()))
    (record,) = [one for one in svara.records() if one["to"] == "102"]
    assert (record["outcome"], record["end_reason"], record["ended_by"]) == ("missed", "no message was left", "system")
