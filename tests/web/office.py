"""Two companies with people, phones and calls, for the tests of the pages. Calls are folded from events, as real ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import count

from django.contrib.auth.hashers import make_password

from svara.calls.events import (
    AnyEvent,
    CallEnded,
    CallHeld,
    CallQuality,
    CallResumed,
    CallStarted,
    LegAnswered,
    LegEnded,
    LegOffered,
    LegRinging,
    Party,
)
from svara.history.fold import Fold
from svara.history.outside import seal_one
from svara.history.rows import write_records
from svara.people.models import Account, Phone, Tenant
from svara.voicemail.callers import context
from svara.voicemail.models import Message

PASSWORD = "correct-horse-battery"

ACME = [
    ("anna", "Anna Berg", "101", ["admin"]),
    ("bob", "Bob Lund", "102", ["member"]),
    ("cecilie", "Cecilie Moe", "103", ["supervisor"]),
    ("dag", "Dag Vik", "104", ["member"]),
    ("eva", "Eva Nováková", "105", ["agent"]),
    ("filip", "Filip Ozoliņš", "106", ["member"]),
    ("galina", "Галина Орлова", "107", ["member"]),
    ("hakon", "Håkon Østby-Fredriksen", "108", ["member"]),
]
BETA = [("anna", "Anna Ek", "101", ["admin"]), ("bosse", "Bosse Åberg", "102", ["member"])]

_numbers = count(1)


@dataclass(frozen=True)
class Company:
    """A tenant with its people by user name."""

    tenant: Tenant
    people: dict[str, Account]

    def __getitem__(self, username: str) -> Account:
        return self.people[username]

    def party(self, username: str, phone: str = "desk") -> Party:
        person = self.people[username]
        login = f"{self.tenant.slug}-{username}" + ("" if phone == "desk" else f"-{phone}")
        return Party(number=person.extension or "", name=person.name, person=person.id, login=login)


def company(slug: str, name: str, staff: list[tuple[str, str, str, list[str]]], **fields: object) -> Company:
    """A tenant with people who have one phone each, the first one two; all have the same password."""
    settings = {"country": "NO", "timezone": "Europe/Oslo", "languages": ["nb", "en"]} | fields
    tenant = Tenant.objects.create(slug=slug, name=name, **settings)
    people = {}
    for username, full_name, extension, roles in staff:
        person = Account(
            tenant=tenant,
            username=username,
            name=full_name,
            email=f"{username}@{slug}.test",
            extension=extension,
            roles=roles,
        )
        person.password = _hashed()
        person.save()
        people[username] = person
        for phone in ("", "-mobile") if len(people) == 1 else ("",):
            Phone.all_tenants.create(tenant=tenant, account=person, login=f"{slug}-{username}{phone}", ha1={"MD5": "0" * 32})
    return Company(tenant, people)


@cache
def _hashed() -> str:
    """Hashing is work on purpose: once is enough."""
    return make_password(PASSWORD)


def answered(
    office: Company,
    caller: str,
    callee: str,
    *,
    ago_seconds: float,
    talk_seconds: float = 125.0,
    wait_seconds: float = 6.0,
    held: bool = False,
    mos: float = 4.3,
    also_rang: tuple[str, ...] = (),
) -> str:
    """A call that was taken; `also_rang` names more phones of the callee. Returns its id."""
    call, at = f"call-{next(_numbers)}", time.time() - ago_seconds
    up, end = at + wait_seconds, at + wait_seconds + talk_seconds
    events: list[AnyEvent] = [_started(office, call, caller, callee, at)]
    for number, phone in enumerate(("desk", *also_rang)):
        leg, to = f"leg{number}", office.party(callee, phone)
        events += [LegOffered(call, at + 0.1, leg=leg, to=to), LegRinging(call, at + 0.4, leg=leg)]
        if number == 0:
            events.append(LegAnswered(call, up, leg=leg, to=to))
            events.append(LegEnded(call, end, leg=leg, status=200, reason="hung up"))
        else:
            events.append(LegEnded(call, up, leg=leg, status=487, reason="answered elsewhere"))
    if held:
        events += [CallHeld(call, up + 20, by="callee"), CallResumed(call, up + 42, by="callee")]
    events += [
        CallQuality(call, end, side="caller", packets=5000, lost=4, jitter_ms=2.4, mos=mos),
        CallQuality(call, end, side="callee", packets=5010, lost=120, jitter_ms=14.2, mos=mos - 0.9),
        CallEnded(call, end, outcome="answered", by="caller", end_reason="hung up"),
    ]
    return _write(call, events)


def missed(
    office: Company, caller: str, callee: str, *, ago_seconds: float, outcome: str = "missed", reason: str = "no answer"
) -> str:
    """A call that nobody took. Returns its id."""
    call, at = f"call-{next(_numbers)}", time.time() - ago_seconds
    rang = outcome in {"missed", "abandoned", "rejected"}
    end = at + (32.0 if rang else 0.3)
    events: list[AnyEvent] = [_started(office, call, caller, callee, at)]
    if rang:
        events += [
            LegOffered(call, at + 0.1, leg="leg0", to=office.party(callee)),
            LegRinging(call, at + 0.4, leg="leg0"),
            LegEnded(call, end, leg="leg0", status=487, reason=reason),
        ]
    return _write(call, [*events, CallEnded(call, end, outcome=outcome, by="system", end_reason=reason)])


def _started(office: Company, call: str, caller: str, callee: str, at: float) -> CallStarted:
    to = office.party(callee)
    return CallStarted(
        call, at, tenant=office.tenant.id, direction="internal", caller=office.party(caller), dialled=to.number, callee=to
    )


def _write(call: str, events: list[AnyEvent]) -> str:
    fold = Fold(call)
    for event in events:
        fold.add(event)
    record = fold.record()
    assert record is not None
    write_records([record])
    return call


def a_busy_week(office: Company) -> list[str]:
    """Calls of the last days, as a small company has them; the newest last."""
    hour, day = 3600.0, 86400.0
    return [
        answered(office, "dag", "eva", ago_seconds=3 * day + 2 * hour, talk_seconds=612),
        missed(office, "anna", "filip", ago_seconds=2 * day + 5 * hour, outcome="busy", reason="busy"),
        answered(office, "cecilie", "anna", ago_seconds=day + 4 * hour, talk_seconds=75, held=True),
        missed(office, "bob", "anna", ago_seconds=day + 2 * hour),
        answered(office, "anna", "bob", ago_seconds=3 * hour, talk_seconds=3720),
        missed(office, "hakon", "anna", ago_seconds=2 * hour, outcome="abandoned", reason="caller gave up"),
        missed(office, "anna", "galina", ago_seconds=hour, outcome="rejected", reason="declined"),
        missed(office, "anna", "dag", ago_seconds=50 * 60, outcome="failed", reason="all phones are offline"),
        answered(office, "bob", "anna", ago_seconds=25 * 60, held=True, also_rang=("mobile",)),
    ]


def a_message(company: Company, username: str, file: str = "", heard: bool = False) -> Message:
    """A voice message in somebody's own box; its sound has to be put there by who wants it heard."""
    serial = next(_numbers)
    id_ = f"{serial:032x}"
    index, sealed = seal_one(company.tenant.id, "+4722000001", "Kari Nordmann", context(id_))
    return Message.all_tenants.create(
        id=id_,
        tenant=company.tenant,
        box=f"person:{company[username].id}",
        account=company[username],
        call_id=f"vm-{serial}",
        caller_index=index,
        caller_sealed=sealed,
        left_at=datetime.now(UTC),
        seconds=3.0,
        file=file or f"voicemail/{serial}.wav",
        heard_at=datetime.now(UTC) if heard else None,
    )
