"""What a grant allows, and when: decided from its facts and the time alone.

A grant that nobody answers lapses; one that was agreed to ends by the clock, whoever forgets it. Emergency access is there
only where the company has allowed it beforehand, after it was asked in vain, for an hour and never for content.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

Role = Literal["support", "engineer"]
"""What a member of staff may reach: settings, states and records; an engineer also diagnostics."""
ROLES: tuple[str, ...] = get_args(Role)
State = Literal["waiting", "lapsed", "refused", "offered", "open", "over"]
How = Literal["asked", "told", "opened", "emergency"]
Wish = Literal["ask", "tell"]
WISHES: tuple[str, ...] = get_args(Wish)

DEFAULT_MINUTES = 60
SHORTEST_MINUTES = 15
LONGEST_MINUTES = 8 * 60
EMERGENCY_MINUTES = 60
EMERGENCY_AFTER = timedelta(minutes=30)
"""So long the company has to answer before anybody may speak of an emergency."""
LAPSES_AFTER = timedelta(hours=24)
"""A question that nobody answers is gone after that."""
SHORTEST_REASON, LONGEST_REASON = 10, 500
SESSION = timedelta(hours=12)
"""How long a member of staff stays signed in, at most."""


class Facts(Protocol):
    """What is known of a grant (`svara.privacy.staff.models.Grant`)."""

    staff_id: str
    how: str
    refused: bool
    content_wanted: bool
    asked_at: datetime
    until: datetime | None
    ended_at: datetime | None


def state(grant: Facts, now: datetime) -> State:
    """How a grant stands. "offered": the company holds the door open, and nobody has come yet."""
    if grant.refused:
        return "refused"
    if grant.ended_at is not None:
        return "over"
    if grant.until is None:
        return "waiting" if now < grant.asked_at + LAPSES_AFTER else "lapsed"
    if now >= grant.until:
        return "over"
    return "open" if grant.staff_id else "offered"


def opens(grant: Facts, staff_id: str, now: datetime) -> bool:
    """Whether this member of staff may look, at this moment, by this grant."""
    return bool(staff_id) and grant.staff_id == staff_id and state(grant, now) == "open"


def emergency_opens(grant: Facts, now: datetime, *, allowed: bool) -> bool:
    """Whether a question that nobody answered may be taken for an emergency."""
    return allowed and state(grant, now) == "waiting" and now >= grant.asked_at + EMERGENCY_AFTER


def covers(role: str, wanted: str) -> bool:
    """Whether somebody of this role may work under a grant for that one."""
    return role in ROLES and wanted in ROLES and ROLES.index(role) >= ROLES.index(wanted)


def works_at_once(wish: str, *, content_wanted: bool) -> bool:
    """Whether a company that wants only to be told is asked nevertheless: it always is for content."""
    return wish == "tell" and not content_wanted


def until(now: datetime, minutes: int) -> datetime:
    """When a grant ends that begins now."""
    return now + timedelta(minutes=minutes)
