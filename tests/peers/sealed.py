"""Sound as it lies on the disk, and in clear: for tests that stand where the vault does."""

from __future__ import annotations

from pathlib import Path

from svara.data import DataFolder, put
from svara.media.wav import SizedWav
from svara.privacy.vault import SystemTime, open_vault
from svara.sealing.file import Reader, read_head
from svara.sealing.intake import new_private_key, open_intake_key, public_of

PRIVATE = new_private_key()
PUBLIC = public_of(PRIVATE)


def key_of(_file: str, head: bytes) -> bytes:
    """The key of a recording that is nobody's yet."""
    return open_intake_key(PRIVATE, head).key


def clear(place: Path) -> bytes:
    """The WAV file that was recorded, also while it grows or when its end is broken. Raises Unreadable."""
    with place.open("rb") as file:
        wav = SizedWav(Reader(file, open_intake_key(PRIVATE, read_head(file)), unfinished=True))
        return wav.read(0, wav.size)


def opened(place: Path) -> Path:
    """A recording in clear, in a file beside it."""
    beside = place.with_name(place.name + ".clear")
    beside.write_bytes(clear(place))
    return beside


def publish(data: DataFolder) -> None:
    """Have the voice process of this folder seal so that we can read it."""
    put(data.intake, PUBLIC.hex().encode())


def opened_in(data: Path, place: Path) -> Path:
    """A recording of a running office, in clear, in a file beside its data folder."""
    folder = DataFolder(data)
    with place.open("rb") as file, open_vault(folder, SystemTime()) as vault:
        head = read_head(file)
        key = vault.open_file_key(vault.tenant_of(head) or "", head, context=f"file:{place.relative_to(data)}".encode())
        wav = SizedWav(Reader(file, key, unfinished=True))
        beside = data.parent / f"{place.stem}-clear.wav"
        beside.write_bytes(wav.read(0, wav.size))
    return beside
