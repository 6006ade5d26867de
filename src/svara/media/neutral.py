"""Session descriptions that tell nothing of the other side but its sound.

Whatever engine carries the media, a description that goes to a phone names us as its origin: the user name, session name,
contact lines and software names of the other side stay out, and the origin line of one leg keeps its id and counts its
versions as RFC 3264 section 8 wants it, also when the answer of another phone, or a new engine, comes into play.
"""

from __future__ import annotations

import zlib

from svara.clock import Clock

MAX_SDP_BYTES = 32_768

_DROPPED_LINES = (b"i=", b"u=", b"e=", b"p=")
_DROPPED_ATTRIBUTES = (b"a=tool:", b"a=cname:", b"a=x-")
# Behind a relay these describe the other side's own packets or paths, which never arrive.
_DROPPED_WHEN_RELAYED = (b"a=ssrc:", b"a=ssrc-group:", b"a=rtcp-xr", b"a=label:", b"a=pcfg:", b"a=acfg:")


class Origins:
    """The origin lines of all legs of all sessions; memory is bounded by the sessions that exist (`forget` them)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._legs: dict[str, dict[str, tuple[bytes, int]]] = {}

    def rewrite(self, session: str, leg: str, sdp: bytes, *, media_is_relayed: bool) -> bytes:
        """The description to send to `leg`. Raises ValueError when this is no description, or one that is too large."""
        if len(sdp) > MAX_SDP_BYTES or not sdp.startswith(b"v=0"):
            raise ValueError("not a session description")
        lines = _keep(sdp, media_is_relayed=media_is_relayed)
        body = b"\r\n".join(lines)
        legs = self._legs.setdefault(session, {})
        before = legs.get(leg)
        if before and before[0] == body:
            version = before[1]
        else:
            # A version taken from the time also grows when this process was killed and knows nothing of the one before.
            version = max(int(self._clock.now()), before[1] + 1 if before else 0)
            legs[leg] = (body, version)
        origin = zlib.crc32(f"{session}/{leg}".encode())
        lines.insert(1, b"o=- %d %d %s" % (origin, version, _origin_address(lines)))
        return b"\r\n".join(lines) + b"\r\n"

    def forget(self, session: str) -> None:
        self._legs.pop(session, None)


def _keep(sdp: bytes, *, media_is_relayed: bool) -> list[bytes]:
    """The lines that may be passed on, without the origin; `s=` is a dash, as RFC 8866 section 5.3 says for no name."""
    lines = []
    dropped = _DROPPED_LINES + _DROPPED_ATTRIBUTES + (_DROPPED_WHEN_RELAYED if media_is_relayed else ())
    in_media = False
    for raw in sdp.replace(b"\r\n", b"\n").split(b"\n"):
        line = raw.rstrip(b"\r")
        if not line or line.startswith(dropped) or (line.startswith(b"o=") and not in_media):
            continue
        in_media = in_media or line.startswith(b"m=")
        lines.append(b"s=-" if line.startswith(b"s=") and not in_media else line)
    return lines


def _origin_address(lines: list[bytes]) -> bytes:
    """The address of the first connection line, which the receiver learns anyhow."""
    for line in lines:
        if line.startswith(b"c=IN IP"):
            return line[2:].split(b"/")[0]
    return b"IN IP4 0.0.0.0"
