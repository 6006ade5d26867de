"""The end of a call's record: when its time is over, figures are left of it (`svara.history.counts`), and nothing else.

A record goes with everything that hangs on it: who took part, people outside, waits and offers, recordings, its place among
the missed callers. That is done in portions, each one transaction, so that the database is never locked for long; killed at
any moment, every call is either there in full or in the figures, never in both. Calls of somebody under a legal hold stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Model, OuterRef, QuerySet

from svara.history import archive
from svara.history.counting import Became, became
from svara.history.counts import AgentCount, CallCount, QueueCount
from svara.history.hiding import calls_with
from svara.history.lapsing import AGENTS, CALLS, MISSED, RECORDINGS, others_missed, tapes_of
from svara.history.models import Call, Mention, MissedCaller, OutsideParty, Participant, QueueOffer, QueueWait
from svara.history.outside import indexes_of
from svara.people.models import Queue, Tenant
from svara.privacy.catalogue import Purpose
from svara.privacy.rights.objections import stopped
from svara.privacy.rights.port import Gone, Rules, Tally
from svara.privacy.vault import elsewhere

PORTION = 500
"""So many calls go in one transaction."""
_BATCH = 1000
_HANGING: tuple[type[Any], ...] = (Participant, Mention, OutsideParty, QueueWait, QueueOffer)
"""The tables whose rows go with their call's."""


class CallPortions:
    """Records of calls, as `svara.privacy.rights.port.Portions`."""

    def count(self, tenant_id: str, rules: Rules, now: datetime) -> Iterable[Gone]:
        yield from _told(tenant_id, _too_old(tenant_id, rules, now), rules, now, [])

    def take(self, tenant_id: str, rules: Rules, now: datetime) -> Iterable[Gone]:
        ids = list(_too_old(tenant_id, rules, now).values_list("pk", flat=True)[:PORTION])
        if not ids:
            return
        # Who else does the same has to wait here, and then finds them gone.
        locked = set(Call.all_tenants.select_for_update().order_by("pk").filter(pk__in=ids).values_list("pk", flat=True))
        calls = Call.all_tenants.filter(pk__in=locked).order_by("started_at", "pk")
        waits = QueueWait.all_tenants.filter(call__in=locked)
        offers = QueueOffer.all_tenants.filter(call__in=locked)
        tenant = Tenant.objects.get(id=tenant_id)
        within = dict(Queue.of(tenant).values_list("id", "service_level_seconds"))
        counted = calls
        if left_out := stopped(tenant_id, Purpose.STATISTICS):  # who objected is in no figure, not even as one of many
            counted = calls.exclude(pk__in=Call.all_tenants.filter(calls_with(left_out)).values("pk"))
            waits, offers = waits.filter(call__in=counted.order_by()), offers.filter(call__in=counted.order_by())
        counts = became(counted.defer("details"), waits, offers, within, ZoneInfo(tenant.timezone))
        _add_up(tenant_id, counts)
        archive.keep(tenant, list(calls.defer("details")), rules)
        places: list[Path] = []
        gone = list(_told(tenant_id, calls, rules, now, places))
        for table in _HANGING:
            table._default_manager.filter(call__in=locked).delete()
        _missed(tenant_id, calls, rules).delete()
        Call.all_tenants.filter(pk__in=locked).delete()
        for place in places:
            transaction.on_commit(partial(elsewhere.remove, settings.DATA, place))
        yield from gone


def _too_old(tenant_id: str, rules: Rules, now: datetime) -> QuerySet[Call]:
    """Oldest first; without those of people whose data must stay, and those to which something hangs that must stay."""
    calls = Call.all_tenants.filter(tenant_id=tenant_id).order_by("started_at", "pk")
    before = rules.before(CALLS, now)
    if before is None:
        return calls.none()
    calls = calls.filter(started_at__lt=before)
    people, outside = rules.people, indexes_of(rules.subjects)
    of_call = {"call": OuterRef("pk")}
    if people:
        calls = calls.exclude(Exists(Participant.objects.filter(**of_call, person__in=people)))
        calls = calls.exclude(Exists(Mention.objects.filter(**of_call, person__in=people)))
    if outside:
        calls = calls.exclude(Exists(OutsideParty.all_tenants.filter(**of_call, index__in=outside)))
    if RECORDINGS in rules.held:
        calls = calls.exclude(details__contains='"tapes":')
    if AGENTS in rules.held:
        calls = calls.exclude(Exists(QueueOffer.all_tenants.filter(**of_call)))
    return calls


def _told(tenant_id: str, calls: QuerySet[Call], rules: Rules, now: datetime, places: list[Path]) -> Iterator[Gone]:
    """What goes with these calls, without what goes for itself first (`svara.history.lapsing`); `places` takes the files of
    their recordings."""
    tally = Tally(Call._meta.label)
    tally.add(calls.values_list("pk", flat=True).iterator(chunk_size=_BATCH))
    if not tally.count:
        return
    yield from tally.gone()
    young = {QueueOffer: {"offered_at__gte": rules.before(AGENTS, now)}} if AGENTS not in rules.held else {}
    for table in _HANGING:
        yield from _keys(table._default_manager.filter(call__in=calls.order_by(), **young.get(table, {})))
    if (before := rules.before(MISSED, now)) is not None:
        yield from _keys(_missed(tenant_id, calls, rules).filter(missed_at__gte=before))
    recordings = Tally("files:recordings")
    for call in calls.filter(details__contains='"tapes":').iterator(chunk_size=_BATCH):
        for place in filter(partial(elsewhere.is_there, settings.DATA), tapes_of(call)):
            recordings.add([place.name])
            places.append(place)
    yield from recordings.gone()


def _keys(rows: QuerySet[Any]) -> Iterator[Gone]:
    tally = Tally(rows.model._meta.label)
    tally.add(rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=_BATCH))
    return tally.gone()


def _missed(tenant_id: str, calls: QuerySet[Call], rules: Rules) -> QuerySet[MissedCaller]:
    rows = others_missed(tenant_id, rules).filter(pk__in=calls.order_by().values("pk"))
    return rows.none() if MISSED in rules.held else rows


# Adding up


def _add_up(tenant_id: str, found: Became) -> None:
    _add(
        CallCount,
        ("hour", "direction", "outcome", "queue"),
        ("calls", "wait_ms", "talk_ms"),
        [
            (tenant_id, _stored(key[0]), *key[1:], one.calls, one.wait_ms, one.talk_ms)
            for key, one in sorted(found.calls.items())
        ],
    )
    _add(
        QueueCount,
        ("hour", "queue"),
        ("offered", "answered", "abandoned", "in_time", "gave_up_at_once", "answer_ms", "talk_ms"),
        [
            (
                tenant_id,
                _stored(hour),
                queue,
                one.offered,
                int(one.answered),
                int(one.abandoned),
                int(one.in_time),
                int(one.gave_up_at_once),
                one.answer_ms,
                one.talk_ms,
                one.longest_ms or 0,
                found.names[hour, queue],
            )
            for (hour, queue), one in sorted(found.queues.items())
        ],
        {"longest_ms": "CASE WHEN excluded.{0} > {1}.{0} THEN excluded.{0} ELSE {1}.{0} END", "name": "excluded.{0}"},
    )
    _add(
        AgentCount,
        ("hour", "queue", "person"),
        ("offered", "answered", "talk_ms"),
        [
            (tenant_id, _stored(key[0]), *key[1:], one.offered, one.answered, one.talk_ms)
            for key, one in sorted(found.agents.items())
        ],
    )


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


_NOTHING: Mapping[str, str] = {}


def _add(
    table: type[Model],
    keys: Sequence[str],
    sums: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    others: Mapping[str, str] = _NOTHING,
) -> None:
    """Add `rows` (tenant, keys, sums, others) to what stands there; the same in SQLite and PostgreSQL."""
    if not rows:
        return
    quote, name = connection.ops.quote_name, connection.ops.quote_name(table._meta.db_table)
    columns = ["tenant_id", *keys, *sums, *others]
    changes = [f"{quote(column)} = {name}.{quote(column)} + excluded.{quote(column)}" for column in sums]
    changes += [f"{quote(column)} = {how.format(quote(column), name)}" for column, how in others.items()]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {name} ({', '.join(map(quote, columns))}) VALUES ({', '.join(['%s'] * len(columns))}) "  # noqa: S608  names of our own
            f"ON CONFLICT ({', '.join(map(quote, ['tenant_id', *keys]))}) DO UPDATE SET {', '.join(changes)}",
            rows,
        )
