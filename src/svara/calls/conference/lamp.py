"""The lamp of a conference: lit while somebody is in it, whoever that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.lamps.port import Lamp

if TYPE_CHECKING:
    from svara.calls.switch import Switch
    from svara.people.office import Conference, Person, Tenant


class ConferenceLamps:
    """A `svara.calls.lamps.port.Resolver`."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def find(self, tenant: Tenant, user: str) -> str | None:
        """A conference goes by its extension or its name."""
        found = next((one for one in tenant.conferences if user in (one.extension, one.name)), None)
        return key_of(found) if found is not None else None

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:  # noqa: ARG002 - all may know
        """One, where somebody is there."""
        found = next((one for one in tenant.conferences if key_of(one) == extension), None)
        if found is None or not self._switch.conferences.members(tenant.id, found.id):
            return ()
        return (Lamp(found.id, "confirmed"),)


def key_of(conference: Conference) -> str:
    """By what its lamp is known."""
    return conference.extension or conference.name
