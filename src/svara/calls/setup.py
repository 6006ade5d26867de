"""The part of a call before anybody talks: which phones ring, who picks up, and what the caller hears when nobody does.

Lives as long as the ringing does, so that a held call carries none of it. Each leg that is offered ends exactly once here,
or is the one that picks up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from svara.calls.events import AnyEvent, CallStarted, EndedBy, LegEnded, LegOffered, LegRinging, Party
from svara.calls.invitation import ELSEWHERE, Invitation
from svara.calls.leg import CALLER, Leg
from svara.calls.route import NO_ANSWER, Line, Plan, Refusal, Step, party
from svara.calls.trunks import refusals
from svara.calls.trunks.line import LineInvitation
from svara.calls.verdict import RELAY_DOWN, ends_the_person, meaning, verdict, words
from svara.clock import Timer
from svara.media.relay import RelayError
from svara.sip.bindings import Binding
from svara.sip.transport import Flow, FlowError

if TYPE_CHECKING:
    from svara.calls.call import Call

MAX_LEGS = 40
"""Phones that one call rings at most, over all its steps."""

NO_SOUND = Refusal(488, "failed", "the phones could not agree on sound")
GAVE_UP = Refusal(487, "abandoned", "caller gave up")


class CallerSide(Protocol):
    """The caller while it waits: a phone whose INVITE came in, or one that the server rang first."""

    @property
    def offer(self) -> bytes:
        """The caller's description; empty when the phone that picks up has to make the offer."""
        ...

    def ringing(self, source: str, sdp: bytes = b"", status: int = 180) -> None: ...

    def answer(self, source: str, sdp: bytes) -> None: ...

    def make_offer(self, sdp: bytes, answered: Callable[[bytes], object]) -> None: ...

    def refuse(self, status: int, reason: str) -> None: ...


class Setup:
    """The ringing of one call."""

    __slots__ = (
        "_early",
        "_legs",
        "_plan",
        "_refusals",
        "_ringing_person",
        "_step",
        "_timer",
        "call",
        "passed",
        "ringing",
        "side",
        "winner",
    )

    def __init__(self, call: Call, side: CallerSide, plan: Plan, passed: list[tuple[str, str]]) -> None:
        """`passed` are headers of the caller's INVITE that the phones may see."""
        self.call = call
        self.side = side
        self.passed = passed
        self.winner: Leg | None = None
        self._plan = plan
        self._step = 0
        self._legs: list[Leg] = []
        self._refusals: list[Refusal] = []
        self._early: Leg | None = None
        self.ringing = False
        """Whether a phone rings now."""
        self._ringing_person: str | None = None
        self._timer: Timer | None = None

    def begin(self, started: CallStarted | None = None) -> None:
        """Ring whom the plan says first; `started` is the call's first event, where it has not been written yet."""
        self._advance([] if started is None else [started])

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """End the ringing without a talk: `happened`, the legs' ends and the call's go into one write, then all are told."""
        now = self.call.switch.clock.now()
        legs = [leg for leg in self._legs if leg is self.winner or not leg.down]
        happened += [LegEnded(self.call.id, now, leg=leg.id, status=487, reason=refusal.reason) for leg in legs]
        if self.call.front is not None and self.call.front.id != CALLER:
            happened.append(LegEnded(self.call.id, now, leg=self.call.front.id, status=200, reason=refusal.reason))
        self._step_over()
        self.call.finish(by, refusal, happened)
        for leg in legs:
            if leg is self.winner:
                if not self.side.offer:
                    leg.acknowledge(1)
                leg.bye()
            else:
                _invited(leg).cancel()
        self.side.refuse(refusal.status, refusal.reason)
        self._forget(self._legs)
        self._legs = []

    # --- one step of the plan after the other

    def _advance(self, happened: list[AnyEvent]) -> None:
        call, plan = self.call, self._plan
        while self._step < len(plan.steps):
            step = plan.steps[self._step]
            self._step += 1
            if isinstance(step, Line):
                self._timer = call.switch.clock.call_later(step.ring_seconds, call.guarded, self._rang_out)
                self._dial(step, happened)
                return
            found = self._phones(step)
            if not found:
                self._refusals.append(meaning(480))
                continue
            now = call.switch.clock.now()
            happened += [LegOffered(call.id, now, leg=leg.id, to=leg.party) for leg, _ in found]
            call.switch.write(happened)
            call.joined(step.person.id)
            self._timer = call.switch.clock.call_later(step.ring_seconds, call.guarded, self._rang_out)
            for leg, binding in found:
                call.switch.reach(binding, partial(self._reached, leg, partial(self._ring, leg, binding)))
            return
        refusal = verdict(self._refusals, plan.refusal)
        self.stop("system" if refusal.outcome in ("failed", "missed") else "callee", refusal, happened)

    def _phones(self, step: Step) -> list[tuple[Leg, Binding]]:
        switch = self.call.switch
        found = []
        for phone in step.phones:
            for binding in switch.registrar.bindings(phone.login):
                if len(self._legs) < MAX_LEGS:
                    to = party(step.person, phone.login)
                    leg = Leg(switch, self.call, f"b{len(self._legs) + 1}", "callee", party=to, tag=switch.new_tag())
                    leg.invitation = Invitation(leg, self)
                    self._legs.append(leg)
                    found.append((leg, binding))
        return found

    def _dial(self, line: Line, happened: list[AnyEvent]) -> None:
        """Ring a number outside by the line's trunk."""
        call = self.call
        leg = Leg(
            call.switch,
            call,
            f"b{len(self._legs) + 1}",
            "callee",
            party=Party(number=line.number),
            tag=call.switch.new_tag(),
        )
        leg.trunk = line.trunk.id
        leg.invitation = invitation = LineInvitation(leg, self, line)
        self._legs.append(leg)
        happened.append(LegOffered(call.id, call.switch.clock.now(), leg=leg.id, to=leg.party))
        call.switch.write(happened)
        invitation.reach(partial(self._reached, leg, invitation.call))

    def _ring(self, leg: Leg, binding: Binding, sdp: bytes) -> None:
        call = self.call
        _invited(leg).send(binding, (call.caller.name, call.caller.number), call.callee.number, self.passed, sdp)

    def _reached(self, leg: Leg, send: Callable[[bytes], None], flow: Flow | FlowError) -> None:
        invitation = leg.invitation
        if invitation is None or not invitation.open:
            return
        if isinstance(flow, FlowError):
            invitation.fail(503)
            return
        leg.use(flow)
        offer, call = self.side.offer, self.call
        if not offer:
            self._described(leg, send, b"")
            return
        call.relay_used = True
        call.relay.offer(
            call.id,
            call.front_id,
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
            self._refusals.append(RELAY_DOWN)
            invitation.fail(0)
            return
        send(result)

    def _rang_out(self) -> None:
        """The step's time is over without an answer."""
        self._timer = None
        now = self.call.switch.clock.now()
        happened: list[AnyEvent] = []
        silent = self._open_legs()
        for leg in silent:
            rang = _invited(leg).ringing
            unreached = refusals.NOT_REACHED if leg.trunk else meaning(408)
            self._refusals.append(NO_ANSWER if rang else unreached)
            reason = "no answer" if rang else words(408)
            happened.append(LegEnded(self.call.id, now, leg=leg.id, status=487 if rang else 408, reason=reason))
        self.call.switch.write(happened)
        for leg in silent:
            _invited(leg).cancel()
        self._step_over()
        self._advance([])

    # --- what the rung phones say (see Invitation)

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:
        """A phone rings, or sends early sound."""
        call, invitation = self.call, _invited(leg)
        if not invitation.ringing:
            invitation.ringing = True
            call.switch.write([LegRinging(call.id, call.switch.clock.now(), leg=leg.id)])
            if not self.ringing:
                self.ringing = True
                self._ringing_person = leg.party.person
                call.switch.news.count(self._ringing_person, ringing=1)
                call.news("ringing")
        if sdp and self.side.offer and self._early in (None, leg):
            self._early = leg
            call.relay.answer(
                call.id, leg.id, call.front_id, sdp, partial(self._early_sound, leg, status), to=call.caller_kind
            )
        else:
            self.side.ringing(leg.id)

    def _early_sound(self, leg: Leg, status: int, result: bytes | RelayError) -> None:
        if self.winner is None and self._timer is not None:
            self.side.ringing(leg.id, b"" if isinstance(result, RelayError) else result, status)

    def leg_failed(self, leg: Leg, status: int) -> None:
        """A phone refused, or could not be reached (status 0: because of us); its leg is closed already."""
        now = self.call.switch.clock.now()
        invitation = leg.invitation
        line = invitation.line if isinstance(invitation, LineInvitation) else None
        reason = RELAY_DOWN.reason if not status else words(status) if line is None else refusals.meaning(status).reason
        happened: list[AnyEvent] = [LegEnded(self.call.id, now, leg=leg.id, status=status or 503, reason=reason)]
        others: list[Leg] = []
        if line is not None and status:
            self._refusals.append(refusals.meaning(status))
            if line.otherwise is not None and refusals.passes_on(status) and len(self._legs) < MAX_LEGS:
                self._dial(line.otherwise, happened)
                return
        elif status:
            self._refusals.append(meaning(status))
            if ends_the_person(status):
                others = self._open_legs()
                happened += [
                    LegEnded(self.call.id, now, leg=one.id, status=487, reason=f"{reason} on another phone")
                    for one in others
                ]
        self.call.switch.write(happened)
        for other in others:
            _invited(other).cancel(("Reason", f"SIP;cause={status}"))
        if not self._open_legs():
            self._step_over()
            self._advance([])

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """A phone picked up: of all phones the first, so the others stop ringing."""
        call = self.call
        self.winner = leg
        self._step_over()
        others = self._open_legs()
        if others:
            now = call.switch.clock.now()
            call.switch.write(
                [LegEnded(call.id, now, leg=one.id, status=487, reason="answered elsewhere") for one in others]
            )
            for other in others:
                _invited(other).cancel(ELSEWHERE)
        self._forget([one for one in self._legs if one is not leg])
        self._legs = [leg]
        if not sdp:
            self.stop("system", NO_SOUND, [])
        elif self.side.offer:
            call.relay.answer(call.id, leg.id, call.front_id, sdp, self._connected, to=call.caller_kind)
        else:
            call.relay_used = True
            call.relay.offer(
                call.id,
                leg.id,
                call.front_id,
                sdp,
                self._connected,
                to=call.caller_kind,
                from_address=leg.address,
                to_address=call.front.address if call.front is not None else None,
            )

    def _connected(self, result: bytes | RelayError) -> None:
        """The relay has what the caller's phone must get."""
        call, leg = self.call, self.winner
        if leg is None or call.setup is not self:
            return
        if isinstance(result, RelayError):
            self.stop("system", RELAY_DOWN, [])
            return
        side = self.side
        leg.invitation = None
        self._legs = []
        call.talk(leg)
        if side.offer:
            side.answer(leg.id, result)
        else:
            side.make_offer(result, call.caller_described)

    # --- small things

    def _step_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.ringing = False
        if self._ringing_person is not None:
            self.call.switch.news.count(self._ringing_person, ringing=-1)
            self._ringing_person = None

    def _forget(self, legs: list[Leg]) -> None:
        """These legs take no part any more; what their phones still send is only acknowledged."""
        for leg in legs:
            leg.invitation = None

    def _open_legs(self) -> list[Leg]:
        return [leg for leg in self._legs if leg.invitation is not None and leg.invitation.open]


def _invited(leg: Leg) -> Invitation:
    assert leg.invitation is not None  # noqa: S101 - only legs that ring are asked
    return leg.invitation
