"""One call is one record: the events of a call id, folded into what is told about it afterwards.

Pure. Events may come one at a time, twice (after a replay), in another order, or not at all: the result depends only on the
set of events, never on how they arrived, and a record is either consistent or not there. It is there when the call's start
and end are known. Consistent means:

- the call was answered if and only if `answered_at` is set, and then somebody answered it: facts win over the verdict;
- started_at <= answered_at <= ended_at, and wait_seconds + talk_seconds is the time between start and end;
- every leg, hold, wait and offer lies within the call, and each wait and each offer has an end;
- who hung up or had whom on hold is told of the two who began the call, also where one of them has left it since;
- a colleague who did not take a call that a queue offered has no part in it: it is no missed call of theirs.
"""

from __future__ import annotations

import math
from typing import TypeVar

import msgspec

from svara.calls.events import (
    AgentChanged,
    AgentOffered,
    AgentOfferEnded,
    AnyEvent,
    CallbackAsked,
    CallbackGivenUp,
    CallEnded,
    CallFigures,
    CallGreeted,
    CallHeld,
    CallQuality,
    CallRecorded,
    CallResumed,
    CallRouted,
    CallStarted,
    CallTransferred,
    ConferenceJoined,
    ConferenceLeft,
    ConferenceMet,
    EndedBy,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    MessageLeft,
    Outcome,
    Party,
    QueueEntered,
    QueueLeft,
    RecordingAnswered,
    Supervised,
)
from svara.history.record import (
    Asked,
    CallRecord,
    Conference,
    Figures,
    Hold,
    Leg,
    Message,
    Met,
    Offer,
    Part,
    Quality,
    Stop,
    Supervision,
    Taped,
    Transfer,
    Wait,
)

SYSTEM = "v"
"""The leg of the system itself (see `svara.calls.leg.VOICE`)."""
CALLERS_LEGS = "a"
"""How the ids of the caller's legs begin (see `svara.calls.leg.CALLER`)."""
MAX_LEGS = 256
"""Phones kept of one call; nobody rings more, and a record must not grow without bound."""
MAX_SWITCHES = 512
"""Hold and resume events kept of one call: a phone may toggle for hours."""
MAX_OFFERS = 512
"""Offers to agents kept of one call."""
MAX_FACTS = 512
"""Stops, waits, messages and the like kept of one call."""

Fact = (
    CallRouted
    | CallGreeted
    | QueueEntered
    | QueueLeft
    | CallbackAsked
    | MessageLeft
    | CallRecorded
    | RecordingAnswered
    | Supervised
    | CallTransferred
    | ConferenceJoined
    | ConferenceMet
    | ConferenceLeft
)

E = TypeVar("E", bound=AnyEvent)


class LegState(msgspec.Struct, omit_defaults=True):
    """What is known of a leg so far."""

    offered: LegOffered | None = None
    ringing: LegRinging | None = None
    answered: LegAnswered | None = None
    ended: LegEnded | None = None


class OfferState(msgspec.Struct, omit_defaults=True):
    """What is known of a queue's offer so far."""

    offered: AgentOffered | None = None
    ended: AgentOfferEnded | None = None


class Fold(msgspec.Struct, omit_defaults=True):
    """What is known of one call so far; small, and can be stored as msgpack."""

    call: str
    started: CallStarted | None = None
    ended: CallEnded | None = None
    legs: dict[str, LegState] = {}
    switches: set[CallHeld | CallResumed] = set()
    quality: dict[str, CallQuality] = {}
    figures: dict[str, CallFigures] = {}
    offers: dict[str, OfferState] = {}
    facts: set[Fact] = set()

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
            case AgentOffered() | AgentOfferEnded():
                self._add_to_offer(event)
            case AgentChanged() | CallbackGivenUp():
                pass  # of no call
            case CallQuality():
                _keep_newest(self.quality, event.side, event)
            case CallFigures():
                _keep_newest(self.figures, event.side, event)
            case LegOffered() | LegRinging() | LegAnswered() | LegEnded():
                self._add_to_leg(event)
            case _:
                self.facts.add(event)
                if len(self.facts) > MAX_FACTS:
                    self.facts.remove(max(self.facts, key=_order))

    def _add_to_offer(self, event: AgentOffered | AgentOfferEnded) -> None:
        offer = self.offers.get(event.offer)
        if offer is None:
            if len(self.offers) >= MAX_OFFERS:
                return
            offer = self.offers[event.offer] = OfferState()
        if isinstance(event, AgentOffered):
            offer.offered = _earlier(offer.offered, event)
        else:
            offer.ended = _earlier(offer.ended, event)

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
        """The record; None while the start or the end is not known, and for what was no call of its own."""
        if self.started is None or self.ended is None or self.ended.passing:
            return None
        started, callee = self.started, self.started.callee or Party(number=self.started.dialled)
        answer = self._answer(started.caller, callee)
        begin = _ms(started.at)
        end = max(begin, _ms(self.ended.at), _ms(answer.at) if answer else begin)
        answered = max(begin, _ms(answer.at)) if answer else None
        spoken = answer is not None and answer.leg == SYSTEM
        waited = (end if answered is None else answered) - begin
        offers = self._offers(begin, end)
        legs = tuple(
            sorted((self._leg(name, begin, end, offers) for name in self.legs), key=lambda leg: (leg.offered_at, leg.leg))
        )
        facts = sorted(self.facts, key=_order)
        transfers = [fact for fact in facts if isinstance(fact, CallTransferred)]
        waits = _waits(facts, begin, end)
        messages = tuple(
            Message(_within(_ms(f.at), begin, end) / 1000, f.box, f.file, _finite(f.seconds) or 0.0)
            for f in facts
            if isinstance(f, MessageLeft)
        )
        return CallRecord(
            id=self.call,
            tenant=started.tenant,
            direction=started.direction,
            caller=started.caller,
            callee=callee,
            dialled=started.dialled,
            answered_by=self._party(answer.leg) if answer else None,
            queue=waits[-1].name if waits else None,
            started_at=begin / 1000,
            answered_at=None if answered is None else answered / 1000,
            ended_at=end / 1000,
            wait_seconds=waited / 1000,
            talk_seconds=(end - begin - waited) / 1000,
            outcome=_outcome(self.ended.outcome, answered=answer is not None, message=bool(messages)),
            ended_by=_side(self.ended, transfers),
            end_reason=self.ended.end_reason,
            legs=legs,
            holds=_holds(sorted(self.switches, key=_order), transfers, begin, end),
            quality=tuple(
                Quality(
                    side=q.side,
                    packets=q.packets,
                    lost=q.lost,
                    jitter_ms=_finite(q.jitter_ms) or 0.0,
                    mos=_finite(q.mos),
                    lost_before=None if self.switches else q.lost_before,  # who was on hold need not have sent
                    round_trip_ms=_finite(q.round_trip_ms) or 0.0,
                )
                for _, q in sorted(self.quality.items())
            ),
            figures=tuple(
                Figures(
                    side=one.side,
                    packets=one.packets,
                    lost=one.lost,
                    jitter_ms=one.jitter_ms,
                    round_trip_ms=one.round_trip_ms,
                    concealed=_finite(one.concealed),
                )
                for _, one in sorted(self.figures.items())
            ),
            people=_people(started.caller, callee, legs, answer, many=bool(transfers) or spoken),
            greeted_at=next((_within(_ms(f.at), begin, end) / 1000 for f in facts if isinstance(f, CallGreeted)), None),
            stops=tuple(
                Stop(_within(_ms(f.at), begin, end) / 1000, f.to, f.why) for f in facts if isinstance(f, CallRouted)
            ),
            waits=waits,
            offers=offers,
            messages=messages,
            tapes=tuple(
                Taped(_within(_ms(f.at), begin, end) / 1000, f.file, _finite(f.seconds) or 0.0, f.why)
                for f in facts
                if isinstance(f, CallRecorded)
            ),
            asked=next(
                (Asked(_ms(f.at) / 1000, f.answer, f.language, f.by) for f in facts if isinstance(f, RecordingAnswered)),
                None,
            ),
            supervisions=_supervisions(facts, begin, end),
            conferences=_conferences(facts, begin, end),
            transfers=tuple(Transfer(_within(_ms(f.at), begin, end) / 1000, f.by, f.to, f.how) for f in transfers),
            callback_number=next((f.number for f in reversed(facts) if isinstance(f, CallbackAsked)), ""),
            supervises=started.supervises,
        )

    def _offers(self, begin: int, end: int) -> tuple[Offer, ...]:
        """Those whose beginning is known, in their order; one that nobody ended lasts until the call's end."""
        found = []
        for name, offer in self.offers.items():
            if offer.offered is None:
                continue
            first = _within(_ms(offer.offered.at), begin, end)
            last = _within(_ms(offer.ended.at), first, end) if offer.ended else end
            how = offer.ended.how if offer.ended else ""
            found.append(Offer(name, offer.offered.queue, offer.offered.agent, first / 1000, last / 1000, how))
        return tuple(sorted(found, key=lambda one: (one.offered_at, one.offer)))

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

    def _leg(self, name: str, begin: int, end: int, offers: tuple[Offer, ...]) -> Leg:
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
            offer=_offer_of(self._party(name), first / 1000, offers),
        )


def _offer_of(party: Party, offered_at: float, offers: tuple[Offer, ...]) -> str:
    """The queue's offer because of which this phone rang."""
    for offer in offers:
        if party.person and party.person == offer.agent.person and offer.offered_at <= offered_at <= offer.ended_at:
            return offer.offer
    return ""


def _ms(at: float) -> int:
    return round(at * 1000)


def _finite(measured: float | None) -> float | None:
    return measured if measured is not None and math.isfinite(measured) else None


def _within(value: int, low: int, high: int) -> int:
    return max(min(low, high), min(value, high))


def _order(event: AnyEvent) -> tuple[float, bytes]:
    """By time; the bytes make the order total, so that the choice between two events never depends on their arrival."""
    return (event.at, msgspec.msgpack.encode(event))


def _keep_newest(known: dict[str, E], side: str, event: E) -> None:
    before = known.get(side)
    if before is None or _order(before) < _order(event):
        known[side] = event


def _earlier(known: E | None, event: E) -> E:
    return event if known is None or (event.at <= known.at and _order(event) < _order(known)) else known


def _outcome(verdict: Outcome, *, answered: bool, message: bool) -> Outcome:
    """Facts win over the verdict."""
    if answered:
        return "answered"
    if message:
        return "voicemail"
    return "failed" if verdict == "answered" else "missed" if verdict == "voicemail" else verdict


def _waits(facts: list[Fact], begin: int, end: int) -> tuple[Wait, ...]:
    """Entering and leaving a line, paired; a wait that nothing ended lasts until the next one, or the call's end."""
    waits: list[Wait] = []
    entered: QueueEntered | None = None

    def over(at: int, why: str) -> None:
        if entered is not None:
            first = _within(_ms(entered.at), begin, end)
            last = _within(at, first, end)
            waits.append(Wait(entered.queue, entered.name, first / 1000, last / 1000, entered.position, why))

    for fact in facts:
        if isinstance(fact, QueueEntered):
            over(_ms(fact.at), "")
            entered = fact
        elif isinstance(fact, QueueLeft) and entered is not None and fact.queue == entered.queue:
            over(_ms(fact.at), fact.why)
            entered = None
    over(end, "")
    return tuple(waits)


def _supervisions(facts: list[Fact], begin: int, end: int) -> tuple[Supervision, ...]:
    """Each way in which a supervisor took part lasts until that supervisor's next, until they left, or to the call's end."""
    open_: dict[str, Supervised] = {}
    found: list[Supervision] = []

    def over(who: str, at: int) -> None:
        since = open_.pop(who, None)
        if since is not None:
            first = _within(_ms(since.at), begin, end)
            found.append(Supervision(first / 1000, since.by, since.how, _within(at, first, end) / 1000))

    for fact in facts:
        if isinstance(fact, Supervised):
            who = fact.by.person or fact.by.number
            over(who, _ms(fact.at))
            if fact.how != "left":
                open_[who] = fact
    for who in list(open_):
        over(who, end)
    return tuple(sorted(found, key=lambda one: (one.at, one.until, one.by.person or "", one.how)))


def _conferences(facts: list[Fact], begin: int, end: int) -> tuple[Conference, ...]:
    """Joining and leaving, paired, with those who were met meanwhile; what nothing ended lasts until the next, or to the
    call's end."""
    found: list[Conference] = []
    joined: ConferenceJoined | None = None

    def over(at: int, why: str) -> None:
        if joined is not None:
            first = _within(_ms(joined.at), begin, end)
            last = _within(at, first, end)
            met = tuple(_met(fact, begin, end) for fact in facts if isinstance(fact, ConferenceMet) and during(fact, at))
            name, moderator = joined.name, joined.moderator
            found.append(Conference(joined.conference, name, first / 1000, last / 1000, moderator, why, met))

    def during(fact: ConferenceMet, until: int) -> bool:
        return joined is not None and fact.conference == joined.conference and _ms(joined.at) <= _ms(fact.at) <= until

    for fact in facts:
        if isinstance(fact, ConferenceJoined):
            over(_ms(fact.at), "")
            joined = fact
        elif isinstance(fact, ConferenceLeft) and joined is not None and fact.conference == joined.conference:
            over(_ms(fact.at), fact.why)
            joined = None
    over(end, "")
    return tuple(found)


def _met(fact: ConferenceMet, begin: int, end: int) -> Met:
    until = _within(_ms(fact.at), begin, end)
    return Met(fact.who, _within(_ms(fact.since), begin, until) / 1000, until / 1000, fact.taped)


def _side(event: CallHeld | CallResumed | CallEnded, transfers: list[CallTransferred]) -> EndedBy:
    """Whose doing it was, of the two who began the call. Who stays in a call becomes its caller; once the first caller has
    left it, that is the other one, and nobody is the caller any more."""
    left = any(one.leg.startswith(CALLERS_LEGS) and _order(one) < _order(event) for one in transfers)
    return "callee" if left and event.by == "caller" else event.by


def _holds(
    switches: list[CallHeld | CallResumed], transfers: list[CallTransferred], begin: int, end: int
) -> tuple[Hold, ...]:
    """Hold and resume, paired for each side; a hold that nobody ended lasts until the call's end."""
    open_since: dict[EndedBy, int] = {}
    holds: list[Hold] = []
    for switch in switches:
        at = _within(_ms(switch.at), begin, end)
        side = _side(switch, transfers)
        if isinstance(switch, CallHeld):
            open_since.setdefault(side, at)
        elif (since := open_since.pop(side, None)) is not None:
            holds.append(Hold(by=side, started_at=since / 1000, ended_at=at / 1000))
    holds += [Hold(by=by, started_at=since / 1000, ended_at=end / 1000) for by, since in open_since.items()]
    return tuple(sorted(holds, key=lambda hold: (hold.started_at, hold.ended_at, hold.by)))


def _people(
    caller: Party, callee: Party, legs: tuple[Leg, ...], answer: LegAnswered | None, *, many: bool
) -> dict[str, Part]:
    """Of a call that was sent on, or by which the system spoke to many, everybody who picked up has answered it."""
    people: dict[str, Part] = {}
    for party in (callee, *(leg.to for leg in legs if not leg.offer)):
        if party.person:
            people[party.person] = "called"
    for leg in legs:
        if answer and (leg.leg == answer.leg or (many and leg.answered_at is not None)) and leg.to.person:
            people[leg.to.person] = "answered"
    if caller.person:
        people[caller.person] = "caller"
    return people
