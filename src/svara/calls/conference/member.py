"""Somebody in a conference: a stop of the call's way, where a caller hears others, or music as long as there is nobody.

Guarantees: the record says from when to when the caller was there, and with whom; a recording is complete, and in the
record, before the call's end is; after a restart of ours everybody is where they were, muted as they were, and heard nothing
of it; when the voice process or the relay was lost, whoever is connected again is in the conference again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from svara.calls.commands import ConferenceMember
from svara.calls.conference.door import AtTheDoor
from svara.calls.events import AnyEvent, CallRecorded, ConferenceJoined, ConferenceLeft, EndedBy, Party
from svara.calls.routing.route import Refusal
from svara.calls.stops.served import ANSWERED, SERVED
from svara.calls.wait import Wait
from svara.media.sounds.phrases import MUSIC, PhraseKey, phrase
from svara.media.voice.port import Recorded, Recording, Seat

if TYPE_CHECKING:
    from svara.calls.conference.room import Room
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.people.office import Conference

MAX_RECORDED_SECONDS = 4 * 3600.0
LAST_WORDS_SECONDS = 3.0
"""How long the end of the call waits for the recording to be complete."""
AGAIN_SECONDS = 4.0
"""How long after a loss a new recording is begun: the sound is built anew first."""
TWICE_SECONDS = 8.0
"""Within so long the key that ends the conference for all has to be pressed again."""

MUTE, LOCK, MUTE_ALL, END, HELP = "1", "2", "3", "9", "*"
"""What keys do; all but the first and the last, for moderators only."""

Place = Literal["outside", "waiting", "alone", "among"]
"""Not in yet, or not any more; until the moderator comes; the only one; with others."""
Why = Literal["hung up", "removed", "ended"]
_ENDS: dict[Why, Refusal] = {
    "removed": Refusal(480, "answered", "removed from the conference"),
    "ended": Refusal(480, "answered", "the conference was ended"),
}
_WORDS: dict[Why, PhraseKey] = {"removed": "conference-removed", "ended": "conference-ended"}


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What this stop wants back after a restart."""

    joined_at: float
    moderator: bool = False
    muted: bool = False
    opened: bool = False
    """The conference is under way: nobody waits for a moderator."""
    locked: bool = False
    file: str = ""
    """What is being recorded."""
    file_since: float = 0.0
    begun_at: float = 0.0
    """When the moderator came, where the conference waited for one."""
    gone: bool = False
    """They took part, and do not any more: a restart of ours does not bring back who was removed."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


class InConference(AtTheDoor):
    """See the module."""

    def __init__(self, journey: Journey, conference: Conference, kept: bytes = b"") -> None:
        super().__init__(journey, conference, kept)
        self.state = _decode(kept) if kept not in (b"", ANSWERED) else Kept(0.0)
        self.place: Place = "outside"
        self.room: Room | None = None
        self._again = Wait(self.call)
        self._ending: tuple[EndedBy, Refusal] | None = None
        self._last_words = Wait(self.call)
        self._end_until = 0.0
        self._refusal: Refusal | None = None
        """Why they were sent away."""

    # --- who it is

    @property
    def party(self) -> Party:
        """As the record names them."""
        return self.guest.leg.party if self.guest is not None else self.call.caller

    @property
    def _why(self) -> str:
        """As `CallRecorded.why` says it."""
        return f"conference:{self.conference.id}"

    @property
    def taped(self) -> bool:
        """They were told of the recording, or agreed."""
        return bool(self.call.tape)

    def shown(self) -> ConferenceMember:
        """As others see them."""
        state = self.state
        waiting = self.place == "waiting"
        return ConferenceMember(self.call.id, self.party, state.joined_at, state.moderator, state.muted, waiting)

    # --- coming

    def serve(self, guest: Guest) -> None:
        """To the door; or back to one's place, after a restart."""
        if self.state.gone:
            self.over()
        elif self.state.joined_at:
            self._come(guest)
        else:
            super().serve(guest)

    def admitted(self, *, moderator: bool) -> None:
        """The PIN was right: in, unless there is no room."""
        guest, hall = self.guest, self.call.switch.conferences
        if guest is None:
            return
        self.leave()
        room = hall.room(self.call.tenant, self.conference)
        refused = room.refuses(moderator=moderator)
        if refused is not None:
            hall.look_at(room)
            self.goodbye(refused)
            return
        now = self.call.switch.clock.now()
        self.state = Kept(now, moderator)
        self._save(ConferenceJoined(self.call.id, now, conference=room.id, name=room.name, moderator=moderator))
        self._come(guest)

    def _come(self, guest: Guest) -> None:
        call = self.call
        call.answered_at = call.answered_at or self.state.joined_at
        call.ended = self._gone
        self.room = call.switch.conferences.room(call.tenant, self.conference)
        guest.on_key = self._key if self.conference.name else None
        if self.state.opened:
            self._back(guest)
        else:
            self.room.come(self)
        call.news("answered")

    def _back(self, guest: Guest) -> None:
        """After a restart of ours."""
        if self.room is None:
            return
        self.place = "among"
        self._sit()
        if self.state.file and guest.adopted:
            guest.resume_recording(self._recording(self.state.file), self._recorded)
        elif self.state.file:
            self._recorded(Recorded(guest.id, self.state.file, 0.0, "closed"))
        self.room.back(self)

    # --- where they are

    def settle(self, place: Place) -> None:
        """The conference is so now for them."""
        before, self.place = self.place, place
        if self.guest is None or self.room is None or before == place or self._ending is not None:
            return
        if place == "waiting":
            self._say("conference-waiting")
            return
        if before in ("outside", "waiting"):
            self._keep(opened=True, locked=self.room.locked, begun_at=self.room.begun_at)
            self._sit()
        if place == "alone":
            self._say(*(("conference-alone",) if before == "outside" and self.conference.name else ()))
        else:
            self.guest.silent()
            self._tape()

    def _sit(self) -> None:
        if self.guest is not None and self.room is not None:
            self.guest.sit(Seat(self.room.voice_name, self.state.muted, self.taped))

    def _say(self, *words: PhraseKey) -> None:
        """Over what is heard otherwise."""
        if self.guest is not None:
            said = [sound for word in words for sound in phrase(word, self.language)]
            self.guest.play(said, interruptible=False, then=() if self.place == "among" else (MUSIC,))

    def _save(self, *happened: AnyEvent) -> None:
        self.kept = _encode(self.state)
        self.call.save(*happened)

    def _keep(self, **changes: object) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)
        self._save()

    # --- what they and moderators do

    def mute(self, *, muted: bool) -> None:
        """They are heard no more, or again, and are told so."""
        if self.state.muted == muted or self.room is None:
            return
        self._keep(muted=muted)
        if self.place in ("alone", "among"):
            self._sit()
        self._say("conference-muted" if muted else "conference-unmuted")
        self.room.changed()

    def lock(self, *, locked: bool) -> None:
        """The conference lets nobody in any more, or does again; for what is kept."""
        self._keep(locked=locked)

    def _key(self, key: str) -> None:
        room, moderator = self.room, self.state.moderator
        if room is None or self._ending is not None:
            return
        sure, self._end_until = self.call.switch.clock.monotonic() < self._end_until, 0.0
        if key == MUTE:
            self.mute(muted=not self.state.muted)
        elif key == HELP:
            self._say("conference-menu", *(("conference-moderator-menu",) if moderator else ()))
        elif not moderator:
            return
        elif key == LOCK:
            room.lock(locked=not room.locked)
            self._say("conference-locked-now" if room.locked else "conference-unlocked-now")
        elif key == MUTE_ALL:
            muted = room.mute_all(but=self)
            self._say("conference-all-muted" if muted else "conference-all-unmuted")
        elif key == END and sure:
            room.end()
        elif key == END:
            self._end_until = self.call.switch.clock.monotonic() + TWICE_SECONDS
            self._say("conference-end-again")

    # --- recording

    def _recording(self, file: str) -> Recording:
        return Recording(file, MAX_RECORDED_SECONDS, trim=False, others=True)

    def _tape(self) -> None:
        """Begin a file, unless one is being written."""
        switch, guest = self.call.switch, self.guest
        if not self.taped or self.state.file or guest is None or self.place != "among" or self._ending is not None:
            return
        file = f"calls/{self.call.id}-{switch.new_tag()[:8]}.wav"
        self._keep(file=file, file_since=switch.clock.now())
        guest.record(self._recording(file), self._recorded)

    def untape(self) -> None:
        """They said no: nothing more of them is kept, in no recording."""
        self.call.tape = ""
        if self.place in ("alone", "among"):
            self._sit()
        if self.state.file and self.guest is not None:
            self.guest.stop_recording()
        self._save()

    def _recorded(self, recorded: Recorded) -> None:
        now, state = self.call.switch.clock.now(), self.state
        lost = recorded.reason == "closed" and not recorded.seconds
        seconds = max(now - state.file_since, 0.1) if lost else recorded.seconds  # nobody tells how long it is
        happened: list[AnyEvent] = []
        if seconds > 0:
            happened.append(CallRecorded(self.call.id, now, file=recorded.file, seconds=seconds, why=self._why))
        self.state = msgspec.structs.replace(state, file="", file_since=0.0)
        self._save(*happened)
        if self._ending is not None:
            self._over()
        else:
            self._again.begin(AGAIN_SECONDS, self._tape)

    # --- going

    def send_away(self, why: Why) -> None:
        """Removed, or the conference is over: they are told, and hung up."""
        if self._ending is None and self.place != "outside":
            self._go(why)
            self._refusal = _ENDS[why]
            self.say_last(phrase(_WORDS[why], self.language))

    def over(self) -> None:
        """The last words were heard."""
        self.stop("callee" if self._refusal is not None else "system", self._refusal or SERVED, [])

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or the call is ended: a recording is completed first."""
        if self._ending is not None:
            return
        self._go("hung up")
        self._ending = by, refusal
        if not self.state.file or self.guest is None:
            super().stop(by, refusal, happened)
            return
        self.call.save(*happened)
        self._last_words.begin(LAST_WORDS_SECONDS, self._over)

    def _over(self) -> None:
        self._last_words.end()
        if self._ending is not None:
            super().stop(*self._ending, [])

    def _go(self, why: Why) -> None:
        """Out of the conference, whatever comes then."""
        self.leave()
        self._again.end()
        room, guest = self.room, self.guest
        if room is None or self.place == "outside":
            return
        self.place = "outside"
        self.state = msgspec.structs.replace(self.state, gone=True)
        now = self.call.switch.clock.now()
        self._save(*room.met(self, now), ConferenceLeft(self.call.id, now, conference=room.id, why=why))
        if guest is not None:
            guest.on_key = None
            if self.state.file:
                guest.stop_recording()
            guest.sit(None)
        room.go(self)

    def _gone(self) -> None:
        """The call is over, whatever ended it."""
        room = self.room
        if room is not None and self.place != "outside":
            self.place = "outside"
            room.go(self)
