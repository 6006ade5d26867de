"""From person to person, mailbox and menu: where a call goes on, by the rules of those who are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls import offices
from tests.calls.phones import Office, Phone

from svara.calls.events import CallEnded, CallRouted, LegEnded, LegOffered
from svara.calls.routing.route import Caller, Moment, Onto, Plan, Refusal
from svara.calls.routing.targets import at_number, resolve
from svara.people.office import FindMe, Forward, Hours, Member, Menu, PublicNumber, Queue, Window


@pytest.fixture
def company(tmp_path: Path) -> Any:
    """Makes Acme with changed people, and their phones."""
    made: list[Office] = []

    def make(**changes: Any) -> tuple[Office, Phone, Phone, Phone]:
        office = Office(tmp_path, offices.office(**changes))
        made.append(office)
        return (office, *(Phone(office, f"acme-{name}").register() for name in ("anna", "bob", "cecilie")))

    yield make
    for office in made:
        assert office.switch.counters.calls_crashed_total == 0
        office.close()


Company = Callable[..., tuple[Office, Phone, Phone, Phone]]


def way(office: Office) -> list[tuple[str, str]]:
    return [(event.to, event.why) for event in office.told(CallRouted)]


def ending(office: Office) -> tuple[str, str]:
    [ended] = office.told(CallEnded)
    assert office.calls == []
    return ended.outcome, ended.end_reason


def test_bob_is_away_and_all_calls_go_to_cecilie(company: Company) -> None:
    office, anna, bob, cecilie = company(bob={"forwards": (Forward("always", "person:cecilie"),)})
    anna.call("102")
    assert cecilie.rings
    assert not bob.rings
    cecilie.answer()
    assert anna.statuses == [200]
    assert way(office) == [("person:bob", "dialled"), ("person:cecilie", "forwarded")]


def test_cecilie_who_takes_the_calls_of_bob_reaches_him(company: Company) -> None:
    _, _, bob, cecilie = company(bob={"forwards": (Forward("always", "person:cecilie"),)})
    cecilie.call("102")
    assert bob.rings


def test_busy_and_no_answer_lead_to_different_people(company: Company) -> None:
    rules = offices.goes_to("person:cecilie", 15) | {"forwards": (Forward("busy", "person:anna"),)}
    office, anna, bob, cecilie = company(bob=rules)
    cecilie.call("102")
    bob.decline(486)
    assert anna.rings
    cecilie.cancel()
    anna.call("102")
    bob.ring()
    office.wait(16)
    assert cecilie.rings
    assert [why for _, why in way(office)] == ["busy", "no answer"]


def test_offline_has_a_target_of_its_own(company: Company) -> None:
    office, anna, bob, cecilie = company(bob={"forwards": (Forward("offline", "person:cecilie"),)})
    bob.register(expires=0)
    anna.call("102")
    assert cecilie.rings
    assert way(office) == [("person:cecilie", "all phones are offline")]


def test_a_circle_of_forwards_rings_everybody_once(company: Company) -> None:
    office, anna, bob, cecilie = company(bob=offices.goes_to("person:cecilie"), cecilie=offices.goes_to("person:bob"))
    anna.call("102")
    bob.decline(486)
    cecilie.decline(486)
    assert not bob.rings
    assert anna.statuses == [486]
    assert ending(office) == ("busy", "busy")
    assert len(office.told(LegOffered)) == len(office.told(LegEnded)) == 2


def test_people_who_forward_to_each_other(company: Company) -> None:
    office, anna, bob, cecilie = company(
        bob={"forwards": (Forward("always", "person:cecilie"),)}, cecilie={"forwards": (Forward("always", "person:bob"),)}
    )
    anna.call("102")
    assert not bob.rings
    assert not cecilie.rings
    assert anna.statuses == [482]
    assert ending(office) == ("failed", "the call went in a circle")


@pytest.mark.claim("PHO-4")
def test_find_me_rings_another_phone_too_while_the_desk_goes_on(company: Company) -> None:
    rules = offices.goes_to("hangup", 30) | {"find_me": (FindMe(10, "person:cecilie"),)}
    office, anna, bob, cecilie = company(bob=rules)
    anna.call("102")
    bob.ring()
    office.wait(9)
    assert not cecilie.rings
    office.wait(2)
    assert cecilie.rings
    assert bob.rings
    cecilie.answer()
    assert not bob.rings
    assert anna.statuses == [180, 200]
    assert way(office) == []


def test_find_me_ends_with_the_time_that_the_person_has_to_answer(company: Company) -> None:
    rules = offices.goes_to("hangup", 30) | {"find_me": (FindMe(10, "person:cecilie"),)}
    office, anna, bob, cecilie = company(bob=rules)
    anna.call("102")
    bob.ring()
    office.wait(11)
    cecilie.ring()
    office.wait(20)
    assert not bob.rings
    assert not cecilie.rings
    assert anna.statuses == [180, 480]
    states = {one.availability for one in office.switch.news.presence("t-acme")}
    assert states == {"available"}


def test_find_me_begins_at_once_when_the_desk_does_not_ring(company: Company) -> None:
    rules = offices.goes_to("hangup", 30) | {"find_me": (FindMe(10, "person:cecilie"),)}
    office, anna, bob, cecilie = company(bob=rules)
    anna.call("102")
    bob.decline(486)
    assert cecilie.rings
    anna.cancel()
    bob.register(expires=0)
    anna.call("102")
    assert cecilie.rings
    assert office.calls


def test_who_declines_is_not_looked_for_elsewhere(company: Company) -> None:
    office, anna, bob, cecilie = company(bob={"find_me": (FindMe(10, "person:cecilie"),)})
    anna.call("102")
    bob.decline(603)
    office.wait(15)
    assert not cecilie.rings
    assert anna.statuses == [603]
    assert ending(office) == ("rejected", "declined")


def test_quiet_hours_are_those_of_the_office_s_own_clock() -> None:
    at = offices.office(bob={"quiet": (Window((0, 1, 2, 3, 4), 22 * 60, 7 * 60),)})
    tuesday_night = 1_700_000_000.0  # Tuesday 2023-11-14 23:13 in Oslo, 22:13 UTC
    for moment, quiet in ((tuesday_night, True), (tuesday_night - 2 * 3600, False), (tuesday_night + 3600, True)):
        found = resolve(
            at, "t-acme", "person:bob", Caller("p-acme-anna", "acme-anna"), Moment(moment, lambda _: True, lambda _: True)
        )
        assert isinstance(found, Plan)
        assert (found.refusal.reason == "do not disturb") == quiet


def test_a_queue_is_refused_while_there_are_none(company: Company) -> None:
    office, anna, *_ = company(acme={"queues": (Queue("q", "support", extension="600"),)})
    office.switch.queues = None
    anna.call("600")
    assert anna.statuses == [480]
    assert ending(office) == ("failed", "queues are not available")


def test_a_number_of_the_company_goes_where_the_hours_say() -> None:
    hours = Hours("office", open=(Window((0, 1, 2, 3, 4), 8 * 60, 16 * 60),))
    number = PublicNumber("+4721000000", "itsp", "queue:support", "office", "voicemail:support")
    company = offices.office(acme={"hours": (hours,), "numbers": (number,)}).tenants[0]
    assert at_number(company, number, 1_700_000_000.0) == Onto("voicemail:support", "closed")
    assert at_number(company, number, 1_700_000_000.0 - 10 * 3600) == Onto("queue:support", "number")


def test_bob_s_forward_to_a_menu_greets_the_caller(company: Company) -> None:
    menu = Menu("m", "front", prompt="", keys={"1": "person:cecilie"}, direct_dial=False)
    office, anna, _, cecilie = company(bob={"forwards": (Forward("always", "menu:front"),)}, acme={"menus": (menu,)})
    anna.call("102")
    assert anna.statuses == [200]
    office.voice.press("1")
    office.settle()
    assert cecilie.rings


NAMES = ("anna", "bob", "cecilie")
targets = st.sampled_from(
    [
        *(f"person:{name}" for name in NAMES),
        *(f"voicemail:{name}" for name in NAMES),
        "menu:front",
        "queue:support",
        "number:+4721000000",
        "number:+4799999999",
        "hangup",
        "person:gone",
        "nonsense",
    ]
)
forwards = st.builds(Forward, st.sampled_from(["always", "busy", "offline"]), targets)
rules = st.fixed_dictionaries(
    {},
    optional={
        "choice": st.sampled_from(["available", "dnd"]),
        "forwards": st.lists(st.builds(Forward, st.sampled_from(["always", "busy", "offline"]), targets), max_size=3).map(
            tuple
        ),
        "find_me": st.lists(st.builds(FindMe, st.floats(-1, 100), targets), max_size=2).map(tuple),
        "unanswered": st.builds(offices.Unanswered, st.floats(0, 40), targets),
    },
)


@settings(deadline=None, max_examples=80)
@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, rules)),
    targets,
    targets,
    st.lists(st.sampled_from(["ring", "busy", "decline", "1", "*", "wait"]), max_size=12),
)
def test_whatever_the_rules_say_every_call_ends_and_is_told_once(
    tmp_path_factory: pytest.TempPathFactory, people: dict[str, Any], otherwise: str, to: str, script: list[str]
) -> None:
    menu = Menu("m", "front", extension="700", prompt="", keys={"1": to, "*": "menu:front"}, otherwise=otherwise)
    number = PublicNumber("+4721000000", "itsp", to, closed=otherwise)
    members = (Member("p-acme-bob"), Member("p-acme-cecilie"))
    queue = Queue("q", "support", extension="600", members=members, max_wait_seconds=300, when_timeout=otherwise)
    acme = {"menus": (menu,), "queues": (queue,), "numbers": (number,)}
    office = Office(tmp_path_factory.mktemp("office"), offices.office(acme=acme, **people))
    phones = [Phone(office, f"acme-{name}").register() for name in NAMES]
    phones[0].call("700")
    for what in script:
        if what in "1*":
            office.voice.press(what) if office.voice.legs else None
        elif what == "wait":
            office.wait(7)
        for phone in phones:
            if phone.rings and what in ("ring", "busy", "decline"):
                phone.ring() if what == "ring" else phone.decline(486 if what == "busy" else 603)
        office.settle()
    office.wait(3000)
    assert office.calls == []
    assert len(office.told(CallEnded)) == 1
    assert len(office.told(LegOffered)) == len(office.told(LegEnded))
    assert office.switch.counters.calls_crashed_total == 0
    assert office.switch.guests == office.voice.legs == office.switch.dialogs == {}
    assert {one.availability for one in office.switch.news.presence("t-acme")} <= {"available", "dnd", "offline"}
    office.close()


@given(st.fixed_dictionaries(dict.fromkeys(NAMES, rules)), targets, st.sets(st.sampled_from(NAMES)))
def test_whatever_a_target_means_stays_in_the_company(people: dict[str, Any], to: str, online: set[str]) -> None:
    at = offices.office(**people)
    acme = at.tenants[0]
    moment = Moment(1_700_000_000.0, lambda login: login.split("-")[-1] in online, lambda _: True)
    found = resolve(at, acme.id, to, Caller(), moment)
    if isinstance(found, Plan):
        steps = [*found.steps, *(step for also in found.also for step in also.steps)]
        assert all(step.person in acme.people for step in steps)  # type: ignore[union-attr]
        assert found.until <= moment.now + 300
    else:
        assert isinstance(found, Refusal | Onto) or to.startswith(("voicemail:", "menu:", "queue:"))
