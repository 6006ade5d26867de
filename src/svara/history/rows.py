"""From records to rows, and the details back. Texts that came over the network are cut to what a column takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import connection
from django.db.models import Model
from msgspec.structs import replace

from svara import log
from svara.calls.events import Party
from svara.history import answers, queue_facts
from svara.history.counts import QUEUE_LENGTH
from svara.history.models import (
    NAME_LENGTH,
    NUMBER_LENGTH,
    REASON_LENGTH,
    Call,
    Mention,
    OutsideParty,
    Participant,
)
from svara.history.outside import seal_parties, sever
from svara.history.record import (
    CallRecord,
    Conference,
    Figures,
    Hold,
    Leg,
    Message,
    Met,
    Offer,
    Quality,
    Stop,
    Supervision,
    Taped,
    Transfer,
    Wait,
)
from svara.history.stored import moment, text
from svara.people.models import Tenant

_log = log.get("history.rows")


class Details(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is only read together with its call."""

    legs: tuple[Leg, ...] = ()
    holds: tuple[Hold, ...] = ()
    quality: tuple[Quality, ...] = ()
    figures: tuple[Figures, ...] = ()
    greeted_at: float | None = None
    stops: tuple[Stop, ...] = ()
    waits: tuple[Wait, ...] = ()
    offers: tuple[Offer, ...] = ()
    messages: tuple[Message, ...] = ()
    tapes: tuple[Taped, ...] = ()
    supervisions: tuple[Supervision, ...] = ()
    callback_number: str = ""
    supervises: str = ""
    conferences: tuple[Conference, ...] = ()
    transfers: tuple[Transfer, ...] = ()


_Stored = str | datetime | None
_Row = tuple[str | float | datetime | bytes | None, ...]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Details).decode


def details_of(call: Call) -> Details:
    """The legs, holds and quality of a stored call."""
    return _decode(call.details)


def write_records(records: Sequence[CallRecord]) -> None:
    """Write the rows of `records`, people outside sealed; one that is already there stays as it is.

    A record of a tenant that was removed meanwhile is left out. Plain statements: making model instances of as many calls
    as a busy server has costs several times what the database takes. Raises VaultError where nothing can be sealed.
    """
    if not records:
        return
    tenants = set(Tenant.objects.filter(id__in={record.tenant for record in records}).values_list("id", flat=True))
    kept = [record for record in records if record.tenant in tenants]
    if len(kept) < len(records):
        _log.warning("calls of a tenant that is not there are left out", calls=len(records) - len(kept))
    stored = connection.ops.adapt_datetimefield_value
    calls: list[_Row] = []
    participants: list[_Row] = []
    mentions: list[_Row] = []
    severed = [(record, *sever(record)) for record in kept]
    begun = {}
    for _whole, record, _met in severed:
        started_at = stored(moment(record.started_at))
        answered_at = None if record.answered_at is None else stored(moment(record.answered_at))
        calls.append(_call_row(record, started_at, answered_at, stored(moment(record.ended_at))))
        participants += [(record.id, person, part, started_at) for person, part in record.people.items()]
        mentions += [(record.id, person) for person in sorted(_mentioned(record) - record.people.keys())]
        begun[record.id] = started_at
    outside = seal_parties((record, met) for record, _, met in severed)
    with connection.cursor() as cursor:
        cursor.executemany(_insert(Call, _CALL_FIELDS), calls)
        cursor.executemany(_insert(Participant, _PARTICIPANT_FIELDS), participants)
        cursor.executemany(_insert(OutsideParty, _OUTSIDE_FIELDS), [(*row, begun[row[1]]) for row in outside])
        if mentions:
            cursor.executemany(_insert(Mention, ("call", "person")), mentions)
    queue_facts.write(kept)
    answers.write(kept)


_CALL_FIELDS = (
    "id",
    "tenant",
    "direction",
    "caller_number",
    "caller_name",
    "caller_person",
    "callee_number",
    "callee_name",
    "callee_person",
    "dialled",
    "answered_number",
    "answered_name",
    "answered_person",
    "queue",
    "started_at",
    "answered_at",
    "ended_at",
    "wait_seconds",
    "talk_seconds",
    "outcome",
    "ended_by",
    "end_reason",
    "details",
)
_OUTSIDE_FIELDS = ("tenant", "call", "n", "index", "part", "sealed", "started_at")
_PARTICIPANT_FIELDS = ("call", "person", "part", "started_at")


def _mentioned(record: CallRecord) -> set[str]:
    """Whom the details will name."""
    parties = [leg.to for leg in record.legs] + [offer.agent for offer in record.offers]
    parties += [one.by for one in record.supervisions] + [met.who for one in record.conferences for met in one.met]
    parties += [one.by for one in record.transfers]
    return {party.person for party in parties if party.person}


def _insert(model: type[Model], fields: Sequence[str]) -> str:
    """The statement for rows of `fields`; the same in SQLite and PostgreSQL."""
    quote = connection.ops.quote_name
    named = {field.name: str(field.column) for field in model._meta.local_concrete_fields}
    columns = ", ".join(quote(named[name]) for name in fields)
    places = ", ".join(["%s"] * len(fields))
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608  names of our own


def _call_row(record: CallRecord, started_at: _Stored, answered_at: _Stored, ended_at: _Stored) -> _Row:
    """In the order of `_CALL_FIELDS`; the times as the database's driver takes them."""
    caller, callee, answered = record.caller, record.callee, record.answered_by or Party(number="")
    return (
        record.id,
        record.tenant,
        record.direction,
        text(caller.number, NUMBER_LENGTH),
        _name(caller),
        caller.person or "",
        text(callee.number, NUMBER_LENGTH),
        _name(callee),
        callee.person or "",
        text(record.dialled, NUMBER_LENGTH),
        text(answered.number, NUMBER_LENGTH),
        _name(answered),
        answered.person or "",
        text(record.queue or "", QUEUE_LENGTH),
        started_at,
        answered_at,
        ended_at,
        record.wait_seconds,
        record.talk_seconds,
        record.outcome,
        record.ended_by,
        text(record.end_reason, REASON_LENGTH),
        _encode(_details(record)).decode(),
    )


def _details(record: CallRecord) -> Details:
    return Details(
        legs=tuple(_named_outside(leg) for leg in record.legs),
        holds=record.holds,
        quality=record.quality,
        figures=record.figures,
        greeted_at=record.greeted_at,
        stops=record.stops,
        waits=record.waits,
        offers=tuple(replace(offer, agent=replace(offer.agent, name="")) for offer in record.offers),
        messages=tuple(replace(message, box="", file="") for message in record.messages),  # they stand in their own table
        tapes=record.tapes,
        supervisions=tuple(replace(one, by=replace(one.by, name="")) for one in record.supervisions),
        callback_number=text(record.callback_number, NUMBER_LENGTH),
        supervises=record.supervises,
        conferences=tuple(replace(one, met=tuple(map(_named_met, one.met))) for one in record.conferences),
        transfers=tuple(replace(one, by=replace(one.by, name="")) for one in record.transfers),
    )


def _named_outside(leg: Leg) -> Leg:
    name = _name(leg.to)
    return leg if name == leg.to.name else replace(leg, to=replace(leg.to, name=name))


def _named_met(met: Met) -> Met:
    return replace(met, who=replace(met.who, name=_name(met.who)))


def _name(party: Party) -> str:
    """What outside signalling showed; a person of the tenant is named by the directory."""
    return "" if party.person else text(party.name, NAME_LENGTH)
