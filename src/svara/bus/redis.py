"""The bus over Redis or Valkey, for offices that run on more than one machine.

The same promises as the hub's. Events are pub/sub messages, one channel a topic. A request goes to the private channel of
the newest process that serves the name, and its answer to the private channel of the asker; Redis says at once when nobody
listens there. What is published while the server is away is dropped, and readers find a `Gap`.

Pub/sub knows no database numbers, so the number in the address is part of every channel's name: two installations can share
one server.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import msgspec
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from svara import log
from svara.bus.port import BusError, Event, Gap, Handler
from svara.bus.serving import Serving
from svara.bus.topics import Inbox, Interests, prefixes_of
from svara.bus.wire import MAX_FRAME_BYTES

_log = log.get("bus.redis")

_FIRST_DELAY_SECONDS = 0.05
_LONGEST_DELAY_SECONDS = 1.0
_CONFIRM_SECONDS = 5.0
_CLOSE_SECONDS = 1.0
_HEALTH_SECONDS = 15
_CONNECTIONS = 16
_MAX_UNSENT_EVENTS = 10_000
_EVENTS_A_TRIP = 500

_AWAY = (RedisError, OSError)


class _Question(msgspec.Struct, frozen=True, array_like=True, tag=1):
    id: int
    asker: str
    service: str
    payload: bytes


class _Answer(msgspec.Struct, frozen=True, array_like=True, tag=2):
    id: int
    payload: bytes


class _Failed(msgspec.Struct, frozen=True, array_like=True, tag=3):
    id: int
    kind: str


_Letter = _Question | _Answer | _Failed
_encode = msgspec.msgpack.Encoder().encode
_decoder: msgspec.msgpack.Decoder[_Letter] = msgspec.msgpack.Decoder(_Letter)


class RedisBus:
    """`svara.bus.port.Bus` over the server at `url` (`redis://host:port/number`, `rediss://...`, `unix://...`)."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_CONFIRM_SECONDS,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=3,
            health_check_interval=_HEALTH_SECONDS,
        )
        self._redis: Redis = Redis.from_pool(pool)
        number = self._redis.connection_pool.connection_kwargs.get("db", 0)
        self._space = f"svara:{number}:"
        self._me = secrets.token_hex(8)
        self._ids = itertools.count(1)
        self._tried = asyncio.Event()
        self._up = False
        self._pubsub: PubSub | None = None
        self._confirmed: dict[bytes, asyncio.Event] = {}
        self._interests: Interests[Inbox] = Interests()
        self._serving = Serving()
        self._waiting: dict[int, tuple[str, asyncio.Future[bytes]]] = {}
        self._unsent: deque[tuple[str, bytes]] = deque()
        self._lost = False
        self._more = asyncio.Event()
        self._publishing = asyncio.Lock()
        self._sending: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        self._tasks = (loop.create_task(self._keep_listening()), loop.create_task(self._keep_publishing()))

    def publish(self, topic: str, payload: bytes = b"") -> None:
        if len(payload) > MAX_FRAME_BYTES:
            _log.error("an event was too big for the bus and was dropped", topic=topic, bytes=len(payload))
        elif len(self._unsent) >= _MAX_UNSENT_EVENTS:
            self._lost = True
        else:
            self._unsent.append((topic, payload))
            self._more.set()

    @asynccontextmanager
    async def subscribe(self, *prefixes: str) -> AsyncIterator[AsyncIterator[Event | Gap]]:
        inbox = Inbox()
        self._interests.add(inbox, prefixes)
        try:
            await self._confirm(prefixes)
            yield inbox
        finally:
            inbox.close()
            self._interests.remove(inbox, prefixes)
            await self._drop(set(prefixes) - set(self._interests.prefixes))

    async def request(self, service: str, payload: bytes, timeout_seconds: float = 5.0) -> bytes:
        if len(payload) > MAX_FRAME_BYTES:
            raise BusError("too-big", service)
        await self._tried.wait()
        number = next(self._ids)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (service, answer)
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._ask(service, _encode(_Question(number, self._me, service, payload)))
                return await answer
        except TimeoutError:
            raise BusError("timeout", service) from None
        except _AWAY:
            raise BusError("unavailable", service) from None
        finally:
            del self._waiting[number]

    async def serve(self, service: str, handler: Handler) -> None:
        self._serving.add(service, handler)
        await self._tried.wait()
        if self._up:
            try:
                await self._register(service)
            except _AWAY:
                _log.warning("the bus is away; it is told as soon as it is back")

    async def close(self) -> None:
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._tried.wait()
                if self._up:
                    await self._publish_some()
                for service in self._serving.services if self._up else ():
                    await self._redis.zrem(self._servers_of(service), self._me)
        except (TimeoutError, *_AWAY):
            pass
        self._serving.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for inbox in self._interests.everyone:
            inbox.close()
        await self._redis.aclose()

    # --- names in Redis

    def _channel(self, topic: str) -> str:
        return f"{self._space}event:{topic}"

    def _pattern(self, prefix: str) -> str:
        return self._channel("".join(f"\\{sign}" if sign in "*?[]\\" else sign for sign in prefix)) + ".*"

    def _inbox_of(self, process: str) -> str:
        return f"{self._space}inbox:{process}"

    def _servers_of(self, service: str) -> str:
        return f"{self._space}servers:{service}"

    # --- publishing

    async def _keep_publishing(self) -> None:
        delay_seconds = _FIRST_DELAY_SECONDS
        while True:
            await self._more.wait()
            self._more.clear()
            try:
                while self._unsent or self._lost:
                    await self._publish_some()
                delay_seconds = _FIRST_DELAY_SECONDS
            except _AWAY:
                self._unsent.clear()
                self._lost = True
                await asyncio.sleep(delay_seconds)
                delay_seconds = min(2 * delay_seconds, _LONGEST_DELAY_SECONDS)
                self._more.set()

    async def _publish_some(self) -> None:
        async with self._publishing:
            await self._publish_now()

    async def _publish_now(self) -> None:
        some = [self._unsent.popleft() for _ in range(min(len(self._unsent), _EVENTS_A_TRIP))]
        lost, self._lost = self._lost, False
        if not some and not lost:
            return
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic, payload in some:
                pipeline.publish(self._channel(topic), payload)
            if lost:
                pipeline.publish(f"{self._space}lost", b"")
            await pipeline.execute()

    # --- asking and answering

    async def _ask(self, service: str, letter: bytes) -> None:
        """Hand the question to the newest server of that name that is alive. Raises BusError, RedisError, OSError."""
        key = self._servers_of(service)
        servers = cast("list[bytes]", await self._redis.zrevrange(key, 0, -1))
        for server in servers:
            if await self._redis.publish(self._inbox_of(server.decode()), letter):
                return
            await self._redis.zrem(key, server)
        raise BusError("unavailable", service)

    async def _register(self, service: str) -> None:
        turn = await self._redis.incr(f"{self._space}turn")
        await self._redis.zadd(self._servers_of(service), {self._me: turn})

    def _post(self, process: str, letter: _Letter) -> None:
        task = asyncio.get_running_loop().create_task(self._deliver(process, letter))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _deliver(self, process: str, letter: _Letter) -> None:
        raw = _encode(letter)
        if len(raw) > MAX_FRAME_BYTES:
            _log.error("an answer was too big for the bus", bytes=len(raw))
            raw = _encode(_Failed(letter.id, "failed"))
        try:
            await self._redis.publish(self._inbox_of(process), raw)
        except _AWAY:
            _log.warning("an answer was lost because the bus is away")

    # --- listening

    async def _keep_listening(self) -> None:
        delay_seconds = _FIRST_DELAY_SECONDS
        while True:
            pubsub = self._redis.pubsub()
            try:
                self._pubsub = pubsub
                await pubsub.subscribe(self._inbox_of(self._me), f"{self._space}lost")
                await self._listen_to(pubsub, self._interests.prefixes)
                while True:
                    message = await pubsub.get_message(timeout=_HEALTH_SECONDS)
                    if message is not None:
                        delay_seconds = _FIRST_DELAY_SECONDS
                        await self._received(message)
            except _AWAY:
                if self._up:
                    _log.warning("the bus is away")
                self._up = False
                self._tried.set()
                for number in self._waiting:
                    self._fail(number, "unavailable")
                await asyncio.sleep(delay_seconds)
                delay_seconds = min(2 * delay_seconds, _LONGEST_DELAY_SECONDS)
            finally:
                self._pubsub = None
                await pubsub.aclose()  # type: ignore[no-untyped-call]

    async def _connected(self) -> None:
        for service in self._serving.services:
            await self._register(service)
        if self._tried.is_set():
            for inbox in self._interests.everyone:
                inbox.put(Gap())
        self._up = True
        self._tried.set()

    async def _listen_to(self, pubsub: PubSub, prefixes: tuple[str, ...]) -> None:
        if prefixes:
            await pubsub.subscribe(*(self._channel(prefix) for prefix in prefixes))
            await pubsub.psubscribe(*(self._pattern(prefix) for prefix in prefixes))

    async def _confirm(self, prefixes: tuple[str, ...]) -> None:
        """Subscribe, and wait until the server has taken it; while it is away the next connection does it."""
        await self._tried.wait()
        if not prefixes:
            return
        last = self._pattern(prefixes[-1]).encode()
        confirmed = self._confirmed.setdefault(last, asyncio.Event())
        try:
            async with asyncio.timeout(_CONFIRM_SECONDS):
                if self._pubsub is None or not self._up:
                    raise TimeoutError
                await self._listen_to(self._pubsub, prefixes)
                await confirmed.wait()
        except (TimeoutError, *_AWAY):
            _log.warning("the bus is away; it is told as soon as it is back")
        finally:
            self._confirmed.pop(last, None)

    async def _drop(self, prefixes: set[str]) -> None:
        if self._pubsub is None or not prefixes:
            return
        try:
            await self._pubsub.unsubscribe(*(self._channel(prefix) for prefix in prefixes))
            await self._pubsub.punsubscribe(*(self._pattern(prefix) for prefix in prefixes))
        except _AWAY:
            pass  # the next connection asks for what is still wanted

    async def _received(self, message: dict[str, Any]) -> None:
        kind, channel = message["type"], message["channel"]
        if kind in ("message", "pmessage"):
            self._take(channel.decode(), message["data"], exact=kind == "message", pattern=message["pattern"])
        elif kind == "subscribe" and channel == self._inbox_of(self._me).encode():
            await self._connected()
        elif kind == "psubscribe" and channel in self._confirmed:
            self._confirmed[channel].set()

    def _take(self, channel: str, data: bytes, *, exact: bool, pattern: bytes | None) -> None:
        if channel.startswith(f"{self._space}event:"):
            topic = channel.removeprefix(f"{self._space}event:")
            wanted = set(self._interests.prefixes)
            # An event comes once for each prefix that this process asked for: the shortest one counts.
            shortest = next((prefix for prefix in prefixes_of(topic) if prefix in wanted), None)
            if shortest is None or (shortest != topic if exact else self._pattern(shortest).encode() != pattern):
                return
            event = Event(topic, data)
            for inbox in self._interests.wanting(topic):
                inbox.put(event)
        elif channel == f"{self._space}lost":
            for inbox in self._interests.everyone:
                inbox.put(Gap())
        else:
            self._read_letter(data)

    def _read_letter(self, data: bytes) -> None:
        try:
            letter = _decoder.decode(data)
        except msgspec.DecodeError:
            _log.warning("something unreadable came over the bus")
            return
        if isinstance(letter, _Question):
            asker, number = letter.asker, letter.id
            self._serving.handle(
                letter.service,
                letter.payload,
                lambda answer: self._post(asker, _Answer(number, answer)),
                lambda kind: self._post(asker, _Failed(number, kind)),
            )
            return
        if isinstance(letter, _Failed):
            self._fail(letter.id, letter.kind)
            return
        _, waiting = self._waiting.get(letter.id, ("", None))
        if waiting is not None and not waiting.done():
            waiting.set_result(letter.payload)

    def _fail(self, number: int, kind: str) -> None:
        service, answer = self._waiting.get(number, ("", None))
        if answer is not None and not answer.done():
            answer.set_exception(BusError(kind, service))
