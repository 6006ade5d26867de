"""SQLite hears every hour how full its tables are: by that it decides which index leads.

Without it all of a company's rows count as few, and what is found by a call's id is searched in the whole company. A look
at a part of each index is enough and takes milliseconds. PostgreSQL does the same by itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from svara import log

if TYPE_CHECKING:
    from svara.bus.port import Bus
    from svara.data import DataFolder

FIRST_SECONDS, EVERY_SECONDS = 20.0, 3600.0
LOOKED_AT = 400
"""Rows of each index."""

_log = log.get("cli.query_plans")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """Until it is cancelled."""
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        await asyncio.to_thread(learn)
        await asyncio.sleep(EVERY_SECONDS)


def learn() -> None:
    """Have the database look at its tables. What cannot be done now is done the next time."""
    from django.db import DatabaseError, connection  # noqa: PLC0415  needs an open installation

    try:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA analysis_limit={LOOKED_AT}")
                cursor.execute("ANALYZE")
    except DatabaseError:
        _log.warning("the database could not be looked through now", exc_info=True)
    finally:
        connection.close()
