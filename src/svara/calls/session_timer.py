"""The session timer of one leg (RFC 4028): how we notice that a phone vanished without a hang-up.

Each leg has its own, agreed with its own phone. Where a phone speaks the extension, refreshing is left to it as far as it
lets us; where it does not, the relay's watch over the sound has to do.
"""

from __future__ import annotations

from typing import NamedTuple

from svara.sip.headers import parse_min_se, parse_session_expires
from svara.sip.message import Message, Request, Response, SipError

SECONDS = 1800
"""What we ask for (section 4 recommends it)."""
MIN_SECONDS = 90
"""Less would only be traffic (section 5)."""


class Agreed(NamedTuple):
    """The interval in seconds (0: no timer runs), and whether refreshing is our duty."""

    seconds: int
    ours: bool

    @property
    def due_seconds(self) -> float:
        """When something has to happen, from the last refresh on: our refresh at half of the interval, or our hang-up
        shortly before its end (section 10)."""
        return self.seconds / 2 if self.ours else self.seconds - min(32.0, self.seconds / 3)


NONE = Agreed(0, False)


def agreed_with_asker(request: Request) -> Agreed | None:
    """What a phone's INVITE or UPDATE agrees to; None when its interval is too small (answer 422, section 9)."""
    if "timer" not in request.supported:
        return NONE
    text = request.first("session-expires")
    if text is None:
        return Agreed(_at_least(SECONDS, request), False)
    try:
        asked = parse_session_expires(text)
    except SipError:
        return NONE
    if asked.seconds < MIN_SECONDS:
        return None
    return Agreed(_at_least(min(asked.seconds, SECONDS), request), asked.refresher == "uas")


def agreed_with_answerer(response: Response) -> Agreed:
    """What the 2xx to our INVITE or UPDATE agrees to."""
    text = response.first("session-expires")
    if text is None:
        return NONE
    try:
        answered = parse_session_expires(text)
    except SipError:
        return NONE
    return Agreed(max(answered.seconds, MIN_SECONDS), answered.refresher != "uas")


def headers_for_answer(agreed: Agreed) -> list[tuple[str, str]]:
    """For our 2xx to a phone's request."""
    if not agreed.seconds:
        return []
    return [
        ("Session-Expires", f"{agreed.seconds};refresher={'uas' if agreed.ours else 'uac'}"),
        ("Require", "timer"),
    ]


def headers_for_request(agreed: Agreed) -> list[tuple[str, str]]:
    """For our own INVITE or UPDATE within a dialog."""
    if not agreed.seconds:
        return [("Supported", "timer")]
    return [
        ("Supported", "timer"),
        ("Session-Expires", f"{agreed.seconds};refresher={'uac' if agreed.ours else 'uas'}"),
        ("Min-SE", str(MIN_SECONDS)),
    ]


HEADERS_FOR_INVITE = (
    ("Supported", "100rel, timer"),
    ("Session-Expires", f"{SECONDS};refresher=uas"),
    ("Min-SE", str(MIN_SECONDS)),
)
"""For the first INVITE to a phone."""


def _at_least(seconds: int, message: Message) -> int:
    """Not below what a proxy or phone set as the least (section 5)."""
    text = message.first("min-se")
    try:
        return max(seconds, min(parse_min_se(text), 86_400)) if text else seconds
    except SipError:
        return seconds
