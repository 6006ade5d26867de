"""Who phones of the house are told they talk with, and by which way a call came to them.

P-Asserted-Identity (RFC 3325) tells the caller's phone who is called and who picked up, P-Called-Party-ID (RFC 7315 section
4.2) tells the phone that rings which queue, public number or menu was called. Guarantees: providers get neither; a phone
that asked for privacy (RFC 3323) is not named, and nobody learns a number outside that they have not dialled themselves.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from svara.calls.events import Party
from svara.sip.headers import NameAddr, parse_privacy
from svara.sip.message import Message, Request, SipError
from svara.sip.syntax import printable
from svara.sip.uri import Uri

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.leg import Leg

ASSERTED = "P-Asserted-Identity"
CALLED = "P-Called-Party-ID"


@lru_cache(4096)
def identity(name: str, number: str, host: str) -> str:
    """One of us as phones see them: never anything but our own host."""
    return str(NameAddr(printable(name), Uri("sip", number, None, host, None)))


def wants_privacy(message: Message) -> bool:
    """Whether a phone asks that the other side learns nothing of who uses it (RFC 3323 section 4.2)."""
    asked = message.first("privacy")
    if asked is None:
        return False
    try:
        return bool(parse_privacy(asked) - {"none", "critical", "session"})
    except SipError:
        return True


def hides_caller(request: Request) -> bool:
    """Whether an INVITE asks that the other side learns nothing of the caller (RFC 3323 section 4)."""
    return wants_privacy(request) if request.has("privacy") else request.from_.uri.host == "anonymous.invalid"


def asserted(leg: Leg, party: Party | None) -> tuple[tuple[str, str], ...]:
    """The header that tells the phone of `leg` that this is the other side; none for a provider, or where it is nobody."""
    if party is None or leg.trunk or leg.flow is None:
        return ()
    return ((ASSERTED, identity(party.name, party.number, leg.flow.local[0])),)


def called(call: Call) -> Party | None:
    """Whom the caller's phone is shown: who picked up, and before that who or what was called."""
    if call.nameless:
        return None
    if call.back is not None:
        return call.back.party if call.back.party.person else None
    return call.callee if call.callee.person or call.callee.name else None


def other_side(leg: Leg) -> Party | None:
    """Who is at the other side now, for a phone that is asked for another description."""
    call = leg.call
    other = call.other(leg)
    if other is None:
        return called(call) if leg is call.front else None
    if call.nameless and other is call.back:
        return None
    return other.party if other.party.person or (other is call.front and other.party.number) else None


def came_by(call: Call) -> Party | None:
    """What was called that is not the person whose phones ring: a queue, else a public number, else a menu."""
    tenant = call.switch.office.by_tenant_id.get(call.tenant)
    if tenant is None:
        return None
    way = call.journey.way if call.journey is not None else ()
    name = next((target.removeprefix("queue:") for target in reversed(way) if target.startswith("queue:")), "")
    queue = tenant.queue_by_name.get(name)
    if queue is not None:
        return Party(number=queue.extension or queue.name, name=queue.name)
    if call.direction == "inbound":
        return Party(number=call.dialled)
    return call.callee if call.callee.name and not call.callee.person else None
