"""A person takes a talk to another phone of their own (INVITE with Replaces)."""

from __future__ import annotations

import pytest
from tests.calls.moves.referring import dialog_of
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, LegAnswered


@pytest.fixture
def soft(at_work: Office) -> Phone:
    return Phone(at_work, "acme-bob-soft").register()


def take(phone: Phone, dialog: str) -> None:
    phone.call("102", headers=[("Require", "replaces"), ("Replaces", dialog)])


@pytest.mark.usefixtures("talk")
def test_bob_goes_on_at_his_other_phone(at_work: Office, anna: Phone, bob: Phone, soft: Phone) -> None:
    take(soft, dialog_of(bob))
    assert 200 in soft.statuses
    at_work.wait(1)
    assert len(bob.heard("BYE")) == 1
    [call] = at_work.calls
    assert call.live().state == "answered"
    assert call.live().callee.name == "Bob Lind"
    assert call.back is not None
    assert call.back.party.login == "acme-bob-soft"
    assert call.exchange is None
    soft.hang_up()
    assert len(anna.heard("BYE")) == 1
    assert [one.to.login for one in at_work.told(LegAnswered) if one.call == call.id] == ["acme-bob", "acme-bob-soft"]
    assert [(one.end_reason, one.passing) for one in at_work.told(CallEnded)] == [
        ("moved to another phone", True),
        ("hung up", False),
    ]


@pytest.mark.usefixtures("talk")
def test_nobody_else_takes_it(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    take(cecilie, dialog_of(bob))
    assert cecilie.statuses == [403]
    stranger = Phone(at_work, "beta-dora").register()
    take(stranger, dialog_of(bob))
    assert stranger.statuses == [481]
    assert anna.received == bob.received == []
    anna.hang_up()


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("dialog", "status"),
    [
        ("nobody;to-tag=1;from-tag=2", 481),
        ("{};early-only", 486),
        ("nothing", 400),
        ("x" * 600 + ";to-tag=1;from-tag=2", 400),
    ],
)
def test_what_cannot_be_replaced(at_work: Office, anna: Phone, bob: Phone, soft: Phone, dialog: str, status: int) -> None:
    take(soft, dialog.replace("{}", dialog_of(bob)))
    assert soft.statuses == [status]
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_the_talk_ends_while_the_phone_is_connected(at_work: Office, anna: Phone, bob: Phone, soft: Phone) -> None:
    at_work.relay.slow = True
    dialog = dialog_of(bob)
    take(soft, dialog)
    anna.hang_up()
    at_work.relay.slow = False
    at_work.relay.catch_up()
    at_work.wait(3)
    assert at_work.calls == []
