"""Speaking to a colleague through a phone that answers by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, LegAnswered
from svara.people.office import Window
from svara.sip.message import Request

ALWAYS = Window(tuple(range(7)), 0, 1440)


def test_bob_s_phone_is_asked_to_answer_by_itself(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob={"intercom": True}))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("*80102")
    invite = bob.invite
    assert isinstance(invite, Request)
    assert invite.first("answer-mode") == "Auto"
    assert (invite.first("call-info") or "").endswith(";answer-after=0")
    assert "info=alert-autoanswer" in (invite.first("alert-info") or "")
    bob.answer()
    assert anna.statuses == [200]
    assert [one.to.person for one in office.told(LegAnswered)] == ["p-acme-bob"]
    bob.hang_up()
    assert not office.calls
    anna.call("102")
    assert bob.invite is not None
    assert not bob.invite.has("answer-mode"), "an ordinary call rings"
    anna.cancel()
    office.close()


@pytest.mark.parametrize(
    ("bob_is", "dialled", "status"),
    [
        ({}, "*80102", 403),
        ({"intercom": True, "choice": "dnd"}, "*80102", 486),
        ({"intercom": True, "quiet": (ALWAYS,)}, "*80102", 486),
        ({"intercom": True}, "*80101", 404),
        ({"intercom": True}, "*80104", 404),
        ({"intercom": True}, "*80", 404),
    ],
)
def test_whom_nobody_speaks_to(tmp_path: Path, bob_is: dict[str, object], dialled: str, status: int) -> None:
    """Who did not allow it or wants to be left alone, oneself, somebody of another company, nobody."""
    office = Office(tmp_path, offices.office(anna={"intercom": True}, bob=bob_is))
    anna, bob = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call(dialled)
    assert anna.statuses == [status]
    assert not bob.rings
    assert not office.calls
    office.close()


def test_nobody_speaks_into_a_talk(tmp_path: Path) -> None:
    office = Office(tmp_path, offices.office(bob={"intercom": True}))
    anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
    cecilie.call("102")
    bob.answer()
    bob.invite = None
    anna.call("*80102")
    assert anna.statuses == [486]
    assert not bob.rings
    cecilie.hang_up()
    soft = Phone(office, "acme-bob-soft").register()
    anna.call("*80102")
    bob.ring()
    soft.ring()
    office.wait(16)
    assert anna.statuses[-1] == 480, "a phone that does not answer by itself rings a short time"
    assert soft.heard("CANCEL")
    assert office.told(CallEnded)[-1].end_reason == "no answer"
    office.close()
