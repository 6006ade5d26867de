"""Bob and Kari object to uses of their data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.history.stories import NOON, Company
from tests.privacy.rights.conftest import KARI

from svara.history.access import access_calls
from svara.history.recordings import access_recording
from svara.history.statistics import access_statistics
from svara.people.access import NotFound
from svara.privacy.audit.models import Entry
from svara.privacy.catalogue import Basis, Purpose, items
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.functions import outside
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import enabled
from svara.privacy.functions.registry import NEWS, STATISTICS
from svara.privacy.rights import objections
from svara.privacy.rights.asked import Objection
from svara.privacy.rights.objections import MARKETING, objected
from svara.privacy.subject import Subject, person

WHY = "I work alone in my queue: every figure is mine."


@pytest.fixture
def kari(traces: Company) -> Subject:
    return subject_of(traces.tenant.id, KARI.number)


def test_each_purpose_on_legitimate_interest_can_be_objected_to_or_says_why_not() -> None:
    stands = {item.declaration.purpose for item in items() if item.declaration.basis is Basis.LEGITIMATE_INTEREST}
    assert stands <= {*objections.STOPPED, *objections.NOT_STOPPED}


def test_figures_stop_at_once_and_an_officer_needs_grounds_to_go_on(traces: Company) -> None:
    bob, tenant = person(traces.bob.id), traces.tenant.id
    assert enabled(traces.bob.id, STATISTICS)
    with pytest.raises(Invalid):
        objections.do_object(traces.bob, Purpose.STATISTICS)
    row = objections.do_object(traces.bob, Purpose.STATISTICS, WHY)
    assert objected(tenant, Purpose.STATISTICS) == {bob}
    assert objected(tenant, Purpose.HISTORY) == frozenset()
    assert not enabled(traces.bob.id, STATISTICS)
    at = datetime.fromtimestamp(NOON, UTC)
    shown = access_statistics(traces.cecilie, since=at - timedelta(days=1), until=at + timedelta(days=1))
    assert "bob" not in {agent.username for agent in shown.agents}
    with pytest.raises(Forbidden):
        objections.do_decide(traces.cecilie, row.id, uphold=True)
    with pytest.raises(Invalid, match="compelling grounds"):
        objections.do_decide(traces.anna, row.id, uphold=False)
    objections.do_decide(traces.anna, row.id, uphold=False, grounds="The law asks for these figures.")
    assert objected(tenant, Purpose.STATISTICS) == frozenset()
    assert enabled(traces.bob.id, STATISTICS)
    [mine] = objections.access_own_objections(traces.bob)
    assert (mine.row.state, mine.reason, mine.answer) == ("refused", WHY, "The law asks for these figures.")
    again = objections.do_object(traces.bob, Purpose.STATISTICS, WHY)
    objections.do_decide(traces.anna, again.id, uphold=True)
    assert objected(tenant, Purpose.STATISTICS) == {bob}
    objections.do_withdraw(traces.bob, again.id)
    assert objected(tenant, Purpose.STATISTICS) == frozenset()


@pytest.mark.claim("ADV-13")
def test_marketing_stops_for_good_and_a_new_yes_counts_again(traces: Company) -> None:
    tenant, mail = traces.tenant.id, subject_of(traces.tenant.id, "kari@example.com")
    outside.do_record(tenant, mail, NEWS, agreed=True, how="double opt-in")
    assert outside.agreed(tenant, mail, NEWS)
    row = objections.object_(tenant, mail, MARKETING, "", by="")
    assert row.state == "upheld"
    assert objected(tenant, MARKETING) == {mail}
    assert not outside.agreed(tenant, mail, NEWS)
    with pytest.raises(NotFound):
        objections.do_decide(traces.anna, row.id, uphold=False, grounds="We want to.")
    outside.do_record(tenant, mail, NEWS, agreed=True, how="double opt-in")
    assert objected(tenant, MARKETING) == frozenset()
    assert outside.agreed(tenant, mail, NEWS)


def test_who_objects_to_being_shown_is_not_and_to_being_heard_is_not(traces: Company, kari: Subject) -> None:
    tenant = traces.tenant.id

    def shown() -> set[str]:
        items = access_calls(traces.cecilie, limit=100).items
        return {party.shown for item in items for party in (item.caller, item.callee)}

    objections.object_(tenant, kari, Purpose.HISTORY, "A neighbour works there.", by="")
    assert "Kari Nordmann" not in shown()
    assert "Restricted" in shown()
    assert access_recording(traces.cecilie, "q1", 0)
    objections.object_(tenant, kari, Purpose.RECORDING, "A neighbour works there.", by="")
    with pytest.raises(NotFound):
        access_recording(traces.cecilie, "q1", 0)


def test_what_is_no_purpose_or_is_so_already_is_refused_and_nobody_decides_for_others(
    traces: Company, beta: Company
) -> None:
    for purpose in ("security", "nonsense", ""):
        with pytest.raises(Invalid):
            objections.do_object(traces.bob, purpose, WHY)
    row = objections.do_object(traces.bob, Purpose.HISTORY, WHY)
    with pytest.raises(Invalid):
        objections.do_object(traces.bob, Purpose.HISTORY, WHY)
    for somebody in (traces.dag, beta.anna):
        with pytest.raises(NotFound):
            objections.do_withdraw(somebody, row.id)
    with pytest.raises(NotFound):
        objections.do_decide(beta.anna, row.id, uphold=True)


def test_it_is_sealed_and_in_the_log(traces: Company) -> None:
    row = objections.do_object(traces.bob, Purpose.STATISTICS, WHY)
    assert WHY.encode() not in bytes(Objection.all_tenants.get(pk=row.pk).sealed)
    [entry] = Entry.of(traces.bob).filter(what="objection")
    assert (entry.act, entry.ref, entry.subjects) == ("create", row.id, [person(traces.bob.id)])
