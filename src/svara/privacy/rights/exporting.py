"""Everything that there is about somebody, to read and to take along: a ZIP with a page in their language, JSON and the
sounds.

The file is made by a job, sealed with the person's key and kept for a day. Whoever asked for it opens it and nobody else:
who guesses or inherits the job's id gets nothing. For somebody outside a privacy officer asks, and hands it over; that it
was asked for and fetched stands in the log of views.
"""

from __future__ import annotations

import json
import re
import secrets
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from svara import log
from svara.privacy import vault
from svara.privacy.audit import port as audit
from svara.privacy.errors import Forbidden, NotFound, PlainError
from svara.privacy.rights import jobs, port
from svara.privacy.rights.jobs import OFFICER, Asker, Running
from svara.privacy.rights.models import Job
from svara.privacy.rights.port import Section
from svara.privacy.subject import Subject, person
from svara.privacy.tenancy import id_in
from svara.privacy.vault.errors import StorageAway
from svara.sealing.file import Reader, Writer

KIND = "export"
FOLDER = "exports"
KEPT = timedelta(hours=24)
MAX_ROWS_SHOWN = 1000
"""Of one chapter on the page to read; the JSON has all."""
FORM = 1
_SAFE = re.compile(r"[^A-Za-z0-9._-]")
_CHUNK_BYTES = 1 << 20

_log = log.get("rights.exporting")


def do_ask(actor: Asker, language: str, subject: Subject | None = None) -> Job:
    """Ask for everything about oneself; officers also for somebody else of the company or outside of it. Raises
    Forbidden."""
    wanted = subject or person(actor.id)
    if wanted != person(actor.id) and not actor.has_role(OFFICER):
        raise Forbidden
    return ask(actor.tenant_id, actor.id, wanted, language)


@transaction.atomic
def ask(tenant_id: str, asked_by: str, subject: Subject, language: str) -> Job:
    """Ask for everything about somebody, as whoever runs the installation does."""
    audit.record(tenant_id, asked_by, "export", subject, "person")
    return jobs.do_ask(tenant_id, asked_by, KIND, {"subject": subject, "language": language})


def work(job: Running) -> dict[str, Any]:
    """The job: write the file, sealed, and say until when it is there."""
    subject = Subject(job.arguments["subject"])
    place = place_of(job.id)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    aside = place.with_suffix(f".{secrets.token_hex(8)}")
    try:
        with (
            aside.open("wb") as target,
            vault.current().writer(job.tenant_id, [subject], target, context=_context(job.id)) as writer,
        ):
            written = write(job.tenant_id, subject, job.arguments["language"], _Into(writer), job.progress)
            size = writer.size
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    until = timezone.now() + KEPT
    return {"bytes": size, "until": until.isoformat(timespec="seconds"), "sections": written}


@dataclass(frozen=True, slots=True)
class Download:
    """A finished export, to be read once and at once."""

    name: str
    size: int
    file: _Stream


def access_export(actor: Asker, job_id: str) -> Download:
    """The file of an export: for whoever asked for it, while it is there. Raises NotFound: not theirs, not done, or too
    late."""
    job = Job.of(actor).filter(pk=id_in(job_id), kind=KIND, asked_by=actor.id).first()
    if job is None:
        raise NotFound
    return fetch(job, actor.id)


def fetch(job: Job, by: str) -> Download:
    """The file of an export, for somebody whose it is. Raises NotFound: not done, or too late."""
    place = place_of(job.id)
    if job.state != "done" or job.ended_at is None or job.ended_at < timezone.now() - KEPT or not place.is_file():
        raise NotFound
    audit.record(job.tenant_id, by, "export", Subject(job.arguments["subject"]), "export", job.id)
    return read_sealed(f"svara-export-{job.ended_at:%Y-%m-%d}.zip", job.tenant_id, place, _context(job.id))


def read_sealed(name: str, tenant_id: str, place: Path, context: bytes) -> Download:
    """A sealed file as a download. Raises OSError, Unreadable."""
    file = place.open("rb")
    reader = vault.current().reader(tenant_id, file, context=context)
    return Download(name, reader.size, _Stream(reader, file))


def forget_exports(now: datetime) -> int:
    """Delete what was made more than a day ago, and what a kill left behind; gives how many files."""
    gone = 0
    for place in (settings.DATA.root / FOLDER).glob("*"):
        if place.stat().st_mtime < (now - KEPT).timestamp():
            place.unlink(missing_ok=True)
            gone += 1
    return gone


def write(
    tenant_id: str, subject: Subject, language: str, file: Any, progress: Callable[[float], None] = lambda _share: None
) -> list[str]:
    """Write the ZIP of everything about somebody; gives the keys of its chapters."""
    with translation.override(language), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        rooms = port.capabilities()
        shown: list[dict[str, Any]] = []
        for number, room in enumerate(rooms):
            progress(number / len(rooms))
            shown += [write_section(archive, section) for section in room.export(tenant_id, subject)]
        stays = [each for room in rooms for each in room.holdings(tenant_id, subject) if not each.goes]
        page = {"sections": shown, "stays": stays, "made_at": timezone.now(), "language": language, "most": MAX_ROWS_SHOWN}
        archive.writestr("index.html", render_to_string("rights/export.html", page))
        about = {
            "form": FORM,
            "subject": subject,
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "sections": [
                {key: each[key] for key in ("key", "title", "purpose", "source", "recipients", "count")} for each in shown
            ],
        }
        archive.writestr("about.json", json.dumps(about, ensure_ascii=False, indent=2))
    return [each["key"] for each in shown]


def write_section(archive: zipfile.ZipFile, section: Section, folder: str = "") -> dict[str, Any]:
    """One chapter into a ZIP, below a folder of it ("1/"); gives what the page to read shows of it."""
    rows, count = [], 0
    with archive.open(f"{folder}{_safe(section.key)}.json", "w", force_zip64=True) as out:
        out.write(b"[")
        for row in section.rows:
            out.write((b",\n" if count else b"\n") + json.dumps(row, ensure_ascii=False).encode())
            count += 1
            if count <= MAX_ROWS_SHOWN:
                rows.append([(key, _shown(value)) for key, value in row.items()])
        out.write(b"\n]\n")
    files = []
    for each in section.files:
        name = f"{folder}{_safe(section.key)}/{_safe(each.name)}"
        try:
            with each.open() as source, archive.open(name, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK_BYTES):
                    target.write(chunk)
        except StorageAway:
            raise PlainError(_("The storage where recordings lie does not answer now. Please ask again later.")) from None
        except OSError:
            _log.warning("a file of an export is gone or cannot be read", what=section.key)
            continue
        files.append(name)
    return {
        "key": section.key,
        "title": section.title,
        "purpose": section.purpose,
        "source": section.source,
        "recipients": section.recipients,
        "rows": rows,
        "columns": [key for key, _value in rows[0]] if rows and _same_shape(rows) else [],
        "files": files,
        "count": count,
    }


def _same_shape(rows: Iterable[list[tuple[str, Any]]]) -> bool:
    return len({tuple(key for key, _value in row) for row in rows}) == 1


def _shown(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | Mapping):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _safe(name: str) -> str:
    """A name that leads nowhere else, whoever unpacks it."""
    return _SAFE.sub("_", name).lstrip(".")[:100] or "_"


def place_of(job_id: str) -> Path:
    """Where the file of an export lies."""
    if not re.fullmatch(r"[0-9a-f]{32}", job_id):
        raise PlainError("that is no job")
    root: Path = settings.DATA.root
    return root / FOLDER / f"{job_id}.zip"


def _context(job_id: str) -> bytes:
    return f"rights.export:{job_id}".encode()


class _Into:
    """What a ZIP is written into from its beginning to its end: nothing of it is on the disk unsealed."""

    def __init__(self, writer: Writer) -> None:
        self.write = writer.write

    def flush(self) -> None:
        """The writer knows when a chunk is full."""


class _Stream:
    """A sealed file as one that is read from its beginning."""

    def __init__(self, reader: Reader, file: BinaryIO) -> None:
        self._reader, self._at, self.close = reader, 0, file.close

    def read(self, size: int = -1) -> bytes:
        left = self._reader.size - self._at
        part: bytes = self._reader.read(self._at, left if size < 0 else min(size, left))
        self._at += len(part)
        return part
