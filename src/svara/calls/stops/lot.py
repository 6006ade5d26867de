"""Where callers are parked: who is at which place, for those who take them, for lamps and for pages.

In memory alone: a parked caller is a guest, whom the journal keeps with the place (see `svara.calls.stops.park`), so after a
restart everybody is where they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import ParkedCall
from svara.calls.lamps.port import Lamp
from svara.people.office import Person, Tenant

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.stops.park import Parked
    from svara.calls.switch import Switch


class Lot:
    """All places of this process. Implements `svara.calls.lamps.Resolver`."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._parked: dict[tuple[str, str], Parked] = {}
        self._coming: dict[tuple[str, str], str] = {}
        """Places that a call (its id) is on its way to."""

    def at(self, tenant: str, extension: str) -> Parked | None:
        """Who is there."""
        return self._parked.get((tenant, extension))

    def taken(self, tenant: str, extension: str, by: Call | None = None) -> bool:
        """Whether another call than this one is there, or on its way there."""
        place = tenant, extension
        coming = self._coming.get(place, "")
        there = self._parked.get(place)
        on_its_way = coming in self._switch.calls and (by is None or coming != by.id)
        return on_its_way or (there is not None and there.call is not by)

    def free(self, tenant: Tenant) -> str:
        """A place at which nobody is; "" where there is none."""
        return next((one for one in tenant.parking.extensions if not self.taken(tenant.id, one)), "")

    def reserve(self, call: Call, extension: str) -> None:
        """The call is on its way there."""
        self._coming = {place: one for place, one in self._coming.items() if one in self._switch.calls}
        self._coming[call.tenant, extension] = call.id

    def put(self, parked: Parked) -> None:
        """The caller is there."""
        place = parked.call.tenant, parked.extension
        self._coming.pop(place, None)
        self._parked[place] = parked
        self._switch.lamps.changed(*place)

    def leave(self, parked: Parked) -> None:
        """... and is not any more."""
        place = parked.call.tenant, parked.extension
        if self._parked.get(place) is parked:
            del self._parked[place]
            self._switch.lamps.changed(*place)

    def of(self, tenant: str) -> tuple[ParkedCall, ...]:
        """Everybody who is parked, by the place."""
        found = sorted((place, parked) for (whose, place), parked in self._parked.items() if whose == tenant)
        return tuple(parked.shown for _, parked in found)

    # --- see `Resolver`

    def find(self, tenant: Tenant, user: str) -> str | None:
        """The place itself."""
        return user if user in tenant.parking.extensions else None

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:  # noqa: ARG002 - everybody may
        """Lit while somebody is parked."""
        parked = self.at(tenant.id, extension)
        return () if parked is None else (Lamp(parked.call.id, "confirmed", "recipient", parked.call.caller),)
