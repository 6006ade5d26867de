"""Anna talks with Bob and with Cecilie, and brings all three together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.calls.moves.referring import notified, refer
from tests.calls.phones import Office, Phone

from svara.calls.commands import Answer, MergeCalls, Originated, Refused
from svara.calls.events import CallEnded, CallTransferred, ConferenceJoined, ConferenceMet
from svara.calls.service import Service

ANNA, BOB = "p-acme-anna", "p-acme-bob"


@pytest.fixture
def second(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> Phone:
    """Anna talks with Bob, has him on hold and talks with Cecilie: the second line of her phone."""
    anna.call("102")
    bob.answer()
    anna.hold()
    at_work.wait(1)
    line = Phone(at_work, "acme-anna", address=anna.address[0])
    line.call("103")
    cecilie.answer()
    for phone in (anna, bob, cecilie, line):
        phone.received.clear()
    return line


def merge(office: Office, call: str, other: str, by: str = ANNA, tenant: str = "t-acme") -> Answer:
    answer = Service(office.switch, Path(office.folder)).answer(MergeCalls(tenant, call, other, by))
    office.settle()
    return answer


def ids(office: Office) -> tuple[str, str]:
    """Of the talk with Bob and of that with Cecilie."""
    by = {call.callee.name: call.id for call in office.calls}
    return by["Bob Lind"], by["Cecilie Dahl"]


def together(office: Office) -> set[str]:
    """Who hears each other."""
    [room] = {leg.seat.conference for leg in office.voice.legs.values() if leg.seat is not None}
    assert room.startswith("t-acme/meeting:")
    names = set()
    for call in office.calls:
        leg = office.voice.legs[f"{call.id}.v"]
        assert leg.seat is not None
        assert not leg.sounds
        assert not leg.seat.muted
        names.add(call.caller.name)
    return names


@pytest.mark.usefixtures("second")
def test_all_three_hear_each_other_and_the_last_two_end_it(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone
) -> None:
    held, talk = ids(at_work)
    answer = merge(at_work, talk, held)
    assert isinstance(answer, Originated)
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    assert len(anna.heard("BYE")) == 1  # of her two dialogs one is left
    assert second.heard("BYE") == bob.heard("BYE") == cecilie.heard("BYE") == []
    assert len(second.heard("INVITE")) == 1  # it gets another sound
    own = at_work.switch.calls[answer.call]
    assert (own.live().state, own.caller.name) == ("answered", "Anna Berg")
    assert at_work.voice.chimes == []
    second.hang_up()
    assert together(at_work) == {"Bob Lind", "Cecilie Dahl"}
    bob.hang_up()
    at_work.wait(5)
    assert len(cecilie.heard("BYE")) == 1
    assert [one.how for one in at_work.told(CallTransferred)] == ["conference", "conference"]
    assert len(at_work.told(ConferenceJoined)) == 3
    assert {(one.call, one.who.name) for one in at_work.told(ConferenceMet)} == {
        (talk, "Anna Berg"),
        (talk, "Bob Lind"),
        (held, "Anna Berg"),
        (held, "Cecilie Dahl"),
        (answer.call, "Bob Lind"),
        (answer.call, "Cecilie Dahl"),
    }
    assert {one.outcome for one in at_work.told(CallEnded)} == {"answered"}


@pytest.mark.usefixtures("second")
def test_the_other_way_round_the_held_dialog_stays(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone
) -> None:
    held, talk = ids(at_work)
    assert isinstance(merge(at_work, held, talk), Originated)
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    assert len(second.heard("BYE")) == 1
    assert b"a=sendonly" not in anna.heard("INVITE")[-1].body
    for phone in (bob, cecilie):
        phone.hang_up()
    at_work.wait(5)
    assert len(anna.heard("BYE")) == 1


@pytest.mark.usefixtures("second")
def test_a_fourth_joins(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone) -> None:
    held, talk = ids(at_work)
    own = merge(at_work, talk, held)
    assert isinstance(own, Originated)
    line = Phone(at_work, "acme-anna", address=anna.address[0])
    soft = Phone(at_work, "acme-bob-soft").register()
    line.call("102")
    soft.answer()
    [more] = [call.id for call in at_work.calls if call.state == "talking"]
    assert merge(at_work, own.call, more) == own
    assert len(line.heard("BYE")) == 1
    assert len(at_work.calls) == 4
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    for phone in (bob, cecilie, soft):
        phone.hang_up()


@pytest.mark.usefixtures("second")
def test_whose_talks_they_are_not_brings_nobody_together(at_work: Office, bob: Phone, cecilie: Phone) -> None:
    held, talk = ids(at_work)
    for answer, error in (
        (merge(at_work, talk, held, BOB), "not-your-call"),
        (merge(at_work, talk, talk), "not-found"),
        (merge(at_work, talk, "none"), "not-found"),
        (merge(at_work, talk, held, "p-beta-dora", "t-beta"), "not-found"),
    ):
        assert isinstance(answer, Refused)
        assert answer.error == error
    at_work.voice.up = False
    answer = merge(at_work, talk, held)
    assert isinstance(answer, Refused)
    assert answer.error == "unavailable"
    at_work.voice.up = True
    assert bob.received == cecilie.received == []
    for phone in (bob, cecilie):
        phone.hang_up()


@pytest.mark.usefixtures("second")
def test_who_is_gone_cannot_be_brought_in_and_the_other_talk_stays(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone
) -> None:
    """Cecilie's phone is gone without a word just then."""
    held, talk = ids(at_work)
    cecilie.deaf = True
    second.hold()  # so that her phone has to be asked
    at_work.wait(35)
    answer = merge(at_work, talk, held)
    assert isinstance(answer, Refused)
    assert answer.error == "not-found", "it has ended meanwhile"
    at_work.wait(60)
    [left] = at_work.calls
    assert left.id == held or left.id == talk
    assert left.state == "talking"
    bob.hang_up()
    at_work.wait(5)
    assert at_work.calls == []


@pytest.mark.usefixtures("second")
@pytest.mark.parametrize("who", ["bob", "cecilie", "anna"])
def test_who_hangs_up_in_the_middle_is_let_go(
    at_work: Office, anna: Phone, bob: Phone, cecilie: Phone, second: Phone, who: str
) -> None:
    held, talk = ids(at_work)
    at_work.relay.slow = True
    merge(at_work, talk, held)
    {"bob": bob, "cecilie": cecilie, "anna": second}[who].hang_up()
    for _ in range(20):
        at_work.relay.catch_up()
        at_work.settle()
    at_work.relay.slow = False
    at_work.wait(15)
    assert len(at_work.calls) <= 3
    for phone in (anna, second, bob, cecilie):
        if not phone.heard("BYE"):
            phone.hang_up()
    at_work.wait(5)
    assert at_work.calls == []


@pytest.mark.usefixtures("second")
def test_a_killed_server_finds_all_three_where_they_were(at_work: Office, bob: Phone, cecilie: Phone, second: Phone) -> None:
    held, talk = ids(at_work)
    merge(at_work, talk, held)
    at_work.kill()
    at_work.start()
    at_work.wait(5)
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    for phone in (second, bob):
        phone.hang_up()
    at_work.wait(5)
    assert len(cecilie.heard("BYE")) == 1


def test_a_phone_brings_both_to_the_room_that_it_called(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    """As RFC 4579 section 5 has it: it dials the factory, learns the room, and refers both there."""
    first = Phone(at_work, "acme-anna", address=anna.address[0])
    second = Phone(at_work, "acme-anna", address=anna.address[0])
    for line, extension, other in ((first, "102", bob), (second, "103", cecilie)):
        line.call(extension)
        other.answer()
        line.hold()
        at_work.wait(1)
    anna.call("conference")
    [answer] = anna.heard(200)[-1:]
    contact = answer.first("contact")
    assert contact.endswith(";isfocus")
    room = contact.partition("<")[2].partition(">")[0]
    assert "meeting-" in room
    for line in (first, second):
        refer(line, room)
        assert notified(line)[-1] == "200 OK"
        line.hang_up()
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    anna.hang_up()
    bob.hang_up()
    at_work.wait(5)
    assert len(cecilie.heard("BYE")) == 1


def test_a_code_brings_everybody_who_is_on_hold(at_work: Office, anna: Phone, bob: Phone, cecilie: Phone) -> None:
    lines = [Phone(at_work, "acme-anna", address=anna.address[0]) for _ in range(2)]
    for line, extension, other in zip(lines, ("102", "103"), (bob, cecilie), strict=True):
        line.call(extension)
        other.answer()
        line.hold()
        at_work.wait(1)
    anna.call("*3")
    assert together(at_work) == {"Anna Berg", "Bob Lind", "Cecilie Dahl"}
    assert [len(line.heard("BYE")) for line in lines] == [1, 1]
    bob.hang_up()
    cecilie.hang_up()
    at_work.wait(5)
    assert len(anna.heard("BYE")) == 1


def test_the_code_without_anybody_on_hold(at_work: Office, anna: Phone, bob: Phone) -> None:
    anna.call("*3")
    assert anna.statuses[-1] == 480
    line = Phone(at_work, "acme-anna", address=anna.address[0])
    line.call("102")
    bob.answer()
    anna.call("*3")
    assert anna.statuses[-1] == 480  # who talks is not on hold
    bob.hang_up()
