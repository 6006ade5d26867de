"""Recordings and messages in a bucket: moved when they are whole, heard from there in parts, gone when they are deleted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.peers.bucket import bucket_server, new_bucket

from svara.data import DataFolder
from svara.privacy import vault
from svara.privacy.files import undeclared
from svara.privacy.subject import person
from svara.privacy.vault import elsewhere, moving, storage, tapes
from svara.privacy.vault.elsewhere import Note
from svara.privacy.vault.errors import StorageAway
from svara.privacy.vault.moving import COPY_SECONDS, TIDY_SECONDS, Mover
from svara.privacy.vault.storage import S3Storage, Storage
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import CHUNK_BYTES

ACME, BETA = "1" * 32, "2" * 32
ANNA, BOB = person("a" * 32), person("b" * 32)
SECRET = b"the price is four thousand two hundred"
TALK = b"RIFF" + SECRET + os.urandom(5 * CHUNK_BYTES)
SPOKEN_NS = 1_700_000_000_123_456_000
NOWHERE = "s3://bucket?endpoint=http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.fixture
def address(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket, which is to be used."""
    address = f"s3://{new_bucket(server, monkeypatch)}/office?endpoint={server}"
    monkeypatch.setenv(elsewhere.VARIABLE, address)
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


def recorded(data: DataFolder, name: str = "calls/q1-abc.wav", tenant: str = ACME, owner: Any = ANNA) -> Path:
    """Somebody spoke, and it was sealed."""
    place = data.recordings / name
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(tapes.sealed(data, place, tenant, [owner], TALK))
    os.utime(place, ns=(SPOKEN_NS, SPOKEN_NS))
    return place


def mover(data: DataFolder, now: float = 2e9) -> Mover:
    return Mover(data, lambda: {ACME, BETA}, lambda: now)


def moved(data: DataFolder, name: str = "calls/q1-abc.wav") -> Path:
    place = recorded(data, name)
    assert mover(data).step().up == 1
    return place


def test_a_recording_goes_into_the_bucket_sealed_and_is_heard_from_there(data_folder: DataFolder, bucket: Storage) -> None:
    place = recorded(data_folder)
    sealed = place.read_bytes()
    step = mover(data_folder).step()
    assert (step.up, step.home, step.deleted, step.away) == (1, 0, 0, "")
    assert not place.exists()
    assert list(bucket.names()) == [f"{ACME}/calls/q1-abc.wav"]
    assert bucket.open(f"{ACME}/calls/q1-abc.wav").read() == sealed, "as it was, not sealed anew"
    assert SECRET not in sealed
    assert elsewhere.is_there(data_folder, place)
    assert tapes.content(data_folder, place) == TALK
    assert tapes.file(data_folder, place).read(4) == b"RIFF"
    assert list(elsewhere.sounds(data_folder, "calls")) == [(place, pytest.approx(SPOKEN_NS / 1e9))], "as old as it was"
    assert mover(data_folder).step() == moving.Step()
    assert [name for name in undeclared(data_folder.root) if not name.startswith("keys/")] == []


def test_a_player_seeks_without_the_whole_object(data_folder: DataFolder, bucket: Storage, monkeypatch: Any) -> None:
    place = moved(data_folder)
    fetched = []
    read = storage._Ranges.readinto

    def counting(self: Any, buffer: Any) -> int:
        count = read(self, buffer)
        fetched.append(count)
        return count

    monkeypatch.setattr(storage, "_PIECE_BYTES", CHUNK_BYTES)
    monkeypatch.setattr(storage._Ranges, "readinto", counting)
    with tapes.opened(data_folder, place) as wav:
        assert wav.read(4, len(SECRET)) == SECRET
        fetched.clear()
        assert wav.read(2 * CHUNK_BYTES, 100) == TALK[2 * CHUNK_BYTES : 2 * CHUNK_BYTES + 100]
    assert sum(fetched) <= 3 * CHUNK_BYTES
    assert len(TALK) > 5 * CHUNK_BYTES


def test_what_is_not_sealed_for_anybody_yet_or_of_a_company_that_stays_does_not_go(
    data_folder: DataFolder, bucket: Storage
) -> None:
    recorded(data_folder, "calls/demo-1.wav", tenant="3" * 32)
    (data_folder.recordings / "calls" / "old.wav").write_bytes(b"RIFF" + SECRET)
    (data_folder.recordings / "calls" / "intake.wav").write_bytes(b"\3" + os.urandom(200))
    (data_folder.recordings / "calls" / "q2.wav.part").write_bytes(b"\2" + os.urandom(200))
    (data_folder.recordings / "greetings").mkdir()
    (data_folder.recordings / "greetings" / "g.wav").write_bytes(recorded(data_folder).read_bytes())
    assert mover(data_folder).step().up == 1
    assert list(bucket.names()) == [f"{ACME}/calls/q1-abc.wav"]
    assert len(list((data_folder.recordings / "calls").iterdir())) == 4


def test_while_the_bucket_is_away_everything_stays_and_goes_later(
    data_folder: DataFolder, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [recorded(data_folder, f"calls/q{number}.wav") for number in range(9)]
    with monkeypatch.context() as patch:
        patch.setenv(elsewhere.VARIABLE, NOWHERE)
        step = mover(data_folder).step()
        assert step.up == 0
        assert "does not answer" in step.away
        assert not step.more
        assert sum(1 for _ in elsewhere.notes(data_folder)) == moving.MOST_FAILURES, "it was not tried for each"
        assert all(tapes.content(data_folder, place) == TALK for place in places)
    assert mover(data_folder).step().up == 9
    assert not any(place.exists() for place in places)
    assert [note.storage for _place, note in elsewhere.notes(data_folder)] == [address] * 9


def test_a_bucket_that_is_away_when_somebody_listens_is_said(
    data_folder: DataFolder, bucket: Storage, away: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = moved(data_folder)
    with monkeypatch.context() as patch:
        away()
        assert elsewhere.is_there(data_folder, place), "that there is a recording is known without asking"
        with pytest.raises(StorageAway):
            tapes.content(data_folder, place)
        patch.setattr(S3Storage, "open", lambda *_: pytest.fail("it did not answer a moment ago"))
        with pytest.raises(StorageAway):
            tapes.content(data_folder, place)
    monkeypatch.undo()
    monkeypatch.setattr(elsewhere, "REST_SECONDS", 0.0)
    elsewhere._away_until.clear()
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "x")
    assert tapes.content(data_folder, place) == TALK


@pytest.mark.parametrize("when", ["before uploading", "while uploading", "before comparing", "before deleting", "after"])
def test_killed_at_any_moment_it_is_whole_here_or_there(
    data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    place = recorded(data_folder)

    class Killed(BaseException):
        pass

    def kill(*_args: Any, **_named: Any) -> Any:
        raise Killed

    def half(self: S3Storage, name: str, content: Any) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=content.read(1000))
        raise Killed

    with monkeypatch.context() as patch:
        match when:
            case "before uploading":
                patch.setattr(S3Storage, "put", kill)
            case "while uploading":
                patch.setattr(S3Storage, "put", half)
            case "before comparing":
                patch.setattr(S3Storage, "open", kill)
            case "before deleting":
                patch.setattr(elsewhere, "settle", kill)
            case "after":
                unlink = Path.unlink

                def killed_here(self: Path, missing_ok: bool = False) -> None:
                    if self == place:
                        raise Killed
                    unlink(self, missing_ok)

                patch.setattr(Path, "unlink", killed_here)
        with pytest.raises(Killed):
            mover(data_folder).step()
    assert tapes.content(data_folder, place) == TALK
    mover(data_folder).step()
    assert not place.exists()
    assert tapes.content(data_folder, place) == TALK
    elsewhere.remove(data_folder, place)
    mover(data_folder).step()
    assert list(bucket.names()) == []


@pytest.mark.parametrize("moment", ["before", "between", "after", "while the bucket is away"])
def test_who_deletes_it_deletes_it_there_too_whenever(
    data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    place = recorded(data_folder)
    if moment == "between":  # while it is being uploaded
        put = S3Storage.put

        def putting(self: S3Storage, name: str, content: Any) -> None:
            put(self, name, content)
            elsewhere.remove(data_folder, place)

        with monkeypatch.context() as patch:
            patch.setattr(S3Storage, "put", putting)
            mover(data_folder).step()
    elif moment != "before":
        mover(data_folder).step()
        assert list(bucket.names())
    if moment == "while the bucket is away":
        with monkeypatch.context() as patch:

            def refuse(*_args: object) -> None:
                raise StorageAway("away")

            patch.setattr(S3Storage, "delete", refuse)
            elsewhere.remove(data_folder, place)
            assert mover(data_folder).step().away == "away"
        assert not elsewhere.is_there(data_folder, place)
        assert list(bucket.names()), "it could not be deleted yet"
    else:
        elsewhere.remove(data_folder, place)
    elsewhere.remove(data_folder, place)
    assert not elsewhere.is_there(data_folder, place)
    with pytest.raises(FileNotFoundError):
        tapes.content(data_folder, place)
    mover(data_folder).step()
    assert list(bucket.names()) == []
    assert list(elsewhere.going(data_folder)) == []


def test_an_object_that_was_exchanged_cut_or_is_another_company_s_is_not_heard(
    data_folder: DataFolder, bucket: Storage
) -> None:
    place = moved(data_folder)
    other = recorded(data_folder, "calls/q2-abc.wav")
    theirs = recorded(data_folder, "calls/b1-abc.wav", tenant=BETA, owner=BOB)
    assert mover(data_folder).step().up == 2
    own = f"{ACME}/calls/q1-abc.wav"
    content = bucket.open(own).read()

    def heard_with(replaced: bytes) -> Why:
        import io

        bucket.put(own, io.BytesIO(replaced))
        with pytest.raises(Unreadable) as error:
            tapes.content(data_folder, place)
        with pytest.raises(Unreadable):
            moving.fetch(data_folder, place)
        assert not place.exists(), "nothing of it is put where it could be played"
        return error.value.why

    assert heard_with(bucket.open(f"{ACME}/calls/{other.name}").read()) is Why.CHANGED
    assert heard_with(bucket.open(f"{BETA}/calls/{theirs.name}").read()) is Why.CHANGED
    assert heard_with(content[:-1]) is Why.CHANGED
    assert heard_with(content[:1000]) is Why.CHANGED
    assert heard_with(b"") is Why.CHANGED
    assert heard_with(b"RIFF" + bytes(len(content) - 4)) is Why.CHANGED
    assert heard_with(content[:-1] + bytes([content[-1] ^ 1])) is Why.CHANGED


def test_an_object_in_clear_is_never_played_however_it_came_there(data_folder: DataFolder, bucket: Storage) -> None:
    """Somebody with the bucket's password could put words into people's mouths."""
    import io

    place = moved(data_folder)
    note = elsewhere.note_of(data_folder, place)
    assert note is not None
    bucket.put(note.name, io.BytesIO(b"RIFF" + SECRET + bytes(note.size - 4 - len(SECRET))))
    with pytest.raises(Unreadable):
        tapes.content(data_folder, place)


def test_an_erased_person_is_not_heard_from_the_bucket(data_folder: DataFolder, bucket: Storage) -> None:
    place = moved(data_folder)
    vault.current().destroy(ACME, ANNA)
    with pytest.raises(Unreadable) as error:
        tapes.content(data_folder, place)
    assert error.value.why is Why.DESTROYED


def test_without_the_variable_everything_comes_home(
    data_folder: DataFolder, address: str, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [recorded(data_folder, f"{folder}/q{number}.wav") for number in range(2) for folder in elsewhere.FOLDERS]
    assert mover(data_folder).step().up == 4
    monkeypatch.delenv(elsewhere.VARIABLE)
    assert all(tapes.content(data_folder, place) == TALK for place in places), "it is heard where it lies"
    assert elsewhere.addresses(data_folder) == [address]
    assert mover(data_folder).step().home == 4
    assert all(tapes.content(data_folder, place) == TALK for place in places)
    assert {place.stat().st_mtime_ns for place in places} == {SPOKEN_NS}
    mover(data_folder).step()
    assert list(bucket.names()) == []
    assert list(elsewhere.notes(data_folder)) == []
    mover(data_folder).step()
    assert elsewhere.addresses(data_folder) == []


def test_killed_on_the_way_home_it_is_whole_here_or_there(
    data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = moved(data_folder)
    monkeypatch.delenv(elsewhere.VARIABLE)

    class Killed(BaseException):
        pass

    def kill(*_args: object) -> None:
        raise Killed

    for moment in (elsewhere._let_go, moving.compared):
        with monkeypatch.context() as patch:
            module = elsewhere if moment is elsewhere._let_go else moving
            patch.setattr(module, moment.__name__, kill)
            with pytest.raises(Killed):
                mover(data_folder).step()
        assert tapes.content(data_folder, place) == TALK
    mover(data_folder).step()
    assert place.exists()
    assert tapes.content(data_folder, place) == TALK


def test_nothing_comes_home_onto_a_full_disk(
    data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = moved(data_folder)
    monkeypatch.delenv(elsewhere.VARIABLE)
    monkeypatch.setattr(moving, "ROOM_BYTES", 1 << 60)
    step = mover(data_folder).step()
    assert (step.home, step.away) == (0, "the disk has no room for what comes back from the bucket")
    assert tapes.content(data_folder, place) == TALK


def test_another_bucket_takes_over_and_back_and_forth_loses_nothing(
    data_folder: DataFolder, server: str, address: str, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = moved(data_folder)
    second = f"s3://{new_bucket(server, monkeypatch)}?endpoint={server}"
    monkeypatch.setenv(elsewhere.VARIABLE, second)
    for _ in range(2):
        mover(data_folder).step()
        assert tapes.content(data_folder, place) == TALK
    assert list(bucket.names()) == []
    assert list(elsewhere.storage_at(second).names()) == [f"{ACME}/calls/q1-abc.wav"]
    monkeypatch.setenv(elsewhere.VARIABLE, address)
    with monkeypatch.context() as patch:  # what is to be deleted there waits, and is then put there again

        def refuse(*_args: object) -> None:
            raise StorageAway("away")

        patch.setattr(S3Storage, "delete", refuse)
        mover(data_folder).step()
        monkeypatch.setenv(elsewhere.VARIABLE, second)
        mover(data_folder).step()
    mover(data_folder).step()
    mover(data_folder).step()
    assert tapes.content(data_folder, place) == TALK
    assert list(bucket.names()) == []


def test_a_message_is_fetched_to_be_played_and_goes_again(
    data_folder: DataFolder, bucket: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = moved(data_folder, "voicemail/vm1-abc.wav")
    assert place.exists(), "somebody may be about to hear it at a phone"
    now = place.stat().st_mtime
    mover(data_folder, now + COPY_SECONDS - 60).step()
    assert place.exists()
    mover(data_folder, now + COPY_SECONDS + 60).step()
    assert not place.exists()
    moving.fetch(data_folder, place)
    assert place.stat().st_mode & 0o777 == 0o600
    assert tapes.content(data_folder, place) == TALK
    assert next(elsewhere.sounds(data_folder, "voicemail"))[1] == pytest.approx(SPOKEN_NS / 1e9), "as old as it was"
    assert mover(data_folder, place.stat().st_mtime).step() == moving.Step(), "a copy is not moved"
    monkeypatch.setattr(moving, "MOST_COPIES_BYTES", len(TALK) // 2)
    mover(data_folder, place.stat().st_mtime).step()
    assert not place.exists(), "copies have no more than their room"
    moving.fetch(data_folder, place)
    elsewhere.remove(data_folder, place)
    assert not place.exists()
    with pytest.raises(FileNotFoundError):
        moving.fetch(data_folder, place)


def test_what_nothing_speaks_of_any_more_goes_after_two_looks(
    data_folder: DataFolder, address: str, bucket: Storage
) -> None:
    """An older backup was restored; what lies in the folder that the restore put aside is still spoken of."""
    import io

    place = moved(data_folder)
    aside = DataFolder(data_folder.root / "before-restore-2026-11-22-120000").create()
    former = aside.recordings / "calls" / "former.wav"
    elsewhere.begin(aside, former, Note(address, f"{ACME}/calls/former.wav", 1, "", SPOKEN_NS, moved=True))
    for name in (f"{ACME}/calls/former.wav", f"{ACME}/calls/lost.wav", f"{ACME}/20251019-8c1e.calls", "another/calls/x.wav"):
        bucket.put(name, io.BytesIO(b"x"))
    moments = [2e9]
    steps = Mover(data_folder, lambda: {ACME}, lambda: moments[0])
    for seconds in (0.0, TIDY_SECONDS - 1):
        moments[0] = 2e9 + seconds
        assert steps.step().deleted == 0
    moments[0] = 2e9 + TIDY_SECONDS + 1
    assert steps.step().deleted == 1
    left = [f"{ACME}/20251019-8c1e.calls", f"{ACME}/calls/former.wav", f"{ACME}/calls/q1-abc.wav", "another/calls/x.wav"]
    assert list(bucket.names()) == left
    assert tapes.content(data_folder, place) == TALK


@pytest.mark.parametrize(
    "name", ["calls/../../secret.wav", "greetings/g.wav", "calls/.hidden.wav", "calls/a/b.wav", "x.wav"]
)
def test_other_places_are_nothing_of_a_bucket_s(data_folder: DataFolder, name: str) -> None:
    place = data_folder.recordings / name
    assert elsewhere.note_of(data_folder, place) is None
    with pytest.raises(ValueError, match=r"place|subpath"):
        elsewhere.begin(data_folder, place, Note("s3://b", "n", 1, "", 1))


def test_a_note_that_is_damaged_speaks_of_nothing_and_stops_nothing(data_folder: DataFolder, bucket: Storage) -> None:
    place = moved(data_folder)
    (data_folder.elsewhere / "calls" / place.name).write_bytes(b"{]")
    assert not elsewhere.is_there(data_folder, place)
    recorded(data_folder, "calls/q2.wav")
    assert mover(data_folder).step().up == 1
    elsewhere.remove(data_folder, place)
    assert [noted.name for noted, _note in elsewhere.notes(data_folder)] == ["q2.wav"]


def test_no_byte_of_what_was_said_is_in_the_bucket(data_folder: DataFolder, address: str) -> None:
    for number in range(3):
        recorded(data_folder, f"calls/q{number}.wav")
    mover(data_folder).step()
    place = elsewhere.storage_at(address)
    assert isinstance(place, S3Storage)
    listed = place._client.list_objects_v2(Bucket=place._bucket)["Contents"]
    assert len(listed) == 3
    for entry in listed:
        got = place._client.get_object(Bucket=place._bucket, Key=entry["Key"])
        everything = got["Body"].read() + repr(got["Metadata"]).encode() + entry["Key"].encode()
        for secret in (SECRET, TALK[100:164], TALK[-64:], ANNA.encode()):
            assert secret not in everything


def test_without_a_bucket_nothing_is_looked_at(data_folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(data_folder)
    monkeypatch.setattr(moving, "_lying", lambda _data: pytest.fail("a large office has many recordings"))
    assert mover(data_folder).step() == moving.Step()
