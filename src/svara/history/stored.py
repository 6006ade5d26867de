"""What calls say, as a database holds it."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(at: float) -> datetime:
    """A time of the journal (seconds since the epoch)."""
    return datetime.fromtimestamp(at, UTC)


def text(value: str, length: int) -> str:
    """At most so many characters, and none that a database refuses."""
    return value.replace("\0", "")[:length]


def milliseconds(seconds: float) -> int:
    """A time span, in whole milliseconds: what every figure is summed up from."""
    return round(seconds * 1000)
