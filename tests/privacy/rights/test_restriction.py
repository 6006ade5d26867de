"""Bob's data, and Kari's from outside, are restricted: kept and not used."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from tests.history.stories import NOON, Company
from tests.privacy.rights.conftest import KARI

from svara.calls.boxes import AskMessages
from svara.data import DataFolder
from svara.history.access import access_call, access_calls
from svara.history.missed import access_missed
from svara.history.models import AgentMoment, MissedCaller
from svara.history.recordings import access_recording, forget_recordings
from svara.history.retention import _held_files, forget_history
from svara.history.statistics import access_statistics
from svara.people.access import NotFound
from svara.people.models import Queue
from svara.privacy.errors import Forbidden, Invalid
from svara.privacy.figures import usage
from svara.privacy.figures.council import do_choose
from svara.privacy.figures.models import Use
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import enabled, people_with
from svara.privacy.functions.registry import STATISTICS
from svara.privacy.rights import erasing, port, restriction, retention
from svara.privacy.rights.asked import Restriction
from svara.privacy.subject import Subject, person
from svara.voicemail import access as voicemail
from svara.voicemail import service
from svara.voicemail.models import Message
from svara.voicemail.retention import forget_messages

WHY = "It is not clear whether this is right."


@pytest.fixture
def bob(traces: Company) -> Subject:
    return person(traces.bob.id)


@pytest.fixture
def kari(traces: Company) -> Subject:
    return subject_of(traces.tenant.id, KARI.number)


def restrict(acme: Company, subject: Subject, until: datetime | None = None) -> Restriction:
    return restriction.do_restrict(acme.anna, subject, "accuracy", WHY, until)


def names(acme: Company, who: str = "cecilie") -> set[str]:
    items = access_calls(acme.people[who], limit=100).items
    return {party.shown for item in items for party in (item.caller, item.callee, item.answered_by) if party}


def test_colleagues_see_that_somebody_is_restricted_and_neither_name_nor_number(
    traces: Company, bob: Subject, kari: Subject
) -> None:
    assert {"Bob Lie", "Kari Nordmann"} <= names(traces)
    restrict(traces, bob)
    restrict(traces, kari)
    assert restriction.restricted(traces.tenant.id) == {bob, kari}
    assert restriction.is_restricted(traces.tenant.id, bob)
    seen = names(traces)
    assert "Restricted" in seen
    assert not {"Bob Lie", "Kari Nordmann", KARI.number, "102"} & seen
    everything = repr(access_call(traces.cecilie, "q1"))
    assert "Kari" not in everything
    assert KARI.number not in everything
    assert "Bob" not in everything
    assert "Bob Lie" in names(traces, "bob"), "they see themselves"


@pytest.mark.parametrize("search", ["Bob Lie", "102", "Kari", "+4722000001", "2200"])
def test_no_search_finds_them(traces: Company, bob: Subject, kari: Subject, search: str) -> None:
    found = {item.id for item in access_calls(traces.cecilie, search=search).items}
    assert found
    restrict(traces, bob)
    restrict(traces, kari)
    left = access_calls(traces.cecilie, search=search).items
    shown = {party.shown for item in left for party in (item.caller, item.callee)}
    assert "Restricted" not in shown
    assert access_calls(traces.cecilie, person="bob").items == ()


def test_another_company_is_not_concerned(traces: Company, beta: Company, kari: Subject) -> None:
    restrict(traces, kari)
    assert restriction.restricted(beta.tenant.id) == frozenset()
    with pytest.raises(NotFound):
        restriction.do_lift(beta.anna, Restriction.all_tenants.get().id, "letter")


def test_nobody_hears_them_and_missed_callers_have_no_number(traces: Company, kari: Subject) -> None:
    assert access_recording(traces.cecilie, "q1", 0)
    MissedCaller.of(traces.bob).update(queue=Queue.of(traces.bob).get().id)
    [before] = access_missed(traces.cecilie)
    assert before.number == KARI.number
    row = restrict(traces, kari)
    with pytest.raises(NotFound):
        access_recording(traces.cecilie, "q1", 0)
    [missed] = access_missed(traces.cecilie)
    assert (missed.name, missed.number) == ("Restricted", "")
    restriction._end(row, timezone.now())
    assert access_missed(traces.cecilie)[0].number == KARI.number


def test_a_voice_message_of_theirs_stays_and_is_not_heard(traces: Company, data_folder: DataFolder, kari: Subject) -> None:
    message = Message.all_tenants.get(account=traces.bob)
    place = data_folder.recordings / message.file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"RIFF hello")
    assert voicemail.access_sound(traces.bob, message.id) == place
    restrict(traces, kari)
    shown = voicemail.access_message(traces.bob, message.id)
    assert shown.restricted
    assert (shown.caller.name, shown.caller.number) == ("Restricted", "")
    with pytest.raises(NotFound):
        voicemail.access_sound(traces.bob, message.id)
    answer = service.answer(AskMessages(traces.tenant.id, message.box))
    assert message.id not in {one.id for one in answer.messages}  # type: ignore[union-attr]
    later = (message.left_at + timedelta(days=1000)).timestamp()
    forget_messages(later)
    assert Message.all_tenants.filter(pk=message.pk).exists()
    assert place.exists()


def test_retention_deletes_nothing_of_them(traces: Company, data_folder: DataFolder, bob: Subject, kari: Subject) -> None:
    tape = data_folder.recordings / "calls" / "q1.wav"
    old = NOON - 200 * 24 * 3600
    os.utime(tape, (old, old))
    restrict(traces, bob)
    row = restrict(traces, kari)
    late = datetime.fromtimestamp(NOON, UTC) + timedelta(days=2000)
    retention.run(traces.tenant.id, late, dry=False)
    assert AgentMoment.of(traces.bob).filter(person=traces.bob.id).exists()
    assert MissedCaller.of(traces.bob).exists()
    forget_history(NOON)
    assert tape.exists()
    assert "calls/q1.wav" in _held_files(late)
    restriction._end(row, timezone.now())
    assert "calls/q1.wav" not in _held_files(late)
    forget_recordings(NOON, _held_files(late))
    assert not tape.exists()


def test_erasing_is_refused_in_plain_words(traces: Company, kari: Subject) -> None:
    row = restrict(traces, kari)
    with pytest.raises(Invalid, match="restricted"):
        erasing.do_ask(traces.anna, kari, "request 3")
    with pytest.raises(Invalid, match="restricted"):
        erasing.erase(traces.tenant.id, kari, reason="x", by="")
    assert "restricted" in erasing.preview(traces.tenant.id, kari).hold
    restriction._end(row, timezone.now())
    assert erasing.do_ask(traces.anna, kari, "request 3")


def test_functions_are_off_and_no_figure_counts_them(traces: Company, bob: Subject, kari: Subject) -> None:
    day = {
        "since": datetime.fromtimestamp(NOON, UTC) - timedelta(days=1),
        "until": datetime.fromtimestamp(NOON, UTC) + timedelta(days=1),
    }
    before = access_statistics(traces.cecilie, **day)
    assert before.total.offered == 2
    assert {agent.username for agent in before.agents} == {"bob", "dag"}
    row = restrict(traces, bob)
    assert not enabled(traces.bob.id, STATISTICS)
    assert people_with(STATISTICS) == people_with(STATISTICS, traces.tenant.id) == {traces.dag.id}
    assert {agent.username for agent in access_statistics(traces.cecilie, **day).agents} == {"dag"}
    restriction._end(row, timezone.now())
    assert enabled(traces.bob.id, STATISTICS), "what he agreed to holds again"
    restrict(traces, kari)
    assert access_statistics(traces.cecilie, **day).total.offered == 0


def test_uses_of_pages_are_not_counted(traces: Company, bob: Subject) -> None:
    do_choose(traces.anna, usage=True, council=False, auditors=[])
    restrict(traces, bob)
    counts = {(traces.tenant.id, traces.bob.id, "home"): 3, (traces.tenant.id, traces.dag.id, "home"): 2}
    usage.write(counts, timezone.now())
    assert [use.times for use in Use.all_tenants.all()] == [2]


def test_nothing_of_them_leaves_in_an_export_of_somebody_else(traces: Company, bob: Subject, kari: Subject) -> None:
    def said(subject: Subject) -> str:
        history = next(each for each in port.capabilities() if each.name == "history")
        return repr([list(section.rows) for section in history.export(traces.tenant.id, subject)])

    assert KARI.number in said(bob)
    restrict(traces, kari)
    assert KARI.number not in said(bob)
    assert "Nordmann" not in said(bob)
    assert KARI.number in said(kari), "they get their own"


def test_bob_asks_and_is_answered_and_may_end_it_himself(traces: Company, bob: Subject) -> None:
    asked = restriction.do_ask(traces.bob, "claims", WHY)
    assert not restriction.is_restricted(traces.tenant.id, bob)
    with pytest.raises(Invalid):
        restriction.do_ask(traces.bob, "claims", WHY)
    with pytest.raises(Forbidden):
        restriction.do_decide(traces.cecilie, asked.id, agree=True)
    restriction.do_decide(traces.anna, asked.id, agree=True)
    assert restriction.is_restricted(traces.tenant.id, bob)
    with pytest.raises(NotFound):
        restriction.do_free(traces.dag, asked.id)
    restriction.do_free(traces.bob, asked.id)
    assert not restriction.is_restricted(traces.tenant.id, bob)
    refused = restriction.do_ask(traces.bob, "claims", WHY)
    with pytest.raises(Invalid, match="why not"):
        restriction.do_decide(traces.anna, refused.id, agree=False)
    restriction.do_decide(traces.anna, refused.id, agree=False, answer="There is no claim.")
    [newest, _first] = restriction.access_own_restrictions(traces.bob)
    assert (newest.row.state, newest.reason, newest.answer) == ("refused", WHY, "There is no claim.")


def test_the_person_is_told_before_it_ends(traces: Company, bob: Subject, settings: object) -> None:
    settings.EMAIL_HOST = "mail.test"  # type: ignore[attr-defined]
    row = restrict(traces, bob)
    with pytest.raises(NotFound):
        restriction.do_free(traces.bob, row.id)  # it is not his to end
    restriction.do_lift(traces.anna, row.id)
    assert restriction.is_restricted(traces.tenant.id, bob)
    now = timezone.now()
    assert restriction.lift_due(now + restriction.NOTICE - timedelta(minutes=1)) == 0
    assert restriction.lift_due(now + restriction.NOTICE + timedelta(minutes=1)) == 1
    assert not restriction.is_restricted(traces.tenant.id, bob)
    with pytest.raises(Invalid):
        restriction.do_lift(traces.anna, restrict(traces, subject_of(traces.tenant.id, "+4733000002")).id)


def test_a_day_of_its_end_is_kept_only_after_the_person_was_told(
    traces: Company, bob: Subject, settings: object, django_capture_on_commit_callbacks: object
) -> None:
    settings.EMAIL_HOST = "mail.test"  # type: ignore[attr-defined]
    until = timezone.now() + timedelta(days=10)
    restrict(traces, bob, until)
    assert restriction.lift_due(until - timedelta(days=4)) == 0
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert restriction.lift_due(until - timedelta(days=1)) == 0
    [letter] = mail.outbox
    assert letter.to == ["bob@acme.test"]
    assert WHY not in letter.body
    assert restriction.lift_due(until + timedelta(days=1)) == 0, "three days after he was told, not before"
    assert restriction.lift_due(until + timedelta(days=2, minutes=1)) == 1


def test_the_reason_is_sealed_under_the_persons_key(traces: Company, bob: Subject) -> None:
    row = restrict(traces, bob)
    assert WHY.encode() not in bytes(Restriction.all_tenants.get(pk=row.pk).sealed)
    [shown] = restriction.access_restrictions(traces.anna)
    assert shown.reason == WHY
    with pytest.raises(Forbidden):
        restriction.access_restrictions(traces.cecilie)
