"""Calling by way of the mobile phone: the server rings the person's mobile through a trunk first, and then dials for them.

Providers refuse a call without a description of the sound, and nobody can describe that of somebody who is not dialled yet:
so the mobile is offered the voice process, as whose guest its person hears the other side ring (RFC 3725, flow IV).
Guarantees: the caller's leg is the mobile's, and the call stays one call; the voice leg is closed when nobody picks up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, EndedBy, LegAnswered, LegEnded, LegOffered, LegRinging, Party
from svara.calls.guest import NO_VOICE, Guest
from svara.calls.journey import Journey
from svara.calls.leg import VOICE, Leg
from svara.calls.resound import agreed
from svara.calls.ringing.setup import NO_SOUND
from svara.calls.routing.route import NO_ANSWER, RING_SECONDS, Line, Refusal
from svara.calls.routing.verdict import RELAY_DOWN, verdict
from svara.calls.trunks import refusals
from svara.calls.trunks.line import LineInvitation
from svara.calls.trunks.outbound import MAX_TRUNKS
from svara.calls.wait import Wait
from svara.media.relay import RelayError
from svara.sip.transport import Flow, FlowError

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.routing.dialling import Dialling
    from svara.people.office import Person

WHOSE = "the caller's mobile phone: "
"""How a reason begins that is about the mobile, not about who was to be called."""


class OwnMobile:
    """Rings the person's mobile by `line`; once it is picked up, the call goes on as that of a guest."""

    ringing = False
    """The other side does not ring yet."""
    kept = b""

    def __init__(self, call: Call, person: Person, line: Line, then: Callable[[], Dialling]) -> None:
        """`then` decides, at the moment the person has picked up, what is dialled for them."""
        self.call = call
        self._person = person
        self._line = line
        self._then = then
        self._legs: list[Leg] = []
        self._refusals: list[Refusal] = []
        self._wait = Wait(call)
        self._sound = b""
        """The voice process's description."""
        self._local = b""
        """What the mobile was offered."""
        self._picked_up: Leg | None = None

    @property
    def _voice_leg(self) -> str:
        return f"{self.call.id}.{VOICE}"

    @property
    def _here(self) -> bool:
        return self.call.setup is self

    def begin(self, happened: list[AnyEvent]) -> None:
        """Ask for the sound, then ring."""
        call, switch = self.call, self.call.switch
        switch.write(happened)
        if switch.voice is None or not switch.voice.up:
            self.stop("system", NO_VOICE, [])
            return
        if call.relay is switch.direct:
            call.relay = switch.relay  # ours is not reached from everywhere
        self._wait.begin(RING_SECONDS, self._rang_out)
        switch.voice.offer(self._voice_leg, lambda result: call.guarded(self._offered, result))

    def _offered(self, result: bytes | RelayError) -> None:
        if not self._here:
            return
        if isinstance(result, RelayError):
            self.stop("system", NO_VOICE, [])
            return
        self._sound = result
        self._dial(self._line)

    def _dial(self, line: Line) -> None:
        call, switch = self.call, self.call.switch
        to = Party(number=line.number, name=self._person.name, person=self._person.id)
        leg = Leg(switch, call, f"a{len(self._legs) + 1}", "caller", party=to, tag=switch.new_tag())
        leg.trunk = line.trunk.id
        leg.invitation = invitation = LineInvitation(leg, self, line)
        self._legs.append(leg)
        switch.write([LegOffered(call.id, switch.clock.now(), leg=leg.id, to=to)])
        invitation.reach(partial(self._reached, leg, invitation))

    def _reached(self, leg: Leg, invitation: LineInvitation, flow: Flow | FlowError) -> None:
        call = self.call
        if not invitation.open:
            return
        if isinstance(flow, FlowError):
            invitation.fail(503)
            return
        leg.use(flow)
        call.relay_used = True
        call.relay.offer(
            call.id,
            VOICE,
            leg.id,
            self._sound,
            partial(self._described, invitation),
            to=leg.kind,
            from_address=leg.address,
            to_address=leg.address,
        )

    def _described(self, invitation: LineInvitation, result: bytes | RelayError) -> None:
        if not invitation.open:
            return
        if isinstance(result, RelayError):
            invitation.fail(0)
            return
        self._local = result
        invitation.call(result)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """End before anybody was dialled."""
        switch = self.call.switch
        now = switch.clock.now()
        ringing = [leg for leg in self._legs if leg.invitation is not None and leg.invitation.open]
        happened += [LegEnded(self.call.id, now, leg=leg.id, status=487, reason=refusal.reason) for leg in ringing]
        self._wait.end()
        self.call.finish(by, refusal, happened)
        for leg in ringing:
            if leg.invitation is not None:
                leg.invitation.cancel()
                leg.invitation = None
        if self._picked_up is not None:
            self._picked_up.bye()
        if switch.voice is not None:
            switch.voice.close(self._voice_leg)

    # --- what the mobile says (see Invitation)

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:  # noqa: ARG002 - early sound has no use here
        if leg.invitation is not None and not leg.invitation.ringing:
            leg.invitation.ringing = True
            self.call.switch.write([LegRinging(self.call.id, self.call.switch.clock.now(), leg=leg.id)])

    def leg_failed(self, leg: Leg, status: int) -> None:
        """Busy, declined, not there; or the trunk's own fault, and the next is tried (status 0: a fault of ours)."""
        refusal = refusals.meaning(status) if status else RELAY_DOWN
        now = self.call.switch.clock.now()
        self._refusals.append(refusal)
        self.call.switch.write([LegEnded(self.call.id, now, leg=leg.id, status=status or 503, reason=refusal.reason)])
        line = leg.invitation.line if isinstance(leg.invitation, LineInvitation) else self._line
        if line.otherwise is not None and refusals.passes_on(status) and len(self._legs) < MAX_TRUNKS:
            self._dial(line.otherwise)
        else:
            self._not_there(verdict(self._refusals, refusal))

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """The person picked up."""
        call = self.call
        self._wait.end()
        leg.invitation = None
        call.front = self._picked_up = leg
        call.switch.write([LegAnswered(call.id, call.switch.clock.now(), leg=leg.id, to=leg.party)])
        if sdp:
            call.relay.answer(call.id, leg.id, VOICE, sdp, partial(self._connected, sdp))
        else:
            self.stop("system", NO_SOUND, [])

    def _connected(self, described: bytes, result: bytes | RelayError) -> None:
        """Now dial for the person, who hears us meanwhile."""
        call, leg = self.call, self._picked_up
        if not self._here or leg is None:
            return
        if isinstance(result, RelayError) or call.switch.voice is None:
            self.stop("system", RELAY_DOWN, [])
            return
        guest = call.guest = Guest(call, leg, None, described, agreed(self._local, described))
        call.switch.voice.answered(guest.id, result)
        journey = call.journey = Journey(call, guest, [])
        call.greeted([])
        meant = self._then()
        journey.go(meant.target, "dialled", found=meant.found)

    # --- nobody there

    def _rang_out(self) -> None:
        self._not_there(verdict(self._refusals, NO_ANSWER))

    def _not_there(self, why: Refusal) -> None:
        self.stop("caller", Refusal(why.status, "failed", f"{WHOSE}{why.reason}"), [])
