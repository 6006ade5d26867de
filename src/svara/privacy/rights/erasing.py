"""Erasing somebody: what would go, and letting it go, in one transaction across every room.

Everything that a room keeps about the person goes or is freed of them (`svara.privacy.rights.port`), files go once that is
committed, and so does the person's key where content is sealed. What is left is the receipt: how much of what, with digests,
when, by whom and why; and a line in the ledger of erasures (`svara.privacy.rights.ledger`), which a restored backup goes
through before it opens. Both name the person by a subject that means nothing once the person is gone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara import log
from svara.privacy import vault
from svara.privacy.audit import port as audit
from svara.privacy.errors import Forbidden, Invalid, NotFound
from svara.privacy.rights import holds, jobs, keycopy, ledger, port, restriction
from svara.privacy.rights.jobs import OFFICER, Asker, Running
from svara.privacy.rights.models import Erasure, Job
from svara.privacy.rights.port import Gone, Holding
from svara.privacy.subject import Subject, account_of, person
from svara.privacy.tenancy import id_in

KIND = "erase"
MAX_REASON_LENGTH = 500
LATE = timedelta(days=2)
"""Calls that went on while somebody was erased are written later: for so long what comes in late goes too."""

_log = log.get("rights.erasing")


@dataclass(frozen=True, slots=True)
class Preview:
    """What erasing somebody would do. `hold`: why nothing can be erased now, "" where nothing holds it."""

    subject: Subject
    holdings: tuple[Holding, ...]
    hold: str = ""

    @property
    def going(self) -> tuple[Holding, ...]:
        return tuple(each for each in self.holdings if each.goes)

    @property
    def staying(self) -> tuple[Holding, ...]:
        return tuple(each for each in self.holdings if not each.goes)


def may_erase(actor: Asker) -> bool:
    """Whether erasing is this person's task."""
    return actor.has_role("admin", OFFICER)


def access_preview(actor: Asker, subject: Subject) -> Preview:
    """What erasing would do. Raises Forbidden."""
    if not may_erase(actor):
        raise Forbidden
    audit.record(actor.tenant_id, actor.id, "view", subject, "holdings")
    return preview(actor.tenant_id, subject)


def preview(tenant_id: str, subject: Subject) -> Preview:
    """What erasing would do."""
    found = [each for capability in port.capabilities() for each in capability.holdings(tenant_id, subject)]
    return Preview(subject, tuple(found), _held(tenant_id, subject))


@transaction.atomic
def do_ask(actor: Asker, subject: Subject, reason: str) -> Job:
    """Ask for somebody to be erased. Raises Forbidden; Invalid without a reason, for oneself, or while a hold forbids it."""
    if not may_erase(actor):
        raise Forbidden
    if subject == person(actor.id):
        raise Invalid(_("You cannot erase yourself: ask another administrator or privacy officer."))
    return ask(actor.tenant_id, actor.id, subject, reason)


def ask(tenant_id: str, asked_by: str, subject: Subject, reason: str) -> Job:
    """Ask for somebody to be erased, as whoever runs the installation does. Raises Invalid."""
    reason = " ".join(reason.split())[:MAX_REASON_LENGTH]
    if not reason:
        raise Invalid(_("Say why: the reason stands on the receipt."))
    if held := _held(tenant_id, subject):
        raise Invalid(held)
    job = jobs.do_ask(tenant_id, asked_by, KIND, {"subject": subject, "reason": reason})
    audit.record(tenant_id, asked_by or audit.OPERATOR, "create", subject, "erasure", job.id)
    return job


def work(job: Running) -> dict[str, Any]:
    """The job: erase, and give the receipt's id. Taken up again after it was done, it only finishes what was left."""
    subject, reason = Subject(job.arguments["subject"]), str(job.arguments["reason"])
    done = Erasure.all_tenants.filter(tenant_id=job.tenant_id, job=job.id).first()
    if done is None:
        job.progress(0.1)
        done = erase(job.tenant_id, subject, reason=reason, by=job.asked_by, job=job.id)
    else:
        finish(done)
    return {"receipt": done.id, "rows": done.receipt["rows"], "digest": done.digest}


def erase(tenant_id: str, subject: Subject, *, reason: str, by: str, job: str = "") -> Erasure:
    """Erase somebody, and give what is kept of it. Raises Invalid while a legal hold or a restriction forbids it."""
    with transaction.atomic():
        if held := _held(tenant_id, subject):
            raise Invalid(held)
        at = timezone.now()
        gone = _let_go(tenant_id, subject, reason)
        receipt = {
            "subject": subject,
            "at": at.astimezone(UTC).isoformat(timespec="seconds"),
            "by": by,
            "reason": reason,
            "rows": sum(each.count for each in gone),
            "gone": [asdict(each) for each in gone],
        }
        erasure = Erasure.all_tenants.create(
            tenant_id=tenant_id, subject=subject, by=by, job=job, at=at, receipt=receipt, digest=digest_of(receipt)
        )
        audit.record(tenant_id, by, "erase", None, "person", ref=erasure.id)
    finish(erasure)
    _log.info("somebody was erased", rows=receipt["rows"], pii_person=account_of(subject) is not None)
    return erasure


def finish(erasure: Erasure) -> None:
    """What cannot be part of the transaction: the key's end and the ledger's line. Doing it again changes nothing."""
    if erasure.finished:
        return
    key = vault.current().destroy(erasure.tenant_id, Subject(erasure.subject))
    if key is not None:
        erasure.key = {"id": key.key_id, "hash": key.hash, "at": key.at}
    ledger.append(erasure.tenant_id, erasure.subject, erasure.at, erasure.digest)
    keycopy.refresh(settings.DATA)
    erasure.finished = True
    erasure.save(update_fields=["key", "finished"])


def digest_of(receipt: dict[str, Any]) -> str:
    """SHA-256 in hex over the receipt, as sorted JSON without spaces: whoever holds a receipt can compute it."""
    return hashlib.sha256(json.dumps(receipt, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def access_receipts(actor: Asker) -> list[Erasure]:
    """Every receipt of the company, newest first. Raises Forbidden."""
    if not may_erase(actor):
        raise Forbidden
    return list(Erasure.of(actor).order_by("-at")[:500])


def access_receipt(actor: Asker, erasure_id: str) -> Erasure:
    """One receipt. Raises Forbidden, NotFound."""
    if not may_erase(actor):
        raise Forbidden
    found = Erasure.of(actor).filter(pk=id_in(erasure_id)).first()
    if found is None:
        raise NotFound
    return found


def again(entries: Iterable[tuple[str, str]]) -> int:
    """Erase everybody of these (tenant, subject) again; gives how many rows went. For a restored backup, in which they still
    are, and for what came in late."""
    rows = 0
    for tenant_id, subject in entries:
        with transaction.atomic():
            rows += sum(each.count for each in _let_go(tenant_id, Subject(subject), "erased before"))
    return rows


def erase_late(now: datetime) -> int:
    """Let go of what came in about people who were erased of late, and finish what a kill left unfinished; gives how many
    rows went. The jobs process does so every hour."""
    for erasure in Erasure.all_tenants.filter(finished=False):
        finish(erasure)
    recent = Erasure.all_tenants.filter(at__gte=now - LATE, subject__startswith="person:")
    return again(recent.values_list("tenant_id", "subject"))


def key_is_gone(tenant_id: str, subject: str) -> bool | None:
    """Whether the key that was destroyed with somebody is gone from the key store; None where they had none."""
    erasure = Erasure.all_tenants.filter(tenant_id=tenant_id, subject=subject).exclude(key=None).order_by("-at").first()
    if erasure is None or erasure.key is None:
        return None
    key = erasure.key
    return vault.current().destroyed(tenant_id, vault.port.KeyReceipt(key["id"], key["hash"], key["at"]))


def _held(tenant_id: str, subject: Subject) -> str:
    """Why somebody must not be erased now; "" where nothing forbids it."""
    return holds.reason_of(tenant_id, subject) or restriction.reason_of(tenant_id, subject)


def _let_go(tenant_id: str, subject: Subject, reason: str) -> list[Gone]:
    return [
        each
        for capability in port.capabilities()
        for each in capability.erase(tenant_id, subject, reason=reason)
        if each.count
    ]
