"""A provider says where recordings lie: they go there, are heard from there, and everybody's rights reach them."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.history.stories import Company, agreed, company, queue_call, record_of
from tests.peers.bucket import bucket_server, new_bucket
from tests.voicemail.stories import left
from tests.voicemail.stories import sound as wav

from svara.calls.boxes import BringMessage, Done, Refused
from svara.calls.events import AnyEvent, CallRecorded, Party
from svara.cli.doctor import storage as doctor
from svara.data import DataFolder
from svara.history import retention as history_retention
from svara.history import shelving
from svara.history import tapes as work
from svara.history.models import RECORDING_DAYS
from svara.history.recordings import access_recording, there_to_hear
from svara.history.rows import write_records
from svara.history.thread import in_thread
from svara.people.access import NotFound
from svara.people.models import Tenant
from svara.privacy.catalogue import Purpose, Recipient
from svara.privacy.errors import PlainError
from svara.privacy.functions.outside import subject_of
from svara.privacy.functions.port import collected, do_erase_collected
from svara.privacy.functions.registry import CALL_RECORDING
from svara.privacy.registers import recipients
from svara.privacy.rights import erasing, exporting, retention
from svara.privacy.rights.bucket import InBucket, asked
from svara.privacy.subject import person
from svara.privacy.vault import elsewhere, tapes
from svara.privacy.vault.errors import StorageAway
from svara.privacy.vault.moving import Mover
from svara.privacy.vault.storage import S3Storage, Storage
from svara.voicemail import service
from svara.voicemail.access import access_sound, place_of
from svara.voicemail.intake import write_messages
from svara.voicemail.models import KEEP_DAYS, Message
from svara.voicemail.retention import forget_messages
from svara.web.sound_file import sound_file

pytestmark = pytest.mark.django_db
KARI = Party(number="+4722000001", name="Kari Nordmann")
AWAY = "This cannot be heard now: the storage where recordings lie does not answer. Try again later.\n"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.fixture
def address(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    address = f"s3://{new_bucket(server, monkeypatch)}/office?endpoint={server}"
    monkeypatch.setenv("SVARA_RECORDINGS", address)
    return address


@pytest.fixture
def bucket(address: str) -> Storage:
    return elsewhere.storage_at(address)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on no bucket answers."""

    def begin() -> None:
        def refuse(*_args: object, **_named: object) -> Any:
            raise StorageAway("the storage does not answer as it should: EndpointConnectionError")

        for name in ("put", "open", "size", "delete", "names"):
            monkeypatch.setattr(S3Storage, name, refuse)

    return begin


@pytest.fixture
def acme(data_folder: DataFolder) -> Company:
    """Kari talked to Dag, and it was recorded; she left Bob a message."""
    acme = company("acme")
    talk(acme, "q1", "queue:acme-support")
    take_in(left(acme, f"person:{acme.bob.id}", caller=KARI, at=time.time(), file="voicemail/vm-1.wav"))
    return acme


def talk(acme: Company, call: str, why: str) -> None:
    file = f"calls/{call}-abc.wav"
    place = Path(shelving.settings.DATA.recordings) / file
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(wav(4))
    at = time.time()
    taped = CallRecorded(call, at + 30, file=file, seconds=4.0, why=why)
    take_in([*queue_call(acme, KARI, [("dag", "answered")], call=call, at=at), taped])


def take_in(events: list[AnyEvent]) -> None:
    """As the jobs process does."""
    records = [record_of(*events)]
    write_records(records)
    work.write(records)
    write_messages(records)


def move(data: DataFolder) -> None:
    mover = Mover(data, shelving.companies, lambda: time.time() + 3600)
    assert mover.step().away == ""
    mover.step()  # copies go


@pytest.fixture
def moved(acme: Company, data_folder: DataFolder, bucket: Storage) -> Company:
    move(data_folder)
    assert len(list(bucket.names())) == 2
    assert not [place for place in data_folder.recordings.rglob("*.wav") if "elsewhere" not in place.parts]
    return acme


def message() -> Message:
    return Message.all_tenants.get()


def played(place: Path, rf: Any, range_: str = "bytes=0-") -> tuple[int, bytes]:
    answer = sound_file(rf.get("/", headers={"range": range_}), place)
    return answer.status_code, answer.content


def test_who_may_hear_it_hears_it_from_the_bucket_and_seeks_in_it(moved: Company, rf: Any) -> None:
    assert there_to_hear(moved.dag, "q1") == (0,)
    assert played(access_recording(moved.dag, "q1", 0), rf) == (206, wav(4))
    assert played(access_recording(moved.dag, "q1", 0), rf, "bytes=70000-70099") == (206, wav(4)[70_000:70_100])
    assert played(access_sound(moved.bob, message().id), rf) == (206, wav(3))
    with pytest.raises(NotFound):
        access_recording(moved.bob, "q1", 0)
    stranger = company("beta")
    with pytest.raises(NotFound):
        access_recording(stranger.anna, "q1", 0)
    with pytest.raises(NotFound):
        access_sound(stranger.anna, message().id)


def test_while_the_bucket_is_away_the_page_says_so_in_plain_words(
    moved: Company, rf: Any, away: Callable[[], None], data_folder: DataFolder, bucket: Storage
) -> None:
    place = access_recording(moved.dag, "q1", 0)
    away()
    assert there_to_hear(moved.dag, "q1") == (0,), "the list does not ask it"
    assert played(place, rf) == (503, AWAY.encode())
    talk(moved, "q2", "queue:acme-support")
    step = Mover(data_folder, shelving.companies).step()
    assert "does not answer" in step.away
    assert played(access_recording(moved.dag, "q2", 0), rf)[0] == 206, "what is new is here"


def test_an_object_that_somebody_exchanged_is_not_played(moved: Company, rf: Any, bucket: Storage) -> None:
    place = access_recording(moved.dag, "q1", 0)
    names = {name.split("/")[1]: name for name in bucket.names()}
    content = bucket.open(names["calls"]).read()
    for other in (bucket.open(names["voicemail"]).read(), content[:-1], wav(4).ljust(len(content))[: len(content)]):
        bucket.put(names["calls"], io.BytesIO(other))
        status, body = played(place, rf)
        assert (status, body.startswith(b"This cannot be heard: the sound was changed")) == (503, True)
    bucket.delete(names["calls"])
    assert played(place, rf)[0] == 404


def test_demo_companies_stay_here(data_folder: DataFolder, acme: Company, bucket: Storage) -> None:
    Tenant.objects.update(demo=True)
    assert shelving.companies() == frozenset()
    move(data_folder)
    assert list(bucket.names()) == []
    assert [*shelving.outsiders(acme.tenant.id)] == []


@pytest.mark.claim("PHO-13")
def test_who_is_erased_is_gone_from_the_bucket(
    moved: Company,
    data_folder: DataFolder,
    bucket: Storage,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    kari = subject_of(moved.tenant.id, KARI.number)
    copies = {name: bucket.open(name).read() for name in bucket.names()}
    preview = {each.table: each.count for each in erasing.preview(moved.tenant.id, kari).holdings}
    assert (preview["files:recordings"], preview["voicemail.Message"]) == (1, 1)
    with monkeypatch.context() as patch, django_capture_on_commit_callbacks(execute=True):
        patch.setattr(S3Storage, "delete", lambda *_: pytest.fail("an erasure does not wait for a bucket"))
        erasing.erase(moved.tenant.id, kari, reason="asked for it", by=moved.anna.id)
    assert list(elsewhere.notes(data_folder)) == []
    move(data_folder)
    assert list(bucket.names()) == []
    for name, content in copies.items():  # whoever kept a copy of the bucket has nothing either
        place = data_folder.recordings / name.partition("/")[2]
        place.write_bytes(content)
        with pytest.raises(tapes.Unreadable):
            tapes.content(data_folder, place)


def test_what_a_person_agreed_to_goes_from_there_when_they_want_it_gone(
    acme: Company, data_folder: DataFolder, bucket: Storage, django_capture_on_commit_callbacks: Any
) -> None:
    agreed(acme, CALL_RECORDING, "dag")
    talk(acme, "p1", f"person:{acme.dag.id}")
    move(data_folder)
    assert collected(acme.dag, CALL_RECORDING) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert do_erase_collected(acme.dag, CALL_RECORDING) == 1
    assert collected(acme.dag, CALL_RECORDING) == 0
    move(data_folder)
    assert sorted(name.split("/")[1:] for name in bucket.names()) == [["calls", "q1-abc.wav"], ["voicemail", "vm-1.wav"]]


def test_what_is_too_old_goes_from_there_too(moved: Company, data_folder: DataFolder, bucket: Storage) -> None:
    now = time.time()
    history_retention.forget_history(now + (RECORDING_DAYS - 1) * 86_400)
    assert forget_messages(now + (KEEP_DAYS - 1) * 86_400) == 0
    move(data_folder)
    assert len(list(bucket.names())) == 2
    assert history_retention.forget_history(now + (RECORDING_DAYS + 1) * 86_400) >= 1
    assert forget_messages(now + (KEEP_DAYS + 1) * 86_400) >= 1
    with pytest.raises(NotFound):
        access_recording(moved.dag, "q1", 0)
    move(data_folder)
    assert list(bucket.names()) == []


def test_a_company_with_a_shorter_time_has_it_there_as_well(
    moved: Company, data_folder: DataFolder, bucket: Storage, django_capture_on_commit_callbacks: Any
) -> None:
    retention.do_choose(moved.anna, {"history.recordings": 10})
    later = datetime.now(UTC) + timedelta(days=11)
    dry = retention.run(moved.tenant.id, later, dry=True, rest=lambda _seconds: None)
    assert {each.table: each.count for each in dry.gone}["files:recordings"] == 1
    with django_capture_on_commit_callbacks(execute=True):
        retention.run(moved.tenant.id, later, dry=False, rest=lambda _seconds: None)
    move(data_folder)
    assert [name.split("/")[1] for name in bucket.names()] == ["voicemail"]


def test_an_export_holds_the_sounds_and_fails_in_plain_words_without_the_bucket(
    moved: Company, tmp_path: Path, away: Callable[[], None]
) -> None:
    with (tmp_path / "bob.zip").open("w+b") as file:
        exporting.write(moved.tenant.id, person(moved.bob.id), "en", file)
        found = zipfile.ZipFile(file)
        [name] = [name for name in found.namelist() if name.endswith(".wav")]
        assert found.read(name) == wav(3)
    with (tmp_path / "dag.zip").open("w+b") as file:
        exporting.write(moved.tenant.id, person(moved.dag.id), "en", file)
        assert [zipfile.ZipFile(file).read(name) for name in zipfile.ZipFile(file).namelist() if name.endswith(".wav")]
    away()
    with (tmp_path / "again.zip").open("w+b") as file, pytest.raises(PlainError, match="does not answer now"):
        exporting.write(moved.tenant.id, person(moved.bob.id), "en", file)


@pytest.mark.claim("ADV-10")
def test_the_bucket_is_a_recipient_by_itself_for_as_long_as_something_lies_there(
    acme: Company, data_folder: DataFolder, server: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listed() -> list[recipients.Known]:
        return [each for each in recipients.access_recipients(acme.anna) if each.kind is Recipient.STORAGE]

    [known] = listed()
    assert known.name.endswith(", 127.0.0.1")
    assert known.purposes == (Purpose.MESSAGES, Purpose.RECORDING)
    assert known.data == ("recordings of talks and voice messages, sealed: without the keys nobody hears them",)
    recipients.do_describe(
        acme.anna, known.key, {"country": "SE", "role": "processor", "contract": "DPA 7", "confidential": "1"}
    )
    assert listed()[0].country == "SE"
    move(data_folder)
    monkeypatch.delenv("SVARA_RECORDINGS")
    assert [each.name for each in listed()] == [known.name], "it still has them"
    move(data_folder)
    move(data_folder)
    assert listed() == []


@pytest.mark.django_db(transaction=True)
def test_a_message_is_brought_for_whoever_listens_at_a_phone(
    moved: Company, data_folder: DataFolder, bucket: Storage, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"tenant": moved.tenant.id, "box": f"person:{moved.bob.id}", "message": message().id}
    others = ({"message": "x"}, {"box": f"person:{moved.dag.id}"}, {"tenant": company("beta").tenant.id})
    place = place_of(message().file)
    slow = threading.Event()
    opened = S3Storage.open

    def opening(self: S3Storage, name: str) -> Any:
        assert slow.wait(20)
        return opened(self, name)

    async def ask(**changed: str) -> Any:
        answer = await service.handle(msgspec.msgpack.encode(BringMessage(**(known | changed))))
        return msgspec.msgpack.decode(answer, type=Done | Refused)

    async def listens() -> None:
        assert not place.exists()
        for other in others:
            assert await ask(**other) == Refused("not-found")
        assert not place.exists()
        with monkeypatch.context() as patch:
            patch.setattr(S3Storage, "open", opening)
            patch.setattr(service, "BRING_SECONDS", 0.01)
            assert await ask() == Refused("unreachable"), "nobody waits long on the line"
            assert await ask() == Refused("unreachable"), "it is fetched once"
            assert len(service._fetching) == 1
            slow.set()
            while service._fetching:
                await asyncio.sleep(0.01)
        assert tapes.content(data_folder, place) == wav(3), "it came meanwhile"
        away()
        assert await ask() == Done()
        place.unlink()
        assert await ask() == Refused("unreachable")
        assert not place.exists()

    asyncio.run(listens())


def test_the_doctor_tries_it_and_finds_what_is_lost_or_waits(
    moved: Company, data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.cli.doctor.patients import listed, patient, states

    of = patient(data_folder.root)
    assert states(doctor.recordings(of)) == ["ok", "ok", "ok"]
    talk(moved, "q2", "queue:acme-support")
    old = data_folder.recordings / "calls" / "q2-abc.wav"
    os.utime(old, (time.time() - 7200,) * 2)
    bucket.delete(next(iter(bucket.names())))
    found = listed(doctor.recordings(of))
    assert [each.state for each in found] == ["ok", "warning", "fault"]
    assert found[1].found.startswith("1 recordings and messages wait to be moved there, the oldest for ")
    assert found[2].found == "1 of 2 recordings and messages are not in the bucket any more"
    monkeypatch.setenv("SVARA_RECORDINGS", "s3://nobodys")
    monkeypatch.setattr(elsewhere, "storage_at", lambda _address: bucket_that_refuses())
    assert "fault" in states(doctor.recordings(of))
    monkeypatch.delenv("SVARA_RECORDINGS")
    assert listed(doctor.recordings(of))[0].state == "warning", "they are coming home"


def bucket_that_refuses() -> Any:
    class Refuses:
        def __getattr__(self, _name: str) -> Any:
            def refuse(*_args: object) -> Any:
                raise StorageAway("the storage does not answer as it should: AccessDenied")

            return refuse

    return Refuses()


def test_without_a_bucket_the_doctor_has_nothing_to_look_at(data_folder: DataFolder) -> None:
    from tests.cli.doctor.patients import patient, states

    assert states(doctor.recordings(patient(data_folder.root))) == ["none"]


def test_verifying_an_erasure_asks_the_bucket(
    moved: Company, data_folder: DataFolder, bucket: Storage, tmp_path: Path, away: Callable[[], None]
) -> None:
    """What the replay has let go of in the scratch place: deleted there, about to be, still there, or not known."""
    aside = DataFolder(tmp_path / "scratch").create()
    shutil.copytree(data_folder.elsewhere, aside.elsewhere, dirs_exist_ok=True)
    for place, _note in list(elsewhere.notes(aside)):
        elsewhere.remove(aside, place)
    assert asked(data_folder, aside) == InBucket(left=2)
    for place, _note in list(elsewhere.notes(data_folder)):
        elsewhere.remove(data_folder, place)
    assert asked(data_folder, aside) == InBucket(waiting=2)
    move(data_folder)
    assert asked(data_folder, aside) == InBucket(deleted=2)
    elsewhere.take_over(data_folder, aside)
    assert len(list(elsewhere.going(data_folder))) == 2, "a restore has it deleted again"
    move(data_folder)
    away()
    assert asked(data_folder, aside) == InBucket(unknown=2)


def test_the_job_goes_on_while_the_bucket_is_away(
    acme: Company, data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps, pauses = [], []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 9:
            raise asyncio.CancelledError

    def step(_mover: Mover) -> Any:
        steps.append(1)
        return shelving.Step(away="" if len(steps) == 8 else "away")

    monkeypatch.setattr(shelving, "_step", step)
    monkeypatch.setattr(asyncio, "sleep", pause)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(shelving.run(data_folder, None))  # type: ignore[arg-type]
    assert pauses == [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 5.0, 10.0]


def test_no_byte_of_a_call_is_in_clear_in_the_bucket(moved: Company, bucket: Storage, data_folder: DataFolder) -> None:
    everything = b"".join(bucket.open(name).read() + name.encode() for name in bucket.names())
    everything += b"".join(place.read_bytes() for place in data_folder.elsewhere.rglob("*") if place.is_file())
    secrets = [KARI.number, KARI.name, KARI.number.strip("+"), moved.bob.id, moved.dag.id, "Bob Lie", "Dag Vik"]
    for secret in (*(each.encode() for each in secrets), wav(4)[20_000:20_064], wav(3)[30_000:30_064], b"RIFF"):
        assert secret not in everything


def test_a_bucket_that_hangs_holds_up_no_stop() -> None:
    """A connection that is taken and never answered is waited for in a thread that ends with the process."""
    hanging = threading.Event()

    async def stops() -> str:
        asyncio.get_running_loop().set_exception_handler(None)
        waiting = in_thread(hanging.wait)
        assert await in_thread(lambda: "meanwhile") == "meanwhile"
        with pytest.raises(ZeroDivisionError):
            await in_thread(lambda: 1 / 0)
        assert not waiting.done()
        return "stopped"

    assert asyncio.run(stops()) == "stopped"
    hanging.set()
