"""The database from a thread of the role jobs: what fails there is told, and tried again by whoever asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DatabaseError, connection

from svara import log

T = TypeVar("T")

_log = log.get("voicemail.work")


def guarded(what: str, work: Callable[[], T]) -> T | None:
    """What the work gives; None where the database, the data folder or the mail server (whose errors are OSErrors, too) was
    of no use, so that it is to be tried later."""
    try:
        return work()
    except (DatabaseError, OSError):
        _log.warning("something about voice messages did not work; trying again later", what=what, exc_info=True)
        return None
    finally:
        connection.close()
