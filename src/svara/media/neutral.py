"""Session descriptions that tell nothing of the other side but its sound.

Whatever engine carries the media, a description that goes to a phone names us as its origin: the user name, session name,
contact lines and software names of the other side stay out, and the origin line of one leg keeps its id and counts its
versions as RFC 3264 section 8 wants it, also when the answer of another phone, or a new engine, comes into play.
"""

from __future__ import annotations

import re
import zlib

from svara.clock import Clock

MAX_SDP_BYTES = 32_768

_DROPPED = rb"[oiuep]=|a=(?:tool:|cname:|x-"
# Behind a relay these describe the other side's own packets or paths, which never arrive.
_DROPPED_WHEN_RELAYED = rb"ssrc:|ssrc-group:|rtcp-xr|label:|pcfg:|acfg:"
_UNWANTED = {
    False: re.compile(rb"^(?:" + _DROPPED + rb"))[^\n]*(?:\n|\Z)|^\r?\n", re.MULTILINE),
    True: re.compile(rb"^(?:" + _DROPPED + rb"|" + _DROPPED_WHEN_RELAYED + rb"))[^\n]*(?:\n|\Z)|^\r?\n", re.MULTILINE),
}
_NAME = re.compile(rb"^s=[^\r\n]*", re.MULTILINE)
# The address of the first connection line, which the receiver learns anyhow.
_ADDRESS = re.compile(rb"^c=(IN IP[46] [^/\r\n]+)", re.MULTILINE)


class Origins:
    """The origin lines of all legs of all sessions; memory is bounded by the sessions that exist (`forget` them)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._legs: dict[str, dict[str, tuple[int, int]]] = {}

    def rewrite(self, session: str, leg: str, sdp: bytes, *, media_is_relayed: bool) -> bytes:
        """The description to send to `leg`. Raises ValueError when this is no description, or one that is too large."""
        if len(sdp) > MAX_SDP_BYTES or not sdp.startswith(b"v=0"):
            raise ValueError("not a session description")
        body = _keep(sdp, media_is_relayed=media_is_relayed)
        mark = hash(body)
        legs = self._legs.setdefault(session, {})
        before = legs.get(leg)
        if before and before[0] == mark:
            version = before[1]
        else:
            # A version taken from the time also grows when this process was killed and knows nothing of the one before.
            version = max(int(self._clock.now()), before[1] + 1 if before else 0)
            legs[leg] = (mark, version)
        origin = zlib.crc32(f"{session}/{leg}".encode())
        first, _, rest = body.partition(b"\r\n")
        address = _ADDRESS.search(body)
        where = address[1] if address else b"IN IP4 0.0.0.0"
        return b"%s\r\no=- %d %d %s\r\n%s" % (first, origin, version, where, rest)

    def forget(self, session: str) -> None:
        self._legs.pop(session, None)


def _keep(sdp: bytes, *, media_is_relayed: bool) -> bytes:
    """The lines that may be passed on, without the origin; `s=` is a dash, as RFC 8866 section 5.3 says for no name."""
    lines = sdp.count(b"\n")
    if lines != sdp.count(b"\r\n") or lines != sdp.count(b"\r"):
        sdp = sdp.replace(b"\r", b"").replace(b"\n", b"\r\n")
    kept = _UNWANTED[media_is_relayed].sub(b"", _NAME.sub(b"s=-", sdp, count=1))
    return kept if kept.endswith(b"\r\n") else kept + b"\r\n"
