"""The stop at which phones ring: which ones, who picks up, and what the caller hears when nobody does.

Lives as long as the ringing does, so that a held call carries none of it. Each leg that is offered ends exactly once here,
or is the one that picks up. A plan's steps ring one after the other; what stands beside them (find-me, all agents of a
queue) rings in tracks of its own, and the first that picks up wins over all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, EndedBy, LegEnded, LegRinging
from svara.calls.leg import Leg
from svara.calls.ringing.invitation import ELSEWHERE
from svara.calls.ringing.phones import MAX_LEGS, invited
from svara.calls.ringing.rounds import Rounds
from svara.calls.ringing.tracks import Track, open_legs
from svara.calls.routing.route import NO_ANSWER, Line, Plan, Refusal, Step
from svara.calls.routing.verdict import RELAY_DOWN, ends_the_person, meaning, verdict, words
from svara.calls.trunks import refusals
from svara.calls.trunks.line import LineInvitation
from svara.clock import Timer
from svara.media.relay import RelayError

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.stops import CallerSide, Owner


NO_SOUND = Refusal(488, "failed", "the phones could not agree on sound")
GAVE_UP = Refusal(487, "abandoned", "caller gave up")


class Setup(Rounds):
    """The ringing of one call, or of one part of its way."""

    __slots__ = ("_early", "_kept", "_plan", "_refusals", "_settled", "_waiting")

    def __init__(
        self, call: Call, side: CallerSide, plan: Plan, passed: list[tuple[str, str]], owner: Owner | None = None
    ) -> None:
        """`passed` are headers of the caller's INVITE that phones may see; `owner` keeps the call when nobody picks up."""
        super().__init__(call, side, passed, owner)
        self._plan = plan
        self._late = plan.late
        self._waiting: list[tuple[Timer, Track]] = []
        """Tracks whose time has not come."""
        self._refusals: list[Refusal] = []
        self._early: Leg | None = None
        self._settled = b""
        self._kept = False

    kept = b""

    def begin(self, happened: list[AnyEvent]) -> None:
        """Ring whom the plan says first."""
        first = Track(self._plan.steps)
        self._tracks.append(first)
        for also in sorted(self._plan.also, key=attrgetter("after_seconds")):
            track = Track(also.steps)
            if also.after_seconds > 0:
                later = self.call.switch.clock.call_later(also.after_seconds, self.call.guarded, self._due, track)
                self._waiting.append((later, track))
            else:
                self._tracks.append(track)
        late = self._plan.late
        if late is not None:
            self._expect(late.person.id)
        self._advance(list(self._tracks), happened)

    @property
    def ringing(self) -> bool:
        """Whether a phone rings now."""
        return bool(self._ringers)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """End the ringing without a talk: `happened`, the legs' ends and the call's go into one write, then all are told."""
        legs = self._ending(refusal.reason, happened)
        self.call.finish(by, refusal, happened)
        self._tell(legs)
        self.side.refuse(refusal.status, refusal.reason)

    @property
    def plan(self) -> Plan:
        """What is rung."""
        return self._plan

    def _plan_ends(self) -> float:
        return self._plan.until

    @property
    def is_free(self) -> bool:
        """Nobody has picked up, and the call is nobody's who offers it to somebody."""
        return self._owner is None and self.winner is None and not self._over

    @property
    def rings(self) -> list[Leg]:
        """The phones that ring now."""
        return [leg for leg in open_legs(self._legs) if invited(leg).ringing]

    def withdraw(self, reason: str, told: tuple[str, str] | None = None) -> None:
        """Stop ringing; the call goes on elsewhere. The phones are `told` it by a header."""
        happened: list[AnyEvent] = []
        legs = self._ending(reason, happened)
        self.call.switch.write(happened)
        self._tell(legs, told)
        self.winner = None
        self._free()

    def release(self, person: str, reason: str) -> None:
        """One person of several is not to be rung any more; the others' phones go on ringing."""
        now = self.call.switch.clock.now()
        for track in [one for one in self._tracks if isinstance(one.steps[0], Step) and one.steps[0].person.id == person]:
            legs = track.open
            self.call.switch.write([LegEnded(self.call.id, now, leg=leg.id, status=487, reason=reason) for leg in legs])
            for leg in legs:
                invited(leg).cancel()
            self._done(track)
            self._tracks.remove(track)

    def _ending(self, reason: str, happened: list[AnyEvent]) -> list[Leg]:
        now = self.call.switch.clock.now()
        legs = [leg for leg in self._legs if leg is self.winner or not leg.down]
        happened += [LegEnded(self.call.id, now, leg=leg.id, status=487, reason=reason) for leg in legs]
        self._quiet()
        return legs

    # --- one step of a track after the other

    def _due(self, track: Track) -> None:
        """The time of a track has come."""
        self._waiting = [one for one in self._waiting if one[1] is not track]
        self._tracks.append(track)
        self._advance([track], [])

    def _advance(self, tracks: list[Track], happened: list[AnyEvent]) -> None:
        """Ring the next step of each; `happened` and what happens with it goes into one write, before a phone is told."""
        found = [(track, self._next(track, happened)) for track in tracks]
        if happened and any(rings for _, rings in found):
            self._write(happened)
            happened = []
        for _, rings in found:
            for ring in rings:
                ring()
        for track, rings in found:
            if not rings and not self._over and self.winner is None:
                self._exhausted(track, happened)
                happened = []

    def _write(self, happened: list[AnyEvent]) -> None:
        """... with it, once, who waits here, as long as nobody answered them: their phone goes on ringing out too, should
        the server be killed."""
        call = self.call
        if self._kept or call.front is None or call.front.incoming is not self.side:
            call.switch.write(happened)
        else:
            self._kept = True
            call.save(*happened)

    def _next(self, track: Track, happened: list[AnyEvent]) -> list[Callable[[], object]]:
        """The next step of the track that can be rung, and how; nothing when there is none."""
        call = self.call
        while track.next < len(track.steps):
            step = track.steps[track.next]
            track.next += 1
            if isinstance(step, Line):
                rings = self._lines(track, step, happened)
            else:
                rings = self._phones(track, step, happened)
                if step.wakes:
                    rings.append(partial(self._wake, track, step))
            if rings:
                track.until = call.switch.clock.monotonic() + step.ring_seconds
                self._wait(track, step.ring_seconds)
                if isinstance(step, Step):
                    self._expect(step.person.id)
                return rings
            self._refused(track, meaning(480))
        return []

    def _exhausted(self, track: Track, happened: list[AnyEvent]) -> None:
        """All steps of the track have rung in vain."""
        call = self.call
        self._tracks.remove(track)
        if self._owner is not None and isinstance(step := track.steps[-1], Step):
            self._owner.passed(step.person.id, verdict(track.refusals, NO_ANSWER))
        if not self._tracks and self._waiting:
            timer, soonest = self._waiting.pop(0)  # nothing else rings: no reason to wait
            timer.cancel()
            self._tracks.append(soonest)
            self._advance([soonest], happened)
        elif not self._tracks:
            self._nobody(happened)
        elif happened:
            call.switch.write(happened)

    def _track_of(self, leg: Leg) -> Track | None:
        return next((one for one in self._tracks if leg in one.legs), None)

    def _refused(self, track: Track | None, refusal: Refusal) -> None:
        self._refusals.append(refusal)
        if track is not None:
            track.refusals.append(refusal)

    def _nobody(self, happened: list[AnyEvent]) -> None:
        """Nothing is left to ring."""
        call, plan = self.call, self._plan
        refusal = verdict(self._refusals, plan.refusal)
        if self._owner is not None:
            self._quiet()
            if happened:
                call.switch.write(happened)
            self._free()
            self._owner.nobody(refusal)
        elif plan.onward is None and call.journey is None:
            self.stop("system" if refusal.outcome in ("failed", "missed") else "callee", refusal, happened)
        else:
            self._quiet()
            self._free()
            call.travels(self.side, self.passed, plan).nobody(refusal, plan.onward, happened)

    def _rang_out(self, track: Track) -> None:
        """The step's time is over without an answer."""
        step = track.step
        self._done(track)
        now = self.call.switch.clock.now()
        happened: list[AnyEvent] = []
        silent = track.open
        for leg in silent:
            rang = invited(leg).ringing
            unreached = refusals.NOT_REACHED if leg.trunk else meaning(408)
            self._refused(track, NO_ANSWER if rang else unreached)
            reason = "no answer" if rang else words(408)
            happened.append(LegEnded(self.call.id, now, leg=leg.id, status=487 if rang else 408, reason=reason))
        if not silent or (step is not None and step.wakes):
            self._refused(track, NO_ANSWER)
        self.call.switch.write(happened)
        for leg in silent:
            invited(leg).cancel()
        self._advance([track], [])

    # --- what the rung phones say (see Invitation)

    def leg_ringing(self, leg: Leg, sdp: bytes, status: int) -> None:
        """A phone rings, or sends early sound."""
        call, invitation = self.call, invited(leg)
        if not invitation.ringing:
            invitation.ringing = True
            call.switch.write([LegRinging(call.id, call.switch.clock.now(), leg=leg.id)])
            track = self._track_of(leg)
            self._ringers.add(leg, self._wall(track) if track is not None else 0.0)
        if sdp and self.side.offer and self.side.takes_early and self._early in (None, leg):
            self._early = leg
            call.relay.answer(
                call.id, leg.id, call.front_id, sdp, partial(self._early_sound, leg, status), to=call.caller_kind
            )
        else:
            self.side.ringing(leg.id)

    def _early_sound(self, leg: Leg, status: int, result: bytes | RelayError) -> None:
        if self.winner is None and not self._over:
            self.side.ringing(leg.id, b"" if isinstance(result, RelayError) else result, status)

    def leg_failed(self, leg: Leg, status: int) -> None:
        """A phone refused, or could not be reached (status 0: because of us); its leg is closed already."""
        now = self.call.switch.clock.now()
        invitation = leg.invitation
        line = invitation.line if isinstance(invitation, LineInvitation) else None
        reason = RELAY_DOWN.reason if not status else words(status) if line is None else refusals.meaning(status).reason
        happened: list[AnyEvent] = [LegEnded(self.call.id, now, leg=leg.id, status=status or 503, reason=reason)]
        others: list[Leg] = []
        track = self._track_of(leg)
        if line is not None and status:
            self._refused(track, refusals.meaning(status))
            if track is not None and line.otherwise is not None and self._next_trunk(status):
                rings = self._lines(track, line.otherwise, happened)
                self.call.switch.write(happened)
                for ring in rings:
                    ring()
                return
        elif status:
            self._refused(track, meaning(status))
            if ends_the_person(status):
                others = [one for one in open_legs(self._legs) if self._speaks_for(leg, one)]
                happened += [
                    LegEnded(self.call.id, now, leg=one.id, status=487, reason=f"{reason} on another phone")
                    for one in others
                ]
                if self._is_callee(leg):
                    self._no_more()
        self.call.switch.write(happened)
        for other in others:
            invited(other).cancel(("Reason", f"SIP;cause={status}"))
        concerned = [track] if track is not None else []
        if others:
            concerned = [one for one in self._tracks if one is track or any(leg in others for leg in one.legs)]
        for one in concerned:
            if not one.open and not self._over and not (status and self._waits(one)):
                self._done(one)
                self._advance([one], [])

    def no_way(self, leg: Leg, refusal: Refusal) -> None:
        """A leg could not be tried, because of us."""
        self._refused(self._track_of(leg), refusal)

    def _next_trunk(self, status: int) -> bool:
        return refusals.passes_on(status) and self.call.legs_rung < MAX_LEGS

    def _is_callee(self, leg: Leg) -> bool:
        return self._plan.callee is not None and leg.party.person == self._plan.callee.id

    def _speaks_for(self, leg: Leg, other: Leg) -> bool:
        """Whether what `leg` said in the name of its person also ends the ringing of `other`."""
        return leg.party.person == other.party.person or self._is_callee(leg)

    def _no_more(self) -> None:
        """The person who is called declined: what would ring beside does not any more."""
        for timer, _ in self._waiting:
            timer.cancel()
        self._waiting = []
        for track in self._tracks:
            track.next = len(track.steps)

    def leg_answered(self, leg: Leg, sdp: bytes) -> None:
        """A phone picked up: of all phones the first, so the others stop ringing."""
        call = self.call
        self.winner = leg
        leg.described, leg.gave = sdp, not leg.told
        self._quiet()
        others = open_legs(self._legs)
        if others:
            now = call.switch.clock.now()
            call.switch.write(
                [LegEnded(call.id, now, leg=one.id, status=487, reason="answered elsewhere") for one in others]
            )
            for other in others:
                invited(other).cancel(ELSEWHERE)
        self._forget([one for one in self._legs if one is not leg])
        self._legs = [leg]
        if not sdp:
            self._no_talk(NO_SOUND)
        elif self._offer(leg):
            if not self.side.offer:
                self._settled = sdp
            call.relay.answer(call.id, leg.id, invited(leg).for_leg, sdp, self._connected, to=call.caller_kind)
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
        if leg is None or leg.call.state != "setup" or leg not in self._legs:
            return
        if isinstance(result, RelayError):
            self._no_talk(RELAY_DOWN)
            return
        side = self.side
        leg.invitation = None
        self._legs = []
        call.talk(leg, [] if self._owner is None else self._owner.picked_up(leg))
        self._free()
        if self._settled:
            side.settle(self._settled)
        elif side.offer:
            side.answer(leg.id, result)
        else:
            side.make_offer(result, call.caller_described)

    def _no_talk(self, refusal: Refusal) -> None:
        """Somebody picked up in vain."""
        if self._owner is None:
            self.stop("system", refusal, [])
        else:
            self.withdraw(refusal.reason)
            self._owner.nobody(refusal)

    # --- small things

    def _quiet(self) -> None:
        """Nothing rings any more, and nothing will."""
        self._over = True
        for track in self._tracks:
            track.over()
        for timer, _ in self._waiting:
            timer.cancel()
        self._waiting = []
        self._nobody_rung()
