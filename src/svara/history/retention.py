"""What history keeps for a time only: calls, who worked in which queue, callers who were missed, and the sound of talks.

Rows name people by id alone, and no table's key holds them there: what a removed person did in queues goes here, within the
hour. Every table is first asked and only then written, so that the clean-up holds no lock where nothing is to be done.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from svara.history.counts import AgentCount
from svara.history.lapsing import RECORDINGS, held_calls
from svara.history.models import AgentMoment, Call, QueueOffer
from svara.history.recordings import forget_recordings
from svara.history.rows import details_of
from svara.people.models import Account, Tenant
from svara.privacy.rights import retention


def forget_history(now: float | None = None) -> int:
    """Delete what has expired; gives how many rows and files. The jobs process does so every hour."""
    moment = time.time() if now is None else now
    at = datetime.fromtimestamp(moment, UTC)
    tenants = list(Tenant.objects.all())
    gone = retention.run_all([tenant.id for tenant in tenants], at)
    return gone + sum(map(_forget_removed, tenants)) + forget_recordings(moment, _held_files(at))


def _held_files(at: datetime) -> set[str]:
    """Recordings that must stay although their time is over, by their place below the recordings."""
    files: set[str] = set()
    for tenant_id, rules in retention.exceptions(at):
        calls = Call.all_tenants.filter(tenant_id=tenant_id, details__contains='"tapes":')
        if RECORDINGS not in rules.held:
            calls = calls.filter(pk__in=held_calls(tenant_id, rules))
        for call in calls.iterator(chunk_size=1000):
            files.update(tape.file for tape in details_of(call).tapes)
    return files


def _forget_removed(tenant: Tenant) -> int:
    """What people did who are not there any more."""
    gone = 0
    here = set(Account.of(tenant).values_list("id", flat=True))
    for table in (AgentMoment.of(tenant), QueueOffer.of(tenant), AgentCount.of(tenant)):
        removed = set(table.values_list("person", flat=True).distinct()) - here
        if removed:
            gone += table.filter(person__in=removed).delete()[0]
    return gone
