"""rtpengine's control protocol, *ng*: bencoded dictionaries in UDP datagrams, each behind a cookie that its answer repeats.

The client never blocks and keeps no more than `MAX_IN_FLIGHT` questions open. A question that gets no answer is sent again
under the same cookie, which the engine recognises (it repeats its answer and does nothing twice), until `TIMEOUT_SECONDS`
are over. What comes back is bounded in size, depth and number of values before it is believed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import socket
from collections.abc import Callable
from typing import Protocol

from svara import log
from svara.clock import Clock, Timer
from svara.media.addresses import local_address
from svara.media.relay import RelayError

MAX_DATAGRAM_BYTES = 65_507
MAX_IN_FLIGHT = 4_000
MAX_DEPTH = 12
MAX_VALUES = 20_000
RETRANSMIT_SECONDS = (0.25, 0.5, 0.5, 0.75)
"""The waits before each further try, and the last one before giving up."""
TIMEOUT_SECONDS = sum(RETRANSMIT_SECONDS)

Value = int | bytes | list["Value"] | dict[str, "Value"]
Plain = int | str | bytes | list[str] | tuple[str, ...]
AnswerDone = Callable[[dict[str, Value] | RelayError], None]

_log = log.get("media.ng")


def encode(command: dict[str, Plain]) -> bytes:
    """Bencode a flat command."""
    parts = [b"d"]
    for key, value in command.items():
        parts.append(_text(key))
        if isinstance(value, int):
            parts.append(b"i%de" % value)
        elif isinstance(value, str | bytes):
            parts.append(_text(value))
        else:
            parts += (b"l", *map(_text, value), b"e")
    parts.append(b"e")
    return b"".join(parts)


def _text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return b"%d:%s" % (len(data), data)


def decode(data: bytes) -> Value:
    """Read exactly one bencoded value. Raises ValueError on anything else, and beyond the bounds above."""
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise ValueError("bytes after the end")
    return value


class _Reader:
    __slots__ = ("_data", "_left", "at")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_VALUES
        self.at = 0

    def value(self, depth: int) -> Value:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise ValueError("too deep or too many values")
        kind = self._data[self.at : self.at + 1]
        if kind == b"i":
            return self._integer()
        if kind == b"l":
            self.at += 1
            items: list[Value] = []
            while not self._ended():
                items.append(self.value(depth + 1))
            return items
        if kind == b"d":
            self.at += 1
            entries: dict[str, Value] = {}
            while not self._ended():
                key = self._string().decode("utf-8", "replace")
                entries[key] = self.value(depth + 1)
            return entries
        return self._string()

    def _ended(self) -> bool:
        if self._data[self.at : self.at + 1] == b"e":
            self.at += 1
            return True
        return False

    def _integer(self) -> int:
        end = self._data.find(b"e", self.at, self.at + 24)
        if end < 0:
            raise ValueError("endless integer")
        number = int(self._data[self.at + 1 : end])
        self.at = end + 1
        return number

    def _string(self) -> bytes:
        colon = self._data.find(b":", self.at, self.at + 8)
        length = self._data[self.at : colon] if colon > 0 else b""
        if not length.isdigit() or colon + 1 + int(length) > len(self._data):
            raise ValueError("not a string")
        start, self.at = colon + 1, colon + 1 + int(length)
        return self._data[start : self.at]


class Wire(Protocol):
    """What carries datagrams to the engine and calls `NgClient.received` with each that comes back."""

    def send(self, datagram: bytes) -> None: ...

    def close(self) -> None: ...


class UdpWire:
    """A non-blocking UDP socket that takes datagrams of the engine only.

    It is not connected: a connected one would report that nobody listens there (while the engine restarts), upon which
    uvloop stops to read from it for good.
    """

    def __init__(self, address: tuple[str, int], received: Callable[[bytes], None]) -> None:
        """Opens the socket on the running loop; `address` is an IP address and a port. Raises OSError."""
        self._received = received
        self._address = address
        self._socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind((local_address(address[0]), 0))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._readable)

    def send(self, datagram: bytes) -> None:
        with contextlib.suppress(OSError):  # a full buffer, or no way there now: the next try may find the engine back
            self._socket.sendto(datagram, self._address)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(64):
            try:
                data, source = self._socket.recvfrom(MAX_DATAGRAM_BYTES)
            except OSError:
                return
            if source[:2] == self._address:
                self._received(data)


class _Question:
    __slots__ = ("datagram", "done", "timer", "tries")

    def __init__(self, datagram: bytes, done: AnswerDone) -> None:
        self.datagram = datagram
        self.done = done
        self.tries = 0
        self.timer: Timer | None = None


class NgClient:
    """Asks one engine. `wire` is set by its owner and may be replaced: open questions are then repeated on the new one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[bytes, _Question] = {}
        self._cookies = itertools.count()
        self._prefix = secrets.token_hex(4)
        self._told_of_silence = False
        self.wire: Wire | None = None

    @property
    def in_flight(self) -> int:
        """How many questions wait for their answer."""
        return len(self._open)

    def ask(self, command: dict[str, Plain], done: AnswerDone) -> None:
        """Send a command; `done` gets the answer's dictionary when its result is ok or pong, else a RelayError."""
        if len(self._open) >= MAX_IN_FLIGHT:
            done(RelayError("the media relay has too much to do"))
            return
        cookie = f"{self._prefix}_{next(self._cookies)}".encode()
        datagram = cookie + b" " + encode(command)
        if len(datagram) > MAX_DATAGRAM_BYTES:
            done(RelayError("too large for the media relay"))
            return
        question = self._open[cookie] = _Question(datagram, done)
        self._send(cookie, question)

    def received(self, datagram: bytes) -> None:
        """Take one datagram of the engine. Answers to nothing, doubled answers and broken ones are dropped."""
        cookie, _, body = datagram.partition(b" ")
        question = self._open.get(cookie)
        if question is None:
            return
        try:
            answer = decode(body)
            if not isinstance(answer, dict):
                raise ValueError("not a dictionary")
        except ValueError:
            _log.warning("the media relay sent what cannot be read")
            return
        del self._open[cookie]
        self._told_of_silence = False
        if question.timer:
            question.timer.cancel()
        result = answer.get("result")
        if result in (b"ok", b"pong"):
            question.done(answer)
            return
        reason = answer.get("error-reason")
        text = reason.decode("utf-8", "replace")[:200] if isinstance(reason, bytes) else "refused"
        lost = text.lower().startswith("unknown call-id")
        if not lost:
            _log.warning("the media relay refused a command", text=text)
        question.done(RelayError(text, session_lost=lost))

    def close(self) -> None:
        """Drop every open question; nobody is told."""
        for question in self._open.values():
            if question.timer:
                question.timer.cancel()
        self._open.clear()

    def _send(self, cookie: bytes, question: _Question) -> None:
        if question.tries == len(RETRANSMIT_SECONDS):
            del self._open[cookie]
            if not self._told_of_silence:  # once, and not for each of hundreds of questions
                self._told_of_silence = True
                _log.warning("the media relay does not answer")
            question.done(RelayError("the media relay does not answer"))
            return
        wait = RETRANSMIT_SECONDS[question.tries]
        question.tries += 1
        question.timer = self._clock.call_later(wait, self._send, cookie, question)
        if self.wire:
            self.wire.send(question.datagram)
