"""What a target means for this caller, now: pure decisions over the snapshot of the office.

A target is written as in the office file (`svara.people.office.Target`). Guarantees: whatever stands in the office, the
result names only what belongs to the tenant; nothing here asks the network, a database or the time.
"""

from __future__ import annotations

import msgspec

from svara.calls.boxes import box_of
from svara.calls.routing.codes import Feature, feature_in
from svara.calls.routing.hours import is_open
from svara.calls.routing.persons import route
from svara.calls.routing.route import NOT_YOURS, Caller, Moment, Onto, Plan, Refusal
from svara.calls.trunks import outbound
from svara.people.office import Conference, Menu, Office, Person, PublicNumber, Queue, Target, Tenant

HANGUP = "hangup"
MEETING = "meeting:"
"""Begins the target that is a room without a name; what follows is its own for ever. Without it: a new one."""
MEETINGS = "conference"
"""What is dialled for a new one (RFC 4579 section 5.1: the conference factory)."""
HUNG_UP = Refusal(480, "missed", "the office hung up")
GONE = Refusal(404, "failed", "that target does not exist any more")
CLOSED = Refusal(480, "missed", "closed")


class Enter(msgspec.Struct, frozen=True, gc=False):
    """Stand in the line of this queue."""

    queue: Queue


class Listen(msgspec.Struct, frozen=True, gc=False):
    """Hear this menu."""

    menu: Menu


class Confer(msgspec.Struct, frozen=True, gc=False):
    """Take part in this conference."""

    conference: Conference


class Message(msgspec.Struct, frozen=True, gc=False):
    """Leave a message in this box: that of a person or of a queue."""

    owner: Person | Queue

    @property
    def box(self) -> str:
        """As the record names it (`MessageLeft.box`)."""
        return box_of(self.owner)


class Use(msgspec.Struct, frozen=True, gc=False):
    """Use a feature of the office by its code."""

    person: Person
    feature: Feature


class Read(msgspec.Struct, frozen=True, gc=False):
    """Listen to this person's mailbox, with its PIN."""

    owner: Person


class Orbit(msgspec.Struct, frozen=True, gc=False):
    """A place where callers are parked."""

    extension: str


class Watch(msgspec.Struct, frozen=True, gc=False):
    """Take part in a talk, as the call's `supervision` says."""


Next = Orbit | Watch | Use | Read | Plan | Enter | Listen | Confer | Message | Onto | Refusal


def resolve(office: Office, tenant_id: str, target: Target, caller: Caller, at: Moment) -> Next:
    """What happens to a call of this tenant that goes to `target`."""
    tenant = office.by_tenant_id.get(tenant_id)
    if tenant is None:
        return NOT_YOURS
    kind, _, name = target.partition(":")
    match kind:
        case "person":
            person = tenant.by_username.get(name)
            return GONE if person is None else route(tenant, person, caller, at)
        case "queue":
            queue = tenant.queue_by_name.get(name)
            return GONE if queue is None else Enter(queue)
        case "menu":
            menu = tenant.menu_by_name.get(name)
            return GONE if menu is None else Listen(menu)
        case "conference" | "meeting":
            return _confer(tenant, target)
        case "voicemail":
            owner = tenant.by_username.get(name) or tenant.queue_by_name.get(name)
            return GONE if owner is None else Message(owner)
        case "mailbox":
            person = tenant.by_username.get(name)
            return GONE if person is None else Read(person)
        case "number":
            own = tenant.number_by_e164.get(name)
            return outside(tenant, None, name, at) if own is None else at_number(tenant, own, at.now)
        case "feature":
            person, feature = tenant.by_id.get(caller.person), feature_in(tenant, name)
            return GONE if person is None or feature is None else Use(person, feature)
        case "park":
            return Orbit(name) if name in tenant.parking.extensions else GONE
        case "supervision":
            return Watch()
        case "hangup":
            return HUNG_UP
    return GONE


def _confer(tenant: Tenant, target: Target) -> Confer | Refusal:
    kind, _, name = target.partition(":")
    if kind == "meeting":
        return Confer(Conference(target if name else "", "", announce=False))
    conference = tenant.conference_by_name.get(name)
    return GONE if conference is None else Confer(conference)


def at_number(tenant: Tenant, number: PublicNumber, now: float) -> Onto:
    """Where calls to a public number of the tenant go at this time. Hours that are gone keep nobody out."""
    hours = tenant.hours_by_name.get(number.hours) if number.hours else None
    if hours is None or is_open(hours, tenant.timezone, now):
        return Onto(number.to, "number")
    return Onto(number.closed, "closed")


def outside(tenant: Tenant, person: Person | None, number: str, at: Moment) -> Plan | Refusal:
    """Ring a number of the public network, as `person` (None: the office itself, as one of its targets) may."""
    found = outbound.dial(tenant, person, number, at.up, anonymous=at.anonymous)
    if isinstance(found, Refusal):
        return found
    return Plan(None, (found.line,), outbound.UNANSWERED, at.now + found.line.ring_seconds)


def person_of(tenant: Tenant, target: Target) -> Person | None:
    """The person whom a target names directly."""
    kind, _, name = target.partition(":")
    return tenant.by_username.get(name) if kind == "person" else None


def taped(found: Next, number: str) -> str:
    """Whose rule wants the talk recorded to which this leads, as `CallRecorded.why`; "" for nobody's. `number` is that of
    the public number that was called. What goes out of the house is another matter: see `svara.calls.talks.telling`."""
    match found:
        case Enter(queue=queue):
            return f"queue:{queue.id}" if queue.record else number
        case Confer(conference=conference):
            return f"conference:{conference.id}" if conference.record else ""  # the others there were told nothing else
        case Plan(callee=Person() as callee):
            return f"person:{callee.id}" if callee.record else number
    return ""
