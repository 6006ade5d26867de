"""The stop at which a caller leaves a message.

Guarantees: what was said before the caller hung up is kept; the message is in the record before the call's end is; a mailbox
that cannot record refuses instead of pretending.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, EndedBy, MessageLeft
from svara.calls.routing.route import BUSY, Refusal
from svara.calls.stops.prompts import BEEP, greeting
from svara.calls.wait import Wait
from svara.media.sounds.phrases import phrase
from svara.media.voice.port import Item, Recorded, Recording
from svara.people.office import Person

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.routing.targets import Message

MAX_MESSAGE_SECONDS = 180.0
SILENCE_SECONDS = 5.0
FIRST_WORD_SECONDS = 10.0
"""How long somebody may think before the first word."""
LAST_WORDS_SECONDS = 3.0
"""How long the end of the call waits for the recording to be complete."""
STOP_KEY = "#"
OWN_KEY = "*"
MAX_TRIES = 3
DONE = b"left"
"""Kept instead of a file: the message is complete."""

LEFT = Refusal(480, "voicemail", "left a message")
NO_MESSAGE = Refusal(480, "missed", "no message was left")


class LeaveMessage:
    """A caller who leaves a message."""

    ringing = False

    def __init__(self, journey: Journey, to: Message, kept: bytes = b"") -> None:
        """`kept` is the file that was being recorded when the server was killed."""
        self._journey = journey
        self._call = journey.call
        self._to = to
        self._guest: Guest | None = None
        self._file = kept.decode()
        self._recording = bool(kept)
        self._ending: tuple[EndedBy, Refusal] | None = ("system", LEFT) if kept == DONE else None
        self._wait = Wait(journey.call)
        self._tries = 0

    @property
    def kept(self) -> bytes:
        if self._ending is not None and self._ending[1] is LEFT:
            return DONE
        return self._file.encode() if self._recording else b""

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answer the caller with the greeting."""
        if happened:
            self._call.switch.write(happened)
        if self._ending is not None:
            self._thanked()
            return
        self._journey.greet(self._listens, self._journey.nobody)

    def _listens(self, guest: Guest) -> None:
        self._guest = guest
        guest.music = False
        if self._recording and guest.adopted:  # it went on while the server was away
            guest.resume_recording(self._wanted(), self._recorded)
            return
        self._recording = False
        guest.on_key = self._key
        guest.play((*self._greeting(guest.language), BEEP), interruptible=False, done=self._record)

    def _greeting(self, language: str) -> tuple[Item, ...]:
        why = self._journey.refused
        busy = why is not None and why.reason == BUSY.reason  # of that person, whoever else was tried before
        return greeting(self._to.owner, self._call.switch.clock.now(), language, busy=busy)

    def _key(self, key: str) -> None:
        """The greeting need not be heard to its end; and who it belongs to may open the box instead."""
        owner = self._to.owner
        if self._recording or self._guest is None:
            return
        if key == STOP_KEY:
            self._beep()
        elif key == OWN_KEY and isinstance(owner, Person) and owner.voicemail_pin:
            self._guest.on_key = None
            self._journey.go(f"mailbox:{owner.username}", "key *", chosen=True)

    def _beep(self) -> None:
        if self._guest is not None:
            self._guest.play((BEEP,), interruptible=False, done=self._record)

    def _record(self) -> None:
        if self._guest is None:
            return
        self._guest.on_key = None
        self._recording = True
        self._tries += 1
        self._file = f"voicemail/{self._call.id}-{self._call.switch.new_tag()[:8]}.wav"
        self._call.save()
        self._guest.record(self._wanted(), self._recorded)

    def _wanted(self) -> Recording:
        return Recording(self._file, MAX_MESSAGE_SECONDS, SILENCE_SECONDS, STOP_KEY, first_word_seconds=FIRST_WORD_SECONDS)

    def _recorded(self, recorded: Recorded) -> None:
        self._recording = False
        if recorded.reason == "closed" and not recorded.seconds and self._ending is None and self._tries < MAX_TRIES:
            self._beep()  # the voice process lost what was said
            return
        happened: list[AnyEvent] = []
        by, refusal = self._ending or ("system", NO_MESSAGE)
        if recorded.seconds > 0:
            refusal = LEFT
            now = self._call.switch.clock.now()
            happened.append(MessageLeft(self._call.id, now, box=self._to.box, file=recorded.file, seconds=recorded.seconds))
            if self._ending is None and self._guest is not None:
                self._ending = "caller", refusal
                self._call.save(*happened)
                self._guest.play(phrase("message-left", self._guest.language), interruptible=False, done=self._thanked)
                return
        self._finish(by, refusal, happened)

    def _thanked(self) -> None:
        """The caller was told that the message is kept."""
        self._finish("system", LEFT, [])

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or the call is ended: a recording is completed first."""
        if self._ending is not None:
            if self._ending[1] is LEFT:  # hung up while we said thank you
                self._finish(by, LEFT, happened)
            return
        if refusal.outcome == "abandoned":
            refusal = NO_MESSAGE
        self._ending = by, refusal
        if not self._recording or self._guest is None:
            self._finish(by, refusal, happened)
            return
        self._call.save(*happened)
        self._wait.begin(LAST_WORDS_SECONDS, self._too_late)
        self._guest.stop_recording()

    def _too_late(self) -> None:
        if self._ending is not None:
            self._finish(*self._ending, [])

    def _finish(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        self._wait.end()
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)
