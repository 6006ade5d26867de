"""What of calls goes before the calls do: who worked in which queue, who was missed, and the sound of talks.

When it goes who took calls in a queue, what groups of five or more did together stays (`TalkCount`): such a figure is fixed
once its day is over, so it is the same before and after. Calls themselves: `svara.history.expiry`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from svara.history import archive
from svara.history.counts import AGENT_DAYS, AgentCount, TalkCount
from svara.history.groups import group_cells
from svara.history.models import (
    CALL_DAYS,
    MISSED_DAYS,
    RECORDING_DAYS,
    AgentMoment,
    Call,
    MissedCaller,
    OutsideParty,
    Participant,
    QueueOffer,
    QueueWait,
)
from svara.history.outside import indexes_of
from svara.history.recordings import FOLDER
from svara.history.rows import details_of
from svara.people.models import Tenant
from svara.privacy.figures.groups import GROUP
from svara.privacy.rights.port import Gone, Period, Rules, Tally
from svara.privacy.vault import elsewhere

CALLS, AGENTS, MISSED, RECORDINGS = "history.calls", "history.agents", "history.missed", "history.recordings"
_BATCH = 1000
PERIODS: tuple[Period, ...] = (
    Period(CALLS, gettext_noop("Records of calls"), CALL_DAYS),
    Period(AGENTS, gettext_noop("What agents did in queues"), AGENT_DAYS),
    Period(MISSED, gettext_noop("Missed callers"), MISSED_DAYS),
    Period(RECORDINGS, gettext_noop("Recordings of talks"), RECORDING_DAYS, longest_days=RECORDING_DAYS),
    Period(archive.ARCHIVE, gettext_noop("Archive of calls: sealed, in files of the company’s own"), 0),
)


def expire(tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterator[Gone]:
    """Let go of what is older than the rules say; `dry` only counts. In the caller's transaction."""
    people = rules.people
    agents, missed = rules.before(AGENTS, now), rules.before(MISSED, now)
    if agents is not None:
        of = {"tenant_id": tenant_id}
        yield from _go(AgentMoment.all_tenants.filter(**of, at__lt=agents).exclude(person__in=people), dry=dry)
        yield from _go(QueueOffer.all_tenants.filter(**of, offered_at__lt=agents).exclude(person__in=people), dry=dry)
        yield from _forget_agents(tenant_id, agents, people, dry=dry)
    if missed is not None:
        yield from _go(others_missed(tenant_id, rules).filter(missed_at__lt=missed), dry=dry)
    yield from _expire_recordings(tenant_id, rules, now, dry=dry)
    yield from archive.expire(tenant_id, rules, now, dry=dry)


def _go(rows: QuerySet[Any], *, dry: bool) -> Iterator[Gone]:
    """First asked, only then written: no lock is held where nothing is to be done."""
    tally = Tally(rows.model._meta.label)
    tally.add(rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
    if tally.count and not dry:
        rows.delete()
    yield from tally.gone()


def _forget_agents(tenant_id: str, before: datetime, people: list[str], *, dry: bool) -> Iterator[Gone]:
    """Whole days of the company's, so that a group's day is never cut in two. Those in `people` stay, with their groups."""
    zone = ZoneInfo(Tenant.objects.values_list("timezone", flat=True).get(id=tenant_id))
    before = datetime.combine(before.astimezone(zone).date(), time(), zone).astimezone(UTC)
    waits = QueueWait.all_tenants.filter(tenant_id=tenant_id, entered_at__lt=before).exclude(answered_person="")
    counted = AgentCount.all_tenants.filter(tenant_id=tenant_id, hour__lt=before)
    named = Tally(QueueWait._meta.label, "freed")
    others = waits.exclude(answered_person__in=people)
    named.add(others.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
    if not dry:
        TalkCount.all_tenants.bulk_create(
            [
                TalkCount(
                    tenant_id=tenant_id,
                    day=day,
                    queue=queue,
                    people=len(cell.people),
                    talks=cell.count,
                    talk_ms=cell.milliseconds,
                )
                for (queue, day), cell in group_cells(waits, counted, zone).items()
                if len(cell.people) >= GROUP
            ],
            ignore_conflicts=True,
        )
        if named.count:
            others.update(answered_person="")
    yield from named.gone()
    yield from _go(counted.exclude(person__in=people), dry=dry)


def others_missed(tenant_id: str, rules: Rules) -> QuerySet[MissedCaller]:
    """Missed callers with whom nobody has to do whose data must stay."""
    rows = MissedCaller.all_tenants.filter(tenant_id=tenant_id)
    rows = rows.exclude(index__in=indexes_of(rules.subjects))
    return rows.exclude(claimed_by__in=rules.people).exclude(handled_by__in=rules.people)


def _expire_recordings(tenant_id: str, rules: Rules, now: datetime, *, dry: bool) -> Iterator[Gone]:
    """Where a company keeps them shorter than everybody: the sound goes, that there was a recording stays on the record."""
    before = rules.before(RECORDINGS, now)
    if before is None or rules.days[RECORDINGS] >= RECORDING_DAYS:
        return
    tally = Tally("files:recordings")
    recent = Call.all_tenants.filter(tenant_id=tenant_id, started_at__gte=now - timedelta(days=RECORDING_DAYS + 1))
    held = held_calls(tenant_id, rules)
    for call in recent.filter(started_at__lt=before, details__contains='"tapes":').iterator(chunk_size=_BATCH):
        for place in [each for each in tapes_of(call) if call.id not in held and elsewhere.is_there(settings.DATA, each)]:
            tally.add([place.name])
            if not dry:
                transaction.on_commit(partial(elsewhere.remove, settings.DATA, place))
    yield from tally.gone()


def held_calls(tenant_id: str, rules: Rules) -> set[str]:
    """Ids of the calls of those whose data must stay."""
    held = (
        set(Participant.objects.filter(person__in=rules.people).values_list("call_id", flat=True)) if rules.people else set()
    )
    if indexes := indexes_of(rules.subjects):
        outsiders = OutsideParty.all_tenants.filter(tenant_id=tenant_id, index__in=indexes)
        held |= set(outsiders.values_list("call_id", flat=True))
    return held


def tapes_of(call: Call) -> list[Path]:
    """Where the sound of a talk lies, or lay."""
    recordings: Path = settings.DATA.recordings
    folder = (recordings / FOLDER).resolve()
    places = [(recordings / tape.file).resolve() for tape in details_of(call).tapes]
    return [place for place in places if place.parent == folder]
