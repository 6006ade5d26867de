"""All queues of this process: one room for each tenant, told of phones, calls, the office and people's wishes.

The machine of a tenant sees agents only; here it is known who they are elsewhere: which phones are online, in which calls
they are that did not come out of a queue, whom quiet hours keep from being rung.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from svara.calls.commands import (
    MOST_SHOWN,
    Answer,
    AskQueues,
    Done,
    KeepPlace,
    QueueChanged,
    QueueMember,
    Queues,
    QueueState,
    Refused,
    SetAgent,
    WaitingCaller,
)
from svara.calls.events import Party
from svara.calls.queue.board import Board
from svara.calls.queue.model import Standing, Talk
from svara.calls.queue.room import Room
from svara.calls.queue.store import Store
from svara.calls.queue.waiting import KEPT, InQueue, Kept, decode_kept
from svara.calls.routing.hours import in_windows
from svara.calls.routing.route import Refusal
from svara.people.office import Office, Person, Queue, Tenant
from svara.sealing.role import FileKeys

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.journey import Journey
    from svara.calls.saved import SavedCall
    from svara.calls.switch import Switch

LOOK_SECONDS = 30.0
"""How often quiet hours are looked at, and whether all callers and talks that the machines know are still there."""
MAX_REASON = 100

GONE = Refusal(404, "failed", "the queue does not exist any more")
NOT_FOUND = Refused("not-found", "there is no such queue, or this person is no member of it")


class Elsewhere:
    """What an agent does beside the queues."""

    __slots__ = ("_busy", "dialling", "person", "ringing", "room", "talking")

    def __init__(self, person: str, room: Room) -> None:
        self.person = person
        self.room = room
        self.dialling = self.ringing = self.talking = 0
        """Calls of their own making, phones of theirs that ring, talks: those out of queues included."""
        self._busy: bool | None = None

    def tell(self, *, anew: bool = False) -> None:
        """Let the machine know whether the agent is busy with another call, where that changed (or `anew`)."""
        room, own = self.room, self.person in self.room.talks
        calling_back = self.person in room.calling_back
        offered = room.machine.is_offered(self.person)
        talking = self.talking - (own or calling_back)
        dialling = self.dialling - calling_back
        busy = talking > 0 or dialling > 0 or (self.ringing > 0 and not offered)
        if anew or busy != self._busy:
            self._busy = busy
            room.take(room.machine.agent(self.person, room.now, busy=busy))


class Hall:
    """See the module. Implements `svara.calls.stops.Queues`."""

    def __init__(self, switch: Switch, store: Store, publish: Callable[[str, bytes], None]) -> None:
        self._switch = switch
        self._store = store
        self._rooms: dict[str, Room] = {}
        self._agents: dict[str, Elsewhere] = {}
        self._board = Board(switch.clock, publish, self._summary, switch.lamps.queue)
        switch.queues = self
        switch.news.on_count = self.counted
        self._looking = False

    def unlock(self, keys: FileKeys) -> None:
        """The key to what an earlier process wrote down is here; its callers and kept places come with `take_up`."""
        self._store.unlock(keys)
        for room in self._rooms.values():
            room.take(room.machine.choose(room.lasting.choices.values(), room.now))

    # --- the office, phones and other calls

    def office(self, office: Office) -> None:
        """A new snapshot is in effect. The presence of phones must be known to `News` already."""
        for tenant in office.tenants:
            room = self._rooms.get(tenant.id)
            if room is not None and room.tenant is tenant:
                continue
            if room is not None:
                room.office(tenant)
            elif tenant.queues:
                room = self._rooms[tenant.id] = Room(self._switch, tenant, self._store, self._board)
            if room is not None:
                self._members(room, tenant)
        for gone in self._rooms.keys() - office.by_tenant_id.keys():
            room = self._rooms.pop(gone)
            room.office(msgspec.structs.replace(room.tenant, queues=()))
            self._store.forget(gone)

        if self._rooms and not self._looking:
            self._looking = True
            self._switch.clock.call_later(LOOK_SECONDS, self._look)

    def _members(self, room: Room, tenant: Tenant) -> None:
        for person in dict.fromkeys(member.person for queue in tenant.queues for member in queue.members):
            if person not in self._agents:
                self._agents[person] = Elsewhere(person, room)
            known = tenant.by_id.get(person)
            online = self._switch.news.reachable(person)
            dnd = known is not None and self._quiet(tenant, known)
            room.take(room.machine.agent(person, room.now, online=online, dnd=dnd))
            self._agents[person].tell(anew=True)

    def _quiet(self, tenant: Tenant, person: Person) -> bool:
        return person.choice == "dnd" or in_windows(person.quiet, tenant.timezone, self._switch.clock.now())

    def phone(self, login: str) -> None:
        """See `svara.calls.stops.Queues`."""
        person = self._switch.news.person_of(login)
        agent = self._agents.get(person) if person is not None else None
        if agent is not None:
            room = agent.room
            room.take(room.machine.agent(agent.person, room.now, online=self._switch.news.reachable(agent.person)))

    def counted(self, person: str, ringing: int, talking: int) -> None:
        """So many phones of the person ring, and in so many calls they talk."""
        agent = self._agents.get(person)
        if agent is not None and (agent.ringing, agent.talking) != (ringing, talking):
            agent.ringing, agent.talking = ringing, talking
            agent.tell()

    def dials(self, call: Call, more: int) -> None:
        """See `svara.calls.stops.Queues`."""
        agent = self._agents.get(call.caller.person or "")
        if agent is not None:
            agent.dialling += more
            agent.tell()

    def _look(self) -> None:
        self._looking = bool(self._rooms)
        if self._looking:
            self._switch.clock.call_later(LOOK_SECONDS, self._look)
        for room in self._rooms.values():
            talking = {person for person, call in room.talks.items() if call in self._switch.calls}
            for person in room.talks.keys() - talking:
                del room.talks[person]
            room.take(room.machine.reconcile(room.now, callers=room.callers, talking=talking))
            for known in room.tenant.people:
                if known.quiet and known.id in self._agents:
                    dnd = self._quiet(room.tenant, known)
                    room.take(room.machine.agent(known.id, room.now, dnd=dnd))

    def close(self) -> None:
        """See `svara.calls.stops.Queues`."""
        for room in self._rooms.values():
            room.flush()

    # --- callers

    def enter(self, journey: Journey, queue: Queue, kept: bytes) -> InQueue | Refusal:
        """See `svara.calls.stops.Queues`."""
        room = self._rooms.get(journey.call.tenant)
        if room is None:
            return GONE
        if journey.call.id in room.lasting.kept:
            return KEPT  # the server was killed while it said goodbye
        return InQueue(room, journey, queue, _kept(kept))

    def take_up(self, states: Iterable[SavedCall]) -> None:
        """See `svara.calls.stops.Queues`."""
        waiting: dict[str, list[Standing]] = {tenant: [] for tenant in self._rooms}
        talks: dict[str, list[Talk]] = {tenant: [] for tenant in self._rooms}
        for state in states:
            room = self._rooms.get(state.tenant)
            if room is None:
                continue
            person = _agent_of(state)
            if state.queue and person:
                talks[state.tenant].append(Talk(person, state.queue, state.answered_at))
            if state.guest is not None and state.guest.target.startswith("queue:"):
                queue = room.tenant.queue_by_name.get(state.guest.target.removeprefix("queue:"))
                kept = _kept(state.guest.kept)
                if queue is not None and kept is not None and kept.in_line and state.id not in room.lasting.kept:
                    standing = Standing(state.id, queue.id, kept.joined_at, kept.priority, position=kept.entered)
                    waiting[state.tenant].append(standing)
        for tenant, room in self._rooms.items():
            room.take_up(waiting[tenant], talks[tenant])

    def waiting(self, tenant: str, queue: str) -> int:
        """See `svara.calls.stops.Queues`."""
        room = self._rooms.get(tenant)
        return 0 if room is None else room.machine.length(queue)

    def resumed(self, call: Call, agent: str) -> None:
        """See `svara.calls.stops.Queues`."""
        room = self._rooms.get(call.tenant)
        if room is not None:
            room.talk_begins(call, agent, call.queue)

    # --- what others ask

    def answer(self, request: AskQueues | SetAgent | KeepPlace) -> Answer:
        """The answer to one request."""
        room = self._rooms.get(request.tenant)
        match request:
            case AskQueues(name=name):
                queues = () if room is None else room.tenant.queues
                return Queues(tuple(self._state(room, one) for one in queues if room and name in (None, one.name)))
            case SetAgent():
                return NOT_FOUND if room is None else self._set(room, request)
            case KeepPlace(call=call, number=number):
                stop = None if room is None else room.stops.get(call)
                if stop is None:
                    return Refused("not-found", "nobody waits by that call")
                wanted = stop.may_be_called(number) if number and number != stop.number else stop.number
                kept = stop.keep(wanted)
                return Done() if kept else Refused("invalid", "that number cannot be called back")

    def _set(self, room: Room, request: SetAgent) -> Answer:
        queue = None
        if request.queue is not None:
            found = room.tenant.queue_by_name.get(request.queue)
            if found is None:
                return NOT_FOUND
            queue = found.id
        if not room.machine.is_member(request.person, queue):
            return NOT_FOUND
        reason = request.reason.strip()[:MAX_REASON]
        room.take(room.machine.agent(request.person, room.now, state=request.state, reason=reason, queue=queue))
        return Done()

    def _state(self, room: Room, queue: Queue) -> QueueState:
        line = room.machine.standing(queue.id, MOST_SHOWN)
        length = room.machine.length(queue.id)
        return QueueState(
            id=queue.id,
            name=queue.name,
            extension=queue.extension,
            waiting=length,
            callers=tuple(self._caller(room, one) for one in line),
            members=tuple(
                QueueMember(one.person, one.state, one.reason, self._wall(room, one.since), one.calls)
                for one in room.machine.members(queue.id)
            ),
            expected_wait_seconds=room.machine.expected_wait_seconds(queue.id),
        )

    def _caller(self, room: Room, one: Standing) -> WaitingCaller:
        stop = room.stops.get(one.caller)
        party = stop.call.caller if stop is not None else Party(number=one.number)
        since = self._wall(room, one.joined_at)
        return WaitingCaller(one.caller, one.position, since, party, one.offered, one.number)

    def _summary(self, tenant: str, queue_id: str) -> QueueChanged | None:
        room = self._rooms.get(tenant)
        queue = room.tenant.queue_by_id.get(queue_id) if room is not None else None
        if room is None or queue is None:
            return None
        longest = min((one.joined_at for one in room.machine.standing(queue_id, 1)), default=None)
        agents: dict[str, int] = {}
        for member in room.machine.members(queue_id):
            agents[member.state] = agents.get(member.state, 0) + 1
        since = 0.0 if longest is None else self._wall(room, longest)
        return QueueChanged(tenant, queue_id, queue.name, room.machine.length(queue_id), since, agents)

    def _wall(self, room: Room, at: float) -> float:
        return self._switch.clock.now() - (room.now - at)


def _kept(kept: bytes) -> Kept | None:
    try:
        return decode_kept(kept) if kept else None
    except msgspec.DecodeError:
        return None


def _agent_of(state: SavedCall) -> str:
    """Who talks to somebody out of a queue: the callee, or who called back."""
    back = state.back.party.person if state.back is not None else None
    return back or state.front.party.person or ""
