"""Whom a phone shows: who is called, who picked up, and by which queue, number or menu a call came."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.calls import offices
from tests.calls.moves.referring import refer
from tests.calls.phones import Office, Phone

from svara.people.office import FindMe, Forward, Member, Menu, Outbound, PublicNumber, Queue, Trunk

ANNA, BOB, CECILIE = (
    f'"{name}" <sip:{number}@192.0.2.1>' for name, number in (("Anna Berg", 101), ("Bob Lind", 102), ("Cecilie Dahl", 103))
)
SUPPORT = Queue("q-support", "support", extension="600", members=(Member("p-acme-bob"),), greeting="welcome")
COMPANY = {
    "queues": (SUPPORT,),
    "menus": (Menu("m-front", "front", "welcome", {"1": "person:bob", "2": "queue:support"}, extension="700"),),
    "trunks": (Trunk("k-itsp", "itsp", "sip:203.0.113.9:5090", match=("203.0.113.9",)),),
    "outbound": (Outbound("+", "itsp"),),
    "numbers": (
        PublicNumber("+4721000000", "itsp", "person:bob"),
        PublicNumber("+4721000001", "itsp", "queue:support"),
    ),
}


def shown(phone: Phone, status: int) -> list[str | None]:
    """Whom the answers with that status named to the caller."""
    return [one.first("p-asserted-identity") for one in phone.heard(status) if one.cseq.method == "INVITE"]


def came_by(phone: Phone) -> str | None:
    assert phone.invite is not None
    return phone.invite.first("p-called-party-id")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[Office, Phone, Phone, Phone, Phone]]]:
    made: list[Office] = []

    def make(**changes: Any) -> tuple[Office, Phone, Phone, Phone, Phone]:
        office = Office(tmp_path, offices.office(acme=COMPANY, **changes))
        made.append(office)
        anna, bob, cecilie = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie"))
        provider = Phone(office, "itsp", address="203.0.113.9")
        provider.address = provider.own = ("203.0.113.9", 5090)
        office.transports.places["203.0.113.9", 5090] = provider.connect().wire
        return office, anna, bob, cecilie, provider

    yield make
    for office in made:
        assert not office.calls
        office.close()


Started = Callable[..., tuple[Office, Phone, Phone, Phone, Phone]]


def test_annas_phone_shows_bob_while_it_rings_and_when_he_picks_up(start: Started) -> None:
    _, anna, bob, *_ = start()
    anna.call("102")
    bob.ring()
    bob.answer()
    assert (shown(anna, 180), shown(anna, 200)) == ([BOB], [BOB])
    assert came_by(bob) is None, "he was called himself"
    anna.hang_up()


def test_a_call_that_goes_on_names_who_picks_up(start: Started) -> None:
    _, anna, bob, cecilie, _ = start(bob={"forwards": (Forward("busy", "person:cecilie"),)})
    anna.call("102")
    bob.ring()
    bob.decline(486)
    cecilie.answer()
    assert (shown(anna, 180), shown(anna, 200)) == ([BOB], [CECILIE])
    anna.hang_up()


def test_bob_picks_up_on_his_mobile_and_nobody_learns_its_number(start: Started) -> None:
    office, anna, bob, _, provider = start(bob={"find_me": (FindMe(0.0, "number:+4791000000"),)})
    anna.call("102")
    office.wait(0.1)
    bob.ring()
    provider.answer()
    assert shown(anna, 180) == [BOB]
    assert "91000000" not in "".join(one.to_bytes().decode() for one in anna.received)
    assert "p-called-party-id" not in provider.last.decode().lower()
    anna.hang_up()


@pytest.mark.parametrize("status", [180, 200])
def test_who_asks_for_privacy_is_not_named(start: Started, status: int) -> None:
    _, anna, bob, *_ = start()
    anna.call("102")
    bob.respond(180, headers=[("Privacy", "id")] if status == 180 else [])
    bob.extra = [("Privacy", "id")] if status == 200 else []
    bob.answer()
    assert (shown(anna, 180), shown(anna, 200)) == ([None if status == 180 else BOB], [None])
    bob.hold()
    assert "Bob" not in anna.received[-1].to_bytes().decode()
    bob.hang_up()


def test_a_header_that_is_nonsense_counts_as_privacy_and_harms_nothing(start: Started) -> None:
    _, anna, bob, *_ = start()
    anna.call("102")
    bob.extra = [("Privacy", "\x01;;=,")]
    bob.answer()
    assert shown(anna, 200) == [None]
    anna.hang_up()


def test_a_provider_learns_nobodys_name(start: Started) -> None:
    _, _, bob, _, provider = start()
    provider.call("+4721000000", headers=[("P-Asserted-Identity", "<sip:+4790000000@203.0.113.9>")])
    bob.ring()
    assert came_by(bob) == "<sip:+4721000000@192.0.2.1>"
    bob.answer()
    bob.hold()
    assert provider.heard("INVITE")
    told = "".join(one.to_bytes().decode() for one in provider.received)
    assert "Bob" not in told
    assert "P-Asserted-Identity" not in told
    provider.hang_up()


def test_the_queue_goes_before_the_number(start: Started) -> None:
    _, anna, bob, _, provider = start()
    provider.call("+4721000001", headers=[("P-Asserted-Identity", "<sip:+4790000000@203.0.113.9>")])
    assert came_by(bob) == '"support" <sip:600@192.0.2.1>'
    bob.answer()
    provider.hang_up()
    anna.call("600")
    assert came_by(bob) == '"support" <sip:600@192.0.2.1>'
    bob.ring()
    bob.answer()
    assert shown(anna, 180) == ['"support" <sip:600@192.0.2.1>']
    assert shown(anna, 200) == [BOB], "the agent who took the call"
    anna.hang_up()


def test_a_caller_who_waits_is_shown_the_queue_and_one_in_a_menu_the_menu(start: Started) -> None:
    office, anna, bob, *_ = start(bob={"choice": "dnd"})
    anna.call("600")
    assert shown(anna, 200) == ['"support" <sip:600@192.0.2.1>']
    anna.hang_up()
    anna.received.clear()
    anna.call("700")
    assert shown(anna, 200) == ['"front" <sip:700@192.0.2.1>']
    anna.hang_up()
    assert not bob.rings
    assert not office.calls


def test_bob_sees_that_a_call_comes_by_the_menu(start: Started) -> None:
    office, anna, bob, *_ = start()
    anna.call("front")
    office.voice.press("1")
    office.wait(3)
    assert came_by(bob) == '"front" <sip:front@192.0.2.1>'
    bob.answer()
    anna.hang_up()


def test_after_a_transfer_the_phone_that_is_asked_anew_is_told_who_is_there(start: Started) -> None:
    office, anna, bob, cecilie, _ = start()
    anna.call("102")
    bob.answer()
    refer(bob, "103")
    office.wait(0.1)
    cecilie.answer()
    office.wait(1)
    cecilie.hold()
    asked = anna.heard("INVITE")[-1]
    assert asked.first("p-asserted-identity") == CECILIE
    anna.hold()
    assert cecilie.heard("INVITE")[-1].first("p-asserted-identity") == ANNA
    anna.hang_up()


def test_it_is_so_also_after_a_restart(start: Started) -> None:
    office, anna, bob, *_ = start()
    anna.call("102")
    bob.extra = [("Privacy", "id")]
    bob.answer()
    office.kill()
    office.start()
    bob.hold()
    assert anna.heard("INVITE")[-1].first("p-asserted-identity") is None
    anna.hang_up()
