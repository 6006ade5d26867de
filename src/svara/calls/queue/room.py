"""The queues of one tenant at work: what happens is told to the machine, what the machine asks for is done.

No rules here (see `machine`). Guarantees: what the machine asks for is done in its order, also when doing it makes the
next thing happen; a mistake with one call costs that call and no other; what must outlive the process is on disk before
anybody is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from svara import log
from svara.calls.events import AgentChanged, AnyEvent, CallbackGivenUp
from svara.calls.queue.callback import CallingBack
from svara.calls.queue.machine import Machine
from svara.calls.queue.model import (
    Action,
    Agent,
    CallBack,
    GiveUp,
    Offer,
    Overflow,
    Place,
    Standing,
    Talk,
    WakeAt,
    Withdraw,
)
from svara.calls.queue.store import KeptPlace, Store
from svara.calls.routing.route import find
from svara.people.office import Tenant

if TYPE_CHECKING:
    from svara.calls.call import Call
    from svara.calls.queue.board import Board
    from svara.calls.queue.waiting import InQueue
    from svara.calls.switch import Switch
    from svara.clock import Timer

ATTACH_SECONDS = 8.0
"""After a restart callers come back into the line as soon as their sound is known; those who never come are let go."""

GATHER_SECONDS = 0.02
"""How long what agents did waits to be written together."""

_logger = log.get("calls.queue")


class Offering(Protocol):
    """Who rings agents for an offer."""

    def withdraw(self, agents: tuple[str, ...]) -> None:
        """These agents are not to ring any more."""
        ...


class Room:
    """See the module."""

    def __init__(self, switch: Switch, tenant: Tenant, store: Store, board: Board) -> None:
        self.switch = switch
        self.tenant = tenant
        self.board = board
        self.lasting = store.of(tenant.id)
        self.stops: dict[str, InQueue] = {}
        """Callers in a line, by their call's id."""
        self.offers: dict[str, Offering] = {}
        self.talks: dict[str, str] = {}
        """Agents in a talk that came out of a queue, and the call's id."""
        self.calling_back: set[str] = set()
        """Agents in a call-back whose number has not answered yet."""
        self._store = store
        self._todo: deque[Action | Callable[[], object]] = deque()
        self._doing = False
        self._timer: Timer | None = None
        self._moments: list[AnyEvent] = []
        """Of agents, not written yet: in a busy office they cost less together."""
        self._chosen = False
        """Agents chose what is not on disk yet: once for all that is to be done, and before anybody is answered."""
        self._unclaimed: dict[str, list[Action]] = {}
        """What the machine asked for callers who are not back from a restart yet."""
        self.machine = Machine(tenant, self.now, new_id=switch.new_id)
        self.take(self.machine.choose(self.lasting.choices.values(), self.now))

        self._entered = 0

    def number(self) -> int:
        """Grows with every caller, so that those of the same moment keep their order."""
        self._entered += 1
        return self._entered

    @property
    def now(self) -> float:
        """The machine's time."""
        return self.switch.clock.monotonic()

    def on_machine_time(self, at: float) -> float:
        """A wall-clock time as the machine counts."""
        return self.now - (self.switch.clock.now() - at)

    def take_up(self, waiting: list[Standing], talks: list[Talk]) -> None:
        """What the process before left: callers (their stops come later, see `claim`), talks, and kept places. `joined_at`
        and `since` are seconds since the epoch."""
        kept = [
            Standing(one.caller, one.queue, self.on_machine_time(one.joined_at), one.priority, one.number, one.tries)
            for one in self.lasting.kept.values()
        ]
        callers = [
            Standing(one.caller, one.queue, self.on_machine_time(one.joined_at), one.priority, position=one.position)
            for one in waiting
        ]
        self._entered = max((one.position for one in waiting), default=self._entered)
        self._unclaimed |= {one.caller: [] for one in callers}
        taken = [Talk(talk.person, talk.queue, self.on_machine_time(talk.since)) for talk in talks]
        self.take(self.machine.take_over([*callers, *kept], taken, self.now))
        if callers:
            self.switch.clock.call_later(ATTACH_SECONDS, self._nobody_came)

    def claim(self, stop: InQueue) -> bool:
        """A caller is back from a restart: whether they stand in the line, or were told where to go meanwhile."""
        actions = self._unclaimed.pop(stop.call.id, None)
        if actions is None:
            return False
        self.stops[stop.call.id] = stop
        self.take(tuple(actions))
        return True

    def _nobody_came(self) -> None:
        missing, self._unclaimed = self._unclaimed, {}
        for caller in missing:
            self.take(self.machine.left(caller, self.now))

    @property
    def callers(self) -> set[str]:
        """The calls that wait."""
        return {*self.stops, *self._unclaimed}

    # --- what happens

    def take(self, actions: tuple[Action, ...]) -> None:
        """Do what the machine asks for; what that makes happen comes after it."""
        self._todo.extend(actions)
        self._do()

    def after(self, callback: Callable[[], object]) -> None:
        """Call this when everything that is to be done has been done."""
        self._todo.append(callback)
        self._do()

    def _do(self) -> None:
        if self._doing:
            return
        self._doing = True
        try:
            while self._todo:
                action = self._todo.popleft()
                try:
                    self._act(action)
                except Exception:
                    _logger.exception("doing what a queue asked for failed")
        finally:
            self._doing = False
            if self._chosen:
                self._chosen = False
                self._store.write()

    def office(self, tenant: Tenant) -> None:
        """The office changed."""
        self.tenant = tenant
        self.take(self.machine.office(tenant, self.now))
        self.board.everything_of(tenant)

    def talk_begins(self, call: Call, person: str, queue: str) -> None:
        """An agent picked up for a caller of the queue."""
        self.talks[person] = call.id
        call.queue = queue
        call.ended = lambda: self.talk_over(person)

    def talk_over(self, person: str) -> None:
        """... and hung up."""
        if self.talks.pop(person, None) is not None:
            self.take(self.machine.talk_ended(person, self.now))

    def keep(self, place: KeptPlace) -> None:
        """A caller goes, and the place stays."""
        self.lasting.kept[place.caller] = place
        self._store.write()
        self.take(self.machine.keep(place.caller, place.number, self.now))

    # --- what is to be done

    def _act(self, action: Action | Callable[[], object]) -> None:
        match action:
            case WakeAt(at=at):
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = self.switch.clock.call_later(at - self.now, self._wake)
            case Agent():
                self._agent_changed(action)
            case Offer() | Overflow() | Place():
                self._for_caller(action)
            case CallBack():
                place = self.lasting.kept.get(action.caller)
                if place is not None:
                    CallingBack(self, action, place).begin()
            case Withdraw(offer=offer, agents=agents):
                offering = self.offers.get(offer)
                if offering is not None:
                    offering.withdraw(agents)
            case GiveUp():
                self._give_up(action)
            case _:
                action()

    def _wake(self) -> None:
        self._timer = None
        self.take(self.machine.wake(self.now))

    def _for_caller(self, action: Offer | Overflow | Place) -> None:
        waits = self._unclaimed.get(action.caller)
        if waits is not None:
            waits.append(action)
            return
        stop = self.stops.get(action.caller)
        if stop is not None:
            self.board.changed(self.tenant.id, action.queue)
            match action:
                case Offer():
                    stop.call.guarded(stop.offered, action)
                case Overflow():
                    stop.call.guarded(stop.sent_on, action)
                case Place():
                    stop.call.guarded(stop.told, action)
        elif isinstance(action, Offer):
            self.take(self.machine.left(action.caller, self.now))

    def _give_up(self, action: GiveUp) -> None:
        """The caller comes into the list of those whom the queue did not answer, unless it is a colleague."""
        place = self.lasting.kept.get(action.caller)
        queue = self.tenant.queue_by_id.get(action.queue)
        if place is not None and find(self.tenant, action.number) is None:
            self.switch.write(
                [
                    CallbackGivenUp(
                        "",
                        self.switch.clock.now(),
                        tenant=self.tenant.id,
                        asked=action.caller,
                        queue=action.queue,
                        name=queue.name if queue is not None else "",
                        number=action.number,
                        joined_at=place.joined_at,
                        why=action.why,
                    )
                ]
            )
        self.forget_kept(action.caller)

    def forget_kept(self, caller: str) -> None:
        """A kept place is not kept any more: called back, or given up."""
        place = self.lasting.kept.pop(caller, None)
        if place is not None:
            self._store.write()
            self.board.changed(self.tenant.id, place.queue)

    def tried(self, place: KeptPlace) -> None:
        """A number was called back in vain."""
        self.lasting.kept[place.caller] = place
        self._store.write()

    def _agent_changed(self, action: Agent) -> None:
        choices, person = self.lasting.choices, action.person
        choice = self.machine.choice(person)
        if choice != choices.get(person):
            if choice is None:
                del choices[person]
            else:
                choices[person] = choice
            self._chosen = True
        clock = self.switch.clock
        if not self._moments:
            clock.call_later(GATHER_SECONDS, self.flush)
        self._moments.append(
            AgentChanged(
                "",
                clock.now(),
                tenant=self.tenant.id,
                person=person,
                state=action.state,
                reason=action.reason,
                queues=action.queues,
            )
        )
        self.board.agent(self.tenant, action)

    def flush(self) -> None:
        """Write down what agents did; boards are told later than that."""
        moments, self._moments = self._moments, []
        if moments:
            self.switch.write(moments)
