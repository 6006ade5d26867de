"""When people are in meetings, as call control sees it: a file that the jobs process writes whole, whenever it changed.

Busy times alone, of those who switched their calendar on, for the next days. Call control reads the file: no database is
asked, and nobody's presence waits for one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from svara.data import put

MEETINGS_FILE = "meetings.msgpack"
"""Its name in the data folder."""

Span = tuple[float, float]
"""From and to, seconds since the epoch."""
Meetings = dict[str, tuple[Span, ...]]
"""By the ids of persons: in order, none overlaps another."""


def write_meetings(meetings: Meetings, folder: Path) -> None:
    """Put them in place, whole or not at all; readable by the owner only."""
    put(folder / MEETINGS_FILE, msgspec.msgpack.encode(meetings), synced=False)


def read_meetings(folder: Path) -> Meetings:
    """Those in `folder`; none where none were written. Raises OSError, msgspec.DecodeError."""
    try:
        data = (folder / MEETINGS_FILE).read_bytes()
    except FileNotFoundError:
        return {}
    return msgspec.msgpack.decode(data, type=Meetings)


def meets(times: tuple[Span, ...], now: float) -> bool:
    """Whether `now` is within one of them."""
    return any(begins <= now < ends for begins, ends in times)


def next_change(times: tuple[Span, ...], now: float) -> float | None:
    """When that changes next; None: not any more."""
    return min((at for span in times for at in span if at > now), default=None)
