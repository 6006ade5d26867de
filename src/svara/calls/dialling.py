"""What somebody of the house dials: help, a colleague, a number of the own company, or a number outside.

One decision for phones and for those who ask the server to dial for them. Pure but for the two questions that only the live
side can answer: which phones are registered, and which trunks are up.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from svara.calls.events import Direction, Party
from svara.calls.hours import is_open
from svara.calls.route import UNKNOWN, Asked, Plan, Refusal, find, party, route
from svara.calls.trunks import numbers, outbound
from svara.people.office import Office, Person, PublicNumber, Tenant, Trunk
from svara.sip.syntax import printable

MAX_SHOWN = 128
CLOSED = Refusal(480, "missed", "closed")
NOT_INTERNAL = Refusal(403, "failed", "this person may not call colleagues")


class Dialling(msgspec.Struct, frozen=True, gc=False):
    """What a dialled text means: whom to ring, and how the call stands in the records."""

    plan: Plan
    callee: Party
    direction: Direction = "internal"


def dialling(
    office: Office,
    asked: Asked,
    now: float,
    reachable: Callable[[str], bool],
    up: Callable[[Trunk], bool],
    *,
    anonymous: bool = False,
) -> Dialling:
    """Decide what a person's phone dials. `anonymous`: the phone asked for privacy (RFC 3323)."""
    tenant = office.by_tenant_id.get(asked.tenant)
    person = tenant.by_id.get(asked.person) if tenant is not None else None
    if tenant is None or person is None:
        return internal(route(office, asked, now, reachable), asked.dialled)
    helps = outbound.is_emergency(tenant, asked.dialled)
    if helps or (tenant.trunks and find(tenant, asked.dialled) is None):
        own = None if helps else own_number(tenant, asked.dialled)
        if own is None:
            return outside(tenant, person, asked.dialled, now, up, anonymous=anonymous)
        asked = msgspec.structs.replace(asked, dialled=own)
    if "internal" not in person.classes:
        return internal(Plan(None, (), NOT_INTERNAL, now), asked.dialled)
    return internal(route(office, asked, now, reachable), asked.dialled)


def internal(plan: Plan, dialled: str) -> Dialling:
    callee = plan.callee
    return Dialling(plan, party(callee) if callee is not None else Party(number=printable(dialled, MAX_SHOWN)))


def outside(
    tenant: Tenant,
    person: Person | None,
    dialled: str,
    now: float,
    up: Callable[[Trunk], bool],
    *,
    anonymous: bool = False,
) -> Dialling:
    """A call to the public network."""
    found = outbound.dial(tenant, person, dialled, up, anonymous=anonymous)
    if isinstance(found, Refusal):
        shown = numbers.e164(dialled, tenant.country) or printable(dialled, MAX_SHOWN)
        return Dialling(Plan(None, (), found, now), Party(number=shown), "outbound")
    plan = Plan(None, (found.line,), outbound.UNANSWERED, now + found.line.ring_seconds)
    return Dialling(plan, Party(number=found.number.text), "outbound")


def arriving(office: Office, tenant: Tenant, number: PublicNumber, now: float, reachable: Callable[[str], bool]) -> Plan:
    """Whom a call from outside to a number of the tenant rings."""
    hours = tenant.hours_by_name.get(number.hours) if number.hours else None
    target = number.to if hours is None or is_open(hours, tenant.timezone, now) else number.closed
    kind, _, name = target.partition(":")
    if kind != "person":
        return Plan(None, (), CLOSED if kind == "hangup" else UNKNOWN, now)
    return route(office, Asked(tenant.id, "", "", name), now, reachable)


def own_number(tenant: Tenant, dialled: str) -> str | None:
    """Whom a public number of the own company means, where that is a person; calls to it need not leave the house."""
    number = tenant.number_by_e164.get(numbers.e164(dialled, tenant.country))
    kind, _, name = number.to.partition(":") if number is not None else ("", "", "")
    return name if kind == "person" else None
