"""Hold, resume and transfer as they are asked for over the bus: by a page, or the API."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls.moves.referring import refer
from tests.calls.phones import Office, Phone

from svara.calls.commands import Answer, Done, HoldCall, Refused, TransferCall
from svara.calls.events import CallEnded, CallHeld, CallResumed, CallTransferred
from svara.calls.service import Service
from svara.people.office import Queue

ANNA, BOB, CECILIE = "p-acme-anna", "p-acme-bob", "p-acme-cecilie"


def ask(office: Office, request: HoldCall | TransferCall) -> Answer:
    answer = Service(office.switch, Path(office.folder)).answer(request)
    office.settle()
    return answer


def hold(office: Office, by: str, *, on: bool = True) -> Answer:
    return ask(office, HoldCall("t-acme", office.calls[0].id, by, on))


def send(office: Office, by: str, to: str, tenant: str = "t-acme") -> Answer:
    return ask(office, TransferCall(tenant, office.calls[0].id, by, to))


@pytest.mark.usefixtures("talk")
def test_anna_holds_bob_by_a_click_and_takes_him_back(at_work: Office, anna: Phone, bob: Phone) -> None:
    assert isinstance(hold(at_work, ANNA), Done)
    assert anna.received == []  # her phone is left alone
    [invite] = bob.heard("INVITE")
    assert b"a=sendonly" in invite.body
    assert at_work.calls[0].live().state == "held"
    assert isinstance(hold(at_work, ANNA), Done)  # once more changes nothing
    assert isinstance(hold(at_work, ANNA, on=False), Done)
    assert b"a=sendonly" not in bob.heard("INVITE")[-1].body
    assert anna.received == []
    assert at_work.calls[0].live().state == "answered"
    assert [one.by for one in (*at_work.told(CallHeld), *at_work.told(CallResumed))] == ["caller", "caller"]
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_hold_by_the_phone_is_taken_back_at_the_phone(at_work: Office, anna: Phone, bob: Phone) -> None:
    bob.hold()
    refused = hold(at_work, BOB, on=False)
    assert isinstance(refused, Refused)
    assert refused.error == "on-phone"
    bob.resume()
    assert at_work.calls[0].held_by == ()
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_hold_by_a_click_is_taken_back_by_the_phone_too(at_work: Office, anna: Phone, bob: Phone) -> None:
    hold(at_work, ANNA)
    anna.resume()
    assert at_work.calls[0].held_by == ()
    assert at_work.calls[0].held_for is None
    anna.hang_up()


def restart(office: Office) -> None:
    office.kill()
    office.start()
    office.settle()
    office.wait(1)


@pytest.mark.usefixtures("talk")
def test_after_a_restart_the_phones_are_asked_and_then_held(at_work: Office, anna: Phone, bob: Phone) -> None:
    restart(at_work)
    assert isinstance(hold(at_work, ANNA), Done)
    assert [bool(one.body) for one in anna.heard("INVITE")] == [False]  # asked for its session, once
    assert b"a=sendonly" in bob.heard("INVITE")[-1].body
    assert at_work.calls[0].live().state == "held"
    assert isinstance(hold(at_work, ANNA, on=False), Done)
    assert len(anna.heard("INVITE")) == 1
    assert at_work.calls[0].held_by == ()
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_hold_by_a_click_is_taken_back_by_a_click_after_a_restart(at_work: Office, anna: Phone, bob: Phone) -> None:
    hold(at_work, ANNA)
    restart(at_work)
    assert at_work.calls[0].live().state == "held"
    assert isinstance(hold(at_work, ANNA, on=False), Done)
    assert b"a=sendonly" not in bob.heard("INVITE")[-1].body
    assert (at_work.calls[0].held_by, at_work.calls[0].held_for) == ((), None)
    assert [leg for leg in at_work.voice.legs if ".h" in leg] == []  # the music is over
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_phone_that_is_busy_with_itself_is_not_held_after_a_restart(at_work: Office, anna: Phone, bob: Phone) -> None:
    restart(at_work)
    anna.change = lambda request: anna.respond(491, request=request)  # type: ignore[method-assign]
    hold(at_work, ANNA)
    assert at_work.calls[0].live().state == "answered"
    assert at_work.calls[0].held_for is None
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_bob_sends_anna_on_by_a_click(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    assert isinstance(send(at_work, BOB, "103"), Done)
    assert len(bob.heard("BYE")) == 1
    cecilie.answer()
    assert at_work.calls[0].live().state == "answered"
    anna.hang_up()
    assert len(cecilie.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
def test_the_call_comes_back_to_the_phone_that_was_hung_up(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    bob.invite = None
    send(at_work, BOB, "person:cecilie")
    cecilie.decline(486)
    assert bob.rings
    bob.answer()
    assert [one.how for one in at_work.told(CallTransferred)] == ["blind", "taken-back"]
    anna.hang_up()


@pytest.mark.usefixtures("talk")
def test_a_caller_goes_to_somebodys_mailbox(at_work: Office, anna: Phone, bob: Phone) -> None:
    assert isinstance(send(at_work, BOB, "voicemail:cecilie"), Done)
    at_work.wait(5)
    [leg] = at_work.voice.legs.values()
    assert leg.recording is not None
    at_work.voice.say(3)
    anna.hang_up()
    assert at_work.told(CallEnded)[0].outcome == "voicemail"


@pytest.mark.usefixtures("talk")
def test_who_looks_after_calls_sends_on_what_a_colleague_has(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone
) -> None:
    assert isinstance(send(at_work, CECILIE, "103"), Done)
    assert len(bob.heard("BYE")) == 1
    cecilie.answer()
    cecilie.hang_up()
    assert len(anna.heard("BYE")) == 1


@pytest.mark.usefixtures("talk")
@pytest.mark.parametrize(
    ("to", "error"),
    [("999", "not-found"), ("*72103", "invalid"), ("queue:none", "not-found"), ("hangup", "not-found"), ("", "not-found")],
)
def test_what_nobody_can_be_sent_to(at_work: Office, anna: Phone, bob: Phone, to: str, error: str) -> None:
    refused = send(at_work, BOB, to)
    assert isinstance(refused, Refused)
    assert refused.error == error
    assert anna.received == bob.received == []
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_another_company_changes_nothing(at_work: Office, anna: Phone, bob: Phone) -> None:
    assert isinstance(send(at_work, "p-beta-dora", "104", "t-beta"), Refused)
    assert at_work.calls[0].live().state == "answered"
    bob.hang_up()


@pytest.mark.usefixtures("talk")
def test_nothing_is_changed_while_a_call_is_on_its_way(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    refer(anna, "103")
    for answer in (send(at_work, BOB, "101"), hold(at_work, BOB)):
        assert isinstance(answer, Refused)
        assert answer.error == "not-talking"
    bob.hang_up()


def test_an_agent_sends_a_caller_into_another_queue(tmp_path: Path) -> None:
    from tests.calls import offices

    sales = Queue("q-sales", "sales", extension="601", members=())
    office = Office(tmp_path, offices.office(acme={"queues": (sales,)}))
    anna, bob = Phone(office, "acme-anna").register(), Phone(office, "acme-bob").register()
    anna.call("102")
    bob.answer()
    assert isinstance(send(office, BOB, "queue:sales"), Done)
    assert len(bob.heard("BYE")) == 1
    anna.hang_up()
    office.wait(5)
    assert office.calls == []
    office.close()
