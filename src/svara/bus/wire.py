"""The frames on the hub's Unix socket: a length (u32, big-endian), then one msgpack array whose first item is its kind.

Guarantees: a frame is bounded in size; whatever else comes is a `WireError`, never a crash; writes of one turn of the event
loop leave in one system call; what waits to be written is bounded, events are dropped when it is full and answers never are.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from typing import cast

import msgspec

MAX_FRAME_BYTES = 8 * 1024 * 1024
MAX_WAITING_BYTES = 2 * 1024 * 1024
"""What may wait for a reader before events to it are dropped."""
_MAX_UNDROPPABLE_BYTES = 4 * MAX_FRAME_BYTES
"""What may wait for a reader, answers included, before it is given up."""

_LENGTH = struct.Struct(">I")


class _Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    pass


class Publish(_Frame, frozen=True, array_like=True, tag=1, gc=False):
    topic: str
    payload: bytes


class Lost(_Frame, frozen=True, array_like=True, tag=2, gc=False):
    """Events were dropped here; from a client, events that it could not send."""


class Subscribe(_Frame, frozen=True, array_like=True, tag=3):
    """Answered by `Answer`, so that the subscriber knows that from now on nothing is missed."""

    id: int
    prefixes: tuple[str, ...]


class Unsubscribe(_Frame, frozen=True, array_like=True, tag=4):
    prefixes: tuple[str, ...]


class Serve(_Frame, frozen=True, array_like=True, tag=5):
    """Answered by `Answer`."""

    id: int
    service: str


class Ask(_Frame, frozen=True, array_like=True, tag=6):
    id: int
    service: str
    payload: bytes


class Answer(_Frame, frozen=True, array_like=True, tag=7):
    id: int
    payload: bytes


class Failed(_Frame, frozen=True, array_like=True, tag=8):
    id: int
    kind: str


class Cancel(_Frame, frozen=True, array_like=True, tag=9):
    """The asker waits no more."""

    id: int


AnyFrame = Publish | Lost | Subscribe | Unsubscribe | Serve | Ask | Answer | Failed | Cancel


class WireError(Exception):
    """The other side sent something that is no frame."""


_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyFrame] = msgspec.msgpack.Decoder(AnyFrame)


def pack(frame: AnyFrame) -> bytes:
    """The frame's bytes on the wire. Raises WireError when it is too big."""
    body = _encoder.encode(frame)
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {len(body)} bytes is too big")
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[AnyFrame, bytes]]:
        """Each frame that is whole now, with its bytes on the wire. Raises WireError."""
        data = self._rest + data if self._rest else data
        at = 0
        while len(data) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(data, at)
            if length > MAX_FRAME_BYTES:
                raise WireError(f"a frame of {length} bytes is too big")
            end = at + _LENGTH.size + length
            if len(data) < end:
                break
            try:
                frame = _decoder.decode(memoryview(data)[at + _LENGTH.size : end])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise WireError("not a frame") from error
            yield frame, data[at:end]
            at = end
        self._rest = data[at:]


class Channel(asyncio.BufferedProtocol):
    """One connection between a client and the hub, seen from either side; subclasses say what a frame does."""

    _READ_BYTES = 256 * 1024

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._space = bytearray(self._READ_BYTES)
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._full = False
        self._dropped = False
        self.closed: asyncio.Future[None] = self._loop.create_future()

    def received(self, frame: AnyFrame, raw: bytes) -> None:
        """A frame came; `raw` is its bytes on the wire."""
        raise NotImplementedError

    def send_event(self, raw: bytes) -> None:
        """Send bytes that may be lost: when the other side is slow they are dropped, and a `Lost` takes their place."""
        if self._full or self._out_bytes + len(raw) > MAX_WAITING_BYTES:
            self._dropped = True
        else:
            self.send(raw)

    def send(self, raw: bytes) -> None:
        """Send bytes that must arrive; a side that lets them pile up beyond all bounds is cut off."""
        if self._transport is None:
            return
        if not self._out:
            self._loop.call_soon(self.flush)
        self._out.append(raw)
        self._out_bytes += len(raw)

    def flush(self) -> None:
        """Hand what waits to the operating system; done once a turn of the loop by itself."""
        transport, out = self._transport, self._out
        self._out, self._out_bytes = [], 0
        if transport is None or not out:
            return
        transport.write(b"".join(out))
        if transport.get_write_buffer_size() > _MAX_UNDROPPABLE_BYTES:
            transport.abort()
        elif self._dropped and not self._full:
            self._tell_of_loss()

    def close(self) -> None:
        """Send what waits, then close."""
        self.flush()
        if self._transport is not None:
            self._transport.close()

    @property
    def waiting_bytes(self) -> int:
        """How much waits for the other side to read."""
        return self._out_bytes + (self._transport.get_write_buffer_size() if self._transport is not None else 0)

    def _tell_of_loss(self) -> None:
        self._dropped = False
        self.send(pack(Lost()))

    # --- asyncio's callbacks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=MAX_WAITING_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._transport = None
        self._out, self._out_bytes = [], 0
        if not self.closed.done():
            self.closed.set_result(None)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        return self._space

    def buffer_updated(self, nbytes: int) -> None:
        try:
            for frame, raw in self._reader.feed(bytes(memoryview(self._space)[:nbytes])):
                self.received(frame, raw)
        except WireError:
            if self._transport is not None:
                self._transport.abort()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        if self._dropped:
            self._tell_of_loss()
