"""What callers answered when they were asked about a recording stands in the ledger of consents, without their number."""

from __future__ import annotations

import msgspec
import pytest
from tests.history.stories import NOON, Company, call, company, happened, queue_call

from svara.calls.events import CallStarted, LegAnswered, LegOffered, Party, RecordingAnswered
from svara.privacy.functions import ledger, receipts
from svara.privacy.functions.models import Consent
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.receipts import receipt_of
from svara.privacy.subject import person

pytestmark = [pytest.mark.django_db, pytest.mark.claim("TB-7"), pytest.mark.claim("PHO-1")]
KARI = Party(number="+4722000001", name="Kari Nordmann")


@pytest.fixture
def acme() -> Company:
    return company("acme")


def asked(acme: Company, caller: Party, call: str, answer: str) -> list[object]:
    told = RecordingAnswered(call, NOON + 2, answer=answer, language="nb")  # type: ignore[arg-type]
    return [*queue_call(acme, caller, [("dag", "answered")], call=call), told]


def test_kari_agrees_in_one_call_and_not_in_the_next(acme: Company) -> None:
    happened(asked(acme, KARI, "q1", "agreed"), asked(acme, KARI, "q2", "declined"))
    entries = list(reversed(ledger.of(acme.tenant.id, subject_of(acme.tenant.id, KARI.number))))
    found = [(entry.purpose, entry.decision, entry.how, entry.evidence, entry.language) for entry in entries]
    assert found == [
        ("recorded_call", "given", "key press", "q1", "nb"),
        ("recorded_call", "withdrawn", "key press", "q2", "nb"),
    ]
    assert "Kari" not in str(Consent.all_tenants.values())
    assert "22000001" not in str(Consent.all_tenants.values())
    assert receipts.check(receipt_of(entries[0]).document).outcome == "genuine"


def test_silence_is_no_consent_and_being_told_is_none_either(acme: Company) -> None:
    happened(asked(acme, KARI, "q1", "silent"), asked(acme, KARI, "q2", "told"))
    [entry] = Consent.all_tenants.all()
    assert (entry.decision, entry.how) == ("refused", "no key pressed")


def test_a_colleague_who_calls_and_is_asked_stands_there_as_a_person(acme: Company) -> None:
    happened(asked(acme, acme.party("bob"), "q1", "agreed"))
    assert Consent.all_tenants.get().subject == person(acme.bob.id)


def test_whoever_is_called_outside_and_asked_stands_there_by_their_number(acme: Company) -> None:
    events = call(acme, "bob", "anna", call="q1", direction="outbound")
    outside = [
        msgspec.structs.replace(one, callee=KARI)
        if isinstance(one, CallStarted)
        else msgspec.structs.replace(one, to=KARI)
        if isinstance(one, LegOffered | LegAnswered)
        else one
        for one in events
    ]
    happened([*outside, RecordingAnswered("q1", NOON + 6, answer="agreed", language="nb", by="callee")])
    [entry] = ledger.of(acme.tenant.id, subject_of(acme.tenant.id, KARI.number))
    assert (entry.decision, entry.how) == ("given", "key press")


def test_an_answer_that_is_read_twice_stands_once(acme: Company) -> None:
    for _ in range(2):
        happened(asked(acme, KARI, "q1", "agreed"))
    assert Consent.all_tenants.count() == 1


def test_a_hidden_number_leaves_no_entry(acme: Company) -> None:
    happened(asked(acme, Party(number=""), "q1", "agreed"))
    assert not Consent.all_tenants.exists()
