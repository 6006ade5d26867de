"""Anna's page is loaded again while she is our guest, in a queue, a menu, a mailbox: she goes on at the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from tests.calls import offices
from tests.calls.moves.referring import dialog_of
from tests.calls.phones import Office, Phone

from svara.calls import boxes
from svara.calls.boxes import BoxMessage
from svara.calls.commands import AskQueues, MergeCalls, Originated, Queues
from svara.calls.events import CallEnded, ConferenceJoined, ConferenceLeft, LegEnded, MessageLeft, QueueEntered, QueueLeft
from svara.calls.moves.merge import merge
from svara.people.office import Conference, Member, Menu, Queue
from svara.people.pin import hash_pin

COMPANY = {
    "queues": (Queue("q-support", "support", extension="600", members=(Member("p-acme-cecilie"),), ring_seconds=15.0),),
    "menus": (Menu("m-front", "front", "welcome", {"1": "person:bob"}, extension="700", timeout_seconds=60.0),),
    "conferences": (Conference("c-coffee", "coffee", extension="810", pin=hash_pin("4711")),),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(
        tmp_path,
        offices.office(
            acme=COMPANY,
            anna={"phones": (offices.phone("acme-anna"), offices.phone("acme-anna-page"))},
            cecilie=offices.goes_to("voicemail:cecilie", 15),
        ),
    )
    yield office
    assert not office.calls
    assert not office.switch.guests
    office.close()


@pytest.fixture
def anna(office: Office) -> Phone:
    return Phone(office, "acme-anna", transport="WS").register()


@pytest.fixture
def page(office: Office) -> Phone:
    """The page that comes; another login, so that it is seen which of the two is meant."""
    return Phone(office, "acme-anna-page", transport="WS").register()


def take(office: Office, phone: Phone, before: Phone, *, gone: bool = True) -> None:
    dialog = dialog_of(before)
    if gone:
        before.wire.close()
    phone.call("101", headers=[("Require", "replaces"), ("Replaces", dialog)])
    office.wait(1)


def is_there(office: Office, page: Phone, call: str) -> None:
    """The page has the call of before, and was asked for its sound once."""
    [now] = office.calls
    assert now.id == call
    assert now.front is not None
    assert now.front.party.login == "acme-anna-page"
    assert len(page.heard("INVITE")) == 1
    assert (office.switch.calls_of_phone.get("acme-anna"), office.switch.calls_of_phone.get("acme-anna-page")) == (None, 1)


def line(office: Office) -> list[tuple[str, int]]:
    answer = office.hall.answer(AskQueues("t-acme", "support"))
    assert isinstance(answer, Queues)
    return [(caller.call, caller.position) for caller in answer.queues[0].callers]


@pytest.mark.parametrize("gone", [True, False])
def test_in_a_queue_she_keeps_her_place_and_is_put_through(office: Office, anna: Phone, page: Phone, *, gone: bool) -> None:
    other = Phone(office, "acme-bob").register()
    anna.call("600")
    other.call("600")
    before = line(office)
    assert [position for _, position in before] == [1, 2]
    playing = dict(office.voice.legs)
    take(office, page, anna, gone=gone)
    assert line(office) == before
    assert page.heard("INVITE")[0].first("p-asserted-identity") == '"support" <sip:600@192.0.2.1>'
    assert len(anna.heard("BYE")) == (0 if gone else 1)
    assert playing.keys() <= office.voice.legs.keys(), "the voice that she hears is the same"
    cecilie = Phone(office, "acme-cecilie").register()
    office.wait(12)
    assert cecilie.rings
    cecilie.answer()
    office.wait(1)
    assert [one.why for one in office.told(QueueLeft)] == ["answered"]
    assert len(office.told(QueueEntered)) == 2
    page.hang_up()
    assert cecilie.heard("BYE")
    other.hang_up()


def test_an_agent_rings_for_her_meanwhile_and_picks_up(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("600")
    cecilie = Phone(office, "acme-cecilie").register()
    office.wait(1)
    assert cecilie.rings
    [call] = office.calls
    take(office, page, anna)
    is_there(office, page, call.id)
    cecilie.answer()
    office.wait(1)
    assert call.state == "talking"
    assert call.back is not None
    page.hang_up()
    assert cecilie.heard("BYE")


def press(office: Office, call: str, keys: str) -> None:
    office.voice.press(keys, f"{call}.v")
    office.settle()


@pytest.mark.parametrize("gone", [True, False])
def test_in_a_menu_she_hears_the_prompt_again_and_her_key_counts(
    office: Office, anna: Phone, page: Phone, *, gone: bool
) -> None:
    bob = Phone(office, "acme-bob").register()
    anna.call("700")
    [call] = office.calls
    voice = office.voice.legs[f"{call.id}.v"]
    before = len(voice.heard)
    take(office, page, anna, gone=gone)
    is_there(office, page, call.id)
    assert voice.heard[before:] == voice.heard[:before], "the prompt, from its beginning"
    press(office, call.id, "1#")
    assert bob.rings
    bob.answer()
    office.wait(1)
    assert call.state == "talking"
    page.hang_up()
    assert bob.heard("BYE")
    assert [one.outcome for one in office.told(CallEnded) if one.call == call.id] == ["answered"]


def test_while_the_one_rings_whom_she_chose_in_the_menu(office: Office, anna: Phone, page: Phone) -> None:
    bob = Phone(office, "acme-bob").register()
    anna.call("700")
    [call] = office.calls
    press(office, call.id, "1#")
    bob.ring()
    take(office, page, anna)
    is_there(office, page, call.id)
    assert office.voice.legs[f"{call.id}.v"].sounds == ["ringback"]
    bob.answer()
    office.wait(1)
    assert call.state == "talking"
    page.hang_up()
    assert bob.heard("BYE")


def test_in_a_conference_she_is_in_it_once_and_is_not_asked_for_the_pin_again(
    office: Office, anna: Phone, page: Phone
) -> None:
    bob = Phone(office, "acme-bob").register()
    for phone in (anna, bob):
        phone.call("810")
        press(office, office.calls[-1].id, "4711#")
    call = office.calls[0]
    voice = office.voice.legs[f"{call.id}.v"]
    said = len(voice.heard)
    take(office, page, anna)
    assert office.calls[0] is call
    assert call.front is not None
    assert call.front.party.login == "acme-anna-page"
    assert voice.seat is not None
    assert voice.seat.conference == "t-acme/c-coffee"
    assert len(voice.heard) == said, "she is asked for nothing"
    assert len(office.told(ConferenceJoined)) == 2
    press(office, call.id, "1")
    assert voice.seat.muted
    page.hang_up()
    assert len(office.told(ConferenceLeft)) == 1
    bob.hang_up()


def test_who_was_called_into_a_room_of_three_stays_in_it(office: Office, anna: Phone, page: Phone) -> None:
    """Bob brings Anna and Cecilie together; Anna, whose phone is one that was rung, loads the page again."""
    bob, cecilie = (Phone(office, login).register() for login in ("acme-bob", "acme-cecilie"))
    bob.call("101")
    anna.answer()
    bob.hold()
    line = Phone(office, "acme-bob", address=bob.address[0])
    line.call("103")
    cecilie.answer()
    office.wait(1)
    by = {call.callee.person: call for call in office.calls}
    own = by["p-acme-anna"]
    assert isinstance(merge(office.switch, MergeCalls("t-acme", own.id, by["p-acme-cecilie"].id, "p-acme-bob")), Originated)
    office.wait(1)
    assert own.front is not None
    before = own.front.id
    assert before.startswith("b")
    take(office, page, anna)
    assert own.front.party.login == "acme-anna-page"
    assert own.front.id != before
    assert [one.leg for one in office.told(LegEnded) if one.call == own.id].count(before) == 1
    seat = office.voice.legs[f"{own.id}.v"].seat
    assert seat is not None
    assert seat.conference.startswith("t-acme/meeting:")
    for phone in (page, line, bob, cecilie):
        phone.hang_up()
    office.wait(5)


def test_her_own_messages_are_told_on_where_they_were(office: Office, anna: Phone, page: Phone) -> None:
    two = tuple(BoxMessage(f"m{each}", "102", 0.0, 4.0, f"voicemail/{each}.wav", heard=True) for each in (1, 2))

    def ask(_service: str, payload: bytes, done: Callable[[bytes | None], object]) -> None:
        wanted = msgspec.msgpack.decode(payload, type=boxes.Request)
        done(msgspec.msgpack.encode(boxes.Messages(two) if isinstance(wanted, boxes.AskMessages) else boxes.Done()))

    office.switch.ask = ask
    anna.call("*97")
    [call] = office.calls
    press(office, call.id, "1#")
    voice = office.voice.legs[f"{call.id}.v"]
    assert "recording:voicemail/2.wav" in voice.sounds
    take(office, page, anna)
    is_there(office, page, call.id)
    assert "recording:voicemail/2.wav" in voice.sounds, "the second message, from its beginning"
    press(office, call.id, "#")
    assert any("no-more-messages" in each for each in voice.sounds)
    page.hang_up()


def test_what_she_says_into_a_mailbox_is_one_message(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("103")
    office.wait(8)
    [call] = office.calls
    voice = office.voice.legs[f"{call.id}.v"]
    assert voice.recording is not None
    file = voice.recording.file
    voice.said_seconds = 4.0
    take(office, page, anna)
    is_there(office, page, call.id)
    assert voice.recording is not None
    assert voice.recording.file == file
    page.hang_up()
    office.wait(1)
    assert [one.file for one in office.told(MessageLeft)] == [file]


def test_she_tries_her_phone_and_hears_herself_again(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("*96")
    office.wait(30)
    [call] = office.calls
    voice = office.voice.legs[f"{call.id}.v"]
    assert voice.echoes
    voice.echoes = False
    take(office, page, anna)
    is_there(office, page, call.id)
    assert voice.echoes
    page.hang_up()


def test_a_phone_that_is_just_taking_over_is_taken_over_by_none(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("700")
    page.acks = False
    page.call("101", headers=[("Require", "replaces"), ("Replaces", dialog_of(anna))])
    office.wait(0.2)
    third = Phone(office, "acme-anna").register()
    take(office, third, page, gone=False)
    assert third.statuses == [481]
    page.acks = True
    page.acknowledge(page.heard(200)[-1])
    office.wait(1)
    page.hang_up()


def test_nobody_else_goes_on_in_her_place(office: Office, anna: Phone, page: Phone) -> None:
    bob, dora = (Phone(office, login).register() for login in ("acme-bob", "beta-dora"))
    anna.call("600")
    take(office, bob, anna, gone=False)
    take(office, dora, anna, gone=False)
    assert (bob.statuses, dora.statuses) == ([403], [481])
    anna.hang_up()
    take(office, page, anna, gone=False)
    assert page.statuses == [481], "it is over"


def test_she_hangs_up_at_the_old_phone_while_the_new_one_is_connected(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("600")
    page.acks = False
    dialog = dialog_of(anna)
    page.call("101", headers=[("Require", "replaces"), ("Replaces", dialog)])
    office.wait(0.2)
    anna.hang_up()
    page.acks = True
    page.acknowledge(page.heard(200)[-1])
    office.wait(2)
    assert not office.calls
    assert page.heard("BYE")


def test_a_server_that_is_killed_right_after_it_goes_on_with_the_new_page(office: Office, anna: Phone, page: Phone) -> None:
    anna.call("600")
    take(office, page, anna)
    before = line(office)
    office.kill()
    office.start()
    office.wait(1)
    assert line(office) == before
    page.hang_up()
    assert [one.outcome for one in office.told(CallEnded)][-1] == "abandoned"
