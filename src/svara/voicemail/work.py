"""The part of the role `svara serve jobs` that is about voice messages: taking them in, telling of them, writing them down,
letting them go."""

from __future__ import annotations

import asyncio

from svara.bus.port import Bus
from svara.calls.boxes import SERVICE
from svara.data import DataFolder
from svara.voicemail import counts, transcripts, writing
from svara.voicemail.guarded import guarded
from svara.voicemail.notices import send_notices
from svara.voicemail.retention import forget_messages
from svara.voicemail.service import handle

NOTICE_SECONDS = 5.0
NOTICE_RETRY_SECONDS = 60.0
"""Between tries while the mail server does not answer."""
FORGET_FIRST_SECONDS = 600.0
"""The journal is read to its end before anything is forgotten."""
FORGET_SECONDS = 3600.0


async def run(data: DataFolder, bus: Bus) -> None:
    """Everything that goes on beside, until cancelled."""
    await bus.serve(SERVICE, handle)
    await asyncio.to_thread(guarded, "counting", lambda: counts.write(data))
    await asyncio.gather(_tell(), _forget(), writing.run())


async def _tell() -> None:
    while True:
        told = await asyncio.to_thread(guarded, "telling", send_notices)
        await asyncio.sleep(NOTICE_SECONDS if told is not None else NOTICE_RETRY_SECONDS)


async def _forget() -> None:
    await asyncio.sleep(FORGET_FIRST_SECONDS)
    while True:
        await asyncio.to_thread(guarded, "forgetting", forget_messages)
        await asyncio.to_thread(guarded, "forgetting texts", transcripts.forget_before)
        await asyncio.sleep(FORGET_SECONDS)
