"""The stop at which an administrator records an announcement by phone: a sound of the company from then on, under a name
that tells when it was recorded.

Nothing is kept before it was heard and confirmed; a recording that is not kept stays with the recordings, which are pruned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.stops.prompts import BEEP
from svara.calls.stops.served import Served
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Item, Recorded, Recording, Sound
from svara.people import wish
from svara.people.office import Person

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.clock import Timer

MAX_SECONDS = 300.0
WAIT_SECONDS = 8.0
MAX_SILENCES = 3
KEEP, AGAIN, GIVE_UP, STOP = "1", "2", "*", "#"

_encode = msgspec.msgpack.Encoder().encode
_answer = msgspec.msgpack.Decoder(wish.Answer).decode


class RecordPrompt(Served):
    """Somebody who dialled the code: an administrator records, others hear that they may not."""

    def __init__(self, journey: Journey, person: Person, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person
        self._guest: Guest | None = None
        self._file = ""
        self._silences = 0
        self._timer: Timer | None = None

    @property
    def _language(self) -> str:
        return self._person.language or (self._guest.language if self._guest is not None else "")

    def serve(self, guest: Guest) -> None:
        """Begin."""
        self._guest = guest
        if self._person.admin:
            self._ask()
        else:
            self._goodbye("administrators-only")

    def _ask(self, first: tuple[Item, ...] = ()) -> None:
        """Say what to do, then the tone; who knows it presses the hash key."""
        if self._guest is None:
            return
        self._no_timer()
        self._guest.on_key = lambda key: self._tone() if key == STOP else None
        self._guest.play((*first, *phrase("record-announcement", self._language)), interruptible=False, done=self._tone)

    def _tone(self) -> None:
        if self._guest is not None:
            self._guest.on_key = None
            self._guest.play((BEEP,), interruptible=False, done=self._record)

    def _record(self) -> None:
        if self._guest is not None:
            self._file = f"prompts/{self.call.id}-{self.call.switch.new_tag()[:8]}.wav"
            self._guest.record(Recording(self._file, MAX_SECONDS, 0.0, STOP), self._recorded)

    def _recorded(self, recorded: Recorded) -> None:
        if recorded.seconds > 0:
            self._silences = 0
            self._hear()
            return
        self._silences += 1
        if self._silences >= MAX_SILENCES:
            self._goodbye("nothing-recorded")
        else:
            self._ask(phrase("nothing-recorded", self._language))

    def _hear(self, first: tuple[Item, ...] = ()) -> None:
        """What was recorded, and what can be done with it."""
        if self._guest is not None:
            self._guest.on_key = self._key
            menu = phrase("announcement-menu", self._language)
            self._guest.play((*first, Sound(f"recording:{self._file}"), *menu), done=self._wait)

    def _key(self, key: str) -> None:
        self._no_timer()
        self._silences = 0
        if key == KEEP:
            self._keep()
        elif key == AGAIN:
            self._ask()
        elif key == GIVE_UP:
            self._goodbye("goodbye")
        else:
            self._hear(phrase("not-a-choice", self._language))

    def _keep(self) -> None:
        guest = self._guest
        if guest is None:
            return
        guest.on_key = None

        def answered(payload: bytes | None) -> None:
            if not guest.closed:
                done = payload is not None and isinstance(_answer(payload), wish.Done)
                self._goodbye("announcement-saved" if done else "cannot-be-completed")

        wanted = wish.AddSound(self.call.tenant, self._person.id, self._file)
        self.call.switch.ask(wish.SERVICE, _encode(wanted), lambda payload: self.call.guarded(answered, payload))

    # --- how

    def _wait(self) -> None:
        self._no_timer()
        self._timer = self.call.switch.clock.call_later(WAIT_SECONDS, self.call.guarded, self._silence)

    def _silence(self) -> None:
        self._timer = None
        self._silences += 1
        if self._silences >= MAX_SILENCES:
            self._goodbye("goodbye")
        else:
            self._hear()

    def _goodbye(self, words: PhraseKey) -> None:
        self._no_timer()
        if self._guest is not None:
            self._guest.on_key = None
            self._guest.play(phrase(words, self._language), interruptible=False, done=self.over)

    def leave(self) -> None:
        """Nothing is waited for any more."""
        self._no_timer()

    def _no_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
