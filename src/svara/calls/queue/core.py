"""The inside of the queue machine: callers and agents brought together, offers as leases, and what falls due.

`svara.calls.queue.machine` has the inputs and says what is guaranteed. Here stand the consequences: each method leaves
callers, agents, lines and timers in agreement, and notes in `_actions` what is to be done.
"""

from __future__ import annotations

from collections.abc import Callable

from svara.calls.queue.line import AgentRecord, Caller, Lease, Line
from svara.calls.queue.model import (
    MISSED_OFFERS,
    Action,
    CallBack,
    GiveUp,
    GiveUpReason,
    Offer,
    OfferEnd,
    Overflow,
    OverflowReason,
    Place,
    WakeAt,
    Withdraw,
)
from svara.calls.queue.ordered import Timers
from svara.calls.queue.roster import Roster
from svara.calls.queue.strategy import TIERS, open_tiers
from svara.people.office import Target

LEASE_GRACE_SECONDS = 5.0
"""After its ring time an offer waits so long for the news of its end before it ends by itself."""
SHORTEST_REST_SECONDS = 0.5
"""An agent who did not pick up is left alone at least so long, also where the queue's retry time is 0."""
FAILED_REST_SECONDS = 2.0
"""After a failure of our own (no relay) a line is left alone so long: it concerns all of its agents alike."""
BUSY_REST_SECONDS = 10.0
"""... and so long when the phone said that it is busy or could not be reached."""
EMPTY_GRACE_SECONDS = 15.0
"""Phones that lose their connection come back within seconds: only then do those who wait already leave an empty queue."""
RELAX_TICK_SECONDS = 0.01
CALLBACK_TRIES = 3
CALLBACK_RETRY_SECONDS = 300.0
CALLBACK_DIAL_SECONDS = 60.0
"""How long the number may ring while the agent is on the phone."""
KEPT_SECONDS = 8 * 3600.0
"""A place is kept no longer than a working day."""

NOT_PICKED_UP: frozenset[OfferEnd] = frozenset({"no answer", "declined", "offline"})


class Core:
    """See the module."""

    def __init__(self, now: float, new_id: Callable[[], str]) -> None:
        self._now = now
        self._new_id = new_id
        self._roster = Roster()
        self._lines = self._roster.lines
        self._agents = self._roster.agents
        self._callers: dict[str, Caller] = {}
        self._leases: dict[str, Lease] = {}
        self._timers = Timers()
        self._entered = 0
        self._offers = 0
        self._changed: dict[str, tuple[Line, int]] = {}
        self._told_wake: float | None = None
        self._actions: list[Action] = []

    # --- a step

    def _begin(self, now: float) -> None:
        self._now = max(self._now, now)

    def _done(self) -> tuple[Action, ...]:
        """Bring free agents and waiting callers together, and give what is to be done."""
        for line in self._roster.take_turned():
            if line.present or line.queue.when_empty is None:
                self._timers.cancel("empty", line.queue.id)
            else:
                self._timers.set("empty", line.queue.id, self._now + EMPTY_GRACE_SECONDS)
        self._match()
        self._actions += self._roster.take_shown(self._now)
        next_wake = self._timers.next()
        if next_wake is not None and (
            self._told_wake is None or next_wake < self._told_wake or self._told_wake <= self._now
        ):
            self._told_wake = next_wake
            self._actions.append(WakeAt(next_wake))
        actions = tuple(self._actions)
        self._actions.clear()
        return actions

    def _number(self) -> int:
        self._entered += 1
        return self._entered

    def _fell_due(self, kind: str, whom: str) -> None:
        match kind:
            case "rest":
                agent = self._agents.get(whom)
                if agent is not None:
                    agent.wrapping_up = agent.resting = False
                    self._roster.look_at(agent)
            case "empty":
                line = self._lines[whom]
                for caller in [one for one in line.callers.values() if not one.number]:
                    self._overflow(caller, line.queue.when_empty or "hangup", "empty")
            case "line":
                self._look_at_line(self._lines[whom])
            case "lease":
                lease = self._leases[whom]
                self._actions.append(Withdraw(lease.id, tuple(lease.agents)))
                self._ended(lease, "unreached" if lease.accepted else "no answer", list(lease.agents.values()))
            case _:
                self._fell_due_for(self._callers[whom], kind)

    def _fell_due_for(self, caller: Caller, kind: str) -> None:
        match kind:
            case "wait":
                self._overflow(caller, caller.line.queue.when_timeout, "timeout")
            case "place":
                self._announce(caller)
            case "relax":
                self._set_relax(caller)
                self._look_at_line(caller.line)
            case "retry":
                self._line_up(caller)
            case "kept":
                self._give_up(caller, "too late")

    # --- bringing them together

    def _look_at_line(self, line: Line, weight: int = 0) -> None:
        """Somebody in it may be offered now; `weight` is how much an agent who became free prefers it."""
        known = self._changed.get(line.queue.id)
        self._changed[line.queue.id] = (line, weight if known is None else max(weight, known[1]))

    def _match(self) -> None:
        """Serve the queues where something changed: by the queue's priority, then by the weight that the agents who became
        free give it, then the longest wait. Always the first in the line whom one of the free agents fits."""
        for agent in self._roster.take_freed():
            for member in agent.members.values():
                if member.key is not None:
                    self._look_at_line(member.line, member.member.weight)
        lines = self._changed
        while lines:
            best: tuple[tuple[float, ...], Caller] | None = None
            for queue, (line, weight) in list(lines.items()):
                caller = line.next_pair(self._now)
                if caller is None:
                    del lines[queue]
                    continue
                rank = (-line.queue.priority, -weight, *caller.key)
                if best is None or rank < best[0]:
                    best = (rank, caller)
            if best is not None:
                self._offer(best[1], best[1].line.for_caller(best[1], self._now))

    def _offer(self, caller: Caller, agents: list[AgentRecord]) -> None:
        line = caller.line
        rules = line.queue
        lease = Lease(self._new_id(), line, caller, agents, self._now)
        self._leases[lease.id] = caller.lease = lease
        line.set_ready(caller, ready=False)
        self._offers += 1
        for agent in agents:
            agent.lease = lease
            agent.members[rules.id].last_offer = self._offers
            self._roster.look_at(agent)
        self._timers.set("lease", lease.id, self._now + rules.ring_seconds + LEASE_GRACE_SECONDS)
        if caller.number:
            self._actions.append(
                CallBack(lease.id, rules.id, caller.id, caller.number, agents[0].person, rules.ring_seconds)
            )
        else:
            persons = tuple(agent.person for agent in agents)
            self._actions.append(Offer(lease.id, rules.id, caller.id, persons, rules.ring_seconds))

    # --- ends of offers and talks

    def _end_lease(self, lease: Lease) -> None:
        """Nobody is bound by it any more; who was is looked at again."""
        del self._leases[lease.id]
        self._timers.cancel("lease", lease.id)
        lease.caller.lease = None
        for agent in lease.agents.values():
            agent.lease = None
            self._roster.look_at(agent)

    def _ended(self, lease: Lease, how: OfferEnd, agents: list[AgentRecord]) -> None:
        """These agents of the offer are out of it; without the last of them it is over."""
        rules = lease.line.queue
        theirs = how not in ("unreached", "withdrawn", "failed")
        rest = max(rules.retry_seconds, SHORTEST_REST_SECONDS)
        for agent in agents:
            del lease.agents[agent.person]
            agent.lease = None
            if theirs:
                self._leave_alone(agent, max(rest, BUSY_REST_SECONDS) if how in ("busy", "offline") else rest)
                agent.idle_since = self._now
                agent.missed += how in NOT_PICKED_UP
                if 0 < rules.auto_pause_after <= agent.missed:
                    agent.paused, agent.reason, agent.missed = True, MISSED_OFFERS, 0
                    self._roster.count(agent)
            self._roster.look_at(agent)
        if how == "failed":
            self._let_rest(lease.line, FAILED_REST_SECONDS)
        if not lease.agents:
            caller = lease.caller
            self._end_lease(lease)
            if how == "unreached":
                self._not_reached(caller)
            else:
                if theirs and rules.strategy == "ring-all" and not caller.number:
                    self._let_rest(lease.line, rest)  # until all of them can be rung together again
                self._line_up(caller)

    def _withdraw(self, caller: Caller) -> None:
        """End the offer of a caller through nobody's fault."""
        lease = caller.lease
        if lease is not None:
            self._actions.append(Withdraw(lease.id, tuple(lease.agents)))
            self._end_lease(lease)

    def _not_reached(self, caller: Caller) -> None:
        caller.tries += 1
        if caller.tries >= CALLBACK_TRIES:
            self._give_up(caller, "unreached")
        else:
            self._timers.set("retry", caller.id, self._now + CALLBACK_RETRY_SECONDS)

    def _talk_over(self, agent: AgentRecord) -> None:
        line = agent.talk_line
        if line is None:
            return
        agent.talk_line = None
        wrap_up = line.queue.wrap_up_seconds
        line.estimate.served(self._now - agent.talk_since + wrap_up)
        agent.idle_since = self._now + wrap_up
        if wrap_up > 0:
            agent.wrapping_up = True
            self._leave_alone(agent, wrap_up)
        self._roster.count(agent)

    def _let_rest(self, line: Line, seconds: float) -> None:
        line.rests_until = self._now + seconds
        self._timers.set("line", line.queue.id, line.rests_until)

    def _leave_alone(self, agent: AgentRecord, seconds: float) -> None:
        agent.resting = True
        self._timers.set("rest", agent.person, self._now + seconds)

    def _look_at_offer(self, agent: AgentRecord) -> None:
        """An agent who cannot be rung any more is let out of the offer."""
        lease = agent.lease
        if lease is None or lease.accepted:
            return
        member = agent.members.get(lease.line.queue.id)
        if member is None or not member.logged_in or agent.busy or not agent.wanted():
            self._actions.append(Withdraw(lease.id, (agent.person,)))
            self._ended(lease, "withdrawn", [agent])

    # --- callers in the line

    def _stand(self, caller: Caller) -> None:
        line = caller.line
        self._callers[caller.id] = caller
        line.add(caller)
        self._line_up(caller)
        if not line.present and line.queue.when_empty is not None:
            self._timers.set("empty", line.queue.id, self._now + EMPTY_GRACE_SECONDS)
        self._set_timers(caller)

    def _set_timers(self, caller: Caller) -> None:
        rules = caller.line.queue
        if caller.number:
            self._timers.set("kept", caller.id, caller.joined_at + KEPT_SECONDS)
        elif rules.max_wait_seconds is not None:
            self._timers.set("wait", caller.id, caller.joined_at + rules.max_wait_seconds)
        else:
            self._timers.cancel("wait", caller.id)
        self._set_relax(caller)

    def _set_relax(self, caller: Caller) -> None:
        """Look again when the caller has waited long enough for the next tier of agents."""
        line = caller.line
        relax = line.queue.relax_seconds
        if line.tiers > 1 and relax > 0:
            next_tier = open_tiers(self._now - caller.joined_at, relax) + 1
            if next_tier < TIERS:
                at = max(caller.joined_at + next_tier * relax, self._now + RELAX_TICK_SECONDS)
                self._timers.set("relax", caller.id, at)

    def _line_up(self, caller: Caller) -> None:
        """Back to the own place, to be offered again."""
        caller.line.set_ready(caller, ready=True)
        self._look_at_line(caller.line)

    def _announce(self, caller: Caller) -> None:
        line = caller.line
        if caller.number or not line.queue.announce_position:
            return
        self._timers.set("place", caller.id, self._now + max(line.queue.announce_every_seconds, 5.0))
        if caller.lease is None:
            position = line.position(caller)
            self._actions.append(Place(caller.id, line.queue.id, position, line.expected_wait_seconds(position)))

    def _overflow(self, caller: Caller, target: Target, why: OverflowReason) -> None:
        self._withdraw(caller)
        self._forget(caller)
        self._actions.append(Overflow(caller.id, caller.line.queue.id, target, why))

    def _give_up(self, caller: Caller, why: GiveUpReason) -> None:
        self._withdraw(caller)
        self._forget(caller)
        self._actions.append(GiveUp(caller.id, caller.line.queue.id, caller.number, why))

    def _forget(self, caller: Caller) -> None:
        for kind in ("wait", "place", "relax", "retry", "kept"):
            self._timers.cancel(kind, caller.id)
        caller.line.remove(caller)
        del self._callers[caller.id]
