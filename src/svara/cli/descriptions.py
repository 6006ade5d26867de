"""What a demo phone offers and answers (RFC 3264): one audio stream, in whatever codec the other side likes best."""

from __future__ import annotations

import secrets

from svara.sip.errors import SipError
from svara.sip.sdp import Media, Origin, Sdp, reverse

EVENTS = 101
"""The payload type of keys that we offer (RFC 4733)."""


def offer(host: str, port: int, *, keys: bool = False) -> Sdp:
    """A description of our own: PCMA or PCMU at that address; `keys`: and telephone-events."""
    family = "IP6" if ":" in host else "IP4"
    formats: tuple[str, ...] = ("8", "0")
    lines: tuple[str, ...] = ("a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000")
    if keys:
        formats += (str(EVENTS),)
        lines += (f"a=rtpmap:{EVENTS} telephone-event/8000", f"a=fmtp:{EVENTS} 0-15")
    audio = Media(
        kind="audio",
        port=port,
        proto="RTP/AVP",
        formats=formats,
        lines=(*lines, "a=ptime:20", "a=sendrecv"),
    )
    origin = Origin("-", str(secrets.randbits(32)), 1, host, family)
    return Sdp(origin, ("s=-", f"c=IN {family} {host}", "t=0 0"), (audio,))


def answer(ours: Sdp, theirs: Sdp, port: int) -> tuple[Sdp, tuple[str, int], int]:
    """Our description as it fits theirs, where they listen, and the payload type that they like best.

    Raises SipError(488) when there is no audio in it.
    """
    audio = theirs.audio
    codecs = [codec for codec in audio.codecs if codec.name.lower() != "telephone-event"] if audio else []
    if audio is None or not codecs or audio.connection is None:
        raise SipError(488, "No audio")
    codec = codecs[0]
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    mine = Media(
        kind="audio",
        port=port,
        proto=audio.proto,
        formats=(str(codec.payload),),
        lines=(
            f"a=rtpmap:{codec.payload} {codec.name}/{codec.clock_rate}{channels}",
            f"a={reverse(audio.direction)}",
        ),
    )
    media = tuple(mine if each is audio else each.rejected() for each in theirs.media)
    description = Sdp(ours.origin, ours.lines, media).next_version()
    return description, (audio.connection, audio.port), codec.payload
