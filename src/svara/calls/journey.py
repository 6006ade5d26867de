"""Where a call goes next: from stop to stop, until two people talk or it ends.

What a target means is decided by pure functions (`svara.calls.routing.targets`); here it is begun, written down, and seen
to that every way ends: at most `MAX_HOPS` targets one after the other without the caller's doing and none of them twice, and
`MAX_CHOICES` keys that a caller may press their way with.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from svara.calls.conference.member import InConference
from svara.calls.events import AnyEvent, CallRouted, EndedBy
from svara.calls.guest import Guest
from svara.calls.ringing.setup import GAVE_UP, Setup
from svara.calls.routing.codes import Feature
from svara.calls.routing.intercom import BY_ITSELF, intercom
from svara.calls.routing.route import MAX_HOPS, Caller, Onto, Onward, Plan, Refusal, party
from svara.calls.routing.targets import (
    CLOSED,
    GONE,
    HANGUP,
    HUNG_UP,
    MEETING,
    Confer,
    Enter,
    Listen,
    Message,
    Next,
    Orbit,
    Read,
    Use,
    Watch,
    resolve,
)
from svara.calls.routing.verdict import verdict
from svara.calls.stops import (
    CallerSide,
    Farewell,
    Stop,
    features,
    mailbox,
    menu,
    paging,
    park,
    pickup,
    readbox,
    recordprompt,
    tryphone,
)
from svara.calls.stops.announce import Announce
from svara.calls.talks.objecting import wanted
from svara.calls.talks.supervision import Supervising
from svara.people.office import Conference, Person, Target, Tenant

if TYPE_CHECKING:
    from svara.calls.call import Call

MAX_CHOICES = 100

CIRCLE = Refusal(482, "failed", "the call went in a circle")
NO_QUEUES = Refusal(480, "failed", "queues are not available")


class Journey:
    """The way of one call. `side` is the caller while it waits, which may become a `Guest` on the way."""

    __slots__ = ("_choices", "_refusals", "call", "parked", "passed", "side", "way")

    def __init__(self, call: Call, side: CallerSide, passed: list[tuple[str, str]]) -> None:
        self.call = call
        self.side = side
        self.passed = passed
        """Headers of the caller's INVITE that phones may see."""
        self.way: tuple[Target, ...] = ()
        """The targets since the caller chose last; the last one is where the call is."""
        self.parked: park.Kept | None = None
        """The caller comes back from a parking place, and goes there again when nobody answers."""
        self._choices = 0
        self._refusals: list[Refusal] = []

    @property
    def target(self) -> Target:
        """Where the call is."""
        return self.way[-1] if self.way else HANGUP

    @property
    def tenant(self) -> Tenant | None:
        """The company, as it is now."""
        return self.call.switch.office.by_tenant_id.get(self.call.tenant)

    @property
    def caller(self) -> Caller:
        """Who calls, for routing."""
        party = self.call.caller
        return Caller(party.person or "", party.login or "")

    @property
    def missed(self) -> Refusal:
        """What is to be said of a caller who gave up after all that was tried."""
        return verdict(self._refusals, GAVE_UP)

    @property
    def refused(self) -> Refusal | None:
        """Why the stop before sent the caller on; None where none did since the caller chose last."""
        return self._refusals[-1] if self._refusals else None

    def begin(self, target: Target, found: Next | None = None, why: str = "dialled") -> None:
        """The call starts here; `found` is what `target` means, where that is known already."""
        self._arrive(target, why, found, self.call.open(), b"")

    def go(
        self,
        target: Target,
        why: str,
        happened: list[AnyEvent] | None = None,
        *,
        found: Next | None = None,
        chosen: bool = False,
        kept: bytes = b"",
    ) -> None:
        """Leave the stop where the call is (which has cleaned up behind itself) for `target`.

        `happened` has not been written yet. `found` is what the target means, where that is known already. `chosen`: the
        caller wanted it so, by a key. `kept` is what the stop there had `kept` before the server was killed.
        """
        if chosen:
            self.way = ()
            self._choices += 1
            self._refusals = []
        self._arrive(target, why, found, [] if happened is None else happened, kept)

    def nobody(self, refusal: Refusal, onward: Onward | None = None, happened: list[AnyEvent] | None = None) -> None:
        """The stop has nothing more to offer: `onward`, or the end."""
        self._refusals.append(refusal)
        target, move = onward.after(refusal) if onward is not None else None, self.call.move
        if target is None:
            self.end(verdict(self._refusals, refusal), happened)
        elif move is None or not move.takes_back(self, refusal, target, happened):
            self.go(target, refusal.reason, happened)

    def end(self, refusal: Refusal, happened: list[AnyEvent] | None = None, by: EndedBy | None = None) -> None:
        """No talk comes of this call, unless it goes back to who had sent it on."""
        move = self.call.move
        if move is not None:
            if move.takes_back(self, refusal, None, happened):
                return
            move.failed(refusal)
        by = by or ("system" if refusal.outcome in ("failed", "missed", "voicemail") else "callee")
        happened = [] if happened is None else happened
        if isinstance(self.side, Guest) and self.side.connected:
            self._enter(Farewell(self.call, self.side, by, refusal), happened)
        else:
            self.call.finish(by, refusal, happened)
            self.side.refuse(refusal.status, refusal.reason)

    def greet(self, ready: Callable[[Guest], object], failed: Callable[[Refusal], object]) -> None:
        """Answer the caller with the system's own sound, unless that was done before; `ready` gets the guest."""
        before, leg = self.side, self.call.front
        if isinstance(before, Guest):
            ready(before)
            return
        assert leg is not None  # noqa: S101 - who calls has a phone
        guest = self.side = self.call.guest = Guest(self.call, leg, before)

        def not_greeted(refusal: Refusal) -> None:
            guest.close()
            self.side, self.call.guest = before, None
            failed(refusal)

        guest.connect(lambda: ready(guest), not_greeted)

    # --- how

    def _arrive(self, target: Target, why: str, found: Next | None, happened: list[AnyEvent], kept: bytes) -> None:
        call, switch = self.call, self.call.switch
        now = switch.clock.now()
        while True:
            if target in self.way or len(self.way) >= MAX_HOPS or self._choices > MAX_CHOICES:
                self.end(verdict(self._refusals, CIRCLE), happened)
                return
            self.way = (*self.way, target)
            happened.append(CallRouted(call.id, now, to=target, why=why))
            if found is None:
                found = resolve(switch.office, call.tenant, target, self.caller, switch.moment())
            if not isinstance(found, Onto):
                break
            target, why, found = found.to, found.why, None
        if found is HUNG_UP and why == "closed":
            found = CLOSED
        if call.guest is not None and call.guest.connected:
            call.save(*happened)
            happened = []
        stop = self._stop(found, kept)
        if isinstance(stop, Refusal):
            self.end(verdict(self._refusals, stop), happened)
        else:
            self._enter(stop, happened)

    def _supervising(self, kept: bytes) -> Stop | Refusal:
        supervision = self.call.supervision
        return GONE if supervision is None else Supervising(self, supervision, kept)

    def resume(self, found: Next, kept: bytes) -> None:
        """The caller knows what had to be told first: now to what the target means."""
        stop = self._stop(found, kept)
        if isinstance(stop, Refusal):
            self.end(verdict(self._refusals, stop))
        else:
            self._enter(stop, [])

    def _stop(self, found: Next, kept: bytes) -> Stop | Refusal:
        why = wanted(self.call, found)
        if why and self.call.consent is None:
            return Announce(self, found, kept)
        self.call.tape = why if self.call.consent else ""
        match found:
            case Plan():
                return Setup(self.call, self.side, found, self.passed)
            case Enter(queue=queue):
                queues = self.call.switch.queues
                return NO_QUEUES if queues is None else queues.enter(self, queue, kept)
            case Listen():
                return menu.InMenu(self, found.menu)
            case Confer():
                return self._confer(found.conference, kept)
            case Read(owner=owner):
                return readbox.ReadMailbox(self, None, owner, kept)
            case Use():
                return self._use(found, kept)
            case Watch():
                return self._supervising(kept)
            case Orbit(extension=extension):
                return park.at_place(self, extension, kept)
            case Message():
                return mailbox.LeaveMessage(self, found, kept)
            case Refusal():
                return found
            case Onto():
                return CIRCLE  # never: _arrive follows it

    def _confer(self, conference: Conference, kept: bytes) -> Stop:
        if not conference.name:
            room = conference.id or f"{MEETING}{self.call.switch.new_tag()}"
            conference = msgspec.structs.replace(conference, id=room)
            self.way = (*self.way[:-1], room)
            if self.call.front is not None and not self.call.front.trunk:
                self.call.front.focus = room.replace(":", "-", 1)
        return InConference(self, conference, kept)

    def _use(self, found: Use, kept: bytes) -> Stop | Refusal:
        match found:
            case Use(person=person, feature=Feature(name="mailbox", argument=argument)):
                return readbox.open_box(self, person, argument, kept)
            case Use(person=person, feature=Feature(name="record-prompt")):
                return recordprompt.RecordPrompt(self, person, kept)
            case Use(person=person, feature=Feature(name="try-phone")):
                return tryphone.TryPhone(self, person, kept)
            case Use(person=person, feature=Feature(name="park")):
                return park.ParkByCode(self, person, kept)
            case Use(person=person, feature=Feature(name="confer")):
                from svara.calls.moves.merge import MergeByCode  # noqa: PLC0415 - moves know of stops

                return MergeByCode(self, person)
            case Use(person=person, feature=Feature(name="intercom", argument=argument)):
                return self._speak_to(person, argument)
            case Use(person=person, feature=Feature(name="page", argument=argument)):
                return paging.paging(self, person, argument, kept)
            case Use(person=person, feature=Feature(name="pick-up" | "pick-up-of", argument=argument)):
                return self._pick_up(person, argument)
            case Use(person=person, feature=feature):
                return features.UseFeature(self, person, feature, kept)

    def _speak_to(self, person: Person, dialled: str) -> Stop | Refusal:
        tenant, call = self.tenant, self.call
        if tenant is None:
            return GONE
        plan = intercom(tenant, person, dialled, call.switch.moment())
        if isinstance(plan, Refusal) or plan.callee is None:
            return plan if isinstance(plan, Refusal) else GONE
        call.callee = party(plan.callee)
        return Setup(call, self.side, plan, [*self.passed, *BY_ITSELF])

    def _pick_up(self, person: Person, extension: str) -> Stop | Refusal:
        tenant, switch = self.tenant, self.call.switch
        if tenant is None:
            return GONE
        if extension in tenant.parking.extensions:
            return park.at_place(self, extension, b"")
        return pickup.PickUp(self, lambda: pickup.ringing_for(switch, tenant, person, extension))

    def _enter(self, stop: Stop, happened: list[AnyEvent]) -> None:
        self.call.setup = stop
        move = self.call.move
        if move is not None and not isinstance(stop, Setup | Announce | Farewell):
            move.reached()
        if self.call.greeted_at is not None:
            self.call.news("waiting")
        stop.begin(happened)
