"""A process's connection to the hub (`svara.bus.hub`).

It comes back by itself: with back-off, with every subscription and service as before, and with a `Gap` for each reader,
because nobody knows what was missed. Publishing costs microseconds, whatever the hub or the readers do.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from svara import log
from svara.bus.port import BusError, Event, Gap, Handler
from svara.bus.serving import Serving
from svara.bus.topics import Inbox, Interests
from svara.bus.wire import (
    Answer,
    AnyFrame,
    Ask,
    Cancel,
    Channel,
    Failed,
    Lost,
    Publish,
    Serve,
    Subscribe,
    Unsubscribe,
    WireError,
    pack,
)

_log = log.get("bus.client")

_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 1.0
_CONFIRM_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_MAX_EARLY_EVENTS = 1000


class HubBus:
    """`svara.bus.port.Bus` over the hub's Unix socket at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids = itertools.count(1)
        self._channel: _ClientChannel | None = None
        self._tried = asyncio.Event()
        self._lost = False
        self._early: list[bytes] = []
        """Events from before the first connection, which is usually microseconds away."""
        self._interests: Interests[Inbox] = Interests()
        self._serving = Serving()
        self._waiting: dict[int, tuple[str, asyncio.Future[bytes]]] = {}
        self._keeper = asyncio.get_running_loop().create_task(self._keep_connected())

    def publish(self, topic: str, payload: bytes = b"") -> None:
        try:
            raw = pack(Publish(topic, payload))
        except WireError:
            _log.error("an event was too big for the bus and was dropped", topic=topic, bytes=len(payload))
            return
        if self._channel is not None:
            self._channel.send_event(raw)
        elif self._tried.is_set() or len(self._early) >= _MAX_EARLY_EVENTS:
            self._lost = True
        else:
            self._early.append(raw)

    @asynccontextmanager
    async def subscribe(self, *prefixes: str) -> AsyncIterator[AsyncIterator[Event | Gap]]:
        inbox = Inbox()
        self._interests.add(inbox, prefixes)
        try:
            await self._confirm(lambda number: Subscribe(number, prefixes))
            yield inbox
        finally:
            inbox.close()
            self._interests.remove(inbox, prefixes)
            unwanted = tuple(set(prefixes) - set(self._interests.prefixes))
            if self._channel is not None and unwanted:
                self._channel.send(pack(Unsubscribe(unwanted)))

    async def request(self, service: str, payload: bytes, timeout_seconds: float = 5.0) -> bytes:
        await self._tried.wait()
        number = next(self._ids)
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._ask(number, service, pack(Ask(number, service, payload)))
        except TimeoutError:
            if self._channel is not None:
                self._channel.send(pack(Cancel(number)))
            raise BusError("timeout", service) from None
        except WireError:
            raise BusError("too-big", service) from None

    async def serve(self, service: str, handler: Handler) -> None:
        self._serving.add(service, handler)
        await self._confirm(lambda number: Serve(number, service))

    async def close(self) -> None:
        if self._early:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._tried.wait(), _CLOSE_SECONDS)
        self._keeper.cancel()
        self._serving.close()
        for inbox in self._interests.everyone:
            inbox.close()
        if self._channel is not None:
            channel = self._channel
            channel.close()
            await asyncio.wait([channel.closed], timeout=_CLOSE_SECONDS)
        await asyncio.gather(self._keeper, return_exceptions=True)

    # --- the connection

    async def _keep_connected(self) -> None:
        delay_seconds = _FIRST_DELAY_SECONDS
        loop = asyncio.get_running_loop()
        while True:
            try:
                _, channel = await loop.create_unix_connection(lambda: _ClientChannel(self), str(self._path))
            except OSError:
                self._lost |= bool(self._early)
                self._early.clear()
                self._tried.set()
                await asyncio.sleep(delay_seconds)
                delay_seconds = min(2 * delay_seconds, _LONGEST_DELAY_SECONDS)
                continue
            delay_seconds = _FIRST_DELAY_SECONDS
            self._connected(channel)
            await channel.closed
            self._disconnected()

    def _connected(self, channel: _ClientChannel) -> None:
        self._channel = channel
        if self._interests.prefixes:
            channel.send(pack(Subscribe(0, self._interests.prefixes)))
        for service in self._serving.services:
            channel.send(pack(Serve(0, service)))
        for raw in self._early:
            channel.send_event(raw)
        self._early.clear()
        if self._lost:
            self._lost = False
            channel.send(pack(Lost()))
        if self._tried.is_set():
            for inbox in self._interests.everyone:
                inbox.put(Gap())
        self._tried.set()

    def _disconnected(self) -> None:
        self._channel = None
        self._lost = True
        for number in self._waiting:
            self._fail(number, "unavailable")

    def _fail(self, number: int, kind: str) -> None:
        service, answer = self._waiting.get(number, ("", None))
        if answer is not None and not answer.done():
            answer.set_exception(BusError(kind, service))

    async def _ask(self, number: int, service: str, raw: bytes) -> bytes:
        """Send a frame that has an answer, and wait for it. Raises BusError."""
        if self._channel is None:
            raise BusError("unavailable", service)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (service, answer)
        try:
            self._channel.send(raw)
            return await answer
        finally:
            del self._waiting[number]

    async def _confirm(self, frame: Callable[[int], AnyFrame]) -> None:
        """Tell the hub, and wait until it knows; while it is away the next connection tells it."""
        await self._tried.wait()
        number = next(self._ids)
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                await self._ask(number, "bus", pack(frame(number)))
        except (TimeoutError, BusError):
            _log.warning("the bus is away; it is told as soon as it is back")

    # --- what comes from the hub

    def received(self, channel: _ClientChannel, frame: AnyFrame) -> None:
        match frame:
            case Publish(topic=topic, payload=payload):
                event = Event(topic, payload)
                for inbox in self._interests.wanting(topic):
                    inbox.put(event)
            case Lost():
                for inbox in self._interests.everyone:
                    inbox.put(Gap())
            case Answer(id=number, payload=payload):
                _, answer = self._waiting.get(number, ("", None))
                if answer is not None and not answer.done():
                    answer.set_result(payload)
            case Failed(id=number, kind=kind):
                self._fail(number, kind)
            case Ask(id=number, service=service, payload=payload):
                self._serving.handle(
                    service,
                    payload,
                    lambda answer: channel.send(_pack_answer(number, answer)),
                    lambda kind: channel.send(pack(Failed(number, kind))),
                )
            case _:
                pass


def _pack_answer(number: int, payload: bytes) -> bytes:
    try:
        return pack(Answer(number, payload))
    except WireError:
        _log.error("an answer was too big for the bus", bytes=len(payload))
        return pack(Failed(number, "failed"))


class _ClientChannel(Channel):
    def __init__(self, bus: HubBus) -> None:
        super().__init__()
        self._bus = bus

    def received(self, frame: AnyFrame, raw: bytes) -> None:  # noqa: ARG002
        self._bus.received(self, frame)
