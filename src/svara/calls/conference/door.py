"""The door of a conference: a caller enters a PIN, which also tells who moderates.

Three tries in a call, and after ten wrong ones within an hour a caller is not asked any more (`svara.calls.stops.pins`), as
at a mailbox. Where only moderators have a PIN, everybody else goes in by the hash key, or by waiting.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from svara.calls.stops.pins import TRIES_IN_A_CALL
from svara.calls.stops.served import Asked
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Item

if TYPE_CHECKING:
    from svara.calls.events import Party
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.people.office import Conference, Person

MAX_PIN = 10


class AtTheDoor(Asked):
    """A caller who wants to take part in a conference."""

    def __init__(self, journey: Journey, conference: Conference, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self.conference = conference
        self._pin = ""
        self._tries = 0

    @abstractmethod
    def admitted(self, *, moderator: bool) -> None:
        """The PIN was right, or there is none."""

    @property
    def listener(self) -> Person | None:
        """The colleague who calls, where it is one."""
        tenant, guest = self.journey.tenant, self.guest
        return tenant.by_id.get(guest.leg.party.person or "") if tenant is not None and guest is not None else None

    def serve(self, guest: Guest) -> None:
        """Ask for the PIN."""
        wanted = self.conference
        if not wanted.pin and not wanted.moderator_pin:
            self.admitted(moderator=False)
        elif self.call.switch.pins.blocked(self._box, self._who, self.call.switch.clock.now()):
            self.goodbye("pin-blocked")
        else:
            guest.on_key = self._digit
            self._prompt()

    @property
    def _who(self) -> Party:
        """Who tries."""
        return self.guest.leg.party if self.guest is not None else self.call.caller

    @property
    def _box(self) -> str:
        return f"conference:{self.conference.id}"

    def _prompt(self, first: tuple[Item, ...] = ()) -> None:
        words: PhraseKey = "enter-pin" if self.conference.pin else "conference-moderator-pin"
        if self.guest is not None:
            self.guest.play((*first, *phrase(words, self.language)), done=self.wait)

    def _digit(self, key: str) -> None:
        self.leave()
        self.silences = 0
        if key == "#":
            self._entered()
        elif len(self._pin) < MAX_PIN:
            self._pin += key
            self.wait()

    def repeat(self) -> None:
        """Nothing came."""
        if self._pin or not self.conference.pin:
            self._entered()
        else:
            self._prompt()

    def _entered(self) -> None:
        wanted, switch = self.conference, self.call.switch
        pin, self._pin = self._pin, ""
        if not pin and not wanted.pin:
            self.admitted(moderator=False)
            return
        self._tries += 1
        role = switch.pins.which(self._box, self._who, pin, (wanted.moderator_pin, wanted.pin), switch.clock.now())
        if role is not None:
            self.admitted(moderator=role == 0)
        elif self._tries >= TRIES_IN_A_CALL or switch.pins.blocked(self._box, self._who, switch.clock.now()):
            self.goodbye("pin-blocked")
        else:
            self._prompt(phrase("wrong-pin", self.language))
