"""Whom a call rings."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.calls.offices import goes_to, office, person, tenant

from svara.calls.routing.dialling import dialling
from svara.calls.routing.route import MAX_RING_SECONDS, Asked, Moment, Plan, Refusal, Step
from svara.calls.routing.verdict import BUSY, DECLINED, NO_ANSWER, OFFLINE
from svara.people.office import FindMe, Forward, Office, Unanswered

NOW = 1_700_000_000.0


def plan_for(at: Office, asked: Asked, reachable: Callable[[str], bool] = lambda _: True, now: float = NOW) -> Plan:
    """What rings; whoever cannot be called gets a plan without steps, as at the desk."""
    found = dialling(at, asked, Moment(now, reachable, lambda _: True)).found
    return Plan(None, (), found, now) if isinstance(found, Refusal) else found  # type: ignore[return-value]


def anna_dials(number: str, at: Office | None = None, offline: set[str] = frozenset(), now: float = NOW) -> Plan:  # type: ignore[assignment]
    asked = Asked("t-acme", "p-acme-anna", "acme-anna", number)
    return plan_for(at or office(), asked, lambda login: login not in offline, now)


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
    here = plan_for(office(), Asked("t-acme", "p-acme-bob", "acme-bob", "101"))
    there = plan_for(office(), Asked("t-beta", "p-beta-dora", "beta-dora", "101"))
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
    assert rung(plan_for(office(bob={"choice": "dnd"}), asked)) == [["acme-bob", "acme-bob-dect"]]
    plan = anna_dials("101")
    assert (plan.steps, plan.refusal.status) == ((), 486)


def test_unanswered_goes_on_to_somebody_else() -> None:
    plan = anna_dials("102", office(bob=goes_to("person:cecilie", 15)))
    assert rung(plan) == [BOBS_PHONES]
    assert plan.steps[0].ring_seconds == 15
    assert plan.until == NOW + 15
    assert plan.onward is not None
    assert [plan.onward.after(what) for what in (NO_ANSWER, BUSY, DECLINED, OFFLINE)] == ["person:cecilie"] * 4


def test_unanswered_hangup_only_limits_the_ringing() -> None:
    plan = anna_dials("102", office(bob=goes_to("hangup", 12)))
    assert [step.ring_seconds for step in plan.steps] == [12]
    assert (plan.refusal.reason, plan.onward) == ("no answer", None)


def test_a_phone_whose_company_is_gone() -> None:
    plan = plan_for(Office(version=2), Asked("t-acme", "p-acme-anna", "acme-anna", "102"))
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
    number = data.draw(
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(
                [x for t in at.tenants for p in t.people for x in (p.extension, p.username, p.phones[0].login) if x]
            ),
        )
    )
    online = data.draw(st.sets(st.sampled_from([p.phones[0].login for t in at.tenants for p in t.people])))
    plan = plan_for(at, Asked(here.id, caller.id, caller.phones[0].login, number), online.__contains__)
    assume(isinstance(plan, Plan))  # what was dialled is no feature code
    tried = [step.person for step in plan.steps if isinstance(step, Step)]
    assert all(one in here.people for one in tried)
    assert len(tried) <= 1
    assert all(phone.login in online and phone.login != caller.phones[0].login for s in plan.steps for phone in s.phones)
    assert all(step.phones and 1 <= step.ring_seconds <= MAX_RING_SECONDS for step in plan.steps)
    assert 400 <= plan.refusal.status < 700
    assert NOW <= plan.until <= NOW + MAX_RING_SECONDS


def bob_in_a_call(choice: str, *in_use: str, offline: set[str] = frozenset(), **more: object) -> Plan:  # type: ignore[assignment]
    """Anna dials Bob, who is in a call on these phones."""
    at = office(bob={"call_waiting": choice, **more})
    asked = Asked("t-acme", "p-acme-anna", "acme-anna", "102")
    moment = Moment(
        NOW,
        lambda login: login not in offline,
        lambda _: True,
        in_call=lambda person: person == "p-acme-bob" and bool(in_use),
        in_use=lambda login: login in in_use,
    )
    found = dialling(at, asked, moment).found
    assert isinstance(found, Plan)
    return found


def test_a_second_call_rings_all_phones_unless_the_person_says_otherwise() -> None:
    assert rung(bob_in_a_call("ring", "acme-bob")) == [BOBS_PHONES]


def test_a_person_who_wants_no_second_call_is_busy_on_all_phones() -> None:
    plan = bob_in_a_call("busy", "acme-bob", forwards=(Forward("busy", "person:cecilie"),))
    assert (plan.steps, plan.refusal) == ((), BUSY)
    assert plan.onward is not None
    assert plan.onward.after(plan.refusal) == "person:cecilie"
    assert rung(bob_in_a_call("busy")) == [BOBS_PHONES], "who is in no call"


def test_only_phones_that_are_free_ring_until_there_is_none() -> None:
    assert rung(bob_in_a_call("free", "acme-bob")) == [["acme-bob-soft", "acme-bob-dect"]]
    assert bob_in_a_call("free", *BOBS_PHONES).refusal == BUSY
    assert bob_in_a_call("free", "acme-bob", offline={"acme-bob-soft", "acme-bob-dect"}).refusal == BUSY
    assert bob_in_a_call("free", "acme-bob", offline=set(BOBS_PHONES)).refusal == OFFLINE


def test_a_colleague_who_is_busy_does_not_ring_beside() -> None:
    at = office(bob={"find_me": (FindMe(5, "person:cecilie"),)}, cecilie={"call_waiting": "busy"})
    asked = Asked("t-acme", "p-acme-anna", "acme-anna", "102")
    for talks, beside in ((False, 1), (True, 0)):
        moment = Moment(NOW, lambda _: True, lambda _: True, in_call=lambda _, talks=talks: talks)  # type: ignore[misc]
        found = dialling(at, asked, moment).found
        assert isinstance(found, Plan)
        assert len(found.also) == beside
