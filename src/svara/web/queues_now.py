"""The queues of each company as they are now, for pages that are open in many browsers at once.

A board that changes ten times a second and is watched by a hundred people must not cost the calls process a thousand
answers: it is asked once after each change, whoever wants to know shares the answer. Belongs to the event loop's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from svara.bus.port import BusError
from svara.calls.commands import SERVICE, Answer, AskQueues, Queues, QueueState

Known = tuple[QueueState, ...]


class QueuesNow:
    """`ask` asks the calls process; it raises BusError when that is away."""

    def __init__(self, ask: Callable[[AskQueues], Awaitable[Answer]]) -> None:
        self._ask = ask
        self._asked: dict[str, asyncio.Task[Known]] = {}
        """What is known of a company, or is being asked; only of those about which nothing has changed since."""

    async def of(self, tenant: str) -> Known:
        """Every queue of a company. Raises BusError."""
        asked = self._asked.get(tenant)
        if asked is None or asked.get_loop() is not asyncio.get_running_loop():
            asked = self._asked[tenant] = asyncio.create_task(self._state(tenant))
            asked.add_done_callback(lambda task: self._forget_failure(tenant, task))
        return await asyncio.shield(asked)  # who asks along goes on when the first one leaves

    def changed(self, tenant: str | None = None) -> None:
        """Something happened in a company's queues (None: perhaps in any)."""
        if tenant is None:
            self._asked.clear()
        else:
            self._asked.pop(tenant, None)

    async def _state(self, tenant: str) -> Known:
        answer = await self._ask(AskQueues(tenant))
        if not isinstance(answer, Queues):
            raise BusError("failed", SERVICE)
        return answer.queues

    def _forget_failure(self, tenant: str, task: asyncio.Task[Known]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._asked.get(tenant) is task:
            del self._asked[tenant]
