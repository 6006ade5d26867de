"""Offer and answer (RFC 3264) and session timers (RFC 4028).

Both are decisions about one dialog and know nothing of transports: which description is in force, whether an offer
may be made or taken now, how long a session lives without a refresh and who refreshes it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from svara.clock import Clock, Timer
from svara.sip.extensions import SessionExpires, parse_min_se, parse_session_expires
from svara.sip.message import Request, Response, SipError

Headers = tuple[tuple[str, str], ...]


class OfferAnswer:
    """The descriptions of one dialog. `local` and `remote` are those in force, None before the first exchange."""

    __slots__ = ("_offer", "_state", "local", "remote")

    def __init__(self, local: bytes | None = None, remote: bytes | None = None) -> None:
        self.local = local
        self.remote = remote
        self._offer: bytes = b""
        self._state: Literal["stable", "ours", "theirs"] = "stable"

    @property
    def stable(self) -> bool:
        """May we make an offer?"""
        return self._state == "stable"

    @property
    def awaits_answer(self) -> bool:
        """Did we make an offer that has no answer yet?"""
        return self._state == "ours"

    @property
    def owes_answer(self) -> bool:
        """Has the peer made an offer that has no answer yet?"""
        return self._state == "theirs"

    def offer_sent(self, sdp: bytes) -> None:
        """We make an offer. Raises SipError(491) while another is open: wait until `stable`."""
        if self._state != "stable":
            raise SipError(491, "Request Pending")
        self._state, self._offer = "ours", sdp

    def offer_received(self, sdp: bytes) -> None:
        """The peer makes one. Raises SipError(491) when ours is open (glare), SipError(500) when its own is (RFC 3311
        5.2).
        """
        if self._state == "ours":
            raise SipError(491, "Request Pending")
        if self._state == "theirs":
            raise SipError(500, "Offer Pending")
        self._state, self._offer = "theirs", sdp

    def answer_sent(self, sdp: bytes) -> None:
        """We answer. Raises SipError(500) when there is nothing to answer."""
        if self._state != "theirs":
            raise SipError(500, "No offer to answer")
        self._state, self.local, self.remote = "stable", sdp, self._offer

    def answer_received(self, sdp: bytes) -> None:
        """The peer answers. A second answer to the same offer (a 2xx after a reliable 183) changes nothing."""
        if self._state == "ours":
            self._state, self.local, self.remote = "stable", self._offer, sdp

    def withdrawn(self) -> None:
        """The request with the open offer was refused or failed: what was in force stays in force."""
        self._state = "stable"


def glare_retry_seconds(*, owns_call_id: bool, randomness: random.Random) -> float:
    """When to try again after a 491 (RFC 3261 section 14.1), in units of 10 ms.

    2.1 to 4 s for whoever made the Call-ID, up to 2 s for the other side.
    """
    return randomness.randrange(210, 401) / 100 if owns_call_id else randomness.randrange(0, 201) / 100


def judge_reinvite(*, ours_pending: bool, theirs_pending: bool, randomness: random.Random) -> tuple[int, Headers] | None:
    """How to refuse an INVITE within a dialog while another is open (section 14.2): status and headers; None to take it."""
    if ours_pending:
        return 491, ()
    if theirs_pending:
        return 500, (("Retry-After", str(randomness.randrange(0, 11))),)
    return None


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


class SessionKeeper:
    """Runs an agreed timer: `on_refresh()` when it is on us to refresh, `on_expired()` when the peer has not been heard of.

    Call `agreed` with the outcome of every INVITE and UPDATE of either side; None stops it.
    """

    __slots__ = ("_clock", "_expire", "_on_expired", "_on_refresh", "_refresh", "timer")

    def __init__(self, clock: Clock, on_refresh: Callable[[], object], on_expired: Callable[[], object]) -> None:
        self._clock = clock
        self._on_refresh = on_refresh
        self._on_expired = on_expired
        self._refresh: Timer | None = None
        self._expire: Timer | None = None
        self.timer: SessionTimer | None = None

    def agreed(self, timer: SessionTimer | None) -> None:
        """A session refresh was agreed: count anew."""
        self.stop()
        self.timer = timer
        if timer is None:
            return
        if timer.we_refresh:
            self._refresh = self._clock.call_later(timer.refresh_seconds, self._on_refresh)
        self._expire = self._clock.call_later(timer.expire_seconds, self._on_expired)

    def stop(self) -> None:
        for pending in (self._refresh, self._expire):
            if pending is not None:
                pending.cancel()
        self._refresh = self._expire = None
