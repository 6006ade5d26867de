"""Why sealed content cannot be read."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """What stands between a reader and the content."""

    CHANGED = "changed"
    """It was changed, cut short, put in another order, or stands in another place than it was sealed for."""
    DESTROYED = "destroyed"
    """The key of somebody whom it is about was destroyed: it is erased."""
    AWAY = "away"
    """The company has taken its key away."""
    LOCKED = "locked"
    """The master key is missing or is another one."""


_WORDS = {
    Why.CHANGED: "the content was changed or does not belong here",
    Why.DESTROYED: "the content was erased: its key is destroyed",
    Why.AWAY: "the company has taken its key away",
    Why.LOCKED: "the master key is missing or is another one",
}


class Unreadable(Exception):  # noqa: N818  what it says of content is not that somebody erred
    """Sealed content cannot be read, and nothing of it was given out. The message is one plain sentence."""

    def __init__(self, why: Why) -> None:
        super().__init__(_WORDS[why])
        self.why = why
