"""What queues and their agents did, as rows that statistics and the list of missed callers are made from.

Written in the transaction that writes the calls' records, and as harmless when written twice. What a single agent did is
written only of those who agreed to it (`svara.privacy.functions`, "statistics"): of everybody else the queue's own figures
know no name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from django.db.models import Q

from svara.calls.events import AgentChanged, CallbackGivenUp
from svara.history.counts import QUEUE_LENGTH
from svara.history.models import (
    AgentMoment,
    Call,
    MissedCaller,
    QueueOffer,
    QueueWait,
)
from svara.history.outside import Outsiders, find, missed_context, seal_one
from svara.history.record import CallRecord, Wait
from svara.history.stored import moment, text
from svara.people.models import Tenant
from svara.privacy.functions.port import people_with
from svara.privacy.functions.registry import STATISTICS


def write(records: Sequence[CallRecord]) -> None:
    """The rows of calls that waited in queues, new missed callers, and those who were reached at last."""
    queued = [record for record in records if record.waits]
    if queued:
        counted = people_with(STATISTICS)
        QueueWait.all_tenants.bulk_create(_waits(queued, counted), ignore_conflicts=True)
        QueueOffer.all_tenants.bulk_create(_offers(queued, counted), ignore_conflicts=True)
        MissedCaller.all_tenants.bulk_create(_missed(queued), ignore_conflicts=True)
    for record in records:
        if record.answered_at is not None and record.direction != "internal":
            _reached(record, record.answered_at)


def write_moments(events: Sequence[AgentChanged | CallbackGivenUp]) -> None:
    """What happened in queues beside calls: agents who agreed to it changed their state, kept places were given up."""
    counted = people_with(STATISTICS)
    tenants = set(Tenant.objects.filter(id__in={event.tenant for event in events}).values_list("id", flat=True))
    known = [event for event in events if event.tenant in tenants]
    AgentMoment.all_tenants.bulk_create(
        [
            AgentMoment(
                tenant_id=event.tenant,
                person=event.person[:32],
                at=moment(event.at),
                state=event.state,
                reason=text(event.reason, 100),
            )
            for event in known
            if isinstance(event, AgentChanged) and event.person in counted
        ],
        ignore_conflicts=True,
    )
    given_up = [event for event in known if isinstance(event, CallbackGivenUp)]
    calls = Call.all_tenants.in_bulk([event.asked for event in given_up])
    MissedCaller.all_tenants.bulk_create(
        [_not_called_back(event, calls.get(event.asked)) for event in given_up], ignore_conflicts=True
    )


def _not_called_back(event: CallbackGivenUp, call: Call | None) -> MissedCaller:
    """Who was promised a call back and got none: the name is that of the number from which they had called."""
    number = name = ""
    if call is not None and call.tenant_id == event.tenant:
        number, name = Outsiders(event.tenant, [call.id]).party(call.id, call.caller_number, call.caller_name)
    id_ = event.asked[:64]
    index, sealed = seal_one(event.tenant, event.number, name if number == event.number else "", missed_context(id_))
    return MissedCaller(
        id=id_,
        tenant_id=event.tenant,
        queue=event.queue[:QUEUE_LENGTH],
        name=text(event.name, QUEUE_LENGTH),
        index=index,
        sealed=sealed,
        missed_at=moment(event.at),
        wait_seconds=round(max(event.at - event.joined_at, 0.0), 3) if event.joined_at else 0.0,
        outcome=event.why,
    )


def _waits(records: Iterable[CallRecord], counted: Container[str]) -> Iterable[QueueWait]:
    for record in records:
        for wait in record.waits:
            answered = wait.why == "answered" and record.answered_by is not None
            agent = (record.answered_by.person or "") if answered and record.answered_by else ""
            yield QueueWait(
                tenant_id=record.tenant,
                call_id=record.id,
                queue=wait.queue[:QUEUE_LENGTH],
                name=text(wait.name, QUEUE_LENGTH),
                entered_at=moment(wait.entered_at),
                wait_seconds=round(wait.left_at - wait.entered_at, 3),
                why=wait.why,
                answered_person=agent if agent in counted else "",
                talk_seconds=_talked(record) if answered else 0.0,
            )


def _talked(record: CallRecord) -> float:
    """How long the agent talked who took the call: until the end, or until the call was sent on to somebody else."""
    if not record.transfers or record.answered_at is None:
        return record.talk_seconds
    until = next((leg.ended_at for leg in record.legs if leg.answered_at == record.answered_at), record.ended_at)
    return round(until - record.answered_at, 3)


def _offers(records: Iterable[CallRecord], counted: Container[str]) -> Iterable[QueueOffer]:
    for record in records:
        for offer in record.offers:
            if offer.agent.person and offer.agent.person in counted:
                yield QueueOffer(
                    tenant_id=record.tenant,
                    call_id=record.id,
                    offer=offer.offer[:64],
                    queue=offer.queue[:QUEUE_LENGTH],
                    person=offer.agent.person,
                    offered_at=moment(offer.offered_at),
                    ring_seconds=round(offer.ended_at - offer.offered_at, 3),
                    how=offer.how,
                )


def _missed(records: Iterable[CallRecord]) -> Iterable[MissedCaller]:
    for record in records:
        wait = _given_up(record)
        if wait is not None:
            index, sealed = seal_one(record.tenant, record.caller.number, record.caller.name, missed_context(record.id))
            yield MissedCaller(
                id=record.id,
                tenant_id=record.tenant,
                queue=wait.queue[:QUEUE_LENGTH],
                name=text(wait.name, QUEUE_LENGTH),
                index=index,
                sealed=sealed,
                missed_at=moment(record.ended_at),
                wait_seconds=round(wait.left_at - wait.entered_at, 3),
                outcome=record.outcome,
            )


def _given_up(record: CallRecord) -> Wait | None:
    """The stay in which a caller from outside was lost; None where somebody spoke to them, or their place is kept."""
    if record.answered_at is not None or record.caller.person or not record.caller.number:
        return None
    last = record.waits[-1]
    return None if last.why == "kept" else last


def _reached(record: CallRecord, answered_at: float) -> None:
    """Somebody spoke to that number: whoever waits for a call back from us does not any more."""
    outside = record.caller if record.direction == "inbound" else record.callee
    ours = record.answered_by if record.direction == "inbound" else record.caller
    if outside.person or not outside.number:
        return
    index = find(record.tenant, outside.number)
    if not index:
        return
    MissedCaller.all_tenants.filter(
        ~Q(state="handled"),
        tenant_id=record.tenant,
        index=index,
        missed_at__lte=moment(answered_at),
    ).update(
        state="handled",
        handled_by=(ours.person or "") if ours else "",
        handled_at=moment(answered_at),
        handled_call=record.id,
    )
