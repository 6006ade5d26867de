"""Messages on their way to browsers: in order for each browser, side by side for many, and none of use to nobody.

Of what is about one call the newest counts: a ringing that is over before it was sent is never sent, nor is its end. A
service that is busy is asked again within the time of the message. Who waits is bounded in number; a browser that is no more
is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal
from weakref import WeakValueDictionary

from svara import log
from svara.push.encryption import BrowserKeys, encrypt
from svara.push.ringing import Kind
from svara.push.sending import Answered, Message, Unreachable
from svara.push.services import Place

MAX_WAITING: Final = 2_000
AT_ONCE: Final = 32
MAX_TRIES: Final = 3
AGAIN_SECONDS: Final = 2.0
_BUSY: Final = 429

Send = Callable[[Place, Message], Awaitable[Answered]]
What = Literal["taken", "gone", "refused", "unreached", "late", "superseded", "full"]

_log = log.get("push.post")


@dataclass(slots=True)
class Parcel:
    """One message for one browser. `until` is wall-clock time, after which it is of no use."""

    device: str
    place: Place
    keys: BrowserKeys
    kind: Kind
    topic: str
    content: bytes
    until: float
    begun: bool = field(default=False, init=False)
    superseded: bool = field(default=False, init=False)


class Post:
    """Sends parcels. Belongs to one event loop. `on_end` is told of each what became of it."""

    def __init__(self, send: Send, now: Callable[[], float], on_end: Callable[[Parcel, What], Awaitable[None]]) -> None:
        self._send = send
        self._now = now
        self._on_end = on_end
        self._newest: dict[str, Parcel] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        return len(self._tasks)

    def put(self, parcel: Parcel) -> None:
        """Send it when it is its turn."""
        older = self._newest.get(parcel.topic)
        if older is not None:
            older.superseded = True
            if parcel.kind == "over" and older.kind == "ring" and not older.begun:
                return  # the browser never heard of it
        if len(self._tasks) >= MAX_WAITING:
            _log.warning("too many push messages wait; one is left out", service=parcel.place.service)
            return
        self._newest[parcel.topic] = parcel
        task = asyncio.create_task(self._go(parcel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let go of what waits."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _go(self, parcel: Parcel) -> None:
        lock = self._locks.get(parcel.device)
        if lock is None:
            lock = self._locks[parcel.device] = asyncio.Lock()
        try:
            async with lock:
                what = await self._deliver(parcel)
            await self._on_end(parcel, what)
        except Exception:
            _log.error("a push message could not be sent", exc_info=True, service=parcel.place.service)
        finally:
            if self._newest.get(parcel.topic) is parcel:
                del self._newest[parcel.topic]

    async def _deliver(self, parcel: Parcel) -> What:
        what: What = "unreached"
        for tried in range(MAX_TRIES):
            async with self._slots:
                left = parcel.until - self._now()
                if parcel.superseded:
                    return "superseded"
                if left <= 0:
                    return what if tried else "late"
                parcel.begun = True
                wait_seconds = AGAIN_SECONDS
                try:
                    answered = await self._send(parcel.place, message_of(parcel, left))
                except Unreachable as error:
                    what = "unreached"
                    _log.info("a push service is not reached", service=parcel.place.service, reason=error.why)
                else:
                    if answered.taken:
                        return "taken"
                    if answered.gone:
                        return "gone"
                    what = "refused"
                    _log.info("a push service refuses a message", service=parcel.place.service, status=answered.status)
                    if answered.status != _BUSY and answered.status < 500:
                        return what
                    wait_seconds = max(AGAIN_SECONDS, answered.retry_seconds)
            if self._now() + wait_seconds >= parcel.until:
                return what
            if tried + 1 < MAX_TRIES:
                await asyncio.sleep(wait_seconds)
        return what


def message_of(parcel: Parcel, left_seconds: float) -> Message:
    """What goes to the push service: encrypted anew each time, for no longer than it is of use."""
    urgent = parcel.kind in ("ring", "over")
    return Message(encrypt(parcel.content, parcel.keys), max(1, int(left_seconds)), parcel.topic, urgent)
