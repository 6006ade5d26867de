"""The keys of sealed sound files, asked for one by one from the process that has the vault.

The voice process has no key but the intake's public one. What it shall play from a sealed file it can open for as long as
it holds that file's own key: in memory, and only while it reads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from svara.bus.port import Bus, BusError

SERVICE = "sound-keys"
"""The bus service that answers `AskKey` with `Key`; the role jobs."""
ANSWER_SECONDS = 1.0
_AGAIN_SECONDS = (0.1, 0.3, 0.6)
"""Whoever has the vault may have been restarted just now. Somebody waits on the line meanwhile."""


class AskKey(msgspec.Struct, frozen=True, array_like=True):
    """`file` as in `svara.media.voice.port.Sound`; `head` is how it begins (`svara.sealing.file.read_head`)."""

    file: str
    head: bytes


class Key(msgspec.Struct, frozen=True, array_like=True):
    """Empty where there is none to be had: it was destroyed, or the file is not what it should be."""

    key: bytes = b""

    def __repr__(self) -> str:
        return "Key()"


class Keys:
    """Asks. `ask` may be called on any thread."""

    def __init__(self, line: Bus, loop: asyncio.AbstractEventLoop) -> None:
        self._line = line
        self._loop = loop
        self._asking: set[asyncio.Task[None]] = set()

    def ask(self, file: str, head: bytes, then: Callable[[bytes | None], None]) -> None:
        """`then` is told the key on the event loop, or None."""
        self._loop.call_soon_threadsafe(self._begin, AskKey(file, head), then)

    def _begin(self, question: AskKey, then: Callable[[bytes | None], None]) -> None:
        task = self._loop.create_task(self._ask(question, then))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, question: AskKey, then: Callable[[bytes | None], None]) -> None:
        payload = msgspec.msgpack.encode(question)
        for again_seconds in (*_AGAIN_SECONDS, None):
            try:
                answer = await self._line.request(SERVICE, payload, ANSWER_SECONDS)
                then(msgspec.msgpack.decode(answer, type=Key).key or None)
            except (BusError, msgspec.DecodeError):
                if again_seconds is not None:
                    await asyncio.sleep(again_seconds)
                    continue
                then(None)
            return
