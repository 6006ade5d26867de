"""The stop at which a caller learns that the call is recorded, before anybody is rung.

As the company's rule says it is told, or the caller is asked and agrees by a key. Without a voice process, or without a
voice installed, nobody can be told: then nothing is recorded. What the caller was told or answered is in the journal before
anything is recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from svara.calls.events import RecordingAnswered
from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, phrase

if TYPE_CHECKING:
    from svara.calls.events import AnyEvent, EndedBy
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.routing.route import Refusal
    from svara.calls.routing.targets import Next

AGREED = "1"
ANSWER_SECONDS = 6.0


class Announce:
    """A caller who is told; then the call goes on to `found`."""

    ringing = False

    def __init__(self, journey: Journey, found: Next, kept: bytes) -> None:
        """`kept` is for the stop that comes then."""
        self.kept = kept
        self._journey = journey
        self._call = journey.call
        self._found = found
        self._guest: Guest | None = None
        self._wait = Wait(journey.call)

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answer the caller, and say it."""
        if happened:
            self._call.switch.write(happened)
        self._journey.greet(self._tell, lambda _refusal: self._go_on(agreed=False))

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up."""
        self._wait.end()
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _tell(self, guest: Guest) -> None:
        self._guest = guest
        tenant = self._journey.tenant
        asks = tenant is not None and tenant.recording_rule == "consent"
        said = phrase("recorded-consent" if asks else "recorded", guest.language)
        if not all(self._call.switch.has_sound(sound.file) for sound in said):
            self._go_on(agreed=False)  # no voice is installed: nobody could be told
        elif asks:
            guest.on_key = lambda key: self._answered("agreed" if key == AGREED else "declined")
            guest.play(said, done=self._listen)
        else:
            guest.play(said, interruptible=False, done=self._told)

    def _listen(self) -> None:
        self._wait.begin(ANSWER_SECONDS, self._answered, "silent")

    def _told(self) -> None:
        self._write("told")
        self._go_on(agreed=True)

    def _answered(self, answer: Literal["agreed", "declined", "silent"]) -> None:
        self._wait.end()
        self._write(answer)
        agreed = answer == "agreed"
        words: PhraseKey = "recording-agreed" if agreed else "recording-declined"
        if self._guest is not None:
            self._guest.on_key = None
            said = phrase(words, self._guest.language)
            self._guest.play(said, interruptible=False, done=lambda: self._go_on(agreed=agreed))

    def _write(self, answer: Literal["told", "agreed", "declined", "silent"]) -> None:
        switch, language = self._call.switch, self._guest.language if self._guest is not None else ""
        switch.write([RecordingAnswered(self._call.id, switch.clock.now(), answer=answer, language=language)])

    def _go_on(self, *, agreed: bool) -> None:
        self._call.consent = agreed
        self._journey.resume(self._found, self.kept)
