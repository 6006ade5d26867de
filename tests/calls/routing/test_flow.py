"""Where Acme's calls can go, what of it is probably not meant so, and the way that one call would go."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calls.offices import office, person, tenant

from svara.calls.routing.flow import Flow, flow
from svara.calls.routing.following import NOTHING, Followed, follow
from svara.people.office import (
    Conference,
    Hours,
    Member,
    Menu,
    Office,
    Outbound,
    PublicNumber,
    Queue,
    Sound,
    Tenant,
    Trunk,
    Unanswered,
    Window,
)

OSLO = ZoneInfo("Europe/Oslo")
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=OSLO).timestamp()
NIGHT = datetime(2026, 11, 24, 23, 0, tzinfo=OSLO).timestamp()
CHRISTMAS = datetime(2026, 12, 25, 12, 0, tzinfo=OSLO).timestamp()
ACME = "+4721000000"


def acme(**more: Any) -> Tenant:
    parts: dict[str, Any] = {
        "queues": (
            Queue("q1", "support", "600", members=(Member("p-acme-bob"),), max_wait_seconds=60, when_timeout="menu:night"),
        ),
        "hours": (Hours("office", (Window((0, 1, 2, 3, 4), 480, 960),), "NO"),),
        "menus": (
            Menu("m1", "front", "welcome", {"2": "person:anna", "1": "queue:support", "*": "menu:front"}, "queue:support"),
            Menu("m2", "night", "welcome", {"9": "number:+4790000001"}, "voicemail:support"),
        ),
        "numbers": (
            PublicNumber(ACME, "itsp", "menu:front", "office", "menu:night"),
            PublicNumber("+4721000001", "itsp", "person:anna"),
        ),
        "trunks": (Trunk("t1", "itsp", "sip:carrier.example"),),
        "outbound": (Outbound("+47", "itsp"),),
        "sounds": (Sound("welcome", "acme/welcome.wav"),),
    }
    people = (
        person("anna", "101", unanswered=Unanswered(20.0, "voicemail:anna")),
        person("bob", "102"),
    )
    return tenant("acme", *people, **(parts | more))


def ways(found: Flow, place: str) -> dict[str, str]:
    return {way.name: way.to for way in found.places[place].ways}


def called(company: Tenant, at: float = NOON, *pressed: str, number: str = ACME) -> Followed:
    return follow(Office(1, (company,)), company.id, number, at, pressed)


def way_of(followed: Followed) -> list[tuple[str, str]]:
    return [(step.place, step.way) for step in followed.steps]


def test_from_the_number_by_the_hours_to_menus_keys_and_people() -> None:
    found = flow(acme())
    assert found.entries == (f"number:{ACME}", "number:+4721000001")
    assert ways(found, f"number:{ACME}") == {"hours": f"hours:{ACME}"}
    assert ways(found, f"hours:{ACME}") == {"open": "menu:front", "closed": "menu:night"}
    assert ways(found, "number:+4721000001") == {"always": "person:anna"}
    assert list(ways(found, "menu:front")) == ["key.1", "key.2", "key.*", "otherwise"]
    assert ways(found, "queue:support") == {"when_timeout": "menu:night"}
    assert ways(found, "person:anna") == {"unanswered": "voicemail:anna"}
    assert found.places["number:+4790000001"].kind == "outside"
    assert found.faults == {}
    assert "person:bob" not in found.places, "no call of a number goes to Bob by himself"


def test_only_what_one_number_leads_to() -> None:
    only = flow(acme()).within("number:+4721000001")
    assert set(only.places) == {"number:+4721000001", "person:anna", "voicemail:anna"}
    assert only.entries == ("number:+4721000001",)


def test_what_is_dialled_inside_alone_is_an_entry_and_what_nothing_leads_to_is_a_fault() -> None:
    hidden = Menu("m3", "hidden", "welcome", {"1": "menu:deeper"}, "person:bob", extension="710")
    deeper = Menu("m4", "deeper", "welcome", {}, "person:bob")
    lost = Menu("m5", "lost", "welcome", {"1": "menu:also-lost"}, "person:bob")
    also = Menu("m6", "also-lost", "welcome", {"1": "menu:lost"}, "person:bob")
    company = acme()
    found = flow(acme(menus=(*company.menus, hidden, deeper, lost, also)))
    assert found.entries[2:] == ("menu:hidden", "menu:lost")
    assert found.faults == {"menu:lost": ("unreached",), "menu:also-lost": ("unreached",)}


@pytest.mark.parametrize(
    ("more", "place", "fault"),
    [
        ({"menus": (Menu("m1", "front", "welcome", {}, "hangup", direct_dial=False),)}, "menu:front", "dead-end"),
        ({"menus": (Menu("m1", "front", "gone", {}, "queue:support"),)}, "menu:front", "silent"),
        ({"menus": (Menu("m1", "front", "welcome", {}, "menu:front"),)}, "menu:front", "circle"),
        ({"queues": (Queue("q1", "support"),)}, "queue:support", "nobody"),
        ({"numbers": (PublicNumber(ACME, "itsp", "hangup"),)}, f"number:{ACME}", "hung-up"),
        ({"outbound": (Outbound("+46", "itsp"),)}, "number:+4790000001", "no-trunk"),
    ],
)
def test_what_is_probably_not_meant_so_is_told(more: dict[str, Any], place: str, fault: str) -> None:
    night = acme().menus[1]
    if "menus" in more:
        more = {"menus": (*more["menus"], night)}
    assert fault in flow(acme(**more)).faults[place]


def test_two_menus_that_lead_to_each_other_are_a_circle_for_both_and_one_with_a_way_out_is_none() -> None:
    night = acme().menus[1]
    one = Menu("m1", "front", "welcome", {"1": "menu:front"}, "menu:round")
    other = Menu("m3", "round", "welcome", {}, "menu:front")
    assert flow(acme(menus=(one, other, night))).faults == {"menu:front": ("circle",), "menu:round": ("circle",)}
    out = Menu("m3", "round", "welcome", {"1": "menu:front"}, "queue:support")
    assert flow(acme(menus=(one, out, night))).faults == {}


def test_the_way_of_a_call_is_that_of_the_hours() -> None:
    for at, way in ((NOON, "open"), (NIGHT, "closed"), (CHRISTMAS, "closed")):
        found = called(acme(), at)
        assert way_of(found) == [(f"number:{ACME}", "hours"), (f"hours:{ACME}", way)]
        assert (found.last, found.end) == ("menu:front" if way == "open" else "menu:night", "chooses")


def test_keys_take_it_on_menu_by_menu() -> None:
    found = called(acme(), NOON, "*", "1")
    assert way_of(found)[2:] == [("menu:front", "key.*"), ("menu:front", "key.1")]
    assert (found.last, found.end) == ("queue:support", "waits")
    assert called(acme(), NOON, "2").end == "rings"
    assert called(acme(), NIGHT, "9").last == "number:+4790000001"
    nothing = called(acme(), NIGHT, NOTHING)
    assert (way_of(nothing)[-1], nothing.end) == (("menu:night", "otherwise"), "leaves-message")
    wrong = called(acme(), NOON, "7")
    assert (wrong.steps[-1].way, wrong.steps[-1].pressed, wrong.last) == ("otherwise", "7", "queue:support")
    dialled = called(acme(), NOON, "102")
    assert (dialled.steps[-1].way, dialled.steps[-1].pressed, dialled.last) == ("", "102", "person:bob")


def test_the_way_ends_also_where_it_goes_in_a_circle_or_nowhere() -> None:
    one = Menu("m1", "front", "welcome", {}, "menu:night")
    other = Menu("m2", "night", "welcome", {}, "menu:front")
    assert called(acme(menus=(one, other)), NOON, *[NOTHING] * 20).end == "circle"
    back = PublicNumber(ACME, "itsp", "number:+4721000001"), PublicNumber("+4721000001", "itsp", f"number:{ACME}")
    assert called(acme(numbers=back)).end == "circle"
    over = (PublicNumber(ACME, "itsp", "hangup"),)
    assert (called(acme(numbers=over)).end, called(acme(numbers=over)).last) == ("hung-up", "")
    room = (PublicNumber(ACME, "itsp", "conference:monday"),)
    assert called(acme(numbers=room, conferences=(Conference("c1", "monday"),))).end == "confers"
    assert called(acme(numbers=(PublicNumber(ACME, "itsp", "queue:gone"),))).end == "refused"


def test_another_company_is_not_touched() -> None:
    both = Office(1, (acme(), *office().tenants[1:]))
    assert follow(both, "t-acme", ACME, NOON).last == "menu:front"
    assert set(flow(both.tenants[1]).places) == set()


NAMES = ("front", "night", "a", "b", "c")
TARGETS = st.sampled_from([*(f"menu:{name}" for name in NAMES), "queue:support", "person:anna", "hangup", "voicemail:bob"])


@given(st.lists(st.tuples(st.dictionaries(st.sampled_from("123*"), TARGETS), TARGETS), min_size=5, max_size=5), st.data())
def test_whatever_the_menus_are_each_step_is_a_way_that_is_drawn(menus: Any, data: st.DataObject) -> None:
    built = tuple(
        Menu(f"m{n}", name, "welcome", keys, to, direct_dial=False)
        for n, (name, (keys, to)) in enumerate(zip(NAMES, menus, strict=True))
    )
    company = acme(menus=built)
    drawn = flow(company)
    pressed = data.draw(st.lists(st.sampled_from(["1", "2", "3", "*", "9", NOTHING]), max_size=30))
    found = called(company, NOON, *pressed)
    here = f"number:{ACME}"
    for step in found.steps:
        assert step.place == here
        here = ways(drawn, here)[step.way]
    assert found.last in (here, "")
    for id_, faults in drawn.faults.items():
        if "circle" in faults and id_ in drawn.places:
            assert (
                called(acme(menus=built, numbers=(PublicNumber(ACME, "itsp", id_),)), NOON, *[NOTHING] * 30).end == "circle"
            )
