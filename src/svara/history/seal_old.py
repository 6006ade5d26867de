"""Records that were written before people outside were sealed: what their migrations do with them, in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec

from svara.calls.events import Party
from svara.history.follow import open_context
from svara.history.outside import missed_context, seal_one, seal_parties, sever
from svara.history.record import CallRecord
from svara.history.rows import Details
from svara.privacy import vault
from svara.privacy.subject import outside
from svara.privacy.vault.port import INSTALLATION

_BATCH = 500
_FIELDS = (
    *("caller_number", "caller_name", "callee_number", "callee_name"),
    *("dialled", "answered_number", "answered_name", "details"),
)


def seal_calls(calls: Any, parties: Any) -> None:
    """Rows of calls and their details; `calls` and `parties` are the models of that time."""
    for batch in _batches(calls.all_tenants.order_by("pk").iterator(chunk_size=_BATCH)):
        severed = [(call, *sever(_record(call))) for call in batch]
        started = {call.id: call.started_at for call in batch}
        changed = [(call, record) for call, record, met in severed if met]
        rows = seal_parties([(record, met) for _call, record, met in severed])
        if len(rows) != sum(len(met) for _call, _record, met in severed):
            raise RuntimeError("a company has taken its key away: it has to be here while its records are sealed")
        parties.all_tenants.bulk_create(
            parties(tenant_id=tenant, call_id=call, n=n, index=index, part=part, sealed=sealed, started_at=started[call])
            for tenant, call, n, index, part, sealed in rows
        )
        for call, record in changed:
            _write(call, record)
        calls.all_tenants.bulk_update([call for call, _record in changed], _FIELDS)


def seal_missed(missed: Any) -> None:
    """Missed callers."""
    for row in missed.all_tenants.exclude(number="").iterator(chunk_size=_BATCH):
        index, sealed = seal_one(row.tenant_id, row.number, row.caller_name, missed_context(row.id))
        missed.all_tenants.filter(pk=row.pk).update(index=index, sealed=sealed)


def seal_open_calls(calls: Any) -> None:
    """What is known of calls that have not ended."""
    for row in calls.objects.all():
        sealed = vault.current().seal(
            INSTALLATION, [outside("open-calls")], bytes(row.state), context=open_context(row.call)
        )
        calls.objects.filter(pk=row.pk).update(state=sealed)


def _record(call: Any) -> CallRecord:
    """As much of the record as tells who took part."""
    details = msgspec.json.decode(call.details, type=Details)
    answered = Party(call.answered_number, call.answered_name, call.answered_person or None)
    return CallRecord(
        id=call.id,
        tenant=call.tenant_id,
        direction=call.direction,
        caller=Party(call.caller_number, call.caller_name, call.caller_person or None),
        callee=Party(call.callee_number, call.callee_name, call.callee_person or None),
        dialled=call.dialled,
        answered_by=answered if call.answered_at else None,
        queue=None,
        started_at=0.0,
        answered_at=None,
        ended_at=0.0,
        wait_seconds=0.0,
        talk_seconds=0.0,
        outcome=call.outcome,
        ended_by=call.ended_by,
        end_reason="",
        people={},
        **{name: getattr(details, name) for name in Details.__struct_fields__},
    )


def _write(call: Any, record: CallRecord) -> None:
    call.caller_number, call.caller_name = record.caller.number, record.caller.name
    call.callee_number, call.callee_name = record.callee.number, record.callee.name
    call.dialled = record.dialled
    if record.answered_by is not None:
        call.answered_number, call.answered_name = record.answered_by.number, record.answered_by.name
    details = Details(**{name: getattr(record, name) for name in Details.__struct_fields__})
    call.details = msgspec.json.encode(details).decode()


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(rows, _BATCH)):
        yield batch
