"""The part of the role `svara serve jobs` that sends letters, portion by portion."""

from __future__ import annotations

import asyncio
import smtplib

from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.letters.sending import send_portion

LOOK_SECONDS = 2.0
RETRY_SECONDS = 60.0
"""Between tries while the mail server does not answer."""

_log = log.get("letters.work")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """Until cancelled. A portion that is under way then is taken up by the next process, without what was begun."""
    while True:
        wait_seconds = await asyncio.to_thread(_step)
        await asyncio.sleep(wait_seconds)


def _step() -> float:
    """Seconds until there is something to do."""
    try:
        return 0.0 if send_portion() else LOOK_SECONDS
    except (DatabaseError, OSError, smtplib.SMTPException):
        _log.warning("letters could not be sent now; trying again later", exc_info=True)
        return RETRY_SECONDS
    finally:
        connection.close()
