"""The role `svara serve jobs`: history follows the journal, and what else is made of calls goes along with it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Mapping

import django

from svara.cli.rolekey import take
from svara.data import DataFolder


async def main(
    data: DataFolder, sockets: Mapping[str, socket.socket], stop: asyncio.Event, ready: Callable[[], None]
) -> None:
    """Run the role until `stop`; it needs no sockets."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "svara.settings")
    django.setup()
    from svara.cli import demo_wipes, query_plans  # noqa: PLC0415
    from svara.history import main as history  # noqa: PLC0415  needs Django's tables
    from svara.history import shelving, tapes  # noqa: PLC0415
    from svara.letters import work as letters  # noqa: PLC0415
    from svara.people import alerts, wishes  # noqa: PLC0415
    from svara.people.calendars import work as calendars  # noqa: PLC0415
    from svara.privacy.rights import work as rights  # noqa: PLC0415
    from svara.push import work as push  # noqa: PLC0415
    from svara.voicemail import work as voicemail  # noqa: PLC0415
    from svara.voicemail.intake import write_messages  # noqa: PLC0415

    handed = take()
    key = None if handed is None else lambda: handed
    beside = (
        tapes.run,
        shelving.run,
        voicemail.run,
        wishes.run,
        rights.run,
        letters.run,
        demo_wipes.run,
        alerts.run,
        calendars.run,
        push.run,
        query_plans.run,
    )
    await history.main(data, sockets, stop, ready, key=key, also=[tapes.write, write_messages], beside=beside)
