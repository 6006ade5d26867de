"""The shared list of missed callers: who sees it, claims, calls back, and how it closes itself."""

from __future__ import annotations

import pytest
from tests.history.stories import NOON, Company, company, happened, queue_call, queue_of
from tests.history.test_queue_facts import outbound

from svara.calls.events import Party
from svara.history import actions
from svara.history.missed import access_missed, waiting_count
from svara.people.access import NotFound
from svara.people.actions import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.claim("PHO-4")]
OSLO = Party(number="+4722000001", name="Kari Nordmann")
BERGEN = Party(number="+4755000001")


@pytest.fixture
def acme() -> Company:
    """Bob and Dag work in support, Cecilie supervises; two callers gave up, one of them twice."""
    acme = company("acme")
    queue_of(acme, "bob", "dag")
    queue_of(acme, name="sales")
    happened(
        queue_call(acme, OSLO, [("bob", "no answer")], call="q1"),
        queue_call(acme, BERGEN, [], call="q2", at=NOON + 100),
        queue_call(acme, OSLO, [], call="q3", at=NOON + 200),
    )
    return acme


@pytest.fixture
def globex() -> Company:
    globex = company("globex")
    queue_of(globex, "bob")
    return globex


def test_one_caller_is_one_entry_however_often_they_tried(acme: Company) -> None:
    kari, bergen = access_missed(acme.bob)
    assert (kari.number, kari.name, kari.queue, kari.tries, kari.longest_wait_seconds) == (
        "+4722000001",
        "Kari Nordmann",
        "support",
        2,
        15.0,
    )
    assert (bergen.number, bergen.tries, bergen.state) == ("+4755000001", 1, "waiting")
    assert waiting_count(acme.bob) == 2


def test_only_who_works_there_or_supervises_sees_it(acme: Company, globex: Company) -> None:
    assert len(access_missed(acme.cecilie)) == len(access_missed(acme.dag)) == 2
    outsider = acme.bob
    outsider.memberships.all().delete()
    assert access_missed(outsider) == access_missed(globex.bob) == access_missed(globex.anna) == []
    for stranger in (outsider, globex.anna):
        for change in (actions.do_claim, actions.do_release, actions.do_handle, actions.do_reopen):
            with pytest.raises(NotFound):
                change(stranger, "q1")


def test_bob_claims_dag_cannot_and_bob_gives_it_back(acme: Company) -> None:
    actions.do_claim(acme.bob, "q3")
    [kari, _] = access_missed(acme.dag)
    assert (kari.state, kari.claimed_by, kari.claimed_by_me) == ("claimed", "Bob Lie", False)
    with pytest.raises(Invalid, match="already"):
        actions.do_claim(acme.dag, "q1")
    actions.do_release(acme.bob, "q1")
    actions.do_claim(acme.dag, "q1")
    assert access_missed(acme.dag)[0].claimed_by_me


def test_the_entry_closes_itself_when_dag_reaches_the_caller(acme: Company) -> None:
    actions.do_claim(acme.bob, "q1")
    happened(outbound(acme, "dag", OSLO, at=NOON + 500))
    assert [one.number for one in access_missed(acme.bob)] == ["+4755000001"]


def test_what_was_marked_as_done_can_be_undone(acme: Company) -> None:
    actions.do_handle(acme.bob, "q1")
    assert [one.number for one in access_missed(acme.bob)] == ["+4755000001"]
    [done] = access_missed(acme.dag, handled=True)
    assert (done.number, done.tries, done.handled_by, done.handled_call) == ("+4722000001", 2, "Bob Lie", "")
    with pytest.raises(NotFound):
        actions.do_claim(acme.dag, done.id)
    actions.do_reopen(acme.dag, done.id)
    assert access_missed(acme.bob, handled=True) == []
    assert waiting_count(acme.bob) == 2
