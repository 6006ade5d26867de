"""Who rings when somebody dials: one pure decision over the snapshot of the office.

Guarantees: nobody outside the caller's own tenant is ever in a plan; no person is tried twice, so a circle of `unanswered`
targets ends; a plan either has a step to try or a refusal to give, and its whole ringing time is bounded.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from svara.calls.events import Outcome, Party
from svara.people.office import Office, Person, Phone, Tenant, Trunk

RING_SECONDS = 60.0
"""How long a person's phones ring where the person did not say."""
MAX_RING_SECONDS = 300.0
MAX_STEPS = 5
MAX_DIALLED = 128


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A call that somebody wants to make: the phone (already authenticated) and what was dialled on it."""

    tenant: str
    person: str
    """The person's id; "" for somebody from outside, whom the tenant's number has brought here."""
    login: str
    dialled: str
    """The user part of the Request-URI, unescaped."""


class Step(msgspec.Struct, frozen=True, gc=False):
    """Ring all of these phones of one person at once, for `ring_seconds`."""

    person: Person
    phones: tuple[Phone, ...]
    ring_seconds: float


class Line(msgspec.Struct, frozen=True, gc=False):
    """Ring a number of the public network through `trunk`; where the trunk itself fails, go on with `otherwise`.

    A number that is busy, declined or unknown is so on every trunk: only a trunk that cannot be reached, or that reports
    an error of its own, is passed over.
    """

    trunk: Trunk
    number: str
    """E.164; emergency numbers and short codes as they were dialled."""
    shows: str
    """The number (E.164) shown to the called side; empty where the tenant has none."""
    ring_seconds: float
    anonymous: bool = False
    """The called side learns nothing of the caller (RFC 3323); the trunk does, to carry and to bill the call."""
    otherwise: Line | None = None
    """The same number through the next trunk."""


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a call cannot be: the SIP status for the phone, outcome and reason for the record."""

    status: int
    outcome: Outcome
    reason: str


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What to try, in order. `refusal` is what the caller gets at the end when no step was answered and no phone
    said anything better."""

    callee: Person | None
    steps: tuple[Step | Line, ...]
    refusal: Refusal
    until: float
    """When ringing ends at the latest; seconds since the epoch."""


UNKNOWN = Refusal(404, "failed", "nobody has that number")
OFFLINE = Refusal(480, "missed", "all phones are offline")
SILENT = Refusal(486, "busy", "do not disturb")
OWN = Refusal(486, "busy", "that is your own number")
NO_ANSWER = Refusal(480, "missed", "no answer")
NOT_YOURS = Refusal(403, "failed", "this phone belongs to nobody")


def party(person: Person, login: str | None = None) -> Party:
    """How a person is shown to others and in records."""
    return Party(number=person.extension or person.username, name=person.name, person=person.id, login=login)


def find(tenant: Tenant, dialled: str) -> Person | None:
    """The person of this tenant whom `dialled` means: an extension, a user name, or the login of a phone."""
    if len(dialled) > MAX_DIALLED or not dialled.isprintable():
        return None
    text = dialled.strip()
    name = text.lower()
    digits = "".join(sign for sign in name if sign not in " -.()")
    return (
        tenant.by_extension.get(digits)
        or tenant.by_extension.get(text)
        or tenant.by_username.get(name)
        or tenant.by_username.get(text)
        or tenant.by_login.get(text)
        or tenant.by_login.get(name)
    )


def route(office: Office, call: Asked, now: float, reachable: Callable[[str], bool]) -> Plan:
    """Decide whom a call rings. `reachable` tells whether the phone with that login is registered."""
    tenant = office.by_tenant_id.get(call.tenant)
    if tenant is None or (call.person and call.person not in tenant.by_id):
        return Plan(None, (), NOT_YOURS, now)
    callee = find(tenant, call.dialled)
    if callee is None:
        return Plan(None, (), UNKNOWN, now)

    steps: list[Step] = []
    first_obstacle: Refusal | None = None
    seen: set[str] = set()
    person: Person | None = callee
    while person is not None and person.id not in seen and len(seen) < MAX_STEPS:
        seen.add(person.id)
        obstacle, phones = _phones(person, call, reachable)
        first_obstacle = first_obstacle or obstacle
        unanswered = person.unanswered
        if obstacle is None:
            seconds = RING_SECONDS if unanswered is None else min(max(unanswered.after_seconds, 1.0), MAX_RING_SECONDS)
            steps.append(Step(person, phones, seconds))
        kind, _, name = (unanswered.to if unanswered else "hangup").partition(":")
        person = tenant.by_username.get(name) if kind == "person" else None

    refusal = NO_ANSWER if steps or first_obstacle is None else first_obstacle
    return Plan(callee, tuple(steps), refusal, now + sum(step.ring_seconds for step in steps))


def _phones(person: Person, call: Asked, reachable: Callable[[str], bool]) -> tuple[Refusal | None, tuple[Phone, ...]]:
    """The phones of `person` that this call may ring now, or what stands in the way.

    A person who is in a call rings too: the phone itself shows the waiting call, or says that it is busy. Who dials the
    own number rings the own other phones.
    """
    if person.choice == "dnd" and person.id != call.person:
        return SILENT, ()
    phones = tuple(phone for phone in person.phones if phone.login != call.login and reachable(phone.login))
    if phones:
        return None, phones
    return OWN if person.id == call.person else OFFLINE, ()
