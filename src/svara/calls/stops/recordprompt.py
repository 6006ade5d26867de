"""The stop at which an administrator records an announcement by phone: a sound of the company from then on, under a name
that tells when it was recorded.

Nothing is kept before it was heard and confirmed; a recording that is not kept stays with the recordings, which are pruned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.stops.prompts import BEEP
from svara.calls.stops.served import MAX_SILENCES, Asked
from svara.media.sounds.phrases import phrase
from svara.media.voice.port import Item, Recorded, Recording, Sound
from svara.people import wish
from svara.people.office import Person

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey

MAX_SECONDS = 300.0
KEEP, AGAIN, GIVE_UP, STOP = "1", "2", "*", "#"

_answer = msgspec.msgpack.Decoder(wish.Answer).decode


class RecordPrompt(Asked):
    """Somebody who dialled the code: an administrator records, others hear that they may not."""

    def __init__(self, journey: Journey, person: Person, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person
        self._file = ""

    @property
    def listener(self) -> Person:
        """Who dialled."""
        return self._person

    def serve(self, guest: Guest) -> None:  # noqa: ARG002 - it is `self.guest`
        """Begin."""
        if self._person.admin:
            self._ask()
        else:
            self.goodbye("administrators-only")

    def _ask(self, first: tuple[Item, ...] = ()) -> None:
        """Say what to do, then the tone; who knows it presses the hash key."""
        if self.guest is None:
            return
        self.leave()
        self.guest.on_key = lambda key: self._tone() if key == STOP else None
        self.guest.play((*first, *phrase("record-announcement", self.language)), interruptible=False, done=self._tone)

    def _tone(self) -> None:
        if self.guest is not None:
            self.guest.on_key = None
            self.guest.play((BEEP,), interruptible=False, done=self._record)

    def _record(self) -> None:
        if self.guest is not None:
            self._file = f"prompts/{self.call.id}-{self.call.switch.new_tag()[:8]}.wav"
            self.guest.record(Recording(self._file, MAX_SECONDS, 0.0, STOP), self._recorded)

    def _recorded(self, recorded: Recorded) -> None:
        if recorded.seconds > 0:
            self.silences = 0
            self._hear()
            return
        self.silences += 1
        if self.silences >= MAX_SILENCES:
            self.goodbye("nothing-recorded")
        else:
            self._ask(phrase("nothing-recorded", self.language))

    def _hear(self, first: tuple[Item, ...] = ()) -> None:
        """What was recorded, and what can be done with it."""
        if self.guest is not None:
            self.guest.on_key = self._key
            menu = phrase("announcement-menu", self.language)
            self.guest.play((*first, Sound(f"recording:{self._file}"), *menu), done=self.wait)

    def _key(self, key: str) -> None:
        self.leave()
        self.silences = 0
        if key == KEEP:
            self._keep()
        elif key == AGAIN:
            self._ask()
        elif key == GIVE_UP:
            self.goodbye("goodbye")
        else:
            self._hear(phrase("not-a-choice", self.language))

    def _keep(self) -> None:
        if self.guest is not None:
            self.guest.on_key = None
        self.ask(wish.SERVICE, wish.AddSound(self.call.tenant, self._person.id, self._file), self._kept_now)

    def _kept_now(self, payload: bytes | None) -> None:
        done = payload is not None and isinstance(_answer(payload), wish.Done)
        self.goodbye("announcement-saved" if done else "cannot-be-completed")

    def repeat(self) -> None:
        """What was recorded, and what can be done with it."""
        self._hear()
