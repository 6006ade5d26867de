"""Who is rung now, and for whom it is over: read from the news of calls as they come over the bus. Pure.

Of each call it is known whom it rings and until when at most; what differs from the news before is a wish to tell
somebody's browsers. Nothing is kept of a call but until it is recorded, and of a bounded number of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from svara.calls.boxes import BoxChanged, Counts
from svara.calls.events import Party

MAX_CALLS: Final = 2_000
OVER_SECONDS: Final = 30.0
"""So long it is of use to say that a ringing is over, at least."""
Kind = Literal["ring", "over", "missed", "message"]
_PERSON: Final = "person:"


class Rung(msgspec.Struct, frozen=True):
    """What of a `svara.calls.commands.LiveCall` matters here. `rings`: who is rung, and until when at most."""

    id: str
    tenant: str
    caller: Party
    rings: dict[str, float] = {}


class Wish(msgspec.Struct, frozen=True):
    """Tell the browsers of `person`. `about` is what it is about: a call's id, or a box; `until` when it is of no use."""

    kind: Kind
    tenant: str
    person: str
    about: str
    until: float
    caller: Party | None = None


class Watch:
    """What is known of calls that ring, and of messages that wait."""

    def __init__(self, counts: Mapping[str, Counts] | None = None) -> None:
        self._ringing: dict[str, Mapping[str, float]] = {}
        self._callers: OrderedDict[str, Party] = OrderedDict()
        self._new: dict[str, int] = {box: one.new for box, one in (counts or {}).items()}

    @property
    def ringing(self) -> int:
        """How many calls ring."""
        return len(self._ringing)

    def call(self, call: Rung, now: float) -> list[Wish]:
        """News of a call."""
        before = self._ringing.get(call.id, {})
        rung = {person: until for person, until in call.rings.items() if person != call.caller.person}
        if rung:
            self._ringing[call.id] = rung
            self._remember(call)
        else:
            self._ringing.pop(call.id, None)
        gone = [person for person in before if person not in rung]
        come = [person for person in rung if person not in before]
        return [
            *(Wish("over", call.tenant, person, call.id, max(before[person], now + OVER_SECONDS)) for person in gone),
            *(Wish("ring", call.tenant, person, call.id, rung[person], call.caller) for person in come),
        ]

    def all_calls(self, calls: tuple[Rung, ...], now: float) -> list[Wish]:
        """The whole state, after news were lost: what is not there rings no more."""
        there = {call.id for call in calls}
        over = [
            Wish("over", "", person, call, now + OVER_SECONDS)
            for call, rung in self._ringing.items()
            if call not in there
            for person in rung
        ]
        self._ringing = {call: rung for call, rung in self._ringing.items() if call in there}
        return [*over, *(wish for call in calls for wish in self.call(call, now))]

    def recorded(self, call: str, tenant: str, now: float) -> list[Wish]:
        """It is in the history: for whom it still rings, it is over. That news may come first, from another process."""
        rung = self._ringing.pop(call, {})
        return [Wish("over", tenant, person, call, max(until, now + OVER_SECONDS)) for person, until in rung.items()]

    def caller_of(self, call: str) -> Party | None:
        """Who called, once, where the call rang and is not long ago."""
        return self._callers.pop(call, None)

    def box(self, changed: BoxChanged, now: float, fresh_seconds: float) -> list[Wish]:
        """News of a mailbox: one more message than before is a new one, for whose box it is."""
        before, self._new[changed.box] = self._new.get(changed.box, 0), changed.new
        if changed.new <= before or not changed.box.startswith(_PERSON):
            return []
        person = changed.box.removeprefix(_PERSON)
        return [Wish("message", changed.tenant, person, changed.box, now + fresh_seconds)]

    def _remember(self, call: Rung) -> None:
        self._callers[call.id] = call.caller
        self._callers.move_to_end(call.id)
        while len(self._callers) > MAX_CALLS:
            oldest, _caller = self._callers.popitem(last=False)
            self._ringing.pop(oldest, None)
