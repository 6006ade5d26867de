"""A caller from Oslo leaves Bob a message; Bob hears it, keeps it, deletes it, takes it back. Nobody else opens his box."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from django.conf import settings
from django.db import transaction
from tests.history.stories import NOON, Company, company
from tests.keys import journal_in
from tests.voicemail.stories import OSLO, happen, left, queue, take_in

from svara.calls import boxes
from svara.calls.boxes import AskMessages, Counts, Done, MarkMessage, Messages, Refused, read_counts
from svara.calls.events import CallStarted, MessageLeft
from svara.calls.journal import Journal
from svara.data import DataFolder
from svara.history.access import BadFilter
from svara.history.models import JournalPlace
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy.functions.port import do_switch
from svara.privacy.functions.registry import MESSAGE_NOTICES
from svara.voicemail import actions, counts, retention, service
from svara.voicemail.access import access_boxes, access_message, access_messages, access_notice, access_sound
from svara.voicemail.models import Message

pytestmark = pytest.mark.django_db

DAY = 24 * 3600.0


@pytest.fixture
def acme() -> Company:
    return company("acme")


def box_of(person: Account) -> str:
    return f"person:{person.id}"


def numbers(actor: Account, **filters: str) -> list[str]:
    return [message.caller.number for message in access_messages(actor, **filters).items]


def test_bob_finds_the_message_from_oslo(acme: Company) -> None:
    happen(left(acme, box_of(acme.bob), seconds=3.5))
    [message] = access_messages(acme.bob).items
    assert (message.caller.number, message.caller.name, message.seconds) == ("+4722000001", "Kari Nordmann", 3.5)
    assert message.left_at.isoformat() == "2026-10-30T12:00:05+01:00"
    assert (message.heard_at, message.saved, message.box, message.queue) == (None, False, box_of(acme.bob), "")
    assert access_message(acme.bob, message.id) == message
    assert access_sound(acme.bob, message.id).read_bytes().startswith(b"RIFF")
    assert [(box.own, box.new, box.heard) for box in access_boxes(acme.bob)] == [(True, 1, 0)]


def test_a_colleague_s_message_has_today_s_name(acme: Company) -> None:
    happen(left(acme, box_of(acme.bob), caller=acme.party("dag")))
    acme.dag.name = "Dag Vik-Berg"
    acme.dag.save()
    assert Message.of(acme.tenant).get().caller_sealed == b""
    [message] = access_messages(acme.bob).items
    assert (message.caller.name, message.caller.username) == ("Dag Vik-Berg", "dag")


@pytest.mark.parametrize("who", ["anna", "cecilie", "dag"])
def test_nobody_else_opens_bob_s_box_whatever_their_role(acme: Company, who: str) -> None:
    [message] = happen(left(acme, box_of(acme.bob)))
    other = acme.people[who]
    assert access_messages(other).items == access_messages(other, box=box_of(acme.bob)).items == ()
    for look in (access_message, access_sound, actions.do_delete, actions.do_restore, actions.do_mark):
        with pytest.raises(NotFound):
            look(other, message.id)


def test_the_box_of_a_queue_belongs_to_its_members_and_to_supervisors(acme: Company) -> None:
    globex = company("globex")
    support = queue(acme, "support", "bob", "dag")
    [message] = happen(left(acme, support))
    for member in (acme.bob, acme.dag, acme.cecilie):
        assert [(box.name, box.new) for box in access_boxes(member)] == [("", 0), ("support", 1)]
        assert access_messages(member).items[0].queue == "support"
    for stranger in (acme.anna, globex.bob, globex.cecilie):
        assert access_messages(stranger).items == ()
    actions.do_mark(acme.dag, message.id, heard=True)
    heard_by = access_message(acme.bob, message.id).heard_by
    assert heard_by is not None
    assert heard_by.name == "Dag Vik"


def test_messages_are_heard_kept_deleted_and_taken_back(acme: Company) -> None:
    [message] = happen(left(acme, box_of(acme.bob)))
    assert actions.do_mark(acme.bob, message.id, heard=True).heard_at is not None
    assert numbers(acme.bob, state="new") == []
    assert actions.do_mark(acme.bob, message.id, saved=True).saved
    assert numbers(acme.bob, state="saved") == numbers(acme.bob, state="heard") == [OSLO.number]
    assert actions.do_mark(acme.bob, message.id, heard=False).heard_at is None
    actions.do_delete(acme.bob, message.id)
    assert numbers(acme.bob) == []
    with pytest.raises(NotFound):
        access_sound(acme.bob, message.id)
    with pytest.raises(NotFound):
        actions.do_mark(acme.bob, message.id, heard=True)
    assert actions.do_restore(acme.bob, message.id).id == message.id
    with pytest.raises(NotFound):
        actions.do_restore(acme.bob, message.id)
    assert numbers(acme.bob) == [OSLO.number]


def test_pages_stay_true_while_messages_come(acme: Company) -> None:
    box = box_of(acme.bob)
    happen(*(left(acme, box, at=NOON + n) for n in range(5)))
    first = access_messages(acme.bob, limit=2)
    happen(left(acme, box, at=NOON + 10))
    second = access_messages(acme.bob, limit=2, cursor=first.next)
    third = access_messages(acme.bob, limit=2, cursor=second.next)
    seen = [message.left_at.timestamp() - NOON - 5 for page in (first, second, third) for message in page.items]
    assert seen == [4, 3, 2, 1, 0]
    assert third.next is None
    for wrong in ({"cursor": "nothing"}, {"state": "lost"}):
        with pytest.raises(BadFilter):
            access_messages(acme.bob, **wrong)


def test_a_message_is_taken_in_once_whenever_the_jobs_process_dies(acme: Company, data_folder: DataFolder) -> None:
    happen(left(acme, box_of(acme.bob)), left(acme, box_of(acme.dag)))
    actions.do_mark(acme.bob, access_messages(acme.bob).items[0].id, heard=True)
    JournalPlace.objects.all().delete()  # as if it had been killed before its commit
    take_in(data_folder.journal)
    assert Message.of(acme.tenant).count() == 2
    assert access_messages(acme.bob).items[0].heard_at is not None


def test_messages_for_nobody_are_left_out_and_the_others_are_not(acme: Company) -> None:
    globex = company("globex")
    stray = [
        left(acme, "person:nobody"),
        left(acme, box_of(globex.bob)),
        left(acme, "person:"),
        left(acme, "somewhere"),
        [
            CallStarted("evil", NOON, acme.tenant.id, "inbound", OSLO, "101"),
            MessageLeft("evil", NOON, box_of(acme.bob), "../../secret-key", 1.0),
            *left(acme, box_of(acme.bob))[2:],
        ],
    ]
    happen(*stray, left(acme, box_of(acme.bob)))
    assert len(numbers(acme.bob)) == 1
    assert Message.all_tenants.count() == 1


def test_a_sound_outside_of_the_recordings_is_never_served(acme: Company) -> None:
    [message] = happen(left(acme, box_of(acme.bob)))
    Message.all_tenants.filter(pk=message.id).update(file="../secret-key")
    (settings.DATA.root / "secret-key").write_bytes(b"s3cret")
    with pytest.raises(NotFound):
        access_sound(acme.bob, message.id)


# --- how many wait


@pytest.mark.django_db(transaction=True)
def test_phones_learn_how_many_messages_wait(
    acme: Company, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[boxes.BoxChanged] = []

    def announce(_data: DataFolder, topic: str, payloads: list[bytes]) -> None:
        assert topic == "message.changed"
        told.extend(msgspec.msgpack.decode(payload, type=boxes.BoxChanged) for payload in payloads)

    monkeypatch.setattr(counts, "announce", announce)
    box = box_of(acme.bob)
    assert read_counts(data_folder.root) == {}
    first, _ = happen(left(acme, box), left(acme, box, at=NOON + 1))
    assert read_counts(data_folder.root) == {box: Counts(2, 0)}
    actions.do_mark(acme.bob, first.id, heard=True)
    assert read_counts(data_folder.root) == {box: Counts(1, 1)}
    actions.do_delete(acme.bob, first.id)
    assert read_counts(data_folder.root) == {box: Counts(1, 0)}
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012  the end of the block is the point
        actions.do_restore(acme.bob, first.id)
        raise RuntimeError
    assert [(one.new, one.heard) for one in told] == [(2, 0), (1, 1), (1, 0)]
    assert {(one.tenant, one.box, one.people) for one in told} == {(acme.tenant.id, box, (acme.bob.id,))}


# --- at a phone


def test_a_box_is_opened_at_a_phone(acme: Company) -> None:
    box = box_of(acme.bob)
    first, second, third = happen(*(left(acme, box, at=NOON + n) for n in range(3)))
    actions.do_mark(acme.bob, first.id, heard=True)

    def listed(limit: int = 100) -> list[tuple[str, bool]]:
        answer = service.answer(AskMessages(acme.tenant.id, box, limit))
        assert isinstance(answer, Messages)
        return [(message.id, message.heard) for message in answer.messages]

    assert listed() == [(second.id, False), (third.id, False), (first.id, True)]
    assert listed(limit=1) == [(second.id, False)]
    assert service.answer(MarkMessage(acme.tenant.id, box, second.id, "saved", acme.bob.id)) == Done()
    assert service.answer(MarkMessage(acme.tenant.id, box, third.id, "deleted")) == Done()
    assert listed() == [(first.id, True), (second.id, True)]
    assert [message.saved for message in access_messages(acme.bob).items] == [True, False]
    for lost in (third.id, "x"):
        assert service.answer(MarkMessage(acme.tenant.id, box, lost, "heard")) == Refused("not-found")
    assert service.answer(MarkMessage(acme.tenant.id, box_of(acme.dag), first.id, "heard")) == Refused("not-found")
    assert service.answer(AskMessages(acme.tenant.id, "person:x")) == Messages()


# --- for how long


def test_messages_and_their_sounds_go_when_their_time_is_over(acme: Company) -> None:
    box, now = box_of(acme.bob), NOON + 200 * DAY
    ages = {"fresh": 1, "old": 91, "old and saved": 91, "ancient and saved": 366, "deleted": 2, "deleted just now": 2}
    happen(*(left(acme, box, at=now - days * DAY, file=f"voicemail/{n}.wav") for n, days in enumerate(ages.values())))
    rows = {name: Message.all_tenants.get(file=f"voicemail/{n}.wav") for n, name in enumerate(ages)}
    for name, message in rows.items():
        if "saved" in name:
            actions.do_mark(acme.bob, message.id, saved=True)
        if "deleted" in name:
            hours = 1 if "now" in name else 25
            deleted_at = datetime.fromtimestamp(now, UTC) - timedelta(hours=hours)
            Message.all_tenants.filter(pk=message.pk).update(deleted_at=deleted_at)
    assert retention.forget_messages(now) == 3
    left_over = {name for name, message in rows.items() if Message.all_tenants.filter(pk=message.pk).exists()}
    assert left_over == {"fresh", "old and saved", "deleted just now"}
    sounds = {name for name, message in rows.items() if (settings.DATA.recordings / message.file).exists()}
    assert sounds == left_over


def test_the_messages_of_somebody_who_left_go_too(acme: Company, data_folder: DataFolder) -> None:
    [message, other] = happen(left(acme, box_of(acme.bob)), left(acme, box_of(acme.dag), at=NOON + 1))
    acme.bob.delete()
    assert list(Message.all_tenants.all()) == [other]
    place = data_folder.recordings / message.file
    assert retention.forget_messages() == 0, "a message may still be on its way into the table"
    assert place.exists()
    assert retention.forget_messages(time.time() + 8 * DAY) >= 1
    assert not place.exists()


def test_other_recordings_are_left_alone(acme: Company, data_folder: DataFolder) -> None:
    call: Path = data_folder.recordings / "calls" / "talk.wav"
    call.parent.mkdir()
    call.write_bytes(b"RIFF")
    retention.forget_messages(time.time() + 1000 * DAY)
    assert call.exists()


def test_everybody_chooses_what_comes_by_mail(acme: Company) -> None:
    assert access_notice(acme.bob) == "none"
    actions.do_choose_notice(acme.bob, "plain")
    actions.do_choose_notice(acme.bob, "caller")
    assert access_notice(acme.bob) == "caller"
    actions.do_choose_notice(acme.bob, "none")
    assert access_notice(acme.bob) == "none"
    do_switch(acme.bob, MESSAGE_NOTICES, True)
    assert access_notice(acme.bob) == "plain"
    assert access_notice(acme.dag) == "none"
    with pytest.raises(Invalid):
        actions.do_choose_notice(acme.bob, "everything")


def test_unknown_requests_are_refused(acme: Company) -> None:
    answer = asyncio.run(service.handle(b"\xc1"))
    assert msgspec.msgpack.decode(answer, type=boxes.Answer) == Refused("invalid")


def test_a_journal_with_calls_without_messages_makes_none(acme: Company, data_folder: DataFolder) -> None:
    journal = Journal(journal_in(data_folder.journal))
    started, _, ended = left(acme, box_of(acme.bob))
    journal.write([started, ended])
    journal.close()
    take_in(data_folder.journal)
    assert Message.all_tenants.count() == 0
