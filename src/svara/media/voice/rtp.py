"""RTP packets (RFC 3550) and the pressed keys in them (RFC 4733)."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass

HEADER_BYTES = 12
_HEADER = struct.Struct("!BBHII")
KEYS = "0123456789*#ABCD"
"""The keys of RFC 4733 table 3, by their event codes."""
_WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that came in; extension, CSRC list and padding are already taken off `payload`."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes


def read(data: bytes) -> Packet | None:
    """The packet in a datagram; None when it is none (RFC 3550 section 5.1)."""
    if len(data) <= HEADER_BYTES or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start, end = HEADER_BYTES + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    if start >= end:
        return None
    return Packet(second >= 0x80, second & 0x7F, sequence, timestamp, ssrc, data[start:end])


def later_by(timestamp: int, than: int) -> int:
    """How far one RTP timestamp is after another, negative when it is before: they wrap at 2**32."""
    return (timestamp - than + _WRAP // 2) % _WRAP - _WRAP // 2


class Sender:
    """The outgoing stream of a leg: random SSRC, sequence and timestamp at the start (RFC 3550 section 5.1).

    Time stamps follow the schedule, not the packets: when periods were skipped the stamps jump over them, and the next
    packet carries the marker of a new talk spurt (RFC 3551 section 4.1).
    """

    __slots__ = ("_last_period", "_marker", "_sequence", "_ssrc", "_start", "_unit")

    def __init__(self, unit: int, random_source: random.Random) -> None:
        self._unit = unit
        self._ssrc = random_source.getrandbits(32)
        self._sequence = random_source.getrandbits(16)
        self._start = random_source.getrandbits(32)
        self._last_period = -2
        self._marker = True

    def talk_starts(self) -> None:
        """The next packet begins a talk spurt."""
        self._marker = True

    def set_unit(self, unit: int) -> None:
        """Another codec: so many timestamp units a period from now on; the stamps go on from where they were."""
        if unit != self._unit:
            self._start += self._last_period * (self._unit - unit)
            self._unit = unit
            self._marker = True

    def header(self, payload_type: int, period: int) -> bytes:
        """The header of the packet of this period of 20 ms (periods are counted by the schedule)."""
        if period != self._last_period + 1:
            self._marker = True
        self._last_period = period
        if self._marker:
            payload_type |= 0x80
            self._marker = False
        self._sequence = sequence = (self._sequence + 1) & 0xFFFF
        return _HEADER.pack(0x80, payload_type, sequence, (self._start + period * self._unit) & 0xFFFFFFFF, self._ssrc)

    def event_header(self, payload_type: int, period: int, since: int) -> bytes:
        """... of the packet of a period about an event that began `since` periods ago: all of its packets carry the
        timestamp of its beginning (RFC 4733 section 2.5.1.2)."""
        if not since:
            payload_type |= 0x80
        self._last_period = period
        self._sequence = sequence = (self._sequence + 1) & 0xFFFF
        return _HEADER.pack(
            0x80, payload_type, sequence, (self._start + (period - since) * self._unit) & 0xFFFFFFFF, self._ssrc
        )


class KeyReceiver:
    """Pressed keys out of telephone-event packets, once for each press, at its first packet.

    All packets of a press carry the same timestamp (RFC 4733 section 2.5.1.2), so repeated ends, a lost end and a lost
    start change nothing. The segments of an event that is longer than its duration field can say are one press
    (section 2.5.1.3); what comes late of an earlier press is not a new one.
    """

    __slots__ = ("_duration", "_ended", "_event", "_ssrc", "_timestamp")

    def __init__(self) -> None:
        self._ssrc = -1
        self._timestamp = 0
        self._event = -1
        self._duration = 0
        self._ended = True

    def received(self, packet: Packet) -> str | None:
        """The key, when this packet is the first of a press."""
        if len(packet.payload) < 4 or packet.payload[0] >= len(KEYS):
            return None
        event, flags = packet.payload[0], packet.payload[1]
        duration = int.from_bytes(packet.payload[2:4], "big")
        if packet.ssrc == self._ssrc:
            later = later_by(packet.timestamp, self._timestamp)
            if later == 0 and event == self._event:
                self._duration = max(self._duration, duration)
                self._ended |= bool(flags & 0x80)
                return None
            if later < 0:
                return None
            continued = event == self._event and not self._ended and self._duration >= 0xF000
            if continued and not packet.marker and later <= self._duration + 0x1000:
                self._timestamp, self._duration, self._ended = packet.timestamp, duration, bool(flags & 0x80)
                return None
        self._ssrc, self._timestamp, self._event = packet.ssrc, packet.timestamp, event
        self._duration, self._ended = duration, bool(flags & 0x80)
        return KEYS[event]
