"""Session timers (RFC 4028), and when to try again after a glare (RFC 3261 section 14.1).

Decisions about one dialog, without clock or transport: how long a session lives without a refresh, who refreshes it, and
what has to be said about it in requests and responses.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final, Literal

from svara.sip.extensions import SessionExpires, parse_min_se, parse_session_expires
from svara.sip.message import Request, Response

Headers = tuple[tuple[str, str], ...]


def glare_retry_seconds(*, owns_call_id: bool, randomness: random.Random) -> float:
    """When to try again after a 491 (RFC 3261 section 14.1), in units of 10 ms.

    2.1 to 4 s for whoever made the Call-ID, up to 2 s for the other side.
    """
    return randomness.randrange(210, 401) / 100 if owns_call_id else randomness.randrange(0, 201) / 100


@dataclass(frozen=True, slots=True)
class TimerPolicy:
    """The session interval that we ask for, and the least that we take (RFC 4028 section 4: at least 90 s)."""

    seconds: int = 1_800
    min_seconds: int = 90


@dataclass(frozen=True, slots=True)
class SessionTimer:
    """A session interval that both sides agreed on, and whether we are the one to refresh."""

    seconds: int
    we_refresh: bool

    @property
    def refresh_seconds(self) -> float:
        """When to refresh (section 7.2: half of the interval)."""
        return self.seconds / 2

    @property
    def expire_seconds(self) -> float:
        """When to hang up for want of a refresh (section 10)."""
        return self.seconds - min(32.0, self.seconds / 3)


@dataclass(frozen=True, slots=True)
class TimerAnswer:
    """What a request means for the session timer: `timer` (None: there is none) and headers for the 2xx; or `refuse_headers`
    for a 422."""

    timer: SessionTimer | None
    headers: Headers = ()
    refuse_headers: Headers | None = None


NO_TIMER: Final = TimerAnswer(None)


def answer_timer(request: Request, policy: TimerPolicy) -> TimerAnswer:
    """As the called side of an INVITE or UPDATE (section 9). Raises SipError(400) for malformed headers."""
    supports = "timer" in request.supported
    asked_text = request.first("session-expires")
    if asked_text is None:
        if not supports:
            return NO_TIMER
        seconds = max(policy.seconds, _min_se(request))
        return _agreed(SessionExpires(seconds, "uac"))
    asked = parse_session_expires(asked_text)
    if asked.seconds < policy.min_seconds and supports:
        return TimerAnswer(None, refuse_headers=(("Min-SE", str(policy.min_seconds)),))
    least = max(policy.min_seconds, _min_se(request))
    seconds = min(asked.seconds, max(policy.seconds, least))
    return _agreed(SessionExpires(seconds, (asked.refresher or "uac") if supports else "uas"))


def _agreed(agreed: SessionExpires) -> TimerAnswer:
    headers: list[tuple[str, str]] = [("Session-Expires", str(agreed))]
    if agreed.refresher == "uac":
        headers.append(("Require", "timer"))
    return TimerAnswer(SessionTimer(agreed.seconds, we_refresh=agreed.refresher == "uas"), tuple(headers))


def _min_se(message: Request | Response) -> int:
    text = message.first("min-se")
    return parse_min_se(text) if text is not None else 90


def ask_timer(policy: TimerPolicy, *, min_seconds: int = 0, current: SessionTimer | None = None) -> Headers:
    """Headers for an INVITE or UPDATE of ours (section 7.1); `min_seconds` as a 422 named it, `current` when it
    refreshes.
    """
    least = max(policy.min_seconds, min_seconds)
    seconds = current.seconds if current is not None else policy.seconds
    refresher: Literal["uac", "uas"] | None = None
    if current is not None:
        refresher = "uac" if current.we_refresh else "uas"
    headers = [("Supported", "timer"), ("Session-Expires", str(SessionExpires(max(seconds, least), refresher)))]
    if least > 90:
        headers.append(("Min-SE", str(least)))
    return tuple(headers)


def timer_agreed(response: Response) -> SessionTimer | None:
    """What a 2xx to our INVITE or UPDATE agreed on (section 7.2); None without a timer. Raises SipError(400)."""
    text = response.first("session-expires")
    if text is None:
        return None
    agreed = parse_session_expires(text)
    return SessionTimer(agreed.seconds, we_refresh=agreed.refresher != "uas")


def wanted_min_seconds(response: Response) -> int:
    """The least interval that a 422 asks for (section 7.3). Raises SipError(400)."""
    return _min_se(response)
