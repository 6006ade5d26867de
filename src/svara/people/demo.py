"""Demo companies are wiped: two weeks after they were made, and two weeks after each wipe, everything of theirs goes.

Rows of every table, files and keys go; the company is made anew, as on its first day. What stays is a receipt
(`DemoWipe`): how much of what went, with SHA-256 over the keys of the rows, so that a wipe can be shown. Rows go in one
transaction with the receipt; files and keys right after it, and at the next look where a kill came between.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models

from svara import log
from svara.people import snapshot
from svara.people.models import Account, DemoWipe, Tenant
from svara.privacy import vault
from svara.privacy.appendonly import removing
from svara.privacy.rights import exporting, keycopy, port
from svara.privacy.rights.models import Job
from svara.privacy.rights.port import Gone, Tally

WIPED_AFTER = timedelta(days=14)
_BATCH = 1000

_log = log.get("people.demo")


def next_wipe(tenant: Tenant) -> datetime | None:
    """When everything of this company goes; None where it is no demo."""
    if not tenant.demo:
        return None
    last = DemoWipe.objects.filter(slug=tenant.slug).order_by("-at").values_list("at", flat=True).first()
    return max(tenant.created_at, last or tenant.created_at) + WIPED_AFTER


def wipes_of(slug: str) -> list[DemoWipe]:
    """The receipts of a demo company, newest first."""
    return list(DemoWipe.objects.filter(slug=slug).order_by("-at")[:100])


def wipe_due(now: datetime, make_anew: Callable[[], object]) -> list[DemoWipe]:
    """Wipe the demo companies whose time has come, and make them anew; gives the receipts.

    What a kill left half done is done first, also the making.
    """
    for unfinished in DemoWipe.objects.filter(finished=False):
        _finish(unfinished)
    wiped = set(DemoWipe.objects.values_list("slug", flat=True))
    if wiped - set(Tenant.objects.values_list("slug", flat=True)):
        make_anew()
    due = [each for each in Tenant.objects.filter(demo=True) if (at := next_wipe(each)) is not None and at <= now]
    return [wipe(each, now, make_anew) for each in due]


def wipe(tenant: Tenant, now: datetime, make_anew: Callable[[], object]) -> DemoWipe:
    """Let go of everything of a demo company and make it anew. Raises ValueError for one that is no demo."""
    if not tenant.demo:
        raise ValueError("only a demo company is wiped")
    with removing():
        people = set(Account.of(tenant).values_list("id", flat=True))
        files = sorted({*port.files_of(tenant.id), *_exports(tenant.id)})
        gone = [*_rows(tenant.id), *_sessions(people), *_told(files)]
        content = [asdict(each) for each in gone]
        receipt = DemoWipe(tenant=tenant.id, slug=tenant.slug, at=now, gone=content, files=files)
        receipt.digest = digest_of(receipt)
        receipt.save()
        tenant.delete()
    _finish(receipt)
    make_anew()
    snapshot.changed()
    _log.info("a demo company was wiped and made anew", rows=sum(each.count for each in gone))
    return receipt


def digest_of(receipt: DemoWipe) -> str:
    """SHA-256 in hex over what a receipt says went, when and of which company: whoever holds one can compute it."""
    at = receipt.at.astimezone(UTC).isoformat()
    told = {"tenant": receipt.tenant, "slug": receipt.slug, "at": at, "gone": receipt.gone}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _finish(receipt: DemoWipe) -> None:
    """Files and keys; doing it again changes nothing."""
    root = settings.DATA.root.resolve()
    for name in receipt.files:
        place = (root / name).resolve()
        if place.is_relative_to(root):
            place.unlink(missing_ok=True)
    shutil.rmtree(settings.DATA.sounds / receipt.tenant, ignore_errors=True)
    receipt.keys += vault.current().destroy_all(receipt.tenant)
    keycopy.refresh(settings.DATA)
    receipt.files, receipt.finished = [], True
    receipt.save()


def _rows(tenant_id: str) -> Iterator[Gone]:
    """Every row of the company, by table; also in tables that only know a row that knows it."""
    for table in sorted(apps.get_models(), key=lambda each: each._meta.label):
        to_tenant = _way(table)
        if to_tenant is not None:
            tally = Tally(table._meta.label)
            rows = table._default_manager.filter(**{to_tenant: tenant_id})
            tally.add(rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
            yield from tally.gone()


def _way(table: type[models.Model]) -> str | None:
    """From a row of this table to its company's id; None where it is of none."""
    if table is Tenant:
        return "pk"
    to = {field.related_model: field.name for field in table._meta.get_fields() if isinstance(field, models.ForeignKey)}
    if Tenant in to:
        return to[Tenant]
    for other, name in to.items():
        if isinstance(other, type) and any(
            isinstance(field, models.ForeignKey) and field.related_model is Tenant for field in other._meta.get_fields()
        ):
            return f"{name}__tenant"
    return None


def _sessions(people: set[str]) -> Iterator[Gone]:
    """Who was signed in; they go at once."""
    found = [
        session.session_key
        for session in Session.objects.iterator(chunk_size=_BATCH)
        if session.get_decoded().get("_auth_user_id") in people
    ]
    tally = Tally(Session._meta.label)
    tally.add(hashlib.sha256(key.encode()).hexdigest() for key in sorted(found))
    Session.objects.filter(pk__in=found).delete()
    yield from tally.gone()


def _exports(tenant_id: str) -> Iterator[str]:
    """Files that people of the company asked for with everything about themselves."""
    for job in Job.all_tenants.filter(tenant_id=tenant_id, kind=exporting.KIND):
        place = exporting.place_of(job.id)
        if place.is_file():
            yield place.relative_to(settings.DATA.root).as_posix()


def _told(files: list[str]) -> Iterator[Gone]:
    tally = Tally("files")
    tally.add(name for name in files if (settings.DATA.root / name).is_file())
    yield from tally.gone()
