"""Anna's page is loaded again while she waits in a queue: she waits on there, at the same place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.calls import offices
from tests.calls.moves.referring import dialog_of
from tests.calls.phones import Office, Phone

from svara.calls.commands import AskQueues, Queues
from svara.calls.events import CallEnded, QueueEntered, QueueLeft
from svara.people.office import Conference, Member, Menu, Queue

COMPANY = {
    "queues": (Queue("q-support", "support", extension="600", members=(Member("p-acme-cecilie"),), ring_seconds=15.0),),
    "menus": (Menu("m-front", "front", "welcome", {"1": "person:bob"}, extension="700", timeout_seconds=60.0),),
    "conferences": (Conference("c-coffee", "coffee", extension="810"),),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(
        tmp_path,
        offices.office(acme=COMPANY, anna={"phones": (offices.phone("acme-anna"), offices.phone("acme-anna-page"))}),
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


@pytest.mark.parametrize("dialled", ["700", "810"])
def test_a_menu_or_a_conference_is_not_taken_along(office: Office, anna: Phone, page: Phone, dialled: str) -> None:
    anna.call(dialled)
    take(office, page, anna, gone=False)
    assert page.statuses == [481]
    assert office.calls, "it goes on where it is"
    anna.hang_up()


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
