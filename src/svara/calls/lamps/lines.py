"""Which calls a person is in, or is rung by: what the lamp of a person shows.

Knows every leg of the house's people by its person, so that no call is ever looked for; a change costs what one person's
calls cost, however many there are, and nothing more where nobody watches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from svara.calls.events import Party
from svara.calls.lamps.port import Lamp
from svara.calls.leg import is_callers
from svara.clock import Clock, Timer
from svara.people.office import Person, Tenant
from svara.people.visibility import may_see, may_see_other_side

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.leg import Leg

GATHER_SECONDS = 0.02
"""How long changes wait for company: a call that passes through several states in one moment is told once."""
NO_TAG = "0"
"""Stands for the tag of a phone that gave none (RFC 3891 section 3)."""


class Lines:
    """A `Resolver` for persons. `changed(tenant, extension)` is called for those whose calls changed."""

    def __init__(
        self, clock: Clock, tenants: Callable[[], dict[str, Tenant]], changed: Callable[[str, str], object]
    ) -> None:
        self._clock = clock
        self._tenants = tenants
        self._changed = changed
        self._legs: dict[str, dict[Leg, None]] = {}
        self._touched: set[tuple[str, str]] = set()
        self._timer: Timer | None = None

    # --- told of calls

    def opened(self, leg: Leg) -> None:
        """A phone is, or may become, part of a call."""
        person = leg.party.person
        if person:
            self._legs.setdefault(person, {})[leg] = None
            self.touch(leg.call.tenant, person)

    def closed(self, leg: Leg) -> None:
        """... and is so no more."""
        person = leg.party.person
        if person and leg in (legs := self._legs.get(person, {})):
            del legs[leg]
            if not legs:
                del self._legs[person]
            self.touch(leg.call.tenant, person)

    def call(self, call: Call) -> None:
        """Something changed in a call: who holds it, for one."""
        for leg in (call.front, call.back):
            if leg is not None and leg.party.person:
                self.touch(call.tenant, leg.party.person)

    def touch(self, tenant: str, person: str) -> None:
        """The calls of this person may be others now."""
        self._touched.add((tenant, person))
        if self._timer is None:
            self._timer = self._clock.call_later(GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._timer = None
        touched, self._touched = self._touched, set()
        tenants = self._tenants()
        for tenant_id, person_id in touched:
            tenant = tenants.get(tenant_id)
            person = tenant.by_id.get(person_id) if tenant is not None else None
            if person is not None:
                self._changed(tenant_id, key_of(person))

    # --- see `Resolver`

    def find(self, tenant: Tenant, user: str) -> str | None:
        person = tenant.by_extension.get(user) or tenant.by_username.get(user) or tenant.by_login.get(user)
        return None if person is None else key_of(person)

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:
        person = person_at(tenant, extension)
        if person is None or not may_see(tenant, watcher.id, person.id):
            return ()
        shown = may_see_other_side(tenant, watcher.id, person.id)
        own = watcher.id == person.id
        legs = self._legs.get(person.id, ())
        found = (_lamp(leg, shown=shown, own=own) for leg in legs if leg.call.tenant == tenant.id)
        return tuple(lamp for lamp in found if lamp is not None)


def key_of(person: Person) -> str:
    """Under which name the changes of a person are told."""
    return person.extension or person.username


def person_at(tenant: Tenant, key: str) -> Person | None:
    """The reverse of `key_of`."""
    return tenant.by_extension.get(key) or tenant.by_username.get(key)


def _lamp(leg: Leg, *, shown: bool, own: bool) -> Lamp | None:
    """The call of one phone; None while it neither rings nor dials nor talks. Who else than its own person could take over a
    call that is talked in does not learn how."""
    call = leg.call
    if leg.down or call.state == "ended":
        return None
    name = f"{call.id}.{leg.id}"
    remote = _other_side(leg) if shown else None
    invitation = leg.invitation
    if invitation is not None:
        if not (invitation.open and invitation.ringing):
            return None
        sent = invitation.request
        call_id = sent.call_id if sent is not None else ""
        return Lamp(name, "early", "recipient", remote, call_id, leg.tag, invitation.remote_tag or NO_TAG)
    direction: Literal["initiator", "recipient"] = "initiator" if is_callers(leg.id) else "recipient"
    dialog = leg.dialog
    talks = call.state == "talking" or leg is not call.front or (call.guest is not None and call.guest.connected)
    named = (dialog.call_id, leg.tag, dialog.remote_tag) if dialog is not None and own else ("", "", "")
    return Lamp(name, "confirmed" if talks else "early", direction, remote, *named, held=leg.side in call.held_by)


def _other_side(leg: Leg) -> Party:
    call = leg.call
    if leg is call.front:
        return call.back.party if call.back is not None else call.callee
    return call.caller if call.front is None else call.front.party
