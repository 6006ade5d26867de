"""Phones that come while their person is rung: a browser that was woken, a page that is loaded again, a phone plugged in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.commands import LiveCall
from svara.calls.events import AgentOfferEnded, CallEnded, LegAnswered, LegEnded, LegOffered
from svara.calls.ringing.phones import MAX_LEGS
from svara.calls.ringing.rounds import ANEW, BACK_SECONDS
from svara.people.office import FindMe, Forward, Member, Outbound, Queue, Trunk

BOB = "p-acme-bob"
_pages = itertools.count(1)


class Browser(Phone):
    """The phone of a page: another contact with each page, the same device all along."""

    page = 0

    def __init__(self, office: Office, login: str) -> None:
        super().__init__(office, login, transport="WS")

    def contact(self) -> str:
        return f'<sip:page{self.page}@{self.login}.invalid;transport=ws>;+sip.instance="<urn:uuid:{self.login}>"'

    def load(self, *, closes: bool = True) -> Browser:
        """The page is loaded (again); without `closes` the server does not see that the one before is gone."""
        if closes and self.page:
            self.wire.close()
        if self.page:
            self.office.wait(0.4)
        self.page = next(_pages)
        self.invite = None
        self.connect()
        self.register()
        self.office.wait(0.1)
        return self


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    made: list[Office] = []

    def make(**changes: Any) -> Office:
        made.append(Office(tmp_path, offices.office(**changes)))
        return made[-1]

    yield make
    for office in made:
        assert not office.calls
        office.close()


def rung(office: Office) -> dict[str, float]:
    """Who is rung in the only call, and for how long still."""
    [call] = office.calls
    return {person: round(until - office.clock.now()) for person, until in call.live().rings.items()}


def ended(office: Office) -> tuple[str, str]:
    last = office.told(CallEnded)[-1]
    return last.outcome, last.end_reason


# --- a phone that was on, and another that comes


@pytest.mark.claim("ADV-8")
def test_bob_opens_his_laptop_while_his_desk_phone_rings_and_takes_the_call_there(at_work: Office, anna: Phone) -> None:
    desk = Phone(at_work, "acme-bob").register()
    anna.call("102")
    desk.ring()
    laptop = Phone(at_work, "acme-bob-soft").register()
    assert not laptop.rings, "first it hears that it is registered"
    at_work.wait(0.1)
    assert laptop.rings
    laptop.ring()
    assert anna.statuses == [180], "to Anna it is one ringing"
    laptop.answer()
    assert anna.statuses[-1] == 200
    assert not desk.rings, "answered elsewhere"
    assert "cause=200" in desk.heard("CANCEL")[0].first("reason")
    assert [one.leg for one in at_work.told(LegOffered)] == ["b1", "b2"]
    anna.hang_up()


def test_the_call_is_taken_at_the_desk_in_the_moment_in_which_the_laptop_comes(at_work: Office, anna: Phone) -> None:
    desk = Phone(at_work, "acme-bob").register()
    anna.call("102")
    desk.ring()
    laptop = Phone(at_work, "acme-bob-soft").register()
    desk.answer()
    at_work.wait(0.1)
    assert not laptop.received[-1].to_bytes().startswith(b"INVITE"), "the call is taken already"
    anna.hang_up()
    anna.call("102")
    at_work.relay.slow = True
    later = Phone(at_work, "acme-bob-dect").register()
    at_work.wait(0.1)
    at_work.relay.slow = False
    desk.answer()
    at_work.relay.catch_up()
    at_work.settle()
    assert not later.rings, "its INVITE was not sent any more"
    anna.hang_up()


def test_nobody_is_rung_whose_time_is_over(start: Callable[..., Office]) -> None:
    office = start(bob=offices.goes_to("person:cecilie", 10))
    anna, cecilie, desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "cecilie", "bob"))
    anna.call("102")
    desk.ring()
    office.wait(11)
    assert cecilie.rings
    laptop = Phone(office, "acme-bob-soft").register()
    office.wait(0.1)
    assert not laptop.rings, "the call went on to Cecilie"
    cecilie.answer()
    anna.hang_up()


def test_who_said_no_on_a_device_is_not_asked_there_again(at_work: Office, anna: Phone) -> None:
    desk = Phone(at_work, "acme-bob").register()
    laptop = Browser(at_work, "acme-bob-soft").load()
    anna.call("102")
    desk.ring()
    laptop.ring()
    laptop.decline(486)
    laptop.load()
    assert not laptop.rings
    anna.cancel()


def test_the_phone_from_which_bob_calls_his_own_number_does_not_ring(at_work: Office) -> None:
    desk = Phone(at_work, "acme-bob").register()
    laptop = Browser(at_work, "acme-bob-soft").load()
    laptop.call("102")
    desk.ring()
    laptop.page = next(_pages)
    laptop.register()
    at_work.wait(0.1)
    assert not laptop.rings
    desk.answer()
    laptop.hang_up()


# --- a page that is loaded again while it rings


@pytest.mark.parametrize("closes", [True, False])
def test_bobs_page_is_loaded_again_while_it_rings_and_he_answers_there(
    at_work: Office, anna: Phone, *, closes: bool
) -> None:
    laptop = Browser(at_work, "acme-bob-soft").load()
    anna.call("102")
    laptop.ring()
    before = laptop.wire
    laptop.load(closes=closes)
    assert laptop.rings
    assert laptop.wire is not before
    assert anna.statuses == [180], "Anna heard nothing of it"
    laptop.ring()
    laptop.answer()
    assert anna.statuses[-1] == 200
    [first] = at_work.told(LegEnded)
    assert (first.leg, first.reason) == (("b1", "not reached") if closes else ("b1", ANEW))
    assert [one.leg for one in at_work.told(LegAnswered)] == ["b2"]
    anna.hang_up()
    assert ended(at_work) == ("answered", "hung up")


def test_a_page_that_does_not_come_back_is_waited_for_a_moment_alone(at_work: Office, anna: Phone) -> None:
    laptop = Browser(at_work, "acme-bob-soft").load()
    anna.call("102")
    laptop.ring()
    laptop.wire.close()
    at_work.wait(BACK_SECONDS - 1)
    assert anna.statuses == [180]
    at_work.wait(2)
    assert anna.statuses == [180, 480]
    assert ended(at_work) == ("missed", "no answer"), "it rang"


def test_a_page_that_came_back_rings_for_the_whole_time(start: Callable[..., Office]) -> None:
    office = start(bob=offices.goes_to("hangup", 30))
    anna = Phone(office, "acme-anna").register()
    laptop = Browser(office, "acme-bob-soft").load()
    anna.call("102")
    laptop.ring()
    office.wait(5)
    laptop.load()
    laptop.ring()
    office.wait(24)
    assert laptop.rings
    assert anna.statuses == [180]
    office.wait(1)
    assert not laptop.rings
    assert anna.statuses == [180, 480]


def test_a_page_that_never_got_the_call_gets_it_over_its_new_connection(at_work: Office, anna: Phone) -> None:
    laptop = Browser(at_work, "acme-bob-soft").load()
    laptop.deaf = True  # the network is gone, and nobody has noticed yet
    anna.call("102")
    laptop.deaf, laptop.invite = False, None
    laptop.connect()
    laptop.register()
    at_work.wait(0.1)
    assert laptop.rings
    laptop.answer()
    anna.hang_up()


def test_a_page_that_is_loaded_over_and_over_rings_so_often_and_no_more(at_work: Office, anna: Phone) -> None:
    laptop = Browser(at_work, "acme-bob-soft").load()
    anna.call("102")
    laptop.ring()
    for _ in range(MAX_LEGS + 10):
        laptop.load(closes=False)
    assert len(at_work.told(LegOffered)) == MAX_LEGS
    anna.cancel()


def test_what_a_phone_that_registers_anew_still_says_of_the_old_ringing_does_no_harm(at_work: Office, anna: Phone) -> None:
    laptop = Browser(at_work, "acme-bob-soft").load()
    anna.call("102")
    laptop.ring()
    old = laptop.invite
    laptop.load(closes=False)
    assert old is not None
    laptop.respond(200, laptop.sdp, request=old)
    assert anna.statuses == [180], "that leg is over: it is hung up at once"
    assert laptop.heard("BYE")
    laptop.answer()
    assert anna.statuses[-1] == 200
    anna.hang_up()


# --- somebody whose device can be woken


@pytest.mark.claim("ADV-8")
def test_bob_has_closed_the_app_is_woken_and_answers(start: Callable[..., Office]) -> None:
    office = start(bob=offices.goes_to("person:cecilie", 25) | {"wakes": True})
    anna = Phone(office, "acme-anna").register()
    cecilie = Phone(office, "acme-cecilie").register()
    anna.call("102")
    assert anna.statuses == [180], "Anna hears it ring"
    assert rung(office) == {BOB: 25}
    office.wait(0.1)
    told = [msgspec.msgpack.decode(payload, type=LiveCall) for topic, payload in office.news if topic == "call.ringing"]
    assert [(list(one.rings), one.state, one.people) for one in told] == [([BOB], "ringing", ("p-acme-anna", BOB))]
    office.wait(6)
    laptop = Browser(office, "acme-bob-soft").load()
    assert laptop.rings
    assert rung(office) == {BOB: 19}
    laptop.ring()
    laptop.answer()
    assert anna.statuses == [180, 200]
    assert rung(office) == {}
    assert not cecilie.rings
    anna.hang_up()


def test_bob_does_not_wake_up_and_the_call_goes_on_as_when_nobody_answers(start: Callable[..., Office]) -> None:
    offline = (Forward("offline", "hangup"),)
    office = start(bob=offices.goes_to("person:cecilie", 25) | {"wakes": True, "forwards": offline})
    anna = Phone(office, "acme-anna").register()
    cecilie = Phone(office, "acme-cecilie").register()
    anna.call("102")
    office.wait(24)
    assert not cecilie.rings
    office.wait(2)
    assert cecilie.rings, "his rule for when he is offline does not count"
    assert rung(office) == {}
    cecilie.answer()
    anna.hang_up()


def test_somebody_who_is_woken_is_shown_as_ringing_and_not_as_offline(start: Callable[..., Office]) -> None:
    office = start(bob={"wakes": True})
    anna = Phone(office, "acme-anna").register()
    assert office.switch.news.availability(BOB) == "available"
    assert office.switch.news.availability("p-acme-cecilie") == "offline"
    anna.call("102")
    assert office.switch.news.availability(BOB) == "ringing"
    anna.cancel()
    assert ended(office) == ("abandoned", "caller gave up")
    assert office.switch.news.availability(BOB) == "available"


@pytest.mark.parametrize("keeps_silent", [{"choice": "dnd"}, {"call_waiting": "busy"}])
def test_what_bob_chose_counts_before_he_is_woken(start: Callable[..., Office], keeps_silent: dict[str, Any]) -> None:
    office = start(bob={"wakes": True} | keeps_silent)
    anna, cecilie, desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "cecilie", "bob"))
    if "call_waiting" in keeps_silent:
        desk.call("101")
        anna.answer()
    cecilie.call("102")
    assert cecilie.statuses == [486]
    if "call_waiting" in keeps_silent:
        anna.hang_up()


@pytest.mark.parametrize(("status", "goes_on"), [(486, False), (603, False), (480, True), (503, True)])
def test_a_device_that_said_no_ends_it_and_one_that_was_not_reached_does_not(
    start: Callable[..., Office], status: int, *, goes_on: bool
) -> None:
    office = start(bob={"wakes": True})
    anna, desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("102")
    desk.ring()
    desk.decline(status)
    office.wait(1)
    assert (anna.statuses == [180]) is goes_on
    if goes_on:
        laptop = Browser(office, "acme-bob-soft").load()
        laptop.answer()
        anna.hang_up()


def test_a_call_that_cannot_have_sound_wakes_nobody_for_long(start: Callable[..., Office]) -> None:
    office = start(bob={"wakes": True})
    anna, _desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    office.relay.fails = "no ports"
    anna.call("102")
    assert anna.statuses[-1] == 503


# --- find-me


def test_bob_is_looked_for_at_cecilies_who_is_woken(start: Callable[..., Office]) -> None:
    office = start(bob={"find_me": (FindMe(5.0, "person:cecilie"),)}, cecilie={"wakes": True})
    anna, desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("102")
    desk.ring()
    assert rung(office) == {BOB: 60}
    office.wait(6)
    assert rung(office) == {BOB: 54, "p-acme-cecilie": 54}
    cecilie = Browser(office, "acme-cecilie").load()
    assert cecilie.rings
    cecilie.answer()
    assert not desk.rings
    anna.hang_up()


def test_bobs_mobile_rings_since_no_phone_of_his_is_on_until_he_opens_the_app(start: Callable[..., Office]) -> None:
    trunk = Trunk("k-itsp", "itsp", "sip:203.0.113.9:5090", match=("203.0.113.9",))
    company = {"trunks": (trunk,), "outbound": (Outbound("+", "itsp"),)}
    office = start(acme=company, bob={"find_me": (FindMe(0.0, "number:+4791000000"),)})
    provider = Phone(office, "itsp", address="203.0.113.9")
    provider.address = provider.own = ("203.0.113.9", 5090)
    office.transports.places["203.0.113.9", 5090] = provider.connect().wire
    anna = Phone(office, "acme-anna").register()
    anna.call("102")
    office.wait(0.1)
    provider.ring()
    assert rung(office) == {}
    office.wait(10)
    laptop = Browser(office, "acme-bob-soft").load()
    assert laptop.rings
    laptop.ring()
    assert rung(office) == {BOB: 50}
    laptop.answer()
    assert not provider.rings
    anna.hang_up()


# --- queues


def support(*members: str, **rules: Any) -> Queue:
    listed = tuple(Member(f"p-acme-{name}") for name in members)
    return Queue("q-support", "support", extension="600", members=listed, **{"ring_seconds": 15.0} | rules)


def test_an_agents_other_phone_comes_during_the_offer(start: Callable[..., Office]) -> None:
    office = start(acme={"queues": (support("bob"),)})
    anna, desk = (Phone(office, f"acme-{name}").register() for name in ("anna", "bob"))
    anna.call("600")
    desk.ring()
    laptop = Browser(office, "acme-bob-soft").load()
    assert laptop.rings
    laptop.answer()
    assert not desk.rings
    anna.hang_up()


def test_all_agents_ring_and_the_one_whose_page_is_loaded_again_rings_again(start: Callable[..., Office]) -> None:
    office = start(acme={"queues": (support("bob", "cecilie", strategy="ring-all"),)})
    anna = Phone(office, "acme-anna").register()
    bob, cecilie = Browser(office, "acme-bob").load(), Browser(office, "acme-cecilie").load()
    anna.call("600")
    bob.ring()
    cecilie.ring()
    bob.load(closes=False)
    assert bob.rings
    assert cecilie.rings
    bob.answer()
    assert not cecilie.rings
    assert [one.how for one in office.told(AgentOfferEnded)] == ["answered", "elsewhere"]
    anna.hang_up()


def test_the_only_agents_page_is_loaded_again_and_the_caller_keeps_the_place(start: Callable[..., Office]) -> None:
    office = start(acme={"queues": (support("bob"),)})
    anna = Phone(office, "acme-anna").register()
    bob = Browser(office, "acme-bob").load()
    anna.call("600")
    bob.ring()
    bob.load()
    assert bob.rings
    bob.answer()
    assert anna.statuses[-1] == 200
    anna.hang_up()


def test_an_agent_who_is_woken_gets_the_queues_call(start: Callable[..., Office]) -> None:
    office = start(acme={"queues": (support("bob"),)}, bob={"wakes": True})
    anna = Phone(office, "acme-anna").register()
    anna.call("600")
    assert rung(office) == {BOB: 15}
    office.wait(4)
    bob = Browser(office, "acme-bob").load()
    assert bob.rings
    bob.answer()
    office.wait(0.1)
    assert [one.how for one in office.told(AgentOfferEnded)] == ["answered"]
    anna.hang_up()


def test_an_agent_who_does_not_wake_up_did_not_answer(start: Callable[..., Office]) -> None:
    office = start(acme={"queues": (support("bob", "cecilie"),)}, bob={"wakes": True})
    anna = Phone(office, "acme-anna").register()
    cecilie = Phone(office, "acme-cecilie").register()
    anna.call("600")
    if cecilie.rings:
        cecilie.decline()
    office.wait(16)
    assert "no answer" in [one.how for one in office.told(AgentOfferEnded)]
    anna.hang_up() if 200 in anna.statuses else anna.cancel()
