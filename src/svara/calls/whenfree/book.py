"""Who waits for whom: pure rules over the wishes of one company.

Guarantees: one wish for a pair, a bounded number for each who asks and for each who is waited for, none older than an hour.
A colleague who did not answer is probably not there: they count as back once they have used a phone (as in RFC 6910,
"call completion on no reply").
"""

from __future__ import annotations

from typing import Literal

import msgspec

LASTS_SECONDS = 3600.0
RETRY_SECONDS = 120.0
"""After the one who asked did not pick up."""
MAX_TRIES = 3
MAX_OF_ASKER = 5
MAX_FOR_ONE = 20

Why = Literal["full"]


class FreeWish(msgspec.Struct, frozen=True):
    """`asker` wants to be called when `wanted` is free; both are ids of persons. Times are seconds since the epoch."""

    asker: str
    wanted: str
    asked_at: float
    used: bool = True
    """The colleague is there: was busy, or has used a phone since."""
    tries: int = 0
    not_before: float = 0.0

    @property
    def until(self) -> float:
        """When it is over."""
        return self.asked_at + LASTS_SECONDS


Wishes = tuple[FreeWish, ...]


def added(wishes: Wishes, wish: FreeWish) -> Wishes | Why:
    """With this one, in place of an earlier one of the same two."""
    others = tuple(one for one in wishes if (one.asker, one.wanted) != (wish.asker, wish.wanted))
    if sum(one.asker == wish.asker for one in others) >= MAX_OF_ASKER:
        return "full"
    if sum(one.wanted == wish.wanted for one in others) >= MAX_FOR_ONE:
        return "full"
    return (*others, wish)


def without(wishes: Wishes, asker: str, wanted: str = "") -> Wishes:
    """Without that of the two; without all of `asker` where nobody is named."""
    return tuple(one for one in wishes if one.asker != asker or (wanted and one.wanted != wanted))


def lasting(wishes: Wishes, people: frozenset[str], now: float) -> Wishes:
    """Those whose time is not over and whose two are there still."""
    return tuple(one for one in wishes if now < one.until and {one.asker, one.wanted} <= people)


def tried(wishes: Wishes, wish: FreeWish, now: float) -> Wishes:
    """Who asked did not pick up: later once more, or no more."""
    if wish not in wishes:
        return wishes
    rest = without(wishes, wish.asker, wish.wanted)
    if wish.tries + 1 >= MAX_TRIES:
        return rest
    return (*rest, msgspec.structs.replace(wish, tries=wish.tries + 1, not_before=now + RETRY_SECONDS))


def seen(wishes: Wishes, wanted: str) -> Wishes:
    """`wanted` uses a phone."""
    return tuple(msgspec.structs.replace(one, used=True) if one.wanted == wanted and not one.used else one for one in wishes)
