"""Reliable provisional responses (RFC 3262): a 180 or 183 that must arrive, and the PRACK that says it did."""

from __future__ import annotations

import enum
import random
from collections import deque
from collections.abc import Callable
from typing import Final

from svara.sip.extensions import RAck, parse_rack, parse_rseq
from svara.sip.message import Request, Response, SipError
from svara.sip.timers import Ticket, Timers
from svara.sip.transaction.server import ServerTransaction
from svara.sip.transaction.times import LIFE, T1

_QUEUE: Final = 16


class ReliableSender:
    """Sends reliable provisional responses to one INVITE, one at a time (section 3): repeated until its PRACK comes.

    `on_failure()` after 64*T1 without a PRACK: refuse the INVITE with a 5xx.
    """

    __slots__ = ("_data", "_elapsed", "_interval", "_on_failure", "_rseq", "_ticket", "_timers", "_transaction", "_waiting")

    def __init__(
        self, timers: Timers, transaction: ServerTransaction, randomness: random.Random, on_failure: Callable[[], object]
    ) -> None:
        self._timers = timers
        self._transaction = transaction
        self._on_failure = on_failure
        self._rseq = randomness.randrange(1, 2**31 - 1)
        self._waiting: deque[tuple[Response, Callable[[], object] | None]] = deque()
        self._data = b""
        self._ticket: Ticket | None = None
        self._interval = self._elapsed = 0.0

    @property
    def pending(self) -> bool:
        """Is a PRACK outstanding? A 2xx must wait where the response carried a description (section 3)."""
        return bool(self._waiting)

    def send(self, response: Response, on_acknowledged: Callable[[], object] | None = None) -> None:
        """Send a 101-199 response reliably, after those before it. Raises SipError(500) when too many wait."""
        if len(self._waiting) >= _QUEUE:
            raise SipError(500, "Too many provisional responses")
        self._rseq += 1
        response.add("Require", "100rel")
        response.set("RSeq", str(self._rseq))
        self._waiting.append((response, on_acknowledged))
        if len(self._waiting) == 1:
            self._send_first()

    def receive_prack(self, prack: Request) -> bool:
        """True: it acknowledges the outstanding response, answer 200. False: answer 481. Raises SipError(400)."""
        rack = parse_rack(prack.first("rack") or "")
        if not self._waiting:
            return False
        response, acknowledged = self._waiting[0]
        cseq = response.cseq
        if (rack.rseq, rack.cseq, rack.method) != (parse_rseq(response.first("rseq") or ""), cseq.number, cseq.method):
            return False
        self._stop()
        self._waiting.popleft()
        if self._waiting:
            self._send_first()
        if acknowledged is not None:
            acknowledged()
        return True

    def stop(self) -> None:
        """The INVITE has its final response: nothing is repeated any more."""
        self._stop()
        self._waiting.clear()

    def _send_first(self) -> None:
        response = self._waiting[0][0]
        self._data = response.to_bytes()
        self._interval, self._elapsed = T1, 0.0
        self._transaction.respond(response)
        self._ticket = self._timers.after(self._interval, self._due)

    def _due(self) -> None:
        self._elapsed += self._interval
        if self._transaction.done:
            self.stop()
        elif self._elapsed >= LIFE:
            self.stop()
            self._on_failure()
        else:
            self._transaction.repeat(self._data)
            self._interval = min(self._interval * 2, LIFE - self._elapsed)
            self._ticket = self._timers.after(self._interval, self._due)

    def _stop(self) -> None:
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None


class Heard(enum.Enum):
    """What a provisional response is to us (section 4)."""

    PLAIN = "not reliable: take it"
    NEW = "reliable and new: take it and send a PRACK"
    DROP = "repeated or out of order: as if it had not come"


class ReliableReceiver:
    """Keeps the order of reliable provisional responses to one INVITE of ours, for each fork by itself."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def hear(self, response: Response) -> tuple[Heard, RAck | None]:
        """Judge a provisional response; for `NEW` with the value of the PRACK's RAck. Raises SipError(400)."""
        if response.status <= 100 or response.status >= 200 or "100rel" not in response.require:
            return Heard.PLAIN, None
        rseq, tag = parse_rseq(response.first("rseq") or ""), response.to.tag or ""
        last = self._last.get(tag)
        if (last is not None and rseq != last + 1) or (last is None and len(self._last) >= 64):
            return Heard.DROP, None
        self._last[tag] = rseq
        cseq = response.cseq
        return Heard.NEW, RAck(rseq, cseq.number, cseq.method)
