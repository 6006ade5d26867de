"""By which trunk, and whether at all: the rules alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calls.offices import person, tenant

from svara.calls.routing.route import Line, Refusal
from svara.calls.trunks.outbound import Dialled, dial, is_emergency
from svara.people.office import NumberClass, Outbound, PublicNumber, Tenant, Trunk

ANNA = person("anna", "101")


def trunk(name: str, priority: int = 0) -> Trunk:
    return Trunk(id=f"t-{name}", name=name, address=f"sip:{name}.example", priority=priority)


def acme(*trunks: Trunk, rules: tuple[tuple[str, str], ...], **more: object) -> Tenant:
    return tenant("acme", ANNA, trunks=trunks, outbound=tuple(Outbound(*rule) for rule in rules), **more)


def tried(found: Dialled | Refusal) -> list[str]:
    assert isinstance(found, Dialled), found
    line: Line | None = found.line
    names = []
    while line is not None:
        names.append(line.trunk.name)
        line = line.otherwise
    return names


def up(_trunk: Trunk) -> bool:
    return True


OFFICE = acme(
    trunk("cheap", 2),
    trunk("good", 1),
    trunk("nordic", 9),
    trunk("spare", 5),
    rules=(("+", "cheap"), ("+", "good"), ("+46", "nordic"), ("+47", "nordic"), ("+472", "spare")),
)


@pytest.mark.parametrize(
    ("dialled", "trunks"),
    [
        ("+4930123456", ["good", "cheap"]),
        ("+4684650040", ["nordic", "good", "cheap"]),
        ("90000001", ["nordic", "good", "cheap"]),
        ("21000000", ["spare", "nordic", "good", "cheap"]),
        ("116117", ["nordic", "good", "cheap"]),
    ],
)
def test_the_longest_prefix_goes_first_and_then_the_lowest_priority(dialled: str, trunks: list[str]) -> None:
    assert tried(dial(OFFICE, ANNA, dialled, up)) == trunks


def test_a_trunk_that_is_down_is_left_out_as_long_as_one_is_not() -> None:
    assert tried(dial(OFFICE, ANNA, "+4930123456", lambda trunk: trunk.name != "good")) == ["cheap"]
    assert tried(dial(OFFICE, ANNA, "+4930123456", lambda _: False)) == ["good", "cheap"]


def test_no_rule_fits() -> None:
    office = acme(trunk("nordic"), rules=(("+47", "nordic"),))
    found = dial(office, ANNA, "+4930123456", up)
    assert found == Refusal(404, "failed", "no trunk carries calls to that number")


@pytest.mark.parametrize(
    ("classes", "dialled", "reason"),
    [
        (("internal",), "21000000", "this person may not call national numbers"),
        (("internal", "national"), "90000001", "this person may not call mobile numbers"),
        (("internal", "national", "mobile"), "+4684650040", "this person may not call numbers abroad"),
        (("internal", "national", "mobile", "international"), "82012345", "this person may not call premium rate numbers"),
        ((), "21000000", "this person may not call national numbers"),
    ],
)
def test_a_person_calls_what_the_person_may(classes: tuple[NumberClass, ...], dialled: str, reason: str) -> None:
    found = dial(OFFICE, person("anna", "101", classes=classes), dialled, up)
    assert found == Refusal(403, "failed", reason)


def test_the_system_itself_may_call_what_the_office_says() -> None:
    assert tried(dial(OFFICE, None, "82012345", up))


@given(
    st.sets(st.sampled_from(["internal", "national", "mobile", "international", "premium"])),
    st.sampled_from(["112", "110", "113"]),
    st.sets(st.sampled_from(["cheap", "good", "nordic", "spare"])),
    st.booleans(),
)
def test_everybody_may_call_for_help_by_every_trunk(
    classes: set[NumberClass], dialled: str, down: set[str], anonymous: bool
) -> None:
    anna = person("anna", "101", classes=tuple(classes))
    found = dial(OFFICE, anna, dialled, lambda trunk: trunk.name not in down, anonymous=anonymous)
    names = tried(found)
    assert sorted(names) == ["cheap", "good", "nordic", "spare"]
    assert {name in down for name in names[: 4 - len(down)]} <= {False}
    assert isinstance(found, Dialled)
    assert (found.line.number, found.line.anonymous) == (dialled, False)


def test_help_comes_before_an_extension_of_the_same_digits_where_there_is_a_way_out() -> None:
    assert is_emergency(OFFICE, "112")
    assert is_emergency(OFFICE, "1 1 2")
    assert not is_emergency(OFFICE, "101")
    assert not is_emergency(acme(rules=()), "112")


def test_what_is_shown_to_the_called_side() -> None:
    numbers = (PublicNumber("+4721000000", "one", "hangup"), PublicNumber("+4721000009", "two", "hangup"))
    office = acme(
        trunk("one"), trunk("two", 1), trunk("three", 2), rules=(("+", "one"), ("+", "two"), ("+", "three")), numbers=numbers
    )

    def shows(who: str) -> list[str]:
        found = dial(office, person("anna", "101", shows=who), "90000001", up)
        assert isinstance(found, Dialled)
        line: Line | None = found.line
        shown = []
        while line is not None:
            shown.append(line.shows)
            line = line.otherwise
        return shown

    assert shows("") == ["+4721000000", "+4721000009", "+4721000000"]
    assert shows("+4721000009") == ["+4721000009"] * 3
    assert shows("+4799999999") == ["+4721000000", "+4721000009", "+4721000000"]  # a number that is not the company's
