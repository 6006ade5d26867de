"""Where a caller is whom the system itself answered, as others see it: in a menu, in a line, at a mailbox.

Made from the target at which the call is, so that stops need not tell it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.commands import LiveStop, StopKind
from svara.calls.routing.codes import feature_in
from svara.calls.stops import Farewell
from svara.calls.stops.announce import Announce
from svara.people.office import Target, Tenant

if TYPE_CHECKING:
    from svara.calls.call import Call

_KINDS: dict[str, StopKind] = {
    "menu": "menu",
    "queue": "queue",
    "voicemail": "message",
    "mailbox": "mailbox",
    "conference": "conference",
    "meeting": "conference",
    "park": "parked",
}


def standing(call: Call) -> LiveStop | None:
    """None for a call that is nowhere but between two phones."""
    guest, journey = call.guest, call.journey
    if call.state != "setup" or guest is None or not guest.connected or journey is None:
        return None
    since = call.greeted_at or call.started_at
    if isinstance(call.setup, Farewell | Announce):
        return LiveStop("told", since=since)
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    kind, name = _meant(tenant, journey.target) if tenant is not None else (None, "")
    return None if kind is None else LiveStop(kind, name, since)


def _meant(tenant: Tenant, target: Target) -> tuple[StopKind | None, str]:
    word, _, name = target.partition(":")
    kind = _KINDS.get(word)
    if kind == "conference":
        return kind, name if word == "conference" else ""
    if word in ("voicemail", "mailbox") and (person := tenant.by_username.get(name)) is not None:
        return kind, person.name
    if word == "feature":
        feature = feature_in(tenant, name)
        found: dict[str, StopKind] = {"try-phone": "test", "mailbox": "mailbox"}
        return found.get(feature.name if feature is not None else "", "code"), name
    return kind, name
