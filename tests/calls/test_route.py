"""Whom a call rings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.calls.offices import goes_to, office, person, tenant

from svara.calls.route import MAX_RING_SECONDS, MAX_STEPS, Asked, Plan, route
from svara.people.office import Office, Unanswered

NOW = 1_700_000_000.0


def anna_dials(dialled: str, at: Office | None = None, offline: set[str] = frozenset()) -> Plan:  # type: ignore[assignment]
    asked = Asked("t-acme", "p-acme-anna", "acme-anna", dialled)
    return route(at or office(), asked, NOW, lambda login: login not in offline)


def rung(plan: Plan) -> list[list[str]]:
    return [[phone.login for phone in step.phones] for step in plan.steps]


BOBS_PHONES = ["acme-bob", "acme-bob-soft", "acme-bob-dect"]


@pytest.mark.parametrize("dialled", ["102", "bob", "Bob", "acme-bob", "acme-bob-soft", "1-02", " 102 "])
def test_all_phones_of_the_person_ring(dialled: str) -> None:
    plan = anna_dials(dialled)
    assert plan.callee is not None
    assert plan.callee.username == "bob"
    assert rung(plan) == [BOBS_PHONES]


def test_only_registered_phones_ring() -> None:
    assert rung(anna_dials("102", offline={"acme-bob", "acme-bob-dect"})) == [["acme-bob-soft"]]


@pytest.mark.parametrize("dialled", ["999", "", "x" * 5000, "10\x002", "104", "dora", "beta-anna", "\n102"])
def test_a_number_that_nobody_in_the_company_has(dialled: str) -> None:
    plan = anna_dials(dialled)
    assert (plan.steps, plan.callee, plan.refusal.status) == ((), None, 404)


def test_the_same_extension_in_two_companies() -> None:
    here = route(office(), Asked("t-acme", "p-acme-bob", "acme-bob", "101"), NOW, lambda _: True)
    there = route(office(), Asked("t-beta", "p-beta-dora", "beta-dora", "101"), NOW, lambda _: True)
    assert rung(here) == [["acme-anna"]]
    assert rung(there) == [["beta-anna"]]


def test_do_not_disturb_keeps_the_phones_silent() -> None:
    plan = anna_dials("102", office(bob={"choice": "dnd"}))
    assert (plan.steps, plan.refusal.status, plan.refusal.reason) == ((), 486, "do not disturb")


def test_away_is_shown_but_rings() -> None:
    assert rung(anna_dials("102", office(bob={"choice": "away"}))) == [BOBS_PHONES]


def test_all_phones_offline() -> None:
    plan = anna_dials("102", offline=set(BOBS_PHONES))
    assert (plan.steps, plan.refusal.status, plan.refusal.outcome) == ((), 480, "missed")


def test_the_own_number_rings_the_own_other_phones() -> None:
    asked = Asked("t-acme", "p-acme-bob", "acme-bob-soft", "102")
    assert rung(route(office(bob={"choice": "dnd"}), asked, NOW, lambda _: True)) == [["acme-bob", "acme-bob-dect"]]
    plan = anna_dials("101")
    assert (plan.steps, plan.refusal.status) == ((), 486)


def test_unanswered_goes_on_to_somebody_else() -> None:
    plan = anna_dials("102", office(bob=goes_to("person:cecilie", 15)))
    assert rung(plan) == [BOBS_PHONES, ["acme-cecilie"]]
    assert plan.steps[0].ring_seconds == 15
    assert plan.until == NOW + 15 + 60


def test_who_is_offline_or_not_to_be_disturbed_is_passed_over_at_once() -> None:
    forwarding = goes_to("person:cecilie")
    assert rung(anna_dials("102", office(bob=forwarding), set(BOBS_PHONES))) == [["acme-cecilie"]]
    assert rung(anna_dials("102", office(bob=forwarding | {"choice": "dnd"}))) == [["acme-cecilie"]]


def test_unanswered_hangup_only_limits_the_ringing() -> None:
    plan = anna_dials("102", office(bob=goes_to("hangup", 12)))
    assert [step.ring_seconds for step in plan.steps] == [12]
    assert plan.refusal.reason == "no answer"


def test_a_circle_of_forwards_tries_everybody_once() -> None:
    plan = anna_dials("102", office(bob=goes_to("person:cecilie"), cecilie=goes_to("person:bob")))
    assert rung(plan) == [BOBS_PHONES, ["acme-cecilie"]]


def test_a_phone_whose_company_is_gone() -> None:
    plan = route(Office(version=2), Asked("t-acme", "p-acme-anna", "acme-anna", "102"), NOW, lambda _: True)
    assert (plan.steps, plan.refusal.status) == ((), 403)


names = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
targets = st.one_of(st.none(), st.just("hangup"), st.just("person:gone"), st.builds("person:{}".format, names))
offices = st.builds(
    lambda chosen: Office(
        version=1,
        tenants=tuple(
            tenant(
                slug,
                *(
                    person(
                        name,
                        str(100 + n),
                        f"{slug}-{name}",
                        tenant=slug,
                        choice=choice,
                        unanswered=Unanswered(after, to) if to else None,
                    )
                    for n, (name, (choice, to, after)) in enumerate(sorted(people.items()))
                ),
            )
            for slug, people in chosen.items()
        ),
    ),
    st.fixed_dictionaries(
        {
            slug: st.dictionaries(
                names,
                st.tuples(st.sampled_from(["available", "away", "dnd"]), targets, st.floats(-5, 1e6)),
                min_size=1,
            )
            for slug in ("acme", "beta")
        }
    ),
)


@settings(deadline=None)
@given(offices, st.data())
def test_whatever_the_office_says_a_plan_is_bounded_and_stays_in_the_company(at: Office, data: st.DataObject) -> None:
    here = data.draw(st.sampled_from(at.tenants))
    caller = data.draw(st.sampled_from(here.people))
    dialled = data.draw(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                [x for t in at.tenants for p in t.people for x in (p.extension, p.username, p.phones[0].login) if x]
            ),
        )
    )
    online = data.draw(st.sets(st.sampled_from([p.phones[0].login for t in at.tenants for p in t.people])))
    plan = route(at, Asked(here.id, caller.id, caller.phones[0].login, dialled), NOW, online.__contains__)
    tried = [step.person for step in plan.steps]
    assert all(one in here.people for one in tried)
    assert len({one.id for one in tried}) == len(tried) <= MAX_STEPS
    assert all(phone.login in online and phone.login != caller.phones[0].login for s in plan.steps for phone in s.phones)
    assert all(step.phones and 1 <= step.ring_seconds <= MAX_RING_SECONDS for step in plan.steps)
    assert 400 <= plan.refusal.status < 700
    assert NOW <= plan.until <= NOW + MAX_STEPS * MAX_RING_SECONDS
