"""What of calls and queues a privacy policy speaks of, where the company uses it (`svara.privacy.policies.port`)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

from django.utils.translation import gettext_lazy as _

from svara.history.archive import ARCHIVE
from svara.history.counts import ArchiveFile, QueueCount
from svara.history.models import RECORDING_DAYS, Call, QueueWait
from svara.people.models import Account, PublicNumber, Queue, Tenant
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import CALL_RECORDING
from svara.privacy.policies.port import Feature, register_feature
from svara.privacy.rights.retention import rules


def _has_rule(tenant_id: str, rule: str) -> bool:
    return Tenant.objects.filter(id=tenant_id, recording_rule=rule).exists()


def records(rule: str, tenant_id: str) -> bool:
    """Whether calls are recorded under a rule: for a queue or number, or for somebody who agreed."""
    if not _has_rule(tenant_id, rule):
        return False
    lines = any(table.all_tenants.filter(tenant_id=tenant_id, record=True).exists() for table in (Queue, PublicNumber))
    agreed = people_with(CALL_RECORDING, tenant_id)
    return lines or Account.all_tenants.filter(tenant_id=tenant_id, record=True, id__in=agreed).exists()


def has_recordings(rule: str, tenant_id: str) -> bool:
    """Whether some call was recorded so short ago that its sound may still be there."""
    since = datetime.now(UTC) - timedelta(days=RECORDING_DAYS)
    calls = Call.all_tenants.filter(tenant_id=tenant_id, started_at__gte=since, details__contains='"tapes":[{')
    return _has_rule(tenant_id, rule) and calls.exists()


register_feature(
    Feature(
        "queues",
        _("Callers of a queue wait in line until somebody is free; which calls each member was offered and took is kept."),
        frozenset(
            {
                "people.QueueMember",
                "history.QueueWait",
                "history.QueueOffer",
                "history.QueueCount",
                "history.AgentCount",
                "history.TalkCount",
                "history.AgentMoment",
                "history.MissedCaller",
                "files.queues",
            }
        ),
        on=lambda tenant_id: Queue.all_tenants.filter(tenant_id=tenant_id).exists(),
        held=lambda tenant_id: any(
            table._default_manager.filter(tenant_id=tenant_id).exists() for table in (QueueWait, QueueCount)
        ),
    )
)
register_feature(
    Feature(
        "archive",
        _("When the time of a call is over, a short record of it goes into a sealed archive of the company’s."),
        frozenset({"history.ArchiveFile", "files.archive"}),
        on=lambda tenant_id: bool(rules(tenant_id, datetime.now(UTC)).days[ARCHIVE]),
        held=lambda tenant_id: ArchiveFile.all_tenants.filter(tenant_id=tenant_id).exists(),
    )
)
for _rule, _text in (
    ("announce", _("Some calls are recorded. The caller is told so before the recording begins.")),
    ("consent", _("Some calls are recorded, each only after the caller has agreed by pressing a key.")),
):
    register_feature(
        Feature(
            f"recording-{_rule}",
            _text,
            frozenset({"files.recordings"}),
            on=partial(records, _rule),
            held=partial(has_recordings, _rule),
        )
    )
