"""One queue: who waits in it, in which order, and which of its agents are free.

Holds no rules about time or offers (see `machine`); it keeps both sides sorted, so that "who is next" and "who takes them"
are answered without looking at anybody else.
"""

from __future__ import annotations

import math

from svara.calls.commands import AgentState
from svara.calls.queue.estimate import Estimate
from svara.calls.queue.model import DO_NOT_DISTURB, OFFLINE
from svara.calls.queue.ordered import Key, Ordered
from svara.calls.queue.strategy import TIERS, open_tiers, shortfall, sort_key
from svara.people.office import Member, Queue


class Lease:
    """An offer that stands. It ends by itself at its time, whatever becomes of the news of it."""

    __slots__ = ("accepted", "agents", "begun_at", "caller", "id", "line")

    def __init__(self, offer: str, line: Line, caller: Caller, agents: list[AgentRecord], now: float) -> None:
        self.id = offer
        self.line = line
        self.caller = caller
        self.agents = {agent.person: agent for agent in agents}
        self.begun_at = now
        self.accepted = False
        """The agent of a call-back is on the phone; the number is being dialled."""


class Caller:
    """Somebody in a line. `key` is the place: it never changes, whatever happens to the caller."""

    __slots__ = ("id", "joined_at", "key", "lease", "line", "number", "priority", "ready", "tries")

    def __init__(self, caller: str, line: Line, *, priority: int, joined_at: float, entered: int) -> None:
        self.id = caller
        self.line = line
        self.priority = priority
        self.joined_at = joined_at
        self.key: Key = (-priority, joined_at, entered)
        self.lease: Lease | None = None
        self.ready = False
        """May be offered now."""
        self.number = ""
        """Not empty: the place is kept for this number."""
        self.tries = 0


class AgentRecord:
    """One agent over all queues: there is one of them, so there is one state, one offer and one talk."""

    __slots__ = (
        "busy",
        "dnd",
        "idle_since",
        "lease",
        "members",
        "missed",
        "online",
        "paused",
        "person",
        "reason",
        "resting",
        "shown",
        "shown_since",
        "talk_line",
        "talk_since",
        "wrapping_up",
    )

    def __init__(self, person: str, now: float) -> None:
        self.person = person
        self.members: dict[str, MemberRecord] = {}
        self.online = False
        self.busy = False
        """In a call that came by another way."""
        self.dnd = False
        self.paused = False
        self.reason = ""
        self.lease: Lease | None = None
        self.talk_line: Line | None = None
        self.talk_since = 0.0
        self.wrapping_up = False
        self.resting = False
        """Left alone for a moment: in wrap-up, or after an offer that was not picked up."""
        self.idle_since = now
        self.missed = 0
        self.shown: tuple[AgentState, str, tuple[str, ...]] = ("logged-out", "", ())
        self.shown_since = now

    def wanted(self) -> bool:
        """Whether the agent could be rung, were they not at work already."""
        return self.online and not (self.paused or self.dnd)

    def free(self) -> bool:
        """Whether the agent may be offered a call now."""
        return self.lease is None and self.talk_line is None and self.wanted() and not (self.busy or self.resting)

    def state(self) -> tuple[AgentState, str]:
        """As the contract names it, with the reason that people read."""
        if self.lease is not None and not self.lease.accepted:
            return "ringing", ""
        if self.lease is not None or self.talk_line is not None or self.busy:
            return "talking", ""
        if not any(member.logged_in for member in self.members.values()):
            return "logged-out", ""
        if self.paused:
            return "paused", self.reason
        if self.dnd:
            return "paused", DO_NOT_DISTURB
        if self.wrapping_up:
            return "wrap-up", ""
        return ("available", "") if self.online else ("logged-out", OFFLINE)


class MemberRecord:
    """An agent in one queue."""

    __slots__ = ("agent", "calls", "counted", "key", "last_offer", "line", "logged_in", "member", "place", "tier")

    def __init__(self, agent: AgentRecord, line: Line, member: Member, place: int) -> None:
        self.agent = agent
        self.line = line
        self.member = member
        self.place = place
        self.tier = shortfall(line.queue.skills, member.skills)
        self.logged_in = True
        self.calls = 0
        self.last_offer = 0
        self.key: Key | None = None
        """Where the agent stands among the free ones of the queue."""
        self.counted = (False, False)
        """How the queue counts the agent: present, at work."""


class Line:
    """See the module."""

    __slots__ = (
        "at_work",
        "callers",
        "estimate",
        "free",
        "members",
        "present",
        "queue",
        "ready",
        "rests_until",
        "tiers",
        "waiting",
    )

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.members: dict[str, MemberRecord] = {}
        self.callers: dict[int, Caller] = {}
        """By the last element of their keys."""
        self.waiting = Ordered()
        self.ready = Ordered()
        self.free = [Ordered() for _ in range(TIERS)]
        self.tiers = 1
        """Tiers that have members."""
        self.present = 0
        """Members who are logged in with a phone that is online: the queue is not empty."""
        self.at_work = 0
        """... and not paused: by these the line moves on."""
        self.estimate = Estimate()
        self.rests_until = 0.0
        """Nobody is offered before."""

    # --- agents

    def set_free(self, member: MemberRecord) -> None:
        agent = member.agent
        key = sort_key(
            self.queue.strategy,
            place=member.place,
            order=member.member.order,
            idle_since=agent.idle_since,
            calls=member.calls,
            last_offer=member.last_offer,
        )
        member.key = (*key, agent)
        self.free[member.tier].add(member.key)

    def unset_free(self, member: MemberRecord) -> None:
        if member.key is not None:
            self.free[member.tier].remove(member.key)
            member.key = None

    def count(self, member: MemberRecord) -> bool:
        """Keep the numbers of agents right; gives whether the queue became empty of agents, or is not empty any more."""
        agent = member.agent
        present = member.logged_in and (agent.online or agent.talk_line is not None)
        at_work = present and not (agent.paused or agent.dnd)
        was_empty = not self.present
        self.present += present - member.counted[0]
        self.at_work += at_work - member.counted[1]
        member.counted = (present, at_work)
        return was_empty == bool(self.present)

    def for_caller(self, caller: Caller, now: float) -> list[AgentRecord]:
        """Whom to ring for this caller: the best free agent, or all where the queue rings all; nobody when none fits."""
        tiers = range(min(open_tiers(now - caller.joined_at, self.queue.relax_seconds) + 1, self.tiers))
        if self.queue.strategy == "ring-all" and not caller.number:
            return [key[-1] for tier in tiers for key in self.free[tier]]
        for tier in tiers:
            first = self.free[tier].first()
            if first is not None:
                return [first[-1]]
        return []

    # --- callers

    def add(self, caller: Caller) -> None:
        self.callers[caller.key[2]] = caller
        self.waiting.add(caller.key)

    def remove(self, caller: Caller) -> None:
        self.set_ready(caller, ready=False)
        self.waiting.remove(caller.key)
        del self.callers[caller.key[2]]

    def set_ready(self, caller: Caller, *, ready: bool) -> None:
        """Whether the caller may be offered."""
        if ready != caller.ready:
            caller.ready = ready
            if ready:
                self.ready.add(caller.key)
            else:
                self.ready.remove(caller.key)

    def next_pair(self, now: float) -> Caller | None:
        """The first caller in the line for whom one of the free agents fits; None when nobody waits or nobody is free, and
        while the line rests."""
        if now < self.rests_until:
            return None
        tier = next((tier for tier in range(self.tiers) if len(self.free[tier])), None)
        if tier is None:
            return None
        key = self.ready.first()
        while key is not None:  # the first of each priority waited longest of it
            caller = self.callers[key[2]]
            if tier == 0 or open_tiers(now - caller.joined_at, self.queue.relax_seconds) >= tier:
                return caller
            key = self.ready.first_from((key[0], math.inf))
        return None

    def position(self, caller: Caller) -> int:
        """1: next."""
        return self.waiting.rank(caller.key) + 1

    def expected_wait_seconds(self, position: int) -> float | None:
        return self.estimate.wait_seconds(position, self.at_work)
