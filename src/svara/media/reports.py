"""Reading what rtpengine tells of itself and of a session: every value is checked, none is believed to be there."""

from __future__ import annotations

from collections.abc import Mapping

from svara.media.arrivals import Came, lost_before
from svara.media.ng import Value
from svara.media.quality import mos
from svara.media.relay import LegQuality, RelayError


def uptime_seconds(answer: dict[str, Value]) -> float:
    """How long the engine runs, from its answer to `statistics`; whole seconds."""
    try:
        return float(bytes(_dig(answer, "statistics", "totalstatistics").get("uptime", b"0")))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0


def _dig(value: Value | None, *path: str) -> dict[str, Value]:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _dicts(value: Value | None) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _number(value: Value | None) -> int:
    return value if isinstance(value, int) else 0


def quietest(answer: dict[str, Value], legs: tuple[str, ...], now: float) -> tuple[tuple[str, ...], float]:
    """(the leg that was heard from longest ago, for how many seconds). Nobody, when somebody is on hold."""
    signalled = _number(answer.get("last signal"))
    longest: tuple[tuple[str, ...], float] = ((), 0.0)
    for leg in legs:
        medias = _dicts(_dig(answer, "tags", leg).get("medias"))
        flags = [media.get("flags") for media in medias]
        if not any(isinstance(each, list) and b"send" in each and b"recv" in each for each in flags):
            return (), 0.0
        last = max(
            (_number(stream.get("last packet")) for media in medias for stream in _dicts(media.get("streams"))), default=0
        )
        quiet = now - (max(last, signalled) + 1)  # the engine tells whole seconds: at least so long
        if quiet > longest[1]:
            longest = (leg,), quiet
    return longest


def came(answer: dict[str, Value], leg: str, at: float) -> Came:
    """What came from a leg until now (`at`, monotonic seconds)."""
    packets = size_bytes = 0
    codec = b""
    for media in _dicts(_dig(answer, "tags", leg).get("medias")):
        name = media.get("codec")
        codec = name if isinstance(name, bytes) else codec
        for stream in _dicts(media.get("streams")):
            packets += _number(_dig(stream, "stats").get("packets"))
            size_bytes += _number(_dig(stream, "stats").get("bytes"))
    return Came(at, packets, size_bytes, codec.decode("ascii", "replace"))


def quality_of(
    answer: dict[str, Value] | RelayError, legs: tuple[str, ...], missing: Mapping[str, float | None]
) -> tuple[LegQuality, ...]:
    """What the engine measured of each leg, from its answer to `query`; nothing when that is an error. `missing` says which
    share of what a leg sent did not reach the engine, where that is known.

    The engine files an RTCP report under the source that sent it, so a leg is judged by what the other legs reported.
    """
    if isinstance(answer, RelayError):
        return ()
    packets, reports = {leg: came(answer, leg, 0.0).packets for leg in legs}, _dig(answer, "SSRC")
    reported_by: dict[str, list[dict[str, Value]]] = {leg: [] for leg in legs}
    for leg in legs:
        sources = set()
        for media in _dicts(_dig(answer, "tags", leg).get("medias")):
            for stream in _dicts(media.get("streams")):
                sources.add(str(_number(stream.get("SSRC"))))
        reported_by[leg] = [_dig(reports, source) for source in sources if source in reports]
    return tuple(
        _fold(
            leg,
            packets[leg],
            [report for other in legs if other != leg for report in reported_by[other]],
            reported_by[leg],
            missing.get(leg),
        )
        for leg in legs
    )


def _fold(
    leg: str, packets: int, reports: list[dict[str, Value]], own: list[dict[str, Value]], missing: float | None
) -> LegQuality:
    """One leg's quality from the reports about it, and its own. The engine gives jitter in ms and round trips in us."""
    lost, jitter_ms, round_trip_ms = 0, 0.0, 0.0
    for report in reports:
        average = _dig(report, "average MOS")
        lost += max(0, _number(report.get("cumulative loss")))
        jitter_ms = max(jitter_ms, float(_number(average.get("jitter"))))
        round_trip_ms = max(round_trip_ms, _number(average.get("round-trip time")) / 1000)
    score = mos(100 * lost / (packets + lost), jitter_ms, round_trip_ms) if reports and packets else None
    return LegQuality(
        leg=leg,
        packets=packets,
        lost=lost,
        jitter_ms=jitter_ms,
        mos=score,
        lost_before=lost_before(lost, packets, missing) if reports else None,
        round_trip_ms=max((_number(_dig(one, "average MOS").get("round-trip time leg")) / 1000 for one in own), default=0.0),
    )
