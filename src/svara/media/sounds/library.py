"""The library of sounds: whatever people give is converted once, kept under a name made of its content, and found there.

A file is in place whole or not at all, and never changes: who has its name may read it while others are stored and
removed. The name says nothing; what a sound is called, and who uses it, the office knows (`svara.people.office.Sound`).
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

from svara.data import DataFolder, put
from svara.media.sounds.limits import MAX_BYTES, REFUSED, SoundError

__all__ = ["MAX_BYTES", "SoundError", "convert", "remove_unused", "store", "store_wav"]

CONVERT_SECONDS = 90.0
"""How long a conversion may take by the clock on the wall; by the processor's it is less (`svara.media.sounds.decode`)."""
UNUSED_SECONDS = 3600.0
"""So long a sound may lie there before anybody says that it is used."""

_TENANT = re.compile(r"[0-9A-Za-z_-]{1,64}")


def convert(source: bytes | Path) -> bytes:
    """The sound of a file, in the form in which sounds are kept: mono WAV, 16 bit, 16 kHz (`svara.media.sounds.form`).

    Takes WAV, MP3, OGG (Vorbis, Opus), FLAC, M4A and WebM up to 20 MB and 30 minutes. Raises SoundError otherwise, with a
    clause that goes on from the file's name: "is nothing but silence".
    """
    data = _read(source) if isinstance(source, Path) else source
    if len(data) > MAX_BYTES:
        raise SoundError(f"is larger than {MAX_BYTES // 1024**2} MB")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "svara.media.sounds.decode"],
            input=data,
            capture_output=True,
            timeout=CONVERT_SECONDS,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"},
        )
    except subprocess.TimeoutExpired as error:
        raise SoundError("takes too long to convert") from error
    if done.returncode == REFUSED:
        raise SoundError(done.stderr.decode("utf-8", "replace").strip().splitlines()[-1])
    if done.returncode != 0 or not done.stdout:
        raise SoundError("cannot be converted")
    return done.stdout


def store(data: DataFolder, tenant: str, name: str, source: bytes | Path) -> str:
    """Convert a sound and keep it for a tenant; gives the file's place relative to `data.sounds`.

    The same sound stored again is the same file. Raises SoundError with a sentence that begins with `name`.
    """
    try:
        return store_wav(data, tenant, convert(source))
    except SoundError as error:
        raise SoundError(f"{name} {error}") from error


def store_wav(data: DataFolder, tenant: str, wav: bytes) -> str:
    """Keep a sound that has its form already (from `convert`, or spoken by `svara.media.sounds.speech`)."""
    if not _TENANT.fullmatch(tenant):
        raise ValueError("not the id of a tenant")
    file = f"{tenant}/{hashlib.blake2b(wav, digest_size=16).hexdigest()}.wav"
    place = data.sounds / file
    if place.exists():
        os.utime(place)  # it is wanted again: not to be taken for unused now
    else:
        put(place, wav)
    return file


def remove_unused(data: DataFolder, tenant: str, used: Collection[str], now: float) -> int:
    """Delete a tenant's sounds that are not among `used` (places relative to `data.sounds`); gives how many.

    What was stored within the last hour before `now` (seconds since the epoch) stays: somebody may be about to use it.
    """
    if not _TENANT.fullmatch(tenant):
        raise ValueError("not the id of a tenant")
    before = now - UNUSED_SECONDS
    removed = 0
    for place in (data.sounds / tenant).glob("*"):
        if f"{tenant}/{place.name}" not in used and place.stat().st_mtime < before:
            place.unlink(missing_ok=True)
            removed += 1
    return removed


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise SoundError("is a folder, not a sound file") from error
    except FileNotFoundError as error:
        raise SoundError("is not there") from error
    except OSError as error:
        raise SoundError("cannot be read") from error
