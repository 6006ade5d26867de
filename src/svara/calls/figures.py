"""What a phone tells of how it heard a talk: the header P-RTP-Stat, in its INFO and BYE.

No RFC describes it; many phones send it (`PS=..,OS=..,PR=..,OR=..,PL=..,JI=..,LA=..`), and so does the phone in the browser,
which adds `CO`: how many of a thousand samples it had to invent. It is hostile input: bounded, whole numbers alone, and no
more is believed than could be; it is kept as what the phone said, beside what the relay measured itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from svara.sip.message import Request

HEADER = "p-rtp-stat"
MAX_LENGTH = 300
MAX_PACKETS = 100_000_000
MAX_MS = 60_000
_FIELD = re.compile(r"([A-Z]{2})=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Figures:
    """How one side heard the other, by its own count."""

    packets: int
    lost: int
    jitter_ms: int
    round_trip_ms: int
    concealed: float | None
    """Which share of what it played it had to invent, 0 to 1; None where it does not say."""


def together(before: Figures | None, now: Figures | None) -> Figures | None:
    """What two phones counted, one after the other in the same place: sums, the worst of what is no sum, and the share of
    what was invented by how much each heard."""
    if before is None or now is None:
        return before or now
    shares = [(each.concealed, each.packets) for each in (before, now) if each.concealed is not None]
    heard = sum(packets for _, packets in shares)
    weighed = sum(share * packets for share, packets in shares)
    return Figures(
        min(before.packets + now.packets, MAX_PACKETS),
        min(before.lost + now.lost, MAX_PACKETS),
        max(before.jitter_ms, now.jitter_ms),
        max(before.round_trip_ms, now.round_trip_ms),
        round(weighed / heard, 4) if heard else max((share for share, _ in shares), default=None),
    )


def figures_in(request: Request) -> Figures | None:
    """What the request tells; None where it tells nothing that can be believed."""
    value = request.first(HEADER) or ""
    if not value or len(value) > MAX_LENGTH:
        return None
    fields = [_FIELD.fullmatch(each.strip()) for each in value.split(",")]
    figures = {each[1]: int(each[2]) for each in fields if each is not None}
    packets, lost = figures.get("PR", -1), figures.get("PL", -1)
    jitter, round_trip, concealed = figures.get("JI", 0), figures.get("LA", 0), figures.get("CO")
    if not (0 <= packets <= MAX_PACKETS and 0 <= lost <= MAX_PACKETS):
        return None
    if jitter > MAX_MS or round_trip > MAX_MS or (concealed or 0) > 1000:
        return None
    return Figures(packets, lost, jitter, round_trip, None if concealed is None else concealed / 1000)
