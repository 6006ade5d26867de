"""What routing decides with and about: who calls, what rings, where a call goes on, and why it cannot be.

Only data, and how people are found by what was dialled; the decisions are in `svara.calls.routing.persons`,
`svara.calls.trunks.outbound`, `svara.calls.routing.targets` and `svara.calls.routing.dialling`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from svara.calls.events import Outcome, Party
from svara.people.office import Person, Phone, Target, Tenant, Trunk

RING_SECONDS = 60.0
"""How long a person's phones ring where the person did not say."""
MAX_RING_SECONDS = 300.0
MAX_FIND_ME = 8
MAX_HOPS = 10
"""So many targets one after the other, without the caller's doing."""
MAX_DIALLED = 128


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A call that somebody wants to make: the phone (already authenticated) and what was dialled on it."""

    tenant: str
    person: str
    login: str
    dialled: str
    """The user part of the Request-URI, unescaped."""


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who calls, as far as routing may know: a person of the tenant (the id) at one of their phones; both are empty for
    somebody from outside."""

    person: str = ""
    login: str = ""


class Step(msgspec.Struct, frozen=True, gc=False):
    """Ring all of these phones of one person at once, for `ring_seconds`."""

    person: Person
    phones: tuple[Phone, ...]
    ring_seconds: float
    late: tuple[Phone, ...] = ()
    """Phones of theirs that are not on: rung too where they come while this step rings."""
    wakes: bool = False
    """A device of theirs is being woken: the step lasts its time although nothing rings yet."""


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


class Also(msgspec.Struct, frozen=True, gc=False):
    """Ring this too, `after_seconds` after the plan began, while everything else goes on ringing: its steps one after the
    other. Begins at once when nothing else is left to ring."""

    after_seconds: float
    steps: tuple[Step | Line, ...]


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Why a call cannot be: the SIP status for the phone, outcome and reason for the record."""

    status: int
    outcome: Outcome
    reason: str


class Onward(msgspec.Struct, frozen=True, gc=False):
    """Where a call goes that the plan did not bring to anybody; None: nowhere."""

    no_answer: Target | None = None
    busy: Target | None = None
    offline: Target | None = None

    def after(self, refusal: Refusal) -> Target | None:
        """The target after this verdict: busy is also who declined, or is not to be disturbed."""
        if refusal.outcome in ("busy", "rejected"):
            return self.busy
        return self.offline if refusal == OFFLINE else self.no_answer


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What to ring: `steps` one after the other, and beside them what stands in `also`. `refusal` is what the caller gets
    at the end when nobody answered and no phone said anything better."""

    callee: Person | None
    steps: tuple[Step | Line, ...]
    refusal: Refusal
    until: float
    """When ringing ends at the latest; seconds since the epoch."""
    also: tuple[Also, ...] = ()
    onward: Onward | None = None
    late: Step | None = None
    """The callee's own phones where none of them is on and something else rings for the callee: rung too where one comes."""


class Onto(msgspec.Struct, frozen=True, gc=False):
    """Not here: the call goes on to another target at once."""

    to: Target
    why: str


UNKNOWN = Refusal(404, "failed", "nobody has that number")
OFFLINE = Refusal(480, "missed", "all phones are offline")
SILENT = Refusal(486, "busy", "do not disturb")
OWN = Refusal(486, "busy", "that is your own number")
NO_ANSWER = Refusal(480, "missed", "no answer")
BUSY = Refusal(486, "busy", "busy")
DECLINED = Refusal(603, "rejected", "declined")
NOT_YOURS = Refusal(403, "failed", "this phone belongs to nobody")

Reachable = Callable[[str], bool]
"""Whether the phone with that login is registered."""


def _never(_: str) -> bool:
    return False


class Moment(msgspec.Struct, frozen=True, gc=False):
    """What routing knows beside the office."""

    now: float
    """Seconds since the epoch."""
    reachable: Reachable
    up: Callable[[Trunk], bool]
    """Whether a trunk is worth trying."""
    anonymous: bool = False
    """The caller asked for privacy (RFC 3323)."""
    in_call: Callable[[str], bool] = _never
    """Whether the person of that id is in a call, or makes one."""
    in_use: Callable[[str], bool] = _never
    """Whether the phone with that login is."""


def party(person: Person, login: str | None = None) -> Party:
    """How a person is shown to others and in records."""
    return Party(number=person.extension or person.username, name=person.name, person=person.id, login=login)


def step_of(
    person: Person, phones: Iterable[Phone], reachable: Reachable, ring_seconds: float, *, wakes: bool
) -> Step | None:
    """Ring those of these phones that are on; None where there is nothing to ring, now or (`wakes`) soon."""
    on: list[Phone] = []
    late: list[Phone] = []
    for phone in phones:
        (on if reachable(phone.login) else late).append(phone)
    return Step(person, tuple(on), ring_seconds, tuple(late), wakes) if on or wakes else None


def find(tenant: Tenant, dialled: str) -> Person | None:
    """The person of this tenant whom `dialled` means: an extension, a user name, or the login of a phone."""
    if len(dialled) > MAX_DIALLED or not dialled.isprintable():
        return None
    text = dialled.strip()
    name = text.lower()
    return (
        tenant.by_extension.get(digits(name))
        or tenant.by_extension.get(text)
        or tenant.by_username.get(name)
        or tenant.by_username.get(text)
        or tenant.by_login.get(text)
        or tenant.by_login.get(name)
    )


def digits(text: str) -> str:
    """What was dialled, without the signs that people write between digits."""
    return "".join(sign for sign in text if sign not in " -.()")
