"""The legs of one ringing, and their way to phones and trunks: what is offered to whom, by which relay.

What it means when one of them rings, refuses or picks up, `svara.calls.ringing.setup` decides.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, LegOffered, Party
from svara.calls.leg import Leg
from svara.calls.names import CALLED, came_by, identity
from svara.calls.ringing.invitation import Invitation
from svara.calls.ringing.resumed_phones import Left
from svara.calls.ringing.tracks import Track
from svara.calls.routing.route import Line, Refusal, Step, party
from svara.calls.routing.verdict import RELAY_DOWN
from svara.calls.trunks.line import LineInvitation
from svara.media.relay import RelayError
from svara.sip.bindings import Binding
from svara.sip.transport import Flow, FlowError

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.stops import CallerSide, Owner

MAX_LEGS = 40
"""Phones that one call rings at most, over all its steps."""
MAX_LEGS_AT_ONCE = 200
"""... and for an owner (all agents of a queue), each time."""


class Ringing:
    """The legs that ring for one caller."""

    __slots__ = ("_legs", "_offered", "_owner", "call", "passed", "side", "winner")

    def __init__(self, call: Call, side: CallerSide, passed: list[tuple[str, str]], owner: Owner | None) -> None:
        self.call = call
        self.side = side
        self.passed = passed
        self.winner: Leg | None = None
        self._owner = owner
        self._legs: list[Leg] = []
        self._offered: list[str] = []
        """Legs that the relay has something for."""

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:
        """See `Inviter`."""
        raise NotImplementedError

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """See `Inviter`."""
        raise NotImplementedError

    def leg_failed(self, leg: Leg, status: int) -> None:
        """See `Inviter`."""
        raise NotImplementedError

    def no_way(self, leg: Leg, refusal: Refusal) -> None:
        """A leg could not be tried at all, because of us."""
        raise NotImplementedError

    def _phones(self, track: Track, step: Step, happened: list[AnyEvent]) -> list[Callable[[], object]]:
        """The legs of a person's phones, and what rings each of them."""
        call = self.call
        track.legs = []
        rings: list[Callable[[], object]] = []
        for phone in step.phones:
            for binding in call.switch.registrar.bindings(phone.login):
                if self._may_ring():
                    rings.append(self._phone(track, step, phone.login, binding, happened))  # noqa: PERF401 - counted each time
        if rings or step.wakes:
            call.joined(step.person.id)
        return rings

    def _phone(
        self, track: Track, step: Step, login: str, binding: Binding, happened: list[AnyEvent]
    ) -> Callable[[], object]:
        """A leg for one phone, and what rings it."""
        call = self.call
        device, leftovers = binding.instance or binding.contact, call.switch.left
        before = leftovers.phone(call.id, login, device)
        leg = self._leg(party(step.person, login), before)
        leg.invitation = invitation = Invitation(leg, self)
        invitation.binding = binding
        track.legs.append(leg)
        if before is not None:
            return partial(self._go_on, leg, before)
        invitation.lost = leftovers.lost(call.id, login, device)
        happened.append(LegOffered(call.id, call.switch.clock.now(), leg=leg.id, to=leg.party))
        return partial(call.switch.reach, binding, partial(self._reached, leg, partial(self._ring, leg, binding)))

    def _lines(self, track: Track, line: Line, happened: list[AnyEvent]) -> list[Callable[[], object]]:
        """The leg to a number outside by the line's trunk, and what dials it."""
        call = self.call
        before = call.switch.left.line(call.id, line.trunk.id, line.number)
        leg = self._leg(Party(number=line.number), before)
        leg.trunk = line.trunk.id
        leg.invitation = invitation = LineInvitation(leg, self, line)
        track.legs = [leg]
        if before is not None:
            return [partial(self._go_on, leg, before)]
        happened.append(LegOffered(call.id, call.switch.clock.now(), leg=leg.id, to=leg.party))
        return [partial(invitation.reach, partial(self._reached, leg, invitation.call))]

    def _may_ring(self) -> bool:
        return len(self._legs) < MAX_LEGS_AT_ONCE if self._owner is not None else self.call.legs_rung < MAX_LEGS

    def _leg(self, to: Party, before: Left | None) -> Leg:
        call = self.call
        call.legs_rung += 1
        leg_id, tag = f"b{call.legs_before + call.legs_rung}", call.switch.new_tag()
        if before is not None:
            leg_id, tag = before.leg, before.tag
        leg = Leg(call.switch, call, leg_id, "callee", party=to, tag=tag)
        self._legs.append(leg)
        return leg

    def _go_on(self, leg: Leg, before: Left) -> None:
        """The phone rings already, since a process that was killed; for the relay it is in the call too."""
        call, invitation = self.call, invited(leg)
        if before.flow is not None:
            leg.use(before.flow)
        if before.request.body:
            call.relay_used = True
            self._offered.append(leg.id)
            invitation.for_leg = call.front_id
        invitation.go_on(before)

    def _ring(self, leg: Leg, binding: Binding, sdp: bytes) -> None:
        call = self.call
        shown = call.caller.name
        if call.comes_from:
            shown = f"{call.comes_from}: {call.caller.name or call.caller.number}"
        invited(leg).send(binding, (shown, call.caller.number), call.callee.number, self._passed(leg), sdp)

    def _passed(self, leg: Leg) -> list[tuple[str, str]]:
        by = came_by(self.call)
        if by is None or leg.flow is None:
            return self.passed
        return [*self.passed, (CALLED, identity(by.name, by.number, leg.flow.local[0]))]

    def _reached(self, leg: Leg, send: Callable[[bytes], None], flow: Flow | FlowError) -> None:
        invitation = leg.invitation
        if invitation is None or not invitation.open:
            return
        if isinstance(flow, FlowError):
            invitation.fail(503)
            return
        leg.use(flow)
        offer, call = self._offer(leg), self.call
        if not offer:
            self._described(leg, send, b"")
            return
        call.relay_used = True
        self._offered.append(leg.id)
        invitation.for_leg = call.front_id
        call.relay.offer(
            call.id,
            invitation.for_leg,
            leg.id,
            offer,
            partial(self._described, leg, send),
            to=leg.kind,
            from_address=call.front.address if call.front is not None else None,
            to_address=leg.address,
        )

    def _described(self, leg: Leg, send: Callable[[bytes], None], result: bytes | RelayError) -> None:
        invitation = leg.invitation
        if invitation is None or not invitation.open:
            return
        if isinstance(result, RelayError):
            self.no_way(leg, RELAY_DOWN)
            invitation.fail(0)
            return
        leg.told = result
        send(result)

    def _offer(self, leg: Leg) -> bytes:
        """What `leg` is offered; b"" when it has to make the offer itself."""
        return self.side.offer or (self.side.described if leg.trunk else b"")

    def _tell(self, legs: list[Leg], told: tuple[str, str] | None = None) -> None:
        for leg in legs:
            if leg is self.winner:
                if not self._offer(leg):
                    leg.acknowledge(1)
                leg.bye()
            elif told is None:
                invited(leg).cancel()
            else:
                invited(leg).cancel(told)
        self._forget(self._legs)
        self._legs = []

    def _free(self) -> None:
        """The call goes on without the legs that rang in vain: the relay keeps nothing for them."""
        winner = self.winner.id if self.winner is not None else ""
        losers = [leg for leg in self._offered if leg != winner]
        self._offered = []
        if losers:
            self.call.relay.free(self.call.id, losers)

    def _forget(self, legs: list[Leg]) -> None:
        """These legs take no part any more; what their phones still send is only acknowledged."""
        for leg in legs:
            leg.invitation = None


def invited(leg: Leg) -> Invitation:
    """The INVITE of a leg that rings."""
    assert leg.invitation is not None  # noqa: S101 - only legs that ring are asked
    return leg.invitation
