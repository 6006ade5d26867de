"""Whose browsers may be woken for a call: who switched that on, has such a browser, and whose company lets it be asked."""

from __future__ import annotations

from django.db.models import QuerySet

from svara.people.models import PushDevice
from svara.privacy.catalogue import Recipient
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import CALL_PUSH
from svara.privacy.registers.outsiders import Outsider
from svara.privacy.registers.recipients import closed_push_services


def outsider(service: str) -> Outsider:
    """A push service as a recipient. The makers of the well-known ones are in the United States."""
    return Outsider(Recipient.PUSH_SERVICE, service, "US" if service in MAKERS else "")


MAKERS = {
    "fcm.googleapis.com": "Google",
    "push.services.mozilla.com": "Mozilla",
    "push.apple.com": "Apple",
    "notify.windows.com": "Microsoft",
}
"""The push services of browsers, by the ends of their hosts' names."""


def devices(account_ids: frozenset[str] | None = None) -> list[PushDevice]:
    """The browsers that may be woken now, of these people or of all, those used last first."""
    rows: QuerySet[PushDevice] = PushDevice.all_tenants.select_related("account").order_by("-created_at")
    if account_ids is not None:
        rows = rows.filter(account_id__in=account_ids)
    found = list(rows)
    if not found:
        return []
    agreed, closed = people_with(CALL_PUSH), closed_push_services()
    return [
        row for row in found if row.account_id in agreed and (row.tenant_id, outsider(row.service).known_by) not in closed
    ]


def people() -> frozenset[str]:
    """The ids of all who have one."""
    return frozenset(row.account_id for row in devices())
