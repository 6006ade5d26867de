"""What goes in and out of the queue machine: plain values, without a clock, a phone or a call in them.

Callers, offers, queues and persons are ids. A caller is a call that waits, or a place that was kept for somebody who will be
called back.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from svara.calls.commands import AgentState
from svara.people.office import Target

OfferEnd = Literal["no answer", "declined", "busy", "offline", "withdrawn", "failed", "unreached"]
"""How an offer ends without a talk. "withdrawn": through no fault of the agent; "failed": by a fault of ours; "unreached":
the agent was there, but the person to be called back was not."""
OverflowReason = Literal["full", "timeout", "empty", "closed"]
"""Why a caller goes on: too many wait, they waited too long, nobody is logged in, or there is no such queue any more."""
GiveUpReason = Literal["unreached", "too late", "closed"]

OFFLINE = "offline"
"""The reason shown with "logged-out" for one who is logged in, but whose phones are all offline."""
MISSED_OFFERS = "missed offers"
"""The reason of a pause that the machine made."""
DO_NOT_DISTURB = "do not disturb"
"""The reason shown with "paused" for one who wants no calls at all."""


class Offer(msgspec.Struct, frozen=True, tag=True):
    """Ring these agents for this caller (several only for ring-all), for at most so long."""

    offer: str
    queue: str
    caller: str
    agents: tuple[str, ...]
    ring_seconds: float


class CallBack(msgspec.Struct, frozen=True, tag=True):
    """Ring this agent, then dial `number` for them: the place of `caller` has come to the front of the line."""

    offer: str
    queue: str
    caller: str
    number: str
    agent: str
    ring_seconds: float


class Withdraw(msgspec.Struct, frozen=True, tag=True):
    """These agents are not to ring any more for this offer."""

    offer: str
    agents: tuple[str, ...]


class Overflow(msgspec.Struct, frozen=True, tag=True):
    """The caller stands in the line no more and goes on to `target`."""

    caller: str
    queue: str
    target: Target
    why: OverflowReason


class GiveUp(msgspec.Struct, frozen=True, tag=True):
    """A kept place is given up: the number could not be reached, or nobody had time for it."""

    caller: str
    queue: str
    number: str
    why: GiveUpReason


class Place(msgspec.Struct, frozen=True, tag=True):
    """Tell the caller where they stand (1: next)."""

    caller: str
    queue: str
    position: int
    expected_wait_seconds: float | None


class Agent(msgspec.Struct, frozen=True, tag=True):
    """This is how the agent is shown from now on; `queues` are those in which they are logged in."""

    person: str
    state: AgentState
    reason: str
    queues: tuple[str, ...]


class WakeAt(msgspec.Struct, frozen=True, tag=True):
    """Call `wake` then; calling it more often does no harm."""

    at: float


Action = Offer | CallBack | Withdraw | Overflow | GiveUp | Place | Agent | WakeAt


class Standing(msgspec.Struct, frozen=True):
    """Somebody in the line, as they are shown and as they are taken up again after a restart."""

    caller: str
    queue: str
    joined_at: float
    priority: int = 0
    number: str = ""
    """Not empty: the place is kept for this number."""
    tries: int = 0
    """How often the number was called back in vain."""
    position: int = 0
    offered: bool = False


class Talk(msgspec.Struct, frozen=True):
    """An agent in a talk that came out of a queue, as it is taken up again after a restart."""

    person: str
    queue: str
    since: float


class MemberView(msgspec.Struct, frozen=True):
    """A member of one queue as shown."""

    person: str
    state: AgentState
    reason: str
    since: float
    calls: int


class AgentChoice(msgspec.Struct, frozen=True):
    """What an agent chose, to be kept for ever: everything else is known again from the phones."""

    person: str
    logged_out: tuple[str, ...] = ()
    """Ids of queues."""
    paused: bool = False
    reason: str = ""
