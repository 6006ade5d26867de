"""By which trunk a number outside of the house is called, and whether this person may call it: pure rules.

Guarantees: emergency numbers are allowed for everybody, whatever the rules and classes say, and every trunk is tried for
them; a number of a class that the person may not dial is refused in plain words before any trunk hears of it; of several
trunks the longest prefix goes first, then the lowest priority, and those that are known to be down are left out as long as
one is not.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from svara.calls.routing.route import MAX_RING_SECONDS, Line, Refusal
from svara.calls.trunks.numbers import Kind, Number, country_prefix, emergency, number, wanted
from svara.people.office import NumberClass, Person, Tenant, Trunk

LINE_SECONDS = 120.0
"""How long a number outside rings: the public network itself gives up before."""
MAX_TRUNKS = 8

NO_NUMBER = Refusal(404, "failed", "nobody has that number")
UNANSWERED = Refusal(480, "missed", "no answer")
NO_TRUNK = Refusal(404, "failed", "no trunk carries calls to that number")
_WORDS: dict[Kind, str] = {
    "national": "national numbers",
    "mobile": "mobile numbers",
    "international": "numbers abroad",
    "premium": "premium rate numbers",
}
_FORBIDDEN = {kind: Refusal(403, "failed", f"this person may not call {words}") for kind, words in _WORDS.items()}

EVERY: tuple[NumberClass, ...] = ("internal", "national", "mobile", "international", "premium")


class Dialled(msgspec.Struct, frozen=True, gc=False):
    """A number outside, and the first trunk to try; the others hang on it."""

    number: Number
    line: Line


def is_emergency(tenant: Tenant, dialled: str) -> bool:
    """Whether somebody calls for help: asked before any other meaning of a number, where there is a way to the outside."""
    if not tenant.trunks:
        return False
    if dialled.isdigit():  # nearly always
        return emergency(dialled, tenant.country)
    found = wanted(dialled)
    return found is not None and emergency(found.digits, tenant.country)


def dial(
    tenant: Tenant,
    person: Person | None,
    dialled: str,
    up: Callable[[Trunk], bool],
    *,
    anonymous: bool = False,
    ring_seconds: float = LINE_SECONDS,
) -> Dialled | Refusal:
    """How `person` calls what was `dialled`; None: the system itself calls, as a target of the office (an overflow, a
    forward), which its own rules have allowed. `up` tells of a trunk whether it is worth trying; `anonymous` whether the
    caller asked for privacy.
    """
    found = wanted(dialled)
    read = number(found.digits, tenant.country) if found is not None else None
    if found is None or read is None:
        return NO_NUMBER
    allowed = EVERY if person is None else person.classes
    if read.kind != "emergency" and read.kind not in allowed:
        return _FORBIDDEN[read.kind]
    trunks = trunks_for(tenant, read)
    if not trunks:
        return NO_TRUNK
    if read.kind == "emergency":
        seconds = MAX_RING_SECONDS
        trunks = [one for one in trunks if up(one)] + [one for one in trunks if not up(one)]
        anonymous = False  # who calls for help is found by the number
    else:
        seconds = min(max(ring_seconds, 1.0), MAX_RING_SECONDS)
        trunks = [one for one in trunks if up(one)] or trunks
        anonymous = anonymous or found.anonymous
    line: Line | None = None
    for trunk in reversed(trunks[:MAX_TRUNKS]):
        line = Line(trunk, read.text, shown(tenant, person, trunk), seconds, anonymous, line)
    return NO_TRUNK if line is None else Dialled(read, line)


def trunks_for(tenant: Tenant, read: Number) -> list[Trunk]:
    """The trunks that carry a number, in the order of trying."""
    names: dict[str, tuple[int, int]] = {}
    for place, rule in enumerate(tenant.outbound):
        trunk = tenant.trunk_by_name.get(rule.trunk)
        if trunk is not None and _fits(rule.prefix, read, tenant):
            rank = (-len(rule.prefix), place)
            names[rule.trunk] = min(rank, names.get(rule.trunk, rank))
    found = [tenant.trunk_by_name[name] for name in names]
    found.sort(key=lambda trunk: (names[trunk.name][0], trunk.priority, names[trunk.name][1]))
    if read.kind == "emergency":
        others = sorted(tenant.trunks, key=lambda trunk: trunk.priority)
        found += [trunk for trunk in others if trunk.name not in names]
    return found


def _fits(prefix: str, read: Number, tenant: Tenant) -> bool:
    """A short code belongs to the country's own network: it goes where that country's numbers go."""
    if read.is_e164 or not prefix.startswith("+"):
        return read.text.startswith(prefix)
    return country_prefix(tenant.country).startswith(prefix)


def shown(tenant: Tenant, person: Person | None, trunk: Trunk) -> str:
    """The number that the called side sees: the person's own choice where the tenant has that number, else the trunk's
    first, else any of the tenant's."""
    if person is not None and person.shows in tenant.number_by_e164:
        return person.shows
    first = tenant.numbers[0].number if tenant.numbers else ""
    return next((one.number for one in tenant.numbers if one.trunk == trunk.name), first)
