"""Companies, people and calls for the tests of history and of the API: two tenants that must never see each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Literal

from svara.calls.events import (
    AgentOffered,
    AgentOfferEnded,
    AnyEvent,
    CallEnded,
    CallGreeted,
    CallRouted,
    CallStarted,
    Direction,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Outcome,
    Party,
    QueueEntered,
    QueueLeft,
)
from svara.history.fold import Fold
from svara.history.record import CallRecord
from svara.history.rows import write_records
from svara.people.models import Account, Queue, QueueMember, Tenant
from svara.privacy.functions.port import do_switch

NOON = 1_793_358_000.0
_numbers = count(1)

AgentHow = Literal["answered", "no answer", "declined", "busy", "offline", "elsewhere", "withdrawn"]
QueueWhy = Literal["answered", "abandoned", "timeout", "full", "empty", "closed", "kept", "failed"]


@dataclass(frozen=True)
class Company:
    """A tenant with its people by user name."""

    tenant: Tenant
    people: dict[str, Account]

    def __getattr__(self, name: str) -> Account:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None

    def party(self, username: str) -> Party:
        person = self.people[username]
        return Party(
            number=person.extension or "", name=person.name, person=person.id, login=f"{self.tenant.slug}-{username}"
        )


def company(slug: str, timezone: str = "Europe/Oslo") -> Company:
    """A company with Anna (administrator), Bob, Cecilie (supervisor) and Dag; the same extensions in each company."""
    tenant = Tenant.objects.create(slug=slug, name=slug.title(), country="NO", timezone=timezone, languages=["nb", "en"])
    people = {}
    staff = [
        ("anna", "Anna Berg", ["admin"]),
        ("bob", "Bob Lie", []),
        ("cecilie", "Cecilie Moe", ["supervisor"]),
        ("dag", "Dag Vik", []),
    ]
    for number, (username, name, roles) in enumerate(staff, start=101):
        people[username] = Account.all_tenants.create(
            tenant=tenant, username=username, name=name, email=f"{username}@{slug}.test", extension=str(number), roles=roles
        )
    return Company(tenant, people)


def agreed(company: Company, key: str, *usernames: str) -> None:
    """These people (all, if nobody is named) switch on a function."""
    for username in usernames or company.people:
        do_switch(company.people[username], key, True)


def call(
    company: Company,
    caller: str | Party,
    callee: str,
    *,
    call: str = "",
    at: float = NOON,
    rings: float = 5.0,
    talks: float | None = 60.0,
    outcome: Outcome = "answered",
    reason: str = "hung up",
    direction: Direction = "internal",
    phones: int = 1,
) -> list[AnyEvent]:
    """The events of a call; `talks` None: nobody picked up, and `outcome` says how it ended."""
    call = call or f"call-{next(_numbers)}"
    side = company.party(callee)
    calling = company.party(caller) if isinstance(caller, str) else caller
    end = at + rings + (talks or 0.0)
    events: list[AnyEvent] = [
        CallStarted(
            call, at, tenant=company.tenant.id, direction=direction, caller=calling, dialled=side.number, callee=side
        )
    ]
    for n in range(phones):
        events += [LegOffered(call, at, leg=str(n), to=side), LegRinging(call, at + 0.2, leg=str(n))]
    if talks is not None:
        events.append(LegAnswered(call, at + rings, leg="0", to=side))
    for n in range(phones):
        events.append(LegEnded(call, end, leg=str(n), status=200 if talks and not n else 487, reason=reason))
    events.append(CallEnded(call, end, outcome="answered" if talks is not None else outcome, by="caller", end_reason=reason))
    return events


def queue_call(
    company: Company,
    caller: Party,
    offered: list[tuple[str, AgentHow]],
    *,
    call: str = "",
    queue: str = "support",
    at: float = NOON,
    place: int = 1,
    talks: float | None = 60.0,
    outcome: Outcome = "abandoned",
    why: QueueWhy = "abandoned",
) -> list[AnyEvent]:
    """The events of a call that waited in a queue: each agent of `offered` is rung for ten seconds and reacts as said; the
    last one takes the call where that is "answered", for `talks` seconds; else the caller ends it after the last offer."""
    call = call or f"call-{next(_numbers)}"
    queue_id = f"{company.tenant.slug}-{queue}"
    events: list[AnyEvent] = [
        CallStarted(call, at, tenant=company.tenant.id, direction="inbound", caller=caller, dialled="+4721000000"),
        CallRouted(call, at, to=f"queue:{queue}", why="number"),
        CallGreeted(call, at),
        QueueEntered(call, at, queue=queue_id, name=queue, position=place),
    ]
    end = at
    for number, (username, how) in enumerate(offered):
        agent, leg, offer = company.party(username), f"b{number}", f"{call}-o{number}"
        events += [
            AgentOffered(call, end, queue=queue_id, offer=offer, agent=agent),
            LegOffered(call, end, leg=leg, to=agent),
        ]
        end += 10
        if how == "answered":
            events += [LegAnswered(call, end, leg=leg, to=agent), QueueLeft(call, end, queue=queue_id, why="answered")]
        else:
            events.append(LegEnded(call, end, leg=leg, status=487, reason=how))
        events.append(AgentOfferEnded(call, end, offer=offer, how=how))
    if offered and offered[-1][1] == "answered":
        end += talks or 0.0
        events.append(CallEnded(call, end, outcome="answered", by="caller", end_reason="hung up"))
    else:
        end += 5
        events.append(QueueLeft(call, end, queue=queue_id, why=why))
        events.append(CallEnded(call, end, outcome=outcome, by="caller", end_reason="caller gave up"))
    return events


def queue_of(company: Company, *members: str, name: str = "support", service_seconds: float = 20.0) -> Queue:
    """A queue of the company, under the id that `queue_call` uses."""
    queue = Queue.all_tenants.create(
        id=f"{company.tenant.slug}-{name}",
        tenant=company.tenant,
        name=name,
        strategy="longest-idle",
        ring_seconds=15,
        retry_seconds=1,
        wrap_up_seconds=0,
        announce_position=False,
        announce_every_seconds=45,
        priority=0,
        auto_pause_after=0,
        relax_seconds=30,
        service_level_seconds=service_seconds,
        record=False,
    )
    for order, username in enumerate(members):
        QueueMember.all_tenants.create(
            tenant=company.tenant, queue=queue, account=company.people[username], order=order, weight=1
        )
    return queue


def record_of(*events: AnyEvent) -> CallRecord:
    """The record that these events make."""
    fold = Fold(events[0].call)
    for event in events:
        fold.add(event)
    record = fold.record()
    assert record is not None
    return record


def happened(*calls: list[AnyEvent]) -> list[str]:
    """Let these calls be history; gives their ids."""
    records = [record_of(*events) for events in calls]
    write_records(records)
    return [record.id for record in records]


def interleaved(*calls: list[AnyEvent]) -> Iterator[AnyEvent]:
    """The events of several calls as a journal holds them: by time."""
    yield from sorted((event for events in calls for event in events), key=lambda event: event.at)
