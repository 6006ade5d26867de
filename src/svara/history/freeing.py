"""Taking somebody out of the records of calls, so that what is left is about the others alone.

A call between two people is a record about both. When one of them is erased, the other keeps that there was a call, when,
how long, how it ended, and the other's own part. `free` is pure: from one row and its details to what they become.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from svara.calls.events import Party
from svara.history.rows import Details

ERASED = "erased"
"""Stands where a number stood, so that people see why nobody is named."""
NOBODY = Party(number=ERASED)

Is = Callable[[Party], bool]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody as they appear in records: `person` and `username` of the company, or `numbers` (marks) outside of it."""

    person: str = ""
    username: str = ""
    numbers: frozenset[str] = frozenset()

    def is_(self, party: Party) -> bool:
        """Whether this side of a call was they."""
        return party.person == self.person if self.person else not party.person and party.number in self.numbers

    def leads_to(self, target: str) -> bool:
        """Whether a target of the office names them."""
        kind, _colon, name = target.partition(":")
        if self.person:
            return bool(self.username) and kind in ("person", "voicemail") and name == self.username
        return kind == "number" and name in self.numbers


def free(details: Details, who: Who) -> Details:
    """The details of a call without `who`; the sound of what they said goes with them, by whoever keeps the files."""
    return replace(
        details,
        legs=tuple(replace(leg, to=NOBODY) if who.is_(leg.to) else leg for leg in details.legs),
        stops=tuple(replace(stop, to=ERASED) if who.leads_to(stop.to) else stop for stop in details.stops),
        offers=tuple(replace(offer, agent=NOBODY) if who.is_(offer.agent) else offer for offer in details.offers),
        supervisions=tuple(replace(one, by=NOBODY) if who.is_(one.by) else one for one in details.supervisions),
        conferences=tuple(
            replace(one, met=tuple(replace(met, who=NOBODY) if who.is_(met.who) else met for met in one.met))
            for one in details.conferences
        ),
        transfers=tuple(
            replace(one, by=NOBODY if who.is_(one.by) else one.by, to=ERASED if who.leads_to(one.to) else one.to)
            for one in details.transfers
        ),
        callback_number=ERASED if details.callback_number in who.numbers else details.callback_number,
    )
