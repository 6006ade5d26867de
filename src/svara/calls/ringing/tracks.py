"""What the ringing of a call consists of: tracks of steps, and the persons whose phones ring just now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from svara.calls.leg import Leg
from svara.calls.routing.route import Line, Refusal, Step
from svara.clock import Timer

if TYPE_CHECKING:
    from svara.calls.live import News


class Track:
    """Steps that ring one after the other, and the phones of the present one."""

    __slots__ = ("legs", "next", "refusals", "steps", "timer")

    def __init__(self, steps: tuple[Step | Line, ...]) -> None:
        self.steps = steps
        self.next = 0
        self.legs: list[Leg] = []
        self.refusals: list[Refusal] = []
        self.timer: Timer | None = None
        """Until when this step rings."""

    @property
    def open(self) -> list[Leg]:
        return open_legs(self.legs)

    def over(self) -> None:
        """The present step is done with."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Ringers:
    """Keeps each person's presence "ringing" as long as one of their phones rings in this call."""

    __slots__ = ("_legs", "_news", "_people")

    def __init__(self, news: News) -> None:
        self._news = news
        self._legs: set[Leg] = set()
        self._people: Counter[str | None] = Counter()

    def __bool__(self) -> bool:
        return bool(self._legs)

    def add(self, leg: Leg) -> None:
        """This phone rings."""
        self._legs.add(leg)
        self._people[leg.party.person] += 1
        if self._people[leg.party.person] == 1:
            self._news.count(leg.party.person, ringing=1)

    def remove(self, legs: Iterable[Leg]) -> None:
        """These do not, any more."""
        for leg in legs:
            if leg in self._legs:
                self._legs.remove(leg)
                self._people[leg.party.person] -= 1
                if not self._people[leg.party.person]:
                    self._news.count(leg.party.person, ringing=-1)

    def clear(self) -> None:
        """Nothing rings."""
        self.remove(list(self._legs))


def open_legs(legs: Iterable[Leg]) -> list[Leg]:
    """Those whose phones nobody answered, refused or gave up yet."""
    return [leg for leg in legs if leg.invitation is not None and leg.invitation.open]
