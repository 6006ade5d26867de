"""Phones that register while their person is rung: a browser that was woken, or whose page was loaded again.

Knows who rings whom at this moment, so that a registration costs a look into one table and nothing is ever looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.switch import Switch

LATE_SECONDS = 0.02
"""A phone hears first that it is registered, and then the call: over UDP the two may overtake each other."""


class Ringing(Protocol):
    """What rings somebody's phones for a call."""

    call: Call

    def registered(self, login: str) -> None:
        """This phone may be rung too."""
        ...


class Late:
    """Who rings whom."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._rung: dict[str, dict[Ringing, None]] = {}
        """By the ids of the persons who are rung."""

    def begin(self, person: str, ringing: Ringing) -> None:
        """This person is rung from now on."""
        self._rung.setdefault(person, {})[ringing] = None

    def end(self, person: str, ringing: Ringing) -> None:
        """... and is so no more."""
        rung = self._rung.get(person)
        if rung is not None and rung.pop(ringing, 0) is None and not rung:
            del self._rung[person]

    def phone(self, login: str) -> None:
        """A phone registered, or over another way than before."""
        person = self._switch.news.person_of(login)
        for ringing in self._rung.get(person or "", ()):
            self._switch.clock.call_later(LATE_SECONDS, ringing.call.guarded, ringing.registered, login)
