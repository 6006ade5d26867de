"""Lamps for whatever has an extension (the `dialog` package, RFC 4235): persons, queues, park orbits, conferences.

Rooms register a resolver for what is theirs; who watches is told whenever `changed` is called for its extension.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.lamps.port import Lamp, Resolver
from svara.people.office import Person, Tenant
from svara.sip.dialoginfo import DIALOG, DIALOG_INFO_TYPE, DialogInfo, dialog_info
from svara.sip.notifier import Document

if TYPE_CHECKING:
    from svara.calls.lamps.subscriptions import Subscription


class Dialogs:
    """Every resolver, as one event package."""

    event = DIALOG
    content_type = DIALOG_INFO_TYPE

    def __init__(self) -> None:
        self._resolvers: dict[str, Resolver] = {}

    def register(self, kind: str, resolver: Resolver) -> None:
        """`kind` is that of a target: "person", "queue", "park", "conference"."""
        self._resolvers[kind] = resolver

    def find(self, tenant: Tenant, person: Person, login: str, user: str) -> str | None:  # noqa: ARG002 - see `Package`
        """What the address means, of whatever kind; without a user part oneself."""
        for resolver in self._resolvers.values():
            found = resolver.find(tenant, user or login)
            if found is not None:
                return found
        return None

    def still(self, tenant: Tenant, person: Person, login: str, resource: str) -> bool:
        """Whether there still is such an extension."""
        return self.find(tenant, person, login, resource) == resource

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:
        """What goes on there, as far as `watcher` may see it."""
        for resolver in self._resolvers.values():
            if resolver.find(tenant, extension) == extension:
                return resolver.lamps(tenant, extension, watcher)
        return ()

    def document(self, tenant: Tenant, person: Person, watching: Subscription) -> Document:
        """The dialogs, as this phone is told of them."""
        host = watching.account.rpartition("@")[2]
        lamps = self.lamps(tenant, watching.resource, person)
        return dialog_info(watching.account, tuple(_info(one, host) for one in lamps))


def _info(lamp: Lamp, host: str) -> DialogInfo:
    remote = lamp.remote
    return DialogInfo(
        id=lamp.id,
        state=lamp.state,
        direction=lamp.direction,
        call_id=lamp.call_id,
        local_tag=lamp.local_tag,
        remote_tag=lamp.remote_tag,
        remote_uri="" if remote is None or not remote.number else f"sip:{remote.number}@{host}",
        remote_name="" if remote is None else remote.name,
        held=lamp.held,
    )
