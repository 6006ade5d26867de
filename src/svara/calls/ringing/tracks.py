"""What the ringing of a call consists of: tracks of steps, and the persons whose phones ring just now."""

from __future__ import annotations

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

    __slots__ = ("_legs", "_news")

    def __init__(self, news: News) -> None:
        self._news = news
        self._legs: list[Leg] = []

    def __bool__(self) -> bool:
        return bool(self._legs)

    def add(self, leg: Leg) -> None:
        """This phone rings."""
        if not self._legs or not self._has(leg.party.person):
            self._news.count(leg.party.person, ringing=1)
        self._legs.append(leg)

    def remove(self, legs: Iterable[Leg]) -> None:
        """These do not, any more."""
        for leg in legs:
            if leg in self._legs:
                self._legs.remove(leg)
                if not self._has(leg.party.person):
                    self._news.count(leg.party.person, ringing=-1)

    def clear(self) -> None:
        """Nothing rings."""
        if self._legs:
            for person in {leg.party.person for leg in self._legs}:
                self._news.count(person, ringing=-1)
            self._legs = []

    def _has(self, person: str | None) -> bool:
        return any(leg.party.person == person for leg in self._legs)


def open_legs(legs: Iterable[Leg]) -> list[Leg]:
    """Those whose phones nobody answered, refused or gave up yet."""
    return [leg for leg in legs if leg.invitation is not None and leg.invitation.open]
