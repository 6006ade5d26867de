"""What the calls process keeps on the disk, sealed with the key of its role: the journal, registrations, and queues' file.

Where the key cannot be had, calls go on: what would be written waits in memory; when the key is here it is written, and what
the process before left is taken up then. Nothing is ever written in clear.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from svara import log
from svara.calls import recovery
from svara.calls.journal import Journal, recover
from svara.calls.queue.store import Store
from svara.calls.segments import JournalFolder
from svara.calls.talks.objecting import Objectors
from svara.data import DataFolder
from svara.sealing.role import FileKeys, RoleKey
from svara.sip.bindings import BindingStore

if TYPE_CHECKING:
    from svara.calls.queue.hall import Hall
    from svara.calls.switch import Switch

RETRY_SECONDS = 2.0
"""Between questions for a key that cannot be had."""

Key = Callable[[], RoleKey | None]
"""Gives the role's key, None where it cannot be had now. It may take its time: it is asked in a thread."""

_logger = log.get("calls.kept")


class Kept:
    """All of them. Raises JournalBusyError where another process keeps them, OSError."""

    def __init__(
        self, data: DataFolder, role: RoleKey | None, run: Callable[[Callable[[], None]], object] = lambda work: work()
    ) -> None:
        keys = FileKeys(data.call_keys, role) if role is not None else None
        self._data = data
        self._folder = JournalFolder(data.journal, data.call_keys, role)
        self.left_open = {} if role is None else recover(self._folder)
        """Calls that the process before left."""
        self.journal = Journal(self._folder, self.left_open)
        self.bindings = BindingStore(data.registrations, keys)
        self.queues = Store(data.queues, keys, run)
        self.objectors = Objectors(data.unrecorded, keys)
        """Not written here: see `svara.people.objectors`."""

    async def wait_for(self, key: Key, switch: Switch, hall: Hall) -> None:
        """Ask for a missing key until it is here, and take up then what was left."""
        if not self._folder.locked:
            return
        _logger.error("the key of the calls journal cannot be had; calls go on, and what happens waits for it in memory")
        role = None
        while role is None:
            await asyncio.sleep(RETRY_SECONDS)
            role = await asyncio.to_thread(key)
        self.unlock(role, switch, hall)

    def unlock(self, role: RoleKey, switch: Switch, hall: Hall) -> None:
        """The key is here. Raises OSError."""
        keys = FileKeys(self._data.call_keys, role)
        self._folder.unlock(role)
        left_open = recover(self._folder)
        self.journal.unlock(left_open)
        switch.registrar.unlock(keys)
        hall.unlock(keys)
        if switch.when_free is not None:
            switch.when_free.office()
        self.objectors.unlock(keys)
        switch.unrecorded = self.objectors.known
        recovery.take_up(switch, left_open)
        _logger.warning("the key of the calls journal is here: what was kept in memory is written")
