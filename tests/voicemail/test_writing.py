"""Bob wants his messages in writing: a program of this machine hears them out of the vault, and he reads, corrects and
takes away what it wrote. Nobody else reads it, and it goes wherever the message goes."""

from __future__ import annotations

import asyncio
import shlex
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from tests.history.stories import Company, agreed, company
from tests.voicemail.stories import OSLO, happen, left, queue
from tests.voicemail.test_transcriber import HEARS_TONES, tone

from svara.history.outside import index_of
from svara.people.access import NotFound
from svara.people.actions import Invalid
from svara.people.models import Account
from svara.privacy import vault
from svara.privacy.catalogue import Purpose
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import collected, do_erase_collected, do_switch
from svara.privacy.functions.registry import MESSAGE_TRANSCRIPTS
from svara.privacy.rights import objections, restriction
from svara.privacy.subject import person
from svara.privacy.vault import tapes
from svara.voicemail import actions, retention, transcripts, writing
from svara.voicemail.access import access_message
from svara.voicemail.models import Message, Transcript
from svara.voicemail.subjects import VoicemailCapability
from svara.voicemail.transcripts import TranscriptView

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC) + timedelta(hours=6)
"""Later than all that these tests do, however long the tests before them took."""
"""After all that is done in a test."""


@pytest.fixture
def acme() -> Company:
    acme = company("acme")
    agreed(acme, MESSAGE_TRANSCRIPTS, "bob")
    return acme


@pytest.fixture
def program(settings: Any) -> str:
    """The operator has set a program that knows tones."""
    settings.TRANSCRIBER = line("well")
    return line("well")


def line(how: str, log: Path | None = None) -> str:
    return shlex.join([sys.executable, str(HEARS_TONES), how, *([str(log)] if log else [])])


def message_to(acme: Company, who: str = "bob", hz: float = 440, **more: Any) -> Message:
    """Somebody leaves a tone, which lies sealed for both, as every message does."""
    box = more.pop("box", f"person:{acme.people[who].id}")
    message = happen(left(acme, box, at=more.pop("at", time.time() - 30), seconds=2.0, **more))[-1]
    place = configured.DATA.recordings / message.file
    owners = [person(acme.people[who].id), subject_of(acme.tenant.id, OSLO.number)]
    place.write_bytes(tapes.sealed(configured.DATA, place, acme.tenant.id, owners, tone(hz)))
    return message


def text_of(who: Account, message: Message) -> TranscriptView:
    found = access_message(who, message.id).transcript
    assert found is not None
    return found


def write(message: Message, text: str = "Ring me back, please.") -> None:
    """The program has written a message down."""
    task = writing.next_task(NOW)
    assert isinstance(task, writing.Task)
    assert task.message == message
    assert writing.finish(task, text, NOW)


def state_of(message: Message) -> tuple[str, int] | None:
    return Transcript.all_tenants.filter(pk=message.pk).values_list("state", "tries").first()


# --- the whole way


@pytest.mark.django_db(transaction=True)
def test_a_tone_goes_through_the_vault_and_becomes_words(acme: Company, program: str) -> None:
    message = message_to(acme, hz=520)
    assert (configured.DATA.recordings / message.file).read_bytes()[:1] == b"\x02", "nothing lies there in clear"
    assert asyncio.run(writing.step(program)) is True
    found = text_of(acme.bob, message)
    assert (found.state, found.text, found.by) == ("written", "A tone of 520 hertz, in nb", "machine")
    assert asyncio.run(writing.step(program)) is False, "and that was all"
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM voicemail_transcript")
        assert "hertz" not in repr(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["fails", "nonsense", "endless"])
def test_what_goes_wrong_is_tried_again_three_times_and_then_told(
    acme: Company, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = message_to(acme)
    for number in (1, 2):
        assert asyncio.run(writing.step(line(how))) is True
        assert state_of(message) == ("waiting", number)
        assert asyncio.run(writing.step(line(how))) is False, "not at once"
        Transcript.all_tenants.update(due_at=datetime.now(UTC))
    assert asyncio.run(writing.step(line(how))) is True
    assert text_of(acme.bob, message).state == "failed"
    assert asyncio.run(writing.step(line("well"))) is False, "nobody asked for more"
    assert "Kari" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_bob_asks_for_it_once_more(acme: Company, program: str) -> None:
    message = message_to(acme)
    Transcript.all_tenants.create(message=message, tenant=acme.tenant, state="failed", tries=3, due_at=NOW, changed_at=NOW)
    actions.do_ask_transcript(acme.bob, message.id)
    assert text_of(acme.bob, message).state == "waiting"
    assert asyncio.run(writing.step(program)) is True
    assert text_of(acme.bob, message).text.startswith("A tone of 440 hertz")
    with pytest.raises(NotFound):
        actions.do_ask_transcript(acme.bob, message.id)


@pytest.mark.django_db(transaction=True)
def test_a_sound_that_is_gone_is_a_failure_like_others(acme: Company, program: str) -> None:
    message = message_to(acme)
    (configured.DATA.recordings / message.file).unlink()
    assert asyncio.run(writing.step(program)) is True
    assert state_of(message) == ("waiting", 1)


# --- which


def test_only_new_messages_of_who_wants_it_are_written_down(acme: Company) -> None:
    message_to(acme, "dag")
    message_to(acme, at=time.time() - 2 * 24 * 3600)
    message_to(acme, box=queue(acme, "support", "bob"))
    assert writing.next_task(NOW) is False
    assert not Transcript.all_tenants.exists()
    write(message_to(acme))


def test_an_older_message_is_written_down_on_wish(acme: Company, program: str) -> None:
    message = message_to(acme, at=time.time() - 3 * 24 * 3600)
    assert access_message(acme.bob, message.id).transcript is None
    actions.do_ask_transcript(acme.bob, message.id)
    write(message)
    assert text_of(acme.bob, message).text == "Ring me back, please."


def test_without_a_program_nobody_waits(acme: Company, settings: Any) -> None:
    message = message_to(acme)
    writing.next_task(NOW)
    settings.TRANSCRIBER = ""
    writing.give_up(NOW)
    assert text_of(acme.bob, message).state == "failed"
    with pytest.raises(actions.NoProgram):
        actions.do_ask_transcript(acme.bob, message.id)


@pytest.mark.parametrize("how", ["objects", "restricted"])
def test_who_objected_is_not_written_down(acme: Company, how: str) -> None:
    message = message_to(acme)
    kari = subject_of(acme.tenant.id, OSLO.number)
    task = writing.next_task(NOW)
    assert isinstance(task, writing.Task)
    if how == "objects":
        objections.object_(acme.tenant.id, kari, Purpose.MESSAGES, "My voice is mine.", by="")
    else:
        restriction.do_restrict(acme.anna, kari, "accuracy", "It is not clear.")
    assert not writing.finish(task, "Ring me back.", NOW)
    assert writing.next_task(NOW) is False
    assert not Transcript.all_tenants.exists()
    with pytest.raises(NotFound):
        actions.do_write_transcript(acme.bob, message.id, "Ring me back.", "program")


def test_a_text_of_who_objects_later_is_shown_to_nobody(acme: Company) -> None:
    message = message_to(acme)
    write(message)
    objections.object_(acme.tenant.id, subject_of(acme.tenant.id, OSLO.number), Purpose.MESSAGES, "My voice is mine.", by="")
    assert access_message(acme.bob, message.id).transcript is None


def test_switched_off_meanwhile_nothing_is_kept(acme: Company) -> None:
    message = message_to(acme)
    task = writing.next_task(NOW)
    assert isinstance(task, writing.Task)
    assert text_of(acme.bob, message).state == "waiting"
    do_switch(acme.bob, MESSAGE_TRANSCRIPTS, False)
    assert access_message(acme.bob, message.id).transcript is None, "nobody waits for it"
    assert not writing.finish(task, "Ring me back.", NOW)
    assert writing.next_task(NOW) is False
    assert not Transcript.all_tenants.exists()
    for refused in (
        lambda: actions.do_write_transcript(acme.bob, message.id, "x", "program"),
        lambda: actions.do_write_transcript(acme.bob, message.id, "x", "hand"),
        lambda: actions.do_ask_transcript(acme.bob, message.id),
    ):
        with pytest.raises(actions.NotWanted):
            refused()


def test_what_was_written_before_stays_until_it_is_erased(acme: Company) -> None:
    message = message_to(acme)
    write(message)
    do_switch(acme.bob, MESSAGE_TRANSCRIPTS, False)
    assert text_of(acme.bob, message).text == "Ring me back, please."
    assert collected(acme.bob, MESSAGE_TRANSCRIPTS) == 1
    assert do_erase_collected(acme.bob, MESSAGE_TRANSCRIPTS) == 1
    assert access_message(acme.bob, message.id).transcript is None


# --- killed in the middle


def test_a_jobs_process_that_dies_over_it_tries_again_and_never_writes_twice(acme: Company) -> None:
    message = message_to(acme)
    first = writing.next_task(NOW)
    assert isinstance(first, writing.Task)
    assert writing.next_task(NOW) is False, "nobody begins what somebody does"
    writing.again(NOW)  # the next process starts
    second = writing.next_task(NOW)
    assert isinstance(second, writing.Task)
    assert writing.finish(second, "Ring me back, please.", NOW)
    assert not writing.finish(first, "Somebody else's words", NOW), "a process that was thought dead comes too late"
    assert text_of(acme.bob, message).text == "Ring me back, please."


def test_a_message_on_which_it_dies_every_time_is_given_up(acme: Company) -> None:
    message = message_to(acme)
    for number in (1, 2, 3):
        task = writing.next_task(NOW)
        assert isinstance(task, writing.Task)
        assert task.number == number
        writing.again(NOW)
    assert writing.next_task(NOW) is False
    assert state_of(message) == ("failed", 3)


def test_a_message_that_is_deleted_waits_until_it_is_taken_back(acme: Company) -> None:
    message = message_to(acme)
    task = writing.next_task(NOW)
    actions.do_delete(acme.bob, message.id)
    writing.again(NOW)
    assert writing.next_task(NOW) is False
    assert isinstance(task, writing.Task)
    actions.do_restore(acme.bob, message.id)
    write(message)


# --- reading, correcting, taking away


def test_bob_corrects_it_and_takes_that_back(acme: Company) -> None:
    message = message_to(acme)
    write(message, "Bring me black peas.")
    assert not text_of(acme.bob, message).undoable
    shown = actions.do_write_transcript(acme.bob, message.id, "Ring me back,\r\n please.\x07", "hand").transcript
    assert shown is not None
    assert (shown.text, shown.by) == ("Ring me back,\nplease.", "hand")
    assert shown.undoable
    actions.do_undo_transcript(acme.bob, message.id)
    assert (text_of(acme.bob, message).text, text_of(acme.bob, message).by) == ("Bring me black peas.", "machine")
    actions.do_undo_transcript(acme.bob, message.id)
    assert text_of(acme.bob, message).by == "hand"
    with pytest.raises(Invalid, match="too long"):
        actions.do_write_transcript(acme.bob, message.id, "a" * 20_001, "hand")


def test_of_a_long_text_the_beginning_stands_first() -> None:
    long = TranscriptView("written", "word " * 80 + "end", "machine", NOW)
    assert len(long.beginning) <= 240
    assert long.beginning.endswith("word")
    assert f"{long.beginning} {long.rest}" == "word " * 80 + "end"
    whole = TranscriptView("written", "x" * 320, "machine", NOW)
    assert (whole.beginning, whole.rest) == ("x" * 320, "")
    one_word = TranscriptView("written", "x" * 900, "machine", NOW)
    assert one_word.beginning + one_word.rest == "x" * 900


def test_bob_takes_it_away_and_brings_it_back_for_a_day(acme: Company) -> None:
    message = message_to(acme)
    write(message)
    actions.do_remove_transcript(acme.bob, message.id)
    assert access_message(acme.bob, message.id).transcript is None
    assert writing.next_task(NOW) is False, "it is not written again by itself"
    with pytest.raises(NotFound):
        actions.do_remove_transcript(acme.bob, message.id)
    actions.do_undo_transcript(acme.bob, message.id)
    assert text_of(acme.bob, message).text == "Ring me back, please."
    actions.do_remove_transcript(acme.bob, message.id)
    assert transcripts.forget_before(datetime.now(UTC) + timedelta(hours=23)) == 0
    assert transcripts.forget_before(datetime.now(UTC) + timedelta(hours=25)) == 1
    assert not Transcript.all_tenants.exists()
    with pytest.raises(NotFound):
        actions.do_undo_transcript(acme.bob, message.id)


@pytest.mark.parametrize("who", ["anna", "cecilie", "dag", "stranger"])
def test_nobody_else_reads_or_changes_it(acme: Company, program: str, who: str) -> None:
    other = company("globex").bob if who == "stranger" else acme.people[who]
    agreed(acme, MESSAGE_TRANSCRIPTS)
    do_switch(other, MESSAGE_TRANSCRIPTS, True)
    message = message_to(acme)
    write(message)
    for attempt in (
        lambda: access_message(other, message.id),
        lambda: actions.do_ask_transcript(other, message.id),
        lambda: actions.do_write_transcript(other, message.id, "mine", "hand"),
        lambda: actions.do_remove_transcript(other, message.id),
        lambda: actions.do_undo_transcript(other, message.id),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert text_of(acme.bob, message).text == "Ring me back, please."


def test_a_queue_s_messages_are_nobody_s_to_write_down(acme: Company, program: str) -> None:
    message = message_to(acme, box=queue(acme, "support", "bob"))
    for attempt in (
        lambda: actions.do_ask_transcript(acme.bob, message.id),
        lambda: actions.do_write_transcript(acme.bob, message.id, "mine", "program"),
    ):
        with pytest.raises(NotFound):
            attempt()


# --- where it goes


def test_it_goes_with_the_message(acme: Company) -> None:
    write(message_to(acme))
    assert retention.forget_messages(time.time() + 91 * 24 * 3600) == 1
    assert not Transcript.all_tenants.exists()


@pytest.mark.parametrize("whose", ["bob", "kari"])
def test_erasing_either_of_them_destroys_it_in_every_copy(acme: Company, whose: str) -> None:
    message = message_to(acme)
    write(message)
    subject = person(acme.bob.id) if whose == "bob" else subject_of(acme.tenant.id, OSLO.number)
    copy = bytes(Transcript.all_tenants.get().sealed)
    assert ("voicemail.Transcript", 1) in [
        (each.table, each.count) for each in VoicemailCapability().holdings(acme.tenant.id, subject)
    ]
    gone = {each.table: each.count for each in VoicemailCapability().erase(acme.tenant.id, subject, reason="asked")}
    assert gone == {"voicemail.Message": 1, "voicemail.Transcript": 1}
    vault.current().destroy(acme.tenant.id, subject)
    [opened] = transcripts.open_all(acme.tenant.id, [Transcript(message_id=message.id, sealed=copy)])
    assert isinstance(opened, vault.port.Unreadable)


@pytest.mark.parametrize("whose", ["bob", "kari"])
def test_it_is_among_my_data(acme: Company, whose: str) -> None:
    write(message_to(acme))
    subject = person(acme.bob.id) if whose == "bob" else subject_of(acme.tenant.id, OSLO.number)
    assert index_of(subject) == ("" if whose == "bob" else Message.all_tenants.get().caller_index)
    exported = [row for part in VoicemailCapability().export(acme.tenant.id, subject) for row in part.rows]
    assert [(row["text"], row["text_by"]) for row in exported] == [("Ring me back, please.", "machine")]


def test_while_the_company_s_key_is_away_nothing_is_read_or_written(acme: Company) -> None:
    message = message_to(acme)
    write(message)
    keeping = vault.current().keeping
    keeping.bring(acme.tenant.id, bytes(range(32)))
    keeping.take_away(acme.tenant.id)
    found = text_of(acme.bob, message)
    assert (found.text, found.unreadable) == ("", "The company's key is away")
    with pytest.raises(Invalid):
        actions.do_write_transcript(acme.bob, message.id, "Ring me back!", "hand")
    keeping.bring(acme.tenant.id, bytes(range(32)))
    assert text_of(acme.bob, message).text == "Ring me back, please."
