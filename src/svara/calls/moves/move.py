"""One move of a call: who sent it on, what their phone is told of it (RFC 3515), and how the call comes back to them.

A call that was sent on to somebody comes back when nobody takes it: where the phone that sent it on has not hung up, the two
talk again as before; else that person's phones ring, and show from whom the call comes back. The rules of the person who was
tried come first where they lead to somebody else; a mailbox, or nothing, comes after who had sent the call on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, CallTransferred, Moved, Party
from svara.calls.leg import Leg
from svara.calls.routing.route import NO_ANSWER, Onward, Plan, Refusal, party, step_of
from svara.calls.saved import SavedMove
from svara.people.office import Target
from svara.sip.refer import SIPFRAG, SUBSCRIPTION_SECONDS, sipfrag

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.journey import Journey
    from svara.sip.message import Response

BACK_SECONDS = 30.0
"""How long the phones ring of who had sent the call on."""
LEAVE_SECONDS = 4.0
"""A phone that was told that all is well hangs up by itself; after so long we do."""
LAST_RESORTS = ("voicemail", "hangup")
"""Targets that come after who had sent the call on."""


class Told:
    """The subscription that comes with a REFER: its phone is told how the call that it asked for goes."""

    def __init__(self, leg: Leg, event: str) -> None:
        self.leg = leg
        self.event = event
        """The value of its Event header."""
        self._status = 0
        self.over = False
        """The last word was said."""

    def tell(self, status: int) -> None:
        """Progress, or, from 200 on, the end."""
        if self.over or status <= self._status:
            return
        self._status, self.over = status, status >= 200
        self._send("terminated;reason=noresource" if self.over else f"active;expires={SUBSCRIPTION_SECONDS}")

    def end(self) -> None:
        """The phone does not want to know any more."""
        if not self.over:
            self.over = True
            self._send("terminated;reason=timeout")

    def _send(self, state: str) -> None:
        self.leg.request(
            "NOTIFY",
            self._answered,
            self._failed,
            headers=[("Event", self.event), ("Subscription-State", state)],
            body=sipfrag(self._status or 100),
            content_type=SIPFRAG,
        )

    def _answered(self, response: Response) -> None:
        if response.status >= 300:
            self.over = True  # RFC 6665 section 4.2.2: nobody wants to know any more

    def _failed(self, _why: str) -> None:
        self.over = True


class Move:
    """See the module. `by` sends the call `to` a target."""

    def __init__(
        self,
        call: Call,
        by: Party,
        to: Target,
        how: Moved,
        *,
        comes_back: bool = False,
        stays: bool = False,
        told: Told | None = None,
    ) -> None:
        """`comes_back`: when nobody takes it. `stays`: the phone that leaves hangs up by itself, or when all is done."""
        self.call = call
        self.by = by
        self.to = to
        self.how: Moved = how
        self.comes_back = comes_back
        self.stays = stays
        self.told = told

    @property
    def saved(self) -> SavedMove:
        """As the journal keeps it."""
        return SavedMove(self.by, self.to, self.how, self.comes_back, self.told.event if self.told is not None else "")

    def event(self) -> CallTransferred:
        """For the record."""
        call, leaving = self.call, self.call.leaving
        at = call.switch.clock.now()
        return CallTransferred(
            call.id, at, by=self.by, leg=leaving.id if leaving is not None else "", to=self.to, how=self.how
        )

    # --- how it goes

    def ringing(self) -> None:
        """A phone rings."""
        if self.told is not None:
            self.told.tell(180)

    def reached(self) -> None:
        """The call is where it was sent."""
        if self.told is not None:
            self.told.tell(200)
        if self.call.move is self:
            self.call.move = None
        see_off(self.call)

    def failed(self, refusal: Refusal) -> None:
        """It is not, and will not be."""
        if self.told is not None:
            self.told.tell(refusal.status)
        if self.call.move is self:
            self.call.move = None
        see_off(self.call)

    def over(self) -> None:
        """The call ended on its way."""
        if self.told is not None:
            self.told.tell(487)

    def takes_back(self, journey: Journey, refusal: Refusal, onward: Target | None, happened: list[AnyEvent] | None) -> bool:
        """Nobody took the call, which would go `onward` now: back to who sent it on, where that can be."""
        if not self.comes_back or (onward is not None and onward.partition(":")[0] not in LAST_RESORTS):
            return False
        call, leaving = self.call, self.call.leaving
        if call.state != "setup" or call.guest is None or not call.guest.connected:
            return False
        happened = [] if happened is None else happened
        if leaving is not None and not leaving.down:
            self._again(leaving, refusal, happened)
            return True
        return self._ring(journey, refusal, onward, happened)

    def _again(self, leaving: Leg, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The phone has not hung up: the two talk as before."""
        from svara.calls.moves.adopt import adopt  # noqa: PLC0415 - each of the two begins the other
        from svara.calls.stops import Still  # noqa: PLC0415

        call = self.call
        if self.told is not None:
            self.told.tell(refusal.status)
        call.setup = Still(call, call.guest) if call.guest is not None else call.setup
        if happened:
            call.save(*happened)
        back = Move(call, self.by, self._own_target(), "taken-back")
        adopt(call, leaving, "taken back", back, lambda why: call.end("system", why.reason))

    def _own_target(self) -> Target:
        tenant = self.call.switch.office.by_tenant_id.get(self.call.tenant)
        person = tenant.by_id.get(self.by.person or "") if tenant is not None else None
        return f"person:{person.username}" if person is not None else ""

    def _ring(self, journey: Journey, refusal: Refusal, onward: Target | None, happened: list[AnyEvent]) -> bool:
        call, switch = self.call, self.call.switch
        tenant = switch.office.by_tenant_id.get(call.tenant)
        person = tenant.by_id.get(self.by.person or "") if tenant is not None else None
        if person is None or person.id == call.caller.person:
            return False
        step = step_of(person, person.phones, switch.reachable, BACK_SECONDS, wakes=person.wakes)
        if step is None:
            return False
        self.comes_back = False
        self.failed(refusal)
        now = switch.clock.now()
        from_whom = call.callee.name or call.callee.number
        call.comes_from = f"\u21a9 {from_whom}" if from_whom else ""
        call.callee = party(person)
        target = self._own_target()
        happened.append(CallTransferred(call.id, now, by=self.by, to=target, how="taken-back"))
        last = Onward(onward, onward, onward) if onward is not None else None
        plan = Plan(person, (step,), NO_ANSWER, now + BACK_SECONDS, (), last)
        journey.way = ()
        journey.go(target, "taken back", happened, found=plan)
        return True


def see_off(call: Call) -> None:
    """Who sent the call on has nothing more to do with it."""
    leaving = call.leaving
    if leaving is not None:
        call.switch.clock.call_later(0.0 if leaving.down else LEAVE_SECONDS, call.guarded, _gone, call, leaving)


def _gone(call: Call, leaving: Leg) -> None:
    if call.leaving is leaving:
        call.leaving = None
        if not leaving.down:
            leaving.hang_up()
