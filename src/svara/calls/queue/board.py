"""The queues as others see them live: gathered for a moment, and only the newest of each queue and agent goes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from svara.calls.commands import TOPIC_AGENT, TOPIC_QUEUE, LiveAgent, QueueChanged
from svara.calls.queue.model import Agent
from svara.clock import Clock, Timer
from svara.people.visibility import seen_by, workmates

if TYPE_CHECKING:
    from svara.people.office import Tenant

GATHER_SECONDS = 0.1
"""How long news wait for company: of a busy queue ten a second are enough for anybody's eyes."""

_encode = msgspec.msgpack.Encoder().encode


class Board:
    """`publish` is the bus's; it never blocks. `summary` tells of a queue (tenant's and queue's id) how it is now; None when
    it is gone. `told` hears of each queue that changed."""

    def __init__(
        self,
        clock: Clock,
        publish: Callable[[str, bytes], None],
        summary: Callable[[str, str], QueueChanged | None],
        told: Callable[[str, str], object],
    ) -> None:
        self._clock = clock
        self._publish = publish
        self._summary = summary
        self._told = told
        self._queues: set[tuple[str, str]] = set()
        self._agents: dict[str, tuple[Tenant, Agent]] = {}
        self._timer: Timer | None = None

    def changed(self, tenant: str, queue: str) -> None:
        """Somebody came into this line, moved, or left it."""
        self._queues.add((tenant, queue))
        self._arm()

    def everything_of(self, tenant: Tenant) -> None:
        """All queues of a tenant may have changed."""
        self._queues.update((tenant.id, queue.id) for queue in tenant.queues)
        self._arm()

    def agent(self, tenant: Tenant, agent: Agent) -> None:
        """An agent is shown differently: also in the queues of which they are logged out (now)."""
        self._agents[agent.person] = (tenant, agent)
        self._queues.update((tenant.id, queue) for queue in tenant.queues_of.get(agent.person, ()))
        self._arm()

    def flush(self) -> None:
        """Publish what was gathered."""
        self._timer = None
        agents, self._agents = self._agents, {}
        queues, self._queues = self._queues, set()
        for tenant, one in agents.values():
            live = LiveAgent(tenant.id, one.person, one.state, one.reason, one.queues, _seen_by(tenant, one.person))
            self._publish(TOPIC_AGENT, _encode(live))
        for tenant_id, queue in queues:
            summary = self._summary(tenant_id, queue)
            if summary is not None:
                self._publish(TOPIC_QUEUE, _encode(summary))
            self._told(tenant_id, queue)

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self._clock.call_later(GATHER_SECONDS, self.flush)


def _seen_by(tenant: Tenant, person: str) -> tuple[str, ...] | None:
    """Who shares a queue with somebody sees their work there, also when they hide from everybody."""
    return None if seen_by(tenant, person) is None else workmates(tenant, person)
