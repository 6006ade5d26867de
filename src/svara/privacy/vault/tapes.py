"""Sound that somebody spoke: recordings, messages, greetings. On the disk it is sealed, always.

Three states of a file are read alike: sealed for those whom it is about; sealed with the intake's public key, as the voice
process leaves it, until it is known whom it is about (`seal`); and in clear, as an older version left it. A file is bound to
its place in the data folder: moved, it does not open. Whether it lies on this machine or in a bucket,
`svara.privacy.vault.elsewhere` knows.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from svara.data import DataFolder
from svara.media.wav import SizedWav
from svara.privacy.subject import Subject
from svara.privacy.vault import current, elsewhere
from svara.sealing.errors import Unreadable, Why
from svara.sealing.field import CHUNK_BYTES
from svara.sealing.file import FORM, INTAKE_FORM, Reader, Writer, read_head
from svara.sealing.stream import Content, Stream

RECORDING = "recording:"
"""How a recording's name begins where sounds are named (`svara.media.voice.port.Sound`)."""
_RIFF = b"RIFF"


class _Clear:
    """A file in clear, read as a sealed one is."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)


@contextmanager
def opened(data: DataFolder, place: Path, tenant: str = "") -> Iterator[SizedWav]:
    """The WAV file in a place of the data folder, to be read in clear, while the block runs.

    `tenant`: whose it is; found out where it is not said. Raises OSError, Unreadable, VaultError.
    """
    with elsewhere.opened(data, place) as file:
        yield SizedWav(_content(data, place, file, tenant))


def file(data: DataFolder, place: Path, tenant: str = "") -> BinaryIO:
    """The same as a file that can be read, in clear. Raises as `opened`."""
    source = elsewhere.opened(data, place)
    try:
        return io.BufferedReader(Stream(SizedWav(_content(data, place, source, tenant)), source))
    except BaseException:
        source.close()
        raise


def content(data: DataFolder, place: Path, tenant: str = "") -> bytes:
    """All of it at once. Raises as `opened`."""
    with opened(data, place, tenant) as wav:
        return wav.read(0, wav.size)


def key_of(data: DataFolder, sound: str, head: bytes) -> bytes:
    """The key of one sealed sound, named as in `svara.media.voice.port.Sound`, for who plays it. Raises as `opened`."""
    folder = data.recordings if sound.startswith(RECORDING) else data.sounds
    place = folder / sound.removeprefix(RECORDING)
    vault = current()
    return vault.open_file_key(vault.tenant_of(head) or "", head, context=_context(data, place)).key


def seal(data: DataFolder, place: Path, tenant: str, owners: Sequence[Subject]) -> bool:
    """Seal a file for those whom it is about, in its place; False where it is already, for whomever.

    Whole or not at all; killed meanwhile, it is as it was. Raises as `opened`.
    """
    with place.open("rb") as source:
        if source.read(1) == bytes((FORM,)):
            return False
        wav = SizedWav(_content(data, place, source, tenant))
        beside = place.with_name(f".{place.name}.sealing")
        try:
            with beside.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                with current().writer(tenant, owners, file, context=_context(data, place)) as writer:
                    _copy(wav, writer)
                file.flush()
                os.fsync(file.fileno())
            taken_at = os.fstat(source.fileno())
            os.utime(beside, ns=(taken_at.st_atime_ns, taken_at.st_mtime_ns))  # its age counts from when it was spoken
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
    return True


def sealed(data: DataFolder, place: Path, tenant: str, owners: Sequence[Subject], wav: bytes) -> bytes:
    """A WAV file as it has to lie in that place. Raises Unreadable, VaultError."""
    file = io.BytesIO()
    with current().writer(tenant, owners, file, context=_context(data, place)) as writer:
        writer.write(wav)
    return file.getvalue()


def is_sealed(place: Path) -> bool:
    """Whether it is sealed for somebody. Raises OSError."""
    with place.open("rb") as file:
        return file.read(1) == bytes((FORM,))


def _copy(wav: SizedWav, writer: Writer) -> None:
    for offset in range(0, wav.size, CHUNK_BYTES):
        writer.write(wav.read(offset, CHUNK_BYTES))


def _content(data: DataFolder, place: Path, file: BinaryIO, tenant: str) -> Content:
    begin = file.read(len(_RIFF)) if file.seek(0) == 0 else b""
    if begin == _RIFF:
        return _Clear(file)
    if begin[:1] not in (bytes((FORM,)), bytes((INTAKE_FORM,))):
        raise Unreadable(Why.CHANGED)
    vault, head = current(), read_head(file)
    key = vault.open_file_key(tenant or vault.tenant_of(head) or "", head, context=_context(data, place))
    return Reader(file, key, unfinished=begin[:1] == bytes((INTAKE_FORM,)))


def _context(data: DataFolder, place: Path) -> bytes:
    """What a file is bound to: its place in the data folder."""
    return f"file:{place.resolve().relative_to(data.root.resolve())}".encode()
