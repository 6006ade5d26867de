"""Looks for what must not be in clear: numbers, names and tones, in every form that programs write them in."""

from __future__ import annotations

import base64
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from tests.peers import sound

_WINDOW_SAMPLES = 8_000
_SHARE = 0.2
"""A window in which a tone has so much of the power holds that tone; in what is sealed it has some thousandth part."""


def forms_of_number(number: str, country_code: str = "47") -> dict[str, bytes]:
    """How the number "+4790000001" may stand somewhere, by the form's name."""
    digits = number.removeprefix("+")
    national = digits.removeprefix(country_code)
    found = {f"{name} of {text}": each for text in (number, digits, national) for name, each in forms_of_text(text).items()}
    size = (int(digits).bit_length() + 7) // 8
    return found | {f"as a number, {order}-endian": int(digits).to_bytes(size, order) for order in ("big", "little")}


def forms_of_text(text: str) -> dict[str, bytes]:
    """How a text may stand somewhere (UTF-8 is also that of MessagePack and SQLite), by the form's name."""
    raw = text.encode()
    found = {
        "UTF-8": raw,
        "UTF-16": text.encode("utf-16-le"),
        "UTF-16, big-endian": text.encode("utf-16-be"),
        "JSON": json.dumps(text)[1:-1].encode(),
        "percent-encoded": quote(text, safe="").encode(),
        "hexadecimal": raw.hex().encode(),
    }
    for before in range(3):  # where it begins within three bytes; what is around it changes the characters at both ends
        coded = base64.b64encode(bytes(before) + raw)
        end = (before + len(raw)) // 3 * 4
        found[f"base64, {before} bytes on"] = coded[4 * (before > 0) : end]
    return {name: each for name, each in found.items() if len(each) >= 6}


def places(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below, with its content; what is in archives by itself, too."""
    for place in sorted(root.rglob("*")):
        if place.is_file() and not place.is_symlink():
            try:
                content = place.read_bytes()
            except FileNotFoundError:
                continue  # it went meanwhile
            yield str(place.relative_to(root)), content
            if content[:4] == b"PK\x03\x04":
                with zipfile.ZipFile(BytesIO(content)) as archive:
                    for name in archive.namelist():
                        yield f"{place.relative_to(root)}: {name}", archive.read(name)


def in_clear(root: Path, numbers: Iterable[str], names: Iterable[str], tones_hz: Iterable[float]) -> list[str]:
    """What of it stands in clear somewhere below `root`: "where: what (form)"."""
    wanted = {f"{number} ({form})": each for number in numbers for form, each in forms_of_number(number).items()}
    wanted |= {f"{name} ({form})": each for name in names for form, each in forms_of_text(name).items()}
    tones, found = tuple(tones_hz), []
    for where, content in places(root):
        found += [f"{where}: {what}" for what, each in wanted.items() if each in content]
        if "sounds/builtin/" not in where and not content.startswith(b"SQLite format 3"):
            found += [f"{where}: a tone of {tone:g} Hz" for tone in tones if _has_tone(content, tone)]
    return found


def _has_tone(content: bytes, tone_hz: float) -> bool:
    return any(
        sound.strength(window, tone_hz, rate_hz) > _SHARE
        for samples in _readings(content)
        for start in range(0, len(samples) - 800, _WINDOW_SAMPLES)
        for window in (samples[start : start + _WINDOW_SAMPLES],)
        for rate_hz in (8_000, 16_000)
    )


def _readings(content: bytes) -> Iterator[NDArray[np.float64]]:
    """Content as sound: 16 bits, one or two channels, beginning at any byte; and A-law."""
    for begin in range(4):
        words = np.frombuffer(content[begin : begin + (len(content) - begin) // 4 * 4], "<i2") / 32768
        yield words
        yield words[::2]
    yield sound.from_alaw(content)


def leave_in_a_free_page(place: Path, text: str) -> None:
    """A database in which `text` was deleted, as databases do it that are not told to overwrite."""
    with sqlite3.connect(place) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("CREATE TABLE callers (number TEXT)")
        database.executemany("INSERT INTO callers VALUES (?)", [(text,)] * 100)
        database.commit()
        database.execute("DELETE FROM callers")
        database.commit()
    database.close()
