"""The queues of one tenant as one state machine: who is offered to whom, when, and what becomes of those who wait.

Pure: no clock, no phone, no call. Every input has the time in it (`now`, seconds that never go back) and gives what is to be
done. Guarantees, whatever the order of the inputs:

- a caller stands in one line, once, until they are answered, leave, or are sent on; nobody is forgotten;
- an agent has one offer or one talk at a time, over all queues;
- within a priority nobody is offered to an agent before somebody who came earlier and could have been offered to them; a
  kept place (call-back) counts from when its caller came, not from when they hung up;
- an offer is a lease: it ends at its time even when nobody ever tells how it ended, so no lost answer blocks an agent.

The state is what `choices`, `standing` and the talks tell, so a new machine takes over from one that was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice

from svara.calls.commands import OwnState
from svara.calls.queue.core import CALLBACK_DIAL_SECONDS, Core
from svara.calls.queue.line import Caller
from svara.calls.queue.model import (
    Action,
    AgentChoice,
    GiveUp,
    MemberView,
    OfferEnd,
    Overflow,
    Standing,
    Talk,
    Withdraw,
)
from svara.people.office import Tenant

Actions = tuple[Action, ...]


class Machine(Core):
    """See the module. `new_id` makes ids of offers, unique for ever."""

    def __init__(self, tenant: Tenant, now: float, *, new_id: Callable[[], str]) -> None:
        super().__init__(now, new_id)
        self._roster.apply(tenant, now)

    # --- callers

    def enter(self, queue: str, caller: str, now: float, *, priority: int = 0, joined_at: float | None = None) -> Actions:
        """A caller comes into the line, who came to the queue at `joined_at` (None: now). Twice is once."""
        self._begin(now)
        line = self._lines.get(queue)
        if caller in self._callers:
            return self._done()
        if line is None:
            self._actions.append(Overflow(caller, queue, "hangup", "closed"))
            return self._done()
        rules = line.queue
        came = Caller(
            caller, line, priority=priority, joined_at=self._now if joined_at is None else joined_at, entered=self._number()
        )
        if rules.when_empty is not None and not line.present:
            self._actions.append(Overflow(caller, queue, rules.when_empty, "empty"))
            return self._done()
        full = rules.max_waiting is not None and len(line.waiting) >= rules.max_waiting
        if full and not line.for_caller(came, self._now):
            self._actions.append(Overflow(caller, queue, rules.when_full, "full"))
            return self._done()
        self._stand(came)
        self._match()
        self._announce(came)
        return self._done()

    def left(self, caller: str, now: float) -> Actions:
        """The caller hung up, or went another way."""
        self._begin(now)
        gone = self._callers.get(caller)
        if gone is not None:
            self._withdraw(gone)
            self._forget(gone)
        return self._done()

    def keep(self, caller: str, number: str, now: float) -> Actions:
        """The caller need not hold any more: the place moves on in the line, and `number` is called when it is at the front.

        A caller who is just being offered to somebody keeps the place too: the ringing ends, since nobody is there to talk.
        """
        self._begin(now)
        kept = self._callers.get(caller)
        if kept is not None and not kept.number and number:
            self._withdraw(kept)
            kept.number = number
            self._timers.cancel("wait", caller)
            self._timers.cancel("place", caller)
            self._set_timers(kept)
            self._line_up(kept)
        return self._done()

    # --- offers

    def offer_answered(self, offer: str, agent: str, now: float) -> Actions:
        """The agent and the caller talk (of a call-back: the number answered). An offer that is over is withdrawn again."""
        self._begin(now)
        lease = self._leases.get(offer)
        if lease is None or agent not in lease.agents:
            self._actions.append(Withdraw(offer, (agent,)))
            return self._done()
        winner, line = lease.agents[agent], lease.line
        winner.talk_line, winner.talk_since = line, lease.begun_at
        winner.missed = 0
        self._end_lease(lease)
        member = winner.members.get(line.queue.id)
        if member is not None:
            member.calls += 1
        self._forget(lease.caller)
        self._roster.count(winner)
        return self._done()

    def callback_accepted(self, offer: str, now: float) -> Actions:
        """The agent of a call-back picked up; the number is dialled now."""
        self._begin(now)
        lease = self._leases.get(offer)
        if lease is not None and not lease.accepted:
            lease.accepted = True
            self._timers.set("lease", offer, self._now + CALLBACK_DIAL_SECONDS)
            for agent in lease.agents.values():
                agent.missed = 0
                self._roster.look_at(agent)
        return self._done()

    def offer_ended(self, offer: str, how: OfferEnd, now: float, agent: str | None = None) -> Actions:
        """The offer ended without a talk; with `agent`, for that one alone of several who ring."""
        self._begin(now)
        lease = self._leases.get(offer)
        if lease is not None:
            self._ended(lease, how, [one for one in lease.agents.values() if agent in (None, one.person)])
        return self._done()

    def talk_ended(self, person: str, now: float) -> Actions:
        """The agent's talk that came out of a queue is over."""
        self._begin(now)
        agent = self._agents.get(person)
        if agent is not None:
            self._talk_over(agent)
        return self._done()

    # --- agents

    def agent(
        self,
        person: str,
        now: float,
        *,
        online: bool | None = None,
        busy: bool | None = None,
        dnd: bool | None = None,
        state: OwnState | None = None,
        reason: str = "",
        queue: str | None = None,
    ) -> Actions:
        """What became known of an agent: phones (`online`), calls that came by another way (`busy`), do not disturb, and
        what they chose themselves (`state`: logging in and out is for `queue`, or for all; a pause is one for all queues).
        People who are no member of any queue are ignored."""
        self._begin(now)
        agent = self._agents.get(person)
        if agent is None:
            return self._done()
        wanted, was_busy = agent.wanted(), agent.busy
        if online is not None:
            agent.online = online
        if busy is not None:
            agent.busy = busy
        if dnd is not None:
            agent.dnd = dnd
        if state is not None:
            self._roster.choose(agent, state, reason, queue)
            if state == "available":
                self._timers.cancel("rest", person)
        if (agent.wanted() and not wanted) or (was_busy and not agent.busy):
            agent.idle_since = self._now
        self._roster.count(agent)
        self._look_at_offer(agent)
        return self._done()

    # --- the office, the time, and the truth outside

    def office(self, tenant: Tenant, now: float) -> Actions:
        """The office changed. Of people who are members only now, `agent` has to tell whether they are online and busy."""
        self._begin(now)
        gone, changed = self._roster.apply(tenant, self._now)
        for line in gone:
            self._timers.cancel("empty", line.queue.id)
            self._timers.cancel("line", line.queue.id)
            for caller in list(line.callers.values()):
                if caller.number:
                    self._give_up(caller, "closed")
                else:
                    self._overflow(caller, "hangup", "closed")
        for line in changed:
            for caller in line.callers.values():
                self._set_timers(caller)
        for agent in list(self._agents.values()):
            self._look_at_offer(agent)
        return self._done()

    def wake(self, now: float) -> Actions:
        """Do what has fallen due."""
        self._begin(now)
        while (due := self._timers.pop_due(self._now)) is not None:
            self._fell_due(*due)
        return self._done()

    def take_over(self, standing: Iterable[Standing], talks: Iterable[Talk], now: float) -> Actions:
        """Callers and talks that another machine had: the same order, and nobody is offered before all stand."""
        self._begin(now)
        for talk in talks:
            agent, line = self._agents.get(talk.person), self._lines.get(talk.queue)
            if agent is not None and line is not None and agent.talk_line is None:
                agent.talk_line, agent.talk_since = line, talk.since
                self._roster.count(agent)
        came = []
        for one in sorted(standing, key=lambda one: (one.queue, -one.priority, one.joined_at, one.position)):
            line = self._lines.get(one.queue)
            if one.caller in self._callers:
                continue
            if line is None:
                if one.number:
                    self._actions.append(GiveUp(one.caller, one.queue, one.number, "closed"))
                else:
                    self._actions.append(Overflow(one.caller, one.queue, "hangup", "closed"))
                continue
            caller = Caller(one.caller, line, priority=one.priority, joined_at=one.joined_at, entered=self._number())
            caller.number, caller.tries = one.number, one.tries
            self._stand(caller)
            came.append(caller)
        self._match()
        for caller in came:
            self._announce(caller)
        return self._done()

    def reconcile(self, now: float, *, callers: Collection[str], talking: Collection[str]) -> Actions:
        """Let go of what is not there: waiting calls not among `callers`, talks of persons not among `talking`."""
        self._begin(now)
        for caller in [one for one in self._callers.values() if not one.number and one.id not in callers]:
            self._withdraw(caller)
            self._forget(caller)
        for agent in self._agents.values():
            if agent.talk_line is not None and agent.person not in talking:
                self._talk_over(agent)
        return self._done()

    # --- what is shown, and what a next machine needs

    def standing(self, queue: str, most: int | None = None) -> list[Standing]:
        """Those in the line, in order; the first `most` of them."""
        line = self._lines.get(queue)
        if line is None:
            return []
        callers = (line.callers[key[2]] for key in islice(line.waiting, most))
        return [
            Standing(
                one.id, queue, one.joined_at, one.priority, one.number, one.tries, position, offered=one.lease is not None
            )
            for position, one in enumerate(callers, 1)
        ]

    def members(self, queue: str) -> list[MemberView]:
        """The members of a queue, as the office lists them."""
        line = self._lines.get(queue)
        if line is None:
            return []
        views = []
        for member in sorted(line.members.values(), key=lambda one: one.place):
            state, reason = member.agent.state()
            if not member.logged_in:
                state, reason = "logged-out", ""
            views.append(MemberView(member.agent.person, state, reason, member.agent.shown_since, member.calls))
        return views

    def choice(self, person: str) -> AgentChoice | None:
        """What this agent chose; None for nothing: logged in everywhere, and at work."""
        agent = self._agents.get(person)
        if agent is None:
            return None
        out = tuple(queue for queue, member in agent.members.items() if not member.logged_in)
        return AgentChoice(person, out, agent.paused, agent.reason) if out or agent.paused else None

    def length(self, queue: str) -> int:
        """How many stand in the line."""
        line = self._lines.get(queue)
        return 0 if line is None else len(line.waiting)

    def expected_wait_seconds(self, queue: str) -> float | None:
        """What somebody who comes now has to expect; None where nobody can know."""
        line = self._lines.get(queue)
        return None if line is None else line.expected_wait_seconds(len(line.waiting) + 1)

    def is_offered(self, person: str) -> bool:
        """Whether the agent has an offer now."""
        agent = self._agents.get(person)
        return agent is not None and agent.lease is not None

    def is_member(self, person: str, queue: str | None = None) -> bool:
        """Whether this person is a member of the queue, or of any."""
        agent = self._agents.get(person)
        return agent is not None and (bool(agent.members) if queue is None else queue in agent.members)

    def choose(self, choices: Iterable[AgentChoice], now: float) -> Actions:
        """Take choices up again, as `choice` gave them."""
        self._begin(now)
        for choice in choices:
            agent = self._agents.get(choice.person)
            if agent is not None:
                agent.paused, agent.reason = choice.paused, choice.reason
                for queue, member in agent.members.items():
                    member.logged_in = queue not in choice.logged_out
                self._roster.count(agent)
        return self._done()
