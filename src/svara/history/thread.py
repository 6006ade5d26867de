"""Work in threads of this role, so that what is slow, a database or a bucket, blocks neither the bus nor a stop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar, cast

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from svara import log
from svara.calls.segments import JournalFolder
from svara.history.follow import Also, Follower
from svara.history.health import HistoryHealth
from svara.history.record import CallRecord
from svara.privacy.vault.port import VaultError
from svara.sealing.errors import Unreadable
from svara.sealing.role import RoleKey

POLL_SECONDS = 0.1
RETRY_SECONDS = 1.0
"""Between tries while the database does not take what was read."""

_log = log.get("history.thread")
T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Do what may hang, because somebody does not answer, in a thread of its own that holds up no end of the process: only
    for what may be cut off anywhere."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("T", result))

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as failed:
            error = failed
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="beside", daemon=True).start()
    return done


class FollowerThread(threading.Thread):
    """Steps through the journal until stopped; the callbacks are called in this thread.

    `key` gives the key of the role calls; it may wait, and raises Unreadable or VaultError where there is none now.
    """

    def __init__(
        self,
        journal: JournalFolder,
        key: Callable[[], RoleKey],
        on_records: Callable[[list[CallRecord]], None],
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_end: Callable[[], None] = lambda: None,
        also: Sequence[Also] = (),
    ) -> None:
        super().__init__(name="history", daemon=True)
        self._journal, self._key = journal, key
        self._follower = Follower(journal, also=also)
        self._on_records = on_records
        self._on_ready = on_ready
        self._on_end = on_end
        self._stopping = threading.Event()
        self._at_end = time.monotonic()

    @property
    def health(self) -> HistoryHealth:
        return HistoryHealth(time.monotonic() - self._at_end, self._follower.open_calls, self._follower.recorded)

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        loaded = False
        while not self._stopping.is_set():
            try:
                if not loaded:
                    if self._journal.locked:
                        self._journal.unlock(self._key())
                    self._follower.load()
                    loaded = True
                    self._on_ready()
                records, at_end = self._follower.step()
            except (DatabaseError, InterfaceError):
                _log.error("the database does not take call records; trying again", exc_info=True)
                close_old_connections()
                self._stopping.wait(RETRY_SECONDS)
                continue
            except (Unreadable, VaultError):
                _log.error("what calls left cannot be read: its key cannot be had; trying again", exc_info=True)
                loaded = False
                self._stopping.wait(RETRY_SECONDS)
                continue
            except Exception:
                _log.error("following the journal failed; taking it up again", exc_info=True)
                loaded = False
                self._stopping.wait(RETRY_SECONDS)
                continue
            if records:
                self._on_records(records)
            if at_end:
                self._at_end = time.monotonic()
                self._stopping.wait(POLL_SECONDS)
        connection.close()
        self._on_end()
