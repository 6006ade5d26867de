"""How a queue looks to somebody: its line, its agents and what the viewer may do there.

As over the API: everybody of a company may look at a queue; who waits there, and why a colleague pauses, only its
members see, and supervisors and administrators. These may also change a colleague's state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from svara.calls.commands import LiveCall, QueueMember, QueueState, WaitingCaller
from svara.history.access import sees_all_calls
from svara.people import access
from svara.people.models import Account, Queue
from svara.web import live
from svara.web.words import AGENT_STATES

MAX_CALLERS = 50
"""So many of a line are drawn; how many more there are is said in a sentence."""
MAX_DRAWN = 128
"""So many drawn lines and lists of agents are kept."""
AT_WORK = frozenset(AGENT_STATES) - {"paused", "logged-out"}
ORDER = {state: place for place, state in enumerate(AGENT_STATES)}


@dataclass(frozen=True, slots=True)
class Agent:
    """A member of a queue as it is shown."""

    account: Account
    member: QueueMember
    me: bool

    @property
    def state(self) -> str:
        return self.member.state

    @property
    def offline(self) -> bool:
        """Logged in, but without a phone that is online."""
        return self.member.state == "logged-out" and self.member.reason == "offline"

    @property
    def logged_in(self) -> bool:
        return self.member.state != "logged-out" or self.offline


@dataclass(frozen=True, slots=True)
class Talk:
    """A call that an agent took out of the queue and that goes on; `agent` and `other` are names."""

    call: LiveCall
    agent: str
    other: str
    mine: str
    """How the viewer takes part ("listen", "whisper", "barge"), "asked" while their own phone rings for it, or ""."""

    @property
    def since(self) -> float:
        return self.call.answered_at or self.call.started_at


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue now. `supervised`: the viewer may change the state of others, and sees figures; `inside`: sees who waits."""

    queue: Queue
    state: QueueState
    agents: tuple[Agent, ...]
    talks: tuple[Talk, ...]
    supervised: bool
    inside: bool

    @property
    def callers(self) -> tuple[WaitingCaller, ...]:
        return self.state.callers[:MAX_CALLERS]

    @property
    def waiting(self) -> int:
        return self.state.waiting

    @property
    def more(self) -> int:
        """How many wait beyond those that are shown."""
        return self.state.waiting - len(self.callers)

    @property
    def longest_since(self) -> float | None:
        """When the one came who waits longest, seconds since the epoch."""
        return min((caller.since for caller in self.state.callers), default=None)

    @property
    def me(self) -> Agent | None:
        """The viewer as an agent of this queue."""
        return next((agent for agent in self.agents if agent.me), None)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many agents are in each state, for states that anybody is in."""
        found = Counter(agent.state for agent in self.agents)
        return [(state, found[state]) for state in AGENT_STATES if found[state]]

    @property
    def free(self) -> int:
        return sum(agent.state == "available" for agent in self.agents)

    @property
    def deserted(self) -> bool:
        """Nobody takes calls: everybody is logged out or pauses."""
        return not any(agent.state in AT_WORK for agent in self.agents)


@dataclass(frozen=True, slots=True)
class Me:
    """What the viewer is in all queues together: a person has one state in all where they are logged in."""

    state: str
    reason: str
    since: float
    logged_in: str
    """The name of a queue in which the viewer is logged in, or "": to end a pause there logs in nowhere else."""

    @property
    def offline(self) -> bool:
        return self.state == "logged-out" and self.reason == "offline"


def views(viewer: Account, states: Iterable[QueueState]) -> list[QueueView]:
    """The queues with which the viewer has to do, by name; one of which the calls process knows nothing (yet) is empty."""
    return _views(viewer, access.queues(viewer), states)


def view_of(viewer: Account, name: str, states: Iterable[QueueState]) -> QueueView:
    """Any queue of the viewer's company. Raises NotFound."""
    queue = Queue.of(viewer).filter(name=name.replace("\0", "")).first()
    if queue is None:
        raise access.NotFound
    [found] = _views(viewer, [queue], states)
    return found


def _views(viewer: Account, queues: list[Queue], states: Iterable[QueueState]) -> list[QueueView]:
    now = {state.id: state for state in states}
    seen = {queue.id: now.get(queue.id, QueueState(queue.id, queue.name)) for queue in queues}
    calls = live.current().calls_for(live.viewer_of(viewer))
    talks = [call for call in calls if call.queue and call.answered_at]
    asked = {call.supervises for call in calls if call.caller.person == viewer.id}
    people = access.people_by_id(viewer, {member.person for state in seen.values() for member in state.members})
    supervised = sees_all_calls(viewer)
    return [
        QueueView(
            queue,
            state := seen[queue.id],
            _agents(viewer, state, people),
            tuple(_talk(viewer, call, state, people, asked) for call in talks if call.queue == queue.id),
            supervised,
            supervised or any(member.person == viewer.id for member in state.members),
        )
        for queue in queues
    ]


def drawn_line(view: QueueView, *, wall: bool) -> SafeString:
    """The line as HTML."""
    shown = (view.queue.id, view.queue.name, view.queue.service_level_seconds, view.callers, view.more)
    return _drawn("web/_queue_line.html", translation.get_language(), shown, who=view.inside and not wall)


def drawn_agents(view: QueueView, *, wall: bool, manage: bool) -> SafeString:
    """The agents as HTML."""
    agents = tuple((agent.account.id, agent.account.name, agent.member) for agent in view.agents)
    shown = (view.queue.id, view.queue.name, agents, view.deserted)
    return _drawn("web/_queue_agents.html", translation.get_language(), shown, who=view.inside and not wall, manage=manage)


@lru_cache(maxsize=MAX_DRAWN)
def _drawn(template: str, language: str | None, shown: tuple[object, ...], *, who: bool, manage: bool = False) -> SafeString:
    """Drawn once for everybody who looks, since a busy queue changes all the time under many eyes."""
    with translation.override(language):
        return render_to_string(template, {"shown": shown, "who": who, "manage": manage})


def me_in(queues: Iterable[QueueView]) -> Me | None:
    """The viewer as an agent; None for one who is a member of no queue."""
    mine = [(view, view.me) for view in queues]
    roles = [(view.queue.name, agent) for view, agent in mine if agent is not None]
    if not roles:
        return None
    _, shown = min(roles, key=lambda role: (not role[1].logged_in, ORDER[role[1].state]))
    logged_in = next((name for name, agent in roles if agent.logged_in), "")
    return Me(shown.state, shown.member.reason, shown.member.since, logged_in)


def _talk(viewer: Account, call: LiveCall, state: QueueState, people: dict[str, Account], asked: set[str]) -> Talk:
    """An agent who calls back is the caller of it. `asked` are the talks in which the viewer takes part, or is about to."""
    members = {member.person for member in state.members}
    back = call.caller.person in members and call.callee.person not in members
    agent, other = (call.caller, call.callee) if back else (call.callee, call.caller)
    known = people.get(agent.person or "")
    mine = next((one.how for one in call.supervisors if one.by.person == viewer.id), "asked" if call.id in asked else "")
    return Talk(call, known.name if known else agent.name or agent.number, other.name or other.number, mine)


def _agents(viewer: Account, state: QueueState, people: dict[str, Account]) -> tuple[Agent, ...]:
    mirror, looks = live.current(), live.viewer_of(viewer)
    inside = sees_all_calls(viewer) or any(member.person == viewer.id for member in state.members)
    found = [
        Agent(people[member.person], mirror.shown_member(looks, member, inside=inside), member.person == viewer.id)
        for member in state.members
        if member.person in people
    ]
    return tuple(sorted(found, key=lambda agent: (ORDER[agent.state], agent.account.name)))
