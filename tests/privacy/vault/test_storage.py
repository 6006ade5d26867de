"""Sealed files in a folder and in a bucket: the same tests for both."""

from __future__ import annotations

import io
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from tests.peers.bucket import bucket_server, new_bucket

from svara.privacy.subject import person
from svara.privacy.vault import storage as places
from svara.privacy.vault.errors import StorageAway
from svara.privacy.vault.port import Unreadable, Vault, VaultError
from svara.privacy.vault.storage import Storage, open_storage
from svara.sealing.field import CHUNK_BYTES

ANNA, ACME = person("a" * 32), "1" * 32


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with bucket_server() as address:
        yield address


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Storage:
    if request.param == "folder":
        return open_storage("", tmp_path / "sealed")
    address = request.getfixturevalue("server")
    return open_storage(f"s3://{new_bucket(address, monkeypatch)}/acme/sealed?endpoint={address}", tmp_path)


def put(storage: Storage, name: str, content: bytes) -> None:
    storage.put(name, io.BytesIO(content))


def test_a_file_is_stored_read_replaced_and_deleted(storage: Storage) -> None:
    put(storage, "messages/one.sealed", b"hello")
    put(storage, "messages/two", b"")
    put(storage, "recordings/2026/11/x-1", bytes(1000))
    assert list(storage.names()) == ["messages/one.sealed", "messages/two", "recordings/2026/11/x-1"]
    assert list(storage.names("messages")) == ["messages/one.sealed", "messages/two"]
    with storage.open("messages/one.sealed") as file:
        assert file.read() == b"hello"
    assert (storage.size("messages/one.sealed"), storage.size("messages/two")) == (5, 0)
    put(storage, "messages/one.sealed", b"another")
    assert storage.open("messages/one.sealed").read() == b"another"
    storage.delete("messages/one.sealed")
    storage.delete("messages/one.sealed")
    assert list(storage.names("messages")) == ["messages/two"]
    for attempt in (storage.open, storage.size):
        with pytest.raises(FileNotFoundError):
            attempt("messages/one.sealed")


def test_a_player_seeks_in_a_sealed_file_wherever_it_lies(storage: Storage, vault: Vault) -> None:
    sound = os.urandom(3 * CHUNK_BYTES + 77)
    file = io.BytesIO()
    with vault.writer(ACME, [ANNA], file, context=b"m:1") as writer:
        writer.write(sound)
    put(storage, "m/1", file.getvalue())
    with storage.open("m/1") as stored:
        reader = vault.reader(ACME, stored, context=b"m:1")
        assert reader.size == len(sound)
        assert reader.read(2 * CHUNK_BYTES - 5, 10) == sound[2 * CHUNK_BYTES - 5 : 2 * CHUNK_BYTES + 5]
        assert b"".join(reader.chunks()) == sound
    put(storage, "m/1", file.getvalue()[:-1])
    with storage.open("m/1") as stored, pytest.raises(Unreadable):
        vault.reader(ACME, stored, context=b"m:1")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/../b",
        "/etc/passwd",
        "a//b",
        "a/",
        ".hidden",
        "a\\b",
        "a\0b",
        "a b",
        "å",
        "a\n",
        "x" * 101,
        "/".join("abcdefg"),
    ],
)
def test_hostile_names_are_refused(storage: Storage, name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for attempt in (lambda: put(storage, name, b"x"), lambda: storage.open(name), lambda: storage.delete(name)):
        with pytest.raises(ValueError, match="name"):
            attempt()
    with pytest.raises(ValueError, match="name"):
        storage.size(name)
    if name:
        with pytest.raises(ValueError, match="name"):
            list(storage.names(name))
    assert sorted(tmp_path.rglob("*")) == before


class Broken(io.RawIOBase):
    """Content that ends in an error."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: object) -> int:
        raise OSError(5, "Input/output error")


def test_what_cannot_be_read_whole_is_not_stored_and_what_stood_there_stays(storage: Storage) -> None:
    put(storage, "m/1", b"before")
    with pytest.raises(VaultError):
        storage.put("m/1", cast("io.BytesIO", io.BufferedReader(Broken())))
    assert storage.open("m/1").read() == b"before"
    assert list(storage.names()) == ["m/1"]


def test_a_bucket_that_takes_connections_and_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(places, "READ_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = open_storage(f"s3://bucket?endpoint=http://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
        for attempt in (hanging.open, hanging.size, hanging.delete, lambda name: put(hanging, name, b"x")):
            with pytest.raises(StorageAway, match="ReadTimeoutError"):
                attempt("m/1")
        with pytest.raises(StorageAway):
            list(hanging.names())


def test_addresses_that_are_none_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("folder", "s3:bucket", "https://bucket/x", "s3://"):
        with pytest.raises(VaultError, match="s3://BUCKET/FOLDER"):
            open_storage(address, tmp_path)
    with pytest.raises(VaultError, match="no address"):
        open_storage("s3://bucket?endpoint=s3.example.net", tmp_path)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(VaultError, match="ProfileNotFound"):
        open_storage("s3://bucket?endpoint=http://127.0.0.1:9", tmp_path)
    monkeypatch.delenv("AWS_PROFILE")
    unreachable = open_storage("s3://bucket?endpoint=http://127.0.0.1:9", tmp_path)
    with pytest.raises(VaultError, match="the storage does not answer"):
        unreachable.size("x")
