"""What somebody of the house dials: help, a colleague, a queue or menu, a number of the own company, or a number outside.

One decision for phones and for those who ask the server to dial for them. Pure but for the two questions that only the live
side can answer: which phones are registered, and which trunks are up.
"""

from __future__ import annotations

import re

import msgspec

from svara.calls.events import Direction, Party
from svara.calls.routing.codes import feature_in
from svara.calls.routing.persons import route
from svara.calls.routing.route import (
    MAX_DIALLED,
    NOT_YOURS,
    UNKNOWN,
    Asked,
    Caller,
    Moment,
    Plan,
    Refusal,
    digits,
    find,
    party,
)
from svara.calls.routing.targets import HANGUP, MEETING, MEETINGS, Next, outside, resolve
from svara.calls.trunks import numbers, outbound
from svara.people.office import Office, Person, Target, Tenant
from svara.sip.syntax import printable

MAX_SHOWN = 128
_MEETING = re.compile(rf"{MEETINGS}|meeting-([0-9A-Za-z_-]{{1,64}})")
"""A new room without a name, or one that there is (see `Leg.focus`)."""
NOT_INTERNAL = Refusal(403, "failed", "this person may not call colleagues")


class Dialling(msgspec.Struct, frozen=True, gc=False):
    """What a dialled text means, as a target and as what is to be done, and how the call stands in the records."""

    found: Next
    callee: Party
    target: Target = HANGUP
    direction: Direction = "internal"


def dialling(office: Office, asked: Asked, at: Moment) -> Dialling:
    """Decide what a person's phone dials."""
    tenant = office.by_tenant_id.get(asked.tenant)
    person = tenant.by_id.get(asked.person) if tenant is not None else None
    if tenant is None or person is None:
        return refused(NOT_YOURS, asked.dialled)
    if outbound.is_emergency(tenant, asked.dialled):
        return _outside(tenant, person, asked.dialled, at)
    callee = find(tenant, asked.dialled)
    target = f"person:{callee.username}" if callee is not None else inside(tenant, asked.dialled)
    if target is None:
        return _outside(tenant, person, asked.dialled, at) if tenant.trunks else refused(UNKNOWN, asked.dialled)
    if "internal" not in person.classes:
        return refused(NOT_INTERNAL, asked.dialled)
    caller = Caller(asked.person, asked.login)
    if callee is not None:
        return Dialling(route(tenant, callee, caller, at), party(callee), target)
    return Dialling(resolve(office, asked.tenant, target, caller, at), _shown(asked.dialled, target), target)


def refused(why: Refusal, dialled: str) -> Dialling:
    """The call cannot be."""
    return Dialling(why, _shown(dialled))


def inside(tenant: Tenant, text: str) -> Target | None:
    """What of the own company is meant, beside its people: an extension, a queue, menu or conference by its name, a room
    without a name, a public number."""
    if len(text) > MAX_DIALLED or not text.isprintable():
        return None
    text = text.strip()
    if feature_in(tenant, text) is not None:
        return f"feature:{text}"
    by_extension = tenant.target_by_extension.get(digits(text)) or tenant.target_by_extension.get(text)
    if by_extension is not None:
        return by_extension
    if text in tenant.queue_by_name:
        return f"queue:{text}"
    if text in tenant.menu_by_name:
        return f"menu:{text}"
    if text in tenant.conference_by_name:
        return f"conference:{text}"
    if (meeting := _MEETING.fullmatch(text)) is not None:
        return f"{MEETING}{meeting[1] or ''}"
    number = numbers.e164(text, tenant.country) if tenant.numbers else ""
    return f"number:{number}" if number in tenant.number_by_e164 else None


def _outside(tenant: Tenant, person: Person, dialled: str, at: Moment) -> Dialling:
    found = outside(tenant, person, dialled, at)
    if found == outbound.NO_NUMBER:
        return refused(UNKNOWN, dialled)
    number = found.steps[0].number if isinstance(found, Plan) else numbers.e164(dialled, tenant.country)  # type: ignore[union-attr]
    shown = number or printable(dialled, MAX_SHOWN)
    return Dialling(found, Party(number=shown), f"number:{shown}", "outbound")


def _shown(dialled: str, target: Target = HANGUP) -> Party:
    """What was dialled; a queue, a menu and a conference have a name."""
    kind, _, name = target.partition(":")
    return Party(number=printable(dialled, MAX_SHOWN), name=name if kind in ("queue", "menu", "conference") else "")
