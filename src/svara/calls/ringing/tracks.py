"""What the ringing of a call consists of: tracks of steps, and the persons who are rung just now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from svara.calls.leg import Leg
from svara.calls.routing.route import Line, Refusal, Step
from svara.clock import Timer

if TYPE_CHECKING:
    from svara.calls.call import Call


class Track:
    """Steps that ring one after the other, and the phones of the present one."""

    __slots__ = ("legs", "next", "refusals", "steps", "timer", "until")

    def __init__(self, steps: tuple[Step | Line, ...]) -> None:
        self.steps = steps
        self.next = 0
        self.legs: list[Leg] = []
        self.refusals: list[Refusal] = []
        self.timer: Timer | None = None
        """Until when this step rings."""
        self.until = 0.0
        """The same, at the most (monotonic time): a step whose phones were lost ends sooner."""

    @property
    def open(self) -> list[Leg]:
        return open_legs(self.legs)

    @property
    def step(self) -> Step | None:
        """The person who is rung now; None where it is a number outside, or nobody."""
        if self.timer is None or not self.next:
            return None
        step = self.steps[self.next - 1]
        return step if isinstance(step, Step) else None

    def over(self) -> None:
        """The present step is done with."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


class Ringers:
    """Keeps each person's presence "ringing" as long as they are rung in this call, and who that is (`Call.rings`)."""

    __slots__ = ("_call", "_people", "_ringing")

    def __init__(self, call: Call) -> None:
        self._call = call
        self._ringing: set[Leg | str] = set()
        """Phones that ring, and persons whose devices are being woken."""
        self._people: Counter[str | None] = Counter()

    def __bool__(self) -> bool:
        return bool(self._ringing)

    def add(self, one: Leg | str, until: float) -> None:
        """This phone rings, or this person's device is being woken; until when at most (seconds since the epoch)."""
        first = not self._ringing
        if one in self._ringing:
            return
        self._ringing.add(one)
        person = _person(one)
        self._people[person] += 1
        new = self._people[person] == 1
        if new and person:
            self._call.switch.news.count(person, ringing=1)
            self._call.rings = {**self._call.rings, person: until}
        if first or new:
            self._call.news("ringing")

    def remove(self, ones: Iterable[Leg | str]) -> None:
        """These do not, any more."""
        gone = []
        for one in ones:
            if one in self._ringing:
                self._ringing.remove(one)
                person = _person(one)
                self._people[person] -= 1
                if not self._people[person] and person:
                    gone.append(person)
                    self._call.switch.news.count(person, ringing=-1)
        if gone:
            self._call.rings = {person: until for person, until in self._call.rings.items() if person not in gone}
            self._call.news("ringing")

    def clear(self) -> None:
        """Nothing rings."""
        if self._ringing:
            self.remove(list(self._ringing))


def _person(one: Leg | str) -> str | None:
    return one if isinstance(one, str) else one.party.person


def open_legs(legs: Iterable[Leg]) -> list[Leg]:
    """Those whose phones nobody answered, refused or gave up yet."""
    return [leg for leg in legs if leg.invitation is not None and leg.invitation.open]
