"""Files that only grow, one line of JSON an entry, each with the hash of the line before: the ledgers of this room.

Guarantees: an entry is there whole or not at all, and on the disk when `append` returns; a line that was changed, taken out
or slipped in is found by `read`. What nobody can see is that lines at the end were cut off. Entries whose time is over go
from the front (`forget`); a first line says then after which one the rest follows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from svara.data import put
from svara.privacy.errors import PlainError

FIRST = "0" * 64
_BLOCK_BYTES = 64 * 1024

Entry = dict[str, Any]


class Damaged(PlainError):  # noqa: N818  the ledger is damaged
    """The ledger is not what was written."""


def append(place: Path, entries: Iterable[Entry]) -> None:
    """Add entries; the caller holds the file's lock. What a kill left of a half-written line goes. Raises OSError."""
    end, before = _end(place)
    written = bytearray()
    for entry in entries:
        line = _line(entry | {"before": before})
        before = hashlib.sha256(line).hexdigest()
        written += line + b"\n"
    if not written:
        return
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        file.truncate(end)
        file.seek(end)
        file.write(written)
        file.flush()
        os.fsync(file.fileno())


def read(content: bytes, name: str) -> list[Entry]:
    """Every entry of a ledger's content, oldest first. `name` says which ledger it is. Raises Damaged."""
    before, found = FIRST, []
    lines = content.split(b"\n")
    if lines.pop():
        raise Damaged(f"the end of the {name} is not whole: line {len(lines) + 1} was cut off")
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            follows = str(entry["before"])
        except (ValueError, TypeError, KeyError):
            raise Damaged(f"line {number} of the {name} cannot be read") from None
        if number == 1 and "forgotten" in entry:
            before = follows
            continue
        if follows != before:
            raise Damaged(f"line {number} of the {name} does not follow the one before it")
        before = hashlib.sha256(line).hexdigest()
        found.append(entry)
    return found


def forget(place: Path, name: str, over: Callable[[Entry], bool]) -> int:
    """Let go of the oldest entries, as long as they are `over`; the caller holds the lock. Gives how many. Raises Damaged,
    OSError."""
    entries = read(place.read_bytes(), name) if place.exists() else []
    gone = next((number for number, entry in enumerate(entries) if not over(entry)), len(entries))
    if gone:
        last = hashlib.sha256(_line(entries[gone - 1])).hexdigest()
        lines = [_line({"forgotten": True, "before": last}), *map(_line, entries[gone:])]
        put(place, b"\n".join(lines) + b"\n")
    return gone


def _line(entry: Entry) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode()


def _end(place: Path) -> tuple[int, str]:
    """Where the last whole line ends, and the hash that the next one carries."""
    if not place.exists():
        return 0, FIRST
    with place.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        tail = b""
        while start and tail.count(b"\n") < 2:  # the end of the last whole line, and that of the one before
            step = min(start, _BLOCK_BYTES)
            start -= step
            file.seek(start)
            tail = file.read(step) + tail
    end = tail.rfind(b"\n") + 1
    if not end:
        return 0, FIRST
    line = tail[tail.rfind(b"\n", 0, end - 1) + 1 : end - 1]
    if not start and tail.count(b"\n") == 1 and b'"forgotten"' in line[:32]:
        return end, str(json.loads(line)["before"])
    return start + end, hashlib.sha256(line).hexdigest()
