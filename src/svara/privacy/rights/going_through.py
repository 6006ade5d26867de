"""Going through a database with the ledgers: what was decided since it was copied is put over it, and who was erased since
is erased in it. For a restored backup, before anybody can open it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.apps import apps

from svara.privacy.audit import port as audit
from svara.privacy.rights import erasing, redoing
from svara.privacy.rights.restore import Found, Replayed, Task
from svara.privacy.subject import Subject


def go_through(task: Task) -> Replayed:
    """Do it; doing it again changes nothing. Raises PlainError."""
    redone = redoing.redo(task.decisions)  # before erasures: with somebody goes what they decided
    found = []
    for tenant, subject, at in task.erasures:
        before = sum(each.count for each in erasing.preview(tenant, Subject(subject)).going)
        erasing.again([(tenant, subject)])
        after = sum(each.count for each in erasing.preview(tenant, Subject(subject)).going)
        found.append(Found(subject, at, before, after, erasing.key_is_gone(tenant, subject)))
    for tenant in apps.get_model("people", "Tenant")._default_manager.order_by("pk").values_list("pk", flat=True):
        audit.record(tenant, audit.OPERATOR, "restore", None, "backup", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return Replayed(found, redone)
