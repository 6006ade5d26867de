"""The part of the role `svara serve jobs` that is about voice messages: taking them in, telling of them, writing them down,
letting them go."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable

from django.db import DatabaseError, connection

from svara import log
from svara.bus.port import Bus
from svara.calls.boxes import SERVICE
from svara.data import DataFolder
from svara.voicemail import counts, transcripts, writing
from svara.voicemail.notices import send_notices
from svara.voicemail.retention import forget_messages
from svara.voicemail.service import handle

NOTICE_SECONDS = 5.0
NOTICE_RETRY_SECONDS = 60.0
"""Between tries while the mail server does not answer."""
FORGET_FIRST_SECONDS = 600.0
"""The journal is read to its end before anything is forgotten."""
FORGET_SECONDS = 3600.0

_log = log.get("voicemail.work")


async def run(data: DataFolder, bus: Bus) -> None:
    """Everything that goes on beside, until cancelled."""
    await bus.serve(SERVICE, handle)
    await asyncio.to_thread(_guarded, "counting", lambda: counts.write(data))
    await asyncio.gather(_tell(), _forget(), writing.run())


async def _tell() -> None:
    while True:
        told = await asyncio.to_thread(_guarded, "telling", send_notices)
        await asyncio.sleep(NOTICE_SECONDS if told else NOTICE_RETRY_SECONDS)


async def _forget() -> None:
    await asyncio.sleep(FORGET_FIRST_SECONDS)
    while True:
        await asyncio.to_thread(_guarded, "forgetting", forget_messages)
        await asyncio.to_thread(_guarded, "forgetting texts", transcripts.forget_before)
        await asyncio.sleep(FORGET_SECONDS)


def _guarded(what: str, work: Callable[[], object]) -> bool:
    """Do something with the database in a thread; False when it failed and is to be tried later."""
    try:
        work()
    except (DatabaseError, OSError, smtplib.SMTPException):
        _log.warning("something about voice messages did not work; trying again later", what=what, exc_info=True)
        return False
    finally:
        connection.close()
    return True
