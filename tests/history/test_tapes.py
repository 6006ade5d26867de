"""What was said in a call lies sealed on the disk, for those who said it; and who plays it gets its key, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.history.stories import NOON, Company, company, queue_call, record_of

from svara.calls.events import AnyEvent, CallRecorded, Party
from svara.data import DataFolder
from svara.history import tapes as work
from svara.history.rows import write_records
from svara.media.voice.keys import AskKey, Key
from svara.media.voice.recording import Take
from svara.privacy import vault
from svara.privacy.functions.outside import subject_of
from svara.privacy.subject import Subject, person
from svara.privacy.vault import tapes
from svara.sealing.errors import Unreadable, Why
from svara.sealing.file import FileKey, Reader, read_head
from svara.sealing.intake import read_public_key

pytestmark = pytest.mark.django_db
KARI = Party(number="+4722000001", name="Kari Nordmann")
TALK = np.tile(np.arange(-8000, 8000, 10, dtype=np.int16), 80)


@pytest.fixture
def acme() -> Company:
    vault.current()
    return company("acme")


def said(data: DataFolder, file: str) -> Path:
    """The voice process records it."""
    vault.current()
    take = Take(
        data.recordings / file,
        8000,
        2,
        intake=read_public_key(data.intake),
        max_seconds=600,
        silence_seconds=0,
        trim=False,
    )
    take.add(TALK, paused=False)
    take.finish()
    return data.recordings / file


@pytest.fixture
def talk(acme: Company, data_folder: DataFolder) -> Path:
    """Kari called support, Dag picked up, and it was recorded."""
    place = said(data_folder, "calls/q1-abc.wav")
    tape = CallRecorded("q1", NOON + 30, file="calls/q1-abc.wav", seconds=4.0, why="queue:acme-support")
    told(*queue_call(acme, KARI, [("dag", "answered")], call="q1"), tape)
    return place


def told(*events: AnyEvent) -> None:
    """The jobs process takes the call in."""
    records = [record_of(*events)]
    write_records(records)
    work.write(records)


def heard(data: DataFolder, place: Path) -> bytes:
    return tapes.content(data, place)


def test_a_recording_is_never_in_clear_and_is_heard_before_and_after_it_is_sealed(
    acme: Company, data_folder: DataFolder
) -> None:
    place = said(data_folder, "calls/q1-abc.wav")
    expected = TALK.tobytes()
    assert heard(data_folder, place)[44:] == expected
    assert not tapes.is_sealed(place)
    assert TALK.tobytes()[:64] not in place.read_bytes()
    before = place.stat().st_mtime_ns
    owners = [person(acme.dag.id), subject_of(acme.tenant.id, KARI.number)]
    assert tapes.seal(data_folder, place, acme.tenant.id, owners)
    assert not tapes.seal(data_folder, place, acme.tenant.id, owners), "it is already"
    assert tapes.is_sealed(place)
    assert heard(data_folder, place)[44:] == expected
    assert TALK.tobytes()[:64] not in place.read_bytes()
    assert place.stat().st_mtime_ns == before, "it is as old as it was"


@pytest.mark.claim("PHO-13")
@pytest.mark.parametrize("whose", ["dag", "kari"])
def test_a_talk_is_sealed_for_both_and_either_erases_it(
    acme: Company, talk: Path, data_folder: DataFolder, whose: str
) -> None:
    assert tapes.is_sealed(talk)
    assert heard(data_folder, talk).startswith(b"RIFF")
    copy = data_folder.root / "backup.wav"
    shutil.copy(talk, copy)
    subject: Subject = person(acme.dag.id) if whose == "dag" else subject_of(acme.tenant.id, KARI.number)
    assert vault.current().destroy(acme.tenant.id, subject) is not None
    with pytest.raises(Unreadable) as error:
        heard(data_folder, talk)
    assert error.value.why is Why.DESTROYED
    shutil.copy(copy, talk)
    with pytest.raises(Unreadable):
        heard(data_folder, talk)


def test_a_recording_opens_in_its_own_place_alone(talk: Path, data_folder: DataFolder) -> None:
    elsewhere = shutil.copy(talk, talk.with_name("q2-abc.wav"))
    with pytest.raises(Unreadable):
        heard(data_folder, elsewhere)


def test_what_was_completed_later_is_sealed_later(acme: Company, data_folder: DataFolder) -> None:
    """The voice process was killed: the record was written before the file had its name."""
    tape = CallRecorded("q1", NOON + 30, file="calls/q1-abc.wav", seconds=4.0, why="queue:acme-support")
    told(*queue_call(acme, KARI, [("dag", "answered")], call="q1"), tape)
    place = said(data_folder, "calls/q1-abc.wav")
    said(data_folder, "calls/nobody-abc.wav")
    young = place.stat().st_mtime + 10
    assert work.seal_the_rest(data_folder, young) == 0, "somebody may be talking still"
    assert work.seal_the_rest(data_folder, young + 600) == 1
    assert tapes.is_sealed(place)
    assert vault.current().destroy(acme.tenant.id, person(acme.dag.id)) is not None


def test_who_plays_a_sound_gets_the_key_of_that_file(acme: Company, talk: Path, data_folder: DataFolder) -> None:
    with talk.open("rb") as file:
        head = read_head(file)
        key = work._key(AskKey("recording:calls/q1-abc.wav", head)).key
        assert Reader(file, FileKey(head, key)).read(0, 4) == b"RIFF"
    assert work._key(AskKey("recording:calls/q2-abc.wav", head)).key == b"", "another place"
    assert work._key(AskKey("recording:../../etc/passwd", head)).key == b""
    assert work._key(AskKey("recording:calls/q1-abc.wav", head[:-1] + bytes([head[-1] ^ 1]))).key == b""
    assert work._key(AskKey("recording:calls/q1-abc.wav", b"\2")).key == b""
    vault.current().destroy(acme.tenant.id, person(acme.dag.id))
    assert work._key(AskKey("recording:calls/q1-abc.wav", head)).key == b""


def test_another_master_key_still_opens_what_came_in(acme: Company, data_folder: DataFolder) -> None:
    place = said(data_folder, "calls/q1-abc.wav")
    vault.current().keeping.rotate_master()
    vault.current().forget()
    assert heard(data_folder, place).startswith(b"RIFF")


def test_nonsense_on_the_bus_is_answered_with_no_key() -> None:
    import asyncio

    assert msgspec.msgpack.decode(asyncio.run(work._answer(b"\xff")), type=Key) == Key()
