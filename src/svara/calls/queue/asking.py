"""On which number a caller who keeps the place is to be called back: the one they call from, or another that they enter.

Whatever is entered is read back and has to be confirmed. Guarantees: the company never pays for a number that a stranger
chose because it is dear: only numbers of the country itself, no premium rate, no help line, none of the company's own, none
that is kept already, and none that no agent of the queue may dial. The caller stands in the line until the end of it, and
is put through if an agent is free before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

from svara.calls.routing.route import Refusal
from svara.calls.trunks import numbers, outbound
from svara.calls.wait import Wait
from svara.media.sounds.phrases import PhraseKey, digits, phrase
from svara.people.office import Queue, Tenant

if TYPE_CHECKING:
    from svara.calls.guest import Guest
    from svara.calls.queue.waiting import InQueue
    from svara.media.voice.port import Item

CONFIRM, OTHER = "#", "*"
MAX_DIGITS = 16
MAX_TRIES = 3
WAIT_SECONDS = 8.0


def called_back(tenant: Tenant, queue: Queue, entered: str, kept: Collection[str]) -> str:
    """The number that a stranger may have called back, in its one form; "" for every other. `kept` are those that will be
    called back already."""
    found = numbers.wanted(entered)
    read = numbers.number(found.digits, tenant.country) if found is not None else None
    if read is None or read.kind not in ("national", "mobile") or not read.is_e164:
        return ""
    if read.text in tenant.number_by_e164 or read.text in kept:
        return ""
    agents = (tenant.by_id.get(member.person) for member in queue.members)
    able = any(
        not isinstance(outbound.dial(tenant, agent, read.text, lambda _trunk: True), Refusal) for agent in agents if agent
    )
    return read.text if able else ""


class AskNumber:
    """The questions to one caller; `stop` is told what comes of them: `keep(number)` or `wait_on()`."""

    def __init__(self, stop: InQueue, guest: Guest, shown: str) -> None:
        self._stop = stop
        self._guest = guest
        self._shown = shown
        self._number = ""
        self._entered = ""
        self._place: Literal["confirm", "enter"] = "confirm"
        self._tries = 0
        self._silences = 0
        self._waiting = Wait(stop.call)

    def begin(self) -> None:
        """Say the number from which the call comes; without one, ask for it."""
        if self._shown:
            self._confirm(self._shown)
        else:
            self._enter()

    @property
    def number(self) -> str:
        """What is called back if the caller hangs up now: the number they call from, as nothing else is confirmed."""
        return self._shown

    def over(self) -> None:
        """Nothing is waited for any more."""
        self._waiting.end()

    def key(self, key: str) -> None:
        """The caller pressed it."""
        self.over()
        self._silences = 0
        if self._place == "confirm":
            if key == CONFIRM:
                self._stop.keep(self._number)
            elif key == OTHER:
                self._enter()
            else:
                self._confirm(self._number)
        elif key == CONFIRM:
            self._check()
        elif key == OTHER:
            self._enter()
        elif key.isdigit() and len(self._entered) < MAX_DIGITS:
            self._entered += key
            self._wait()
        else:
            self._wait()

    def _check(self) -> None:
        entered, self._entered = self._entered, ""
        number = self._stop.may_be_called(entered)
        if number:
            self._confirm(number)
            return
        self._tries += 1
        if self._tries >= MAX_TRIES:
            self._stop.wait_on(self._said("callback-refused"))
        else:
            self._enter(self._said("callback-refused"))

    def _confirm(self, number: str) -> None:
        self._place, self._number = "confirm", number
        told = (*self._said("callback-number"), *digits(number, self._stop.language), *self._said("callback-choices"))
        self._say(told)

    def _enter(self, first: tuple[Item, ...] = ()) -> None:
        self._place, self._entered = "enter", ""
        self._say((*first, *self._said("callback-enter")))

    def _say(self, items: tuple[Item, ...]) -> None:
        self._guest.play(items, then=(self._stop.music,), done=self._wait)

    def _wait(self) -> None:
        self._waiting.begin(WAIT_SECONDS, self._silence)

    def _silence(self) -> None:
        """Who has entered something is done; who was told the number from which they call agrees; others wait on."""
        self._silences += 1
        if self._place == "enter" and self._entered:
            self._check()
        elif self._place == "confirm" and self._number == self._shown:
            self._stop.keep(self._number)
        elif self._place == "confirm" and self._silences == 1:
            self._confirm(self._number)
        else:
            self._stop.wait_on(())

    def _said(self, key: PhraseKey) -> tuple[Item, ...]:
        return phrase(key, self._stop.language)
