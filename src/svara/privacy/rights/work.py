"""The part of the role `svara serve jobs` that does what people asked for, one job after the other."""

from __future__ import annotations

import asyncio
import secrets

from django.db import DatabaseError, connection
from django.utils import timezone

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.privacy.errors import PlainError
from svara.privacy.rights import delivering, erasing, exporting, jobs, links, restriction

LOOK_SECONDS = 0.5
RETRY_SECONDS = 5.0
HOUR_SECONDS = 3600.0

_log = log.get("rights.work")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """Everything that goes on beside, until cancelled."""
    await asyncio.gather(_do_jobs(), _every_hour())


async def _every_hour() -> None:
    while True:
        await asyncio.to_thread(_guarded_hour)
        await asyncio.sleep(HOUR_SECONDS)


def _guarded_hour() -> None:
    try:
        now = timezone.now()
        erasing.erase_late(now)
        exporting.forget_exports(now)
        restriction.lift_due(now)
        links.forget(now)
        delivering.deliver()
        delivering.forget(now)
    except (DatabaseError, PlainError, OSError):
        _log.error("what came in late about erased people could not be let go now", exc_info=True)
    finally:
        connection.close()


async def _do_jobs() -> None:
    """One that is being done at the end is taken up again by the next process."""
    runner = secrets.token_hex(16)
    while True:
        wait_seconds = await asyncio.to_thread(_step, runner)
        await asyncio.sleep(wait_seconds)


def _step(runner: str) -> float:
    try:
        return 0.0 if jobs.run_next(runner=runner) is not None else LOOK_SECONDS
    except DatabaseError:
        _log.warning("jobs could not be done now; trying again", exc_info=True)
        return RETRY_SECONDS
    finally:
        connection.close()
