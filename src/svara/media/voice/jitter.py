"""Puts what came over the network back into its time: for what is mixed, recorded or listened to.

A small delay, 40 to 60 ms where the network is even and up to 200 ms where it is not, gives late packets the time to arrive.
It grows by a frame when the buffer ran dry, and shrinks again when nothing of it was needed for some seconds; so it also
takes up that no two clocks run alike (RFC 3550 section 6.4.1 says what jitter is).
"""

from __future__ import annotations

from svara.media.voice.rtp import Packet, later_by

LEAST_FRAMES = 2
MOST_FRAMES = 10
FULL_FRAMES = 50
"""Beyond a second nothing is kept: what is played so late is no conversation."""
SHRINK_AFTER_FRAMES = 250


class JitterBuffer:
    """The packets of one stream; `unit` is RTP timestamp units per 20 ms. One `take` every 20 ms."""

    __slots__ = ("_cursor", "_dry", "_highest", "_last", "_least_waiting", "_packets", "_since", "_ssrc", "_target", "_unit")

    def __init__(self, unit: int) -> None:
        self._unit = unit
        self._target = LEAST_FRAMES
        self._ssrc = -1
        self._reset()

    def _reset(self) -> None:
        self._packets: dict[int, list[bytes]] = {}
        self._cursor: int | None = None
        """The number of the frame that is taken next; None: still filling."""
        self._highest = 0
        self._last = 0
        self._least_waiting = FULL_FRAMES
        self._since = 0
        self._dry = 0

    def put(self, packet: Packet) -> None:
        """A packet came in."""
        if packet.ssrc != self._ssrc:
            self._ssrc = packet.ssrc
            self._reset()
            self._last = packet.timestamp
        # The extended timestamp never wraps: it goes on from the highest one that was seen.
        later = later_by(packet.timestamp, self._last & 0xFFFFFFFF)
        extended = self._last + later
        if abs(later) > FULL_FRAMES * self._unit or len(self._packets) > FULL_FRAMES:
            self._reset()
            self._last = extended
        number = extended // self._unit
        if self._cursor is not None and number < self._cursor:
            if self._packets or not self._dry:
                return
            # It is missed, and nothing else is there: a longer delay would have helped.
            self._target = min(self._target + 1, MOST_FRAMES)
            self._cursor = None
        self._last = max(self._last, extended)
        self._highest = max(self._highest, number) if self._packets else number
        parts = self._packets.setdefault(number, [])
        if len(parts) < 4 and packet.payload not in parts:
            parts.append(packet.payload)

    def take(self) -> list[bytes] | None:
        """What belongs into the next 20 ms: its payloads in their order; None when nothing is there."""
        packets = self._packets
        if self._cursor is None:
            if not packets:
                return None
            first = min(packets)
            if self._highest - first + 1 < self._target:
                return None
            self._cursor, self._since, self._least_waiting = first, 0, FULL_FRAMES
        cursor = self._cursor
        parts = packets.pop(cursor, None)
        self._cursor = cursor + 1
        if parts is None and not packets:
            self._dry += 1
            if self._dry > FULL_FRAMES:
                self._reset()
            return None
        self._dry = 0
        self._watch(cursor + 1, self._highest - cursor if packets else 0)
        return parts

    def _watch(self, cursor: int, waiting: int) -> None:
        """Shrink the delay when for seconds there was always more than the least."""
        self._least_waiting = min(self._least_waiting, waiting)
        self._since += 1
        if waiting > FULL_FRAMES:
            self._skip(cursor, waiting - self._target)
        elif self._since >= SHRINK_AFTER_FRAMES:
            if self._least_waiting >= LEAST_FRAMES:
                self._target = max(self._target - 1, LEAST_FRAMES)
                self._skip(cursor, max(1, self._least_waiting - self._target))
            self._since, self._least_waiting = 0, FULL_FRAMES

    def _skip(self, cursor: int, frames: int) -> None:
        for number in range(cursor, cursor + frames):
            self._packets.pop(number, None)
        self._cursor = cursor + frames
