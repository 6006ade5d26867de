"""The stop of a supervisor's own call: they take part in a talk, and both who talk know it.

The supervisor's phone is a guest of the system; its voice leg is admitted to the room of the talk, once both sides have been
told. Guarantees: nobody listens before both have heard the words (or the tone, where the queue is set so) to their end;
who joins, changes and leaves stands in the talk's record; whatever goes wrong ends the supervision and not the talk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from svara.calls.commands import LiveSupervisor, SupervisionMode
from svara.calls.events import EndedBy, Supervised
from svara.calls.routing.route import Refusal
from svara.calls.stops.served import Served
from svara.calls.talks.hearing import EVERYBODY, NOBODY, HeardBy
from svara.calls.talks.room import Room, room_of
from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Item, Tone

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.events import AnyEvent, Party
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.leg import Leg
    from svara.people.office import Queue, Tenant

KEYS: dict[str, SupervisionMode] = {"4": "listen", "5": "whisper", "6": "barge"}
"""What a supervisor presses on the phone to change."""
MOST = 4
"""So many look after one talk at once."""
WORDS: PhraseKey = "supervised"
TONE_SECONDS = 15.0
"""Where a tone tells that somebody listens, it is heard again so often."""
RESTARTED = "server restarted"
UNTOLD = "the two could not be told"


@dataclass(slots=True)
class Supervision:
    """What a supervisor's call is for. `talk` is the id of the call they look after; `how` is what they want there."""

    talk: str
    how: SupervisionMode


class Supervising(Served):
    """A supervisor whose phone is picked up."""

    def __init__(self, journey: Journey, supervision: Supervision, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self.supervision = supervision
        self.inside = False
        """Both were told, and the supervisor is in the room."""
        self._restarted = bool(kept)
        self._reason = ""
        self._tone = Wait(self.call)
        self._room: Room | None = None

    @property
    def talk(self) -> Call | None:
        """The talk, as long as it goes on."""
        talk = self.call.switch.calls.get(self.supervision.talk)
        return talk if talk is not None and talk.state == "talking" else None

    @property
    def by(self) -> Party:
        return self.call.caller

    def serve(self, guest: Guest) -> None:
        """The supervisor's phone is there: to the room."""
        guest.on_key = self._pressed
        talk = self.talk
        if self._restarted:
            self._end(RESTARTED)
        elif talk is None:
            self._end("the call is over")
        else:
            self._room = room_of(talk)
            self._room.use(self)

    # --- in the room (see `talks.room.User`)

    def entered(self) -> None:
        """Both phones are in the room: they are told, and so is the supervisor."""
        talk, room, guest = self.talk, self._room, self.guest
        queue = queue_of(talk)
        if talk is None or room is None or guest is None or queue is None or queue.supervision == "off":
            self._end("this queue is not supervised")
            return
        room.say({seat: self._words(queue, seat.leg.party) for seat in room.seats}, self._told)
        guest.play(self._words(queue, self.by), interruptible=False)

    def room_lost(self, reason: str) -> None:
        """The talk is over, or goes on without a room."""
        self._room = None
        self._left()
        self._end(reason)

    def _words(self, queue: Queue, to: Party) -> Sequence[Item]:
        tenant = self.call.switch.office.by_tenant_id.get(self.call.tenant)
        return (Tone("beep"),) if queue.supervision == "tone" else phrase(WORDS, language_for(tenant, to))

    def _told(self, heard: bool) -> None:
        if self._room is None:
            return
        if heard:
            self.inside = True
            self._join()
            self._tone_later()
        else:
            self._end(UNTOLD)

    def _tone_later(self) -> None:
        queue = queue_of(self.talk)
        if queue is not None and queue.supervision == "tone":
            self._tone.begin(TONE_SECONDS, self._tone_again)

    def _tone_again(self) -> None:
        if self._room is not None and self.inside:
            self._room.say({seat: (Tone("beep"),) for seat in self._room.seats}, lambda _heard: None)
            self._tone_later()

    def _join(self) -> None:
        talk, room, guest, how = self.talk, self._room, self.guest, self.supervision.how
        if talk is None or room is None or guest is None:
            return
        room.admit(guest.id, self._heard_by(talk, room))
        others = tuple(one for one in talk.supervisors if one.by.person != self.by.person)
        talk.supervisors = (*others, LiveSupervisor(self.by, how))
        talk.save(Supervised(talk.id, talk.switch.clock.now(), by=self.by, how=how))
        talk.news("supervised")
        self.call.news("supervised")

    def _heard_by(self, talk: Call, room: Room) -> HeardBy:
        match self.supervision.how:
            case "listen":
                return NOBODY
            case "whisper":
                return (room.seat(colleague(talk)).voice_leg,)
            case "barge":
                return EVERYBODY

    def change(self, how: SupervisionMode) -> None:
        """Listen, be heard by the colleague, or by both, from now on."""
        changed, self.supervision.how = how != self.supervision.how, how
        if self.inside and changed:
            self._join()

    def _pressed(self, key: str) -> None:
        if key in KEYS:
            self.change(KEYS[key])

    # --- the end

    def leave(self) -> None:
        """The supervisor hung up, or the supervision is over."""
        self._tone.end()
        room, self._room = self._room, None
        if room is not None:
            if self.guest is not None:
                room.dismiss(self.guest.id)
            self._left()
            room.release(self)

    def _left(self) -> None:
        """Nobody has to wonder who listens."""
        talk = self.talk
        if self.inside and talk is not None:
            talk.supervisors = tuple(one for one in talk.supervisors if one.by.person != self.by.person)
            talk.save(Supervised(talk.id, talk.switch.clock.now(), by=self.by, how="left"))
            talk.news("supervised")
        self.inside = False

    def _end(self, reason: str) -> None:
        if self.call.state == "setup":
            self.stop("system", Refusal(480, "answered", reason), [])

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """See `Stop`."""
        if self.call.state == "setup":
            super().stop(by, refusal, happened)


def queue_of(talk: Call | None) -> Queue | None:
    """The queue out of which the talk came."""
    tenant = talk.switch.office.by_tenant_id.get(talk.tenant) if talk is not None and talk.queue else None
    return tenant.queue_by_id.get(talk.queue) if tenant is not None and talk is not None else None


def colleague(talk: Call) -> Leg:
    """The agent's side of a talk: a member of its queue; who calls back is its caller."""
    front, back = talk.front, talk.back
    assert front is not None  # noqa: S101 - it goes on
    assert back is not None  # noqa: S101
    queue = queue_of(talk)
    members = {member.person for member in queue.members} if queue is not None else set()
    called_back = front.party.person in members and back.party.person not in members
    return front if called_back or (back.party.person is None and front.party.person is not None) else back


def language_for(tenant: Tenant | None, party: Party) -> str:
    """In which language somebody is spoken to: their own, else the company's first."""
    if tenant is None:
        return "en"
    person = tenant.by_id.get(party.person or "")
    return (person.language if person is not None else "") or next(iter(tenant.languages), "en")
