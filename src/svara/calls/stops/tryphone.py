"""The stop at which a person tries their phone: they hear themselves, and say by a key that they do.

What came of it can be asked for a while (`Trials`): whether anything was heard of the person, and whether they heard us. So
a page can show while it happens whether the sound goes both ways.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from svara.calls.commands import AskTrial, Refused, TrialState
from svara.calls.stops.prompts import BEEP
from svara.calls.stops.served import SpokenTo
from svara.calls.wait import Wait
from svara.media.sounds.phrases import phrase

if TYPE_CHECKING:
    from svara.calls.events import AnyEvent, EndedBy
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey
    from svara.calls.routing.route import Refusal
    from svara.calls.switch import Switch
    from svara.people.office import Person

LONGEST_SECONDS = 90.0
HEARD_US = "1"
MOST = 200
"""Trials that are remembered."""


@dataclass(slots=True)
class Trial:
    """What became of one call. `heard`: something came in; `confirmed`: the person says that they hear themselves."""

    tenant: str
    heard: bool = False
    confirmed: bool = False
    ended: bool = False


class Trials:
    """The last ones of this process."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._by_call: OrderedDict[str, Trial] = OrderedDict()

    def of(self, call: str, tenant: str) -> Trial:
        """The trial of a call, new where there is none yet."""
        trial = self._by_call.setdefault(call, Trial(tenant))
        if len(self._by_call) > MOST:
            self._by_call.popitem(last=False)
        return trial

    def asked(self, request: AskTrial) -> TrialState | Refused:
        """How far it is."""
        trial = self._by_call.get(request.call)
        if trial is None or trial.tenant != request.tenant:
            call = self._switch.calls.get(request.call)
            known = call is not None and call.tenant == request.tenant
            return TrialState("ringing") if known else Refused("not-found", "there is no such call")
        return TrialState("ended" if trial.ended else "answered", trial.heard, trial.confirmed)


class TryPhone(SpokenTo):
    """Somebody who dialled the code, or whose phone a page rang."""

    def __init__(self, journey: Journey, person: Person, kept: bytes = b"") -> None:
        super().__init__(journey, kept)
        self._person = person
        self._wait = Wait(self.call)
        self._trial = self.call.switch.trials.of(self.call.id, self.call.tenant)

    @property
    def listener(self) -> Person:
        """Who dialled."""
        return self._person

    def serve(self, guest: Guest) -> None:
        """Say what to do, then let them hear themselves."""
        guest.on_key = self._pressed
        guest.on_heard = self._heard
        said = phrase("try-phone", self.language)
        known = all(self.call.switch.has_sound(each.file) for each in said)
        guest.play(said if known else (BEEP,), interruptible=False, done=guest.echo)
        self._wait.begin(LONGEST_SECONDS, self.goodbye, "goodbye")

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up, or it was long enough."""
        self._trial.ended = True
        super().stop(by, refusal, happened)

    def leave(self) -> None:
        """It is over."""
        self._wait.end()

    def _heard(self) -> None:
        self._trial.heard = True

    def _pressed(self, key: str) -> None:
        if key == HEARD_US:
            self._trial.confirmed = True
