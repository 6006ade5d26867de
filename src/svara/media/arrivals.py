"""On which side of the relay sound was lost.

The phone that listens reports what is missing of the whole way (RTCP, RFC 3550 section 6.4). What of it did not even reach
the relay follows from how many packets came in over some time, and how many a phone sends in that time: one for every
`ptime` (RFC 3551 section 4.2), which the size of the packets tells for codecs of 8 bytes a millisecond. A phone that is
silent for a while and does not send then looks like one that loses; so no more is ever said to be lost here than the
listener missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RTP_HEADER_BYTES: Final = 12
BYTES_PER_MS: Final = {"PCMA/8000": 8, "PCMU/8000": 8, "G722/8000": 8}
USUAL_PTIME_MS: Final = 20.0
MIN_SECONDS: Final = 9.0
"""A shorter time says too little: one packet more or less would be a percent."""


@dataclass(frozen=True, slots=True)
class Came:
    """What had come from one phone until `at` (monotonic seconds)."""

    at: float
    packets: int
    size_bytes: int
    codec: str = ""


def ptime_ms(came: Came) -> float:
    """Milliseconds of sound in a packet, in steps of 10 (5 below 10)."""
    bytes_per_ms = BYTES_PER_MS.get(came.codec)
    if bytes_per_ms is None or not came.packets:
        return USUAL_PTIME_MS
    exact = (came.size_bytes / came.packets - RTP_HEADER_BYTES) / bytes_per_ms
    return max(5.0, round(exact / 10) * 10.0)


def share_missing(first: Came, last: Came) -> float | None:
    """Which share (0 to 1) of what the phone sent between the two did not come; None where the time is too short."""
    seconds = last.at - first.at
    came = last.packets - first.packets
    if seconds < MIN_SECONDS or came <= 0:
        return None
    expected = seconds * 1000 / ptime_ms(last)
    return min(1.0, max(0.0, 1 - came / expected))


def lost_before(lost: int, packets: int, share: float | None) -> int | None:
    """Of `lost` packets that the listener missed, those that did not reach the relay, where `packets` arrived in all."""
    if share is None or share >= 1:
        return None
    return min(lost, round(packets * share / (1 - share)))
