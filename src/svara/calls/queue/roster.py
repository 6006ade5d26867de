"""Who the agents are and what they can do now: the office's members, their own choices, and the queues' view of both.

Keeps each queue's free agents and counts right; knows nothing of callers and offers beyond "has one".
"""

from __future__ import annotations

from svara.calls.commands import OwnState
from svara.calls.queue.line import AgentRecord, Line, MemberRecord
from svara.calls.queue.model import Agent
from svara.people.office import Queue, Tenant


class Roster:
    """Lines by the queue's id, agents by the person's."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.agents: dict[str, AgentRecord] = {}
        self._turned: dict[str, Line] = {}
        self._freed: dict[str, AgentRecord] = {}
        self._looked_at: dict[str, AgentRecord] = {}

    def look_at(self, agent: AgentRecord) -> None:
        """Something changed about the agent: let the queues know whether they are free."""
        free = agent.free()
        for member in agent.members.values():
            if (free and member.logged_in) is (member.key is None):
                if member.key is None:
                    member.line.set_free(member)
                    self._freed[agent.person] = agent
                else:
                    member.line.unset_free(member)
        self._looked_at[agent.person] = agent

    def count(self, agent: AgentRecord) -> None:
        """As `look_at`, where also the number of those at work may have changed."""
        for member in agent.members.values():
            if member.line.count(member):
                self._turned[member.line.queue.id] = member.line
        self.look_at(agent)

    def choose(self, agent: AgentRecord, state: OwnState, reason: str, queue: str | None) -> None:
        """The agent's own choice, for one queue or all; a pause is one for all."""
        members = [member for member in agent.members.values() if queue in (None, member.line.queue.id)]
        if state == "logged-out":
            for member in members:
                member.logged_in = False
            if not any(member.logged_in for member in agent.members.values()):
                agent.paused, agent.reason = False, ""
            return
        if state == "available" or queue is not None or not any(one.logged_in for one in agent.members.values()):
            for member in members:
                member.logged_in = True
        agent.paused = state == "paused"
        agent.reason = reason if agent.paused else ""
        if state == "available":
            agent.missed = 0
            agent.resting = agent.wrapping_up = False

    # --- what changed since it was asked

    def take_freed(self) -> list[AgentRecord]:
        freed = list(self._freed.values())
        self._freed.clear()
        return freed

    def take_shown(self, now: float) -> list[Agent]:
        """How agents are shown, of those who are shown differently now."""
        changed = []
        for agent in self._looked_at.values():
            shown = (*agent.state(), tuple(queue for queue, member in agent.members.items() if member.logged_in))
            if shown != agent.shown:
                agent.shown, agent.shown_since = shown, now
                changed.append(Agent(agent.person, *shown))
        self._looked_at.clear()
        return changed

    def take_turned(self) -> list[Line]:
        """Lines that became empty of agents, or are not empty any more."""
        turned = list(self._turned.values())
        self._turned.clear()
        return turned

    # --- the office

    def apply(self, tenant: Tenant, now: float) -> tuple[list[Line], list[Line]]:
        """Take the office's queues and members; gives the lines that are gone, and those whose rules changed."""
        wanted = {queue.id: queue for queue in tenant.queues}
        gone = [line for queue, line in self.lines.items() if queue not in wanted]
        changed = []
        for line in gone:
            del self.lines[line.queue.id]
            self._turned.pop(line.queue.id, None)
            for member in list(line.members.values()):
                self._remove(member)
        for queue in wanted.values():
            line = self.lines.get(queue.id) or Line(queue)
            is_new = queue.id not in self.lines
            if is_new or line.queue != queue:
                self.lines[queue.id] = line
                changed.append(line)
                self._rebuild(line, queue, now)
        for person in [one.person for one in self.agents.values() if not one.members]:
            agent = self.agents[person]
            if agent.lease is None and agent.talk_line is None:
                del self.agents[person]
        return gone, changed

    def _rebuild(self, line: Line, queue: Queue, now: float) -> None:
        former = dict(line.members)
        logged_in = {person for person, member in former.items() if member.logged_in}
        fewest = min((member.calls for member in former.values()), default=0)
        for member in former.values():
            self._remove(member)
        line.queue = queue
        for place, rules in enumerate({member.person: member for member in queue.members}.values()):
            agent = self.agents.get(rules.person)
            if agent is None:
                agent = self.agents[rules.person] = AgentRecord(rules.person, now)
            record = MemberRecord(agent, line, rules, place)
            record.calls = fewest  # who joins later is not flooded until they have taken as many as the others
            before = former.get(rules.person)
            if before is not None:
                record.logged_in = rules.person in logged_in
                record.calls, record.last_offer = before.calls, before.last_offer
            line.members[rules.person] = agent.members[queue.id] = record
        self._turned[queue.id] = line
        line.tiers = 1 + max((member.tier for member in line.members.values()), default=0)
        for member in line.members.values():
            self.count(member.agent)

    def _remove(self, member: MemberRecord) -> None:
        line, agent = member.line, member.agent
        line.unset_free(member)
        member.logged_in = False
        line.count(member)
        del line.members[agent.person], agent.members[line.queue.id]
        self.look_at(agent)
