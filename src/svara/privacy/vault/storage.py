"""Where sealed files lie: a folder, or a bucket that speaks Amazon's S3. What is put there is sealed before.

A name is a short path of plain words ("recordings/2026/1f2e.sealed"); anything else is refused, whoever made it up. A file
is put there whole or not at all, and is read in ranges.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from urllib.parse import parse_qs, urlsplit

from svara.privacy.vault.errors import StorageAway, VaultError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,5}")
_PIECE_BYTES = 262_144
_NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
"""A bucket that answers later than this does not answer: somebody may wait for it. Each try; there are `TRIES`."""
TRIES = 2


class Storage(Protocol):
    """Files by name. Raises ValueError for a name that is none, FileNotFoundError, VaultError where the place fails
    (StorageAway: a bucket)."""

    def put(self, name: str, content: BinaryIO) -> None:
        """Store all of `content`, in place of what had the name before."""
        ...

    def open(self, name: str) -> BinaryIO:
        """For reading, from any place in it."""
        ...

    def size(self, name: str) -> int:
        """In bytes, sealed."""
        ...

    def delete(self, name: str) -> None:
        """Harmless where there is no such file."""
        ...

    def names(self, folder: str = "") -> Iterator[str]:
        """Of every file, or of those below a folder, in order."""
        ...


def open_storage(address: str, root: Path) -> Storage:
    """The folder `root`, or with an address "s3://BUCKET/FOLDER?endpoint=https://..." a bucket. Raises VaultError.

    The bucket's credentials come from where Amazon's tools take them (`AWS_ACCESS_KEY_ID`, ...).
    """
    if not address:
        return FolderStorage(root)
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise VaultError("the address of a storage is s3://BUCKET/FOLDER, with ?endpoint=... where it is not Amazon's")
    import boto3  # noqa: PLC0415  slow to load, and most installations have a folder
    from botocore.config import Config  # noqa: PLC0415

    endpoint = parse_qs(parts.query).get("endpoint", [""])[0]
    patience = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": TRIES, "mode": "standard"}
    )
    try:
        client = boto3.Session().client("s3", endpoint_url=endpoint or None, config=patience)
    except ValueError:
        raise VaultError("the endpoint in the address of a storage is no address") from None
    except Exception as error:  # no region, a profile that is not there
        raise _failure(error) from None
    return S3Storage(client, parts.netloc, parts.path.strip("/"))


def bucket_in(address: str) -> str:
    """Who it is that an address leads to, for people: the bucket, and the host that has it. "" for the folder."""
    parts = urlsplit(address)
    endpoint = urlsplit(parse_qs(parts.query).get("endpoint", [""])[0]).hostname
    return f"{parts.netloc}, {endpoint or 'Amazon S3'}" if parts.netloc else ""


class FolderStorage:
    """Files in a folder of their owner's."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: BinaryIO) -> None:
        place = self._place(name)
        aside = place.with_name(f".new-{os.urandom(8).hex()}")
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    while piece := content.read(_PIECE_BYTES):
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(place)
            finally:
                aside.unlink(missing_ok=True)
        except OSError as error:
            raise VaultError(f"a sealed file cannot be stored: {error.strerror}") from None

    def open(self, name: str) -> BinaryIO:
        return self._place(name).open("rb")

    def size(self, name: str) -> int:
        return self._place(name).stat().st_size

    def delete(self, name: str) -> None:
        self._place(name).unlink(missing_ok=True)

    def names(self, folder: str = "") -> Iterator[str]:
        start = self._place(folder) if folder else self._root
        found = (file.relative_to(self._root).as_posix() for file in start.rglob("*") if file.is_file())
        yield from sorted(name for name in found if _NAME.fullmatch(name))

    def _place(self, name: str) -> Path:
        return self._root / _checked(name)


class S3Storage:
    """Files in a bucket, below a folder of it."""

    def __init__(self, client: Any, bucket: str, folder: str = "") -> None:
        self._client = client
        self._bucket = bucket
        self._folder = f"{_checked(folder)}/" if folder else ""

    def put(self, name: str, content: BinaryIO) -> None:
        key = self._key(name)
        try:
            self._client.upload_fileobj(_Held(content), self._bucket, key)
        except Exception as error:
            raise _failure(error) from None

    def open(self, name: str) -> BinaryIO:
        return io.BufferedReader(_Ranges(self._client, self._bucket, self._key(name), self.size(name)), _PIECE_BYTES)

    def size(self, name: str) -> int:
        key = self._key(name)
        try:
            return int(self._client.head_object(Bucket=self._bucket, Key=key)["ContentLength"])
        except Exception as error:
            raise _failure(error) from None

    def delete(self, name: str) -> None:
        key = self._key(name)
        try:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        except Exception as error:
            raise _failure(error) from None

    def names(self, folder: str = "") -> Iterator[str]:
        prefix = self._folder + (f"{_checked(folder)}/" if folder else "")
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield entry["Key"][len(self._folder) :]
        except Exception as error:
            raise _failure(error) from None

    def _key(self, name: str) -> str:
        return self._folder + _checked(name)


class _Held(io.RawIOBase):
    """A file for a library that closes what it has read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)


class _Ranges(io.RawIOBase):
    """An object in a bucket, fetched range by range as it is read."""

    def __init__(self, client: Any, bucket: str, key: str, size: int) -> None:
        self._client = client
        self._where = {"Bucket": bucket, "Key": key}
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        if self._at >= end:
            return 0
        try:
            answer = self._client.get_object(**self._where, Range=f"bytes={self._at}-{end - 1}")
            content: bytes = answer["Body"].read()
        except Exception as error:
            raise _failure(error) from None
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def _failure(error: Exception) -> Exception:
    answer = getattr(error, "response", None)  # None, too, where the time was over
    code = str(answer.get("Error", {}).get("Code", "")) if isinstance(answer, dict) else ""
    if code in _NOT_FOUND:
        return FileNotFoundError("there is no such file in the storage")
    return StorageAway(f"the storage does not answer as it should: {code or type(error).__name__}")


def is_name(name: str) -> bool:
    """Whether it can be the name of a sealed file."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 300


def _checked(name: str) -> str:
    if not is_name(name):
        raise ValueError("not the name of a sealed file")
    return name
