"""Erasing somebody: all that is theirs goes, what is about others too stays without them, and it can be proven."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from tests.history.stories import Company, call, happened, queue_call
from tests.privacy.rights.conftest import KARI, OLE

from svara.data import DataFolder
from svara.history.access import access_call, access_calls
from svara.history.models import Call, MissedCaller, OutsideParty, Participant, QueueOffer, QueueWait
from svara.history.outside import Outsiders, index_of
from svara.people.models import Account, Menu, OfficeChange, Phone, PublicNumber, Queue
from svara.people.office import read_office
from svara.privacy import vault
from svara.privacy.audit.models import Entry
from svara.privacy.catalogue import Subject as About
from svara.privacy.catalogue import catalogue
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.functions.outside import subject_of
from svara.privacy.rights import chained, erasing, holds, jobs, ledger, port
from svara.privacy.rights.models import Erasure, Job
from svara.privacy.subject import person
from svara.voicemail.callers import callers
from svara.voicemail.models import Message


def everything_stored() -> str:
    """Every row of every table, as text."""
    texts = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            texts += [repr(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def erase(company: Company, who: str, subject: Any, reason: str = "asked for it") -> Erasure:
    job = erasing.do_ask(company.people[who], subject, reason)
    done = jobs.run_next()
    assert done is not None
    assert (done.id, done.state, done.error) == (job.id, "done", "")
    return Erasure.all_tenants.get(pk=done.result["receipt"])


def test_every_table_about_people_belongs_to_a_room_that_can_show_and_erase_it() -> None:
    """Structure: a new table about people fails here until some room answers for it."""
    about_people = {row.model for row in catalogue() if row.declaration and row.declaration.subject is not About.NOBODY}
    covered = frozenset().union(*(capability.tables for capability in port.capabilities()))
    assert about_people - covered == set()
    assert covered <= {model._meta.label for model in apps.get_models(include_auto_created=True)}


@pytest.mark.claim("PHO-11")
def test_before_anything_goes_it_is_said_what_will(traces: Company) -> None:
    shown = erasing.access_preview(traces.anna, person(traces.bob.id))
    counts = {(each.table, each.how): each.count for each in shown.going}
    assert counts[("people.Account", "deleted")] == 1
    assert counts[("people.Phone", "deleted")] == 1
    assert counts[("sessions.Session", "deleted")] == 1
    assert counts[("people.Routing", "freed")] == 4, "a number, a menu, a queue and a colleague"
    assert counts[("people.OfficeChange", "freed")] == 1
    assert counts[("history.Call", "freed")] == 6
    assert counts[("history.QueueOffer", "deleted")] == 2
    assert counts[("history.AgentMoment", "deleted")] == 3
    assert counts[("files:recordings", "deleted")] == 1, "of the talk in which Bob spoke; he only heard Kari's ring"
    assert counts[("people.Greeting", "deleted")] == 1
    assert [each.why for each in shown.going if each.table == "history.Call"] != [""]
    for other in (traces.cecilie, traces.dag):
        with pytest.raises(Forbidden):
            erasing.access_preview(other, person(traces.bob.id))


def test_nothing_is_left_of_bob_and_the_others_keep_theirs(
    traces: Company, data_folder: DataFolder, django_capture_on_commit_callbacks: Any
) -> None:
    bob = traces.bob
    before = everything_stored()
    for trace in ("Bob Lie", "bob@acme.test", "acme-bob", "+4790000002", bob.id):
        assert trace in before, "or the test proves nothing"
    with django_capture_on_commit_callbacks(execute=True):
        receipt = erase(traces, "anna", person(bob.id))
    after = everything_stored()
    for trace in ("Bob Lie", "bob@acme.test", "acme-bob", "+4790000002", "Bob's script"):
        assert trace not in after, trace
    proofs = {"rights_erasure", "rights_job", "audit_entry", "audit_concerned", "functions_consent"}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            found = [row for row in cursor.fetchall() if bob.id in repr(row)]
            assert not found or model._meta.db_table in proofs, (model, found)

    assert not Phone.all_tenants.exists()
    assert not Session.objects.exists()
    assert {each.pk for each in Call.all_tenants.all()} >= {"c1", "c2", "c3", "c4", "q1", "q2"}, (
        "no call is lost to the figures"
    )
    assert not Participant.objects.filter(person=bob.id).exists()
    anna_sees = access_call(traces.anna, "c1").item
    assert (anna_sees.caller.name, anna_sees.callee.number, anna_sees.talk_seconds) == ("Anna Berg", "erased", 60.0)
    assert "c1" in {item.id for item in access_calls(traces.anna).items}
    assert access_call(traces.dag, "c2").recorded_seconds == (), "Bob's voice was in it"
    assert access_call(traces.dag, "q1").recorded_seconds == (9.0,), "Bob only let it ring"
    assert access_call(traces.dag, "q1").item.caller.number == KARI.number
    assert Outsiders(traces.tenant.id, ["c3"]).party("c3", "@0") == (KARI.number, KARI.name)
    assert QueueWait.all_tenants.count() == 2
    assert not QueueOffer.all_tenants.filter(person=bob.id).exists()
    assert QueueOffer.all_tenants.filter(person=traces.dag.id).exists()
    assert MissedCaller.all_tenants.get(pk="q2").claimed_by == ""
    [left] = Message.all_tenants.all()
    assert callers(traces.tenant.id, [left])[left.id].number == OLE.number
    assert not (data_folder.recordings / "calls" / "c2.wav").exists()
    assert (data_folder.recordings / "calls" / "q1.wav").exists()
    assert not list((data_folder.sounds / traces.tenant.id).iterdir())
    assert len(list((data_folder.recordings / "voicemail").iterdir())) == 1
    assert receipt.receipt["rows"] > 15


def test_a_colleague_of_whom_nothing_is_counted_is_found_in_the_calls_that_a_queue_offered(acme: Company) -> None:
    """Bob did not agree to statistics, and did not pick up: only the details of the call name him."""
    happened(queue_call(acme, KARI, [("bob", "no answer"), ("dag", "answered")], call="q9"))
    assert acme.bob.id in Call.all_tenants.get(pk="q9").details
    erase(acme, "anna", person(acme.bob.id))
    assert acme.bob.id not in Call.all_tenants.get(pk="q9").details
    assert acme.dag.id in Call.all_tenants.get(pk="q9").details


def test_calls_that_led_to_bob_lead_nowhere_and_the_office_still_fits(
    traces: Company, data_folder: DataFolder, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        erase(traces, "anna", person(traces.bob.id))
    assert PublicNumber.all_tenants.get().to == "hangup"
    assert Menu.all_tenants.get().keys == {"1": "hangup", "2": "person:dag"}
    assert Queue.all_tenants.get().when_timeout == "hangup"
    assert Account.all_tenants.get(username="dag", tenant=traces.tenant).forwards == []
    office = read_office(data_folder.root).by_tenant_id[traces.tenant.id]
    assert "bob" not in office.by_username, "call control knows at once"
    assert "acme-bob" not in office.by_login


def test_the_log_of_changes_stays_without_him(traces: Company) -> None:
    erase(traces, "anna", person(traces.bob.id))
    changed = OfficeChange.all_tenants.get(origin="page", account=None)
    assert changed.lines == ["+ person erased", "~ queue support: members dag -> erased, dag", "+ menu front"]
    assert (changed.before, changed.after) == ({}, {})
    assert OfficeChange.all_tenants.get(account=traces.anna).lines == ["+ hours bobsled"], "another word is left alone"


def test_kari_from_outside_is_erased_by_her_number(
    traces: Company, data_folder: DataFolder, django_capture_on_commit_callbacks: Any
) -> None:
    """The number is written as people write it; her name and voice go, Ole's stay."""
    subject = subject_of(traces.tenant.id, "+4722000001")
    tables = {each.table for each in erasing.access_preview(traces.anna, subject).going}
    assert tables == {"contacts.Contact", "history.Call", "files:recordings", "history.MissedCaller", "voicemail.Message"}
    with django_capture_on_commit_callbacks(execute=True):
        erase(traces, "anna", subject)
    after = everything_stored()
    assert "Kari" not in after
    assert "+4722000001" not in after
    assert Outsiders(traces.tenant.id, ["c4"]).party("c4", "@0") == (OLE.number, "Ole Dahl")
    assert not OutsideParty.all_tenants.filter(index=index_of(subject)).exists()
    assert access_call(traces.bob, "c3").item.caller.number == "erased"
    assert access_call(traces.bob, "c3").item.talk_seconds == 60.0
    assert not MissedCaller.all_tenants.exists()
    assert {message.caller_person for message in Message.all_tenants.all()} == {traces.bob.id, ""}
    assert not (data_folder.recordings / "calls" / "q1.wav").exists()
    assert (data_folder.recordings / "calls" / "c2.wav").exists()
    left = erasing.preview(traces.tenant.id, subject).holdings
    assert [(each.table, each.goes) for each in left] == [("audit.Entry", False)]  # by number only


def test_the_same_number_in_another_company_is_somebody_else(traces: Company, beta: Company) -> None:
    happened(call(beta, KARI, "bob", call="b1", direction="inbound"))
    erase(traces, "anna", subject_of(traces.tenant.id, KARI.number))
    assert Outsiders(beta.tenant.id, ["b1"]).party("b1", "@0") == (KARI.number, KARI.name)
    assert subject_of(traces.tenant.id, KARI.number) != subject_of(beta.tenant.id, KARI.number)


def test_one_company_cannot_erase_anothers_people(traces: Company, beta: Company) -> None:
    erase(traces, "anna", person(beta.bob.id))
    assert Account.all_tenants.filter(pk=beta.bob.pk).exists()


def test_the_receipt_proves_what_went_and_names_nobody(traces: Company) -> None:
    bob = traces.bob
    erasure = erase(traces, "anna", person(bob.id), "GDPR request of 3 March")
    assert erasing.digest_of(erasure.receipt) == erasure.digest
    assert erasing.digest_of(erasure.receipt | {"rows": 0}) != erasure.digest
    text = json.dumps(erasure.receipt)
    assert not re.search(r"Bob|Lie|bob@|\+47", text)
    assert erasure.receipt["by"] == traces.anna.id
    assert erasure.receipt["reason"] == "GDPR request of 3 March"
    went = {each["table"]: each for each in erasure.receipt["gone"]}
    assert went["people.Account"]["count"] == 1
    import hashlib

    assert went["people.Account"]["digest"] == hashlib.sha256(f"{bob.id}\n".encode()).hexdigest()
    assert Entry.all_tenants.filter(act="erase", ref=erasure.id, actor=traces.anna.id).exists()


def test_the_key_is_destroyed_and_the_ledger_has_its_line(traces: Company, data_folder: DataFolder) -> None:
    tenant, subject = traces.tenant.id, person(traces.bob.id)
    sealed = vault.current().seal(tenant, [subject], b"what Bob said", context=b"test")
    erasure = erase(traces, "anna", subject)
    with pytest.raises(vault.port.Unreadable):
        vault.current().open(tenant, sealed, context=b"test")
    assert erasure.key is not None
    (entry,) = ledger.read(data_folder.root / ledger.NAME)
    assert (entry.tenant, entry.subject, entry.receipt, entry.before) == (tenant, subject, erasure.digest, chained.FIRST)


def test_doing_it_again_after_a_kill_gives_the_same_receipt(traces: Company, data_folder: DataFolder) -> None:
    job = erasing.do_ask(traces.anna, person(traces.bob.id), "asked")
    now = timezone.now().timestamp()
    assert jobs._claim(now, "who will die") is not None
    erasing.work(jobs.Running(Job.all_tenants.get(pk=job.pk)))  # killed after the work, before the job was marked as done
    done = jobs.run_next(now + jobs.LEASE_SECONDS + 1)
    assert done is not None
    assert done.state == "done"
    assert Erasure.all_tenants.count() == 1
    assert len(ledger.read(data_folder.root / ledger.NAME)) == 1


def test_what_a_kill_left_unfinished_is_finished_within_the_hour(traces: Company, data_folder: DataFolder) -> None:
    erasure = erase(traces, "anna", person(traces.bob.id))
    (data_folder.root / ledger.NAME).unlink()
    Erasure.all_tenants.update(finished=False)
    erasing.erase_late(timezone.now())
    assert [entry.receipt for entry in ledger.read(data_folder.root / ledger.NAME)] == [erasure.digest]


def test_a_call_that_went_on_meanwhile_comes_in_late_and_goes_too(traces: Company) -> None:
    bob = traces.party("bob")
    late = call(traces, "anna", "bob", call="late")
    erase(traces, "anna", person(traces.bob.id))
    happened(late)
    assert Participant.objects.filter(person=bob.person).exists()
    assert erasing.erase_late(timezone.now()) > 0
    assert not Participant.objects.filter(person=bob.person).exists()
    assert access_call(traces.anna, "late").item.callee.number == "erased"
    assert erasing.erase_late(timezone.now()) == 0


def test_a_legal_hold_keeps_everything_and_says_so(traces: Company) -> None:
    subject = person(traces.bob.id)
    hold = holds.do_hold(traces.anna, subject=subject, reason="claim 17", until=timezone.now() + timedelta(days=30))
    assert "claim 17" in erasing.preview(traces.tenant.id, subject).hold
    with pytest.raises(Invalid, match="claim 17"):
        erasing.do_ask(traces.anna, subject, "asked")
    holds.do_lift(traces.anna, hold.id)
    assert erasing.preview(traces.tenant.id, subject).hold == ""
    erase(traces, "anna", subject)


def test_nobody_erases_without_a_reason_or_themselves(traces: Company) -> None:
    with pytest.raises(Invalid):
        erasing.do_ask(traces.anna, person(traces.bob.id), "  \n ")
    with pytest.raises(Invalid):
        erasing.do_ask(traces.anna, person(traces.anna.id), "tired")
    with pytest.raises(Forbidden):
        erasing.do_ask(traces.cecilie, person(traces.bob.id), "because")


def test_a_changed_ledger_is_noticed(data_folder: DataFolder) -> None:
    place = data_folder.root / ledger.NAME
    for number in range(3):
        ledger.write(place, "t" * 32, f"person:{number}", timezone.now(), str(number) * 64)
    assert [entry.subject for entry in ledger.read(place)] == ["person:0", "person:1", "person:2"]
    lines = place.read_text().splitlines(keepends=True)
    for damage in (
        lines[1:],
        [lines[0], lines[2]],
        [lines[0].replace("person:0", "person:9"), *lines[1:]],
        [*lines, "{}\n"],
    ):
        place.write_text("".join(damage))
        with pytest.raises(ledger.Damaged):
            ledger.read(place)
