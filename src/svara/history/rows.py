"""From records to rows, and the details back. Texts that came over the network are cut to what a column takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from svara import log
from svara.calls.events import Party
from svara.history.fold import CallRecord, Hold, Leg, Quality
from svara.history.models import NAME_LENGTH, NUMBER_LENGTH, REASON_LENGTH, Call, Participant
from svara.people.models import Tenant

_log = log.get("history.rows")


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is only read together with its call."""

    legs: tuple[Leg, ...] = ()
    holds: tuple[Hold, ...] = ()
    quality: tuple[Quality, ...] = ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Details).decode


def details_of(call: Call) -> Details:
    """The legs, holds and quality of a stored call."""
    return _decode(call.details)


def write_records(records: Sequence[CallRecord]) -> None:
    """Write the rows of `records`; one that is already there stays as it is.

    A record of a tenant that was removed meanwhile is left out.
    """
    if not records:
        return
    tenants = set(Tenant.objects.filter(id__in={record.tenant for record in records}).values_list("id", flat=True))
    kept = [record for record in records if record.tenant in tenants]
    if len(kept) < len(records):
        _log.warning("calls of a tenant that is not there are left out", calls=len(records) - len(kept))
    Call.all_tenants.bulk_create([_row(record) for record in kept], ignore_conflicts=True)
    Participant.objects.bulk_create(
        [
            Participant(call_id=record.id, person=person, part=part, started_at=_moment(record.started_at))
            for record in kept
            for person, part in record.people.items()
        ],
        ignore_conflicts=True,
    )


def _row(record: CallRecord) -> Call:
    caller, callee, answered = record.caller, record.callee, record.answered_by
    legs = tuple(msgspec.structs.replace(leg, to=msgspec.structs.replace(leg.to, name=_name(leg.to))) for leg in record.legs)
    return Call(
        id=record.id,
        tenant_id=record.tenant,
        direction=record.direction,
        caller_number=_text(caller.number, NUMBER_LENGTH),
        caller_name=_name(caller),
        caller_person=caller.person or "",
        callee_number=_text(callee.number, NUMBER_LENGTH),
        callee_name=_name(callee),
        callee_person=callee.person or "",
        dialled=_text(record.dialled, NUMBER_LENGTH),
        answered_number=_text(answered.number, NUMBER_LENGTH) if answered else "",
        answered_name=_name(answered) if answered else "",
        answered_person=(answered.person or "") if answered else "",
        queue=record.queue or "",
        started_at=_moment(record.started_at),
        answered_at=None if record.answered_at is None else _moment(record.answered_at),
        ended_at=_moment(record.ended_at),
        wait_seconds=record.wait_seconds,
        talk_seconds=record.talk_seconds,
        outcome=record.outcome,
        ended_by=record.ended_by,
        end_reason=_text(record.end_reason, REASON_LENGTH),
        details=_encode(Details(legs=legs, holds=record.holds, quality=record.quality)).decode(),
    )


def _name(party: Party) -> str:
    """What outside signalling showed; a person of the tenant is named by the directory."""
    return "" if party.person else _text(party.name, NAME_LENGTH)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _text(value: str, length: int) -> str:
    return value.replace("\0", "")[:length]
