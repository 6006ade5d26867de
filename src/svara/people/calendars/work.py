"""The part of the role `svara serve jobs` that reads calendars, and tells call control who is in a meeting when.

Each calendar is read every quarter of an hour, one that cannot be had more and more rarely. Only those of whom the function
is on are asked for; who switched it off, or was erased, is out of the file of meetings within seconds.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from svara import log
from svara.bus.port import Bus
from svara.data import DataFolder
from svara.people.calendars.busy import NotCalendar, busy_times
from svara.people.calendars.fetch import Fetched, Refused, fetch
from svara.people.calendars.subscribing import busy_of, sealed_busy, url_of
from svara.people.meetings import Meetings, write_meetings
from svara.people.models import PersonCalendar
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import CALENDAR_PRESENCE
from svara.sealing.errors import Unreadable

EVERY = timedelta(minutes=15)
AFTER_TROUBLE = timedelta(hours=1)
BACK_SECONDS = 86_400.0
AHEAD_SECONDS = 8 * 86_400.0
LOOK_SECONDS = 5.0
MAX_AT_ONCE = 20

_log = log.get("people.calendars")


async def run(_data: DataFolder, _bus: Bus) -> None:
    """Until cancelled."""
    known: Meetings | None = None
    while True:
        known = await asyncio.to_thread(_step, known)
        await asyncio.sleep(LOOK_SECONDS)


def read_due() -> int:
    """Read the calendars whose time has come; gives how many."""
    agreed = people_with(CALENDAR_PRESENCE)
    due = PersonCalendar.all_tenants.filter(next_at__lte=timezone.now(), account_id__in=agreed).select_related("tenant")
    rows = list(due.order_by("next_at")[:MAX_AT_ONCE])
    for row in rows:
        _read(row)
    return len(rows)


def meetings() -> Meetings:
    """When everybody is busy whose function is on."""
    agreed = people_with(CALENDAR_PRESENCE)
    found: Meetings = {}
    for row in PersonCalendar.all_tenants.filter(account_id__in=agreed).exclude(busy_sealed=b""):
        try:
            found[row.account_id] = busy_of(row)
        except Unreadable:
            continue  # the person's key is gone, or the company's is of no use now
    return found


def _read(row: PersonCalendar) -> None:
    now = timezone.now()
    changes: dict[str, object] = {"trouble": "", "read_at": now, "next_at": now + EVERY}
    try:
        fetched = _fetched(row)
        if fetched.content is not None:
            since, until = now.timestamp() - BACK_SECONDS, now.timestamp() + AHEAD_SECONDS
            busy = busy_times(fetched.content, since, until, ZoneInfo(row.tenant.timezone))
            changes |= {"busy_sealed": sealed_busy(row, busy), "etag": fetched.etag}
    except (Refused, NotCalendar, Unreadable) as error:
        why = error.why if isinstance(error, Refused) else "answer" if isinstance(error, NotCalendar) else "unreadable"
        changes = {"trouble": why, "next_at": now + AFTER_TROUBLE}
        _log.info("a calendar could not be read", reason=why)
    # Not `save`: who unsubscribed meanwhile does not come back.
    PersonCalendar.all_tenants.filter(pk=row.pk, url_sealed=row.url_sealed).update(**changes)


def _fetched(row: PersonCalendar) -> Fetched:
    """A calendar is read anew each day, whatever the other side says: the window of days moves on."""
    stale = row.read_at is None or row.read_at.date() != timezone.now().date()
    return fetch(url_of(row), "" if stale else row.etag)


def look(known: Meetings | None) -> Meetings:
    """Read what is due, and write who is in a meeting when where that is not what is `known`; gives it."""
    read_due()
    now = meetings()
    if now != known:
        write_meetings(now, settings.DATA.root)
    return now


def _step(known: Meetings | None) -> Meetings | None:
    try:
        return look(known)
    except (DatabaseError, OSError):
        _log.warning("calendars could not be read now; trying again later", exc_info=True)
        return known
    finally:
        connection.close()
