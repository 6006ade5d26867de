"""How long each company keeps what, by rules; letting it go when its time is over; and the proof of it.

Every room names its kinds of things that go with time (`port.Period`), each with a default. A company may choose other
periods, from the profile of its country or its own; a legal hold stops a kind, or whatever is about one person. Each run
leaves a receipt: how much of what went, with SHA-256 over its keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara import log
from svara.privacy.audit import port as audit
from svara.privacy.errors import Forbidden, Invalid, PlainError
from svara.privacy.rights import holds, port
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.rights.models import Hold, Restriction, RetentionRule, RetentionRun
from svara.privacy.rights.port import Gone, Period, Rules
from svara.privacy.rights.restriction import restricted

SHORTEST_DAYS = 1
KEPT_RUNS_DAYS = 5 * 365

PROFILES: dict[str, dict[str, int]] = {
    # A starting point by country, not legal advice. Where it says nothing the rooms' defaults hold.
    # CZ: Act 110/2019, Act 262/2006 s. 316 (watching employees only as far as needed).
    "CZ": {"history.agents": 365, "history.recordings": 90},
    # LV: data of employees' work kept no longer than a claim from it can be made (Labour Law, s. 31: two years).
    "LV": {"history.agents": 365, "history.recordings": 60},
    # SE: IMY's guidance on recorded calls: as short as the purpose allows.
    "SE": {"history.agents": 365, "history.recordings": 60},
    # NO: Datatilsynet on recording of calls: as a rule no longer than 90 days.
    "NO": {"history.agents": 365, "history.recordings": 90},
    # RU: three years is the general term of limitation (Civil Code, art. 196); complaints are answered from these.
    "RU": {"history.agents": 400, "history.missed": 180, "history.recordings": 90},
}

_log = log.get("rights.retention")


@dataclass(frozen=True, slots=True)
class Chosen:
    """How long a kind is kept in a company. `own`: by its own rule; `profile`: what its country's profile says."""

    period: Period
    days: int
    own: bool
    profile: int | None
    held: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What went, or would go."""

    tenant_id: str
    gone: tuple[Gone, ...]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.gone)


def periods() -> tuple[Period, ...]:
    """Every kind of thing that goes with time."""
    return tuple(period for capability in port.capabilities() for period in capability.periods)


def chosen(tenant_id: str, country: str, now: datetime | None = None) -> list[Chosen]:
    """How long a company keeps each kind."""
    own = dict(RetentionRule.all_tenants.filter(tenant_id=tenant_id).values_list("period", "days"))
    held = holds.periods_held(tenant_id, now or timezone.now())
    profile = PROFILES.get(country, {})
    return [
        Chosen(each, own.get(each.key, each.days), each.key in own, profile.get(each.key), each.key in held)
        for each in periods()
    ]


def rules(tenant_id: str, now: datetime) -> Rules:
    """What holds in a company now."""
    own = dict(RetentionRule.all_tenants.filter(tenant_id=tenant_id).values_list("period", "days"))
    days = {each.key: own.get(each.key, each.days) for each in periods()}
    subjects = holds.subjects_held(tenant_id, now) | restricted(tenant_id)
    return Rules(days, holds.periods_held(tenant_id, now), subjects)


def exceptions(now: datetime) -> list[tuple[str, Rules]]:
    """The companies in which something must stay although its time is over, with what holds there: for whatever goes by its
    age everywhere."""
    held = set(Hold.all_tenants.filter(lifted_at=None, until__gt=now).values_list("tenant_id", flat=True))
    held |= set(Restriction.all_tenants.filter(state="in-force").values_list("tenant_id", flat=True))
    return [(tenant_id, rules(tenant_id, now)) for tenant_id in sorted(held)]


@transaction.atomic
def do_choose(actor: Asker, wishes: dict[str, int | None]) -> None:
    """Keep kinds for so many days; None: as long as by default. Raises Forbidden, Invalid."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    known = {each.key: each for each in periods()}
    for key, days in wishes.items():
        period = known.get(key)
        if period is None or (days is not None and not SHORTEST_DAYS <= days <= period.longest_days):
            raise Invalid(_("Choose a number of days within the limits."))
        if days is None or days == period.days:
            RetentionRule.all_tenants.filter(tenant_id=actor.tenant_id, period=key).delete()
        else:
            RetentionRule.all_tenants.update_or_create(
                tenant_id=actor.tenant_id, period=key, defaults={"days": days, "chosen_by": actor.id}
            )
    audit.record(actor.tenant_id, actor.id, "change", None, "retention")


def run(tenant_id: str, now: datetime, *, dry: bool) -> Run:
    """Let go of what is too old in a company; `dry` only counts. Raises DatabaseError."""
    with transaction.atomic():
        held = rules(tenant_id, now)
        gone = tuple(
            each
            for capability in port.capabilities()
            for each in capability.expire(tenant_id, held, now, dry=dry)
            if each.count
        )
        if gone and not dry:
            content = [asdict(each) for each in gone]
            RetentionRun.all_tenants.create(
                tenant_id=tenant_id, at=now, gone=content, digest=digest_of(tenant_id, now, content)
            )
            audit.record(tenant_id, audit.SYSTEM, "remove", None, "retention")
    return Run(tenant_id, gone)


def run_all(tenant_ids: Iterable[str], now: datetime) -> int:
    """Let go of what is too old everywhere; gives how much. One company that fails keeps no other from it."""
    gone = 0
    for tenant_id in tenant_ids:
        try:
            gone += run(tenant_id, now, dry=False).count
        except (DatabaseError, PlainError, OSError):
            _log.error("what is too old could not be let go in a company", tenant=tenant_id, exc_info=True)
    RetentionRun.all_tenants.filter(at__lt=now - timedelta(days=KEPT_RUNS_DAYS)).delete()
    return gone


def access_runs(actor: Asker) -> list[RetentionRun]:
    """The proofs of the company, newest first. Raises Forbidden."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    return list(RetentionRun.of(actor).order_by("-at")[:100])


def digest_of(tenant_id: str, at: datetime, gone: list[dict[str, Any]]) -> str:
    """SHA-256 in hex over what a run says: whoever holds a proof can compute it."""
    content = {"tenant": tenant_id, "at": at.isoformat(), "gone": gone}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
