"""The end of a talk as it is written: after the relay has told how the sound was, which it does when the phones are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from svara.calls.events import AnyEvent, CallEnded, CallQuality
from svara.media.quality import POOR_MOS
from svara.media.relay import LegQuality, RelayError

if TYPE_CHECKING:
    from svara.calls.switch import Switch


class Closing:
    """Writes the end of a talk: at once, or, where the relay still has to tell what it measured, when it has told."""

    __slots__ = ("_ended", "_front", "_happened", "_switch", "_written")

    def __init__(self, switch: Switch, happened: list[AnyEvent], ended: CallEnded, front: str) -> None:
        self._front = front
        self._switch = switch
        self._happened = happened
        self._ended = ended
        self._written = False

    def measured(self, result: tuple[LegQuality, ...] | RelayError) -> None:
        """The relay told, or will tell nothing any more."""
        if self not in self._switch.closing:
            return
        self._switch.closing.discard(self)
        for one in () if isinstance(result, RelayError) else result:
            self._happened.append(
                CallQuality(
                    self._ended.call,
                    self._ended.at,
                    side="caller" if one.leg == self._front else "callee",
                    packets=one.packets,
                    lost=one.lost,
                    jitter_ms=one.jitter_ms,
                    mos=one.mos,
                    lost_before=one.lost_before,
                    round_trip_ms=one.round_trip_ms,
                )
            )
            counters = self._switch.counters
            counters.sound_packets_total += one.packets
            counters.sound_packets_lost_total += one.lost
            counters.sounds_measured_total += one.mos is not None
            counters.sounds_poor_total += one.mos is not None and one.mos < POOR_MOS
        self._happened.append(self._ended)
        if self._written:
            self._switch.write(self._happened)

    def write(self) -> None:
        """What is known by now; the rest follows."""
        if self._happened:
            self._switch.write(self._happened)
        self._happened = []
        self._written = True
