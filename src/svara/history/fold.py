"""One call is one record: the events of a call id, folded into what is told about it afterwards.

Pure. Events may come one at a time, twice (after a replay), in another order, or not at all: the result depends only on the
set of events, never on how they arrived, and a record is either consistent or not there. It is there when the call's start
and end are known. Consistent means:

- the call was answered if and only if `answered_at` is set, and then somebody answered it: facts win over the verdict;
- started_at <= answered_at <= ended_at, and wait_seconds + talk_seconds is the time between start and end;
- every leg lies within the call.
"""

from __future__ import annotations

import math
from typing import Literal, TypeVar

import msgspec

from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallHeld,
    CallQuality,
    CallResumed,
    CallStarted,
    Direction,
    EndedBy,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Outcome,
    Party,
)

MAX_LEGS = 256
"""Phones kept of one call; nobody rings more, and a record must not grow without bound."""
MAX_SWITCHES = 512
"""Hold and resume events kept of one call: a phone may toggle for hours."""

E = TypeVar("E", bound=AnyEvent)

Part = Literal["caller", "answered", "called"]
"""How a person took part: placed the call, picked it up, or was only called (a phone of theirs rang, or would have)."""


class Leg(msgspec.Struct, frozen=True, omit_defaults=True):
    """One phone that was tried. Times are seconds since the epoch; `status` is the SIP status that ended it, 0: none."""

    leg: str
    to: Party
    offered_at: float
    ended_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    status: int = 0
    reason: str = ""


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """One side had the other on hold."""

    by: EndedBy
    started_at: float
    ended_at: float


class Quality(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the relay measured on the way from one side; `mos` is 1 to 5 (ITU-T G.107)."""

    side: EndedBy
    packets: int = 0
    lost: int = 0
    jitter_ms: float = 0.0
    mos: float | None = None


class CallRecord(msgspec.Struct, frozen=True):
    """What happened, once and for all. Times are seconds since the epoch, UTC, in whole milliseconds."""

    id: str
    tenant: str
    direction: Direction
    caller: Party
    callee: Party
    dialled: str
    answered_by: Party | None
    queue: str | None
    started_at: float
    answered_at: float | None
    ended_at: float
    wait_seconds: float
    talk_seconds: float
    outcome: Outcome
    ended_by: EndedBy
    end_reason: str
    legs: tuple[Leg, ...]
    holds: tuple[Hold, ...]
    quality: tuple[Quality, ...]
    people: dict[str, Part]
    """Ids of all persons who took part, and who may therefore see the call."""


class LegState(msgspec.Struct, omit_defaults=True):
    """What is known of a leg so far."""

    offered: LegOffered | None = None
    ringing: LegRinging | None = None
    answered: LegAnswered | None = None
    ended: LegEnded | None = None


class Fold(msgspec.Struct, omit_defaults=True):
    """What is known of one call so far; small, and can be stored as msgpack."""

    call: str
    started: CallStarted | None = None
    ended: CallEnded | None = None
    legs: dict[str, LegState] = {}
    switches: set[CallHeld | CallResumed] = set()
    quality: dict[str, CallQuality] = {}

    def add(self, event: AnyEvent) -> None:
        """Take in one event of this call."""
        match event:
            case CallStarted():
                self.started = _earlier(self.started, event)
            case CallEnded():
                self.ended = _earlier(self.ended, event)
            case CallHeld() | CallResumed():
                self.switches.add(event)
                if len(self.switches) > MAX_SWITCHES:
                    self.switches.remove(max(self.switches, key=_order))
            case CallQuality():
                known = self.quality.get(event.side)
                if known is None or _order(known) < _order(event):
                    self.quality[event.side] = event
            case LegOffered() | LegRinging() | LegAnswered() | LegEnded():
                self._add_to_leg(event)

    def _add_to_leg(self, event: LegOffered | LegRinging | LegAnswered | LegEnded) -> None:
        leg = self.legs.get(event.leg)
        if leg is None:
            if len(self.legs) >= MAX_LEGS and not isinstance(event, LegAnswered):
                return
            leg = self.legs[event.leg] = LegState()
        match event:
            case LegOffered():
                leg.offered = _earlier(leg.offered, event)
            case LegRinging():
                leg.ringing = _earlier(leg.ringing, event)
            case LegAnswered():
                leg.answered = _earlier(leg.answered, event)
            case LegEnded():
                leg.ended = _earlier(leg.ended, event)

    def record(self) -> CallRecord | None:
        """The record; None while the start or the end is not known."""
        if self.started is None or self.ended is None:
            return None
        started, callee = self.started, self.started.callee or Party(number=self.started.dialled)
        answer = self._answer(started.caller, callee)
        begin = _ms(started.at)
        end = max(begin, _ms(self.ended.at), _ms(answer.at) if answer else begin)
        answered = max(begin, _ms(answer.at)) if answer else None
        waited = (end if answered is None else answered) - begin
        legs = tuple(sorted((self._leg(name, begin, end) for name in self.legs), key=lambda leg: (leg.offered_at, leg.leg)))
        return CallRecord(
            id=self.call,
            tenant=started.tenant,
            direction=started.direction,
            caller=started.caller,
            callee=callee,
            dialled=started.dialled,
            answered_by=self._party(answer.leg) if answer else None,
            queue=None,
            started_at=begin / 1000,
            answered_at=None if answered is None else answered / 1000,
            ended_at=end / 1000,
            wait_seconds=waited / 1000,
            talk_seconds=(end - begin - waited) / 1000,
            outcome=_outcome(self.ended.outcome, answer is not None),
            ended_by=self.ended.by,
            end_reason=self.ended.end_reason,
            legs=legs,
            holds=_holds(sorted(self.switches, key=_order), begin, end),
            quality=tuple(
                Quality(
                    side=q.side, packets=q.packets, lost=q.lost, jitter_ms=_finite(q.jitter_ms) or 0.0, mos=_finite(q.mos)
                )
                for _, q in sorted(self.quality.items())
            ),
            people=_people(started.caller, callee, legs, answer),
        )

    def _answer(self, caller: Party, callee: Party) -> LegAnswered | None:
        """The answer that connected the two: the first one. A caller who asked the server to dial picks up a phone of their
        own first; that is no answer, unless they called themselves."""
        own = caller.person if caller.person != callee.person else None
        answers = [
            leg.answered for name, leg in self.legs.items() if leg.answered and (not own or self._party(name).person != own)
        ]
        return min(answers, key=_order, default=None)

    def _party(self, name: str) -> Party:
        leg = self.legs[name]
        offered = leg.offered.to if leg.offered else None
        answered = leg.answered.to if leg.answered else None
        if answered is None or not answered.number:
            return offered or answered or Party(number="")
        return answered

    def _leg(self, name: str, begin: int, end: int) -> Leg:
        leg = self.legs[name]
        known = [_ms(event.at) for event in (leg.offered, leg.ringing, leg.answered, leg.ended) if event]
        first = _within(min(known, default=begin), begin, end)
        last = _within(_ms(leg.ended.at) if leg.ended else end, max(first, *known), end)
        return Leg(
            leg=name,
            to=self._party(name),
            offered_at=first / 1000,
            ringing_at=_within(_ms(leg.ringing.at), first, last) / 1000 if leg.ringing else None,
            answered_at=_within(_ms(leg.answered.at), first, last) / 1000 if leg.answered else None,
            ended_at=last / 1000,
            status=leg.ended.status if leg.ended else 0,
            reason=leg.ended.reason if leg.ended else "",
        )


def _ms(at: float) -> int:
    return round(at * 1000)


def _finite(measured: float | None) -> float | None:
    return measured if measured is not None and math.isfinite(measured) else None


def _within(value: int, low: int, high: int) -> int:
    return max(min(low, high), min(value, high))


def _order(event: AnyEvent) -> tuple[float, bytes]:
    """By time; the bytes make the order total, so that the choice between two events never depends on their arrival."""
    return (event.at, msgspec.msgpack.encode(event))


def _earlier(known: E | None, event: E) -> E:
    return event if known is None or (event.at <= known.at and _order(event) < _order(known)) else known


def _outcome(verdict: Outcome, answered: bool) -> Outcome:
    if answered:
        return "answered"
    return "failed" if verdict == "answered" else verdict


def _holds(switches: list[CallHeld | CallResumed], begin: int, end: int) -> tuple[Hold, ...]:
    """Hold and resume, paired for each side; a hold that nobody ended lasts until the call's end."""
    open_since: dict[EndedBy, int] = {}
    holds: list[Hold] = []
    for switch in switches:
        at = _within(_ms(switch.at), begin, end)
        if isinstance(switch, CallHeld):
            open_since.setdefault(switch.by, at)
        elif (since := open_since.pop(switch.by, None)) is not None:
            holds.append(Hold(by=switch.by, started_at=since / 1000, ended_at=at / 1000))
    holds += [Hold(by=by, started_at=since / 1000, ended_at=end / 1000) for by, since in open_since.items()]
    return tuple(sorted(holds, key=lambda hold: (hold.started_at, hold.ended_at, hold.by)))


def _people(caller: Party, callee: Party, legs: tuple[Leg, ...], answer: LegAnswered | None) -> dict[str, Part]:
    people: dict[str, Part] = {}
    for party in (callee, *(leg.to for leg in legs)):
        if party.person:
            people[party.person] = "called"
    for leg in legs:
        if answer and leg.leg == answer.leg and leg.to.person:
            people[leg.to.person] = "answered"
    if caller.person:
        people[caller.person] = "caller"
    return people
