"""Who hears whom in a room. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

EVERYBODY: None = None
NOBODY: frozenset[str] = frozenset()

HeardBy = Collection[str] | None
"""The members by whom one is heard; None: by all."""


def hearing(members: Mapping[str, HeardBy]) -> dict[str, tuple[str, ...]]:
    """Whom each member hears, from by whom each is heard. Nobody hears themselves."""
    return {
        one: tuple(other for other, heard_by in members.items() if other != one and (heard_by is None or one in heard_by))
        for one in members
    }
