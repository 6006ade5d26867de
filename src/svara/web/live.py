"""This web process's mirror of what goes on: live calls, who can be reached, and (asked on demand) the queues.

The calls process is asked for everything at the start, after a gap in the bus, and when it comes back; between, its news
are applied as they come. Readers of pages and of the API look here and never trouble a call. Each open stream has a
bounded queue of what its viewer may see; one that is too slow loses what waits and gets `reset`: read the page again.

Everything here belongs to the event loop's thread, except the reading of state (`calls_for`, `presence`), which any thread
may do.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec

from svara import log
from svara.bus.port import Bus, BusError, Event, Gap
from svara.calls.boxes import TOPIC_CHANGED, TOPIC_MESSAGE, BoxChanged
from svara.calls.commands import (
    SERVICE,
    TOPIC_AGENT,
    TOPIC_CALL,
    TOPIC_CONFERENCE,
    TOPIC_PRESENCE,
    TOPIC_QUEUE,
    Answer,
    AskHealth,
    AskLive,
    ConferenceChanged,
    Health,
    LiveAgent,
    LiveCall,
    PersonPresence,
    QueueChanged,
    QueueMember,
    QueueState,
    Recorded,
)
from svara.calls.commands import Live as WholeState
from svara.calls.commands import Request as CallsRequest
from svara.web.queues_now import QueuesNow

CHECK_SECONDS = 1.0
"""How often the calls process is asked whether it is there."""
ASK_SECONDS = 2.0
"""How long it may take to answer."""
FORGET_SECONDS = 5.0
"""A calls process that is away for longer: nobody's presence is known any more. A restart takes less."""
PING_SECONDS = 15.0
"""A stream without news says so after this time, so that proxies do not cut it."""
MAX_WAITING_NEWS = 256
"""What may wait for one slow stream."""

MAX_ENDED_CALLS = 1000
"""Calls that may wait here for their record."""

RECORDED = f"{TOPIC_CALL}.recorded"

_FOLLOWED = (TOPIC_CALL, TOPIC_PRESENCE, TOPIC_MESSAGE, TOPIC_QUEUE, TOPIC_AGENT, TOPIC_CONFERENCE)

_log = log.get("web.live")
_answer = msgspec.msgpack.Decoder(Answer).decode
_live_call = msgspec.msgpack.Decoder(LiveCall).decode
_presence = msgspec.msgpack.Decoder(PersonPresence).decode
_recorded = msgspec.msgpack.Decoder(Recorded).decode

_box_changed = msgspec.msgpack.Decoder(BoxChanged).decode

_queue_changed = msgspec.msgpack.Decoder(QueueChanged).decode
_agent_changed = msgspec.msgpack.Decoder(LiveAgent).decode
_conference_changed = msgspec.msgpack.Decoder(ConferenceChanged).decode

Payload = LiveCall | PersonPresence | Recorded | BoxChanged | QueueChanged | LiveAgent | ConferenceChanged


class Person(Protocol):
    """What must be known of who looks (`svara.people.models.Account` has it)."""

    id: str
    tenant_id: str

    def has_role(self, *roles: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a person of a tenant. `sees_all`: every call of it (supervisors, administrators), not only their own."""

    tenant: str
    person: str
    sees_all: bool = False

    def may_see(self, payload: Payload) -> bool:
        if payload.tenant != self.tenant:
            return False
        if isinstance(payload, BoxChanged):
            return self.person in payload.people  # nobody sees all voice messages
        if isinstance(payload, PersonPresence):
            return payload.for_eyes_of(self.person) is payload
        if isinstance(payload, LiveAgent):
            return self.sees_all or payload.seen_by is None or self.person in (payload.person, *payload.seen_by)
        if isinstance(payload, QueueChanged | ConferenceChanged):
            return True
        return self.sees_all or self.person in payload.people


def viewer_of(account: Person) -> Viewer:
    """The viewer that an account is."""
    return Viewer(account.tenant_id, account.id, account.has_role("supervisor", "admin"))


@dataclass(frozen=True, slots=True)
class News:
    """`name` is a topic ("call.ended", "presence.changed"), or without payload "reset" (something was lost: read again) or
    "ping" (nothing happened for a while)."""

    name: str
    payload: Payload | None = None


RESET, PING = News("reset"), News("ping")


class Stream:
    """What one viewer may see, as it happens. Ends when the mirror closes."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._waiting: deque[News] = deque()
        self._more = asyncio.Event()
        self._closed = False

    def put(self, news: News) -> None:
        if len(self._waiting) >= MAX_WAITING_NEWS:
            self._waiting.clear()
            news = RESET
        self._waiting.append(news)
        self._more.set()

    def close(self) -> None:
        self._closed = True
        self._more.set()

    async def __aiter__(self) -> AsyncIterator[News]:
        while True:
            while self._waiting and not self._closed:
                yield self._waiting.popleft()
            if self._closed:
                return
            self._more.clear()
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self._more.wait()
            except TimeoutError:
                yield PING


class Live:
    """The mirror. Without a bus it stays empty and `up` False: pages work, and everybody is shown as offline."""

    def __init__(self, bus: Bus | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.bus = bus
        self.up = False
        """Whether the calls process answered last time."""
        self.health: Health | None = None
        self.queues_now = QueuesNow(lambda request: self.ask(request, ASK_SECONDS))
        self._clock = clock
        self._calls: dict[str, LiveCall] = {}
        self._ended: dict[str, LiveCall] = {}
        """Calls that are over and have no record yet."""
        self._people: dict[str, PersonPresence] = {}
        self._replaced: PersonPresence | None = None
        """What was known, before the newest news, of the person whom these are about."""
        self._streams: dict[str, set[Stream]] = {}
        self._stale = True
        self._wanted = asyncio.Event()
        self._meanwhile: list[Event] | None = None
        """News that came while the whole state was asked for: they may be newer than the answer."""
        self._away_since: float | None = None
        self._closed = False

    # --- reading

    def calls_for(self, viewer: Viewer) -> list[LiveCall]:
        """The calls going on that the viewer may see, newest first."""
        seen = [call for call in list(self._calls.values()) if viewer.may_see(call)]
        return sorted(seen, key=lambda call: (call.started_at, call.id), reverse=True)

    def call(self, viewer: Viewer, call_id: str) -> LiveCall | None:
        """One of them, or one that is over and has no record yet; None when there is none, or it is not to be seen."""
        call = self._calls.get(call_id) or self._ended.get(call_id)
        return call if call is not None and viewer.may_see(call) else None

    def presence_of(self, viewer: Viewer) -> dict[str, PersonPresence]:
        """Everybody whose presence is known, by person id, as the viewer may see it."""
        known = list(self._people.values())
        return {one.person: one.for_eyes_of(viewer.person) for one in known if one.tenant == viewer.tenant}

    def presence(self, viewer: Viewer, person: str) -> PersonPresence:
        """Whether somebody can be reached, as the viewer may see it; offline where nothing is known."""
        known = self._people.get(person)
        if known is None or known.tenant != viewer.tenant:
            return PersonPresence(viewer.tenant, person, "offline")
        return known.for_eyes_of(viewer.person)

    def shown_member(self, viewer: Viewer, member: QueueMember, *, inside: bool) -> QueueMember:
        """A member of a queue as the viewer may see it; `inside`: who works there, or supervises it, sees everybody."""
        known = self._people.get(member.person)
        if inside or known is None or known.for_eyes_of(viewer.person) is known:
            return member
        return QueueMember(member.person, "logged-out")

    async def queues(self, tenant: str) -> tuple[QueueState, ...]:
        """Every queue of a tenant. Raises BusError while the calls process is away."""
        if not self.up:
            raise BusError("unavailable", SERVICE)
        return await self.queues_now.of(tenant)

    @contextmanager
    def subscribe(self, viewer: Viewer) -> Iterator[Stream]:
        """What the viewer may see, from now on."""
        stream = Stream(viewer)
        if self._closed:
            stream.close()
        self._streams.setdefault(viewer.tenant, set()).add(stream)
        try:
            yield stream
        finally:
            streams = self._streams[viewer.tenant]
            streams.discard(stream)
            if not streams:
                del self._streams[viewer.tenant]

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return sum(map(len, self._streams.values()))

    # --- asking the calls process

    async def ask(self, request: CallsRequest, timeout_seconds: float = 5.0) -> Answer:
        """Ask the calls process something. Raises BusError when it does not answer."""
        if self.bus is None:
            raise BusError("unavailable", SERVICE)
        raw = await self.bus.request(SERVICE, msgspec.msgpack.encode(request), timeout_seconds)
        try:
            answer: Answer = _answer(raw)
        except msgspec.DecodeError:
            raise BusError("failed", SERVICE) from None
        return answer

    def expect(self, call: LiveCall) -> None:
        """A call that this process asked for, until the calls process tells of it."""
        if call.id not in self._calls and call.id not in self._ended:
            self._calls[call.id] = call

    # --- following

    async def run(self) -> None:
        """Follow until cancelled, or until the bus is closed."""
        if self.bus is None:
            return
        asking = asyncio.create_task(self._keep_asking())
        try:
            async with self.bus.subscribe(*_FOLLOWED) as events:
                self._want()
                async for event in events:
                    if isinstance(event, Gap):
                        self._want()
                    else:
                        self.take(event)
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def close(self) -> None:
        """End every stream, those that open from now on too."""
        self._closed = True
        for stream in [stream for streams in self._streams.values() for stream in streams]:
            stream.close()

    def _want(self) -> None:
        self._stale = True
        self.queues_now.changed()
        self._wanted.set()

    async def _keep_asking(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await (self._ask_state() if self._stale else self._check())
            except BusError:
                self._away()
            except Exception:
                _log.error("asking the calls process failed", exc_info=True)
                self._away()
            if self._stale:
                await asyncio.sleep(CHECK_SECONDS / 4)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), CHECK_SECONDS)

    async def _check(self) -> None:
        health = await self.ask(AskHealth(), ASK_SECONDS)
        if not isinstance(health, Health):
            raise BusError("failed", SERVICE)
        if self.health is not None and health.started_at != self.health.started_at:
            self._stale = True  # another process than the one we know
        self.health = health

    async def _ask_state(self) -> None:
        await self._check()  # first: a restart after it is noticed by the next one
        self._meanwhile = []
        try:
            state = await self.ask(AskLive(), ASK_SECONDS)
            if not isinstance(state, WholeState):
                raise BusError("failed", SERVICE)
            self._calls = {call.id: call for call in state.calls if call.state != "ended"}
            self._people = {one.person: one for one in state.presence}
            for event in self._meanwhile:
                self._apply(event)
        finally:
            self._meanwhile = None
        self._stale = False
        self.queues_now.changed()
        self.up, self._away_since = True, None
        self._tell_everybody(RESET)

    def _away(self) -> None:
        self.up, self.health, self._stale = False, None, True
        self.queues_now.changed()
        now = self._clock()
        if self._away_since is None:
            self._away_since = now
        elif now - self._away_since >= FORGET_SECONDS and (self._people or self._calls):
            self._people, self._calls = {}, {}
            self._tell_everybody(RESET)

    def _tell_everybody(self, news: News) -> None:
        for streams in self._streams.values():
            for stream in streams:
                stream.put(news)

    # --- news

    def take(self, event: Event) -> None:
        """Apply one event of the bus, and hand it to the streams that may see it."""
        if self._meanwhile is not None:
            self._meanwhile.append(event)
        self._replaced = None
        payload = self._apply(event)
        if payload is None:
            return
        news, before = News(event.topic, payload), self._replaced
        for stream in self._streams.get(payload.tenant, ()):
            if stream.viewer.may_see(payload):
                stream.put(news)
            elif isinstance(payload, PersonPresence) and before is not None and stream.viewer.may_see(before):
                stream.put(News(event.topic, payload.for_eyes_of(stream.viewer.person)))  # hides from now on

    def _apply(self, event: Event) -> Payload | None:
        try:
            if event.topic == TOPIC_PRESENCE:
                presence = _presence(event.payload)
                self._replaced = self._people.get(presence.person)
                self._people[presence.person] = presence
                return presence
            if event.topic == TOPIC_QUEUE:
                queue = _queue_changed(event.payload)
                self.queues_now.changed(queue.tenant)
                return queue
            if event.topic == TOPIC_AGENT:
                return _agent_changed(event.payload)
            if event.topic == TOPIC_CONFERENCE:
                return _conference_changed(event.payload)
            if event.topic == TOPIC_CHANGED:
                return _box_changed(event.payload)
            if event.topic == RECORDED:
                recorded = _recorded(event.payload)
                self._ended.pop(recorded.id, None)
                return recorded
            call = _live_call(event.payload)
        except msgspec.DecodeError:
            _log.warning("news of an unknown form on the bus", topic=event.topic)
            return None
        if event.topic == f"{TOPIC_CALL}.ended" or call.state == "ended":
            self._calls.pop(call.id, None)
            self._ended[call.id] = call
            if len(self._ended) > MAX_ENDED_CALLS:
                del self._ended[next(iter(self._ended))]
        else:
            self._calls[call.id] = call
        return call


_mirrors: list[Live] = [Live()]


def install(mirror: Live) -> None:
    """Make `mirror` this process's."""
    _mirrors[:] = [mirror]


def current() -> Live:
    """This process's mirror; an empty one where none was installed."""
    return _mirrors[0]
