"""The rule of groups: no figure covers fewer than five people, and none can be worked out from two that do.

Figures are published in cells that are fixed beforehand (a queue's day, a function's week) and do not overlap. A cell of too
few people is left out, of every total too: whatever is published is a sum of whole cells of five or more, so the difference
of any two published figures is one as well. A cell is published only once its time is over, and then stays as it is: what a
moment added to it cannot be told by asking before and after.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

GROUP = 5

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Cell:
    """What some people did in a place and time: how often, for how long, and who they were."""

    people: frozenset[str]
    count: int = 0
    milliseconds: int = 0

    def __add__(self, other: Cell) -> Cell:
        return Cell(self.people | other.people, self.count + other.count, self.milliseconds + other.milliseconds)


def published(cells: Mapping[Key, Cell]) -> dict[Key, Cell]:
    """The cells that may be shown."""
    return {key: cell for key, cell in cells.items() if len(cell.people) >= GROUP}


def total(cells: Iterable[Cell]) -> Cell | None:
    """All of these published cells together; None where there is none."""
    found = list(cells)
    return sum(found, Cell(frozenset())) if found else None
