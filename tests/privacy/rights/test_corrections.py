"""What is wrong about Bob, and about Kari outside, is put right; what stood there before is kept, sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from tests.history.stories import Company
from tests.privacy.rights.conftest import KARI

from svara.data import DataFolder
from svara.history.access import access_call
from svara.history.missed import access_missed
from svara.history.models import MissedCaller, Participant
from svara.people.access import NotFound
from svara.people.models import Account, OfficeChange, Queue
from svara.privacy.audit.models import Entry
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.functions.outside import subject_of
from svara.privacy.registers.reminders import remind
from svara.privacy.rights import corrections, erasing, exporting, port
from svara.privacy.rights.asked import Correction
from svara.privacy.rights.jobs import run_next
from svara.privacy.subject import Subject, person
from svara.voicemail import access as voicemail

WHY = "That is how it is written in my passport."


@pytest.fixture
def kari(traces: Company) -> Subject:
    return subject_of(traces.tenant.id, KARI.number)


def now(acme: Company, who: str = "bob") -> Account:
    return Account.all_tenants.get(pk=acme.people[who].pk)


@pytest.mark.claim("ADV-13")
@pytest.mark.claim("PHO-14")
def test_bob_corrects_his_name_at_once_and_the_one_before_is_kept_for_him(acme: Company) -> None:
    corrections.do_correct(acme.bob, "people.name", "Bob  Lie-Hansen")
    assert now(acme).name == "Bob Lie-Hansen"
    [mine] = corrections.access_own_corrections(acme.bob)
    assert (mine.before, mine.after, mine.row.state) == ("Bob Lie", "Bob Lie-Hansen", "done")
    assert mine.row.decided_by == acme.bob.id
    assert b"Lie" not in bytes(Correction.all_tenants.get().sealed)
    assert not OfficeChange.all_tenants.exists(), "the name before stands nowhere in clear"
    [entry] = Entry.of(acme.bob).filter(what="correction")
    assert (entry.act, entry.actor, entry.ref) == ("change", acme.bob.id, mine.row.id)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("people.name", "", "name"),
        ("people.name", "Bob Lie", "already"),
        ("people.mobile", "my mobile", "mobile"),
        ("people.language", "tlh", "languages"),
        ("people.email", "Dag@acme.test", "Somebody else"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(acme: Company, key: str, value: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        corrections.do_correct_of(acme.anna, person(acme.bob.id), key, value, why=WHY)
    assert not Correction.all_tenants.exists()
    assert now(acme).name == "Bob Lie"


def test_what_is_not_bobs_to_decide_waits_for_an_officer_who_applies_it_with_one_click(acme: Company) -> None:
    with pytest.raises(Invalid):
        corrections.do_correct(acme.bob, "people.extension", "777")
    asked = corrections.do_correct(acme.bob, "people.extension", "777", why=WHY)
    assert (asked.state, now(acme).extension) == ("waiting", "102")
    for nobody in (acme.bob, acme.cecilie):
        with pytest.raises(Forbidden):
            corrections.do_decide(nobody, asked.id, apply=True)
    corrections.do_decide(acme.anna, asked.id, apply=True)
    assert now(acme).extension == "777"
    [mine] = corrections.access_own_corrections(acme.bob)
    assert (mine.before, mine.after, mine.why, mine.row.decided_by) == ("102", "777", WHY, acme.anna.id)
    with pytest.raises(NotFound):
        corrections.do_decide(acme.anna, asked.id, apply=True)


def test_a_refusal_says_why_and_a_request_can_be_taken_back(acme: Company, beta: Company) -> None:
    asked = corrections.do_correct(acme.bob, "people.extension", "777", why=WHY)
    with pytest.raises(NotFound):
        corrections.do_decide(beta.anna, asked.id, apply=True)
    with pytest.raises(Invalid):
        corrections.do_decide(acme.anna, asked.id, apply=False)
    corrections.do_decide(acme.anna, asked.id, apply=False, answer="777 is the fax.")
    assert corrections.access_own_corrections(acme.bob)[0].answer == "777 is the fax."
    again = corrections.do_correct(acme.bob, "people.extension", "778", why=WHY)
    for somebody in (acme.dag, beta.bob):
        with pytest.raises(NotFound):
            corrections.do_take_back(somebody, again.id)
    corrections.do_take_back(acme.bob, again.id)
    with pytest.raises(NotFound):
        corrections.do_decide(acme.anna, again.id, apply=True)
    assert now(acme).extension == "102"


def test_the_company_may_have_an_officer_look_at_names_first(acme: Company, beta: Company) -> None:
    with pytest.raises(Forbidden):
        corrections.do_allow(acme.bob, [])
    corrections.do_allow(acme.anna, ["people.mobile"])
    assert corrections.do_correct(acme.bob, "people.name", "Robert Lie", why=WHY).state == "waiting"
    assert corrections.do_correct(beta.bob, "people.name", "Robert Lie").state == "done"
    corrections.do_allow(acme.anna, ["people.mobile", "people.name"])
    assert corrections.do_correct(acme.bob, "people.name", "Rob Lie").state == "done"


def test_an_address_counts_once_the_mail_to_it_was_answered(acme: Company, settings: object) -> None:
    assert corrections.do_correct(acme.bob, "people.email", "bob@new.test", why="no mail server").state == "waiting"
    settings.EMAIL_HOST = "mail.test"  # type: ignore[attr-defined]
    with pytest.raises(Invalid):
        corrections.do_correct(acme.bob, "people.email", "no address")
    row = corrections.do_correct(acme.bob, "people.email", "bob@newer.test")
    assert (row.state, now(acme).email) == ("confirm", "bob@acme.test")
    token = corrections.token_of(row)
    for who, what in ((acme.dag, token), (acme.bob, token + "x"), (acme.bob, ""), (acme.bob, row.id)):
        with pytest.raises(NotFound):
            corrections.do_confirm(who, what)
    corrections.do_confirm(acme.bob, token)
    assert now(acme).email == "bob@newer.test"
    with pytest.raises(NotFound):
        corrections.do_confirm(acme.bob, token)


def test_officers_are_told_at_once_and_before_the_time_runs_out(
    acme: Company, settings: object, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_HOST = "mail.test"  # type: ignore[attr-defined]
    with django_capture_on_commit_callbacks(execute=True):
        row = corrections.do_correct(acme.bob, "people.extension", "777", why=WHY)
    [letter] = mail.outbox
    assert letter.to == ["anna@acme.test"]
    assert WHY not in letter.body
    assert "777" not in letter.body
    for days, letters in ((5, 1), (26, 2), (27, 2)):
        with django_capture_on_commit_callbacks(execute=True):
            remind((row.asked_at + timedelta(days=days)).timestamp())
        assert len(mail.outbox) == letters, days
    corrections.do_correct(acme.bob, "people.extension", "778", why=WHY)
    Correction.all_tenants.update(state="done")
    assert remind((row.asked_at + timedelta(days=60)).timestamp()) == 0


def test_nobody_is_flooded_with_mails_to_confirm(acme: Company, settings: object) -> None:
    settings.EMAIL_HOST = "mail.test"  # type: ignore[attr-defined]
    for number in range(corrections.LETTERS_A_DAY):
        row = corrections.do_correct(acme.bob, "people.email", f"victim@{number}.test")
        corrections.do_take_back(acme.bob, row.id)
    with pytest.raises(Invalid, match="tomorrow"):
        corrections.do_correct(acme.bob, "people.email", "victim@x.test")


@pytest.mark.claim("PHO-14")
def test_a_name_of_somebody_outside_is_put_right_wherever_it_stands(traces: Company, kari: Subject) -> None:
    assert access_call(traces.cecilie, "q1").item.caller.name == "Kari Nordmann"
    with pytest.raises(Forbidden):
        corrections.do_correct_of(traces.cecilie, kari, "outside.name", "Kari Nilsen", why=WHY)
    MissedCaller.of(traces.bob).update(queue=Queue.of(traces.bob).get().id)
    corrections.do_correct_of(traces.anna, kari, "outside.name", "Kari Nilsen", why=WHY)
    for call in ("c3", "q1", "q2"):
        assert access_call(traces.cecilie, call).item.caller.name == "Kari Nilsen"
        assert access_call(traces.cecilie, call).item.caller.number == KARI.number
    assert access_call(traces.cecilie, "c4").item.caller.name == "Ole Dahl"
    assert access_missed(traces.cecilie)[0].name == "Kari Nilsen"
    assert voicemail.access_messages(traces.bob).items[0].caller.name == "Kari Nilsen"
    [shown] = corrections.of(traces.tenant.id, kari)
    assert (shown.before, shown.after) == ("Kari Nordmann", "Kari Nilsen")


def test_who_answered_a_call_is_put_right_and_they_see_it_then(traces: Company) -> None:
    with pytest.raises(Invalid, match="no such call"):
        corrections.do_correct(traces.bob, "history.answered", "dag", why=WHY, ref="c4")
    with pytest.raises(NotFound):
        access_call(traces.bob, "c2x")
    asked = corrections.do_correct(traces.bob, "history.answered", "dag", why="I was out.", ref="c3")
    corrections.do_decide(traces.anna, asked.id, apply=True)
    answered = access_call(traces.cecilie, "c3").item.answered_by
    assert answered is not None
    assert answered.username == "dag"
    assert access_call(traces.dag, "c3")
    assert not Participant.objects.filter(call="c3", person=traces.bob.id, part="answered").exists()
    wrong = corrections.do_correct(traces.bob, "history.answered", "nobody-here", why=WHY, ref="c1")
    with pytest.raises(Invalid):
        corrections.do_decide(traces.anna, wrong.id, apply=True)


def test_who_got_the_wrong_value_is_listed_and_told(acme: Company, data_folder: DataFolder) -> None:
    acme.anna.roles = ["admin", "privacy-officer"]
    job = exporting.do_ask(acme.anna, "en", person(acme.bob.id))
    run_next()
    exporting.access_export(acme.anna, job.id)
    row = corrections.do_correct(acme.bob, "people.email", "bob@new.test", why=WHY)
    corrections.do_decide(acme.anna, row.id, apply=True)
    [mine] = corrections.access_own_corrections(acme.bob)
    assert {got.who for got in mine.got if not got.act} == {"colleagues", "mail-server"}
    assert (acme.anna.id, "export") in {(got.who, got.act) for got in mine.got}
    with pytest.raises(Forbidden):
        corrections.do_tell(acme.bob, row.id)
    corrections.do_tell(acme.anna, row.id)
    assert corrections.access_own_corrections(acme.bob)[0].row.told_at
    with pytest.raises(NotFound):
        corrections.do_tell(acme.anna, row.id)


def test_what_is_nobodys_to_correct_is_not_there(traces: Company, kari: Subject) -> None:
    for key in ("people.roles", "people.username", "people.password", "outside.name", ""):
        with pytest.raises(NotFound):
            corrections.do_correct(traces.bob, key, "admin", why=WHY)
    with pytest.raises(NotFound):
        corrections.ask(traces.tenant.id, kari, "people.name", "Kari", why=WHY)
    with pytest.raises(NotFound):
        corrections.do_correct_of(traces.anna, person("0" * 32), "people.name", "Ghost", why=WHY)


def test_an_export_has_them_and_erasing_takes_them(acme: Company, data_folder: DataFolder) -> None:
    item = {"username": "bob", "name": "Bob Lie", "email": "bob@acme.test"}
    OfficeChange.all_tenants.create(
        tenant=acme.tenant, origin="file", lines=["+ person bob: Bob Lie"], before={}, after={"people": {"bob": item}}
    )
    corrections.do_correct(acme.bob, "people.name", "Bob Lie-Hansen")
    bob = person(acme.bob.id)
    asked = next(each for each in port.capabilities() if each.name == "asked")
    [section] = asked.export(acme.tenant.id, bob)
    [row] = section.rows
    assert (row["before"], row["after"]) == ("Bob Lie", "Bob Lie-Hansen")
    assert [holding.table for holding in asked.holdings(acme.tenant.id, bob)] == ["rights.Correction"]
    erasing.erase(acme.tenant.id, bob, reason="request 9", by=acme.anna.id)
    assert not Correction.all_tenants.exists()
    said = repr(list(OfficeChange.all_tenants.values_list("lines", "before", "after")))
    assert "Bob Lie" not in said, "the name from before the correction goes from the log of changes, too"
