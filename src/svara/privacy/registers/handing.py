"""What an authority gets: a package of exactly what two persons approved, made after the entry that says so, never before.

The scope is whose data, which chapters, of which days, with sounds or without. The package is sealed for those whom it is
about and can be fetched for a day by whoever handed it out; its SHA-256 stays in the register.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from svara.privacy import vault
from svara.privacy.audit.port import record
from svara.privacy.errors import Invalid, NotFound
from svara.privacy.registers.disclosures import OFFICERS, end, one
from svara.privacy.registers.models import DisclosedPerson, Disclosure
from svara.privacy.rights import exporting, jobs, port
from svara.privacy.rights.exporting import Download, place_of, read_sealed
from svara.privacy.rights.jobs import Asker, Running
from svara.privacy.rights.models import Job
from svara.privacy.rights.port import ExportFile, Section
from svara.privacy.subject import Subject
from svara.sealing.file import Writer

KIND = "package"
SOUNDS = "sounds"
CHAPTERS = ("people", "history", "voicemail", SOUNDS)
"""What a scope may name: capabilities by their name, and whether sounds go along."""
_TIMES = ("started_at", "left_at", "missed_at", "offered_at", "asked_at", "opened_at", "at", "created_at")


@transaction.atomic
def do_hand_out(
    actor: Asker,
    disclosure_id: str,
    language: str,
    *,
    told: bool,
    why_not_told: str = "",
    silent_until: date | None = None,
) -> Job:
    """Write the entry and make the package. Raises Forbidden, NotFound; Invalid before both approvals, without a scope that
    can be made, or where it neither says that those concerned were told nor why not."""
    found = one(actor, disclosure_id, "approved")
    if not _subjects(found) or not set(found.chapters) - {SOUNDS}:
        raise Invalid(_("The entry does not say whose data and which of them: enter it anew with both."))
    job = jobs.do_ask(actor.tenant_id, actor.id, KIND, {"disclosure": found.id, "language": language})
    found.job = job.id
    end(actor, found, told=told, why_not_told=why_not_told, silent_until=silent_until)
    return job


@transaction.atomic
def do_make_again(actor: Asker, disclosure_id: str, language: str) -> Job:
    """Make a package anew that could not be made: the same disclosure. Raises Forbidden, NotFound; Invalid for any other."""
    found = one(actor, disclosure_id, "disclosed")
    if found.digest or not Job.of(actor).filter(pk=found.job or "-", kind=KIND, state="failed").exists():
        raise Invalid(_("A package is made once: only one whose making has failed is made again."))
    job = jobs.do_ask(actor.tenant_id, actor.id, KIND, {"disclosure": found.id, "language": language})
    found.job = job.id
    found.save(update_fields=["job"])
    record(actor.tenant_id, actor.id, "change", None, "disclosure", found.id)
    return job


def access_package(actor: Asker, disclosure_id: str) -> Download:
    """The package, for whoever handed it out, while it is there. Raises NotFound."""
    found = Disclosure.of(actor).filter(pk=disclosure_id[:32], state="disclosed").exclude(job="").first()
    if found is None or not actor.has_role(*OFFICERS):
        raise NotFound
    job = Job.of(actor).filter(pk=found.job, kind=KIND, state="done", asked_by=actor.id).first()
    place = place_of(job.id) if job is not None else None
    if job is None or place is None or job.ended_at is None or not place.is_file():
        raise NotFound
    record(actor.tenant_id, actor.id, "disclose", None, "package", found.id)
    return read_sealed(f"svara-package-{found.asked_at:%Y-%m-%d}.zip", job.tenant_id, place, _context(job.id))


def work(job: Running) -> dict[str, Any]:
    """The job: write the package, sealed, and its digest into the register."""
    found = Disclosure.all_tenants.select_related("tenant").get(pk=job.arguments["disclosure"], tenant_id=job.tenant_id)
    subjects = [Subject(each) for each in _subjects(found)]
    place = place_of(job.id)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    aside = place.with_suffix(f".{secrets.token_hex(8)}")
    try:
        with (
            aside.open("wb") as target,
            vault.current().writer(job.tenant_id, subjects, target, context=_context(job.id)) as writer,
        ):
            hashed = _Hashed(writer)
            with (
                translation.override(job.arguments["language"]),
                zipfile.ZipFile(hashed, "w", zipfile.ZIP_DEFLATED) as zipped,
            ):
                for number, subject in enumerate(subjects):
                    job.progress(number / len(subjects))
                    _write(zipped, f"{number + 1}/", found, subject)
            size = writer.size
        aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    digest = hashed.sha256.hexdigest()
    Disclosure.all_tenants.filter(pk=found.pk).update(digest=digest)
    until = timezone.now() + exporting.KEPT
    return {"bytes": size, "until": until.isoformat(timespec="seconds"), "sha256": digest}


def _write(zipped: zipfile.ZipFile, folder: str, found: Disclosure, subject: Subject) -> None:
    sections = [
        exporting.write_section(zipped, bounded(section, found), folder)
        for room in port.capabilities()
        if room.name in found.chapters
        for section in room.export(found.tenant_id, subject)
    ]
    about = {
        "authority": found.authority,
        "reference": found.reference,
        "basis": found.basis,
        "scope": found.scope,
        "sections": [{key: each[key] for key in ("key", "title", "source", "count")} for each in sections],
    }
    zipped.writestr(f"{folder}about.json", json.dumps(about, ensure_ascii=False, indent=2))


def bounded(section: Section, found: Disclosure) -> Section:
    """Of a chapter only the days that were approved, and sounds only where they were."""
    zone = ZoneInfo(found.tenant.timezone)
    rows = [row for row in section.rows if _within(row, found, zone)]
    files = _of_rows(section.files, rows) if SOUNDS in found.chapters else ()
    return Section(section.key, section.title, section.purpose, section.source, section.recipients, rows, files)


def _within(row: Mapping[str, Any], found: Disclosure, zone: ZoneInfo) -> bool:
    """What has no time of its own (a name, a setting) is as it is now."""
    when = next((row[key] for key in _TIMES if row.get(key)), None)
    if when is None:
        return True
    day = datetime.fromisoformat(str(when)).astimezone(zone).date()
    return (found.since is None or day >= found.since) and (found.until is None or day <= found.until)


def _of_rows(files: Iterable[ExportFile], rows: Iterable[Mapping[str, Any]]) -> Iterator[ExportFile]:
    """The files that belong to rows: they are named by the row's id, with a number where there are several."""
    ids = {str(row.get("id", "")) for row in rows} - {""}
    for each in files:
        stem = each.name.rpartition(".")[0]
        if stem in ids or stem.rpartition("-")[0] in ids:
            yield each


def _subjects(found: Disclosure) -> list[str]:
    return list(DisclosedPerson.all_tenants.filter(disclosure=found).order_by("subject").values_list("subject", flat=True))


def _context(job_id: str) -> bytes:
    return f"registers.package:{job_id}".encode()


class _Hashed:
    """What a ZIP is written into from its beginning to its end; nothing of it is on the disk unsealed."""

    def __init__(self, writer: Writer) -> None:
        self._writer, self.sha256 = writer, hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.sha256.update(content)
        self._writer.write(content)
        return len(content)

    def flush(self) -> None:
        """The writer knows when a chunk is full."""

    def close(self) -> None:
        """Whoever opened the file closes it."""
