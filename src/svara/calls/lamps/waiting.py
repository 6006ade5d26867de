"""The lamp of a queue: it is on as long as somebody waits there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.lamps.port import Lamp
from svara.people.office import Person, Queue, Tenant

if TYPE_CHECKING:
    from svara.calls.switch import Switch


class Waiting:
    """A `Resolver` for queues. Who waits, and how many, is not said."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    def find(self, tenant: Tenant, user: str) -> str | None:
        queue = _queue_at(tenant, user)
        return None if queue is None else key_of(queue)

    def lamps(self, tenant: Tenant, extension: str, watcher: Person) -> tuple[Lamp, ...]:  # noqa: ARG002 - see `Resolver`
        queue, queues = _queue_at(tenant, extension), self._switch.queues
        waits = queue is not None and queues is not None and queues.waiting(tenant.id, queue.id)
        return (Lamp("waiting", "confirmed"),) if waits else ()


def key_of(queue: Queue) -> str:
    """Under which name the changes of a queue are told."""
    return queue.extension or queue.name


def _queue_at(tenant: Tenant, user: str) -> Queue | None:
    named = tenant.target_by_extension.get(user, "")
    name = named.removeprefix("queue:") if named.startswith("queue:") else user
    return tenant.queue_by_name.get(name)
