"""Stops at which the system itself is the other side of the call: the mailbox that is listened to, feature codes.

In the record such a call was answered, by the number that was dialled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import AnyEvent, EndedBy, LegAnswered, LegEnded, LegOffered, Party
from svara.calls.leg import VOICE
from svara.calls.routing.route import Refusal
from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, phrase
from svara.media.voice.port import Item

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.people.office import Person

SERVED = Refusal(480, "answered", "hung up")
ANSWERED = b"answered"
"""Kept: the answer is in the record already."""
SILENCE_SECONDS = 8.0
"""So long a key is waited for, before it is said again what can be done."""
MAX_SILENCES = 3

_encode = msgspec.msgpack.Encoder().encode


class Served(ABC):
    """A caller who is served by the system; what is done for them, a subclass says in `serve`."""

    ringing = False

    def __init__(self, journey: Journey, kept: bytes = b"") -> None:
        self.journey = journey
        self.call = journey.call
        self.kept = kept
        self.guest: Guest | None = None

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answer the caller."""
        if happened:
            self.call.switch.write(happened)
        self.journey.greet(self._greeted, self.journey.nobody)

    def _greeted(self, guest: Guest) -> None:
        self.guest = guest
        guest.music = False
        if not self.kept:
            self.kept = ANSWERED
            now = self.call.switch.clock.now()
            to = Party(number=self.call.dialled)
            self.call.save(LegOffered(self.call.id, now, leg=VOICE, to=to), LegAnswered(self.call.id, now, leg=VOICE, to=to))
        self.serve(guest)

    @abstractmethod
    def serve(self, guest: Guest) -> None:
        """The caller hears us."""

    def over(self) -> None:
        """That was all: hang up."""
        self.stop("system", SERVED, [])

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or everything is done."""
        self.leave()
        if self.kept:
            now = self.call.switch.clock.now()
            happened.append(LegEnded(self.call.id, now, leg=VOICE, status=200, reason=SERVED.reason))
            refusal = SERVED if refusal.outcome == "abandoned" else msgspec.structs.replace(refusal, outcome="answered")
        self.call.finish(by, refusal, happened, passing=self.passing)
        self.journey.side.refuse(refusal.status, refusal.reason)

    @property
    def passing(self) -> bool:
        """Whether the caller went on into another call, of which this one was only the way."""
        return False

    def leave(self) -> None:  # noqa: B027 - most wait for nothing
        """Nothing is waited for any more."""


class SpokenTo(Served):
    """A caller to whom is said, in their own language, what was done."""

    @property
    @abstractmethod
    def listener(self) -> Person | None:
        """Who it is, as far as is known."""

    @property
    def language(self) -> str:
        """That of who listens."""
        own = self.listener.language if self.listener is not None else ""
        return own or (self.guest.language if self.guest is not None else "")

    def ask(self, service: str, request: msgspec.Struct, answered: Callable[[bytes | None], object]) -> None:
        """Ask a service of the house; an answer that comes after the caller hung up is not heard."""

        def guarded(payload: bytes | None) -> None:
            if self.guest is not None and not self.guest.closed:
                self.call.guarded(answered, payload)

        self.call.switch.ask(service, _encode(request), guarded)

    def say_last(self, said: Sequence[Item]) -> None:
        """Say this, and hang up."""
        self.leave()
        if self.guest is not None:
            self.guest.on_key = None
            self.guest.play(said, interruptible=False, done=self.over)

    def goodbye(self, words: PhraseKey) -> None:
        """Say this phrase, and hang up."""
        self.say_last(phrase(words, self.language))


class Asked(SpokenTo):
    """A caller who presses keys; what can be done is said again in `repeat`, while nothing comes."""

    def __init__(self, journey: Journey, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self.silences = 0
        """How often nothing came since the last key."""
        self._wait = Wait(self.call)

    @abstractmethod
    def repeat(self) -> None:
        """Nothing came."""

    def wait(self) -> None:
        """For the next key, for some seconds."""
        self._wait.begin(SILENCE_SECONDS, self._silence)

    def leave(self) -> None:
        """A key came, or something else is to be heard."""
        self._wait.end()

    def _silence(self) -> None:
        self.silences += 1
        if self.silences >= MAX_SILENCES:
            self.goodbye("goodbye")
        else:
            self.repeat()
