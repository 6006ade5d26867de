"""Where a phone's own login is registered (the `reg` package, RFC 3680): for that login alone."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from svara.people.office import Person, Tenant
from svara.sip.notifier import Document
from svara.sip.reginfo import REG, REGINFO_TYPE, Registered, reginfo

if TYPE_CHECKING:
    from svara.calls.lamps.subscriptions import Subscription
    from svara.calls.switch import Switch


class Registrations:
    """The registrar, as an event package."""

    event = REG
    content_type = REGINFO_TYPE

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def find(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:  # noqa: ARG002 - see `Package`
        """One's own login, and nobody else's."""
        return login if user in ("", login) else None

    def still(self, tenant: Tenant, person: Person, login: str, resource: str) -> bool:  # noqa: ARG002 - see `Package`
        """As long as there is that phone."""
        return login == resource

    def document(self, tenant: Tenant, person: Person, watching: Subscription) -> Document:  # noqa: ARG002 - see `Package`
        """Every contact that has not expired.."""
        now = self._switch.clock.now()
        found = self._switch.registrar.all_bindings(watching.resource)
        contacts = tuple(
            Registered(
                id=blake2b(f"{one.contact} {one.flow_id}".encode(), digest_size=6).hexdigest(),
                uri=one.contact,
                call_id=one.call_id,
                cseq=one.cseq,
                expires_seconds=int(one.expires_at - now),
                q=one.q_thousandths / 1000,
            )
            for one in found
        )
        return reginfo(f"sip:{watching.resource}@{watching.account.rpartition('@')[2]}", contacts)
