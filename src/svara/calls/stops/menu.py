"""The stop at which a caller presses keys: a prompt, the keys of the menu, and extensions dialled right away.

Guarantees: whatever the caller presses, or does not press, the menu is left after `tries` prompts; a key acts at once unless
an extension could begin with it, then after a moment without another key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from svara.calls.routing.route import Refusal
from svara.calls.stops.prompts import prompt
from svara.calls.wait import Wait
from svara.people.office import Menu, Target

if TYPE_CHECKING:
    from svara.calls.events import AnyEvent, EndedBy
    from svara.calls.guest import Guest
    from svara.calls.journey import Journey

BETWEEN_KEYS_SECONDS = 2.0
MAX_TRIES = 10
MAX_TIMEOUT_SECONDS = 60.0
WRONG = ""
"""Instead of a target: nothing has these keys."""


def choose(keys: Mapping[str, Target], extensions: Mapping[str, Target], pressed: str, *, over: bool) -> Target | None:
    """Where the keys `pressed` so far lead, `WRONG` where they lead nowhere, None while more may come. `over`: the caller
    pressed nothing more for a while, or #."""
    meant = keys.get(pressed) or extensions.get(pressed)
    if not over and _may_go_on(extensions, pressed):
        return None
    return meant or WRONG


def _may_go_on(extensions: Collection[str], pressed: str) -> bool:
    return any(len(one) > len(pressed) and one.startswith(pressed) for one in extensions)


class InMenu:
    """A caller in a menu."""

    ringing = False
    kept = b""

    def __init__(self, journey: Journey, menu: Menu) -> None:
        self._journey = journey
        self._call = journey.call
        self._menu = menu
        self._guest: Guest | None = None
        self._pressed = ""
        self._tries = 0
        self._wait = Wait(journey.call)

    def begin(self, happened: list[AnyEvent]) -> None:
        """Answer the caller, and say what there is."""
        if happened:
            self._call.switch.write(happened)
        self._journey.greet(self._listens, self._deaf)

    def stop(self, by: EndedBy, refusal: Refusal, happened: list[AnyEvent]) -> None:
        """The caller hung up."""
        self._wait.end()
        self._call.finish(by, refusal, happened)
        self._journey.side.refuse(refusal.status, refusal.reason)

    def _listens(self, guest: Guest) -> None:
        self._guest = guest
        guest.music = False
        guest.on_key = self._key
        self._prompt()

    def _deaf(self, refusal: Refusal) -> None:
        """Nobody can hear the menu: the way that stands for all others leads to somebody, perhaps."""
        self._journey.go(self._menu.otherwise, refusal.reason)

    def _prompt(self) -> None:
        if self._tries >= min(max(self._menu.tries, 1), MAX_TRIES):
            self._leave(self._menu.otherwise, "no key")
            return
        self._tries += 1
        self._pressed = ""
        if self._guest is not None:
            self._guest.play(prompt(self._journey.tenant, self._menu.prompt), done=self._prompted)

    def _prompted(self) -> None:
        self._wait.begin(min(max(self._menu.timeout_seconds, 1.0), MAX_TIMEOUT_SECONDS), self._silence)

    def _key(self, key: str) -> None:
        self._wait.end()
        over = key == "#" and bool(self._pressed)
        self._pressed += "" if over else key
        self._act(over=over)

    def _act(self, *, over: bool) -> None:
        tenant = self._journey.tenant
        extensions = tenant.target_by_extension if tenant is not None and self._menu.direct_dial else {}
        target = choose(self._menu.keys, extensions, self._pressed, over=over)
        if target is None:
            self._wait.begin(BETWEEN_KEYS_SECONDS, self._silence)
        elif target == WRONG:
            self._prompt()
        else:
            # What the caller dialled stays out of the record where it may be anything but a key of the menu.
            dialled = self._pressed not in self._menu.keys
            self._leave(target, "extension dialled" if dialled else f"key {self._pressed}", chosen=True)

    def _silence(self) -> None:
        if self._pressed:
            self._act(over=True)
        else:
            self._prompt()

    def _leave(self, target: Target, why: str, *, chosen: bool = False) -> None:
        self._wait.end()
        if self._guest is not None:
            self._guest.on_key = None
            self._guest.silent()
        self._journey.go(target, why, chosen=chosen)
