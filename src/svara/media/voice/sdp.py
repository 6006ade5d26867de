"""The descriptions that the voice process exchanges with the media relay: one audio stream of plain RTP, no more.

It reads what a relay writes (RFC 8866) and answers by the rules of RFC 3264. Streams other than the first audio stream are
refused with port 0, as section 6 of RFC 3264 wants it. Sizes are bounded; what is no description is an `SdpError`.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Literal, LiteralString

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
_DIRECTIONS: dict[str, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "sendonly",
    "recvonly": "recvonly",
    "inactive": "inactive",
}
_MIRRORED: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}

MAX_SDP_BYTES = 16_384
_MAX_STREAMS = 16
_MAX_FORMATS = 64
_KNOWN_FORMATS = {0: ("pcmu", 8000), 8: ("pcma", 8000), 9: ("g722", 8000), 13: ("cn", 8000)}
"""Static payload types (RFC 3551 section 6) that need no rtpmap."""
EVENTS = "telephone-event"


class SdpError(ValueError):
    """Not a description that we can use. `reason`: one of our own sentences, with nothing of the peer's in it."""

    def __init__(self, reason: LiteralString) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Format:
    """One payload type: `name` in lower case, `clock_rate_hz` as in its rtpmap."""

    payload_type: int
    name: str
    clock_rate_hz: int


@dataclass(frozen=True, slots=True)
class Audio:
    """The audio stream of a description: where it wants its RTP, and in which formats, by preference."""

    host: str
    port: int
    formats: tuple[Format, ...]
    direction: Direction = "sendrecv"
    streams: tuple[str, ...] = ("audio",)
    """The media lines in their order ("audio", "video" ...), so that an answer has as many."""
    index: int = 0
    """Which of `streams` this is."""

    @property
    def wants_sound(self) -> bool:
        """Whether who wrote this expects packets now (it is not on hold, and has an address)."""
        return self.direction in ("sendrecv", "recvonly") and self.port > 0 and self.host not in ("0.0.0.0", "::")

    def format(self, names: tuple[str, ...]) -> Format | None:
        """The first format whose name is one of `names`."""
        return next((each for each in self.formats if each.name in names), None)

    def events(self, clock_rate_hz: int) -> Format | None:
        """The telephone-event format, that of this clock rate first (RFC 4733 section 2.5.1.1)."""
        offered = [each for each in self.formats if each.name == EVENTS]
        return next((each for each in offered if each.clock_rate_hz == clock_rate_hz), offered[0] if offered else None)


def read(sdp: bytes) -> Audio:
    """The first audio stream that is not refused (else the first refused one). Raises SdpError."""
    if len(sdp) > MAX_SDP_BYTES or not sdp.startswith(b"v=0"):
        raise SdpError("not a session description")
    lines = sdp.decode("utf-8", "replace").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("m=")]
    if not starts or len(starts) > _MAX_STREAMS:
        raise SdpError("no media stream, or too many")
    session = lines[: starts[0]]
    kinds = tuple(lines[start][2:].split(" ", 1)[0] for start in starts)
    found: Audio | None = None
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(lines)], strict=True)):
        if kinds[index] != "audio":
            continue
        audio = replace(_audio(session, lines[start:end]), streams=kinds, index=index)
        if audio.port:
            return audio
        found = found or audio
    if found is None:
        raise SdpError("no audio stream")
    return found


def _audio(session: list[str], media: list[str]) -> Audio:
    words = media[0][2:].split()
    if len(words) < 4 or not words[1].isdigit() or int(words[1]) > 65535:
        raise SdpError("a media line that makes no sense")
    if not words[2].upper().startswith("RTP/AVP"):
        raise SdpError("not plain RTP")
    host = _host(media) or _host(session)
    if host is None:
        raise SdpError("no address")
    maps: dict[int, tuple[str, int]] = dict(_KNOWN_FORMATS)
    direction: Direction = "sendrecv"
    for line in (*session, *media[1:]):
        if line.startswith("a=rtpmap:"):
            number, _, rest = line[9:].partition(" ")
            name, _, rate = rest.strip().partition("/")
            rate = rate.partition("/")[0]
            if number.isdigit() and rate.isdigit() and int(number) < 128:
                maps[int(number)] = (name.lower(), int(rate))
        elif line.startswith("a="):
            direction = _DIRECTIONS.get(line[2:].strip(), direction)
    numbers = [int(word) for word in words[3 : 3 + _MAX_FORMATS] if word.isdigit() and len(word) < 4]
    formats = tuple(Format(number, *maps[number]) for number in numbers if number in maps)
    return Audio(host, int(words[1]), formats, direction)


def _host(lines: list[str]) -> str | None:
    for line in lines:
        if line.startswith("c=IN IP"):
            words = line.split()
            try:
                return str(ipaddress.ip_address(words[2].partition("/")[0])) if len(words) == 3 else None
            except ValueError:
                return None
    return None


def answer(offer: Audio, chosen: tuple[Format, ...], address: tuple[str, int], origin: int, version: int) -> bytes:
    """Our answer to `offer` (RFC 3264 section 6): the chosen formats under the offer's payload types, its direction
    mirrored. `address` is ours (host, port); `origin` and `version` identify our description (RFC 8866 section 5.2)."""
    host, port = address
    lines = _session(host, origin, version)
    for index, kind in enumerate(offer.streams):
        if index == offer.index:
            lines += _stream(host, port, chosen, _MIRRORED[offer.direction])
        else:
            lines.append(f"m={kind} 0 RTP/AVP 0")
    return _text(lines)


def offer(formats: tuple[Format, ...], address: tuple[str, int], origin: int, version: int) -> bytes:
    """Our own offer of one stream in both directions."""
    host, port = address
    return _text(_session(host, origin, version) + _stream(host, port, formats, "sendrecv"))


def _session(host: str, origin: int, version: int) -> list[str]:
    where = f"IN IP{6 if ':' in host else 4} {host}"
    return ["v=0", f"o=- {origin} {version} {where}", "s=-", f"c={where}", "t=0 0"]


def _stream(host: str, port: int, formats: tuple[Format, ...], direction: Direction) -> list[str]:
    where = f"IN IP{6 if ':' in host else 4} {host}"
    lines = [f"m=audio {port} RTP/AVP {' '.join(str(each.payload_type) for each in formats)}"]
    for each in formats:
        channels = "/2" if each.name == "opus" else ""
        name = each.name if each.name in ("opus", EVENTS) else each.name.upper()
        lines.append(f"a=rtpmap:{each.payload_type} {name}/{each.clock_rate_hz}{channels}")
        if each.name == EVENTS:
            lines.append(f"a=fmtp:{each.payload_type} 0-15")
    # Reports are not read: they come to the same port (RFC 3605), so that none goes to a port that is somebody else's.
    return [*lines, "a=ptime:20", f"a=rtcp:{port} {where}", f"a={direction}"]


def _text(lines: list[str]) -> bytes:
    return ("\r\n".join(lines) + "\r\n").encode()
