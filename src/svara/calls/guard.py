"""May this call be made? Pure rules, asked before a call gets any resources.

They protect the server and the other tenants from a phone that went wild or was taken over: calls at once by one phone and
by one tenant, and calls started a second. The limits are far above what people do, and far above what callers of the
interfaces may count on (a source that has authenticated may send 1,000 requests a second): a whole exchange may stand
behind one login.
"""

from __future__ import annotations

import msgspec

from svara.calls.routing.route import Asked, Refusal
from svara.people.office import Office


class Limits(msgspec.Struct, frozen=True, gc=False):
    """How much is too much."""

    calls_of_phone: int = 20_000
    calls_of_tenant: int = 20_000
    starts_per_second: float = 10_000.0
    """Calls that one phone may start a second, lastingly; as many again at once."""


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What the phone and its tenant use at this moment."""

    calls_of_phone: int
    calls_of_tenant: int
    allowance: float
    """Calls that the phone may still start now (see `refill`)."""


FOREIGN_PHONE = Refusal(403, "failed", "this phone may not call from here")
PHONE_FULL = Refusal(486, "failed", "too many calls on this phone")
TENANT_FULL = Refusal(503, "failed", "too many calls in the company")
TOO_FAST = Refusal(503, "failed", "too many calls in a short time")


def refill(allowance: float, seconds: float, limits: Limits) -> float:
    """A phone's allowance `seconds` later."""
    return min(limits.starts_per_second, allowance + seconds * limits.starts_per_second)


def guard(office: Office, call: Asked, usage: Usage, limits: Limits) -> Refusal | None:
    """None when the call may be made. The phone must belong to the person and tenant that it calls for."""
    owner = office.by_login.get(call.login)
    if owner is None or owner[0].id != call.tenant or owner[1].id != call.person:
        return FOREIGN_PHONE
    if usage.calls_of_phone >= limits.calls_of_phone:
        return PHONE_FULL
    if usage.calls_of_tenant >= limits.calls_of_tenant:
        return TENANT_FULL
    if usage.allowance < 1.0:
        return TOO_FAST
    return None


def guard_trunk(usage: Usage, limits: Limits) -> Refusal | None:
    """The same for a call that a trunk brings: its provider may send as much as a whole exchange behind one login."""
    if usage.calls_of_tenant >= limits.calls_of_tenant:
        return TENANT_FULL
    return TOO_FAST if usage.allowance < 1.0 else None
