"""Speaking to a colleague through their phone, which answers by itself: a pure decision.

Guarantees: only the phones of who allowed it answer so, only for people of the same company, never while that person is in a
call or does not want to be disturbed. What such a phone has to do is said in the standards' words: Answer-Mode (RFC 5373)
and Call-Info with `answer-after`; Alert-Info (RFC 7462 keeps its parameters) for phones that know only that.
"""

from __future__ import annotations

from svara.calls.routing.hours import in_windows
from svara.calls.routing.route import BUSY, NO_ANSWER, OFFLINE, SILENT, Moment, Plan, Refusal, Step, find
from svara.people.office import Person, Tenant

RING_SECONDS = 15.0
"""A phone that does not answer by itself rings so long."""
BY_ITSELF = (
    ("Answer-Mode", "Auto"),
    ("Call-Info", "<sip:intercom@localhost.invalid>;answer-after=0"),
    ("Alert-Info", "<urn:alert:source:internal>;info=alert-autoanswer;delay=0"),
)
NOT_ALLOWED = Refusal(403, "failed", "that person takes no calls by loudspeaker")
NOBODY = Refusal(404, "failed", "nobody has that number")


def intercom(tenant: Tenant, person: Person, dialled: str, at: Moment) -> Plan | Refusal:
    """What rings when `person` wants to speak to whom `dialled` means."""
    other = find(tenant, dialled) if dialled else None
    if other is None or other.id == person.id:
        return NOBODY
    if not other.intercom:
        return NOT_ALLOWED
    if other.choice == "dnd" or in_windows(other.quiet, tenant.timezone, at.now):
        return SILENT
    if at.in_call(other.id):
        return BUSY
    phones = tuple(phone for phone in other.phones if at.reachable(phone.login))
    if not phones:
        return OFFLINE
    return Plan(other, (Step(other, phones, RING_SECONDS),), NO_ANSWER, at.now + RING_SECONDS)
