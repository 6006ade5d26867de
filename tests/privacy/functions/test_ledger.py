"""The ledger of consents is only ever added to, and its receipts can be checked by anybody."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from svara.people.models import Account
from svara.privacy.appendonly import Unchangeable, removing
from svara.privacy.functions import ledger, outside, port, receipts
from svara.privacy.functions.models import KEPT_DAYS, Consent
from svara.privacy.functions.registry import CALL_RECORDING, RECORDED_CALL, STATISTICS
from svara.privacy.functions.retention import forget_consents
from svara.privacy.subject import Subject, person

pytestmark = pytest.mark.claim("PHO-1")


def test_no_entry_is_changed_or_removed_by_the_program(anna: Account) -> None:
    port.do_switch(anna, STATISTICS, True)
    entry = Consent.all_tenants.get()
    entry.decision = "withdrawn"
    for attempt in (
        entry.save,
        entry.delete,
        lambda: Consent.all_tenants.update(decision="withdrawn"),
        lambda: Consent.of(anna).filter(pk=entry.pk).delete(),
        lambda: Consent.all_tenants.bulk_update([entry], ["decision"]),
    ):
        with pytest.raises(Unchangeable):
            attempt()
    assert Consent.all_tenants.get().decision == "given"


@pytest.mark.parametrize("statement", ["UPDATE functions_consent SET decision = 'refused'", "DELETE FROM functions_consent"])
def test_no_entry_is_changed_or_removed_by_hand(anna: Account, statement: str) -> None:
    port.do_switch(anna, STATISTICS, True)
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Consent.all_tenants.get().decision == "given"


def test_what_has_had_its_time_can_go_but_not_change(anna: Account) -> None:
    port.do_switch(anna, STATISTICS, True)
    with removing():
        with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE functions_consent SET decision = 'refused'")
        Consent.of(anna).delete()
    assert not Consent.all_tenants.exists()


def test_an_entry_that_was_slipped_in_is_found(anna: Account, bob: Account) -> None:
    for one in (anna, bob):
        port.do_switch(one, STATISTICS, True)
        port.do_switch(one, STATISTICS, False)
    assert list(ledger.broken(anna.tenant_id)) == []
    good = Consent.all_tenants.get(subject=person(anna.id), number=2)
    forged = Consent(
        tenant_id=anna.tenant_id, number=3, subject=good.subject, purpose=STATISTICS, decision="given", how="page",
        language="en", text_version=1, text={}, at=good.at, previous=good.hash, hash=good.hash,
    )  # fmt: skip
    forged.save()
    assert [entry.number for entry in ledger.broken(anna.tenant_id)] == [3]


def test_an_entry_that_was_taken_out_is_found(anna: Account) -> None:
    for wanted in (True, False, True):
        port.do_switch(anna, STATISTICS, wanted)
    with removing():
        Consent.of(anna).filter(number=2).delete()
    assert [entry.number for entry in ledger.broken(anna.tenant_id)] == [3]


def test_a_receipt_says_who_agreed_to_what_after_which_text(anna: Account) -> None:
    document = port.do_switch(anna, STATISTICS, True, how="page").document
    purpose = document["pii_processing"]["purposes"][0]
    assert document["schema_version"] == "ISO/IEC TS 27560:2023"
    assert document["pii_principal_id"] == f"person:{anna.id}"
    assert purpose["purpose"] == "statistics"
    assert purpose["title"] == "My own figures in statistics"
    assert purpose["lawful_basis"] == "gdpr:A6-1-a"
    assert purpose["pii_information"] == ["fides:user.behavior", "fides:user.professional_information"]
    assert document["pii_processing"]["privacy_notice"]["version"] == 1
    assert document["party_identification"][0]["party_name"] == "Acme AS"
    assert document["events"][0]["event_state"] == "dpv:ConsentGiven"
    used = set(document) | set(document["pii_processing"]) | set(purpose) | set(document["events"][0])
    assert used - {"@context", "@type"} <= set(document["@context"])


def test_a_genuine_receipt_is_known_and_whether_it_still_holds(anna: Account) -> None:
    given = json.loads(json.dumps(port.do_switch(anna, STATISTICS, True).document))
    assert receipts.check(given) == receipts.Verdict("genuine", "", "given", "statistics", in_force=True)
    port.do_switch(anna, CALL_RECORDING, True)
    assert receipts.check(given).in_force  # another purpose changes nothing
    withdrawn = port.do_switch(anna, STATISTICS, False).document
    assert receipts.check(given) == receipts.Verdict("genuine", "", "given", "statistics", in_force=False)
    assert receipts.check(withdrawn).in_force


def test_a_forged_receipt_is_refused(anna: Account, other_anna: Account) -> None:
    genuine = port.do_switch(anna, STATISTICS, True).document

    def changed(*path: str | int, value: object) -> dict[str, object]:
        forged = copy.deepcopy(genuine)
        place = forged
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        return forged

    forgeries: list[object] = [
        changed("pii_principal_id", value=f"person:{other_anna.id}"),
        changed("events", 0, "event_state", value="dpv:ConsentRefused"),
        changed("pii_processing", "purposes", 0, "purpose", value="marketing"),
        changed("proof", "proofValue", value="z" + "1" * 64),
        changed("proof", "proofValue", value="zO0l"),
        changed("proof", "verificationMethod", value="did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"),
        changed("proof", "cryptosuite", value="none"),
        changed("proof", value={}),
        changed("@context", value={}),
        {key: value for key, value in genuine.items() if key != "proof"},
        {}, [], None, "receipt", 7,
    ]  # fmt: skip
    assert {receipts.check(forged).outcome for forged in forgeries} == {"forged"}
    assert receipts.check(genuine, other_anna.tenant_id).outcome == "forged"
    assert receipts.check(genuine, anna.tenant_id).outcome == "genuine"


def test_a_receipt_of_another_installation_is_refused(anna: Account, settings: object) -> None:
    ours = settings.RECEIPT_SEED  # type: ignore[attr-defined]
    settings.RECEIPT_SEED = bytes(32)  # type: ignore[attr-defined]
    theirs = port.do_switch(anna, STATISTICS, True).document
    settings.RECEIPT_SEED = ours  # type: ignore[attr-defined]
    assert receipts.check(theirs) == receipts.Verdict("forged", "the signature is not that of this installation")


def test_base58_is_that_of_multibase() -> None:
    """The published example: draft-msporny-base58, section 5."""
    assert receipts.base58(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert receipts.base58(bytes.fromhex("0000287fb4cd")) == "11233QC4"
    assert receipts.unbase58("11233QC4") == bytes.fromhex("0000287fb4cd")


def test_proofs_go_three_years_after_the_last_consent_has_ended(anna: Account, bob: Account, other_anna: Account) -> None:
    """Anna withdrew, Bob has not, the other Anna left the company; a caller agreed to one call."""
    then = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for one in (anna, bob, other_anna):
        port.do_switch(one, STATISTICS, True, now=then)
    port.do_switch(anna, STATISTICS, False, now=then + timedelta(days=30))
    kari = Subject("outside:0123")
    outside.do_record(anna.tenant_id, kari, RECORDED_CALL, agreed=True, how="key press", evidence="q1", now=then)
    other_anna.delete()
    assert forget_consents(then + timedelta(days=KEPT_DAYS)) == 0
    assert forget_consents(then + timedelta(days=KEPT_DAYS + 1)) == 2
    assert {entry.subject for entry in Consent.all_tenants.all()} == {person(anna.id), person(bob.id)}
    assert forget_consents(then + timedelta(days=KEPT_DAYS + 31)) == 2
    assert port.enabled(bob.id, STATISTICS)
