"""What the system says is there in every language that the offices of this installation use (`svara.media.sounds`).

It runs beside everything else and holds nothing up: until a language is ready, callers hear tones and music.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from svara import log
from svara.data import DataFolder
from svara.media.sounds.prepare import prepare
from svara.people.office import SNAPSHOT_FILE, Office, read_office

LOOK_SECONDS = 1.0
"""How soon a new language is noticed."""

_log = log.get("people.spoken")


def languages_of(office: Office) -> tuple[str, ...]:
    """The languages (BCP 47) in which anybody is spoken to: those of companies, then those of single persons."""
    spoken = [language for tenant in office.tenants for language in tenant.languages]
    spoken += [person.language for tenant in office.tenants for person in tenant.people if person.language]
    return tuple(dict.fromkeys(spoken))


async def prepare_sounds(data: DataFolder) -> None:
    """Make what is missing, now and whenever the office has changed, until cancelled."""
    stop = threading.Event()
    seen: float | None = -1.0
    done: tuple[str, ...] | None = None
    try:
        while True:
            changed = _changed_at(data.root)
            if changed != seen:
                seen = changed
                try:
                    done = await asyncio.to_thread(_prepare, data, done, stop)
                except OSError:
                    _log.error("the disk does not take the phrases", exc_info=True)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        stop.set()


def _prepare(data: DataFolder, done: tuple[str, ...] | None, stop: threading.Event) -> tuple[str, ...]:
    languages = languages_of(read_office(data.root))
    if languages != done:
        prepare(data.sounds, languages, stop)
    return languages


def _changed_at(folder: Path) -> float | None:
    try:
        return (folder / SNAPSHOT_FILE).stat().st_mtime
    except OSError:
        return None
