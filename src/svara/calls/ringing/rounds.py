"""The steps of a ringing as time passes: how long one lasts, who is rung in it, and the phones that come to it late.

A phone that registers while its person is rung is rung too, at once: a browser that was woken, a desk phone that was plugged
in, a page that was loaded again (its old leg goes, without harm). A step in which a device is being woken lasts its time
although nothing rings yet; one that lost its last phone waits a moment for it. Whoever said no is not asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import AnyEvent, LegEnded
from svara.calls.leg import Leg
from svara.calls.ringing.phones import Ringing, invited
from svara.calls.ringing.tracks import Ringers, Track, open_legs
from svara.calls.routing.route import Step

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.stops import CallerSide, Owner

ANEW = "rings anew"
"""Of a leg whose device registered again meanwhile, and is rung where it is now."""
BACK_SECONDS = 10.0
"""Where the way to the last phone that rang was lost (a page that is loaded again), so long it may come back."""


class Rounds(Ringing):
    """See the module."""

    __slots__ = ("_late", "_over", "_ringers", "_rung", "_tracks")

    def __init__(self, call: Call, side: CallerSide, passed: list[tuple[str, str]], owner: Owner | None) -> None:
        super().__init__(call, side, passed, owner)
        self._tracks: list[Track] = []
        self._ringers = Ringers(call)
        self._late: Step | None = None
        """The callee's own phones, where none of them was on (see `Plan.late`)."""
        self._rung: set[str] = set()
        """Persons who are or were rung: their phones may come late."""
        self._over = False

    def _advance(self, tracks: list[Track], happened: list[AnyEvent]) -> None:
        raise NotImplementedError

    def _rang_out(self, track: Track) -> None:
        raise NotImplementedError

    def _wait(self, track: Track, most_seconds: float) -> None:
        """The present step ends at its time, or after `most_seconds` where that is sooner."""
        clock = self.call.switch.clock
        track.over()
        seconds = min(track.until - clock.monotonic(), most_seconds)
        track.timer = clock.call_later(max(0.0, seconds), self.call.guarded, self._rang_out, track)

    def _done(self, track: Track) -> None:
        """The present step is done with."""
        step = track.step
        track.over()
        self._ringers.remove(track.legs if step is None else [*track.legs, step.person.id])

    def _wall(self, track: Track) -> float:
        """When the present step ends, seconds since the epoch."""
        clock = self.call.switch.clock
        return clock.now() + track.until - clock.monotonic()

    def _expect(self, person: str) -> None:
        """Their phones may come from now on."""
        if person not in self._rung:
            self._rung.add(person)
            self.call.switch.late.begin(person, self)

    def _nobody_rung(self) -> None:
        """Nothing rings any more, and nothing will."""
        self._ringers.clear()
        for person in self._rung:
            self.call.switch.late.end(person, self)

    def _wake(self, track: Track, step: Step) -> None:
        """The person's device is woken by others: to the caller it rings from now on."""
        self._ringers.add(step.person.id, self._wall(track))
        self.side.ringing(step.person.id)

    # --- phones that come late

    def registered(self, login: str) -> None:
        """A phone registered: it is rung too, if it is one of a person who is rung now."""
        if self._over or self.winner is not None:
            return
        late = self._late
        if late is not None and _is_in(login, late):
            self._late = None
            seconds = max(self._plan_ends() - self.call.switch.clock.now(), 1.0)
            track = Track((msgspec.structs.replace(late, phones=late.late, late=(), ring_seconds=seconds),))
            self._tracks.append(track)
            self._advance([track], [])
            return
        for track in list(self._tracks):
            step = track.step
            if step is not None and _is_in(login, step):
                self._ring_too(track, step, login)

    def _plan_ends(self) -> float:
        raise NotImplementedError

    def _ring_too(self, track: Track, step: Step, login: str) -> None:
        happened: list[AnyEvent] = []
        rings, replaced = self._come(track, step, login, happened)
        if not rings:
            return
        now = self.call.switch.clock.now()
        happened += [LegEnded(self.call.id, now, leg=leg.id, status=487, reason=ANEW) for leg in replaced]
        self.call.switch.write(happened)
        for leg in replaced:
            invited(leg).cancel()
        self._wait(track, step.ring_seconds)
        for ring in rings:
            ring()
        self._ringers.remove(replaced)

    def _come(
        self, track: Track, step: Step, login: str, happened: list[AnyEvent]
    ) -> tuple[list[Callable[[], object]], list[Leg]]:
        """A phone of the person registered while the step rings: what rings it now, and the legs of which that takes the
        place. A device that rings still by another way is let be, and so is one that said no."""
        registrar = self.call.switch.registrar
        registered = registrar.all_bindings(login)
        rings: list[Callable[[], object]] = []
        replaced: list[Leg] = []
        for binding in registrar.bindings(login):
            known = [leg for leg in track.legs if leg.party.login == login and invited(leg).is_of(binding)]
            ringing = open_legs(known)
            there = any(invited(leg).is_at(registered) for leg in ringing)
            said_no = not ringing and any(invited(leg).said_no for leg in known)
            if not there and not said_no and self._may_ring():
                replaced += ringing
                rings.append(self._phone(track, step, login, binding, happened))
        return rings, replaced

    def _waits(self, track: Track) -> bool:
        """Nothing of the step rings any more, but a phone may come (back) to it within its time: unless one said no."""
        step = track.step
        invitations = [invited(leg) for leg in track.legs]
        if step is None or any(one.said_no for one in invitations):
            return False
        if not step.wakes and any(one.lost for one in invitations):
            self._wait(track, BACK_SECONDS)
            return True
        return step.wakes


def _is_in(login: str, step: Step) -> bool:
    return any(phone.login == login for phone in (*step.phones, *step.late))
