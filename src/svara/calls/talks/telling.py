"""What both sides of a talk learn of its recording, once they talk.

Who calls in was told before anybody was rung (`svara.calls.stops.announce`); the colleague hears a tone at the beginning of
each such talk, and the words in the first of a day. Whoever is called outside is told when they have picked up, or is asked,
and nothing is recorded before. Guarantees: a talk outside is recorded only after the words were heard to their end (and the
key was pressed, where the company asks); calls for help never are, nor talks of people who objected. The same holds for two
who were put together by a transfer, of whom one was not told yet.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from svara import log
from svara.calls.events import RecordingAnswered
from svara.calls.recorder import Recorder
from svara.calls.stops.announce import AGREED, ANSWER_SECONDS
from svara.calls.talks.objecting import may_record
from svara.calls.talks.room import Room, room_of
from svara.calls.talks.supervision import language_for
from svara.calls.trunks.numbers import emergency
from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Item, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from svara.calls.call import Call
    from svara.calls.leg import Leg
    from svara.calls.talks.seat import Seat
    from svara.people.office import Tenant

RECORD_AFTER_SECONDS = 0.3
"""A recording begins so long after somebody picked up: the phones have agreed on their sound by then."""

_logger = log.get("calls.telling")


def begin(call: Call) -> None:
    """Somebody picked up, or two were put together: what is to be recorded is, and who has to know of it learns it."""
    clock = call.switch.clock
    put_together = call.agreeing
    why = rejoined_tape(call) if put_together else call.tape
    if why and not may_record(call):
        why = ""
    told = call.consent if put_together else True  # else the caller was told before anybody was rung
    if call.tape != (why if told else ""):
        call.tape = why if told else ""
        call.save()
    if call.tape:
        call.recorder = Recorder(call, call.tape)
        clock.call_later(RECORD_AFTER_SECONDS, call.guarded, _record, call, call.recorder)
    elif why and told is None:
        clock.call_later(RECORD_AFTER_SECONDS, call.guarded, Asking(call, why, "caller").begin)
    elif why := outward_tape(call):
        clock.call_later(RECORD_AFTER_SECONDS, call.guarded, Asking(call, why, "callee").begin)


def _record(call: Call, recorder: Recorder) -> None:
    if call.recorder is not recorder or call.state != "talking":
        return
    if call.agreeing:  # what is led anew would part who listens
        call.switch.clock.call_later(RECORD_AFTER_SECONDS, call.guarded, _record, call, recorder)
        return
    recorder.start()
    Colleague(call).begin()


def rejoined_tape(call: Call) -> str:
    """Whose rule wants the talk recorded of two who were put together, as `CallRecorded.why`; "" for nobody's. It is that of
    who takes the call, as if they had been called; two who talk again are recorded as before."""
    tenant, back = call.switch.office.by_tenant_id.get(call.tenant), call.back
    person = tenant.by_id.get(back.party.person or "") if tenant is not None and back is not None else None
    if person is None:
        return ""
    before, why = call.taped_with
    if why and before == person.id:
        return why
    return f"person:{person.id}" if person.record else call.tape_of_number


def outward_tape(call: Call) -> str:
    """Whose rule wants a talk recorded that goes out of the house, as `CallRecorded.why`; "" for nobody's."""
    tenant, back = call.switch.office.by_tenant_id.get(call.tenant), call.back
    if not (call.direction == "outbound" or call.goes_out) or tenant is None or back is None or not back.trunk:
        return ""
    if emergency(back.party.number, tenant.country) or not may_record(call):
        return ""
    queue, person = tenant.queue_by_id.get(call.queue), tenant.by_id.get(call.caller.person or "")
    if queue is not None and queue.record:
        return f"queue:{queue.id}"
    if person is None:
        return ""
    if person.record:
        return f"person:{person.id}"
    shown = tenant.number_by_e164.get(person.shows)
    return f"number:{shown.number}" if shown is not None and shown.record else ""


class Colleague:
    """The recording of a talk has begun, and the caller knows: the colleague who picked up is told."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._room: Room | None = None

    def begin(self) -> None:
        """Tell whoever of the house picked up."""
        if self._call.back is not None and self._call.back.party.person:
            self._room = room_of(self._call)
            self._room.use(self)

    def entered(self) -> None:
        """Both are in the room; the caller hears nothing of it."""
        call, room = self._call, self._room
        if room is not None and call.back is not None:
            room.say({room.seat(call.back): self._words(call.back)}, self._told)

    def room_lost(self, reason: str) -> None:
        """Then they see it on the page, and hear it the next time."""

    def _words(self, leg: Leg) -> Sequence[Item]:
        switch, tenant, person = self._call.switch, _tenant(self._call), leg.party.person or ""
        today = _day(switch.clock.now(), tenant)
        if switch.told_of_recording.get(person) == today:
            return (Tone("beep"),)
        switch.told_of_recording[person] = today
        return (Tone("beep"), *phrase("recorded", language_for(tenant, leg.party)))

    def _told(self, _heard: bool) -> None:
        if self._room is not None:
            self._room.release(self)


class Asking:
    """The two talk already, and one of them has to be told, or asked, before the talk is recorded: somebody outside who was
    called, or who was put together with a colleague whose talks are recorded."""

    def __init__(self, call: Call, why: str, whom: Literal["caller", "callee"]) -> None:
        self._call = call
        self._why = why
        self._whom: Literal["caller", "callee"] = whom
        self._talk = call.moves
        self._room: Room | None = None
        self._wait = Wait(call)

    def begin(self) -> None:
        """Take both to where they can be told."""
        call, tenant = self._call, _tenant(self._call)
        legs = [leg for leg in (call.front, call.back) if leg is not None]
        said = {sound.file for leg in legs for sound in phrase(self._question, language_for(tenant, leg.party))}
        if call.state != "talking" or call.moves != self._talk:
            return
        if all(map(call.switch.has_sound, said)):
            self._room = room_of(call)
            self._room.use(self)
        else:
            self.room_lost("no local voice is installed")

    @property
    def _asks(self) -> bool:
        tenant = _tenant(self._call)
        return tenant is not None and tenant.recording_rule == "consent"

    @property
    def _question(self) -> PhraseKey:
        return "recorded-consent" if self._asks else "recorded"

    def entered(self) -> None:
        """Both hear it, so that the one who called knows what the other hears."""
        if self._asks and (seat := self._asked_one) is not None:
            seat.on_key = self._pressed
        self._say(self._question, self._asked if self._asks else self._decided)

    def room_lost(self, reason: str) -> None:
        """Nobody was told: nothing is recorded."""
        self._wait.end()
        self._room = None
        if self._call.state == "talking" and self._call.recorder is None:
            _logger.warning("a talk is not recorded, since nobody could be told", call=self._call.id, reason=reason)

    @property
    def _asked_one(self) -> Seat | None:
        leg = self._call.back if self._whom == "callee" else self._call.front
        return self._room.seat(leg) if self._room is not None and leg is not None else None

    def _say(self, words: PhraseKey, done: Callable[[bool], object]) -> None:
        room, tenant = self._room, _tenant(self._call)
        if room is not None:
            said = {seat: phrase(words, language_for(tenant, seat.leg.party)) for seat in room.seats}
            room.say(said, done)

    def _asked(self, _heard: bool) -> None:
        if self._room is not None and (seat := self._asked_one) is not None and seat.on_key is not None:
            self._wait.begin(ANSWER_SECONDS, self._pressed, "")

    def _pressed(self, key: str) -> None:
        seat = self._asked_one
        self._wait.end()
        if seat is not None and seat.on_key is not None:
            seat.on_key = None
            self._write("agreed" if key == AGREED else "declined" if key else "silent")
            if key == AGREED:
                self._say("recording-agreed", self._decided)
            else:
                self._call.consent = False
                self._say("recording-declined", lambda _heard: self._release())

    def _decided(self, heard: bool) -> None:
        call = self._call
        if heard and call.state == "talking" and call.recorder is None:
            if not self._asks:
                self._write("told")
            call.tape, call.consent = self._why, True
            call.recorder = Recorder(call, self._why)
            call.recorder.start()
        elif call.state == "talking":
            _logger.warning("a talk is not recorded, since nobody could be told", call=call.id)
        self._release()

    def _write(self, answer: Literal["told", "agreed", "declined", "silent"]) -> None:
        call, seat = self._call, self._asked_one
        language = language_for(_tenant(call), seat.leg.party) if seat is not None else ""
        now = call.switch.clock.now()
        call.switch.write([RecordingAnswered(call.id, now, answer=answer, language=language, by=self._whom)])

    def _release(self) -> None:
        if self._room is not None:
            self._room.release(self)


def _tenant(call: Call) -> Tenant | None:
    return call.switch.office.by_tenant_id.get(call.tenant)


def _day(now: float, tenant: Tenant | None) -> int:
    zone = ZoneInfo(tenant.timezone) if tenant is not None else ZoneInfo("UTC")
    return datetime.fromtimestamp(now, zone).toordinal()
