"""What the phones said, and what that means for the caller and for the record: pure rules.

A phone's answer to an INVITE ends its own try, and sometimes the tries of all phones of that person. When nothing is left
to try, the most telling answer wins: somebody who declines or is busy was reached, and that says more than a phone that
was not.
"""

from __future__ import annotations

from collections.abc import Iterable

from svara.calls.routing.route import BUSY, DECLINED, NO_ANSWER, OFFLINE, Refusal
from svara.calls.trunks.refusals import OF_TRUNKS

MISMATCH = Refusal(488, "failed", "the phones have no codec in common")
RELAY_DOWN = Refusal(503, "failed", "media relay failed")
PHONE_FAILED = Refusal(480, "failed", "the phone reported an error")

_RANK = (DECLINED, BUSY, NO_ANSWER, *OF_TRUNKS, MISMATCH, RELAY_DOWN, OFFLINE, PHONE_FAILED)

_MEANING = {
    **dict.fromkeys((600, 486), BUSY),
    **dict.fromkeys((603, 607, 608, 403, 433), DECLINED),
    **dict.fromkeys((488, 606, 415, 406), MISMATCH),
    **dict.fromkeys((404, 408, 410, 430, 480, 484, 485, 503, 504, 604), OFFLINE),
}

_WORDS = {486: "busy", 600: "busy", 603: "declined", 488: "no codec in common", 606: "no codec in common"}


def meaning(status: int) -> Refusal:
    """What the final status (300 to 699) of one phone means for the call."""
    return _MEANING.get(status) or (OFFLINE if status == 0 else PHONE_FAILED)


def words(status: int) -> str:
    """The same for the record of that one leg, in plain words."""
    return _WORDS.get(status) or (
        "declined"
        if meaning(status) is DECLINED
        else "not reached"
        if meaning(status) is OFFLINE
        else "the phone reported an error"
    )


def ends_the_person(status: int) -> bool:
    """Whether this answer speaks for all phones of the person (6xx, RFC 3261 section 21.6)."""
    return status >= 600 and meaning(status) is not MISMATCH


def verdict(refusals: Iterable[Refusal], otherwise: Refusal) -> Refusal:
    """The most telling of what was learned; `otherwise` when nothing was."""
    known = set(refusals)
    return next((refusal for refusal in _RANK if refusal in known), otherwise)
