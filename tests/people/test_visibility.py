"""Who may see whether Bob can be reached: one rule for lamps, pages, the API and live news."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.calls import offices

from svara.people.office import Member, Queue, Tenant
from svara.people.presence import PresenceTo
from svara.people.visibility import may_see, may_see_other_side, seen_by, workmates

ANNA, BOB, CECILIE = "p-acme-anna", "p-acme-bob", "p-acme-cecilie"


def acme(to: PresenceTo, *in_the_queue: str) -> Tenant:
    queues = (Queue("q1", "support", "600", members=tuple(map(Member, in_the_queue))), Queue("q2", "empty"))
    return offices.office(bob={"presence_to": to}, acme={"queues": queues}).tenants[0]


@pytest.mark.claim("PHO-6")
@pytest.mark.parametrize(
    ("to", "anna", "cecilie"), [("everybody", True, True), ("colleagues", True, False), ("nobody", False, False)]
)
def test_bob_chooses(to: PresenceTo, anna: bool, cecilie: bool) -> None:
    tenant = acme(to, ANNA, BOB)
    assert [may_see(tenant, watcher, BOB) for watcher in (ANNA, CECILIE, BOB)] == [anna, cecilie, True]
    assert [may_see_other_side(tenant, watcher, BOB) for watcher in (ANNA, CECILIE, BOB)] == [anna, False, True]


def test_those_who_pick_up_for_each_other_are_colleagues_too() -> None:
    """A phone that rings is taken by who sees that it rings, and who calls."""
    tenant = offices.office(
        anna={"pickup": ("reception", "sales")},
        bob={"presence_to": "colleagues", "pickup": ("sales",)},
        cecilie={"pickup": ("warehouse",)},
    ).tenants[0]
    assert [may_see(tenant, watcher, BOB) for watcher in (ANNA, CECILIE)] == [True, False]
    assert may_see_other_side(tenant, ANNA, BOB)
    assert seen_by(tenant, BOB) == (ANNA,)
    assert workmates(tenant, BOB) == (), "what somebody does in a queue is the queue's alone"


def test_nobody_outside_the_company_sees_anything() -> None:
    tenant = acme("everybody")
    assert not may_see(tenant, "p-beta-anna", BOB)
    assert not may_see(tenant, ANNA, "p-beta-dora")
    assert seen_by(tenant, "p-beta-dora") == ()


@given(
    to=st.sampled_from(["everybody", "colleagues", "nobody"]),
    members=st.sets(st.sampled_from([ANNA, BOB, CECILIE])),
    group=st.sets(st.sampled_from(["anna", "bob", "cecilie"])),
    watcher=st.sampled_from([ANNA, CECILIE]),
)
def test_what_is_handed_on_says_the_same_as_the_rule(
    to: PresenceTo, members: set[str], group: set[str], watcher: str
) -> None:
    queues = (Queue("q1", "support", "600", members=tuple(map(Member, sorted(members)))), Queue("q2", "empty"))
    people = {name: {"pickup": ("sales",) if name in group else ()} for name in ("anna", "bob", "cecilie")}
    people["bob"]["presence_to"] = to  # type: ignore[assignment]
    tenant = offices.office(**people, acme={"queues": queues}).tenants[0]
    eyes = seen_by(tenant, BOB)
    assert may_see(tenant, watcher, BOB) == (eyes is None or watcher in eyes)
    assert (watcher in workmates(tenant, BOB)) == ({watcher, BOB} <= members)
