"""Session descriptions (RFC 8866) as offers and answers use them (RFC 3264).

A description is kept as its lines; what we never look at is written back as it came. Structures are immutable: each
change makes a new one. Sizes are bounded, lines may end in LF alone, and nothing here opens a connection.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from svara.sip.errors import SipError

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]

MAX_SDP_BYTES: Final = 32_768
MAX_LINES: Final = 1_000
MAX_MEDIA: Final = 32
NEUTRAL_ADDRESS: Final = "127.0.0.1"
"""The address in an o= line that says nothing of the network behind it; the same that browsers write."""

_DIRECTIONS: Final[dict[str, Direction]] = {
    "a=sendrecv": "sendrecv",
    "a=sendonly": "sendonly",
    "a=recvonly": "recvonly",
    "a=inactive": "inactive",
}
_LINES = re.compile(r"(?:[a-zA-Z]=[^\r\n\x00]*+(?:\n|\Z))*+")
_ORIGIN = re.compile(r"o=(\S++)[ \t]++(\S++)[ \t]++([0-9]{1,20})[ \t]++IN[ \t]++(IP[46])[ \t]++(\S++)[ \t]*+")
_MEDIA = re.compile(r"(\S++)[ \t]++([0-9]{1,5})(?:/([1-9][0-9]{0,3}))?[ \t]++(\S++)[ \t]++(\S.*+)")
_REVERSED: Final[dict[Direction, Direction]] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
# RFC 3551 6: the payload types that need no rtpmap.
_STATIC: Final = {
    0: ("PCMU", 8000),
    3: ("GSM", 8000),
    4: ("G723", 8000),
    8: ("PCMA", 8000),
    9: ("G722", 8000),
    13: ("CN", 8000),
    15: ("G728", 8000),
    18: ("G729", 8000),
    26: ("JPEG", 90000),
    31: ("H261", 90000),
    34: ("H263", 90000),
}
_TELLING: Final = ("i=", "u=", "e=", "p=", "a=tool:", "a=cat:", "a=keywds:", "a=charset:", "a=sdplang:", "a=lang:")


class SdpError(SipError):
    """Not a session description, or none that can be agreed on (then `status` is 488)."""

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(status, reason)


class Origin(msgspec.Struct, frozen=True, gc=False):
    """The o= line: who describes which version of which session."""

    username: str
    session_id: str
    version: int
    address: str
    address_type: str = "IP4"

    def __str__(self) -> str:
        return f"{self.username} {self.session_id} {self.version} IN {self.address_type} {self.address}"


class Codec(msgspec.Struct, frozen=True, gc=False):
    """One payload type of a stream. `name` as written; `fmtp` is the text of its format parameters."""

    payload: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str | None = None

    def is_same_as(self, other: Codec) -> bool:
        """Whether both name the same encoding; the payload number may differ."""
        return (self.name.lower(), self.clock_rate, self.channels) == (other.name.lower(), other.clock_rate, other.channels)

    def to_lines(self) -> list[str]:
        """The attributes that say what this payload type is."""
        channels = f"/{self.channels}" if self.channels != 1 else ""
        lines = [f"a=rtpmap:{self.payload} {self.name}/{self.clock_rate}{channels}"]
        return lines if self.fmtp is None else [*lines, f"a=fmtp:{self.payload} {self.fmtp}"]


class Media(msgspec.Struct, frozen=True):
    """One m= section. `direction` and `connection` (an address) are inherited from the session where it has none.

    `lines` are those after the m= line, without their ends.
    """

    kind: str
    port: int
    proto: str
    formats: tuple[str, ...]
    direction: Direction = "sendrecv"
    connection: str | None = None
    lines: tuple[str, ...] = ()
    port_count: int = 1

    @property
    def attributes(self) -> list[tuple[str, str | None]]:
        """The a= lines as (name, value), value None for flags."""
        return _attributes(self.lines)

    def attribute(self, name: str) -> str | None:
        """The value of the first attribute of that name; the empty text for a flag; None without one."""
        for key, value in _attributes(self.lines):
            if key == name:
                return value or ""
        return None

    @property
    def is_rtp(self) -> bool:
        return "RTP/" in self.proto.upper()

    @property
    def rtpmaps(self) -> dict[int, Codec]:
        """The codecs by payload type: those with an rtpmap, and the static ones that need none."""
        return {codec.payload: codec for codec in self.codecs}

    @property
    def codecs(self) -> tuple[Codec, ...]:
        """The codecs in the order of preference; payload types without a meaning are left out."""
        if not self.is_rtp:
            return ()
        maps: dict[str, str] = {}
        parameters: dict[str, str] = {}
        for text in self.lines:
            if text.startswith("a=rtpmap:"):
                payload, _, value = text[9:].strip().partition(" ")
                maps.setdefault(payload, value.strip())
            elif text.startswith("a=fmtp:"):
                payload, _, value = text[7:].strip().partition(" ")
                parameters.setdefault(payload, value.strip())
        found = []
        for text in self.formats:
            if text.isascii() and text.isdigit() and len(text) <= 3:
                codec = _codec(int(text), maps.get(text), parameters.get(text))
                if codec is not None:
                    found.append(codec)
        return tuple(found)

    @property
    def telephone_events(self) -> tuple[int, ...]:
        """The payload types of DTMF events (RFC 4733)."""
        return tuple([codec.payload for codec in self.codecs if codec.name.lower() == "telephone-event"])

    @property
    def is_held(self) -> bool:
        """Whether its sender wants to hear nothing: sendonly, inactive, or the old form with address zero."""
        return self.direction in ("sendonly", "inactive") or self.connection in ("0.0.0.0", "::")

    def with_direction(self, direction: Direction) -> Media:
        """The same stream in this direction, written as an attribute of its own."""
        kept = tuple([text for text in self.lines if text not in _DIRECTIONS])
        return msgspec.structs.replace(self, direction=direction, lines=(*kept, f"a={direction}"))

    def rejected(self) -> Media:
        """The stream refused (RFC 3264 6): port 0, nothing else said of it."""
        return msgspec.structs.replace(self, port=0, port_count=1, lines=())

    def to_lines(self) -> list[str]:
        count = f"/{self.port_count}" if self.port_count != 1 else ""
        return [f"m={self.kind} {self.port}{count} {self.proto} {' '.join(self.formats)}", *self.lines]


class Sdp(msgspec.Struct, frozen=True):
    """A session description. `lines` are those of the session after the o= line and before the first m= line."""

    origin: Origin
    lines: tuple[str, ...]
    media: tuple[Media, ...] = ()

    @property
    def name(self) -> str:
        """The s= line's text."""
        return next((text[2:] for text in self.lines if text.startswith("s=")), "-")

    @property
    def connection(self) -> str | None:
        """The session's c= address."""
        return _direction_and_connection(self.lines, "sendrecv", None)[1]

    @property
    def attributes(self) -> list[tuple[str, str | None]]:
        """The session's a= lines as (name, value), value None for flags."""
        return _attributes(self.lines)

    @property
    def audio(self) -> Media | None:
        """The first audio stream that is not rejected."""
        return next((media for media in self.media if media.kind == "audio" and media.port), None)

    @property
    def direction(self) -> Direction:
        """The direction of the call as people feel it: of the first audio stream, else of the first stream."""
        media = self.audio or next((media for media in self.media if media.port), None)
        return media.direction if media is not None else _direction_and_connection(self.lines, "sendrecv", None)[0]

    def with_origin(self, origin: Origin) -> Sdp:
        return msgspec.structs.replace(self, origin=origin)

    def next_version(self) -> Sdp:
        """The same session, one version on, as each changed offer must be (RFC 3264 8)."""
        return self.with_origin(msgspec.structs.replace(self.origin, version=self.origin.version + 1))

    def with_direction(self, direction: Direction) -> Sdp:
        """The same session with all its streams that are not rejected in this direction."""
        return msgspec.structs.replace(
            self,
            lines=tuple([text for text in self.lines if text not in _DIRECTIONS]),
            media=tuple([media.with_direction(direction) if media.port else media for media in self.media]),
        )

    def without_topology(self, session_id: str, version: int) -> Sdp:
        """The same session with an o= and s= of ours, and without lines that tell of a person, a program or a network.

        The c= lines stay: a relay has replaced them, or two phones talk directly and need them.
        """
        kept = [text for text in self.lines if not text.startswith((*_TELLING, "s="))]
        return msgspec.structs.replace(self, origin=Origin("-", session_id, version, NEUTRAL_ADDRESS), lines=("s=-", *kept))

    def to_bytes(self) -> bytes:
        """The description as it goes on the wire."""
        lines = ["v=0", f"o={self.origin}", *self.lines]
        for media in self.media:
            lines += media.to_lines()
        return ("\r\n".join(lines) + "\r\n").encode("utf-8", "surrogateescape")


def parse_sdp(data: bytes) -> Sdp:
    """Read a session description. Raises SdpError."""
    if len(data) > MAX_SDP_BYTES:
        raise SdpError("SDP too large", 413)
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").rstrip("\n")
    if text.count("\n") >= MAX_LINES:
        raise SdpError("SDP too large", 413)
    if _LINES.fullmatch(text) is None:
        raise SdpError("Malformed SDP line")
    head, *sections = text.split("\nm=")
    if len(sections) > MAX_MEDIA:
        raise SdpError("Too many media in SDP")
    version, *session = head.split("\n")
    origin = _ORIGIN.fullmatch(session[0]) if session else None
    if version.rstrip() != "v=0" or origin is None:
        raise SdpError("SDP does not begin with v= and o=")
    username, session_id, number, address_type, address = origin.groups()
    lines = tuple(session[1:])
    direction, connection = _direction_and_connection(lines, "sendrecv", None)
    return Sdp(
        Origin(username, session_id, int(number), address, address_type),
        lines,
        tuple([_media(section, direction, connection) for section in sections]),
    )


def is_hold(sdp: Sdp) -> bool:
    """Whether the sender of this description puts the other side on hold: it wants to hear none of the audio."""
    audio = [media for media in sdp.media if media.kind == "audio" and media.port]
    return bool(audio) and all(media.is_held for media in audio)


def next_version(sdp: Sdp) -> Sdp:
    """See `Sdp.next_version`."""
    return sdp.next_version()


def reverse(direction: Direction) -> Direction:
    """The same direction seen from the other side."""
    return _REVERSED[direction]


def inactive_offer(sdp: Sdp) -> Sdp:
    """A new offer for the same session in which nothing is sent, for instance while its relay is replaced."""
    return sdp.with_direction("inactive").next_version()


def answer(
    offer: Sdp, origin: Origin, address: str, port: int, codecs: Sequence[Codec], *, direction: Direction = "sendrecv"
) -> Sdp:
    """The answer of someone who speaks these codecs at this address (RFC 3264 6).

    The offer's first audio stream is taken with the codecs that both know, in the offer's order, and its DTMF events;
    other streams are refused. `direction` is what we want; the offer may narrow it. Raises SdpError(488) when there is
    nothing in common.
    """
    taken = offer.audio
    common = [
        codec
        for codec in (taken.codecs if taken is not None and taken.is_rtp else ())
        if any(codec.is_same_as(ours) for ours in codecs)
    ]
    if taken is None or not common:
        raise SdpError("No codec in common", 488)
    events = [codec for codec in taken.codecs if codec.payload in taken.telephone_events and codec not in common]
    lines = [line for codec in (*common, *events) for line in codec.to_lines()]
    packet_time = taken.attribute("ptime")
    if packet_time is not None:
        lines.append(f"a=ptime:{packet_time}")
    formats = tuple([str(codec.payload) for codec in (*common, *events)])
    stream = Media("audio", port, taken.proto, formats, "sendrecv", address, tuple(lines))
    stream = stream.with_direction(narrow(direction, taken.direction))
    kind = "IP6" if ":" in address else "IP4"
    media = tuple([stream if each is taken else each.rejected() for each in offer.media])
    return parse_sdp(Sdp(origin, ("s=-", f"c=IN {kind} {address}", "t=0 0"), media).to_bytes())


def narrow(wanted: Direction, offered: Direction) -> Direction:
    """The direction of an answer: what we want, as far as the offer allows it (RFC 3264 6.1)."""
    sends = wanted in ("sendrecv", "sendonly") and offered in ("sendrecv", "recvonly")
    receives = wanted in ("sendrecv", "recvonly") and offered in ("sendrecv", "sendonly")
    if sends:
        return "sendrecv" if receives else "sendonly"
    return "recvonly" if receives else "inactive"


def _media(section: str, direction: Direction, connection: str | None) -> Media:
    first, *lines = section.split("\n")
    match = _MEDIA.fullmatch(first)
    if match is None:
        raise SdpError("Malformed m= line")
    kind, port_text, count, proto, formats = match.groups()
    port = int(port_text)
    if port > 65535:
        raise SdpError("Malformed m= line")
    kept = tuple(lines)
    direction, connection = _direction_and_connection(kept, direction, connection)
    return Media(kind, port, proto, tuple(formats.split()), direction, connection, kept, int(count) if count else 1)


def _direction_and_connection(
    lines: tuple[str, ...], direction: Direction, connection: str | None
) -> tuple[Direction, str | None]:
    """What these lines say, else what was inherited."""
    for text in lines:
        if text in _DIRECTIONS:
            direction = _DIRECTIONS[text]
        elif text[0] == "c":
            parts = text[2:].split()
            if len(parts) != 3 or parts[0] != "IN" or parts[1] not in ("IP4", "IP6"):
                raise SdpError("Malformed c= line")
            connection = parts[2].partition("/")[0]
    return direction, connection


def _attributes(lines: tuple[str, ...]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for text in lines:
        if text.startswith("a="):
            name, colon, value = text[2:].partition(":")
            found.append((name, value if colon else None))
    return found


def _codec(payload: int, rtpmap: str | None, fmtp: str | None) -> Codec | None:
    if rtpmap is None:
        static = _STATIC.get(payload)
        return Codec(payload, static[0], static[1], 1, fmtp) if static else None
    name, _, rest = rtpmap.partition("/")
    rate, _, channels = rest.partition("/")
    if not name or not (rate.isascii() and rate.isdigit() and len(rate) <= 9):
        return None
    count = int(channels) if channels.isascii() and channels.isdigit() and len(channels) <= 2 else 1
    return Codec(payload, name, int(rate), count, fmtp)
