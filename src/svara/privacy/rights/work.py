"""The part of the role `svara serve jobs` that does what people asked for, one job after the other."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.privacy.rights import jobs

LOOK_SECONDS = 0.5
RETRY_SECONDS = 5.0

_log = log.get("rights.work")


def write(_records: Sequence[Any]) -> None:
    """Nothing here is made of calls' records."""


async def run(_data: DataFolder, _bus: Bus) -> None:
    """Do jobs until cancelled. One that is being done then is taken up again by the next process."""
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
