"""How the system is used, told of groups alone: off until a company wants it, and no third party takes part.

In the week that runs, uses are counted under pseudonyms whose key is random and of this week only. When the week is over, a
page that five people or more used becomes a figure; everything else of the week goes, with the key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from threading import Lock

from django.db import transaction
from django.db.models import F

from svara.privacy.catalogue import Purpose
from svara.privacy.figures.groups import Cell, published
from svara.privacy.figures.models import Choice, Figure, Use, WeekKey
from svara.privacy.rights.objections import stopped
from svara.privacy.subject import person
from svara.privacy.tenancy import InTenant

FLUSH_SECONDS = 60.0
MAX_WAITING = 10_000
"""So many counts may wait to be written; what comes beyond is not counted."""

Waiting = Mapping[tuple[str, str, str], int]
"""How often, by company, person and page."""


class Tally:
    """Counts in memory, so that opening a page writes nothing."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self._since = 0.0
        self._lock = Lock()

    def note(self, tenant_id: str, person_id: str, page: str, now: float) -> Waiting | None:
        """Count one use; gives what has waited long enough to be written."""
        with self._lock:
            key = (tenant_id, person_id, page)
            if not self._counts:
                self._since = now
            if key in self._counts or len(self._counts) < MAX_WAITING:
                self._counts[key] += 1
            if now - self._since < FLUSH_SECONDS:
                return None
            taken, self._counts = dict(self._counts), Counter()
            return taken


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def pseudonym(key: str, person_id: str) -> str:
    """A person's name for a week: a keyed hash, in hex."""
    return hmac.digest(bytes.fromhex(key), person_id.encode(), hashlib.sha256).hex()


@transaction.atomic
def write(counts: Waiting, now: datetime) -> None:
    """Add uses to the week that runs, of the companies that want it counted; nobody's who objected or whose data are
    restricted."""
    wanted = set(Choice.all_tenants.filter(usage=True).values_list("tenant_id", flat=True))
    week, keys = week_of(now.date()), dict[str, str]()
    left_out = {tenant_id: stopped(tenant_id, Purpose.STATISTICS) for tenant_id in wanted}
    for (tenant_id, person_id, page), times in sorted(counts.items()):
        if tenant_id not in wanted or person(person_id) in left_out[tenant_id]:
            continue
        if tenant_id not in keys:
            fresh = {"key": secrets.token_hex(32)}
            keys[tenant_id] = WeekKey.all_tenants.get_or_create(tenant_id=tenant_id, week=week, defaults=fresh)[0].key
        who = {"tenant_id": tenant_id, "week": week, "page": page[:60], "pseudonym": pseudonym(keys[tenant_id], person_id)}
        if not Use.all_tenants.filter(**who).update(times=F("times") + times):
            Use.all_tenants.create(**who, times=times)


@transaction.atomic
def close_weeks(now: datetime) -> int:
    """Make figures of the weeks that are over, and let go of everything else of them; gives how many rows went."""
    past = Use.all_tenants.filter(week__lt=week_of(now.date()))
    cells: dict[tuple[str, date, str], Cell] = defaultdict(lambda: Cell(frozenset()))
    for use in past.iterator():
        cells[use.tenant_id, use.week, use.page] += Cell(frozenset({use.pseudonym}), use.times)
    for (tenant_id, week, page), cell in published(cells).items():
        told = {"people": len(cell.people), "times": cell.count}
        Figure.all_tenants.get_or_create(tenant_id=tenant_id, week=week, page=page, defaults=told)
    gone, _ = past.delete()
    keys, _ = WeekKey.all_tenants.filter(week__lt=week_of(now.date())).delete()
    return gone + keys


def figures(owner: InTenant, weeks: int = 12) -> list[Figure]:
    """The figures of a company's last weeks, newest first."""
    newest = Figure.of(owner).order_by("-week").values_list("week", flat=True).first()
    if newest is None:
        return []
    since = newest - timedelta(weeks=weeks - 1)
    return list(Figure.of(owner).filter(week__gte=since).order_by("-week", "-people", "page"))


def forget(tenant_id: str, person_id: str) -> int:
    """Let go of what a person did in the weeks that still have a key."""
    gone = 0
    for key in WeekKey.all_tenants.filter(tenant_id=tenant_id):
        uses = Use.all_tenants.filter(tenant_id=tenant_id, week=key.week, pseudonym=pseudonym(key.key, person_id))
        gone += uses.delete()[0]
    return gone


def held(tenant_id: str, person_id: str) -> int:
    """How many counts there are of a person in the weeks that still have a key."""
    keys = WeekKey.all_tenants.filter(tenant_id=tenant_id)
    names = [(key.week, pseudonym(key.key, person_id)) for key in keys]
    return sum(Use.all_tenants.filter(tenant_id=tenant_id, week=week, pseudonym=name).count() for week, name in names)
