"""What history keeps for a time only: who worked in which queue, callers who were missed, and the sound of talks.

Rows name people by id alone, and no table's key holds them there: what a removed person did in queues goes here, within the
hour. Every table is first asked and only then written, so that the clean-up holds no lock where nothing is to be done.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from svara.history.models import AGENT_DAYS, MISSED_DAYS, AgentMoment, MissedCaller, QueueOffer
from svara.history.recordings import forget_recordings
from svara.people.models import Account, Tenant


def forget_history(now: float | None = None) -> int:
    """Delete what has expired; gives how many rows and files. The jobs process does so every hour."""
    moment = time.time() if now is None else now
    at = datetime.fromtimestamp(moment, UTC)
    gone = sum(_forget_facts(tenant, at) for tenant in Tenant.objects.all())
    return gone + forget_recordings(moment)


def _forget_facts(tenant: Tenant, at: datetime) -> int:
    agents, missed = at - timedelta(days=AGENT_DAYS), at - timedelta(days=MISSED_DAYS)
    here = set(Account.of(tenant).values_list("id", flat=True))
    gone = 0
    for expired in (
        AgentMoment.of(tenant).filter(at__lt=agents),
        QueueOffer.of(tenant).filter(offered_at__lt=agents),
        MissedCaller.of(tenant).filter(missed_at__lt=missed),
    ):
        if expired.exists():
            gone += expired.delete()[0]
    for table in (AgentMoment.of(tenant), QueueOffer.of(tenant)):
        removed = set(table.values_list("person", flat=True).distinct()) - here
        if removed:
            gone += table.filter(person__in=removed).delete()[0]
    return gone
