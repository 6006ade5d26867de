"""What a provider's refusal means for the caller and for the record: pure rules, in plain words.

A trunk speaks for a whole network, so its answers mean something else than a phone's: 404 is a number that nobody has, 403
a provider that does not carry the call, 5xx a provider that cannot.
"""

from __future__ import annotations

from svara.calls.routing.route import BUSY, DECLINED, NO_ANSWER, Refusal

NOT_THERE = Refusal(404, "failed", "nobody has that number")
NOT_REACHED = Refusal(480, "missed", "the number cannot be reached")
INCOMPLETE = Refusal(484, "failed", "the number is not complete")
NOT_CARRIED = Refusal(403, "failed", "the provider does not carry that call")
NO_LOGIN = Refusal(503, "failed", "the provider does not accept our login")
NO_CODEC = Refusal(488, "failed", "the provider has no codec in common with the phone")
DOWN = Refusal(503, "failed", "the provider cannot be reached")
BROKEN = Refusal(503, "failed", "the provider reported an error")

OF_TRUNKS = (INCOMPLETE, NOT_THERE, NOT_REACHED, NOT_CARRIED, NO_CODEC, NO_LOGIN, BROKEN, DOWN)
"""The most telling first."""

_MEANING = {
    **dict.fromkeys((486, 600), BUSY),
    **dict.fromkeys((603, 607, 608), DECLINED),
    **dict.fromkeys((404, 410, 604, 416, 485), NOT_THERE),
    484: INCOMPLETE,
    **dict.fromkeys((480, 430), NOT_REACHED),
    487: NO_ANSWER,
    **dict.fromkeys((401, 407), NO_LOGIN),
    **dict.fromkeys((488, 606, 415, 406), NO_CODEC),
    **dict.fromkeys((408, 503, 504), DOWN),
}


def meaning(status: int) -> Refusal:
    """What a trunk's final status (300 to 699) means."""
    return _MEANING.get(status) or (BROKEN if 500 <= status < 600 else NOT_CARRIED)


def passes_on(status: int) -> bool:
    """Whether the next trunk is worth trying: this one is silent or has a fault of its own. What it says of the number holds
    for every trunk."""
    return status in (401, 407, 408) or 500 <= status < 600
