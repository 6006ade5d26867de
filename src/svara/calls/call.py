"""One call: who talks to whom, how it began and how it ended.

A synchronous state machine without a task or a thread of its own. Guarantees: exactly one `CallStarted` and one `CallEnded`;
what happened is in the journal before a phone is told; when the call is over, no timer, dialog or relay session of it is
left; a mistake of ours ends this call and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Literal

from svara import log
from svara.calls import midcall, saved
from svara.calls.closing import Closing
from svara.calls.commands import LiveCall, LiveSupervisor
from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallFigures,
    CallGreeted,
    CallStarted,
    Direction,
    EndedBy,
    LegAnswered,
    LegEnded,
    Party,
)
from svara.calls.journey import Journey
from svara.calls.leg import CALLER, Leg, is_callers
from svara.calls.moves import keys
from svara.calls.moves.movable import Movable
from svara.calls.ringing.setup import GAVE_UP, NO_SOUND, Setup
from svara.calls.routing.route import Plan, Refusal
from svara.calls.silence import watch_guest
from svara.calls.standing import standing
from svara.calls.stops import CallerSide, Stop
from svara.calls.talks import music, telling
from svara.media.relay import Kind, Relay, RelayError
from svara.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from svara.calls.exchange import Exchange
    from svara.calls.guest import Guest
    from svara.calls.recorder import Recorder
    from svara.calls.switch import Switch
    from svara.calls.talks.room import Room
    from svara.calls.talks.supervision import Supervision

BROKEN = Refusal(500, "failed", "internal error")

ANSWERING = frozenset({"mailbox", "conference", "test", "code"})
"""Where the system itself is the other side: in the record such a call was answered (`svara.calls.stops.served`)."""

State = Literal["setup", "talking", "ended"]

_logger = log.get("calls.call")


class Call(Movable):
    """See the module. `front` is the caller's leg; `back` the leg that picked up."""

    __slots__ = (
        "answered_at",
        "back",
        "callee",
        "caller",
        "consent",
        "dialled",
        "direction",
        "ended",
        "exchange",
        "front",
        "greeted_at",
        "guest",
        "held_by",
        "id",
        "journey",
        "legs_before",
        "legs_rung",
        "nameless",
        "people",
        "picked_up",
        "queue",
        "recorder",
        "relay",
        "relay_used",
        "rings",
        "room",
        "setup",
        "started_at",
        "state",
        "supervision",
        "supervisors",
        "switch",
        "tape",
        "tape_of_number",
        "tenant",
    )

    def __init__(  # noqa: PLR0915 - a table of what a call has
        self, switch: Switch, call_id: str, *, tenant: str, caller: Party, dialled: str, callee: Party, relay: Relay
    ) -> None:
        super().__init__()
        self.switch = switch
        self.id = call_id
        self.tenant = tenant
        self.direction: Direction = "internal"
        self.caller = caller
        self.dialled = dialled
        self.callee = callee
        self.relay = relay
        self.relay_used = False
        self.people: tuple[str, ...] = ()
        self.nameless = False
        """A phone that was rung asked for privacy: the caller is not told who is called."""
        self.rings: dict[str, float] = {}
        """Who is rung just now (see `LiveCall.rings`)."""
        self.started_at = switch.clock.now()
        self.answered_at: float | None = None
        self.greeted_at: float | None = None
        """When the system itself answered."""
        self.state: State = "setup"
        self.setup: Stop | None = None
        """Where the call is as long as nobody talks."""
        self.journey: Journey | None = None
        """How it goes on from there, where that is not simply the end."""
        self.guest: Guest | None = None
        """The caller, while the system itself has answered."""
        self.queue = ""
        """Id of the queue out of which the callee took the call."""
        self.picked_up: Callable[[], object] | None = None
        """Who wants to know when two people talk."""
        self.ended: Callable[[], object] | None = None
        """Who wants to know when the call is over."""
        self.consent: bool | None = None
        """Whether the caller was told of a recording, and agreed where that is asked; None: not told."""
        self.tape = ""
        """Whose rule wants the talk recorded (see `CallRecorded.why`); empty: nobody's."""
        self.tape_of_number = ""
        """The same, of the public number that was called."""
        self.recorder: Recorder | None = None
        self.room: Room | None = None
        """Where others are in the talk too, or were asked to come (see `svara.calls.talks.room`)."""
        self.supervisors: tuple[LiveSupervisor, ...] = ()
        """Who is in the room with the two, and both know it."""
        self.supervision: Supervision | None = None
        """The caller takes part in another call's talk as a supervisor."""
        self.legs_rung = self.legs_before = 0
        """Before a restart of the server so many may have rung already: theirs are other ids."""
        self.front: Leg | None = None
        self.back: Leg | None = None
        self.exchange: Exchange | None = None
        """An offer on its way from one phone to the other, in the talk."""
        self.held_by: tuple[EndedBy, ...] = ()
        for one in (caller, callee):
            if one.person:
                self.joined(one.person)

    def begin(self, side: CallerSide, plan: Plan, passed: list[tuple[str, str]]) -> None:
        """Ring whom the plan says."""
        self.start(Setup(self, side, plan, passed))

    def start(self, stop: Stop) -> None:
        """The first event, and the first stop."""
        happened = self.open()
        self.setup = stop
        stop.begin(happened)

    def open(self) -> list[AnyEvent]:
        """The call uses resources from here on; gives its first event, which is the next to be written."""
        self.switch.opened(self)
        self.switch.counters.calls_started_total += 1
        self.news("started")
        return [self.started_event()]

    def travels(self, side: CallerSide, passed: list[tuple[str, str]], plan: Plan) -> Journey:
        """The call's way, which begins here where the call was simply put through by `plan` up to now."""
        if self.journey is None:
            self.journey = Journey(self, side, passed)
            if plan.callee is not None:
                self.journey.way = (f"person:{plan.callee.username}",)
        return self.journey

    def started_event(self) -> CallStarted:
        """The first event of this call."""
        return CallStarted(
            self.id,
            self.started_at,
            tenant=self.tenant,
            direction=self.direction,
            caller=self.caller,
            dialled=self.dialled,
            callee=self.callee if self.callee.person or self.callee.name or self.direction == "outbound" else None,
            supervises=self.supervision.talk if self.supervision is not None else "",
        )

    def talk(self, leg: Leg, happened: Sequence[AnyEvent] = ()) -> None:
        """`leg` picked up; the two are connected from here on. `happened` is written with it."""
        switch = self.switch
        now = switch.clock.now()
        greeted = self.state == "talking" or (self.guest is not None and self.guest.connected)
        self.state = "talking"
        self.setup = None
        self.back = leg
        self.callee = leg.party
        if self.answered_at is None:
            switch.counters.calls_answered_total += 1
        self.answered_at = now
        self.journey = self.guest = None
        move, self.move = self.move, None
        self.save(LegAnswered(self.id, now, leg=leg.id, to=leg.party), *happened)
        if not greeted:
            switch.news.count(self.caller.person, talking=1)
        switch.news.count(leg.party.person, talking=1)
        self.news("answered")
        self.relay.watch(self.id, (self.front_id, leg.id))
        picked_up, self.picked_up = self.picked_up, None
        if picked_up is not None:
            picked_up()
        if move is not None:
            move.reached()
        telling.begin(self)
        keys.begin(self)

    # --- a delayed offer: the caller's phone answers only now

    def caller_described(self, sdp: bytes) -> None:
        """The caller's answer to the offer of the phone that picked up; b"" when it gave none."""
        if self.state != "talking" or self.back is None:
            return
        if sdp:
            if self.front is not None:
                self.front.described = sdp
            self.relay.answer(self.id, self.front_id, self.back.id, sdp, self._callee_described, to=self.back.kind)
        else:
            self._callee_described(RelayError("no description"))

    def _callee_described(self, result: bytes | RelayError) -> None:
        if self.state != "talking" or self.back is None:
            return
        if isinstance(result, RelayError):
            self.back.acknowledge(1)
            self.end("system", NO_SOUND.reason)
        else:
            self.back.told = result
            self.back.acknowledge(1, result)

    def agreed(self) -> None:
        """A change of the sound came about: who is on hold hears music."""
        if self.held_for not in self.held_by:
            self.held_for = None
        if self.held_by or self.music is not None:
            music.look(self)

    # --- the end

    def caller_gave_up(self) -> None:
        """CANCEL, or a hang-up before anybody answered."""
        if self.setup is not None:
            self.setup.stop("caller", GAVE_UP, [])

    def caller_unconfirmed(self) -> None:
        """No ACK came for 32 seconds: nobody hears anybody there."""
        self.end("system", "the caller's phone did not confirm the answer")

    def finish(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent], *, passing: bool = False) -> None:
        """The set-up is over without a talk (see Setup.stop); `passing`: see CallEnded."""
        self.state = "ended"
        self.setup = None
        now = self.switch.clock.now()
        happened += self.switch.left.ended(self.id)
        if self.front is not None and not is_callers(self.front.id):
            happened.append(LegEnded(self.id, now, leg=self.front.id, status=200, reason=refusal.reason))
        if self.guest is not None and self.guest.connected:
            self.switch.news.count(self.caller.person, talking=-1)
        if self.switch.when_free is not None:
            self.switch.when_free.unreached(self, refusal)
        ended = CallEnded(self.id, now, outcome=refusal.outcome, by=by, end_reason=refusal.reason, passing=passing)
        self.switch.write([*happened, ended])
        if self.relay_used:
            self.relay.delete(self.id)
        self._left()

    def end(self, by: EndedBy, reason: str, headers: Sequence[tuple[str, str]] = (), *, keeps: Leg | None = None) -> None:
        """End the call in whatever state: `by` hung up, or the system ends it for `reason`. The phone of a talk that it
        `keeps` is not hung up: it goes on in another call."""
        if self.setup is not None:
            self.setup.stop(by, Refusal(480, "failed", reason), [])
        if self.state != "talking":
            return
        if self.room is not None:
            self.room.over()
        self.state = "ended"
        switch = self.switch
        now = switch.clock.now()
        happened: list[AnyEvent] = [*switch.left.ended(self.id)]
        happened += [
            LegEnded(self.id, now, leg=leg.id, status=200, reason=reason)
            for leg in (self.front, self.back)
            if leg is not None and not is_callers(leg.id)
        ]
        happened += (
            CallFigures(self.id, now, side=leg.side, **asdict(leg.counted))
            for leg in (self.front, self.back)
            if leg is not None and leg.counted is not None
        )
        ended = CallEnded(self.id, now, outcome="answered", by=by, end_reason=reason)
        closing = Closing(switch, happened, ended, self.front_id)
        switch.closing.add(closing)
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            self.relay.delete(self.id, closing.measured)  # who measures nothing tells so at once: one write less
            closing.write()
        else:
            closing.write()
            recorder.stop(partial(self.relay.delete, self.id, closing.measured))
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.abandon()
        for leg in (self.front, self.back):
            if leg is not None and leg is not keeps and not leg.down:
                leg.hang_up(headers)
        switch.news.count(self.caller.person, talking=-1)
        if self.back is not None:
            switch.news.count(self.back.party.person, talking=-1)
        self._left()

    def _left(self) -> None:
        self.switch.counters.calls_ended_total += 1
        self.switch.closed(self)
        self.news("ended")
        self.moved_to_the_end()
        # No circle of references is left: memory is free without a collector.
        self.front = self.back = self.journey = self.guest = self.room = None
        ended, self.ended, self.picked_up = self.ended, None, None
        if ended is not None:
            ended()

    def crashed(self) -> None:
        """A mistake of ours costs this call and no other."""
        self.switch.counters.calls_crashed_total += 1
        try:
            self.end("system", BROKEN.reason)
        except Exception:
            _logger.exception("ending a call that failed also failed")
            self.switch.closed(self)

    def guarded(self, callback: Callable[..., object], *args: object) -> None:
        """Run a timer's callback of this call."""
        try:
            callback(*args)
        except Exception:
            _logger.exception("a call failed")
            self.crashed()

    # --- during the talk (see midcall)

    def in_dialog(self, leg: Leg, transaction: ServerTransaction) -> None:
        """A request within the dialog of one of the legs."""
        if leg.keeper is not None:
            leg.keeper.in_dialog(transaction)
        else:
            midcall.handle(self, leg, transaction)

    def other(self, leg: Leg) -> Leg | None:
        """The leg on the other side of the talk."""
        if self.state != "talking":
            return None
        return self.back if leg is self.front else self.front if leg is self.back else None

    def look_at_timers(self, now: float) -> None:
        """Called every few seconds: refresh sessions that are ours to refresh, end those that nobody refreshed."""
        if self.state == "talking" or (self.guest is not None and self.guest.connected):
            self.guarded(midcall.look_at_timers, self, now)

    # --- what others see

    def greeted(self, happened: list[AnyEvent]) -> None:
        """The system itself answers the caller, whose sound is connected."""
        self.switch.news.count(self.caller.person, talking=1)
        self.greeted_at = self.switch.clock.now()
        self.save(*happened, CallGreeted(self.id, self.greeted_at))
        self.news("waiting")
        watch_guest(self)

    def save(self, *happened: AnyEvent) -> None:
        """To the journal, with the state from which a restarted server takes the call up."""
        self.switch.write(happened, self.id, saved.encode(self))

    def news(self, topic: str) -> None:
        """Tell the other rooms."""
        self.switch.news.call(topic, self.id, self.live)
        self.switch.lamps.lines.call(self)

    def live(self) -> LiveCall:
        """The call as others see it now."""
        state: Literal["started", "ringing", "answered", "held", "ended"]
        at = standing(self)
        answered_at = at.since if at is not None and at.kind in ANSWERING else self.answered_at
        if self.state == "ended":
            state = "ended"
        elif self.state == "talking":
            state = "held" if self.held_by else "answered"
        else:
            ringing = self.setup is not None and self.setup.ringing
            state = "ringing" if ringing else "started" if answered_at is None else "answered"
        return LiveCall(
            id=self.id,
            tenant=self.tenant,
            direction=self.direction,
            state=state,
            caller=self.caller,
            callee=self.callee,
            started_at=self.started_at,
            answered_at=answered_at,
            people=self.people,
            rings=self.rings,
            queue=self.queue,
            supervisors=self.supervisors,
            supervises=self.supervision.talk if self.supervision is not None else "",
            recording=self._recording,
            at=at,
        )

    @property
    def _recording(self) -> Literal["", "on", "paused"]:
        recorder = self.recorder
        if recorder is None or not (recorder.file or recorder.paused_by_hand):
            return ""
        return "paused" if recorder.paused_by_hand else "on"

    def joined(self, person: str) -> None:
        """This person's phones ring, or the person takes part."""
        if person not in self.people:
            self.people = (*self.people, person)

    @property
    def front_id(self) -> str:
        """The leg id of the caller's phone."""
        return CALLER if self.front is None else self.front.id

    @property
    def caller_kind(self) -> Kind:
        return "rtp" if self.front is None else self.front.kind
