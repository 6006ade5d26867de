"""How long each company keeps what, by rules; letting it go when its time is over; and the proof of it.

Every room names its kinds of things that go with time (`port.Period`), each with a default. Where the law of the company's
country names a number, that holds from the first day (`profiles`); the company may choose others. A legal hold stops a kind,
or whatever is about one person. Each run leaves a receipt: how much of what went, with SHA-256 over its keys.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from svara import log
from svara.privacy.audit import port as audit
from svara.privacy.errors import Forbidden, Invalid, PlainError
from svara.privacy.rights import holds, port, profiles
from svara.privacy.rights.jobs import OFFICER, Asker
from svara.privacy.rights.models import Hold, Restriction, RetentionRule, RetentionRun
from svara.privacy.rights.port import Gone, Period, Rules
from svara.privacy.rights.restriction import restricted
from svara.privacy.tenancy import country_of
from svara.privacy.vault.errors import VaultError

SHORTEST_DAYS = 1
KEPT_RUNS_DAYS = 5 * 365
MOST_PORTIONS = 200
"""So many go at once of what goes in portions."""
Rest = Callable[[float], None]
"""Gives way to others for so many seconds."""

_log = log.get("rights.retention")


@dataclass(frozen=True, slots=True)
class Chosen:
    """How long a kind is kept in a company. `own`: by its own rule; `law`: what its country says about it, which holds where
    the company has no rule of its own."""

    period: Period
    days: int
    own: bool
    law: profiles.Rule | None
    held: bool

    @property
    def default(self) -> int:
        """What holds without a rule of the company's own."""
        return self.law.days if self.law else self.period.days


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


def chosen(tenant_id: str, now: datetime | None = None) -> list[Chosen]:
    """How long a company keeps each kind."""
    own = dict(RetentionRule.all_tenants.filter(tenant_id=tenant_id).values_list("period", "days"))
    held = holds.periods_held(tenant_id, now or timezone.now())
    known = profiles.profile(country_of(tenant_id))
    laws = known.rules if known else {}
    found = []
    for each in periods():
        law = laws.get(each.key)
        days = own.get(each.key, law.days if law else each.days)
        found.append(Chosen(each, days, each.key in own, law, each.key in held))
    return found


def rules(tenant_id: str, now: datetime) -> Rules:
    """What holds in a company now: its own rule, else that of its country, else the room's."""
    days = {each.period.key: each.days for each in chosen(tenant_id, now)}
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
    """Keep kinds for so many days; None: as long as the company's country says, or by default. Raises Forbidden, Invalid."""
    if not actor.has_role("admin", OFFICER):
        raise Forbidden
    known = {each.period.key: each for each in chosen(actor.tenant_id)}
    for key, days in wishes.items():
        kind = known.get(key)
        if kind is None or (
            days is not None and not min(SHORTEST_DAYS, kind.period.days) <= days <= kind.period.longest_days
        ):
            raise Invalid(_("Choose a number of days within the limits."))
        if days is None or days == kind.default:
            RetentionRule.all_tenants.filter(tenant_id=actor.tenant_id, period=key).delete()
        else:
            RetentionRule.all_tenants.update_or_create(
                tenant_id=actor.tenant_id, period=key, defaults={"days": days, "chosen_by": actor.id}
            )
    audit.record(actor.tenant_id, actor.id, "change", None, "retention")


def run(tenant_id: str, now: datetime, *, dry: bool, rest: Rest = time.sleep) -> Run:
    """Let go of what is too old in a company; `dry` only counts. Raises DatabaseError.

    What goes in portions goes `MOST_PORTIONS` of them at once, the rest the next time; between two of them others have the
    database for as long as one took (`rest`).
    """
    if dry:
        held = rules(tenant_id, now)
        kinds = (each for portions in port.portions() for each in portions.count(tenant_id, held, now))
        return Run(tenant_id, _together([*_all_at_once(tenant_id, held, now, dry=True), *kinds]))
    gone = [_run(tenant_id, now, _all_at_once)]
    for portions in port.portions():
        for _number in range(MOST_PORTIONS):
            began = time.monotonic()
            one = _run(tenant_id, now, portions.take)
            if not one:
                break
            gone.append(one)
            rest(time.monotonic() - began)
    return Run(tenant_id, _together(each for some in gone for each in some))


def _all_at_once(tenant_id: str, held: Rules, now: datetime, *, dry: bool = False) -> Iterable[Gone]:
    return (
        each for capability in port.capabilities() for each in capability.expire(tenant_id, held, now, dry=dry) if each.count
    )


@transaction.atomic
def _run(tenant_id: str, now: datetime, let_go: Callable[[str, Rules, datetime], Iterable[Gone]]) -> tuple[Gone, ...]:
    """One transaction and its proof."""
    gone = tuple(let_go(tenant_id, rules(tenant_id, now), now))
    if gone:
        content = [asdict(each) for each in gone]
        RetentionRun.all_tenants.create(tenant_id=tenant_id, at=now, gone=content, digest=digest_of(tenant_id, now, content))
        audit.record(tenant_id, audit.SYSTEM, "remove", None, "retention")
    return gone


def _together(gone: Iterable[Gone]) -> tuple[Gone, ...]:
    """Portions of the same table as one; its digest is that over theirs, where there are several."""
    found: dict[tuple[str, str], list[Gone]] = {}
    for each in gone:
        found.setdefault((each.table, each.how), []).append(each)
    return tuple(
        some[0]
        if len(some) == 1
        else replace(some[0], count=sum(each.count for each in some), digest=_digest_over(each.digest for each in some))
        for some in found.values()
    )


def _digest_over(digests: Iterable[str]) -> str:
    return hashlib.sha256("".join(f"{each}\n" for each in digests).encode()).hexdigest()


def run_all(tenant_ids: Iterable[str], now: datetime) -> int:
    """Let go of what is too old everywhere; gives how much. One company that fails keeps no other from it."""
    gone = 0
    for tenant_id in tenant_ids:
        try:
            gone += run(tenant_id, now, dry=False).count
        except (DatabaseError, PlainError, VaultError, OSError):
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
    content = {"tenant": tenant_id, "at": at.astimezone(UTC).isoformat(), "gone": gone}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
