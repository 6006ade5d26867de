"""Stops at which the system itself is the other side of the call: the mailbox that is listened to, feature codes.

In the record such a call was answered, by the number that was dialled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from svara.calls.events import AnyEvent, EndedBy, LegAnswered, LegEnded, LegOffered, Party
from svara.calls.leg import VOICE
from svara.calls.routing.route import Refusal

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey

SERVED = Refusal(480, "answered", "hung up")
ANSWERED = b"answered"
"""Kept: the answer is in the record already."""


class Served:
    """A caller who is served by the system; what is done for them, a subclass says in `serve`."""

    ringing = False

    def __init__(self, journey: Journey, kept: bytes = b"") -> None:
        self.journey = journey
        self.call = journey.call
        self.kept = kept

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answer the caller."""
        if happened:
            self.call.switch.write(happened)
        self.journey.greet(self._greeted, self.journey.nobody)

    def _greeted(self, guest: Guest) -> None:
        guest.music = False
        if not self.kept:
            self.kept = ANSWERED
            now = self.call.switch.clock.now()
            to = Party(number=self.call.dialled)
            self.call.save(LegOffered(self.call.id, now, leg=VOICE, to=to), LegAnswered(self.call.id, now, leg=VOICE, to=to))
        self.serve(guest)

    def serve(self, guest: Guest) -> None:
        """The caller hears us."""
        raise NotImplementedError

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
        self.call.finish(by, refusal, happened)
        self.journey.side.refuse(refusal.status, refusal.reason)

    def leave(self) -> None:
        """Nothing is waited for any more."""
