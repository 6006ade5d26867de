"""Companies, people and calls for the tests of history and of the API: two tenants that must never see each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallStarted,
    Direction,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Outcome,
    Party,
)
from svara.history.fold import CallRecord, Fold
from svara.history.rows import write_records
from svara.people.models import Account, Tenant

NOON = 1_793_358_000.0
_numbers = count(1)


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
